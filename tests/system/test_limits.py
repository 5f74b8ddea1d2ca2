"""429: who is limited in what, what the answer tells, and that it is true."""

import concurrent.futures
import itertools
import json
import math
import re
import secrets
import signal
import socket
import subprocess
import time

import pytest

from conftest import start_mfad
from harness import ROOT, wait_for
from prometheus_text import parse
from shapes import DIALECTS, SUCCESS, TOO_MANY, Call, check_refusal, read_of, write_of
from stored import arrivals_of, links_of, quota_key, set_arrivals, state_of
from world import ALLOWED, World

HOUR, DAY = 3600, 24 * 3600


@pytest.fixture(scope="module")
def serve(redis_server, key_file, tmp_path_factory):
    """Starts servers with limits, of which each differs in its settings."""
    started = {}

    def start(**settings):
        name = repr(sorted(settings.items()))
        if name not in started:
            started[name] = start_mfad(tmp_path_factory.mktemp("mfad"), redis_server, key_file, **settings)
        return started[name]

    yield start
    assert [server.stop() for server in started.values()] == [0] * len(started)


@pytest.fixture
def tenant(serve):
    """Makes tenants with limits of their own, on a server with those of the configuration."""

    def make(limits=None, settings=None, **definition):
        server = serve(**(settings or {"limits_user": "1000/1m"}))
        return World(server, server.client(), limits=limits or {}, **definition)

    return make


# ---- the fields ------------------------------------------------------------------------------------------------------

ITEM = r'"(?P<name>(?:[ !#-\[\]-~]|\\["\\])+)"(?P<parameters>(?:;[a-z*][a-z0-9_.*-]*=-?\d{1,15})*)'


def structured(text):
    """A List of String Items with Integer parameters (RFC 9651), in its one serialisation: name → parameters."""
    items = {}
    for member in text.split(", "):
        match = re.fullmatch(ITEM, member)
        assert match, f"not a structured field: {text!r}"
        assert match["name"] not in items
        pairs = [pair.split("=") for pair in match["parameters"].split(";")[1:]]
        items[match["name"]] = {name: int(value) for name, value in pairs}
        assert len(items[match["name"]]) == len(pairs)
    return items


def rates_of(response):
    """What RateLimit and RateLimit-Policy say together: (quota, window) → (remaining, seconds)."""
    limits, policies = structured(response.header("RateLimit")), structured(response.header("RateLimit-Policy"))
    assert list(limits) == list(policies)
    rates = {}
    for name, policy in policies.items():
        assert set(policy) == {"q", "w"} and policy["q"] > 0 and policy["w"] > 0
        limit = limits[name]
        assert set(limit) == {"r", "t"} and 0 <= limit["r"] <= policy["q"] and 0 <= limit["t"] <= policy["w"]
        rates[policy["q"], policy["w"]] = limit["r"], limit["t"]
    return rates


@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_answer_tells_what_is_left(tenant, dialect):
    world = tenant({dialect: "5/1h"}, {"limits_user": "6/10m"})
    for used in (1, 2):
        response = write_of(dialect, world, on=used == 1).send(world.client)
        rates = rates_of(response)
        assert rates[5, HOUR][0] == 5 - used
        assert HOUR / 5 * used - 60 <= rates[5, HOUR][1] <= HOUR / 5 * used
        assert rates[6, 600][0] == 6 - used
        assert len(rates) == 2


def test_the_fields_are_those_of_rfc_9651(tenant):
    """By another's reader: what it makes of each field is what ours says that it holds."""
    world = tenant({"xsolla": "2/1h"}, {"limits_user": "6/10m,20/1h"})
    answers = [write_of("xsolla", world, on=on).send(world.client) for on in (True, False, True)]
    assert [answer.status for answer in answers] == [204, 204, 429]
    fields = [answer.header(name) for answer in answers for name in ("RateLimit", "RateLimit-Policy")]
    script = ("const { parseList, isInnerList } = require(process.argv[1]);"
              "const members = list => list.map(([item, parameters]) => [item, Object.fromEntries(parameters)]);"
              "console.log(JSON.stringify(JSON.parse(process.argv[2]).map(text => members(parseList(text)))));")
    reader = ROOT / "build/structured-headers/cjs/index.cjs"
    read = json.loads(subprocess.run(["node", "-e", script, reader, json.dumps(fields)], check=True,
                                     capture_output=True, text=True).stdout)
    assert [dict(members) for members in read] == [structured(field) for field in fields]
    assert all(len(dict(members)) == len(members) > 0 for members in read)


# ---- the quota of a tenant -------------------------------------------------------------------------------------------


def use_up(world, dialect, count):
    for user in range(1, count + 1):
        assert write_of(dialect, world, str(user)).send(world.client).status == SUCCESS[dialect]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_tenant_over_its_quota_is_refused_in_the_dialects_words(tenant, redis, dialect):
    world = tenant({dialect: "2/1h"})
    use_up(world, dialect, 2)
    before = state_of(redis, world)
    for _ in range(3):
        now = time.time()
        response = write_of(dialect, world, "3").send(world.client)
        check_refusal(dialect, response, *TOO_MANY[dialect])
        retry = int(response.header("Retry-After"))
        assert HOUR / 2 - 60 <= retry <= HOUR / 2
        assert rates_of(response)[2, HOUR] == (0, retry)
        if dialect == "rebilly":
            assert response.json()["title"] == "Rate Limit Exceeded"
            assert response.json()["detail"] == ("A request cannot be executed because the user has sent too many "
                                                 "requests within a certain period of time")
            assert now + retry - 1 <= int(response.header("X-RateLimit-Retry-After")) <= time.time() + retry + 1
            assert (response.header("X-RateLimit-Limit"), response.header("X-RateLimit-Remaining")) == ("2", "0")
    assert state_of(redis, world) == before
    redis.delete(quota_key(redis, world, dialect))
    wait_for(lambda: write_of(dialect, world, "3").send(world.client).status == SUCCESS[dialect],
             "the server to see that the quota was reset", seconds=2)


def micros(redis):
    seconds, rest = redis.time()
    return seconds * 1_000_000 + rest


def seconds_until(end, now):
    return max(1, math.ceil((end - now) / 1_000_000))


def follow_until_it_passes(redis, send, end):
    """A request that is answered before `end` is refused and told for how long; one that is sent after it passes."""
    while True:
        sent = micros(redis)
        response = send()
        answered = micros(redis)
        if response.status != 429:
            assert answered >= end, f"passed {end - answered} us early"
            return
        assert sent < end, f"refused {sent - end} us late"
        assert seconds_until(end, answered) <= int(response.header("Retry-After")) <= seconds_until(end, sent)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_retry_after_is_true_of_a_tenants_quota(tenant, redis, dialect):
    world = tenant({dialect: "2/2s"})

    def send():
        return write_of(dialect, world, secrets.choice("123")).send(world.client)

    wait_for(lambda: send().status == 429, "the quota to be used up")
    arrival = int(redis.get(quota_key(redis, world, dialect)))
    follow_until_it_passes(redis, send, arrival - 1_000_000)  # one of two in two seconds comes back after one


@pytest.mark.parametrize("wait", [0.4, 1.4, 2.6, 59.2, 1799.5])
def test_retry_after_is_the_wait_rounded_up(tenant, redis, wait):
    world = tenant({"xsolla": "1/1h"})
    use_up(world, "xsolla", 1)
    end = micros(redis) + int(wait * 1_000_000)
    redis.set(quota_key(redis, world, "xsolla"), end)
    sent = micros(redis)
    response = write_of("xsolla", world, "2").send(world.client)
    answered = micros(redis)
    if answered < end:
        check_refusal("xsolla", response, 429, "002-057")
        assert seconds_until(end, answered) <= int(response.header("Retry-After")) <= seconds_until(end, sent)


def test_a_quota_is_one_tenants_in_one_dialect(tenant):
    limits = {dialect: "1/1h" for dialect in DIALECTS}
    first, second = tenant(limits), tenant(limits)
    for world in (first, second):
        for user, dialect in zip("12312", DIALECTS):
            assert write_of(dialect, world, user).send(world.client).status == SUCCESS[dialect]
    for world in (first, second):
        for dialect in DIALECTS:
            check_refusal(dialect, write_of(dialect, world).send(world.client), *TOO_MANY[dialect])


def test_all_credentials_of_a_tenant_share_his_quota(tenant):
    world = tenant({"xsolla": "2/1h", "rebilly": "2/1h"})
    other = secrets.token_hex(20)
    world.mfad.load(world.credential("server", other))
    use_up(world, "xsolla", 2)
    check_refusal("xsolla", world.xsolla("POST", "3", {"mfa_type": "email", "enabled": True}, key=other), 429, "002-057")
    use_up(world, "rebilly", 2)  # by users 1 and 2
    check_refusal("rebilly", write_of("rebilly", world, "3").send(world.client), 429)


def test_strangers_use_nothing_up(tenant):
    world = tenant({"rebilly": "10/1h", "xsolla": "1/1h"})
    for _ in range(5):
        assert write_of("rebilly", world).but(headers={"REB-APIKEY": secrets.token_hex(20)}).send(
            world.client).status == 401
        assert write_of("xsolla", world).but(headers={"X-SERVER-AUTHORIZATION": secrets.token_hex(20)}).send(
            world.client).status == 401
    stranger = tenant()
    call = write_of("rebilly", world).but(headers={"REB-APIKEY": stranger.secrets["1"]})
    assert call.send(world.client).status == 404
    assert write_of("rebilly", world).send(world.client).header("X-RateLimit-Remaining") == "9"
    assert write_of("xsolla", world).send(world.client).status == 204


def test_the_quota_holds_when_many_ask_at_once(tenant):
    world = tenant({"rebilly": "5/1h"})
    call = write_of("rebilly", world)
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        statuses = [r.status for r in pool.map(lambda _: call.send(world.client), range(20))]
    assert sorted(statuses) == [201] * 5 + [429] * 15


def test_a_tenants_own_limits_go_before_the_configured_ones(tenant):
    settings = {"limits_user": "1000/1m", "limits_tenant_quiva": "2/1h", "limits_tenant_xsolla": "2/1h"}
    plain, wide = tenant(settings=settings), tenant({"quiva": "3/1h"}, settings)
    use_up(plain, "quiva", 2)
    check_refusal("quiva", write_of("quiva", plain, "3").send(plain.client), 429)
    use_up(wide, "quiva", 3)
    check_refusal("quiva", write_of("quiva", wide, "3").send(wide.client), 429)
    use_up(wide, "xsolla", 2)
    check_refusal("xsolla", write_of("xsolla", wide, "3").send(wide.client), 429, "002-057")


def test_changed_limits_of_a_tenant_hold_at_once(tenant):
    world = tenant({"quiva": "1/1h"})
    use_up(world, "quiva", 1)
    world.mfad.load({"tenant": {"id": world.tenant, "limits": {"quiva": "100/1h"}}})
    wait_for(lambda: (100, HOUR) in rates_of(write_of("quiva", world, "2").send(world.client)), "the new limit",
             seconds=1)


@pytest.mark.parametrize("limits", [{"nobodys": "1/1h"}, {"quiva": "1"}, {"quiva": 5}, {"quiva": "0/1h"}, {"quiva": "1/999ms"},
                                    {"quiva": "1/25h"}, []])
def test_limits_that_are_none_are_refused_at_import(tenant, redis, limits):
    world = tenant()
    before = state_of(redis, world)
    line = json.dumps({"tenant": {"id": world.tenant, "limits": limits}}) + "\n"
    world.mfad.call("import", "-", stdin=line, status=1)
    assert state_of(redis, world) == before


# ---- Rebilly's own fields --------------------------------------------------------------------------------------------


def rebilly_answers(world):
    """Answers to writes where the organization is known, of each status that there is."""
    post, key = write_of("rebilly", world), {"Idempotency-Key": "k"}
    delete = post.but(method="DELETE")
    server = post.but(headers={"REB-APIKEY": world.server_key})
    world.set_user("2", enabled=["email"], change_restricted=True)
    world.set_user("3", enabled=["email"])
    of_third = delete.but(headers={"REB-APIKEY": world.secrets["3"]})
    yield 201, post
    yield 201, post.but(path="/profile/mfa")
    yield 201, post.but(headers=key)
    yield 422, post.but(headers=key, json_body={"other": 1})
    yield 400, post.but(headers={"Idempotency-Key": "not visible"})
    yield 404, delete
    yield 403, delete.but(headers={"REB-APIKEY": world.secrets["2"]})
    yield 403, of_third
    yield 403, server
    yield 403, server.but(method="DELETE")
    world.mfad.load({"user": {"tenant": world.tenant, "id": "3", "email": world.address("3"),
                              "mfa": {"last_auth_time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}}})
    yield 204, of_third


def test_rebilly_tells_its_quota_in_every_answer_to_a_write(tenant):
    world = tenant({"rebilly": "50/1h"})
    left = 50
    for status, call in rebilly_answers(world):
        response = call.send(world.client)
        assert response.status == status, response
        left -= 1
        told = response.header("X-RateLimit-Limit"), response.header("X-RateLimit-Remaining")
        assert told == ("50", str(left)), (call, told)
        assert read_of("rebilly", world).send(world.client).status == 200  # and reads cost nothing


def test_with_limits_off_rebilly_tells_the_quota_and_that_nothing_is_used(serve):
    server = serve(limits_enabled="false", limits_tenant_rebilly="70/1h")
    for limits, quota in (({}, "70"), ({"rebilly": "50/1h"}, "50")):
        world = World(server, server.client(), limits=limits)
        for _, call in rebilly_answers(world):
            response = call.send(world.client)
            assert (response.header("X-RateLimit-Limit"), response.header("X-RateLimit-Remaining")) == (quota, quota)


def test_with_limits_off_nothing_is_counted(serve, redis):
    server = serve(limits_enabled="false", limits_user="1/1h", limits_tenant_navixy="1/1h")
    world = World(server, server.client(), limits={dialect: "1/1h" for dialect in ("xsolla", "rebilly", "quiva")})
    for dialect in DIALECTS:
        for user in "123":
            response = write_of(dialect, world, user).send(world.client)
            assert response.status != 429
            assert response.header("RateLimit") is None and response.header("RateLimit-Policy") is None
    assert not list(redis.scan_iter(match=f"mfa:*:q:*{world.tenant}*", count=10_000))


# ---- limits of a user ------------------------------------------------------------------------------------------------

TWO_POLICIES = {"limits_user": "2/1h,5/24h"}


@pytest.mark.parametrize("dialect", ["xsolla", "rebilly", "quiva"])
def test_writes_to_one_user_are_limited(tenant, redis, dialect):
    world = tenant(settings=TWO_POLICIES)
    for on in (True, False):
        assert write_of(dialect, world, on=on).send(world.client).status == SUCCESS[dialect]
    before = state_of(redis, world)
    response = write_of(dialect, world).send(world.client)
    check_refusal(dialect, response, *TOO_MANY[dialect])
    assert HOUR / 2 - 60 <= int(response.header("Retry-After")) <= HOUR / 2
    assert rates_of(response)[2, HOUR] == (0, int(response.header("Retry-After")))
    assert state_of(redis, world) == before
    # Others, and reads, are not concerned.
    assert read_of(dialect, world).send(world.client).status == 200
    assert write_of(dialect, world, "2").send(world.client).status == SUCCESS[dialect]


def test_the_limit_of_a_user_is_one_for_all_dialects(tenant, redis):
    world = tenant(settings=TWO_POLICIES)
    assert write_of("quiva", world).send(world.client).status == 200
    assert write_of("xsolla", world).send(world.client).status == 204
    links = links_of(redis, world)
    check_refusal("rebilly", write_of("rebilly", world).send(world.client), 429)
    assert links_of(redis, world) == links


def test_a_dealers_write_to_one_user_counts_as_one_and_to_several_as_none(tenant):
    world = tenant(settings=TWO_POLICIES)

    def update(*users):
        body = {"target": {"type": "selected", "ids": [int(user) for user in users]}, "settings": ALLOWED}
        return world.navixy("user/mfa/settings/update", body)

    for _ in range(3):
        assert update("1", "2").status == 200
    for _ in range(2):
        assert update("1").status == 200
    check_refusal("navixy", update("1"), *TOO_MANY["navixy"])
    check_refusal("quiva", write_of("quiva", world).send(world.client), *TOO_MANY["quiva"])
    assert update("1", "2").status == 200 and update("2").status == 200


def test_what_one_limit_of_a_user_refuses_the_other_does_not_count(tenant, redis):
    world = tenant(settings={**TWO_POLICIES, "server_threads": 1})  # each remembers what it was refused

    def send():
        return write_of("quiva", world, on=False).send(world.client)

    for passed in (2, 2, 1):  # five in a day, though only two in an hour
        wait_for(lambda: send().status == 200, "the server to look again", seconds=2)
        for _ in range(passed - 1):
            assert send().status == 200
        before = arrivals_of(redis, world, "1")
        refused = [send() for _ in range(3)]
        assert {r.status for r in refused} == {429}
        assert arrivals_of(redis, world, "1") == before
        set_arrivals(redis, world, "1", 0, *before[1:])  # an hour later
    retry = int(refused[-1].header("Retry-After"))
    assert DAY / 5 - 60 <= retry <= DAY / 5
    limited = decisions_of(world, "user-long")["limited"]
    wait_for(lambda: send().status == 429 and decisions_of(world, "user-long")["limited"] > limited,
             "the server to look again", seconds=2)
    assert arrivals_of(redis, world, "1")[0] == 0


def test_what_the_tenants_quota_refuses_his_users_are_not_charged_for(tenant, redis):
    world = tenant({"xsolla": "1/1h"}, TWO_POLICIES)
    use_up(world, "xsolla", 1)  # by user 1
    before = arrivals_of(redis, world, "1")
    for _ in range(3):
        check_refusal("xsolla", write_of("xsolla", world, on=False).send(world.client), 429, "002-057")
    assert arrivals_of(redis, world, "1") == before


def test_retry_after_is_true_of_a_users_limit(tenant, redis):
    world = tenant(settings={"limits_user": "2/2s"})

    def send():
        return write_of("quiva", world, on=False).send(world.client)

    wait_for(lambda: send().status == 429, "the limit to be reached")
    arrival = arrivals_of(redis, world, "1")[0]
    follow_until_it_passes(redis, send, arrival - 1_000_000)


def test_the_longer_of_two_waits_is_told(tenant):
    world = tenant(settings={"limits_user": "1/10m,1/1h"})
    assert write_of("quiva", world).send(world.client).status == 200
    response = write_of("quiva", world, on=False).send(world.client)
    check_refusal("quiva", response, 429)
    assert HOUR - 60 <= int(response.header("Retry-After")) <= HOUR


# ---- floods ----------------------------------------------------------------------------------------------------------


def script_calls(redis):
    return redis.info("commandstats").get("cmdstat_evalsha", {"calls": 0})["calls"]


def asked_of(world, redis):
    """How often scripts were called, and how often limits say that the store was asked: for the quota of the tenant,
    which goes before a user's limit and is leased, and for that."""
    quota, user = decisions_of(world, "xsolla"), decisions_of(world, "user")
    return script_calls(redis), quota["allowed"] + quota["limited"] + user["limited"]


def decisions_of(world, policy):
    family = parse(world.mfad.ops("/metrics").text)["mfad_limit_requests_total"]
    return {name: family.value(policy=policy, decision=name) for name in ("allowed", "leased", "limited", "shed", "failed_open")}


@pytest.fixture
def make_lonely(tmp_path, own_redis, key_file):
    """Starts a server with one thread and a store that nobody else asks."""
    started = []

    def make(**settings):
        started.append(start_mfad(tmp_path, own_redis, key_file, server_threads=1, worker_enabled="false", **settings))
        return started[-1]

    yield make
    assert [server.stop() for server in started] == [0] * len(started)


@pytest.mark.parametrize("policy, limit", [("xsolla", 5), ("user", 3)])
def test_a_flood_is_refused_without_the_store(make_lonely, own_redis, policy, limit):
    lonely = make_lonely(limits_user="3/1h")
    world = World(lonely, lonely.client(), limits={"xsolla": "5/1h" if policy == "xsolla" else "100000/1h"})
    users = itertools.cycle("1" if policy == "user" else "123")
    redis = own_redis.connection()

    def send():
        return write_of("xsolla", world, next(users), on=secrets.choice([True, False])).send(world.client)

    wait_for(lambda: send().status == 429, "the limit to be reached")
    before, asked, began = decisions_of(world, policy), asked_of(world, redis), time.monotonic()
    waits = []
    for _ in range(300):
        response = send()
        check_refusal("xsolla", response, *TOO_MANY["xsolla"])
        assert any(limit == quota and left == 0 for (quota, _), (left, _) in rates_of(response).items())
        waits.append(int(response.header("Retry-After")))
    looks = math.ceil(time.monotonic() - began) + 1  # again after each second, and once at first
    after = decisions_of(world, policy)
    assert after["limited"] - before["limited"] <= looks
    assert after["limited"] + after["shed"] - before["limited"] - before["shed"] == 300
    calls, counted = (now - then for now, then in zip(asked_of(world, redis), asked))
    assert calls == counted  # nothing is asked that does not count
    assert waits == sorted(waits, reverse=True) and waits[0] - waits[-1] <= looks


# ---- Redis away -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("passes", [False, True], ids=["by default", "where the operator says so"])
def test_a_read_that_cannot_be_counted_is_refused_unless_the_operator_says_otherwise(make_lonely, own_redis, passes):
    """Redis holds its breath for longer than the limit is waited for, and not so long as limit and read together."""
    server = make_lonely(redis_timeout="1s", limits_reads_fail_open=str(passes).lower())
    world = World(server, server.client())
    read, write = read_of("navixy", world), write_of("navixy", world)
    assert read.send(world.client).status == 200
    redis = own_redis.connection()
    redis.execute_command("CLIENT", "PAUSE", 1500, "ALL")
    assert read.send(world.client).status == (200 if passes else 503)
    redis.execute_command("CLIENT", "PAUSE", 1500, "ALL")
    check_refusal("navixy", write.send(world.client), 503, 14)
    assert decisions_of(world, "navixy")["failed_open"] == passes


def test_requests_pass_within_two_seconds_of_the_return_of_redis(make_lonely, own_redis):
    server = make_lonely()
    world = World(server, server.client())
    call = read_of("xsolla", world)
    assert call.send(world.client).status == 200
    own_redis.kill()
    wait_for(lambda: call.send(world.client).status == 503, "the outage to be seen")
    time.sleep(4)  # for the pauses between attempts to grow as long as they get
    own_redis.start()
    began = time.monotonic()
    wait_for(lambda: call.send(world.client).status != 503, "the end of the outage")
    assert time.monotonic() - began < 2


# ---- what is taken ahead of need ------------------------------------------------------------------------------------


def test_what_a_server_has_taken_and_not_spent_comes_back_when_it_stops(make_lonely, own_redis):
    """Each request moves the arrival time by 1.44 s: to the microsecond it tells how many have been counted."""
    server = make_lonely(limits_user="1000000/1h", http_drain="2s")
    world = World(server, server.client(), limits={"xsolla": "60000/24h"})
    redis, interval = own_redis.connection(), DAY * 10**6 // 60_000
    switch = itertools.cycle((True, False))

    def send():
        assert write_of("xsolla", world, on=next(switch)).send(world.client).status == SUCCESS["xsolla"]

    def now():
        seconds, micros = redis.time()
        return seconds * 10**6 + micros

    def counted():
        """How many, by the arrival time: the first came just after `before`."""
        arrival = int(redis.get(quota_key(redis, world, "xsolla")))
        return round((arrival - before) / interval)

    before = now()
    send()
    after, sent = now(), 1
    assert after - before < interval / 2
    deadline = time.monotonic() + 20
    while counted() - sent < 3:  # until some are held
        assert time.monotonic() < deadline
        send()
        sent += 1
    # The stop takes its time: somebody does not get to the end of his request.
    with socket.create_connection(("127.0.0.1", server.port)) as slow:
        slow.sendall(b"POST / HTTP/1.1\r\n")
        send()
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(20)
    assert counted() == sent + 1


# ---- limits that change ---------------------------------------------------------------------------------------------


def far_ahead(redis):
    """An arrival time of a limit over a day, just used up, in microseconds of the store's clock."""
    return (redis.time()[0] + DAY) * 10**6


def passes_after_its_wait(send):
    """Whether a refused call passes once it has waited as long as it was told to."""
    response = send()
    assert response.status == 429
    time.sleep(int(response.header("Retry-After")))
    return send().status == 200


def test_a_quota_over_a_shorter_period_is_soon_free(tenant, redis):
    """A stored time that lies beyond the period counts as one period, which has to pass: it is not begun ever anew."""
    world = tenant(limits={"native": "10/5s"})
    send = lambda: write_of("native", world, on=True).send(world.client)
    assert send().status == 200
    redis.set(quota_key(redis, world, "native"), far_ahead(redis), px=DAY * 1000)
    assert passes_after_its_wait(send)


def test_a_limit_on_a_user_over_a_shorter_period_is_soon_free(tenant, redis):
    world = tenant(settings={"limits_user": "10/5s,20/10s"})
    send = lambda: write_of("native", world, on=True).send(world.client)
    assert send().status == 200
    set_arrivals(redis, world, "1", far_ahead(redis), far_ahead(redis), 0)
    assert passes_after_its_wait(send)


def test_limits_are_read_again_when_the_server_is_told_to(tmp_path, own_redis, key_file):
    config = tmp_path / "config" / "mfad.toml"
    config.parent.mkdir()

    def write(limits, **others):
        config.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in others.items()) +
                          "[limits]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in limits.items()))

    write({"user": ["2/1h"], "tenant_xsolla": "1000/1h"})
    server = start_mfad(tmp_path, own_redis, key_file, server_threads=1, worker_enabled="false")
    world = World(server, server.client())
    switch = itertools.cycle((True, False))

    def send(user="1"):
        return write_of("xsolla", world, user, on=next(switch)).send(world.client)

    def policies(response):
        return {(quota, window) for quota, window in rates_of(response)}

    assert [send().status for _ in range(4)] == [SUCCESS["xsolla"]] * 2 + [429] * 2

    # Raised, and one more. Who has used up an hour has still used up a minute, until one more request has come back.
    write({"user": ["600/1m", "1000/2h"], "tenant_xsolla": "900/1h", "failed_credentials": "2/1h"})
    server.hang_up("limits.reloaded")
    wait_for(lambda: send().status == SUCCESS["xsolla"], "the raised limit to hold")
    assert policies(send()) == {(900, HOUR), (600, 60), (1000, 2 * HOUR)}
    changed = {event["key"]: (event["was"], event["value"]) for event in server.events("limits.changed")}
    assert changed["limits.user"] == ('["2/1h"]', '["600/1m", "1000/2h"]')
    assert "limits.tenant_xsolla" in changed and "limits.failed_credentials" in changed and len(changed) == 3
    assert [guess("xsolla", world).send(world.client).status for _ in range(3)][-1] == 429

    # What is refused as a whole changes nothing; what else is new is named.
    write({"user": "all"})
    assert "limits.user" in server.hang_up("limits.not_reloaded")["error"]
    assert policies(send()) == {(900, HOUR), (600, 60), (1000, 2 * HOUR)}
    write({"user": [], "tenant_xsolla": "900/1h", "failed_credentials": "2/1h"})
    config.write_text(config.read_text() + "[log]\nlevel = \"error\"\n")
    assert server.hang_up("config.needs_restart")["key"] == "log.level"
    wait_for(lambda: policies(send()) == {(900, HOUR)}, "the limits on users to go")

    write({"enabled": False})
    server.hang_up("limits.reloaded")
    wait_for(lambda: guess("xsolla", world).send(world.client).status == 401, "all limits to go")
    assert server.stop() == 0


# ---- credentials that fail ------------------------------------------------------------------------------------------


def guess(dialect, world):
    """A call with a secret that nobody has."""
    call = write_of(dialect, world)
    [name] = [name for name in call.headers if name in ("X-SERVER-AUTHORIZATION", "REB-APIKEY", "X-Api-Key", "Authorization")]
    return call.but(headers={**call.headers, name: call.headers[name][:-1] + secrets.choice("wxyz")})


@pytest.mark.parametrize("dialect", DIALECTS)
def test_who_guesses_credentials_is_refused_without_the_store(make_lonely, own_redis, apis, dialect):
    server = make_lonely(limits_failed_credentials="5/1h", limits_user="60000/1m", auth_cache_lifetime="1s")
    world = World(server, server.client(observe=apis.observe), limits={dialect: "60000/1m"})
    redis = own_redis.connection()
    switch = itertools.cycle((True, False))

    def passes():
        return write_of(dialect, world, on=next(switch)).send(world.client).status == SUCCESS[dialect]

    def gets():
        return redis.info("commandstats")["cmdstat_get"]["calls"]

    assert passes()  # the credential is known from now on
    assert 429 not in [guess(dialect, world).send(world.client).status for _ in range(5)]
    before = gets()
    for _ in range(50):
        response = guess(dialect, world).send(world.client)
        check_refusal(dialect, response, *TOO_MANY[dialect])
        assert HOUR / 5 - 60 <= int(response.header("Retry-After")) <= HOUR / 5
    assert gets() - before <= 5  # the server's own

    def is_asked_for_again():
        before = gets()
        assert passes()
        return gets() > before

    # What was good here before is good all the same, also once it is looked up anew.
    wait_for(is_asked_for_again, "the credential to be looked up again", seconds=5)


def test_a_token_is_checked_whatever_its_client_guesses(make_lonely):
    server = make_lonely(limits_failed_credentials="5/1h")
    world = World(server, server.client())
    wait_for(lambda: guess("rebilly", world).send(world.client).status == 429, "the limit to be reached")
    for _ in range(3):
        call = write_of("rebilly", world)
        assert call.but(headers={"REB-APIKEY": "e30.e30.AAAA"}).send(world.client).status == 401


# ---- the operator ----------------------------------------------------------------------------------------------------


def shown(world, key):
    """What `mfad limits show` says: name → rate, left, seconds until full."""
    head, *rows = world.mfad.call("limits", "show", key).splitlines()
    assert head.split() == ["LIMIT", "RATE", "LEFT", "FULL", "AGAIN", "IN"]
    return {name: (rate, int(left), 0 if full == "-" else int(full.removesuffix("s")))
            for name, rate, left, full in map(str.split, rows)}


def test_an_operator_sees_what_is_left_of_a_tenants_quotas_and_resets_it(tenant):
    world = tenant({"quiva": "2/1h"})
    use_up(world, "quiva", 2)
    check_refusal("quiva", write_of("quiva", world, "3").send(world.client), 429)
    limits = shown(world, f"tenant/{world.tenant}")
    assert set(limits) == {"mails-tenant", *DIALECTS}
    rate, left, full = limits["quiva"]
    assert (rate, left) == ("2/1h", 0) and HOUR - 60 <= full <= HOUR
    assert limits["xsolla"][1:] == (int(limits["xsolla"][0].split("/")[0]), 0)

    world.mfad.call("limits", "reset", f"tenant/{world.tenant}")
    wait_for(lambda: write_of("quiva", world, "3").send(world.client).status == 200, "the reset", seconds=2)
    assert shown(world, f"tenant/{world.tenant}")["quiva"][1] == 1


def test_an_operator_sees_what_is_left_to_a_user_and_resets_it(tenant, redis):
    world = tenant(settings=TWO_POLICIES)
    key = f"user/{world.tenant}/1"
    assert {name: left for name, (_, left, _) in shown(world, key).items()} == {
        "user": 2, "user-long": 5, "links": 5, "code-gap": 1, "codes": 5, "second-step": 60}
    assert write_of("rebilly", world).send(world.client).status == 201  # a write that mails a link
    assert write_of("xsolla", world).send(world.client).status == 204
    limits = shown(world, key)
    assert [limits[name][:2] for name in ("user", "user-long", "links")] == [("2/1h", 0), ("5/24h", 3), ("5/1h", 4)]
    check_refusal("xsolla", write_of("xsolla", world, on=False).send(world.client), *TOO_MANY["xsolla"])

    world.mfad.call("limits", "reset", key)
    assert arrivals_of(redis, world, "1") is None
    wait_for(lambda: write_of("xsolla", world, on=False).send(world.client).status == 204, "the reset", seconds=2)
    assert shown(world, key)["user"][1] == 1


def test_limits_of_nobody_are_not_shown(tenant):
    world = tenant()
    for key, why in (("tenant/nobody", "no tenant nobody"), (f"user/{world.tenant}/nobody", "no user nobody")):
        assert why in world.mfad.call("limits", "show", key, status=1)
    assert shown(world, "address/192.0.2.7") == {"address": ("300/1m", 300, 0)}


def test_navixys_reads_count_as_its_writes_do(tenant):
    world = tenant({"navixy": "3/1h"})
    calls = [read_of("navixy", world), write_of("navixy", world),
             Call("navixy", "POST", "/panel/account/get_permissions", read_of("navixy", world).headers, {})]
    for call in calls:
        assert call.send(world.client).status == 200
    for call in calls:
        check_refusal("navixy", call.send(world.client), 429, 15)
