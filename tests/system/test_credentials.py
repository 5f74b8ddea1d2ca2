"""Who may do what: kinds of credentials, the headers that each is good in, permissions, and their end."""

import datetime
import itertools
import secrets
import time

import pytest

import shapes
from harness import wait_for
from shapes import BAD_CREDENTIAL, DIALECTS, FORBIDDEN, NO_CREDENTIAL, Call, check_refusal, read_of, write_of
from stored import state_of
from tokens import Issuer
from world import ALLOWED, World


# ---- kinds and headers -----------------------------------------------------------------------------------------------

# Each place for a credential, by a call that reads: dialect, header, what stands before the credential.
PLACES = {
    "X-SERVER-AUTHORIZATION": ("xsolla", "X-SERVER-AUTHORIZATION", ""),
    "X-SERVER-AUTHORIZATION, Bearer": ("xsolla", "X-SERVER-AUTHORIZATION", "Bearer "),
    "REB-APIKEY": ("rebilly", "REB-APIKEY", ""),
    "Bearer in Rebilly": ("rebilly", "Authorization", "Bearer "),
    "X-Api-Key": ("quiva", "X-Api-Key", ""),
    "Bearer in quiva": ("quiva", "Authorization", "Bearer "),
    "Bearer in the native API": ("native", "Authorization", "Bearer "),
    "NVX": ("navixy", "Authorization", "NVX "),
    "hash": ("navixy", None, ""),
}
USERS_PLACES = {"REB-APIKEY", "Bearer in Rebilly", "X-Api-Key", "Bearer in quiva"}
# CONTRACT: kind → where it is accepted.
ACCEPTED_IN = {
    "server": {"X-SERVER-AUTHORIZATION", "X-SERVER-AUTHORIZATION, Bearer", "REB-APIKEY", "Bearer in the native API"},
    "secret": USERS_PLACES,
    "user token": USERS_PLACES,
    "session": {"NVX", "hash"},
}


def call_at(place, world, credential):
    dialect, header, scheme = PLACES[place]
    call = read_of(dialect, world).but(headers={}, without=("X-SERVER-AUTHORIZATION", "REB-APIKEY", "X-Api-Key",
                                                            "Authorization"))
    if dialect == "rebilly":
        call = call.but(path=f"/organizations/{world.tenant}/users/1/mfa")  # servers, too, may call it
    if header:
        return call.but(headers={header: scheme + credential})
    return call.but(json_body={"hash": credential})


@pytest.fixture(scope="module")
def crowd(mfad):
    """A tenant with a credential of every kind."""
    issuer = Issuer("https://crowd.example")
    world = World(mfad, mfad.client(), jwt=[issuer.entry])
    world.of_kind = {"server": world.server_key, "secret": world.secrets["1"], "session": world.session,
                     "user token": issuer.token(world.tenant)}
    return world


@pytest.mark.parametrize("kind", ACCEPTED_IN)
@pytest.mark.parametrize("place", PLACES)
def test_a_credential_is_good_in_its_own_headers_and_unknown_in_all_others(client, crowd, kind, place):
    response = call_at(place, crowd, crowd.of_kind[kind]).send(client)
    if place in ACCEPTED_IN[kind]:
        assert response.status == 200, response
        return
    dialect = PLACES[place][0]
    if dialect == "navixy" and kind == "user token":
        assert response.json()["status"]["code"] in (3, 4)  # it may be held to be no hash at all
        return
    check_refusal(dialect, response, *BAD_CREDENTIAL[dialect])


@pytest.mark.parametrize("place", PLACES)
def test_the_wrong_kind_is_answered_just_as_an_unknown_credential(client, crowd, place):
    def answer(credential):
        response = call_at(place, crowd, credential).send(client, headers={"X-Request-Id": "same"})
        return response.status, response.body, sorted(set(response.headers) - {"Date"})

    unknown = answer(secrets.token_hex(16))
    for kind in ("server", "secret", "session"):
        if place not in ACCEPTED_IN[kind]:
            assert answer(crowd.of_kind[kind]) == unknown


@pytest.mark.parametrize("dialect", DIALECTS)
def test_without_a_credential_of_its_own_a_call_has_none(client, crowd, dialect):
    bare = write_of(dialect, crowd)
    bare = bare.but(without=tuple(bare.headers))
    foreign = {"X-SERVER-AUTHORIZATION": crowd.server_key, "REB-APIKEY": crowd.secrets["1"],
               "X-Api-Key": crowd.secrets["1"], "Cookie": f"hash={crowd.session}"}
    own = {"xsolla": "X-SERVER-AUTHORIZATION", "rebilly": "REB-APIKEY", "quiva": "X-Api-Key", "navixy": "",
           "native": ""}[dialect]
    foreign.pop(own, None)
    for headers in ({}, foreign):
        check_refusal(dialect, bare.but(headers=headers).send(client), *NO_CREDENTIAL[dialect])


@pytest.mark.parametrize("value", ["NVX{}", "NVX", "Bearer {}", "{}", "NVX  ", "Basic {}", "NVX {}, NVX {}"])
def test_navixy_knows_its_hash_behind_nvx_and_a_space_alone(client, crowd, value):
    call = read_of("navixy", crowd).but(headers={"Authorization": value.format(crowd.session, crowd.session)})
    check_refusal("navixy", call.send(client), *NO_CREDENTIAL["navixy"])


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_credential_is_taken_as_a_whole(client, crowd, dialect):
    call = read_of(dialect, crowd)
    [(header, value)] = call.headers.items()
    for near in (value[:-1], value + "0", value.upper() if value.upper() != value else value.lower() + "x"):
        response = call.but(headers={header: near}).send(client)
        assert (response.status, response.json().get("status", {}).get("code") if dialect == "navixy" else None) in (
            (401, None), (400, 4), (400, 3)), response


@pytest.mark.parametrize("dialect", ["xsolla", "rebilly", "quiva"])
def test_the_same_header_twice_is_no_credential(mfad, crowd, dialect):
    from raw_http import Raw

    call = read_of(dialect, crowd)
    [(header, value)] = call.headers.items()
    raw = Raw(mfad.port, call.wire(f"{header}: {value}"))
    check_refusal(dialect, raw.answer, *BAD_CREDENTIAL[dialect])


# ---- tenants and users -----------------------------------------------------------------------------------------------


def test_nobody_reaches_into_another_tenant(client, redis, crowd, make_world):
    other = make_world()
    before = state_of(redis, other)
    cases = [
        ("xsolla", write_of("xsolla", other).but(headers=write_of("xsolla", crowd).headers), (403, "1901-0001")),
        ("xsolla", read_of("xsolla", other).but(headers=read_of("xsolla", crowd).headers), (403, "1901-0001")),
        ("xsolla", Call("xsolla", "PUT", f"/projects/{other.tenant}/mfa", write_of("xsolla", crowd).headers,
                        {"mfa_types": []}), (403, "1901-0001")),
        ("xsolla", read_of("xsolla", crowd).but(path="/projects/nobodys/users/1/mfa"), (404, "003-019")),
        ("rebilly", write_of("rebilly", other).but(headers=write_of("rebilly", crowd).headers), (404,)),
        ("rebilly", read_of("rebilly", other).but(headers={"REB-APIKEY": crowd.server_key}), (404,)),
        ("rebilly", Call("rebilly", "DELETE", f"/organizations/{other.tenant}/profile/mfa",
                         write_of("rebilly", crowd).headers), (404,)),
        ("rebilly", read_of("rebilly", crowd).but(path="/organizations/nobodys/profile/mfa"), (404,)),
    ]
    for dialect, call, expected in cases:
        check_refusal(dialect, call.send(client), *expected)
    stranger = {"target": {"type": "selected", "ids": [77]}, "settings": ALLOWED}
    crowd.mfad.load({"user": {"tenant": other.tenant, "id": "77"}})
    before = state_of(redis, other)
    check_refusal("navixy", write_of("navixy", crowd).but(json_body=stranger).send(client), 400, 201)
    email = read_of("quiva", crowd).but(path=f"/accounts/user-mfa-info?email={other.address('1')}")
    assert email.send(client).status == 401
    assert state_of(redis, other) == before


def test_a_users_own_credential_is_for_himself_alone(client, world):
    other = Call("rebilly", "GET", "/users/2/mfa", {"REB-APIKEY": world.secrets["1"]})
    check_refusal("rebilly", other.send(client), *FORBIDDEN["rebilly"])
    assert other.but(path="/users/1/mfa").send(client).status == 200
    assert write_of("rebilly", world, "1").send(client).status == 201
    assert world.rebilly("GET", "2").json()["status"] == "inactive"
    assert write_of("quiva", world, "2").send(client).status == 200
    assert world.quiva_state("3")["totp_enabled"] is False


def test_quiva_shows_another_user_to_those_who_may_read_users(mfad, client, world):
    reader = secrets.token_hex(20)
    mfad.load(world.credential("secret", reader, user="1", permissions={"users": ["read"]}))
    path = f"/accounts/user-mfa-info?email={world.address('2')}"
    assert write_of("quiva", world, "2").send(client).status == 200
    own = Call("quiva", "GET", path, {"X-Api-Key": world.secrets["1"]})
    check_refusal("quiva", own.send(client), *FORBIDDEN["quiva"])
    shown = own.but(headers={"X-Api-Key": reader}).send(client)
    assert shown.status == 200 and shown.json()["data"]["totp_enabled"] is True
    # An address of his own needs no permission; one of nobody tells a stranger nothing.
    assert own.but(path=f"/accounts/user-mfa-info?email={world.address('1')}").send(client).status == 200
    check_refusal("quiva", own.but(path="/accounts/user-mfa-info?email=no@body.example").send(client), 401)


def test_a_rebilly_key_of_no_user_has_no_profile_but_may_read_users(mfad, client, world):
    key = secrets.token_hex(20)
    mfad.load(world.credential("secret", key, permissions={"users": ["read"]}))
    for credential in (key, world.server_key):
        headers = {"REB-APIKEY": credential}
        for method in ("GET", "POST", "DELETE"):
            call = Call("rebilly", method, f"/organizations/{world.tenant}/profile/mfa", headers)
            check_refusal("rebilly", call.send(client), *FORBIDDEN["rebilly"])
        assert Call("rebilly", "GET", "/users/2/mfa", headers).send(client).status == 200


# ---- permissions -----------------------------------------------------------------------------------------------------

PROJECT = {"mfa_types": [{"mfa_type": "email", "priority": 1}]}
SERVER_PERMISSIONS = [None, ("users", "read"), ("users", "update"), ("users", "create"), ("users", "delete"),
                      ("tenant", "update")]


def server_calls(world, key):
    header = {"X-SERVER-AUTHORIZATION": key}
    return {
        ("users", "read"): [read_of("xsolla", world).but(headers=header),
                            Call("rebilly", "GET", "/users/1/mfa", {"REB-APIKEY": key})],
        ("users", "update"): [write_of("xsolla", world).but(headers=header)],
        ("tenant", "update"): [Call("xsolla", "PUT", f"/projects/{world.tenant}/mfa", header, PROJECT),
                               Call("xsolla", "GET", f"/projects/{world.tenant}/mfa", header)],
    }


@pytest.mark.parametrize("granted", SERVER_PERMISSIONS)
def test_a_server_credential_may_do_what_its_permissions_name(mfad, client, redis, world, granted):
    key = secrets.token_hex(20)
    mfad.load(world.credential("server", key, permissions={granted[0]: [granted[1]]} if granted else {}))
    before = state_of(redis, world)
    calls = server_calls(world, key)
    for needed, call in [(n, c) for n, some in calls.items() for c in some if n != granted]:
        check_refusal(call.dialect, call.send(client), *FORBIDDEN[call.dialect])
    assert state_of(redis, world) == before
    for call in calls.get(granted, []):
        assert call.send(client).status in (200, 204)


@pytest.mark.parametrize("granted", [None, "read", "update", "create", "corrupt"])
def test_a_session_may_do_what_its_permissions_name(mfad, client, redis, world, granted):
    session = secrets.token_hex(16)
    mfad.load(world.credential("session", session, permissions={"users": [granted]} if granted else {}))
    header = {"Authorization": f"NVX {session}"}
    calls = [("read", read_of("navixy", world).but(headers=header)),
             ("update", write_of("navixy", world).but(headers=header)),
             ("update", write_of("navixy", world).but(
                 headers=header, json_body={"target": {"type": "all"}, "settings": ALLOWED})),
             ("update", Call("navixy", "POST", "/panel/user/mfa/settings/default/update", header,
                             {"settings": ALLOWED}))]
    before = state_of(redis, world)
    for needed, call in calls:
        if needed != granted:
            check_refusal("navixy", call.send(client), *FORBIDDEN["navixy"])
    assert state_of(redis, world) == before
    for needed, call in calls:
        if needed == granted:
            assert call.send(client).status == 200
    shown = Call("navixy", "POST", "/panel/account/get_permissions", header, {}).send(client).json()["permissions"]
    assert shown == ({"users": [granted]} if granted else {})


def test_a_permission_in_another_category_grants_nothing(mfad, client, world):
    session = secrets.token_hex(16)
    mfad.load(world.credential("session", session, permissions={"trackers": ["read", "update"]}))
    call = read_of("navixy", world).but(headers={"Authorization": f"NVX {session}"})
    check_refusal("navixy", call.send(client), *FORBIDDEN["navixy"])


# ---- the dialects of a tenant ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("spoken", DIALECTS)
def test_a_tenants_credentials_work_in_the_dialects_he_lists(client, redis, make_world, spoken):
    world = make_world(options={"dialects": [spoken]})
    before = state_of(redis, world)
    for dialect in DIALECTS:
        for call in (read_of(dialect, world), write_of(dialect, world)):
            if dialect != spoken:
                check_refusal(dialect, call.send(client), *FORBIDDEN[dialect])
    assert state_of(redis, world) == before
    assert read_of(spoken, world).send(client).status == 200
    assert write_of(spoken, world).send(client).status == shapes.SUCCESS[spoken]


def test_a_changed_list_of_dialects_holds_at_once(mfad, client, world):
    assert read_of("quiva", world).send(client).status == 200
    mfad.load({"tenant": {"id": world.tenant, "options": {"dialects": ["xsolla"]}}})
    wait_for(lambda: read_of("quiva", world).send(client).status == 401, "the option to hold", seconds=1)
    assert read_of("xsolla", world).send(client).status == 200


# ---- expiry ----------------------------------------------------------------------------------------------------------


def every_kind(world, **more):
    """A new credential of each opaque kind: dialect, call with it, line that makes it."""
    for kind, dialects in (("server", ["xsolla"]), ("secret", ["rebilly", "quiva"]), ("session", ["navixy"])):
        secret = secrets.token_hex(16)
        permissions = {"users": ["read", "update"]}
        line = world.credential(kind, secret, permissions=permissions, **({"user": "1"} if kind == "secret" else {}),
                                **more)
        for dialect in dialects:
            call = read_of(dialect, world)
            [header] = call.headers
            value = f"NVX {secret}" if dialect == "navixy" else secret
            yield dialect, call.but(headers={header: value}), line


def rfc3339(at):
    return datetime.datetime.fromtimestamp(at, datetime.timezone.utc).isoformat(timespec="milliseconds").replace(
        "+00:00", "Z")


def test_an_expired_credential_is_an_unknown_one(mfad, client, world):
    made = list(every_kind(world, expires_at=rfc3339(time.time() - 1)))
    mfad.load(*(line for _, _, line in made))
    for dialect, call, _ in made:
        check_refusal(dialect, call.send(client), *BAD_CREDENTIAL[dialect])


def test_a_credential_ends_at_its_time_however_well_it_is_remembered(mfad, client, world):
    end = time.time() + 1.5
    made = list(every_kind(world, expires_at=rfc3339(end)))
    mfad.load(*(line for _, _, line in made))
    waiting = {dialect: call for dialect, call, _ in made}
    while waiting:
        for dialect, call in list(waiting.items()):
            begun = time.time()
            response = call.send(client)
            if response.status == 200:
                assert begun < end
            else:
                assert time.time() >= end - 0.001
                check_refusal(dialect, response, *BAD_CREDENTIAL[dialect])
                del waiting[dialect]


# ---- mfad key --------------------------------------------------------------------------------------------------------


def ids_of(mfad, world):
    lines = mfad.call("key", "list", "--tenant", world.tenant).splitlines()[1:]
    return {line.split()[0]: line for line in lines}


def test_key_create_prints_the_secret_alone_and_it_works_at_once(mfad, client, world):
    made = {
        "xsolla": ["--kind", "server"], "quiva": ["--kind", "secret", "--user", "1"],
        "navixy": ["--kind", "session", "--permissions", "users:read,update", "--ttl", "24h"],
    }
    printed = []
    for dialect, arguments in made.items():
        output = mfad.call("key", "create", "--tenant", world.tenant, *arguments)
        secret = output.removesuffix("\n")
        assert secret and not any(c.isspace() for c in secret)
        call = read_of(dialect, world)
        [header] = call.headers
        value = f"NVX {secret}" if dialect == "navixy" else secret
        assert call.but(headers={header: value}).send(client).status == 200
        printed.append(secret)
    assert len(set(printed)) == 3
    listed = mfad.call("key", "list", "--tenant", world.tenant)
    for secret in [*printed, world.server_key, world.session, *world.secrets.values()]:
        assert secret not in listed
    assert len(ids_of(mfad, world)) == 3 + 5


def test_key_create_grants_the_permissions_that_are_named(mfad, client, world):
    key = mfad.call("key", "create", "--tenant", world.tenant, "--kind", "server", "--permissions", "users:read").strip()
    header = {"X-SERVER-AUTHORIZATION": key}
    assert read_of("xsolla", world).but(headers=header).send(client).status == 200
    check_refusal("xsolla", write_of("xsolla", world).but(headers=header).send(client), 403, "1901-0001")


def test_key_create_refuses_what_it_cannot_make(mfad, world):
    def create(*arguments, status):
        before = ids_of(mfad, world)
        mfad.call("key", "create", *arguments, status=status)
        assert ids_of(mfad, world) == before

    create("--tenant", "nobody", "--kind", "server", status=1)
    create("--tenant", world.tenant, "--kind", "server", "--user", "1", status=2)


def test_a_key_that_was_unknown_works_as_soon_as_it_is_made(mfad, client, world):
    secret = secrets.token_hex(20)
    call = read_of("xsolla", world).but(headers={"X-SERVER-AUTHORIZATION": secret})
    for _ in range(20):
        check_refusal("xsolla", call.send(client), 401, "002-016")
    mfad.load(world.credential("server", secret))
    wait_for(lambda: call.send(client).status == 200, "the new key to work", seconds=1)


def test_only_a_whole_id_revokes(mfad, client, world):
    mfad.call("key", "revoke", "0123456789abcdef", status=1)
    for wrong in ("", "*", "0", world.server_key):
        assert mfad.call("key", "revoke", wrong, status=2)
    assert len(ids_of(mfad, world)) == 5
    for dialect, _ in itertools.product(DIALECTS, range(2)):
        assert read_of(dialect, world).send(client).status == 200
