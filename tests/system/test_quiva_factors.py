"""The quiva dialect: a user on his authenticator app and his recovery codes, and the second step of his sign-in."""

import pytest

from links import another
from sign_in import SignIn, step_now, totp
from test_quiva import email_of, error, is_unauthorized
from tokens import claims_of
from world import ago

KEY, CONFIRM, TOTP = "/accounts/generate-totp-key", "/accounts/confirm-totp-registration", "/accounts/totp"
CODES = "/accounts/recovery-codes"
WITH_TOTP, WITH_CODE = "/accounts/auth-with-totp", "/accounts/auth-with-recovery-code"
PROOF = (400, "Verify your second factor first.")
USED = (401, "Used or invalid recovery code")
HIDDEN = "********"


@pytest.fixture
def user(world, redis_server):
    return SignIn(world, redis_server.connection())


def call(world, method, path, body=None, user="1", **headers):
    return world.quiva(method, user, body, path=path, headers=headers)


def key_of(world, user="1"):
    response = call(world, "POST", KEY, user=user)
    assert (response.status, set(response.json()["data"])) == (200, {"otpauth_url", "secret"}), response
    return response.json()["data"]


def confirm(world, secret, code, user="1"):
    return call(world, "POST", CONFIRM, {"code": code, "secret": secret}, user=user)


def bind(world, user="1"):
    """The secret, the step that was spent, and the recovery codes."""
    secret, step = key_of(world, user)["secret"], step_now()
    response = confirm(world, secret, totp(secret, step), user)
    assert response.status == 200, response
    return secret, step, response.json()["data"]["recovery_codes"]


def prove(world, user="1"):
    world.set_user(user, last_auth_time=ago(1))


def shown_codes(world):
    response = call(world, "GET", CODES)
    assert response.status == 200, response
    return response.json()["data"]


def administrator(world, *operations):
    """A user, 3, whose key may do more."""
    key = f"admin-{world.tenant}-{'-'.join(operations)}"
    world.mfad.load(world.credential("secret", key, user="3", permissions={"users": list(operations)}))
    return {"X-Api-Key": key}


# ---- binding ---------------------------------------------------------------------------------------------------------


def test_an_app_is_bound_with_its_key_and_first_code(world, user):
    data = key_of(world)
    assert len(data["secret"]) == 32
    assert data["otpauth_url"].startswith("otpauth://totp/") and f"secret={data['secret']}" in data["otpauth_url"]
    assert world.quiva_state("1")["totp_enabled"] is False, "not before its code"
    response = confirm(world, data["secret"], totp(data["secret"], step_now()))
    assert response.status == 200, response
    codes = response.json()["data"]["recovery_codes"]
    assert len(set(codes)) == 10
    assert world.quiva_state("1")["totp_enabled"] is True
    assert user.ask().json()["factors"] == ["totp", "recovery_code"]


def test_the_secret_has_to_be_the_one_that_was_shown(world):
    old = key_of(world)["secret"]
    secret = key_of(world)["secret"]
    for sent in (old, secret[:-1], "", "JBSWY3DPEHPK3PXP", "not base32!"):
        status, text = error(confirm(world, sent, totp(secret, step_now())))
        assert (status, text.split()[0]) == (400, "secret"), sent
    spaced = " ".join(secret[i:i + 4] for i in range(0, 32, 4)).lower()
    assert confirm(world, spaced, totp(secret, step_now())).status == 200
    assert error(confirm(world, secret, totp(secret, step_now())))[0] == 400, "it waits no more"


def test_a_wrong_code_binds_nothing(world):
    secret = key_of(world)["secret"]
    for typed in (another(totp(secret, step_now()), 7), "12345", "abcdef"):
        status, text = error(confirm(world, secret, typed))
        assert (status, text.split()[0]) == (400, "code"), typed
    for body in ({}, {"code": "123456"}, {"secret": secret}, {"code": 123456, "secret": secret}):
        assert error(call(world, "POST", CONFIRM, body))[0] == 400, body
    assert world.quiva_state("1")["totp_enabled"] is False


def test_no_recovery_codes_where_the_policy_has_none(make_world):
    world = make_world(allowed=["totp"])
    assert bind(world)[2] == []
    assert shown_codes(world) == []
    assert error(call(world, "POST", CODES))[0] == 400


def test_a_factor_that_is_not_allowed_is_not_bound(make_world):
    world = make_world(allowed=["email", "recovery_code"])
    secret = key_of(world)["secret"]
    assert error(confirm(world, secret, totp(secret, step_now())))[0] == 400
    assert world.quiva_state("1")["totp_enabled"] is False


def test_a_restricted_user_binds_nothing(world):
    world.set_user("1", change_restricted=True)
    secret = key_of(world)["secret"]
    assert error(confirm(world, secret, totp(secret, step_now())))[0] == 400
    assert error(call(world, "POST", CODES))[0] == 400


# ---- weakening asks for proof ----------------------------------------------------------------------------------------


def test_while_active_every_change_asks_for_a_fresh_second_factor(world):
    bind(world)
    secret = key_of(world)["secret"]
    assert error(confirm(world, secret, totp(secret, step_now()))) == PROOF
    assert error(call(world, "DELETE", TOTP)) == PROOF
    assert error(call(world, "POST", CODES)) == PROOF
    assert len(shown_codes(world)) == 10
    prove(world)
    assert confirm(world, secret, totp(secret, step_now())).status == 200
    assert call(world, "POST", CODES).status == 200
    assert call(world, "DELETE", TOTP).json() == {"message": "success"}


def test_a_sign_in_is_such_a_proof(world, user):
    secret, step, _ = bind(world)
    assert call(world, "POST", WITH_TOTP, {"token": user.challenge(), "code": totp(secret, step + 1)}).status == 200
    assert call(world, "DELETE", TOTP).status == 200
    assert world.quiva_state("1") == {"totp_enabled": False, "passkey_enabled": False}
    assert error(call(world, "DELETE", TOTP)) == (400, "totp is not enrolled.")


# ---- recovery codes --------------------------------------------------------------------------------------------------


def test_codes_are_shown_once_and_then_counted(world, user):
    assert shown_codes(world) == []
    response = call(world, "POST", CODES)
    assert response.status == 200
    assert len(set(response.json()["data"])) == 10
    assert shown_codes(world) == [HIDDEN] * 10
    user.enable("email")
    body = {"token": user.challenge(), "code": response.json()["data"][2]}
    assert call(world, "POST", WITH_CODE, body).status == 200
    assert shown_codes(world) == [HIDDEN] * 9


def test_a_new_set_voids_the_old(world, user):
    user.enable("email")
    prove(world)
    old, new = (call(world, "POST", CODES).json()["data"] for _ in range(2))
    assert error(call(world, "POST", WITH_CODE, {"token": user.challenge(), "code": old[0]})) == USED
    assert call(world, "POST", WITH_CODE, {"token": user.challenge(), "code": new[0]}).status == 200


# ---- others ----------------------------------------------------------------------------------------------------------


def test_another_user_takes_the_permission(world):
    bind(world)
    about = {"email": world.address("1")}
    for body in (about, {"email": "nobody@elsewhere.example"}):
        for method, path in (("DELETE", TOTP), ("POST", CODES)):
            assert is_unauthorized(call(world, method, path, body, user="2"))
            assert is_unauthorized(call(world, method, path, body, **administrator(world, "read")))
    query = email_of(world.address("1"))
    assert is_unauthorized(call(world, "GET", CODES + query, user="2"))
    assert call(world, "GET", CODES + query, **administrator(world, "read")).json()["data"] == [HIDDEN] * 10
    admin = administrator(world, "update")
    assert is_unauthorized(call(world, "GET", CODES + query, **admin))
    assert call(world, "POST", CODES, about, **admin).status == 200, "who acts on others needs no proof of theirs"
    assert call(world, "DELETE", TOTP, about, **admin).status == 200
    assert world.quiva_state("1")["totp_enabled"] is False


def test_ones_own_address_is_no_way_around_the_proof(world):
    bind(world)
    about = {"email": world.address("1")}
    assert error(call(world, "DELETE", TOTP, about)) == PROOF
    assert error(call(world, "POST", CODES, about)) == PROOF


def test_an_address_must_be_one(world):
    for body in ({"email": 1}, {"email": "no address"}, {"email": None}):
        assert error(call(world, "DELETE", TOTP, body))[0] == 400
        assert error(call(world, "POST", CODES, body))[0] == 400


@pytest.mark.parametrize("method, path", [("POST", KEY), ("POST", CONFIRM), ("DELETE", TOTP), ("POST", CODES),
                                          ("GET", CODES)])
def test_strangers_may_nothing(world, method, path):
    for headers in ({}, {"X-Api-Key": "nobody-has-this-key"}, {"X-Api-Key": world.server_key},
                    {"X-Api-Key": world.session}):
        assert is_unauthorized(world.client.request(method, path, headers=headers))


# ---- signing in ------------------------------------------------------------------------------------------------------


def test_a_code_of_the_app_signs_in(world, user):
    secret, step, _ = bind(world)
    body = {"token": user.challenge(), "code": totp(secret, step + 1), "email": world.address("1")}
    response = world.client.post(WITH_TOTP, json_body=body)
    assert response.status == 200, response
    data = response.json()["data"]
    claims = claims_of(world, data.pop("auth_token"))
    assert (claims["sub"], claims["amr"], claims["acr"]) == ("1", ["otp"], "aal2")
    assert data == {"totp_enabled": True, "passkey_enabled": False}
    assert is_unauthorized(world.client.post(WITH_TOTP, json_body=body)), "once"


def test_a_recovery_code_signs_in_once(world, user):
    codes = bind(world)[2]
    response = world.client.post(WITH_CODE, json_body={"token": user.challenge(), "code": codes[0].lower()})
    assert response.status == 200, response
    assert claims_of(world, response.json()["data"]["auth_token"])["acr"] == "aal1"
    token = user.challenge()
    assert error(world.client.post(WITH_CODE, json_body={"token": token, "code": codes[0]})) == USED
    assert world.client.post(WITH_CODE, json_body={"token": token, "code": codes[1]}).status == 200


def test_what_is_on_but_not_enrolled_is_not_usable(world, user):
    codes = bind(world)[2]
    user.enable("totp", "passkey")
    data = world.client.post(WITH_CODE, json_body={"token": user.challenge(), "code": codes[0]}).json()["data"]
    assert (data["totp_enabled"], data["passkey_enabled"]) == (True, False)


def test_wrong_codes_and_tokens_look_alike(world, user):
    secret, step, codes = bind(world)
    token = user.challenge()
    right = totp(secret, step + 1)
    for body in ({"token": token, "code": another(right, 7)}, {"token": token, "code": "12345"},
                 {"token": token, "code": totp(secret, step)}, {"token": "x", "code": right},
                 {"token": token[:-3], "code": right}, {"token": token, "code": codes[0]}):
        assert is_unauthorized(world.client.post(WITH_TOTP, json_body=body)), body
    for body in ({"token": token, "code": "ABCD-1234"}, {"token": "x", "code": codes[0]}, {"token": token, "code": ""}):
        assert error(world.client.post(WITH_CODE, json_body=body)) == USED, body
    assert world.client.post(WITH_TOTP, json_body={"token": token, "code": right}).status == 200


@pytest.mark.parametrize("path", [WITH_TOTP, WITH_CODE])
def test_token_and_code_are_needed_as_text(world, path):
    for body in ({}, {"token": "x"}, {"code": "123456"}, {"token": 1, "code": "123456"}, {"token": "x", "code": 123456}, []):
        assert error(world.client.post(path, json_body=body))[0] == 400, body


def test_after_failures_the_wait_is_told(world, user):
    bind(world)
    for _ in range(5):
        world.client.post(WITH_TOTP, json_body={"token": user.challenge(), "code": "000001"})
    response = world.client.post(WITH_TOTP, json_body={"token": user.challenge(), "code": "000001"})
    assert error(response)[0] == 429
    assert int(response.header("Retry-After")) >= 1


def test_a_tenant_that_does_not_speak_the_dialect(make_world, redis_server):
    world = make_world(options={"dialects": ["native"]})
    user = SignIn(world, redis_server.connection())
    user.enable("email")
    assert is_unauthorized(world.client.post(WITH_TOTP, json_body={"token": user.challenge(), "code": "123456"}))
