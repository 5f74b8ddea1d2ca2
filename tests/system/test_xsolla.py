"""The Xsolla dialect: one user's settings, for a server."""

import itertools
import urllib.parse

import pytest

from tokens import ISSUERS, SERVERS, server_token, user_token
from world import ALL_PERMISSIONS, ALLOWED, DISALLOWED

EMAIL = {"mfa_type": "email"}
FLAGS = list(itertools.product((False, True), repeat=2))


def shown(enabled=False, restricted=False):
    return {"enabled": enabled, "change_restricted": restricted, "mfa_type": "email"}


def error(response):
    """Status and code of a refusal."""
    return response.status, response.json()["error"]["code"]


def arrange(world, user, enabled, restricted, **more):
    world.set_user(user, enabled=["email"] if enabled else [], change_restricted=restricted, **more)
    return world


# ---- what is set, and what is shown --------------------------------------------------------------------------------


def test_a_user_starts_with_email_off(world):
    assert world.xsolla_state("1") == shown()


@pytest.mark.parametrize("before", FLAGS)
def test_a_post_replaces_both_flags_and_one_that_is_not_sent_is_false(world, before):
    for enabled, restricted in itertools.product((None, False, True), repeat=2):
        arrange(world, "1", *before)
        body = {**EMAIL, "enabled": enabled, "change_restricted": restricted}
        response = world.xsolla("POST", "1", {name: value for name, value in body.items() if value is not None})

        after = bool(enabled), bool(restricted)
        if after == before:
            assert error(response) == (422, "002-050"), body
        else:
            assert (response.status, response.body) == (204, b""), body
        assert world.xsolla_state("1") == shown(*after), body


def test_a_repeat_of_the_same_setting_is_refused(world):
    body = {**EMAIL, "enabled": True}
    assert world.xsolla("POST", "1", body).status == 204
    for _ in range(3):
        assert error(world.xsolla("POST", "1", body)) == (422, "002-050")
    assert world.xsolla_state("1") == shown(enabled=True)


def test_a_setting_is_of_one_user_alone(world):
    world.xsolla("POST", "1", {**EMAIL, "enabled": True, "change_restricted": True})
    assert world.xsolla_state("2") == shown()


def test_a_post_leaves_the_other_factors_as_they_are(world):
    world.set_user("1", enabled=["email", "totp"])
    assert world.xsolla("POST", "1", EMAIL).status == 204
    assert world.quiva_state("1") == {"totp_enabled": True, "passkey_enabled": False}


def test_members_that_the_call_does_not_know_are_ignored(world):
    assert world.xsolla("POST", "1", {**EMAIL, "enabled": True, "locale": "en"}).status == 204
    assert world.xsolla_state("1") == shown(enabled=True)


def test_what_is_switched_on_but_not_allowed_shows_as_off(world):
    arrange(world, "1", True, False, allowed=["totp"])
    assert world.xsolla_state("1") == shown()


@pytest.mark.parametrize("enabled", [False, True])
def test_email_cannot_be_set_where_the_project_does_not_have_it(make_world, enabled):
    world = make_world(allowed=["totp", "passkey"])
    body = {**EMAIL, "enabled": enabled, "change_restricted": True}
    assert error(world.xsolla("POST", "1", body)) == (422, "003-020")
    assert world.xsolla_state("1") == shown()


@pytest.mark.parametrize("enabled", [False, True])
def test_email_cannot_be_set_where_the_user_may_not_have_it(world, enabled):
    assert world.navixy_update(DISALLOWED, 1).status == 200
    assert error(world.xsolla("POST", "1", {**EMAIL, "enabled": enabled})) == (422, "003-020")
    assert world.navixy_update(ALLOWED, 1).status == 200
    assert world.xsolla_state("1") == shown(enabled=True)


def test_a_server_sets_users_that_may_not_change_themselves(world):
    arrange(world, "1", False, True)
    assert world.xsolla("POST", "1", {**EMAIL, "enabled": True, "change_restricted": True}).status == 204
    assert world.xsolla_state("1") == shown(enabled=True, restricted=True)


# ---- bodies --------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("body, code", [
    ("", "0"), ("{", "0"), ('{"mfa_type":"email",}', "0"), ("[]", "0"), ("null", "0"), ('"email"', "0"),
    ('{"mfa_type":1}', "0"), ('{"mfa_type":null}', "0"), ('{"mfa_type":["email"]}', "0"),
    ('{"mfa_type":"email","enabled":"true"}', "0"), ('{"mfa_type":"email","enabled":1}', "0"),
    ('{"mfa_type":"email","enabled":null}', "0"), ('{"mfa_type":"email","change_restricted":"no"}', "0"),
    ("{}", "002-028"), ('{"enabled":true,"change_restricted":true}', "002-028"),
    ('{"mfa_type":"sms","enabled":true}', "002-027"), ('{"mfa_type":"totp"}', "002-027"),
    ('{"mfa_type":"Email"}', "002-027"), ('{"mfa_type":""}', "002-027"),
])
def test_a_body_that_is_wrong_is_refused_and_changes_nothing(world, body, code):
    arrange(world, "1", False, True)
    headers = {"X-SERVER-AUTHORIZATION": world.server_key, "Content-Type": "application/json"}
    response = world.client.post(f"/projects/{world.tenant}/users/1/mfa", headers=headers, body=body)
    assert error(response) == (400, code)
    assert world.xsolla_state("1") == shown(restricted=True)


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml"])
def test_a_body_of_another_type_is_refused(world, content_type):
    headers = {"Content-Type": content_type}
    assert error(world.xsolla("POST", "1", {**EMAIL, "enabled": True}, headers=headers)) == (400, "0")
    assert world.xsolla_state("1") == shown()


@pytest.mark.parametrize("content_type", ["application/json; charset=UTF-8", "Application/JSON"])
def test_json_has_many_spellings(world, content_type):
    assert world.xsolla("POST", "1", {**EMAIL, "enabled": True}, headers={"Content-Type": content_type}).status == 204


# ---- order of the checks -------------------------------------------------------------------------------------------


def test_of_several_faults_the_first_in_the_order_is_told(make_world):
    world, other = make_world(allowed=["totp"]), make_world()
    keys = {"good": world.server_key, "bad": "nobody-has-this-key", None: None}
    wrong, right = {"mfa_type": "sms"}, EMAIL

    def answer(key, project, user, body):
        headers = {"X-SERVER-AUTHORIZATION": keys[key]} if keys[key] else {}
        return error(world.client.post(f"/projects/{project}/users/{user}/mfa", headers=headers, json_body=body))

    assert answer(None, "no-such-project", "a%20b", wrong) == (401, "003-040")
    assert answer("bad", "no-such-project", "a%20b", wrong) == (401, "002-016")
    assert answer("good", "no-such-project", "a%20b", wrong) == (404, "003-019")
    assert answer("good", other.tenant, "a%20b", wrong) == (403, "1901-0001")
    assert answer("good", world.tenant, "a%20b", wrong) == (404, "003-061")
    assert answer("good", world.tenant, "nobody", wrong) == (404, "003-002")
    assert answer("good", world.tenant, "1", wrong) == (400, "002-027")
    assert answer("good", world.tenant, "1", right) == (422, "003-020")
    assert answer("good", world.tenant, "nobody", right) == (404, "003-002")


def test_a_get_checks_in_the_same_order(make_world):
    world, other = make_world(), make_world()

    def answer(key, project, user):
        return error(world.xsolla("GET", path=f"/projects/{project}/users/{user}/mfa", key=key))

    assert answer("nobody-has-this-key", "no-such-project", "a%20b") == (401, "002-016")
    assert answer(world.server_key, "no-such-project", "a%20b") == (404, "003-019")
    assert answer(world.server_key, other.tenant, "a%20b") == (403, "1901-0001")
    assert answer(world.server_key, world.tenant, "a%20b") == (404, "003-061")
    assert answer(world.server_key, world.tenant, "nobody") == (404, "003-002")


# ---- ids -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("user", ["a%20b", "a%2Fb", "a%00b", "%C3%A9", "a%22b", "a%3Fb", "a%23b", "a%25b", "a%7Fb",
                                  "x" * 129, "%zz"])
def test_what_cannot_be_an_id_is_no_object(world, user):
    path = f"/projects/{world.tenant}/users/{user}/mfa"
    for method in ("GET", "POST"):
        assert error(world.xsolla(method, path=path, body=EMAIL)) == (404, "003-061")


@pytest.mark.parametrize("user", ["x" * 128, "b2f6c1f2-5f0b-4f9a-9c0e-0c8d5e7f6a10", "a.b~c_d-e", "u:1@x+y;z=,!$&'()*",
                                  "[1]", "..", "A|b^`{}\\<>"])
def test_an_id_is_any_visible_text_raw_or_escaped(world, user):
    world.mfad.load({"user": {"tenant": world.tenant, "id": user}})
    escaped = "".join(f"%{byte:02X}" for byte in user.encode())
    for spelled in (urllib.parse.quote(user, safe="!$&'()*+,;=:@~"), escaped):
        assert world.xsolla("GET", path=f"/projects/{world.tenant}/users/{spelled}/mfa").json() == shown()
    path = f"/projects/{world.tenant}/users/{escaped}/mfa"
    assert world.xsolla("POST", path=path, body={**EMAIL, "enabled": True}).status == 204
    assert world.xsolla("GET", path=path).json() == shown(enabled=True)


# ---- who may -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["", "Bearer ", "bearer ", "BEARER  "])
def test_a_server_key_or_token_comes_raw_or_as_a_bearer(make_world, scheme):
    world = make_world(jwt=ISSUERS)
    audience = server_token(world, xsolla_login_project_id=None, aud=world.tenant)
    for credential, header in itertools.product((world.server_key, server_token(world), audience),
                                                ("X-SERVER-AUTHORIZATION", "x-server-authorization")):
        response = world.client.get(f"/projects/{world.tenant}/users/1/mfa", headers={header: scheme + credential})
        assert response.status == 200, response


def test_a_server_token_writes(make_world):
    world = make_world(jwt=ISSUERS)
    assert world.xsolla("POST", "1", {**EMAIL, "enabled": True}, key=server_token(world)).status == 204
    assert world.xsolla("PUT", body={"mfa_types": []}, key=server_token(world)).status == 204


def test_credentials_of_users_and_sessions_are_none_here(make_world):
    world = make_world(jwt=ISSUERS)
    posing = SERVERS.token(world.tenant, "1", exp=1)
    for key in (world.secrets["1"], world.session, user_token(world, "1"), posing, "a.b.c"):
        assert error(world.xsolla("GET", "1", key=key)) == (401, "002-016")


def test_a_key_in_another_header_is_no_credential(world):
    for headers in ({"Authorization": f"Bearer {world.server_key}"}, {"REB-APIKEY": world.server_key}):
        response = world.client.get(f"/projects/{world.tenant}/users/1/mfa", headers=headers)
        assert error(response) == (401, "003-040")


def test_a_token_of_another_project_is_forbidden(make_world):
    world, other = make_world(jwt=ISSUERS), make_world(jwt=ISSUERS)
    for key in (server_token(other), other.server_key):
        assert error(world.xsolla("GET", "1", key=key)) == (403, "1901-0001")
        assert error(world.xsolla("POST", "1", {**EMAIL, "enabled": True}, key=key)) == (403, "1901-0001")
        assert error(world.xsolla("PUT", body={"mfa_types": []}, key=key)) == (403, "1901-0001")
    assert world.xsolla_state("1") == shown()


@pytest.mark.parametrize("permissions, may", [
    ({}, set()), ({"users": ["read"]}, {"read"}), ({"users": ["update"]}, {"update"}),
    ({"tenant": ["read"]}, {"project"}), ({"tenant": ["update"]}, {"project", "replace"}),
    ({"users": ["create", "delete"]}, set()), (ALL_PERMISSIONS, {"read", "update", "project", "replace"}),
])
def test_each_call_needs_its_permission(world, permissions, may):
    key = f"key-{world.tenant}-of-some-server"
    world.mfad.load(world.credential("server", key, permissions=permissions))
    answers = {
        "read": world.xsolla("GET", "1", key=key),
        "update": world.xsolla("POST", "1", {**EMAIL, "enabled": True}, key=key),
        "project": world.xsolla("GET", key=key),
        "replace": world.xsolla("PUT", body={"mfa_types": [{"mfa_type": "email", "priority": 1}]}, key=key),
    }
    for call, response in answers.items():
        if call in may:
            assert response.status in (200, 204), (call, response)
        else:
            assert error(response) == (403, "1901-0001"), call
