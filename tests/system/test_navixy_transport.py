"""The Navixy dialect: the many ways to send one request, and its ways to say no."""

import itertools
import json
import urllib.parse

import pytest

from test_navixy import OK, add_users, code, enabled, selected
from world import ALLOWED, DISALLOWED

UPDATE = "/panel/user/mfa/settings/update"
READ = "/panel/user/mfa/settings/default/read"
LAST = "/panel/user/mfa/settings/default/update"

FORM = "application/x-www-form-urlencoded"


def as_text(parameters):
    """As a form or a query has them: objects are JSON text."""
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in parameters.items()}


def send(world, path, parameters, *, transport="json", method="POST", hash_in="header"):
    headers, query = {}, {}
    parameters = dict(parameters)
    if hash_in == "header":
        headers["Authorization"] = f"NVX {world.session}"
    elif hash_in == "query":
        query["hash"] = world.session
    elif hash_in == "parameters":
        parameters["hash"] = world.session
    options = {"headers": headers}
    if transport == "json":
        options["json_body"] = parameters
    elif transport == "form":
        options["form"] = as_text(parameters)
    else:
        query |= as_text(parameters)
    if query:
        path += "?" + urllib.parse.urlencode(query)
    return world.client.request(method, path, **options)


WAYS = list(itertools.product(("json", "form", "query"), ("POST", "GET"), ("", "/"), ("", "/v2"),
                              ("header", "parameters", "query")))


@pytest.mark.parametrize("transport", ["json", "form", "query"])
def test_one_request_may_be_sent_in_many_ways(make_world, transport):
    world = make_world(users=("1",))
    ways = [way for way in WAYS if way[0] == transport]
    for n, (_, method, slash, prefix, hash_in) in enumerate(ways):
        how = {"transport": transport, "method": method, "hash_in": hash_in}
        settings = (ALLOWED, DISALLOWED)[n % 2]
        response = send(world, prefix + UPDATE + slash, {"target": selected(1), "settings": settings}, **how)
        assert (response.status, response.json()) == (200, OK), how
        assert enabled(world, 1) == [settings is ALLOWED], how

        response = send(world, prefix + LAST + slash, {"settings": settings}, **how)
        assert (response.status, response.json()) == (200, OK), how
        response = send(world, prefix + READ + slash, {}, **how)
        assert (response.status, response.json()) == (200, {**OK, "value": settings}), how


def test_the_vendors_panel_is_understood(world):
    """Form fields with JSON text, the hash among them, as its own client sends them."""
    form = {"hash": world.session, "target": '{"type":"all"}',
            "settings": '{"type":"allowed","factor_types":["email"]}'}
    for content_type in (FORM, f"{FORM}; charset=UTF-8"):
        response = world.client.post("/panel/user/mfa/settings/update/", body=urllib.parse.urlencode(form),
                                     headers={"Content-Type": content_type, "X-Requested-With": "XMLHttpRequest"})
        assert response.json() == OK
    assert enabled(world, 1, 2, 3) == [True] * 3


def test_parameters_may_come_from_several_places(world):
    settings = urllib.parse.urlencode({"settings": json.dumps(ALLOWED)})
    response = world.client.post(f"{UPDATE}?{settings}", json_body={"target": selected(2), "hash": world.session})
    assert response.json() == OK
    assert enabled(world, 1, 2) == [False, True]


def test_the_body_goes_before_the_query(world):
    query = urllib.parse.urlencode({"settings": json.dumps(ALLOWED), "target": '{"type":"all"}', "hash": "nothing"})
    for options in ({"json_body": {"target": selected(2), "settings": ALLOWED, "hash": world.session}},
                    {"form": as_text({"target": selected(2), "settings": ALLOWED, "hash": world.session})}):
        assert world.client.post(f"{UPDATE}?{query}", **options).json() == OK
    assert enabled(world, 1, 2, 3) == [False, True, False]


def test_a_thousand_ids_fit_into_a_form(make_world):
    world = make_world(users=())
    add_users(world, *range(10_001, 11_001))
    response = send(world, UPDATE, {"target": selected(*range(10_001, 11_001)), "settings": ALLOWED}, transport="form")
    assert response.json() == OK
    assert enabled(world, 10_001, 11_000) == [True] * 2


def test_an_empty_post_is_a_request_without_parameters(world):
    for headers in ({}, {"Content-Type": "application/json"}, {"Content-Type": FORM}):
        response = world.client.post(READ, headers={"Authorization": f"NVX {world.session}", **headers})
        assert response.json() == OK


# ---- sessions ------------------------------------------------------------------------------------------------------

CALLS = [UPDATE, READ, LAST, "/panel/account/get_permissions", "/panel/account/logout"]


@pytest.mark.parametrize("path", CALLS)
def test_no_hash_or_nothing_that_could_be_one_is_wrong(world, path):
    session = world.session
    body = {"target": {"type": "all"}, "settings": ALLOWED}
    for headers in ({}, {"Authorization": session}, {"Authorization": f"NVX{session}"}, {"Authorization": "NVX "},
                    {"Authorization": f"Bearer {session}"}, {"Authorization": "NVX short"}, {"NVX": session},
                    {"X-Api-Key": session}):
        assert code(world.client.post(path, headers=headers, json_body=body)) == (400, 3), headers
    for parameter in ({"hash": ""}, {"hash": "short"}, {"hash": "a b" * 10}):
        assert code(world.client.post(path, json_body={**body, **parameter})) == (400, 3), parameter
        query = urllib.parse.urlencode(parameter)
        assert code(world.client.get(f"{path}?{query}")) == (400, 3), parameter
    assert enabled(world, 1) == [False]


@pytest.mark.parametrize("path", CALLS)
def test_an_unknown_or_expired_hash_is_no_session(world, path):
    expired = "0123456789abcdef" + world.tenant
    world.mfad.load(world.credential("session", expired, permissions={"users": ["update", "read"]},
                                     expires_at="2026-01-01T00:00:00Z"))
    body = {"target": {"type": "all"}, "settings": ALLOWED}
    for key in ("22eac1c27af4be7b9d04da2ce1af111b", expired, world.server_key, world.secrets["1"]):
        assert code(world.client.post(path, headers={"Authorization": f"NVX {key}"}, json_body=body)) == (400, 4)
        assert code(world.client.post(path, json_body={**body, "hash": key})) == (400, 4)
    assert enabled(world, 1) == [False]


def test_the_header_goes_before_the_parameter(world):
    headers = {"Authorization": "NVX 22eac1c27af4be7b9d04da2ce1af111b"}
    assert code(world.client.post(READ, headers=headers, json_body={"hash": world.session})) == (400, 4)
    headers = {"Authorization": f"nvx {world.session}"}
    assert world.client.post(READ, headers=headers, json_body={"hash": "nothing"}).json() == OK


def test_who_has_no_session_learns_nothing_else(world):
    unknown = {"Authorization": "NVX 22eac1c27af4be7b9d04da2ce1af111b"}
    for headers, status in (({}, (400, 3)), (unknown, (400, 4))):
        assert code(world.client.post(UPDATE, headers=headers, json_body={"target": 1})) == status


@pytest.mark.parametrize("permissions, may_read, may_update", [
    ({}, False, False), ({"users": []}, False, False), ({"users": ["read"]}, True, False),
    ({"users": ["update"]}, False, True), ({"users": ["create", "corrupt", "delete"]}, False, False),
    ({"trackers": ["read", "update"]}, False, False), ({"tenant": ["read", "update"]}, False, False),
    ({"users": ["corrupt", "create", "read", "update"], "base": ["get_dealer_info"]}, True, True),
])
def test_each_call_needs_its_permission(world, permissions, may_read, may_update):
    hash = "fedcba9876543210" + world.tenant
    world.mfad.load(world.credential("session", hash, permissions=permissions))
    headers = {"Authorization": f"NVX {hash}"}
    body = {"target": selected(1), "settings": ALLOWED}
    for path, may in ((UPDATE, may_update), (LAST, may_update), (READ, may_read)):
        response = world.client.post(path, headers=headers, json_body=body)
        assert response.json() == OK if may and path != READ else True
        assert response.status == 200 if may else code(response) == (403, 13), path
    assert enabled(world, 1) == [may_update]
    shown = world.client.post("/panel/account/get_permissions", headers=headers)
    assert shown.json() == {**OK, "permissions": permissions}


def test_without_the_permission_nothing_else_matters(world):
    hash = "fedcba9876543210" + world.tenant
    world.mfad.load(world.credential("session", hash, permissions={"users": ["read"]}))
    headers = {"Authorization": f"NVX {hash}"}
    for body in ({}, {"target": selected(999), "settings": ALLOWED}):
        assert code(world.client.post(UPDATE, headers=headers, json_body=body)) == (403, 13)


# ---- paths ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/panel", "/panel/", "/panel/user/mfa/settings", "/panel/user/mfa/settings/read",
                                  f"{UPDATE}//", f"{UPDATE}/x", "/panel/account/auth/x", "/user/unknown",
                                  "/v2/panel/v2/user", "/v2", "/v2/unknown", "/panel/user/mfa/settings/Update"])
def test_other_paths_have_no_handler(world, path):
    for method in ("GET", "POST", "PUT"):
        response = world.client.request(method, path, headers={"Authorization": f"NVX {world.session}"})
        assert code(response) == (400, 111), (method, path)


@pytest.mark.parametrize("path", [*CALLS, "/panel/account/auth", f"/v2{UPDATE}", f"{UPDATE}/"])
def test_other_methods_are_wrong(world, path):
    for method in ("PUT", "PATCH", "DELETE"):
        response = world.client.request(method, path, headers={"Authorization": f"NVX {world.session}"}, json_body={})
        assert code(response) == (400, 112), method
        assert set(response.header("Allow").split(", ")) == {"GET", "POST"}
