"""The quiva dialect: a user on his own factors."""

import itertools
import urllib.parse

import pytest

from harness import link_in
from stored import bind, remove
from tokens import ISSUERS, server_token, user_token
from world import ago

# No more than 10 minutes count as fresh; the margin is for the test's own way to the store.
FRESH, STALE = 600 - 60, 600 + 5

SETTINGS, INFO = "/accounts/mfa-settings", "/accounts/user-mfa-info"


def shown(totp=False, passkey=False):
    return {"totp_enabled": totp, "passkey_enabled": passkey}


def error(response):
    assert list(response.json()) == ["error"]
    return response.status, response.json()["error"]


def is_unauthorized(response):
    return error(response) == (401, "Unauthorized")


def info(world, user, query="", **headers):
    return world.quiva("GET", user, path=INFO + query, headers=headers)


# ---- what is set, and what is shown --------------------------------------------------------------------------------


@pytest.mark.parametrize("before", [(), ("totp",), ("passkey",), ("totp", "passkey", "email")])
def test_a_member_that_is_not_sent_stays_as_it_is(world, before):
    for totp, passkey in itertools.product((None, False, True), repeat=2):
        body = {"totp_enabled": totp, "passkey_enabled": passkey}
        body = {name: value for name, value in body.items() if value is not None}
        if not body:
            continue  # test_something_has_to_be_set
        world.set_user("1", enabled=list(before), last_auth_time=ago(FRESH))
        response = world.quiva("PATCH", "1", body)
        assert (response.status, response.json()) == (200, {"message": "success"}), body

        assert world.quiva_state("1") == shown("totp" in before if totp is None else totp,
                                               "passkey" in before if passkey is None else passkey), body
        assert world.xsolla_state("1")["enabled"] == ("email" in before)


def test_a_repeat_succeeds_again(world):
    for _ in range(3):
        assert world.quiva("PATCH", "1", {"totp_enabled": True}).status == 200
    assert world.quiva_state("1") == shown(totp=True)


def test_a_setting_is_of_the_caller_alone(world):
    world.quiva("PATCH", "1", {"totp_enabled": True})
    assert world.quiva_state("2") == shown()


def test_members_beside_the_two_are_ignored(world):
    body = {"totp_enabled": True, "email_enabled": "perhaps", "user": "2"}
    assert world.quiva("PATCH", "1", body).status == 200
    assert world.quiva_state("1") == shown(totp=True)


@pytest.mark.parametrize("body", [{}, {"email_enabled": True}, {"totp": True, "passkey": True}])
def test_something_has_to_be_set(world, body):
    status, text = error(world.quiva("PATCH", "1", body))
    assert status == 400
    assert "totp_enabled" in text and "passkey_enabled" in text


@pytest.mark.parametrize("body", [
    "", "{", "[]", "null", "true", '"totp_enabled"', '{"totp_enabled":true,}', "totp_enabled=true",
    '{"totp_enabled":"true"}', '{"totp_enabled":1}', '{"totp_enabled":null}', '{"totp_enabled":[true]}',
    '{"passkey_enabled":{}}', '{"totp_enabled":true,"passkey_enabled":"no"}',
    '{"totp_enabled":0,"passkey_enabled":true}',
])
def test_a_body_that_is_wrong_changes_nothing(world, body):
    headers = {"X-Api-Key": world.secrets["1"], "Content-Type": "application/json"}
    assert error(world.client.patch(SETTINGS, headers=headers, body=body))[0] == 400
    assert world.quiva_state("1") == shown()


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded"])
def test_a_body_of_another_type_is_refused(world, content_type):
    headers = {"Content-Type": content_type}
    assert error(world.quiva("PATCH", "1", {"totp_enabled": True}, headers=headers))[0] == 400
    assert world.quiva_state("1") == shown()


# ---- what is allowed -----------------------------------------------------------------------------------------------


def test_a_factor_that_the_policy_does_not_have_cannot_be_switched_on(make_world):
    world = make_world(allowed=["email", "passkey"])
    assert error(world.quiva("PATCH", "1", {"totp_enabled": True}))[0] == 400
    assert error(world.quiva("PATCH", "1", {"totp_enabled": True, "passkey_enabled": True}))[0] == 400
    assert world.quiva_state("1") == shown()
    assert world.quiva("PATCH", "1", {"totp_enabled": False, "passkey_enabled": True}).status == 200
    assert world.quiva_state("1") == shown(passkey=True)


def test_what_is_switched_on_but_not_allowed_shows_as_off(world):
    world.set_user("1", enabled=["totp", "passkey"], allowed=["passkey", "email"])
    assert world.quiva_state("1") == shown(passkey=True)


def test_a_restricted_user_changes_nothing(world):
    world.set_user("1", enabled=["totp"], change_restricted=True, last_auth_time=ago(1))
    for body in ({"totp_enabled": False}, {"passkey_enabled": True}):
        assert error(world.quiva("PATCH", "1", body))[0] == 400
    assert world.quiva_state("1") == shown(totp=True)


# ---- proof ---------------------------------------------------------------------------------------------------------

CHANGES = [{"totp_enabled": False}, {"passkey_enabled": True}, {"totp_enabled": False, "passkey_enabled": True}]


@pytest.mark.parametrize("body", CHANGES)
@pytest.mark.parametrize("age", [None, STALE, 86400])
def test_a_change_while_active_asks_for_a_fresh_second_factor(world, body, age):
    world.set_user("1", enabled=["email", "totp"], last_auth_time=age and ago(age))
    assert error(world.quiva("PATCH", "1", body)) == (400, "Verify your second factor first.")
    assert world.quiva_state("1") == shown(totp=True)


@pytest.mark.parametrize("body", CHANGES)
def test_a_second_factor_of_the_last_ten_minutes_is_fresh(world, body):
    world.set_user("1", enabled=["email", "totp"], last_auth_time=ago(FRESH))
    assert world.quiva("PATCH", "1", body).status == 200
    assert world.quiva_state("1") == shown(body.get("totp_enabled", True), body.get("passkey_enabled", False))


@pytest.mark.parametrize("body", CHANGES)
def test_no_proof_is_asked_of_who_has_nothing_to_prove_it_with(world, body):
    world.set_user("1", enabled=["totp"])  # on, but not enrolled
    assert world.quiva("PATCH", "1", body).status == 200


def test_a_call_that_changes_nothing_needs_no_proof(world):
    world.set_user("1", enabled=["email", "totp"])
    assert world.quiva("PATCH", "1", {"totp_enabled": True, "passkey_enabled": False}).status == 200


# ---- links ---------------------------------------------------------------------------------------------------------


def test_switching_on_what_is_not_enrolled_mails_a_link(world):
    world.set_user("1", enabled=["email"], last_auth_time=ago(1))
    assert world.quiva("PATCH", "1", {"totp_enabled": True}).status == 200
    link = link_in(world.mfad.mail_to(world.address("1")))
    assert link.startswith(f"{world.mfad.url}/enroll/#")
    assert world.rebilly_state("1")["status"] == "active", "sign-in asks for what is enrolled, until then"


def test_no_link_for_what_is_enrolled_or_switched_off(world, redis_server):
    bind(redis_server.connection(), world, "1", "totp")
    for body in ({"totp_enabled": True}, {"passkey_enabled": False}):
        world.set_user("1", last_auth_time=ago(1))
        assert world.quiva("PATCH", "1", body).status == 200
    world.set_user("1", last_auth_time=ago(1))
    assert world.quiva("PATCH", "1", {"passkey_enabled": True}).status == 200
    world.mfad.mail_to(world.address("1"))
    assert sum(mail["To"] == world.address("1") for mail in world.mfad.mails()) == 1


# ---- who may -------------------------------------------------------------------------------------------------------


def send(world, method, headers):
    body = {"totp_enabled": True} if method == "PATCH" else None
    return world.client.request(method, SETTINGS if body else INFO, headers=headers, json_body=body)


@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_a_key_or_token_of_the_user_is_taken(make_world, method):
    world = make_world(jwt=ISSUERS)
    key, token = world.secrets["1"], user_token(world, "1")
    for headers in ({"X-Api-Key": key}, {"Authorization": f"Bearer {key}"}, {"Authorization": f"bearer {key}"},
                    {"Authorization": f"Bearer {token}"}, {"x-api-key": token},
                    {"X-Api-Key": key, "Authorization": "Bearer nobody-has-this-key"}):
        assert send(world, method, headers).status == 200, headers


@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_everything_else_is_unauthorized(make_world, redis_server, method):
    world = make_world(jwt=ISSUERS)
    of_nobody = f"key-{world.tenant}-of-nobody"
    world.mfad.load(world.credential("secret", of_nobody))
    remove(redis_server.connection(), world, "2")
    expired = user_token(world, "1", iat=1_700_000_000, exp=1_700_000_600)
    for headers in ({}, {"X-Api-Key": "nobody-has-this-key"}, {"Authorization": world.secrets["1"]},
                    {"REB-APIKEY": world.secrets["1"]}, {"X-Api-Key": world.server_key}, {"X-Api-Key": world.session},
                    {"X-Api-Key": of_nobody}, {"Authorization": f"Bearer {world.server_key}"},
                    {"Authorization": f"Bearer {server_token(world)}"}, {"Authorization": f"Bearer {expired}"},
                    {"X-Api-Key": world.secrets["2"]}, {"Authorization": f"Bearer {user_token(world, '2')}"},
                    {"Authorization": f"Bearer {user_token(world, '99')}"}):
        assert is_unauthorized(send(world, method, headers)), headers


# ---- ?email= -------------------------------------------------------------------------------------------------------


def email_of(address):
    return "?" + urllib.parse.urlencode({"email": address})


@pytest.fixture
def reader(world):
    """A user, 1, whose key may read others; 2 has TOTP on."""
    world.set_user("2", enabled=["totp"])
    key = f"reader-{world.tenant}"
    world.mfad.load(world.credential("secret", key, user="1", permissions={"users": ["read"]}))
    return {"X-Api-Key": key}


def test_ones_own_address_needs_no_permission(world):
    world.set_user("1", enabled=["passkey"])
    assert info(world, "1", email_of(world.address("1"))).json() == {"data": shown(passkey=True)}


def test_another_users_address_needs_the_permission(world, reader):
    assert info(world, "1", email_of(world.address("2")), **reader).json() == {"data": shown(totp=True)}
    assert is_unauthorized(info(world, "1", email_of(world.address("2"))))
    writer = f"writer-{world.tenant}"
    world.mfad.load(world.credential("secret", writer, user="1", permissions={"users": ["update"]}))
    assert is_unauthorized(info(world, "1", email_of(world.address("2")), **{"X-Api-Key": writer}))


def test_who_is_gone_reads_nobody(world, reader, redis_server):
    remove(redis_server.connection(), world, "1")
    for address in (world.address("2"), world.address("1"), "nobody@elsewhere.example"):
        assert is_unauthorized(info(world, "1", email_of(address), **reader))


def test_who_may_not_read_others_does_not_learn_which_addresses_there_are(world):
    assert is_unauthorized(info(world, "1", email_of("nobody@elsewhere.example")))


def test_an_address_must_be_of_one_user(world, reader):
    shared = {"tenant": world.tenant, "email": "shared@family.example"}
    world.mfad.load({"user": {**shared, "id": "11"}}, {"user": {**shared, "id": "12"}})
    for address in ("shared@family.example", "nobody@elsewhere.example", "no address", ""):
        assert error(info(world, "1", email_of(address), **reader))[0] == 400, address


def test_addresses_of_other_tenants_are_nobodys(make_world):
    world, other = make_world(), make_world()
    reader = f"reader-{world.tenant}"
    world.mfad.load(world.credential("secret", reader, user="1", permissions={"users": ["read"]}))
    assert error(info(world, "1", email_of(other.address("1")), **{"X-Api-Key": reader}))[0] == 400


# ---- paths ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/accounts", "/accounts/", "/accounts/mfa-settings/", "/accounts/mfa-settings/1",
                                  "/accounts/MFA-settings"])
def test_other_paths_are_not_found_in_plain_text(world, path):
    for method in ("GET", "PATCH"):
        response = world.quiva(method, "1", path=path, body={})
        assert (response.status, response.text.rstrip("\n")) == (404, "404 page not found")
        assert response.header("Content-Type").startswith("text/plain")


@pytest.mark.parametrize("path, allowed", [(SETTINGS, "PATCH"), (INFO, "GET")])
def test_other_methods_are_told_which_there_are(world, path, allowed):
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - {allowed}:
        response = world.quiva(method, "1", path=path, body={"totp_enabled": True})
        assert (response.status, response.header("Allow")) == (405, allowed)
        assert error(response)[1]
