"""The quiva dialect: a user on his passkeys, and signing in with them."""

import base64
import json

import pytest

from authenticator import WEBAUTHN, Passkey, b64
from conftest import start_mfad
from outbox import wait_until_settled
from passkeys import PasskeyUser
from test_quiva import error, is_unauthorized
from tokens import claims_of
from world import World, ago

BEGIN, COMPLETE = "/accounts/begin-passkey-registration", "/accounts/complete-passkey-registration"
PASSKEY, ALL = "/accounts/passkey", "/accounts/all-passkeys"
BEGIN_AUTH, COMPLETE_AUTH = "/accounts/begin-auth-with-passkey", "/accounts/complete-auth-with-passkey"
INVALID = (401, "Unauthorized")
PROOF = (400, "Verify your second factor first.")


@pytest.fixture
def world(make_world):
    return make_world(webauthn=WEBAUTHN)


@pytest.fixture
def user(world, redis):
    return PasskeyUser(world, redis)


@pytest.fixture
def alone(make_world, redis):
    """A user of a tenant where a passkey is all it takes."""
    return PasskeyUser(make_world(webauthn=WEBAUTHN, options={"passkey.first_factor": True}), redis)


def call(world, method, path, body=None, user="1", **headers):
    return world.quiva(method, user, body, path=path, headers=headers)


def begin(world):
    response = call(world, "POST", BEGIN)
    assert response.status == 200, response
    return response.json()["data"]


def complete(world, credential, alias="phone"):
    return call(world, "POST", COMPLETE, {"credential": credential, "credential_alias": alias})


def public(world, path, body):
    return world.client.post(path, json_body=body)


def begin_auth(world, **who):
    response = public(world, BEGIN_AUTH, who)
    assert response.status == 200, response
    return response.json()["data"]


def begin_as(world, user="1"):
    return begin_auth(world, email=world.address(user), account=world.tenant)


# ---- binding and removing --------------------------------------------------------------------------------------------


def test_a_passkey_is_bound_and_signs_in(world, user):
    passkey = Passkey()
    response = complete(world, passkey.create(begin(world)), "Ada's phone")
    assert response.status == 200, response
    data = response.json()["data"]
    assert (base64.b64decode(data["passkey"]["id"]), data["passkey"]["alias"]) == (passkey.id, "Ada's phone")
    assert len(data["recovery_codes"]) == 10
    assert world.quiva_state("1") == {"passkey_enabled": True, "totp_enabled": False}
    world.set_user("1", last_auth_time=ago(1))
    second = complete(world, Passkey().create(begin(world)))
    assert second.json()["data"]["recovery_codes"] == [], "the codes that he has stay good"
    token, options = user.begin()
    response = public(world, COMPLETE_AUTH, {"token": token, "credential": json.dumps(passkey.get(options))})
    assert response.status == 200, response
    assert response.json()["data"]["passkey_enabled"] is True
    claims = claims_of(world, response.json()["data"]["auth_token"])
    assert (claims["sub"], claims["amr"], claims["acr"]) == ("1", ["hwk", "user", "mfa"], "aal2")


def test_a_second_one_asks_for_proof(world, user):
    user.enroll_passkey()
    assert error(complete(world, Passkey().create(begin(world)))) == PROOF
    world.set_user("1", last_auth_time=ago(1))
    assert complete(world, Passkey().create(begin(world))).status == 200


def test_what_cannot_be_bound(world, make_world):
    passkey, options = Passkey(), begin(world)
    assert error(complete(world, passkey.create(options, origin="https://evil.example")))[0] == 400
    assert error(complete(world, {}))[0] == 400
    assert error(complete(world, "text"))[0] == 400
    assert error(complete(world, passkey.create(options), "x" * 65))[0] == 400
    assert error(call(world, "POST", COMPLETE, {"credential": passkey.create(options)}))[0] == 400
    assert complete(world, passkey.create(options)).status == 200
    status, text = error(complete(world, Passkey().create(options)))
    assert status == 400 and "credential" in text
    world.set_user("2", change_restricted=True)
    options = call(world, "POST", BEGIN, user="2").json()["data"]
    body = {"credential": Passkey().create(options), "credential_alias": "x"}
    assert error(call(world, "POST", COMPLETE, body, user="2"))[0] == 400
    without = make_world(webauthn=WEBAUTHN, allowed=["email"])
    assert error(complete(without, Passkey().create(begin(without))))[0] == 400


@pytest.mark.parametrize("method, path", [("POST", BEGIN), ("POST", COMPLETE), ("DELETE", PASSKEY), ("DELETE", ALL)])
def test_strangers_change_nothing(world, method, path):
    assert is_unauthorized(call(world, method, path, {}, **{"X-Api-Key": "nobody's"}))


def test_passkeys_are_removed_by_their_ids(world, user):
    first, second = user.enroll_passkey(), user.enroll_passkey()
    body = {"id": base64.b64encode(first.id).decode()}
    assert error(call(world, "DELETE", PASSKEY, body)) == PROOF
    world.set_user("1", last_auth_time=ago(1))
    assert call(world, "DELETE", PASSKEY, body).json() == {"message": "success"}
    assert error(call(world, "DELETE", PASSKEY, body)) == (404, "Passkey not found")
    assert error(call(world, "DELETE", PASSKEY, {"id": "***"}))[0] == 400
    assert error(call(world, "DELETE", PASSKEY, {}))[0] == 400
    assert world.quiva_state("1")["passkey_enabled"] is True
    assert call(world, "DELETE", PASSKEY, {"id": b64(second.id)}).status == 200
    assert world.quiva_state("1")["passkey_enabled"] is False and user.passkeys() == []


def test_all_are_removed_and_for_others_it_takes_a_permission(world, user):
    user.enroll_passkey(), user.enroll_passkey()
    body = {"email": world.address("1")}
    assert is_unauthorized(call(world, "DELETE", ALL, body, user="2"))
    world.mfad.load(world.credential("secret", f"admin-{world.tenant}", user="3", permissions={"users": ["update"]}))
    admin = {"X-Api-Key": f"admin-{world.tenant}"}
    assert call(world, "DELETE", ALL, body, user="3", **admin).json() == {"message": "success"}
    assert user.passkeys() == [] and user.owners() == []
    assert error(call(world, "DELETE", ALL, body, user="3", **admin))[0] == 400


# ---- signing in on a host's challenge --------------------------------------------------------------------------------


def test_what_was_begun_here_passes_a_host_s_challenge_once(world, user):
    passkey = user.enroll_passkey()
    options = begin_as(world)
    assert [c["id"] for c in options["allowCredentials"]] == [b64(passkey.id)]
    credential = passkey.get(options)
    body = {"token": user.challenge(), "credential": credential}
    assert public(world, COMPLETE_AUTH, body).status == 200
    assert error(public(world, COMPLETE_AUTH, body)) == INVALID
    assert error(public(world, COMPLETE_AUTH, {**body, "token": user.challenge()})) == INVALID, "its counter has gone on"


def test_of_another_tenant_it_does_not(world, user, make_world):
    passkey = user.enroll_passkey()
    elsewhere = make_world(webauthn=WEBAUTHN)
    credential = passkey.get(begin_auth(elsewhere, email=world.address("1"), account=elsewhere.tenant))
    assert error(public(world, COMPLETE_AUTH, {"token": user.challenge(), "credential": credential})) == INVALID


def test_what_does_not_pass(world, user):
    passkey = user.enroll_passkey()
    token, options = user.begin()
    for credential in (passkey.get(options, origin="https://evil.example"), Passkey().get({**options}), {}, "{}", "no JSON"):
        assert error(public(world, COMPLETE_AUTH, {"token": token, "credential": credential})) == INVALID
    assert user.failures == 2, "what is no credential counts as nothing"
    assert error(public(world, COMPLETE_AUTH, {"token": "none", "credential": passkey.get(options)})) == INVALID
    for body in ({"token": token}, {"token": token, "credential": 7}, {"token": 7, "credential": {}}):
        assert error(public(world, COMPLETE_AUTH, body))[0] == 400
    assert public(world, COMPLETE_AUTH, {"token": token, "credential": passkey.get(options)}).status == 200


def test_without_a_host_s_challenge_it_takes_the_option(world, user):
    passkey = user.enroll_passkey()
    assert error(public(world, COMPLETE_AUTH, {"credential": passkey.get(begin_as(world))})) == INVALID
    assert user.failures == 0


# ---- beginning, by anybody -------------------------------------------------------------------------------------------


def shape(options):
    return {k: v for k, v in options.items() if k not in ("challenge", "allowCredentials")}, \
        [(c["type"], len(c["id"]), len(c.get("transports", []))) for c in options["allowCredentials"]], len(options["challenge"])


def test_strangers_are_not_told_from_users(world, user):
    user.enroll_passkey()
    known = begin_as(world)
    for who in ("2", "nobody"):
        stranger, again = begin_as(world, who), begin_as(world, who)
        assert shape(stranger) == shape(known)
        assert stranger["allowCredentials"] == again["allowCredentials"] != known["allowCredentials"]
        assert stranger["challenge"] != again["challenge"]
    assert begin_as(world, "2")["allowCredentials"] != begin_as(world, "nobody")["allowCredentials"]
    assert begin_auth(world, email=world.address("1"))["allowCredentials"] != known["allowCredentials"]
    nowhere = begin_auth(world, email=world.address("1"), account="no-such-account")
    assert nowhere["rpId"] == "localhost" and len(nowhere["allowCredentials"]) == 1


def test_nothing_is_stored_for_what_was_begun(world, user, redis):
    user.enroll_passkey()
    wait_until_settled(world.mfad, world)
    before = set(redis.scan_iter(count=10_000))
    for who in ("1", "nobody"):
        begin_as(world, who)
    assert set(redis.scan_iter(count=10_000)) <= before


@pytest.mark.parametrize("body", [{"email": "no address"}, {"email": 7}, {"account": []}, []])
def test_a_beginning_that_is_none(world, body):
    assert error(public(world, BEGIN_AUTH, body))[0] == 400


# ---- with nothing but a passkey --------------------------------------------------------------------------------------


def test_a_passkey_alone_signs_in_once(alone):
    world, passkey = alone.world, alone.enroll_passkey()
    credential = passkey.get(begin_as(world), user_handle=False)
    response = public(world, COMPLETE_AUTH, {"credential": json.dumps(credential)})
    assert response.status == 200, response
    claims = claims_of(world, response.json()["data"]["auth_token"])
    assert (claims["sub"], claims["acr"]) == ("1", "aal2")
    assert error(public(world, COMPLETE_AUTH, {"credential": credential})) == INVALID


def test_nor_again_when_it_never_counts(alone):
    world, passkey = alone.world, alone.enroll_passkey(counting=False)
    credential = passkey.get(begin_as(world))
    assert public(world, COMPLETE_AUTH, {"credential": credential}).status == 200
    assert error(public(world, COMPLETE_AUTH, {"credential": credential})) == INVALID


def test_it_is_found_without_a_name(alone):
    world, passkey = alone.world, alone.enroll_passkey()
    options = begin_auth(world, account=world.tenant)
    assert options["allowCredentials"] == []
    assert error(public(world, COMPLETE_AUTH, {"credential": passkey.get(options, user_handle=False)})) == INVALID
    response = public(world, COMPLETE_AUTH, {"credential": passkey.get(options)})
    assert response.status == 200, response
    passkey.user_handle = b64(bytes(32))
    assert error(public(world, COMPLETE_AUTH, {"credential": passkey.get(begin_auth(world, account=world.tenant))})) == INVALID


def test_who_gave_another_s_name_does_not_sign_in(alone):
    world, passkey = alone.world, alone.enroll_passkey()
    other = PasskeyUser(world, alone.redis, "2")
    other.enroll_passkey()
    assert error(public(world, COMPLETE_AUTH, {"credential": passkey.get(begin_as(world, "2"))})) == INVALID


def test_strangers_lock_nobody_out(alone):
    world, passkey = alone.world, alone.enroll_passkey()
    forger = Passkey()
    forger.id, forger.user_handle = passkey.id, passkey.user_handle
    for _ in range(12):
        assert error(public(world, COMPLETE_AUTH, {"credential": forger.get(begin_as(world))})) == INVALID
    assert alone.failures == 0
    assert public(world, COMPLETE_AUTH, {"credential": passkey.get(begin_as(world))}).status == 200


def test_a_removed_passkey_signs_in_no_more(alone):
    world, passkey = alone.world, alone.enroll_passkey()
    alone.enroll_passkey()
    options = begin_as(world)
    assert world.native("DELETE", f"users/1/factors/{passkey.factor_id}").status == 204
    assert error(public(world, COMPLETE_AUTH, {"credential": passkey.get(options)})) == INVALID


def test_not_where_passkeys_are_switched_off(alone):
    world, passkey = alone.world, alone.enroll_passkey()
    alone.enable("email")
    assert error(public(world, COMPLETE_AUTH, {"credential": passkey.get(begin_as(world))})) == INVALID


def test_one_address_begins_so_many(redis_server, key_file, tmp_path, apis):
    mfad = start_mfad(tmp_path, redis_server, key_file, limits_address="3/1m")
    try:
        world = World(mfad, mfad.client(observe=apis.observe), webauthn=WEBAUTHN)
        for who in ("1", "nobody", "2"):
            begin_as(world, who)
        for path, body in ((BEGIN_AUTH, {"email": world.address("1")}), (COMPLETE_AUTH, {"credential": "{}"})):
            response = public(world, path, body)
            assert error(response)[0] == 429 and 1 <= int(response.header("Retry-After")) <= 60
    finally:
        mfad.stop()
        for key in redis_server.connection().scan_iter(match="mfa:*:q:0::address*"):
            redis_server.connection().delete(key)
