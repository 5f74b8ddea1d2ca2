"""The Xsolla dialect: what a project offers, its paths, and its ways to say no."""

import concurrent.futures

import pytest

from test_xsolla import EMAIL, error, shown

ON = [{"mfa_type": "email", "priority": 1}]
URL = "https://game.example/second?step=2"


def project(world):
    response = world.xsolla("GET")
    assert response.status == 200, response
    return response.json()


def put(world, body):
    return world.xsolla("PUT", body=body)


def test_a_project_offers_what_its_tenant_allows(make_world):
    assert project(make_world()) == {"mfa_types": ON}
    assert project(make_world(allowed=["totp"])) == {"mfa_types": []}


@pytest.mark.parametrize("body", [
    {"mfa_types": ON}, {"mfa_types": []}, {"mfa_types": [{"mfa_type": "email", "priority": 2}]},
    {"mfa_types": ON, "mfa_url": URL}, {"mfa_types": [], "mfa_url": "http://localhost:3000"},
])
def test_a_project_shows_what_was_put(world, body):
    for _ in range(2):  # a repeat is no fault here
        response = put(world, body)
        assert (response.status, response.body) == (204, b"")
        assert project(world) == body


def test_a_put_replaces_all(world):
    assert put(world, {"mfa_types": [{"mfa_type": "email", "priority": 2}], "mfa_url": URL}).status == 204
    assert put(world, {"mfa_types": ON}).status == 204
    assert project(world) == {"mfa_types": ON}


def test_what_was_put_is_seen_by_every_later_call(make_world):
    """The server's threads cache tenants, and hear of changes a little later."""
    def put_and_get(world):
        for n in range(100):
            body = {"mfa_types": [{"mfa_type": "email", "priority": 1 + n % 2}], "mfa_url": f"https://game.example/{n}"}
            assert put(world, body).status == 204
            assert project(world) == body

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(put_and_get, [make_world() for _ in range(4)]))


def test_email_is_asked_of_nobody_while_the_project_does_not_offer_it(world):
    world.set_user("1", enabled=["email", "totp"])
    assert put(world, {"mfa_types": []}).status == 204
    assert world.xsolla_state("1") == shown()
    assert error(world.xsolla("POST", "2", {**EMAIL, "enabled": True})) == (422, "003-020")
    assert world.quiva_state("1")["totp_enabled"], "other factors stay"

    assert put(world, {"mfa_types": ON}).status == 204
    assert world.xsolla_state("1") == shown(enabled=True)
    assert world.xsolla("POST", "2", {**EMAIL, "enabled": True}).status == 204


@pytest.mark.parametrize("body, code", [
    ({}, "002-028"), ({"mfa_url": URL}, "002-028"), ({"mfa_types": [{"priority": 1}]}, "002-028"),
    ({"mfa_types": [{"mfa_type": "email"}]}, "002-028"), ({"mfa_types": [{}]}, "002-028"),
    ([], "0"), ({"mfa_types": None}, "0"), ({"mfa_types": "email"}, "0"), ({"mfa_types": {}}, "0"),
    ({"mfa_types": ["email"]}, "0"), ({"mfa_types": [{"mfa_type": 1, "priority": 1}]}, "0"),
    ({"mfa_types": [{"mfa_type": "email", "priority": "1"}]}, "0"),
    ({"mfa_types": [{"mfa_type": "email", "priority": 1.5}]}, "0"), ({"mfa_types": [], "mfa_url": 1}, "0"),
    ({"mfa_types": [{"mfa_type": "sms", "priority": 1}]}, "002-027"),
    ({"mfa_types": ON + [{"mfa_type": "sms", "priority": 2}]}, "002-027"), ({"mfa_types": ON + ON}, "002-027"),
    ({"mfa_types": [{"mfa_type": "email", "priority": 0}]}, "002-027"),
    ({"mfa_types": [{"mfa_type": "email", "priority": 3}]}, "002-027"),
    ({"mfa_types": [], "mfa_url": "second step"}, "002-027"), ({"mfa_types": [], "mfa_url": "/relative"}, "002-027"),
    ({"mfa_types": [], "mfa_url": "javascript:alert(1)"}, "002-027"),
])
def test_a_put_that_is_wrong_changes_nothing(world, body, code):
    before = {"mfa_types": [{"mfa_type": "email", "priority": 2}], "mfa_url": URL}
    assert put(world, before).status == 204
    assert error(put(world, body)) == (400, code)
    assert project(world) == before


def test_a_project_is_one_that_exists_and_is_the_keys_own(make_world):
    world, other = make_world(), make_world()
    for method, body in (("GET", None), ("PUT", {"mfa_types": []})):
        assert error(world.xsolla(method, path="/projects/none/mfa", body=body)) == (404, "003-019")
        assert error(world.xsolla(method, path=f"/projects/{other.tenant}/mfa", body=body)) == (403, "1901-0001")
        response = world.client.request(method, f"/projects/{world.tenant}/mfa", json_body=body)
        assert error(response) == (401, "003-040")
    assert project(other) == {"mfa_types": ON}


# ---- paths ---------------------------------------------------------------------------------------------------------


def test_every_path_is_also_under_api(world):
    user, settings = f"/projects/{world.tenant}/users/1/mfa", f"/projects/{world.tenant}/mfa"
    assert world.xsolla("POST", path=f"/api{user}", body={**EMAIL, "enabled": True}).status == 204
    assert world.xsolla("GET", path=f"/api{user}").json() == world.xsolla_state("1") == shown(enabled=True)
    assert world.xsolla("PUT", path=f"/api{settings}", body={"mfa_types": [], "mfa_url": URL}).status == 204
    assert world.xsolla("GET", path=f"/api{settings}").json() == project(world) == {"mfa_types": [], "mfa_url": URL}


@pytest.mark.parametrize("prefix", ["", "/api"])
@pytest.mark.parametrize("path", ["/projects", "/projects/{t}", "/projects/{t}/users/1", "/projects/{t}/users/1/mfa/",
                                  "/projects/{t}/users//mfa", "/projects//mfa", "/projects/{t}/mfa/extra",
                                  "/api/projects/{t}/mfa", "/Projects/{t}/mfa"])
def test_other_paths_are_no_object(world, prefix, path):
    if not prefix and path.startswith(("/api", "/Projects")):
        return  # another path of this dialect, or none of it
    for method in ("GET", "POST", "PUT"):
        response = world.xsolla(method, path=prefix + path.format(t=world.tenant), body={})
        assert error(response) == (404, "003-061"), (method, path)


@pytest.mark.parametrize("prefix", ["", "/api"])
def test_other_methods_are_told_which_there_are(world, prefix):
    for path, methods in ((f"/projects/{world.tenant}/users/1/mfa", {"GET", "POST"}),
                          (f"/projects/{world.tenant}/mfa", {"GET", "PUT"})):
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - methods:
            response = world.xsolla(method, path=prefix + path, body={})
            assert error(response) == (405, "0")
            assert set(response.header("Allow").split(", ")) == methods
