"""Passkeys over the native API: binding, naming, signing in, removing."""

import base64
import concurrent.futures
import copy
import json
import secrets

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from authenticator import BE, BS, EDDSA, ES256, ORIGIN, RS256, UP, UV, WEBAUTHN, Maker, Passkey, b64, unb64
from harness import text_of, wait_for
from passkeys import PasskeyUser
from shapes import problem
from tokens import claims_of

ALL = ["email", "totp", "passkey", "recovery_code"]


@pytest.fixture
def world(make_world):
    return make_world(webauthn=WEBAUTHN, name="Acme")


@pytest.fixture
def user(world, redis):
    return PasskeyUser(world, redis)


def fault(response, code, why):
    problem(response, {"invalid": 422, "malformed": 400}[code], code)
    assert why in response.json()["detail"], response


# ---- binding ---------------------------------------------------------------------------------------------------------


def test_what_a_browser_is_asked_for(user, world):
    options = user.offer()
    assert options["rp"] == {"id": "acme.example", "name": "Acme"}
    assert len(unb64(options["challenge"])) == 32
    assert options["user"]["name"] == world.address("1")
    handle = unb64(options["user"]["id"])
    assert 16 <= len(handle) <= 64 and world.address("1").encode() not in handle
    assert {p["alg"] for p in options["pubKeyCredParams"]} == {-8, -7, -257}
    assert options["attestation"] == "none" and options["excludeCredentials"] == []
    assert options["authenticatorSelection"]["userVerification"] == "required"


def test_a_passkey_is_bound_named_and_told_of(user, world):
    passkey = user.enroll_passkey("Ada's phone")
    shown = user.passkey(passkey)
    assert (shown["type"], shown["label"], shown["last_used_at"]) == ("passkey", "Ada's phone", None)
    assert world.native_state("1")["enabled"] == ["passkey"]
    wait_for(lambda: [m for m in world.mfad.mails() if m["To"] == world.address("1") and "passkey" in text_of(m).lower()],
             "the notice")
    assert world.quiva_state("1")["passkey_enabled"] is True


def test_several_of_one_user_have_one_handle_and_are_excluded(user):
    first, second = user.enroll_passkey("first"), user.enroll_passkey("second")
    options = user.offer()
    assert {c["id"] for c in options["excludeCredentials"]} == {b64(first.id), b64(second.id)}
    assert options["user"]["id"] == first.user_handle == second.user_handle
    assert sorted(f["label"] for f in user.passkeys()) == ["first", "second"]
    for passkey in (first, second):
        assert user.pass_with(passkey).status == 200


def test_there_is_a_most(user):
    for i in range(10):
        user.enroll_passkey(str(i))
    response = user.world.native("POST", "users/1/factors/passkey")
    fault(response, "invalid", "10")


@pytest.mark.parametrize("bends, why", [
    ({"origin": "https://login.acme.example.evil.example"}, "origin_mismatch"), ({"origin": "https://acme.example"}, "origin_mismatch"),
    ({"rp_id": "evil.example"}, "rp_id_hash_mismatch"), ({"challenge": b64(bytes(32))}, "challenge_mismatch"),
    ({"flags": UV}, "user_not_present"), ({"flags": UP}, "user_not_verified"), ({"flags": UP | UV | BS}, "bs_without_be"),
    ({"crossOrigin": True}, "cross_origin_not_allowed"), ({"topOrigin": "https://evil.example"}, "cross_origin_not_allowed"),
])
def test_a_registration_that_is_not_ours(user, bends, why):
    passkey, options = Passkey(), user.offer()
    fault(user.confirm(passkey.create(options, **bends)), "invalid", why)
    assert user.passkeys() == [] and user.owners() == []
    assert user.confirm(passkey.create(options)).status == 200, "and the offer still waits"


def test_a_registration_takes_an_offer_once(user, world):
    passkey = Passkey()
    unasked = {"challenge": b64(bytes(32)), "rp": {"id": "acme.example"}, "user": {"id": b64(bytes(32))}}
    problem(user.confirm(passkey.create(unasked)), 410, "expired")
    options = user.offer()
    assert user.confirm(passkey.create(options)).status == 200
    problem(user.confirm(Passkey().create(options)), 410, "expired")
    older, newer = user.offer(), user.offer()
    fault(user.confirm(Passkey().create(older)), "invalid", "challenge_mismatch")
    assert user.confirm(Passkey().create(newer)).status == 200
    other = PasskeyUser(world, user.redis, "2")
    other.offer()
    fault(other.confirm(Passkey().create(newer)), "invalid", "challenge_mismatch")


def test_an_offer_ends(user, redis):
    options = user.offer()
    redis.hdel(user.key, "W")
    problem(user.confirm(Passkey().create(options)), 410, "expired")


def test_one_credential_is_registered_once(user, world, redis, make_world):
    passkey = user.enroll_passkey()
    handle = passkey.user_handle
    again = user.confirm(passkey.create(user.offer()))
    fault(again, "invalid", "registered already")
    elsewhere = make_world(webauthn=WEBAUTHN)
    for other in (PasskeyUser(world, redis, "2"), PasskeyUser(elsewhere, redis)):
        fault(other.confirm(passkey.create(other.offer())), "invalid", "registered already")
        assert other.passkeys() == []
    passkey.user_handle = handle
    assert user.pass_with(passkey).status == 200
    assert world.native("DELETE", f"users/1/factors/{passkey.factor_id}").status == 204
    other = PasskeyUser(world, redis, "2")
    assert other.confirm(passkey.create(other.offer())).status == 200, "nobody's any more"


def test_a_claim_without_a_passkey_stands_for_a_minute_only(user, world, redis):
    passkey = user.enroll_passkey()
    redis.hdel(user.key, "P0")
    other = PasskeyUser(world, redis, "2")
    fault(other.confirm(passkey.create(other.offer())), "invalid", "registered already")
    [key] = [k for k in redis.scan_iter(match="mfa:*:wc:*", count=10_000) if world.tenant.encode() in redis.get(k)]
    redis.set(key, bytes(8) + redis.get(key)[8:])
    assert other.confirm(passkey.create(other.offer())).status == 200


def malformed(credential):
    def without(path):
        made = copy.deepcopy(credential)
        place = made
        for name in path[:-1]:
            place = place[name]
        del place[path[-1]]
        return made

    def with_(path, value):
        made = copy.deepcopy(credential)
        place = made
        for name in path[:-1]:
            place = place[name]
        place[path[-1]] = value
        return made

    return [{}, without(["id"]), without(["rawId"]), without(["response"]), without(["response", "clientDataJSON"]),
            with_(["rawId"], b64(bytes(32))), with_(["type"], "password"), with_(["id"], 7), with_(["response"], "x"),
            with_(["response", "clientDataJSON"], "===="), with_(["response", "clientDataJSON"], credential["id"] + "=")]


def test_what_is_no_registration(user):
    options = user.offer()
    for credential in malformed(Passkey().create(options)):
        fault(user.confirm(credential), "malformed", "credential")
    assert user.passkeys() == []


@pytest.mark.parametrize("body, field", [({}, "credential"), ({"credential": "text"}, "credential"),
                                         ({"credential": {}, "label": "x" * 65}, "label"), ({"credential": {}, "name": "x"}, "name")])
def test_a_confirmation_that_is_none(user, body, field):
    response = user.world.native("POST", "users/1/factors/passkey/confirm", body)
    assert (response.status, response.json()["field"]) == (422, field), response


def test_a_policy_without_passkeys(make_world, redis):
    user = PasskeyUser(make_world(webauthn=WEBAUTHN, allowed=["email"]), redis)
    passkey = Passkey()
    problem(user.confirm(passkey.create(user.offer())), 422, "factor-not-allowed")
    assert user.owners() == []


def test_models_are_denied_and_allowed(make_world, redis):
    model = "ee882879-721c-4913-9775-3dfcce97072a"
    aaguid = bytes.fromhex(model.replace("-", ""))
    denies = PasskeyUser(make_world(webauthn={**WEBAUTHN, "denied_aaguids": [model]}), redis)
    options = denies.offer()
    assert options["attestation"] == "direct", "without, browsers hide the model"
    fault(denies.confirm(Passkey(aaguid=aaguid).create(options)), "invalid", "aaguid_not_allowed")
    assert denies.confirm(Passkey().create(options)).status == 200
    allows = PasskeyUser(make_world(webauthn={**WEBAUTHN, "allowed_aaguids": [model]}), redis)
    options = allows.offer()
    fault(allows.confirm(Passkey().create(options)), "invalid", "aaguid_not_allowed")
    assert allows.confirm(Passkey(aaguid=aaguid).create(options)).status == 200


def test_a_tenant_may_want_makers_to_vouch(make_world, redis):
    maker, other = Maker(secrets.token_bytes(16)), Maker(secrets.token_bytes(16))
    pem = f"-----BEGIN CERTIFICATE-----\n{base64.encodebytes(maker.root).decode()}-----END CERTIFICATE-----\n"
    webauthn = {**WEBAUTHN, "attestation": "trusted", "trust_anchors": [pem]}
    user = PasskeyUser(make_world(webauthn=webauthn), redis)
    options = user.offer()
    assert options["attestation"] == "direct"
    for passkey in (Passkey(), Passkey(maker=other)):
        fault(user.confirm(passkey.create(options)), "invalid", "attestation_untrusted")
    trusted = Passkey(maker=maker)
    assert user.confirm(trusted.create(options)).status == 200
    assert user.pass_with(trusted).status == 200
    anybody = PasskeyUser(make_world(webauthn=WEBAUTHN), redis)
    assert anybody.confirm(Passkey(maker=other).create(anybody.offer())).status == 200, "sound, and nobody has to vouch"
    forged = Passkey(maker=other)
    other.key = ec.generate_private_key(ec.SECP256R1())
    fault(anybody.confirm(forged.create(anybody.offer())), "invalid", "attestation_signature_invalid")


def test_without_a_record_of_its_own_the_tenant_has_the_server_s_host(make_world, redis, mfad):
    user = PasskeyUser(make_world(), redis)
    options = user.offer()
    assert options["rp"]["id"] == "localhost"
    passkey, origin = Passkey(), f"http://localhost:{mfad.port}"
    fault(user.confirm(passkey.create(options, origin="http://localhost")), "invalid", "origin_mismatch")
    assert user.confirm(passkey.create(options, origin=origin)).status == 200
    assert user.pass_with(passkey, origin=origin).status == 200


# ---- naming and removing ---------------------------------------------------------------------------------------------


def test_a_passkey_is_renamed_and_nothing_else_of_it_changes(user, world):
    passkey = user.enroll_passkey("old")
    assert user.pass_with(passkey).status == 200
    before = user.passkey(passkey)
    response = world.native("PATCH", f"users/1/factors/{passkey.factor_id}", {"label": "new"})
    assert response.status == 200, response
    assert user.passkey(passkey) == {**before, "label": "new"}
    assert user.pass_with(passkey).status == 200
    for id_ in ("email", Passkey().factor_id, "passkey_", "passkey_x"):
        problem(world.native("PATCH", f"users/1/factors/{id_}", {"label": "new"}), 404, "not-found")
    for body in ({}, {"label": 7}, {"label": "x" * 65}):
        assert world.native("PATCH", f"users/1/factors/{passkey.factor_id}", body).status == 422


def test_one_is_removed_and_the_others_stay(user, world):
    first, second = user.enroll_passkey(), user.enroll_passkey()
    assert world.native("DELETE", f"users/1/factors/{first.factor_id}").status == 204
    assert [f["id"] for f in user.passkeys()] == [second.factor_id]
    assert world.native_state("1")["enabled"] == ["passkey"]
    problem(world.native("DELETE", f"users/1/factors/{first.factor_id}"), 404, "not-found")
    problem(user.pass_with(first), 401, "wrong-code")
    assert user.pass_with(second).status == 200
    assert world.native("DELETE", f"users/1/factors/{second.factor_id}").status == 204
    state = world.native_state("1")
    assert state["enabled"] == [] and user.passkeys() == [] and user.owners() == []


def test_two_removals_at_once_leave_nothing_half_bound(user, world):
    for _ in range(5):
        both = [user.enroll_passkey(), user.enroll_passkey()]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            gone = list(pool.map(lambda p: world.mfad.client().delete(
                f"/v1/users/1/factors/{p.factor_id}", headers={"Authorization": f"Bearer {world.server_key}"}).status, both))
        assert gone == [204, 204]
        state = world.native_state("1")
        assert state["enabled"] == [] and "passkey" not in state["required"] and user.passkeys() == []


@pytest.mark.parametrize("how", ["all", "reset", "user", "rebilly"])
def test_nothing_of_them_is_left(user, world, redis, how):
    passkeys = [user.enroll_passkey(), user.enroll_passkey()]
    user.offer()
    if how == "all":
        assert world.native("DELETE", "users/1/factors/passkey").status == 204
    elif how == "reset":
        assert world.native("POST", "users/1/reset").status == 204
    elif how == "rebilly":
        assert user.pass_with(passkeys[0]).status == 200
        assert world.rebilly("DELETE", "1").status == 204
    else:
        assert world.native("DELETE", "users/1").status == 204
    assert [f for f in redis.hkeys(user.key) if f[:1] in (b"P", b"W")] == []
    if how != "rebilly":  # whose look-ups lead nowhere
        assert user.owners() == []
    if how == "user":
        return
    assert user.passkeys() == []
    new = user.enroll_passkey()
    assert [f["id"] for f in user.passkeys()] == [new.factor_id]
    problem(user.pass_with(passkeys[1]), 401, "wrong-code")


# ---- signing in ------------------------------------------------------------------------------------------------------


def test_a_passkey_passes_once(user, world):
    passkey = user.enroll_passkey()
    token, options = user.begin()
    assert options["rpId"] == "acme.example" and options["userVerification"] == "required"
    assert [(c["id"], c["transports"]) for c in options["allowCredentials"]] == [(b64(passkey.id), ["internal", "hybrid"])]
    credential = passkey.get(options)
    response = user.assert_passkey(token, credential)
    assert response.status == 200, response
    answer = response.json()
    assert (answer["amr"], answer["acr"]) == (["hwk", "user", "mfa"], "aal2")
    claims = claims_of(world, answer["access_token"])
    assert (claims["sub"], claims["amr"], claims["acr"]) == ("1", ["hwk", "user", "mfa"], "aal2")
    assert answer["auth_time"] == world.native_state("1")["last_auth_time"] >= user.passkey(passkey)["last_used_at"]
    problem(user.assert_passkey(token, credential), 410, "expired")


@pytest.mark.parametrize("alg", [ES256, EDDSA, RS256])
def test_every_algorithm_passes(user, alg):
    passkey = user.enroll_passkey(alg=alg)
    assert user.pass_with(passkey).status == 200
    impostor = Passkey(alg=alg)
    impostor.id, impostor.user_handle, impostor.count = passkey.id, passkey.user_handle, passkey.count
    problem(user.pass_with(impostor), 401, "wrong-code")


def test_two_confirmations_of_one_passkey_bind_it_once(user, world):
    passkey = Passkey()
    body = {"credential": passkey.create(user.offer())}

    def confirm(_):
        return world.mfad.client().post("/v1/users/1/factors/passkey/confirm", json_body=body,
                                        headers={"Authorization": f"Bearer {world.server_key}"}).status

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(confirm, range(8)))
    assert statuses.count(200) == 1 and set(statuses) <= {200, 410, 422}, statuses
    assert [f["id"] for f in user.passkeys()] == [passkey.factor_id] and len(user.owners()) == 1
    assert user.pass_with(passkey).status == 200


def test_each_challenge_is_signed_for_itself(user):
    passkey = user.enroll_passkey()
    (first, options), (second, others) = user.begin(), user.begin()
    assert options["challenge"] != others["challenge"] and len(unb64(options["challenge"])) == 32
    problem(user.assert_passkey(second, passkey.get(options)), 401, "wrong-code")
    assert user.assert_passkey(first, passkey.get(options)).status == 200


def test_levels_and_methods(make_world, redis):
    user = PasskeyUser(make_world(webauthn={**WEBAUTHN, "user_verification": "preferred"}), redis)
    first = user.enroll_passkey(flags=UP | UV | BE | BS)
    answer = user.pass_with(first).json()
    assert (answer["amr"], answer["acr"]) == (["swk", "user", "mfa"], "aal2"), "the first, and he showed that he is himself"
    answer = user.pass_with(first, flags=UP | BE | BS).json()
    assert (answer["amr"], answer["acr"]) == (["swk", "user"], "aal1"), "without showing that"
    redis.hdel(user.key, "t", "q")
    later = user.enroll_passkey()
    assert user.pass_with(later).json()["acr"] == "aal1", "bound beside another, without proof"


def test_a_demand_for_aal2_can_be_met(user):
    user.enroll_passkey()
    assert user.ask(acr="aal2").json()["factors"] == ["passkey"]


@pytest.mark.parametrize("bends", [
    {"origin": "https://acme.example"}, {"origin": "http://login.acme.example"}, {"rp_id": "login.acme.example"},
    {"challenge": b64(bytes(32))}, {"flags": UV}, {"flags": UP}, {"flags": UP | UV | BE}, {"crossOrigin": True},
])
def test_an_assertion_that_does_not_pass_counts(user, bends):
    passkey = user.enroll_passkey()
    token, options = user.begin()
    response = problem(user.assert_passkey(token, passkey.get(options, **bends)), 401, "wrong-code")
    assert response.json()["attempts_left"] == 4 and user.failures == 1
    assert user.assert_passkey(token, passkey.get(options)).status == 200
    assert user.failures == 0


def test_a_signature_of_another_key_counts(user):
    passkey, impostor = user.enroll_passkey(), Passkey()
    impostor.id, impostor.user_handle = passkey.id, passkey.user_handle
    problem(user.pass_with(impostor), 401, "wrong-code")
    stranger = Passkey()
    stranger.user_handle = passkey.user_handle
    problem(user.pass_with(stranger), 401, "wrong-code")
    assert user.failures == 2
    passkey.user_handle = b64(bytes(32))
    problem(user.pass_with(passkey), 401, "wrong-code")


def test_an_attempt_that_never_ended_counts_as_a_failure(user, redis, mfad):
    passkey, impostor = user.enroll_passkey(), Passkey()
    impostor.id, impostor.user_handle = passkey.id, passkey.user_handle
    redis.hset(user.key, "M4", bytes(8) + b"12345678" + b"1")  # begun in 1970, by a server that died
    problem(user.pass_with(impostor), 401, "wrong-code")
    assert user.failures == 2
    events = [json.loads(line) for line in mfad.call("audit", "list", "--tenant", user.world.tenant).splitlines()]
    assert [event["outcome"] for event in events if event["event"] == "verification"] == ["wrong", "abandoned"]


def test_what_is_no_assertion_counts_as_nothing(user):
    passkey = user.enroll_passkey()
    token, options = user.begin()
    good = passkey.get(options)
    broken = malformed(good)
    for member, value in (("clientDataJSON", b64(b"{}")), ("clientDataJSON", b64(b"\xff")), ("authenticatorData", b64(bytes(36)))):
        broken.append({**good, "response": {**good["response"], member: value}})
    for credential in broken:
        fault(user.assert_passkey(token, credential), "malformed", "credential")
    assert user.failures == 0
    assert user.assert_passkey(token, good).status == 200


@pytest.mark.parametrize("body", [{"factor": "passkey"}, {"factor": "passkey", "code": "123456"}, {"factor": "passkey", "credential": "x"},
                                  {"factor": "passkey", "credential": {}, "code": "1"}, {"factor": "totp", "code": "123456", "credential": {}}])
def test_an_attempt_that_is_none(user, body):
    user.enroll_passkey()
    token, _ = user.begin()
    response = user.world.native("POST", "challenges/verify", {"token": token, **body})
    assert response.status == 422, response


def test_a_counter_that_does_not_grow_is_a_copy_perhaps(user, world):
    passkey = user.enroll_passkey()
    assert user.pass_with(passkey, count=7).status == 200
    for count in (7, 3, 0):
        problem(user.pass_with(passkey, count=count), 401, "wrong-code")
    def told():
        return [(e["fault"], e["level"], e["user"]) for e in world.mfad.events("passkey.refused") if e["tenant"] == world.tenant]

    assert wait_for(lambda: len(told()) >= 3 and told(), "the warnings") == [("sign_count_regression", "warn", "1")] * 3
    assert user.pass_with(passkey, count=8).status == 200


def test_a_passkey_that_never_counts(user):
    passkey = user.enroll_passkey(counting=False)
    assert [user.pass_with(passkey).status for _ in range(3)] == [200] * 3


def test_a_hundred_at_once_are_one(user, world):
    passkey = user.enroll_passkey()
    token, options = user.begin()
    credential = passkey.get(options)
    body = {"token": token, "factor": "passkey", "credential": credential}

    def attempt(_):
        return world.mfad.client().post("/v1/challenges/verify", json_body=body,
                                        headers={"Authorization": f"Bearer {world.server_key}"}).status

    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(attempt, range(100)))
    assert statuses.count(200) == 1 and set(statuses) <= {200, 410, 429}, statuses
    assert user.failures == 0
    assert user.pass_with(passkey).status == 200


def test_ten_failures_disable_passkeys_and_a_new_one_has_its_budget(user):
    passkey = user.enroll_passkey()
    user.enroll_totp()
    for _ in range(10):
        problem(user.pass_with(passkey, origin="https://evil.example"), 401, "wrong-code")
        user.failed_long_ago(4)
    assert user.passkey(passkey)["disabled"] is True
    assert user.ask().json()["factors"] == ["totp"] and "passkey" not in user.ask().json()
    again = user.enroll_passkey()
    assert user.pass_with(again).status == 200


def test_nothing_of_a_passkey_lies_open(user, redis):
    passkey = user.enroll_passkey("Ada's secret phone")
    user.offer()
    stored = b"".join(k + v for k, v in redis.hgetall(user.key).items())
    numbers = passkey.key.public_key().public_numbers()
    for secret in (passkey.id, unb64(passkey.user_handle), b"secret phone", numbers.x.to_bytes(32, "big")):
        assert secret not in stored


def test_a_passkey_opens_nowhere_else(user, world, redis):
    other = PasskeyUser(world, redis, "2")
    user.enroll_passkey(), other.enroll_passkey()
    redis.hset(user.key, "P0", redis.hget(other.key, "P0"))
    assert world.native("GET", "users/1/mfa").status == 500
    assert world.native("POST", "users/1/challenges").status == 500


# ---- the tenant's record ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("webauthn, field", [
    ({"rp_id": "co.uk"}, "rp_id"), ({"rp_id": "Acme.example"}, "rp_id"), ({"rp_id": "192.0.2.1"}, "rp_id"), ({"rp_id": ""}, "rp_id"),
    ({"rp_id": "acme.example", "origins": ["https://evil.example"]}, "origins"),
    ({"rp_id": "acme.example", "origins": ["http://acme.example"]}, "origins"),
    ({"rp_id": "acme.example", "origins": ["https://acme.example/"]}, "origins"),
    ({"rp_id": "acme.example", "origins": "https://acme.example"}, "origins"),
    ({"rp_id": "acme.example", "origins": [7]}, "origins"),
    ({"rp_id": "acme.example", "attestation": "direct"}, "attestation"),
    ({"rp_id": "acme.example", "attestation": "trusted"}, "trust_anchors"),
    ({"rp_id": "acme.example", "trust_anchors": ["AAAA"]}, "trust_anchors"),
    ({"rp_id": "acme.example", "denied_aaguids": ["ee882879721c491397753dfcce97072a"]}, "denied_aaguids"),
    ({"rp_id": "acme.example", "allowed_aaguids": ["x"]}, "allowed_aaguids"),
    ({"rp_id": "acme.example", "user_verification": "maybe"}, "user_verification"),
    ({"rp_id": "acme.example", "resident_key": True}, "resident_key"), ({"rp_id": "acme.example", "id": "x"}, "id"),
])
def test_a_record_that_would_not_work_is_refused(world, webauthn, field):
    response = world.native("PATCH", "tenant", {"webauthn": webauthn})
    assert (response.status, response.json()["field"]) == (422, f"webauthn.{field}"), response
    assert world.native("GET", "tenant").json()["webauthn"] == WEBAUTHN


def test_a_change_of_the_record_holds_at_once(user, world):
    passkey = user.enroll_passkey()
    assert world.native("PATCH", "tenant", {"webauthn": {"rp_id": "acme.example", "name": "Anew"}}).status == 204
    wait_for(lambda: user.offer()["rp"]["name"] == "Anew", "the new record")
    assert user.pass_with(passkey, origin="https://acme.example").status == 200
    assert ORIGIN not in world.native("GET", "tenant").text
