"""The native API on the tenant: his definition, shown without secrets and changed member by member."""

import concurrent.futures
import json

import pytest

from conftest import start_mfad
from harness import wait_for
from shapes import problem_at
from stored import state_of
from tokens import Issuer
from world import ALLOWED


def definition(world):
    response = world.native("GET", "tenant")
    assert response.status == 200, response
    return response.json()


def patch(world, **members):
    return world.native("PATCH", "tenant", members)


BUILT_IN = ["email", "totp", "passkey", "recovery_code"]


def test_a_tenant_is_shown_with_what_holds_without_a_definition(world):
    assert definition(world) == {"id": world.tenant, "name": world.tenant, "allowed": BUILT_IN, "default": None, "jwt": [],
                                 "limits": {}, "mail": {}, "options": {}}


def test_a_tenant_is_shown_as_he_was_imported_without_a_secret(make_world):
    shared = Issuer("https://shared.example")
    public = Issuer("https://public.example", "ES256", kid="k1", use="server", permissions={"users": ["read"]})
    octets = Issuer("https://octets.example", "HS256", kid="o1", key="octets")
    entries = [
        {"iss": "https://shared.example", "alg": "HS256", "secret": shared.key},
        {"iss": "https://public.example", "use": "server", "permissions": {"users": ["read"]}, "jwks": {"keys": [public.jwk]}},
        {"iss": "https://octets.example", "user_claim": "uid", "jwks": {"keys": [octets.jwk]}},
        {"iss": "https://away.example", "jwks_uri": "https://away.example/jwks"},
    ]
    parts = {"name": "Acme & Söhne", "limits": {"xsolla": "7/1m"}, "webauthn": {"rp_id": "acme.example", "origins": []},
             "mail": {"from": "Acme <mfa@acme.example>"}, "allowed": ["email", "duo"], "default": ALLOWED}
    world = make_world(options={"rebilly.builtin_type": "otp"}, jwt=entries, **parts)
    shown = definition(world)
    jwt = shown.pop("jwt")
    assert shown == {"id": world.tenant, "options": {"rebilly.builtin_type": "otp"}, **parts}
    assert jwt == [
        {"iss": "https://shared.example", "alg": "HS256"},
        {"iss": "https://public.example", "use": "server", "permissions": {"users": ["read"]}, "jwks": {"keys": [public.jwk]}},
        {"iss": "https://octets.example", "user_claim": "uid",
         "jwks": {"keys": [{name: value for name, value in octets.jwk.items() if name != "k"}]}},
        {"iss": "https://away.example", "jwks_uri": "https://away.example/jwks"},
    ]
    text = json.dumps([shown, jwt])
    assert shared.key not in text and octets.jwk["k"] not in text and "secret" not in text


def test_a_patch_replaces_the_members_that_it_names_and_no_others(make_world):
    issuer = Issuer("https://kept.example")
    world = make_world(name="Before", limits={"xsolla": "7/1m"}, jwt=[issuer.entry], options={"navixy.max_ids": 5})
    before = definition(world)
    response = patch(world, name="After", limits={"quiva": "8/1m"}, webauthn={"rp_id": "acme.example", "origins": ["https://acme.example"]})
    assert (response.status, response.body) == (204, b"")
    assert definition(world) == {**before, "name": "After", "limits": {"quiva": "8/1m"},
                                 "webauthn": {"rp_id": "acme.example", "origins": ["https://acme.example"]}}
    # His issuers are as they were: their tokens are good.
    headers = {"Authorization": f"Bearer {issuer.token(world.tenant)}"}
    assert world.client.get("/profile/mfa", headers=headers).status == 200

    assert patch(world, name=None, limits=None, webauthn=None, options=None).status == 204
    after = {**before, "name": world.tenant, "limits": {}, "options": {}}
    assert definition(world) == after
    assert patch(world).status == 204 and definition(world) == after


def test_policy_and_default_hold_in_every_dialect(world):
    world.set_user("1", enabled=["email", "totp"])
    assert patch(world, allowed=["totp", "duo"]).status == 204
    assert world.xsolla_state("1")["enabled"] is False
    assert world.quiva_state("1")["totp_enabled"] is True
    assert world.xsolla("GET").json()["mfa_types"] == []
    problem_at(patch(world, default=ALLOWED), 422, "factor-not-allowed")
    assert patch(world, allowed=["email"], default=ALLOWED).status == 204
    assert world.navixy("user/mfa/settings/default/read").json()["value"] == ALLOWED
    world.native("PUT", "users/new", {"email": "new@example.org"})
    assert world.xsolla_state("new")["enabled"] is True
    assert patch(world, default=None).status == 204
    assert "value" not in world.navixy("user/mfa/settings/default/read").json()


def test_what_the_dialects_write_is_shown(world):
    assert world.xsolla("PUT", body={"mfa_types": []}).status == 204
    assert definition(world)["allowed"] == ["totp", "passkey", "recovery_code"]
    assert world.xsolla("PUT", body={"mfa_types": [{"mfa_type": "email", "priority": 1}]}).status == 204
    world.navixy("user/mfa/settings/default/update", {"settings": {"type": "disallowed"}})
    shown = definition(world)
    assert (shown["allowed"], shown["default"]) == (BUILT_IN, {"type": "disallowed"})


def test_options_hold_at_once_on_every_instance(world, redis_server, key_file, tmp_path):
    world.set_user("1", enabled=["email"])
    other = start_mfad(tmp_path, redis_server, key_file, limits_enabled="false")
    try:
        clients = (world.client, other.client())
        path, headers = f"/organizations/{world.tenant}/profile/mfa", {"REB-APIKEY": world.secrets["1"]}

        def shown():
            return {client.get(path, headers=headers).json()["type"] for client in clients for _ in range(4)}

        assert shown() == {"guardian"}
        assert patch(world, options={"rebilly.builtin_type": "otp"}).status == 204
        wait_for(lambda: shown() == {"otp"}, "all instances to know")
        assert patch(world, options={"email.require_verification": True}).status == 204
        assert world.native_state("1")["active"] is False
    finally:
        other.stop()


def test_limits_show_what_they_count(world):
    assert patch(world, limits={"rebilly": "7/10m"}).status == 204
    wait_for(lambda: world.rebilly("POST", "1").header("X-RateLimit-Limit") == "7", "the new quota")


BAD_DEFINITIONS = [
    ({"id": "other"}, "invalid", "id"), ({"jwt": []}, "invalid", "jwt"), ({"color": "red"}, "invalid", "color"),
    ({"name": 1}, "wrong-type", "name"), ({"allowed": "email"}, "wrong-type", "allowed"),
    ({"allowed": None}, "wrong-type", "allowed"), ({"allowed": ["sms"]}, "invalid", "allowed"),
    ({"default": {"type": "maybe"}}, "invalid", "default"), ({"default": "none"}, "wrong-type", "default"),
    ({"default": {}}, "missing", "default.type"), ({"limits": {"xsolla": "often"}}, "invalid", "limits.xsolla"),
    ({"limits": {"nobody": "1/1s"}}, "invalid", "limits.nobody"), ({"limits": []}, "wrong-type", "limits"),
    ({"mail": {"from": "nobody"}}, "invalid", "mail.from"), ({"mail": {"to": "a@example.org"}}, "invalid", "mail.to"),
    ({"webauthn": {}}, "missing", "webauthn.rp_id"), ({"options": {"color": 1}}, "invalid", "options.color"),
    ({"options": {"rebilly.builtin_type": "sms"}}, "invalid", "options.rebilly.builtin_type"),
    ({"options": {"navixy.max_ids": 0}}, "invalid", "options.navixy.max_ids"),
    ({"name": "Ada", "options": {"dialects": ["smtp"]}}, "invalid", "options.dialects"),
]


@pytest.mark.parametrize("members,code,field", BAD_DEFINITIONS)
def test_a_wrong_member_is_named_and_nothing_is_done(world, redis, members, code, field):
    before = state_of(redis, world)
    problem_at(patch(world, **members), 422, code, field)
    assert state_of(redis, world) == before


def test_changes_of_different_members_at_once_are_all_done(world):
    changes = [{"name": "N"}, {"limits": {"quiva": "9/1m"}}, {"options": {"navixy.max_ids": 7}}, {"mail": {"from": "m@example.org"}},
               {"allowed": ["email"]}, {"webauthn": {"rp_id": "r.example"}}] * 3
    with concurrent.futures.ThreadPoolExecutor(len(changes)) as pool:
        statuses = list(pool.map(lambda members: patch(world, **members).status, changes))
    assert statuses == [204] * len(changes)
    assert definition(world) == {"id": world.tenant, "name": "N", "allowed": ["email"], "default": None, "jwt": [],
                                 "limits": {"quiva": "9/1m"}, "mail": {"from": "m@example.org"},
                                 "options": {"navixy.max_ids": 7}, "webauthn": {"rp_id": "r.example"}}


def test_reading_and_changing_take_their_permissions(world):
    reader, writer = world.with_permissions(tenant=["read"]), world.with_permissions(tenant=["update"])
    nobody = world.with_permissions(users=["read", "update", "create", "delete"])
    assert world.native("GET", "tenant", key=reader).status == 200
    assert world.native("GET", "tenant", key=writer).status == 200
    problem_at(world.native("GET", "tenant", key=nobody), 403, "forbidden")
    for key in (reader, nobody):
        problem_at(world.native("PATCH", "tenant", {"name": "Mine"}, key=key), 403, "forbidden")
    assert world.native("PATCH", "tenant", {"name": "Mine"}, key=writer).status == 204
    assert definition(world)["name"] == "Mine"


def test_a_repeated_change_is_done_once(world):
    key = {"Idempotency-Key": "rename"}
    assert world.native("PATCH", "tenant", {"name": "First"}, headers=key).status == 204
    assert patch(world, name="Second").status == 204
    assert world.native("PATCH", "tenant", {"name": "First"}, headers=key).status == 204
    assert definition(world)["name"] == "Second"
    problem_at(world.native("PATCH", "tenant", {"name": "Third"}, headers=key), 422, "key-reused")


def test_mail_carries_the_new_name_and_sender(world):
    assert patch(world, name="Neue Firma", mail={"from": "Firma <mfa@firma.example>"}).status == 204
    wait_for(lambda: definition(world)["name"] == "Neue Firma", "the name")
    world.native("POST", "users/1/enrollments")
    assert world.mfad.mail_to(world.address("1"))["From"] == "Firma <mfa@firma.example>"
