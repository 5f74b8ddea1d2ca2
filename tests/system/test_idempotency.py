"""Idempotency-Key: a repeat gets the first answer and has no second effect, in every dialect and for every write."""

import concurrent.futures
import datetime
import json
import re
import secrets

import pytest

from conftest import start_mfad
from shapes import DIALECTS, KEY_REUSED, SUCCESS, Call, check_refusal, write_of
from stored import links_of, state_of, user_key, version_of
from world import ALLOWED, DISALLOWED


def keyed(call, key="the-key"):
    return call.but(headers={"Idempotency-Key": key})


def now(minus=0):
    at = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=minus)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def shown(response):
    """What a client sees of an answer, but for what tells requests apart."""
    body = re.sub(rb'"instance":"[^"]*"', b"", response.body)
    return response.status, body, response.header("Location"), response.header("Content-Type")


# ---- repeats ---------------------------------------------------------------------------------------------------------


def session_call(world, path, body):
    return Call("navixy", "POST", f"/panel/user/mfa/settings/{path}", {"Authorization": f"NVX {world.session}"}, body)


def project_call(world, types):
    return Call("xsolla", "PUT", f"/projects/{world.tenant}/mfa", {"X-SERVER-AUTHORIZATION": world.server_key},
                {"mfa_types": types})


def all_of(settings):
    return {"target": {"type": "all"}, "settings": settings}


def native_call(world, method, path, body):
    return Call("native", method, f"/v1/{path}", {"Authorization": f"Bearer {world.server_key}"}, body)


# Every write, and another that takes back what it did.
WRITES = {
    "xsolla user": lambda w: (write_of("xsolla", w), write_of("xsolla", w, on=False)),
    "xsolla project": lambda w: (project_call(w, []), project_call(w, [{"mfa_type": "email", "priority": 2}])),
    "rebilly POST": lambda w: (write_of("rebilly", w), write_of("rebilly", w)),
    "quiva": lambda w: (write_of("quiva", w), write_of("quiva", w, on=False)),
    "native user": lambda w: tuple(native_call(w, "PUT", "users/1", {"email": f"{name}@native.example"}) for name in "ab"),
    "native mfa": lambda w: (write_of("native", w), write_of("native", w, on=False)),
    "native enrollment": lambda w: tuple(native_call(w, "POST", "users/1/enrollments", {"notify": n}) for n in (True, False)),
    "native tenant": lambda w: tuple(native_call(w, "PATCH", "tenant", {"name": name}) for name in "ab"),
    "navixy selected": lambda w: (write_of("navixy", w), write_of("navixy", w, on=False)),
    "navixy all": lambda w: (session_call(w, "update", all_of(ALLOWED)), session_call(w, "update", all_of(DISALLOWED))),
    "navixy default": lambda w: (session_call(w, "default/update", {"settings": ALLOWED}),
                                 session_call(w, "default/update", {"settings": DISALLOWED})),
}


@pytest.mark.parametrize("write", WRITES)
def test_a_repeat_gets_the_same_answer_and_no_second_effect(client, world, redis, write):
    call, undo = WRITES[write](world)
    first = keyed(call).send(client)
    assert first.status in (200, 201, 204), first
    assert undo.send(client).status == first.status
    before = state_of(redis, world)
    for _ in range(2):
        assert shown(keyed(call).send(client)) == shown(first)
    assert state_of(redis, world) == before
    # The same request without the key, or with another, is a new one.
    assert keyed(call, "another").send(client).status == first.status
    assert state_of(redis, world) != before


def test_a_repeat_of_the_same_setting_is_refused_only_without_a_key(client, world):
    call = keyed(write_of("xsolla", world))
    assert [call.send(client).status for _ in range(3)] == [204, 204, 204]
    check_refusal("xsolla", write_of("xsolla", world).send(client), 422, "002-050")


def test_a_repeated_rebilly_post_shows_the_same_link_and_makes_none(client, world, redis):
    def link(response):
        [href] = [entry["href"] for entry in response.json()["_links"] if entry["rel"] == "enrollment"]
        return href

    def state(href):
        return client.post("/enroll/api/link", json_body={"token": href.partition("#")[2]}).json()["state"]

    call = keyed(write_of("rebilly", world))
    first = link(call.send(client))
    assert link(call.send(client)) == first and len(links_of(redis, world)) == 1
    assert state(first) == "open"
    second = link(write_of("rebilly", world).send(client))
    assert link(call.send(client)) == first != second
    assert (state(first), state(second)) == ("superseded", "open")


def test_a_repeated_rebilly_delete_removes_nothing_again(client, world, redis):
    world.set_user("1", enabled=["email"], last_auth_time=now())
    call = keyed(write_of("rebilly", world).but(method="DELETE"))
    assert call.send(client).status == 204
    world.set_user("1", enabled=["email"], last_auth_time=now())
    before = state_of(redis, world)
    assert call.send(client).status == 204
    assert state_of(redis, world) == before


def test_a_repeat_is_known_on_another_instance(client, world, redis_server, key_file, tmp_path):
    calls = [keyed(write_of(dialect, world, user)) for user, dialect in zip("12312", DIALECTS)]
    first = [shown(call.send(client)) for call in calls]
    other = start_mfad(tmp_path, redis_server, key_file, limits_enabled="false",
                       http_public_url=f"http://localhost:{client.port}")
    try:
        assert [shown(call.send(other.client())) for call in calls] == first
    finally:
        other.stop()


# ---- another request under the same key ------------------------------------------------------------------------------


@pytest.mark.parametrize("write", [name for name in WRITES if name != "rebilly POST"])
def test_another_body_under_the_same_key_is_refused_and_not_applied(client, world, redis, write):
    call, other = WRITES[write](world)
    first = keyed(call).send(client)
    before = state_of(redis, world)
    check_refusal(call.dialect, keyed(other).send(client), *KEY_REUSED[call.dialect])
    assert state_of(redis, world) == before
    assert shown(keyed(call).send(client)) == shown(first)


def test_rebilly_compares_bodies_that_it_does_not_read(client, world, redis):
    call = keyed(write_of("rebilly", world))
    assert call.send(client, body=b"a").status == 201
    before = state_of(redis, world)
    check_refusal("rebilly", call.send(client, body=b"b"), 422)
    assert state_of(redis, world) == before
    assert call.send(client, body=b"a").status == 201


def test_navixys_parameters_are_compared_wherever_they_come(client, world, redis):
    def sent(settings, **how):
        parameters = {"target": json.dumps({"type": "all"}), "settings": json.dumps(settings)}
        call = keyed(session_call(world, "update", None), how.get("key", "k"))
        if how.get("form"):
            return call.send(client, form=parameters)
        query = "&".join(f"{name}={value.replace(' ', '%20')}" for name, value in parameters.items())
        return call.but(path=f"{call.path}?{query.replace(chr(34), '%22')}").send(client)

    for form in (False, True):
        key = f"form-{form}"
        assert sent(ALLOWED, form=form, key=key).status == 200
        before = state_of(redis, world)
        check_refusal("navixy", sent(DISALLOWED, form=form, key=key), 400, 7)
        assert state_of(redis, world) == before


# ---- what is kept, and what is not -----------------------------------------------------------------------------------

REFUSED_BODIES = [
    ("native", b"{", (400,)), ("native", b'{"enabled":1}', (422,)), ("native", b'{"enabled":["sms"]}', (422,)),
    ("xsolla", b"{", (400, "0")), ("xsolla", b'{"mfa_type":1}', (400, "0")), ("xsolla", b"{}", (400, "002-028")),
    ("xsolla", b'{"mfa_type":"sms"}', (400, "002-027")), ("quiva", b"{", (400,)), ("quiva", b"{}", (400,)),
    ("quiva", b'{"totp_enabled":1}', (400,)), ("navixy", b"{", (400, 5)), ("navixy", b"{}", (400, 7)),
    ("navixy", b'{"target":{"type":"selected","ids":[404]},"settings":{"type":"disallowed"}}', (400, 201)),
]


@pytest.mark.parametrize("dialect,body,expected", REFUSED_BODIES)
def test_a_refused_body_keeps_its_key(client, world, redis, dialect, body, expected):
    call = keyed(write_of(dialect, world))
    before = state_of(redis, world)
    json_type = {"Content-Type": "application/json"}
    first = call.send(client, body=body, headers=json_type)
    check_refusal(dialect, first, *expected)
    check_refusal(dialect, call.send(client), *KEY_REUSED[dialect])
    assert shown(call.send(client, body=body, headers=json_type)) == shown(first)
    assert state_of(redis, world) == before


def test_a_user_who_was_not_there_stays_away_for_the_key(mfad, client, world):
    def add(*users):
        mfad.load(*({"user": {"tenant": world.tenant, "id": user}} for user in users))

    call = keyed(write_of("xsolla", world, "50"))
    wrong = keyed(write_of("xsolla", world, "51").but(json_body={}))
    selected = keyed(session_call(world, "update", {"target": {"type": "selected", "ids": [52]}, "settings": ALLOWED}))
    for request in (call, wrong):
        check_refusal("xsolla", request.send(client), 404, "003-002")
    check_refusal("navixy", selected.send(client), 400, 201)
    add("50", "51", "52")
    check_refusal("xsolla", call.send(client), 404, "003-002")
    check_refusal("navixy", selected.send(client), 400, 201)
    for request in (call, wrong):
        check_refusal("xsolla", request.but(json_body={"mfa_type": "email"}).send(client), *KEY_REUSED["xsolla"])
    assert write_of("xsolla", world, "50").send(client).status == 204


def test_a_refusal_for_the_state_is_kept_though_the_state_changes(mfad, client, make_world, redis):
    world = make_world(allowed=["totp"])
    world.set_user("1", change_restricted=True)
    world.set_user("2", enabled=["totp"])
    calls = [
        ((422, "003-020"), write_of("xsolla", world, "3")), ((400,), write_of("quiva", world, "1")),
        ((400, 7), write_of("navixy", world, "3")), ((400, 7), session_call(world, "update", all_of(ALLOWED))),
        ((400, 7), session_call(world, "default/update", {"settings": ALLOWED})),
        ((404,), write_of("rebilly", world, "3").but(method="DELETE")),
    ]
    calls = [(expected, keyed(call, f"key-{i}")) for i, (expected, call) in enumerate(calls)]
    for expected, call in calls:
        check_refusal(call.dialect, call.send(client), *expected)
    mfad.load({"tenant": {"id": world.tenant, "allowed": ["email", "totp"]}})
    world.set_user("1", change_restricted=False)
    world.set_user("3", enabled=["totp"], last_auth_time=now())
    before = state_of(redis, world)
    for expected, call in calls:
        check_refusal(call.dialect, call.send(client), *expected)
    assert state_of(redis, world) == before
    unchanged = keyed(write_of("xsolla", world, "2", on=False), "unchanged")
    check_refusal("xsolla", unchanged.send(client), 422, "002-050")
    assert write_of("xsolla", world, "2").send(client).status == 204
    check_refusal("xsolla", unchanged.send(client), 422, "002-050")


def test_a_forbidden_request_may_be_tried_again_under_its_key(mfad, client, world):
    server, session, late = (secrets.token_hex(16) for _ in range(3))
    mfad.load(world.credential("server", server, permissions={}), world.credential("session", session, permissions={}))
    world.set_user("1", enabled=["totp"], change_restricted=True)
    world.set_user("2", enabled=["email"], last_auth_time=now(minus=700))
    calls = [
        (403, write_of("xsolla", world, "3").but(headers={"X-SERVER-AUTHORIZATION": server})),
        (403, write_of("navixy", world, "3").but(headers={"Authorization": f"NVX {session}"})),
        (403, write_of("rebilly", world, "1")), (403, write_of("rebilly", world, "2").but(method="DELETE")),
        (401, write_of("xsolla", world, "3").but(headers={"X-SERVER-AUTHORIZATION": late}, json_body={
            "mfa_type": "email", "change_restricted": True})),
    ]
    for status, call in calls:
        assert keyed(call).send(client).status == status, call
        assert keyed(call).send(client, body=b"another body").status == status
    everything = {"users": ["read", "update"]}
    mfad.load(world.credential("server", server, permissions=everything), world.credential("server", late),
              world.credential("session", session, permissions=everything))
    world.set_user("1", change_restricted=False)
    world.set_user("2", enabled=["email"], last_auth_time=now())
    for _, call in calls:
        assert keyed(call).send(client).status in (200, 201, 204), call


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_request_that_we_failed_may_be_tried_again_under_its_key(client, world, redis, dialect):
    key = user_key(world, "1")
    whole = redis.hget(key, "s")
    redis.hset(key, "s", 0)
    call = keyed(write_of(dialect, world))
    assert [call.send(client).status for _ in range(2)] == [500, 500]
    redis.hset(key, "s", whole)
    assert call.send(client).status == SUCCESS[dialect]
    assert version_of(redis, world, "1") == (0 if dialect == "rebilly" else 1)


# ---- scope -----------------------------------------------------------------------------------------------------------


def test_a_key_is_one_credentials_in_one_tenant_for_one_method_and_path(mfad, client, world, make_world, redis):
    second = secrets.token_hex(20)
    mfad.load(world.credential("secret", second, user="1"))
    other = make_world()
    post = write_of("rebilly", world)
    variants = [post, post.but(path="/profile/mfa"), post.but(headers={"REB-APIKEY": second}),
                write_of("rebilly", world, "2"), write_of("rebilly", other)]
    bodies = [keyed(call).send(client).body for call in variants]
    assert len(set(bodies)) == len(variants)
    assert [keyed(call).send(client).body for call in variants] == bodies
    assert len(links_of(redis, world)) == 4 and len(links_of(redis, other)) == 1
    check_refusal("rebilly", keyed(post.but(method="DELETE")).send(client), 404)  # nothing is enabled
    plain, prefixed = write_of("navixy", world), write_of("navixy", world, on=False)
    assert keyed(plain).send(client).status == 200
    assert keyed(prefixed.but(path="/v2" + prefixed.path)).send(client).status == 200
    assert world.xsolla_state("1")["enabled"] is False


def test_a_read_minds_no_key(client, world):
    for value in ("k", "not visible", "x" * 500):
        headers = {"REB-APIKEY": world.secrets["1"], "Idempotency-Key": value}
        assert client.get("/profile/mfa", headers=headers).status == 200


# ---- the key itself --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_key_of_64_visible_characters_is_taken(client, world, dialect):
    for key in ("k", "!~", "x" * 64, '"quoted"', "a,b;c=d"):
        response = keyed(write_of(dialect, world), key).send(client)
        assert response.status == SUCCESS[dialect] or response.status == 422, response


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("key", ["", "x" * 65, "a b", "a\tb", "\xfc", "\x7f"])
def test_any_other_key_is_refused_and_nothing_done(mfad, world, redis, dialect, key):
    from raw_http import Raw

    before = state_of(redis, world)
    call = write_of(dialect, world)
    body = json.dumps(call.json_body or {}).encode()
    request = call.wire("Content-Type: application/json", f"Content-Length: {len(body)}", "Idempotency-Key: @", body=body)
    raw = Raw(mfad.port, request.replace(b"@", key.encode("latin-1")))
    is_http = key != "\x7f"  # which is no value of a field at all
    assert raw.answer.status == (422 if dialect == "native" and is_http else 400), raw.answer
    assert state_of(redis, world) == before


@pytest.mark.parametrize("dialect", DIALECTS)
def test_two_keys_are_none(mfad, world, redis, dialect):
    from raw_http import Raw

    call = write_of(dialect, world)
    body = json.dumps(call.json_body or {}).encode()
    before = state_of(redis, world)
    raw = Raw(mfad.port, call.wire("Content-Type: application/json", f"Content-Length: {len(body)}",
                                   "Idempotency-Key: a", "Idempotency-Key: a", body=body))
    assert raw.answer.status == (422 if dialect == "native" else 400)
    assert state_of(redis, world) == before


# ---- at the same time ------------------------------------------------------------------------------------------------


def at_once(count, action):
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return list(pool.map(action, range(count)))


@pytest.mark.parametrize("write", ["xsolla user", "rebilly POST", "quiva", "navixy selected", "native mfa"])
def test_twenty_at_once_are_one(mfad, client, world, redis, write):
    call, _ = WRITES[write](world)
    answers = at_once(20, lambda _: shown(keyed(call).send(client)))
    assert len(set(answers)) == 1 and answers[0][0] in (200, 201, 204)
    if write == "rebilly POST":
        assert len(links_of(redis, world)) == 1
    else:
        assert version_of(redis, world, "1") == 1
        assert len(links_of(redis, world)) == (1 if write == "quiva" else 0)


@pytest.mark.parametrize("dialect", ["xsolla", "quiva", "navixy", "native"])
def test_of_different_requests_at_once_under_one_key_one_is_done(client, world, redis, dialect):
    first, second = keyed(write_of(dialect, world)), keyed(write_of(dialect, world, on=False))
    if dialect == "xsolla":  # of which either changes something
        second = second.but(json_body={"mfa_type": "email", "change_restricted": True})
    answers = at_once(20, lambda i: (i % 2, (first, second)[i % 2].send(client)))
    done = {i for i, response in answers if response.status == SUCCESS[dialect]}
    assert len(done) == 1
    for i, response in answers:
        if i not in done:
            check_refusal(dialect, response, *KEY_REUSED[dialect])
    assert version_of(redis, world, "1") <= 1
