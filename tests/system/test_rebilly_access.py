"""The Rebilly dialect: who may, other users, and its ways to say no."""

import pytest

from test_rebilly import activate, inactive, self_url
from stored import remove
from tokens import ISSUERS, Issuer, server_token, user_token

CALLS = [("GET", "/profile/mfa"), ("POST", "/profile/mfa"), ("DELETE", "/profile/mfa"), ("GET", "/users/1/mfa")]


def call(world, method, path, headers, *, organization=None):
    prefix = f"/organizations/{organization}" if organization else ""
    return world.client.request(method, prefix + path, headers=headers)


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


# ---- credentials ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("with_organization", [False, True])
def test_a_users_key_or_token_is_taken_in_either_place(make_world, with_organization):
    world = make_world(jwt=ISSUERS)
    organization = world.tenant if with_organization else None
    token = user_token(world, "1")
    for headers in ({"REB-APIKEY": world.secrets["1"]}, bearer(world.secrets["1"]), bearer(token),
                    {"REB-APIKEY": token}, {"Authorization": f"bearer {token}"}):
        response = call(world, "GET", "/profile/mfa", headers, organization=organization)
        assert response.status == 200, (headers, response)
        assert response.json() == inactive(world)
    assert call(world, "POST", "/profile/mfa", bearer(token), organization=organization).status == 201


@pytest.mark.parametrize("method, path", CALLS)
def test_what_is_no_credential_here_is_unauthorized(make_world, method, path):
    world = make_world(jwt=ISSUERS)
    expired = user_token(world, "1", iat=1_700_000_000, exp=1_700_000_600)
    forged = Issuer("https://users.example", key="another").token(world.tenant, "1")
    for headers in ({}, {"REB-APIKEY": "nobody-has-this-key"}, {"Authorization": world.secrets["1"]},
                    {"Authorization": f"Basic {world.secrets['1']}"}, {"X-Api-Key": world.secrets["1"]},
                    {"REB-APIKEY": world.session}, bearer(world.session), bearer(world.server_key),
                    bearer(server_token(world)), bearer(expired), bearer(forged)):
        response = call(world, method, path, headers, organization=world.tenant)
        assert response.status == 401, (headers, response)
        assert response.header("WWW-Authenticate")


@pytest.mark.parametrize("method, path", CALLS)
def test_another_organization_is_not_found(make_world, method, path):
    world, other = make_world(), make_world()
    for organization in (other.tenant, "no-such-organization"):
        assert call(world, method, path, {"REB-APIKEY": world.secrets["1"]}, organization=organization).status == 404


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_user_who_is_gone_is_not_found(make_world, redis_server, method):
    world = make_world(jwt=ISSUERS)
    remove(redis_server.connection(), world, "1")
    tokens = user_token(world, "1"), user_token(world, "99")
    for headers in ({"REB-APIKEY": world.secrets["1"]}, *map(bearer, tokens)):
        assert call(world, method, "/profile/mfa", headers).status == 404


@pytest.mark.parametrize("method, status", [("GET", 200), ("POST", 201), ("DELETE", 404)])
def test_a_tenant_may_have_users_created_from_their_tokens(make_world, method, status):
    world = make_world(jwt=ISSUERS, options={"jwt.provision": True})
    token = user_token(world, "99", email=world.address("99"))
    assert call(world, method, "/profile/mfa", bearer(token)).status == status
    assert world.xsolla("GET", "99").status == 200


def test_a_user_comes_into_being_under_an_idempotency_key_once(make_world):
    world = make_world(jwt=ISSUERS, options={"jwt.provision": True})
    headers = {**bearer(user_token(world, "99", email=world.address("99"))), "Idempotency-Key": "first"}
    answers = [call(world, "POST", "/profile/mfa", headers) for _ in range(2)]
    assert [answer.status for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_key_of_no_user_has_no_profile(world, method):
    bound_to_nobody = f"key-{world.tenant}-of-nobody"
    world.mfad.load(world.credential("secret", bound_to_nobody))
    for key in (world.server_key, bound_to_nobody):
        response = call(world, method, "/profile/mfa", {"REB-APIKEY": key})
        assert response.status == 403
        assert (response.header("X-RateLimit-Limit") is None) == (method == "GET")


# ---- GET /users/{id}/mfa -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("with_organization", [False, True])
def test_a_key_with_the_permission_reads_any_user(world, with_organization):
    activate(world, "2", "2026-03-04T05:06:07Z")
    organization = world.tenant if with_organization else None
    response = call(world, "GET", "/users/2/mfa", {"REB-APIKEY": world.server_key}, organization=organization)
    assert response.status == 200
    assert response.json() == {"status": "active", "type": "guardian", "lastAuthTime": "2026-03-04T05:06:07Z",
                               "_links": [{"href": self_url(world, "/users/2/mfa"), "rel": "self"}]}


def test_a_key_bound_to_no_user_reads_by_its_permission(world):
    for kind in ("server", "secret"):
        for permissions, status in (({"users": ["read"]}, 200), ({"users": ["update", "delete"]}, 403), ({}, 403)):
            key = f"{kind}-{status}-{len(permissions)}-{world.tenant}"
            world.mfad.load(world.credential(kind, key, permissions=permissions))
            assert call(world, "GET", "/users/2/mfa", {"REB-APIKEY": key}).status == status, (kind, permissions)


def test_a_user_reads_himself_and_nobody_else(make_world):
    world = make_world(jwt=ISSUERS)
    for headers in ({"REB-APIKEY": world.secrets["1"]}, bearer(user_token(world, "1"))):
        assert call(world, "GET", "/users/1/mfa", headers).status == 200
        assert call(world, "GET", "/users/2/mfa", headers).status == 403
        assert call(world, "GET", "/users/nobody/mfa", headers).status == 403


@pytest.mark.parametrize("user", ["nobody", "x" * 51, "a+b", "a%20b", "a%2Fb", "%C3%A9", "a:b"])
def test_an_unknown_or_impossible_id_is_not_found(world, user):
    world.mfad.load(*({"user": {"tenant": world.tenant, "id": id}} for id in ("x" * 51, "a+b", "a:b")))
    assert call(world, "GET", f"/users/{user}/mfa", {"REB-APIKEY": world.server_key}).status == 404


@pytest.mark.parametrize("user", ["x" * 50, "a@b.example", "~a-b_c.d", "%61bc", "0"])
def test_the_vendors_ids_are_found(world, user):
    world.mfad.load({"user": {"tenant": world.tenant, "id": user.replace("%61", "a")}})
    assert call(world, "GET", f"/users/{user}/mfa", {"REB-APIKEY": world.server_key}).status == 200


def test_a_user_named_me_is_read_within_his_organization_alone(make_world):
    world = make_world(users=("me",))
    key = {"REB-APIKEY": world.server_key}
    assert call(world, "GET", "/users/me/mfa", key, organization=world.tenant).status == 200
    for method in ("GET", "DELETE"):  # without it, the path is the Xsolla dialect's
        response = world.mfad.client().request(method, "/users/me/mfa", headers=key)
        assert (response.status, response.json()["error"]["code"]) == (405, "0")


# ---- paths ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["", "/organizations/{t}"])
@pytest.mark.parametrize("path", ["/profile", "/profile/mfa/", "/profile/mfa/x", "/users", "/users/1", "/users/1/mfa/",
                                  "/users//mfa"])
def test_other_paths_are_not_found(world, prefix, path):
    response = world.rebilly("GET", "1", path=prefix.format(t=world.tenant) + path)
    assert response.status == 404
    assert response.header("Content-Type").startswith("application/json")
    assert response.json()["status"] == 404


@pytest.mark.parametrize("prefix", ["", "/organizations/{t}"])
def test_other_methods_are_told_which_there_are(world, prefix):
    for path, methods in (("/profile/mfa", {"GET", "POST", "DELETE"}), ("/users/1/mfa", {"GET"})):
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - methods:
            response = world.rebilly(method, "1", path=prefix.format(t=world.tenant) + path)
            assert response.status == 405
            assert set(response.header("Allow").split(", ")) == methods
            assert response.json()["status"] == 405
