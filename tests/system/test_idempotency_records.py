"""What is kept for idempotency keys, how long, and how many of them."""

import hashlib

import pytest

from conftest import start_mfad
from harness import wait_for
from shapes import DIALECTS, SUCCESS, TOO_MANY, check_refusal, write_of
from stored import quota_key, state_of
from test_idempotency import keyed, session_call
from tokens import b64
from world import ALLOWED, World

DAY, TEN_MINUTES = 24 * 3600 * 1000, 10 * 60 * 1000
PLACES = 3


def records(redis):
    return set(redis.scan_iter(match="mfa:*:idem:*", count=10_000))


def places(redis, world):
    """The live keys of the tenant's credentials: when each ends, in ms."""
    ends = []
    for key in redis.scan_iter(match=f"mfa:*:live:*{world.tenant}:*", count=10_000):
        ends += [score for _, score in redis.zrange(key, 0, -1, withscores=True)]
    return ends


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("refused", [False, True])
def test_an_answer_is_kept_for_a_day_and_one_with_a_link_for_ten_minutes(client, world, redis, dialect, refused):
    before = records(redis)
    call = keyed(write_of(dialect, world))
    if refused and dialect == "rebilly":
        check_refusal("rebilly", call.but(method="DELETE").send(client), 404)
    elif refused:
        assert call.but(json_body={"enabled": 1}).send(client).status == (422 if dialect == "native" else 400)
    else:
        assert call.send(client).status == SUCCESS[dialect]
    [record] = records(redis) - before
    lifetime = TEN_MINUTES if dialect == "rebilly" and not refused else DAY
    left = redis.pttl(record)
    assert lifetime - 60_000 < left <= lifetime
    # Its place ends with it.
    [end] = places(redis, world)
    seconds, micros = redis.time()
    assert abs(end - (seconds * 1000 + micros / 1000) - redis.pttl(record)) < 20_000


def test_nothing_of_a_link_can_be_read_in_its_record(client, world, redis):
    before = records(redis)
    response = keyed(write_of("rebilly", world)).send(client)
    [record] = records(redis) - before
    stored = redis.get(record)
    [href] = [link["href"] for link in response.json()["_links"] if link["rel"] == "enrollment"]
    token = href.partition("#")[2]
    for form in (token, b64(token.encode()), token.encode().hex(), hashlib.sha256(token.encode()).hexdigest()):
        assert form.encode() not in stored + record
    for start in range(0, len(token) - 8):
        assert token[start:start + 8].encode() not in stored + record
    assert b"enroll" not in stored and b"the-key" not in stored + record
    assert world.tenant.encode() not in stored + record


def test_records_are_small(client, make_world, redis):
    world = make_world(users=[str(i) for i in range(1, 1002)])
    before = records(redis)
    many = {"target": {"type": "selected", "ids": list(range(1, 1001))}, "settings": ALLOWED}
    assert keyed(session_call(world, "update", many)).send(client).status == 200
    for user, dialect in zip(("1", "2", "1001", "3"), DIALECTS):  # quiva wants a proof of who has a factor by now
        keyed(write_of(dialect, world, user), "x" * 64).send(client)
    made = records(redis) - before
    assert len(made) == 5
    for record in made:
        assert redis.strlen(record) <= 4096


# ---- so many a credential --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def few(redis_server, key_file, tmp_path_factory):
    """A server on which a credential may have three live keys."""
    server = start_mfad(tmp_path_factory.mktemp("mfad"), redis_server, key_file, idempotency_max_live=PLACES,
                        limits_user="1000/1m")
    yield server
    assert server.stop() == 0


def full(few, dialect, **definition):
    """A tenant whose credential in this dialect has used its places up."""
    world = World(few, few.client(), **definition)
    for i in range(PLACES):
        response = keyed(write_of(dialect, world), f"key-{i}").send(world.client)
        assert response.status == SUCCESS[dialect] or response.status == 422, response
    return world


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_credential_has_only_so_many_live_keys(few, redis, dialect):
    world = full(few, dialect)
    before, kept = state_of(redis, world), records(redis)
    for key in ("one-more", "another"):
        response = keyed(write_of(dialect, world), key).send(world.client)
        check_refusal(dialect, response, *TOO_MANY[dialect])
        lifetime = (TEN_MINUTES if dialect == "rebilly" else DAY) / 1000
        assert lifetime - 60 < int(response.header("Retry-After")) <= lifetime
    assert state_of(redis, world) == before and records(redis) == kept
    # Its live keys, requests without a key, and other credentials are not concerned.
    for call in (keyed(write_of(dialect, world), "key-0"), write_of(dialect, world, on=False)):
        assert call.send(world.client).status == SUCCESS[dialect]
    other = World(few, few.client())
    assert keyed(write_of(dialect, other), "key-0").send(other.client).status == SUCCESS[dialect]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_place_is_free_again_once_its_key_has_ended(few, redis, dialect):
    world = full(few, dialect)
    [live] = redis.scan_iter(match=f"mfa:*:live:*{world.tenant}:*", count=10_000)
    oldest = redis.zrange(live, 0, 0)[0]
    redis.zadd(live, {oldest: redis.time()[0] * 1000 - 1})
    assert keyed(write_of(dialect, world, on=False), "next").send(world.client).status in (200, 201, 204, 422)
    check_refusal(dialect, keyed(write_of(dialect, world), "one-more").send(world.client), *TOO_MANY[dialect])


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_has_no_place_takes_nothing_from_the_quota_nor_the_other_way_round(few, redis, dialect):
    world = full(few, dialect, limits={dialect: f"{PLACES + 1}/1h"})
    taken = redis.get(quota_key(redis, world, dialect))
    for _ in range(3):
        response = keyed(write_of(dialect, world), "one-more").send(world.client)
        check_refusal(dialect, response, *TOO_MANY[dialect])
        if dialect == "rebilly":
            assert response.header("X-RateLimit-Remaining") == "1"
    assert redis.get(quota_key(redis, world, dialect)) == taken
    assert write_of(dialect, world, on=False).send(world.client).status == SUCCESS[dialect]

    other = World(few, few.client(), limits={dialect: "1/1h"})
    assert keyed(write_of(dialect, other), "first").send(other.client).status == SUCCESS[dialect]
    for i in range(PLACES):
        check_refusal(dialect, keyed(write_of(dialect, other), f"key-{i}").send(other.client), *TOO_MANY[dialect])
    assert len(places(redis, other)) == 1


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_request_over_a_limit_may_be_tried_again_under_its_key(few, redis, dialect):
    world = World(few, few.client(), limits={dialect: "1/1h"})
    assert write_of(dialect, world).send(world.client).status == SUCCESS[dialect]
    call = keyed(write_of(dialect, world, "2"))
    kept = records(redis)
    for _ in range(2):
        check_refusal(dialect, call.send(world.client), *TOO_MANY[dialect])
    assert records(redis) == kept
    redis.delete(quota_key(redis, world, dialect))
    wait_for(lambda: call.send(world.client).status == SUCCESS[dialect], "the server to see that the quota was reset",
             seconds=2)
