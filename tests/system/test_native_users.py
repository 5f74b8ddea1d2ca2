"""The native API on users: making, finding, listing and removing them."""

import base64
import secrets

import pytest

from harness import random_secret, wait_for
from links import Link
from shapes import check_refusal, problem_at
from stored import links_of, state_of, user_key
from tokens import Issuer


# ---- PUT and GET -----------------------------------------------------------------------------------------------------


def test_a_user_is_created_once_and_replaced_afterwards(world):
    new = {"email": "Ada@Example.org", "locale": "pt-BR"}
    shown = {"id": "ada", "email": "Ada@example.org", "locale": "pt-BR"}
    for status in (201, 200, 200):
        response = world.native("PUT", "users/ada", new)
        assert (response.status, response.json()) == (status, shown)
    assert world.native("GET", "users/ada").json() == shown

    response = world.native("PUT", "users/ada", {"email": "ada@example.org"})
    assert (response.status, response.json()) == (200, {"id": "ada", "email": "ada@example.org", "locale": None})
    assert world.native("GET", "users/ada").json() == response.json()


def test_what_is_created_here_is_there_in_every_dialect(world):
    world.navixy("user/mfa/settings/default/update", {"settings": {"type": "allowed", "factor_types": ["email"]}})
    assert world.native("PUT", "users/77", {"email": "u77@example.org"}).status == 201
    assert world.xsolla_state("77") == {"change_restricted": False, "enabled": True, "mfa_type": "email"}
    assert world.navixy_update({"type": "disallowed"}, 77).status == 200
    headers = {"REB-APIKEY": world.server_key}
    assert world.client.get("/users/77/mfa", headers=headers).json()["status"] == "inactive"


def test_what_import_has_created_is_shown_here(world):
    assert world.native("GET", "users/1").json() == {"id": "1", "email": world.address("1"), "locale": None}
    world.mfad.load({"user": {"tenant": world.tenant, "id": "bare", "locale": "de"}})
    assert world.native("GET", "users/bare").json() == {"id": "bare", "email": None, "locale": "de"}


def test_a_changed_address_voids_links_and_an_unchanged_one_does_not(world):
    link = Link(world)
    assert world.native("PUT", "users/1", {"email": world.address("1"), "locale": "de"}).status == 200
    assert link.state == "open"
    assert world.native("PUT", "users/1", {"email": "new@example.org"}).status == 200
    assert link.state == "superseded"


def test_a_put_touches_no_settings(world):
    world.set_user("1", enabled=["email"], change_restricted=True, last_auth_time="2026-03-04T05:06:07Z")
    before = world.native_state("1")
    assert world.native("PUT", "users/1", {"email": world.address("1"), "locale": "en"}).status == 200
    after = world.native_state("1")
    assert {**after, "version": 0} == {**before, "version": 0}


BAD_USERS = [
    ({}, "missing", "email"), ({"email": None}, "wrong-type", "email"), ({"email": 1}, "wrong-type", "email"),
    ({"email": ""}, "invalid", "email"), ({"email": "nobody"}, "invalid", "email"),
    ({"email": "a@b@example.org"}, "invalid", "email"), ({"email": "a@example.org\r\nBcc: x"}, "invalid", "email"),
    ({"email": "a@example.org", "locale": ""}, "invalid", "locale"),
    ({"email": "a@example.org", "locale": "e n"}, "invalid", "locale"),
    ({"email": "a@example.org", "locale": 1}, "wrong-type", "locale"),
    ({"email": "a@example.org", "name": "Ada"}, "invalid", "name"),
    ({"email": "a@example.org", "mfa": {}}, "invalid", "mfa"),
]


@pytest.mark.parametrize("body,code,field", BAD_USERS)
def test_a_wrong_body_is_named_and_creates_nobody(world, body, code, field):
    problem_at(world.native("PUT", "users/ada", body), 422, code, field)
    problem_at(world.native("GET", "users/ada"), 404, "no-such-user")


@pytest.mark.parametrize("user", ["a%20b", "a%23", "a%22b", "a%25", "a%3F", "x" * 129])
def test_an_id_that_none_may_have_is_nobodys(world, user):
    problem_at(world.native("PUT", f"users/{user}", {"email": "a@example.org"}), 422, "invalid", "id")
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/mfa")):
        problem_at(world.native(method, f"users/{user}{path}"), 404, "no-such-user")


def test_ids_are_taken_as_they_read_decoded(world):
    user = "a@b:{c}|~'"
    assert world.native("PUT", "users/a@b:%7Bc%7D%7C~'", {"email": "a@example.org"}).json()["id"] == user
    assert world.native("GET", "users/a%40b%3A%7Bc%7D%7C~'").json()["id"] == user


# ---- DELETE ----------------------------------------------------------------------------------------------------------


def test_a_removed_user_is_nobody_in_every_dialect(world, redis):
    world.set_user("1", enabled=["email"])
    link = Link(world)
    response = world.native("DELETE", "users/1")
    assert (response.status, response.body) == (204, b"")

    for path in ("users/1", "users/1/mfa"):
        problem_at(world.native("GET", path), 404, "no-such-user")
    check_refusal("xsolla", world.xsolla("GET", "1"), 404, "003-002")
    check_refusal("rebilly", world.client.get("/users/1/mfa", headers={"REB-APIKEY": world.server_key}), 404)
    check_refusal("navixy", world.navixy_update({"type": "disallowed"}, 1), 400, 201)
    assert link.ask("link").json().get("state", "unknown") == "unknown"
    # What his own key was good for is over as well.
    wait_for(lambda: world.rebilly("GET", "1").status == 401, "his key to be unknown")
    check_refusal("quiva", world.quiva("GET", "1", path="/accounts/user-mfa-info"), 401)
    assert world.native("GET", f"users?email={world.address('1')}").json()["users"] == []
    # Nothing is left of him.
    assert not redis.exists(user_key(world, "1")) and not links_of(redis, world)
    assert not [key for key in state_of(redis, world) if key.endswith(b":1")]
    assert world.xsolla_state("2") and world.rebilly_state("2")


def test_who_comes_back_under_the_same_id_is_somebody_new(world):
    world.set_user("1", enabled=["email"], change_restricted=True)
    link = Link(world)
    assert world.native("DELETE", "users/1").status == 204
    assert world.native("PUT", "users/1", {"email": world.address("1")}).status == 201
    state = world.native_state("1")
    assert (state["enabled"], state["change_restricted"], state["version"]) == ([], False, 0)
    assert link.state in ("superseded", "unknown")
    wait_for(lambda: world.rebilly("GET", "1").status == 401, "his old key to be unknown")
    assert [u["id"] for u in world.native("GET", f"users?email={world.address('1')}").json()["users"]] == ["1"]


def test_nobody_is_removed_twice_and_nobody_else(world):
    assert [world.native("DELETE", "users/1").status for _ in range(2)] == [204, 404]
    problem_at(world.native("DELETE", "users/nobody"), 404, "no-such-user")
    assert world.xsolla_state("2")


def test_a_repeated_removal_is_one(world):
    key = {"Idempotency-Key": "gone"}
    assert world.native("DELETE", "users/1", headers=key).status == 204
    secret = random_secret("secret")
    world.native("PUT", "users/1", {"email": world.address("1")})
    world.mfad.load(world.credential("secret", secret, user="1"))
    assert world.native("DELETE", "users/1", headers=key).status == 204
    assert world.native("GET", "users/1").status == 200
    assert world.client.get("/profile/mfa", headers={"REB-APIKEY": secret}).status == 200
    problem_at(world.native("DELETE", "users/1", {"a": 1}, headers=key), 422, "key-reused")


def test_a_key_does_not_bring_a_removed_user_back_where_tokens_do(make_world):
    issuer = Issuer("https://back.example")
    world = make_world(options={"jwt.provision": True}, jwt=[issuer.entry])
    headers = {"X-Api-Key": world.secrets["1"]}
    assert world.client.get("/accounts/user-mfa-info", headers=headers).status == 200
    world.native("DELETE", "users/1")
    assert world.client.get("/accounts/user-mfa-info", headers=headers).status == 401
    assert world.native("GET", "users/1").status == 404
    token = issuer.token(world.tenant)
    response = world.client.get("/profile/mfa", headers={"Authorization": f"Bearer {token}"})
    assert response.status == 200, response


def test_one_of_two_with_the_same_address_goes_and_the_other_is_found(world):
    for user in ("a", "b", "c"):
        world.native("PUT", f"users/{user}", {"email": "shared@example.org"})
    world.native("DELETE", "users/b")
    found = world.native("GET", "users?email=shared@example.org").json()["users"]
    assert {user["id"] for user in found} == {"a", "c"}


# ---- permissions -----------------------------------------------------------------------------------------------------

PERMISSIONS = {
    "read": [("GET", "users/1", None), ("GET", "users/1/mfa", None), ("GET", "users", None),
             ("GET", "users?email=a@example.org", None)],
    "update": [("PUT", "users/1", {"email": "new@example.org"}), ("PATCH", "users/1/mfa", {"enabled": []}),
               ("POST", "users/1/enrollments", {})],
    "create": [("PUT", "users/new", {"email": "new@example.org"})],
    "delete": [("DELETE", "users/1", None)],
}


@pytest.mark.parametrize("operation", PERMISSIONS)
def test_a_call_takes_its_permission_and_no_other(world, redis, operation):
    others = world.with_permissions(users=[o for o in PERMISSIONS if o != operation], tenant=["read", "update"])
    alone = world.with_permissions(users=[operation])
    before = state_of(redis, world)
    for method, path, body in PERMISSIONS[operation]:
        problem_at(world.native(method, path, body, key=others), 403, "forbidden")
    assert state_of(redis, world) == before
    for method, path, body in PERMISSIONS[operation]:
        assert world.native(method, path, body, key=alone).status in (200, 201, 204)


def test_a_forbidden_put_may_be_repeated_once_it_is_allowed(world):
    key = random_secret("server")
    body, headers = {"email": "new@example.org"}, {"Idempotency-Key": "later"}
    world.mfad.load(world.credential("server", key, permissions={"users": ["update"]}))
    problem_at(world.native("PUT", "users/new", body, key=key, headers=headers), 403, "forbidden")
    world.mfad.load(world.credential("server", key, permissions={"users": ["create"]}))
    wait_for(lambda: world.native("PUT", "users/new", body, key=key, headers=headers).status == 201, "the permission")


# ---- who asks --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [None, "", "Bearer", "Bearer ", "Basic {}", "{}", "Bearer {}x", "NVX {}"])
def test_only_a_server_behind_bearer_is_admitted(world, value):
    headers = {} if value is None else {"Authorization": value.format(world.server_key)}
    response = world.client.get("/v1/users/1", headers=headers)
    problem_at(response, 401, "no-credential" if value is None else "bad-credential")
    assert response.header("WWW-Authenticate") == "Bearer"


def test_a_servers_token_is_admitted_with_its_permissions(make_world):
    server = Issuer("https://server.example", use="server", permissions={"users": ["read"]})
    user = Issuer("https://user.example")
    world = make_world(jwt=[server.entry, user.entry])
    assert world.native("GET", "users/1", key=server.token(world.tenant)).status == 200
    problem_at(world.native("DELETE", "users/1", key=server.token(world.tenant)), 403, "forbidden")
    problem_at(world.native("GET", "users/1", key=user.token(world.tenant)), 401, "bad-credential")


def test_nobody_sees_another_tenants_users(world, make_world):
    other = make_world(users=("1", "9"))
    assert world.native("GET", "users/1").json()["email"] == world.address("1")
    problem_at(world.native("GET", "users/9"), 404, "no-such-user")
    problem_at(world.native("DELETE", "users/9"), 404, "no-such-user")
    assert world.native("GET", f"users?email={other.address('9')}").json()["users"] == []
    assert other.native("GET", "users/9").status == 200


def test_a_tenant_that_does_not_speak_it_is_not_heard(make_world):
    world = make_world(options={"dialects": ["xsolla"]})
    problem_at(world.native("GET", "users/1"), 403, "forbidden")


# ---- finding and listing ---------------------------------------------------------------------------------------------


def test_users_are_found_by_the_exact_address(world):
    for user in ("a", "b"):
        world.native("PUT", f"users/{user}", {"email": "Two+x@Example.org", "locale": "de"})

    def found(email):
        response = world.native("GET", f"users?email={email}")
        assert response.status == 200 and response.json()["cursor"] is None
        return sorted(response.json()["users"], key=lambda user: user["id"])

    both = [{"id": user, "email": "Two+x@example.org", "locale": "de"} for user in ("a", "b")]
    assert found("Two%2Bx%40example.ORG") == both
    for near in ("two%2Bx@example.org", "Two@example.org", "Two%2Bx@example.com"):
        assert found(near) == []
    problem_at(world.native("GET", "users?email=Two+x@example.org"), 422, "invalid", "email")  # a query's + is a blank
    world.native("PUT", "users/b", {"email": "moved@example.org"})
    assert found("Two%2Bx@example.org") == both[:1]


def all_pages(world):
    """All pages of a listing, and how often each user came."""
    pages, cursor = [], ""
    for _ in range(1000):
        response = world.native("GET", f"users?cursor={cursor}" if cursor else "users")
        assert response.status == 200, response
        pages.append(response.json()["users"])
        cursor = response.json()["cursor"]
        if cursor is None:
            return pages
    raise AssertionError("a listing without an end")


def test_a_listing_comes_to_every_user_and_to_no_strangers(make_world):
    users = [str(n) for n in range(1, 401)]
    world, other = make_world(users=()), make_world(users=("1", "401"))
    world.mfad.load(*({"user": {"tenant": world.tenant, "id": user, "email": world.address(user)}} for user in users))
    pages = all_pages(world)
    seen = {user["id"]: user for page in pages for user in page}
    assert seen == {user: {"id": user, "email": world.address(user), "locale": None} for user in users}
    assert len(pages) > 1 and all(len(page) < 300 for page in pages)
    assert {user["id"] for page in all_pages(other) for user in page} == {"1", "401"}


def test_a_listing_is_not_taken_in_by_ids_that_look_like_keys_or_patterns(make_world):
    tenant = "t[*]" + secrets.token_hex(4)
    world, near = make_world(tenant=tenant, users=()), make_world(tenant=tenant.replace("[*]", "**"), users=())
    forged = f"x}}:u:{len(tenant)}:{tenant}:evil"
    near.native("PUT", "users/" + "".join(f"%{ord(c):02X}" for c in forged), {"email": "evil@example.org"})
    world.native("PUT", "users/good", {"email": "good@example.org"})
    assert [user["id"] for page in all_pages(world) for user in page] == ["good"]
    assert [user["id"] for page in all_pages(near) for user in page] == [forged]


def test_a_cursor_is_its_tenants_and_cannot_be_made_up(make_world):
    world, other = make_world(users=()), make_world()
    users = ({"user": {"tenant": world.tenant, "id": str(n)}} for n in range(400))
    world.mfad.load(*users)
    cursor = world.native("GET", "users").json()["cursor"]
    assert cursor and base64.urlsafe_b64decode(cursor + "==")
    assert world.native("GET", f"users?cursor={cursor}").status == 200
    problem_at(other.native("GET", f"users?cursor={cursor}"), 422, "invalid", "cursor")
    for wrong in ("0", "x", cursor[:-2], cursor[:-5] + "AAAAA", "%00", cursor + "A"):
        problem_at(world.native("GET", f"users?cursor={wrong}"), 422, "invalid", "cursor")


@pytest.mark.parametrize("query,code,field", [
    ("email=", "invalid", "email"), ("email=nobody", "invalid", "email"), ("email=a@example.org&cursor=x", "invalid", "query"),
    ("email=a@example.org&email=b@example.org", "invalid", "query"), ("e-mail=a@example.org", "invalid", "e-mail"),
])
def test_a_wrong_query_is_refused(world, query, code, field):
    problem_at(world.native("GET", f"users?{query}"), 422, code, field)
