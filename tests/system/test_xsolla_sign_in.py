"""The Xsolla dialect: the second step of a user's sign-in, as its login widget makes it."""

import urllib.parse

import pytest

from harness import wait_for
from links import another
from shapes import check_refusal
from sign_in import SignIn
from tokens import claims_of

CALLBACK = "https://game.example/second"
WIDGET = "https://login.example"
LOCALE = {"locale": "en_US"}


def user_of(world, redis_server):
    user = SignIn(world, redis_server.connection())
    user.enable("email")
    return user


@pytest.fixture
def user(make_world, redis_server):
    options = {"xsolla.callback_url": CALLBACK, "xsolla.widget_origins": [WIDGET, "http://localhost:8080"]}
    return user_of(make_world(options=options), redis_server)


def query_of(**parameters):
    return "?" + urllib.parse.urlencode(parameters)


def validate(user, token, typed, *, prefix="", headers=None, **more):
    query = query_of(code=typed, remember_me="true", challenge_id=token, **more)
    return user.world.client.get(prefix + "/otp/validate" + query, headers=headers)


def resend(user, token, *, prefix="", headers=None, body=LOCALE):
    path = prefix + "/otp/resend" + query_of(challenge_id=token)
    return user.world.client.request("PUT", path, headers=headers, json_body=body)


def refused(response, status, code):
    check_refusal("xsolla", response, status, code)
    return response


# ---- validate --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["", "/api"])
def test_a_mailed_code_leads_to_the_callback_with_a_token(user, prefix):
    token = user.challenge()
    response = validate(user, token, user.mailed_code(token), prefix=prefix)
    assert (response.status, list(response.json())) == (200, ["url"]), response
    url, query = response.json()["url"].split("?")
    assert url == CALLBACK
    name, access_token = query.split("=")
    assert name == "token"
    claims = claims_of(user.world, access_token)
    assert (claims["sub"], claims["aud"], claims["acr"]) == ("1", user.world.tenant, "aal1")


def test_a_callback_may_have_a_query(make_world, redis_server):
    user = user_of(make_world(options={"xsolla.callback_url": CALLBACK + "?from=login"}), redis_server)
    token = user.challenge()
    assert validate(user, token, user.mailed_code(token)).json()["url"].startswith(CALLBACK + "?from=login&token=ey")


def test_without_a_callback_no_code_is_spent(world, redis_server):
    user = user_of(world, redis_server)
    token = user.challenge()
    code = user.mailed_code(token)
    refused(validate(user, token, code), 422, "003-022")
    assert user.verify(token, "email", code).status == 200


def test_wrong_codes_end_the_challenge_with_the_fifth(user):
    token = user.challenge()
    code = user.mailed_code(token)
    for n in range(4):
        refused(validate(user, token, another(code, n + 1)), 422, "003-039")
    refused(validate(user, token, another(code, 5)), 422, "003-049")
    refused(validate(user, token, code), 422, "003-049")


def test_a_challenge_is_used_once(user):
    token = user.challenge()
    code = user.mailed_code(token)
    assert validate(user, token, code).status == 200
    refused(validate(user, token, code), 422, "003-039")
    refused(resend(user, token), 422, "003-039")


@pytest.mark.parametrize("typed", ["12345", "abcdef", "1234567"])
def test_what_cannot_be_a_code_counts_as_nothing(user, typed):
    token = user.challenge()
    refused(validate(user, token, typed), 422, "003-039")
    assert user.factor("email")["failures"] == 0


def test_parameters_that_are_missing_or_sent_twice(user):
    token = user.challenge()
    client = user.world.client
    for query, code in ((query_of(code="123456"), "002-028"), (query_of(challenge_id=token), "002-028"),
                        (query_of(challenge_id=token, code=""), "002-028"), ("", "002-028"), ("?code=%zz", "0"),
                        (query_of(challenge_id=token) + query_of(challenge_id=token, code="1").replace("?", "&"), "002-027")):
        refused(client.get("/otp/validate" + query), 400, code)
    refused(client.request("PUT", "/otp/resend", json_body=LOCALE), 400, "002-028")


def test_a_challenge_that_is_none(user):
    for token in ("x", "f" * 200, user.challenge()[:-3], user.world.server_key):
        refused(validate(user, token, "123456"), 422, "003-039")
        refused(resend(user, token), 422, "003-039")


def test_after_failures_the_wait_is_told(user):
    for _ in range(5):
        validate(user, user.challenge(), "000001")
    refused(validate(user, user.challenge(), "000001"), 429, "002-057")


# ---- resend ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["", "/api"])
def test_a_code_is_mailed_and_the_gap_is_told(user, prefix):
    token = user.challenge()
    response = resend(user, token, prefix=prefix)
    assert (response.status, response.json()) == (200, {})
    code = wait_for(user.codes, "the code")[-1]
    refused(resend(user, token, prefix=prefix), 429, "002-057")
    assert validate(user, token, code).status == 200


def test_the_body_is_not_read(user):
    response = user.world.client.request("PUT", "/otp/resend" + query_of(challenge_id=user.challenge()), body="{")
    assert response.status == 200


# ---- pages of other origins ------------------------------------------------------------------------------------------


def ask_first(user, path, token, origin, method="GET"):
    headers = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": "x-request-id",
               **({"Origin": origin} if origin else {})}
    return user.world.client.request("OPTIONS", path + query_of(challenge_id=token), headers=headers)


@pytest.mark.parametrize("path, method", [("/otp/validate", "GET"), ("/api/otp/validate", "GET"),
                                          ("/otp/resend", "PUT"), ("/api/otp/resend", "PUT")])
def test_a_page_of_the_widget_may_call(user, path, method):
    response = ask_first(user, path, user.challenge(), WIDGET, method)
    assert response.status == 204, response
    assert response.header("Access-Control-Allow-Origin") == WIDGET
    assert response.header("Access-Control-Allow-Methods") == method
    assert response.header("Access-Control-Allow-Credentials") == "true"
    allowed = {name.strip().lower() for name in response.header("Access-Control-Allow-Headers").split(",")}
    assert {"content-type", "x-request-id"} <= allowed
    assert response.header("Vary") == "Origin"


def test_other_pages_may_not(user, world, redis_server):
    token, of_other = user.challenge(), user_of(world, redis_server).challenge()
    for origin in (None, "https://evil.example", "null", WIDGET + ".evil.example", WIDGET + "/", "*"):
        response = refused(ask_first(user, "/otp/validate", token, origin), 403, "1901-0001")
        assert response.header("Access-Control-Allow-Origin") is None
    refused(ask_first(user, "/otp/validate", of_other, WIDGET), 403, "1901-0001")
    refused(ask_first(user, "/otp/validate", "x", WIDGET), 403, "1901-0001")


def test_the_widget_may_read_answers_good_and_bad(user):
    token = user.challenge()
    for response in (validate(user, token, "000001", headers={"Origin": WIDGET}),
                     resend(user, token, headers={"Origin": WIDGET}), resend(user, token, headers={"Origin": WIDGET})):
        assert response.header("Access-Control-Allow-Origin") == WIDGET
        assert response.header("Access-Control-Allow-Credentials") == "true"
        assert response.header("Vary") == "Origin"
    assert "Retry-After" in response.header("Access-Control-Expose-Headers")
    response = validate(user, token, "000001", headers={"Origin": "https://evil.example"})
    assert response.header("Access-Control-Allow-Origin") is None


@pytest.mark.parametrize("options", [
    {"xsolla.callback_url": "javascript:alert(1)"}, {"xsolla.callback_url": "https://"}, {"xsolla.callback_url": "/x"},
    {"xsolla.callback_url": CALLBACK + "#x"}, {"xsolla.callback_url": CALLBACK + "\r\nX: y"}, {"xsolla.callback_url": 1},
    {"xsolla.widget_origins": WIDGET}, {"xsolla.widget_origins": ["*"]}, {"xsolla.widget_origins": [WIDGET + "/"]},
    {"xsolla.widget_origins": ["null"]}, {"xsolla.widget_origins": ["https://*.example"]},
    {"xsolla.widget_origins": [WIDGET] * 17}, {"xsolla.widget_origins": ["HTTPS://login.example"]},
])
def test_options_that_are_none(world, options):
    response = world.native("PATCH", "tenant", {"options": options})
    assert response.status == 422, response


# ---- what is put down ------------------------------------------------------------------------------------------------


def test_no_log_has_code_or_challenge(user):
    token = user.challenge()
    code = user.mailed_code(token)
    headers = {"X-Request-Id": "look-for-me"}
    assert validate(user, token, code, headers=headers).status == 200
    mfad = user.world.mfad
    wait_for(lambda: "look-for-me" in "".join(mfad.lines), "the line of the request")
    log = "\n".join(mfad.lines)
    assert token not in log and f"code={code}" not in log and "challenge_id" not in log
