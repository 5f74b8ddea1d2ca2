"""Requests that are wrong in themselves, answered in the shape of the dialect that owns the path."""

import itertools
import json

import pytest

import shapes
from raw_http import Raw, in_chunks
from shapes import DIALECTS, check_refusal, read_of, write_of
from stored import state_of
from world import ALLOWED, World

BODY_LIMIT = 64 * 1024


@pytest.fixture(scope="module")
def bystander(mfad):
    """A tenant that no request of this file changes."""
    return World(mfad, mfad.client())


@pytest.fixture
def untouched(redis, bystander):
    """Fails the test if anything of the tenant has changed in it."""
    before = state_of(redis, bystander)
    yield
    assert state_of(redis, bystander) == before


# ---- paths and methods -----------------------------------------------------------------------------------------------

UNKNOWN_PATHS = [
    ("xsolla", "/projects"), ("xsolla", "/projects/{t}"), ("xsolla", "/projects/{t}/users/1/mfa/x"),
    ("xsolla", "/projects/{t}/users/1/mfa/"), ("xsolla", "/api"), ("xsolla", "/api/accounts/mfa-settings"),
    ("xsolla", "/otp/nothing"), ("xsolla", "/users/me/nothing"), ("xsolla", "/projects/{t}/users/a%2Fb/mfa"),
    ("rebilly", "/profile"), ("rebilly", "/profile/nothing"), ("rebilly", "/users"), ("rebilly", "/users/1/nothing"),
    ("rebilly", "/organizations/{t}"), ("rebilly", "/organizations/{t}/accounts/mfa-settings"),
    ("quiva", "/accounts"), ("quiva", "/accounts/nothing"), ("quiva", "/accounts/mfa-settings/"),
    ("quiva", "/accounts/mfa-settings%00"), ("quiva", "/accounts/%C3%BC"),
    ("navixy", "/panel"), ("navixy", "/panel/user/mfa/settings"), ("navixy", "/v2"), ("navixy", "/v2/nothing"),
    ("navixy", "/v2/v2/panel/account/auth"), ("navixy", "/user/nothing"),
    ("native", "/"), ("native", "/nothing"), ("native", "//accounts/mfa-settings"), ("native", "/Accounts/mfa-settings"),
    ("native", "/accounts%2Fmfa-settings"), ("native", "/v1"), ("native", "/v1/users/"), ("native", "/v1/users/1/nothing"),
    ("native", "/v1/users/a%2Fb"), ("native", "/v2x/panel/account/auth"),
]


@pytest.mark.parametrize("dialect,path", UNKNOWN_PATHS)
def test_an_unknown_path_is_refused_by_the_dialect_that_owns_it(client, bystander, untouched, dialect, path):
    path = path.format(t=bystander.tenant)
    for method in ("GET", "POST", "DELETE"):
        response = client.request(method, path, headers={"X-SERVER-AUTHORIZATION": bystander.server_key})
        check_refusal(dialect, response, *shapes.NO_PATH[dialect])


WRONG_METHODS = [
    ("xsolla", "/projects/{t}/users/1/mfa", {"GET", "POST"}), ("xsolla", "/projects/{t}/mfa", {"GET", "PUT"}),
    ("xsolla", "/api/projects/{t}/users/1/mfa", {"GET", "POST"}),
    ("rebilly", "/profile/mfa", {"GET", "POST", "DELETE"}), ("rebilly", "/users/1/mfa", {"GET"}),
    ("rebilly", "/organizations/{t}/profile/mfa", {"GET", "POST", "DELETE"}),
    ("quiva", "/accounts/mfa-settings", {"PATCH"}), ("quiva", "/accounts/user-mfa-info", {"GET"}),
    ("navixy", "/panel/user/mfa/settings/update", {"GET", "POST"}),
    ("navixy", "/v2/panel/user/mfa/settings/default/read/", {"GET", "POST"}),
    ("native", "/enroll", {"GET"}), ("native", "/enroll/api/link", {"POST"}), ("native", "/v1/users", {"GET"}),
    ("native", "/v1/users/1", {"GET", "PUT", "DELETE"}), ("native", "/v1/users/1/mfa", {"GET", "PATCH"}),
    ("native", "/v1/users/1/enrollments", {"POST"}), ("native", "/v1/enrollments/1", {"GET"}),
    ("native", "/v1/tenant", {"GET", "PATCH"}),
]


@pytest.mark.parametrize("dialect,path,allowed", WRONG_METHODS)
def test_a_wrong_method_is_refused_and_told_which_are_right(mfad, bystander, untouched, dialect, path, allowed):
    path = path.format(t=bystander.tenant)
    wrong = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"} - allowed
    if dialect != "native":  # which may say of TRACE that there is no such thing
        wrong.add("TRACE")
    for method in sorted(wrong):
        raw = Raw(mfad.port, f"{method} {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nCookie: echo-me\r\n\r\n"
                  .encode())
        check_refusal(dialect, raw.answer, *shapes.WRONG_METHOD[dialect])
        assert b"echo-me" not in raw.bytes
        if raw.answer.status == 405:
            told = {name.strip() for name in raw.answer.header("Allow").split(",")}
            assert told - {"HEAD"} == allowed, (method, told)


def test_an_unknown_path_stays_unknown_whatever_the_method(mfad):
    for method in ("TRACE", "BREW", "OPTIONS"):
        raw = Raw(mfad.port, f"{method} /accounts/nothing HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        check_refusal("quiva", raw.answer, 404)


# ---- bodies ----------------------------------------------------------------------------------------------------------

NO_JSON = [b"", b"{", b'{"a":1}x', b'{"a":}', b"{'a':1}", b'{"a":"\xff"}', b'{"a":1,}', b"nul", b"\x00"]
BODY_READERS = ("xsolla", "quiva", "navixy", "native")
PROJECT = {"mfa_types": [{"mfa_type": "email", "priority": 1}]}


def calls_with_bodies(world):
    """Every call that reads a JSON body, each on a user of its own."""
    session, server = {"Authorization": f"NVX {world.session}"}, {"Authorization": f"Bearer {world.server_key}"}
    return [
        *(write_of(dialect, world, user) for user, dialect in zip("1233", BODY_READERS)),
        shapes.Call("native", "PUT", "/v1/users/3", server, {"email": world.address("3")}),
        shapes.Call("native", "POST", "/v1/users/3/enrollments", server, {"notify": True}),
        shapes.Call("native", "PATCH", "/v1/tenant", server, {"name": "Tenant"}),
        shapes.Call("xsolla", "PUT", f"/projects/{world.tenant}/mfa", {"X-SERVER-AUTHORIZATION": world.server_key},
                    PROJECT),
        shapes.Call("navixy", "POST", "/panel/user/mfa/settings/default/update", session, {"settings": ALLOWED}),
    ]


@pytest.mark.parametrize("body", NO_JSON)
def test_what_is_no_json_is_malformed(client, bystander, untouched, body):
    for call in calls_with_bodies(bystander):
        if body == b"" and call.dialect == "navixy":
            continue  # parameters may be in the query as well
        if body == b"" and call.path.endswith("/enrollments"):
            continue  # which needs none
        response = call.send(client, body=body, headers={"Content-Type": "application/json"})
        check_refusal(call.dialect, response, *shapes.MALFORMED[call.dialect])


def nested(levels):
    return b"[" * levels + b"]" * levels


@pytest.mark.parametrize("levels", [32, 1000, 30_000])
def test_json_nested_too_deep_is_malformed(client, bystander, untouched, levels):
    for call in calls_with_bodies(bystander):
        body = json.dumps(call.json_body).encode()[:-1] + b',"more":' + nested(levels) + b"}"
        response = call.send(client, body=body, headers={"Content-Type": "application/json"})
        check_refusal(call.dialect, response, *shapes.MALFORMED[call.dialect])


def test_json_nested_a_little_is_taken(client, make_world):
    for call in calls_with_bodies(make_world()):
        body = json.dumps(call.json_body).encode()[:-1] + b',"more":' + nested(8) + b"}"
        response = call.send(client, body=body, headers={"Content-Type": "application/json"})
        if call.dialect == "native":  # which takes no member that it does not know
            check_refusal("native", response, 422)
            continue
        assert response.status == (200 if call.dialect == "navixy" else shapes.SUCCESS[call.dialect]), response


def test_json_that_is_no_object_is_refused(client, bystander, untouched):
    for call in calls_with_bodies(bystander):
        for body in (b"[]", b'"text"', b"1", b"null", b"true"):
            response = call.send(client, body=body, headers={"Content-Type": "application/json"})
            assert response.status == 400, response
            check_refusal(call.dialect, response, 400, *shapes.MALFORMED[call.dialect][1:])


WRONG_TYPES = {
    "xsolla": [{"mfa_type": 1}, {"mfa_type": None}, {"mfa_type": ["email"]}, {"mfa_type": "email", "enabled": "true"},
               {"mfa_type": "email", "enabled": 1}, {"mfa_type": "email", "enabled": None},
               {"mfa_type": "email", "enabled": True, "change_restricted": "no"}],
    "native": [{"enabled": "email"}, {"enabled": None}, {"allowed": {}}, {"change_restricted": 1},
               {"enabled": ["email"], "change_restricted": None}],
    "quiva": [{"totp_enabled": "yes"}, {"totp_enabled": 1}, {"totp_enabled": None}, {"passkey_enabled": []},
              {"totp_enabled": True, "passkey_enabled": "no"}],
}


@pytest.mark.parametrize("dialect", WRONG_TYPES)
def test_a_member_of_a_wrong_type_is_refused(client, bystander, untouched, dialect):
    for body in WRONG_TYPES[dialect]:
        response = write_of(dialect, bystander).send(client, json_body=body)
        check_refusal(dialect, response, 422 if dialect == "native" else 400, "0")


def test_xsolla_tells_a_missing_member_from_an_unknown_value(client, bystander, untouched):
    call = write_of("xsolla", bystander)
    for body in ({}, {"enabled": True}, {"MFA_TYPE": "email"}):
        check_refusal("xsolla", call.send(client, json_body=body), 400, "002-028")
    for value in ("sms", "EMAIL", "", "totp"):
        check_refusal("xsolla", call.send(client, json_body={"mfa_type": value}), 400, "002-027")


def test_quiva_says_which_members_may_be_set(client, bystander, untouched):
    for body in ({}, {"sms_enabled": True}):
        response = write_of("quiva", bystander).send(client, json_body=body)
        check_refusal("quiva", response, 400)
        assert "totp_enabled" in response.json()["error"] and "passkey_enabled" in response.json()["error"]


SELECTED = {"type": "selected", "ids": [1]}
NAVIXY_PARAMETERS = [
    ("target", {"settings": ALLOWED}), ("settings", {"target": SELECTED}),
    ("target", {"target": [], "settings": ALLOWED}), ("target", {"target": None, "settings": ALLOWED}),
    ("settings", {"target": SELECTED, "settings": "allowed"}), ("target.type", {"target": {}, "settings": ALLOWED}),
    ("target.type", {"target": {"type": 1}, "settings": ALLOWED}),
    ("target.type", {"target": {"type": "some"}, "settings": ALLOWED}),
    ("target.ids", {"target": {"type": "selected"}, "settings": ALLOWED}),
    ("target.ids", {"target": {"type": "selected", "ids": 1}, "settings": ALLOWED}),
    ("target.ids", {"target": {"type": "selected", "ids": ["1"]}, "settings": ALLOWED}),
    ("target.ids", {"target": {"type": "selected", "ids": []}, "settings": ALLOWED}),
    ("settings.type", {"target": SELECTED, "settings": {}}),
    ("settings.type", {"target": SELECTED, "settings": {"type": "maybe"}}),
    ("settings.factor_types", {"target": SELECTED, "settings": {"type": "allowed"}}),
    ("settings.factor_types", {"target": SELECTED, "settings": {"type": "allowed", "factor_types": []}}),
    ("settings.factor_types", {"target": SELECTED, "settings": {"type": "allowed", "factor_types": "email"}}),
    ("settings.factor_types", {"target": SELECTED, "settings": {"type": "allowed", "factor_types": ["sms"]}}),
    ("settings.factor_types", {"target": SELECTED, "settings": {"type": "disallowed", "factor_types": ["email"]}}),
]


@pytest.mark.parametrize("parameter,body", NAVIXY_PARAMETERS)
def test_navixy_names_the_parameter_at_fault(client, bystander, untouched, parameter, body):
    call = write_of("navixy", bystander)
    in_json = call.send(client, json_body=body)
    in_form = call.send(client, body=None, form={name: json.dumps(value) for name, value in body.items()})
    for response in (in_json, in_form):
        check_refusal("navixy", response, 400, 7)
        assert shapes.parameters_named(response) == [parameter]


def test_rebilly_minds_no_body(client, world):
    call = write_of("rebilly", world)
    for body, media in ((b"{", "application/json"), (b"[[[[", "text/plain"), (b"\xff", "application/pdf"), (b"", "x")):
        assert call.send(client, body=body, headers={"Content-Type": media}).status == 201


# ---- media types -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("media", ["text/plain", "application/xml", "multipart/form-data; boundary=x", "json", "/",
                                   "application/jsonp", "text/json"])
def test_another_media_type_is_refused(client, bystander, untouched, media):
    for call in calls_with_bodies(bystander):
        response = call.send(client, headers={"Content-Type": media})
        check_refusal(call.dialect, response, *shapes.WRONG_MEDIA[call.dialect])
    page = client.post("/enroll/api/link", body=b'{"token":"x"}', headers={"Content-Type": media})
    check_refusal("native", page, 415)


@pytest.mark.parametrize("media", ["application/json", "application/json; charset=utf-8", "APPLICATION/JSON"])
def test_json_is_known_by_its_media_type_with_or_without_parameters(client, make_world, media):
    for call in calls_with_bodies(make_world()):
        assert call.send(client, headers={"Content-Type": media}).status in (200, 201, 204)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_encoded_body_is_refused(client, bystander, untouched, dialect):
    calls = [write_of(dialect, bystander)]
    if dialect == "native":
        calls.append(shapes.Call("native", "POST", "/enroll/api/link", {}, {"token": "x"}))
    for call, coding in itertools.product(calls, ("gzip", "br", "identity, gzip", "x")):
        response = call.send(client, headers={"Content-Encoding": coding})
        check_refusal(dialect, response, *shapes.WRONG_MEDIA[dialect])


# ---- sizes -----------------------------------------------------------------------------------------------------------


def too_large(call):
    """Requests of which one part is too large, and the parts."""
    padded = json.dumps(call.json_body or {}).encode().ljust(BODY_LIMIT + 1)
    yield "body", call.wire("Content-Type: application/json", f"Content-Length: {len(padded)}", body=padded)
    yield "announced body", call.wire("Content-Type: application/json", "Content-Length: 99999999999", body=b"{")
    yield "chunked body", call.wire("Content-Type: application/json", "Transfer-Encoding: chunked",
                                    body=in_chunks(padded))
    yield "field", call.wire("X-Long: " + "a" * 8192)
    yield "fields", call.wire(*["X-Many: a"] * 101)
    yield "query", call.wire("Content-Length: 0", target=call.path + "?q=" + "a" * 2048)
    yield "path", call.wire("Content-Length: 0", target=call.path + "a" * 2048)


@pytest.mark.parametrize("dialect", [dialect for dialect in DIALECTS if dialect != "native"])
def test_what_is_too_large_is_refused(mfad, bystander, untouched, dialect):
    for part, request in too_large(write_of(dialect, bystander)):
        raw = Raw(mfad.port, request)
        try:
            check_refusal(dialect, raw.answer, *shapes.TOO_LARGE[dialect])
        except AssertionError as failure:
            raise AssertionError(f"{part} too large: {failure}") from failure
        assert raw.answers == 1 and raw.closed


def test_the_native_shape_has_the_statuses_of_http(mfad):
    call = shapes.Call("native", "POST", "/nothing", {}, {})
    statuses = {part: (Raw(mfad.port, request).answer.status) for part, request in too_large(call)}
    assert statuses == {"body": 413, "announced body": 413, "chunked body": 413, "field": 431, "fields": 431,
                        "query": 414, "path": 414}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_body_of_the_largest_size_is_taken(mfad, world, dialect):
    call = write_of(dialect, world)
    body = json.dumps(call.json_body or {}).encode().ljust(BODY_LIMIT)
    for framing, sent in ((f"Content-Length: {len(body)}", body), ("Transfer-Encoding: chunked", in_chunks(body))):
        answer = Raw(mfad.port, call.wire("Content-Type: application/json", framing, body=sent)).answer
        # What was set is the same the second time, which one dialect reports.
        assert answer.status == shapes.SUCCESS[dialect] or (dialect == "xsolla" and answer.status == 422), answer


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_query_of_some_length_is_taken(client, bystander, dialect):
    call = read_of(dialect, bystander)
    assert call.but(path=call.path + "?q=" + "a" * 1500).send(client).status == 200
