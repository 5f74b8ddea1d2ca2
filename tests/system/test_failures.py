"""When the store is away, or what it holds cannot be read: 503 and 500 in each dialect, and nothing half done."""

import re
import signal

import pytest

import shapes
from conftest import start_mfad
from harness import RedisServer, wait_for
from shapes import DIALECTS, SUCCESS, check_refusal, read_of, write_of
from stored import state_of, user_key
from world import ALLOWED, World


class Own:
    """A store and a server that a test may break."""

    def __init__(self, directory, key_file):
        self.store = RedisServer(directory / "redis")
        self.mfad = start_mfad(directory / "mfad", self.store, key_file, limits_enabled="false",
                               redis_timeout="500ms")
        self.client = self.mfad.client()
        self.world = World(self.mfad, self.client)

    def both(self, dialect, user="1"):
        return read_of(dialect, self.world, user), write_of(dialect, self.world, user)

    def check_away(self):
        for dialect in DIALECTS:
            for call in self.both(dialect):
                check_refusal(dialect, call.send(self.client), *shapes.STORE_DOWN[dialect])

    def wait_until_back(self):
        # Until each thread has found its way back, whichever of them a connection meets.
        wait_for(lambda: self.mfad.ready(strict=True), "the store to be back")
        wait_for(lambda: all(read_of(d, self.world).send(self.client).status == 200 for d in DIALECTS for _ in range(8)),
                 "answers")

    def stop(self):
        self.store.process.send_signal(signal.SIGCONT)
        assert self.mfad.stop() == 0
        self.store.stop()


@pytest.fixture
def own(tmp_path, key_file):
    made = Own(tmp_path, key_file)
    yield made
    made.stop()


def test_without_a_store_nothing_is_answered_but_503_and_all_comes_back(own):
    before = state_of(own.store.connection(), own.world)
    own.store.kill()
    wait_for(lambda: not own.mfad.ready(strict=True), "the loss to be noticed")
    own.check_away()
    unknown = read_of("quiva", own.world).but(headers={"X-Api-Key": "a-key-that-nobody-knows"})
    check_refusal("quiva", unknown.send(own.client), 503)
    assert own.mfad.ops("/healthz").status == 200
    not_ready = own.mfad.ops("/readyz?strict")
    assert not_ready.status == 503 and int(not_ready.header("Retry-After")) >= 1
    # What needs no store is answered as ever.
    check_refusal("quiva", own.client.get("/accounts/nothing"), 404)

    own.store.start()
    own.wait_until_back()
    assert state_of(own.store.connection(), own.world) == before
    for user, dialect in zip("12312", DIALECTS):
        assert write_of(dialect, own.world, user).send(own.client).status == SUCCESS[dialect]


def test_a_store_that_hangs_is_one_that_is_away(own):
    for dialect in DIALECTS:
        assert read_of(dialect, own.world).send(own.client).status == 200
    own.store.process.send_signal(signal.SIGSTOP)
    own.check_away()
    own.store.process.send_signal(signal.SIGCONT)
    own.wait_until_back()
    assert own.mfad.events("store.unavailable")
    assert not own.mfad.events("request.failed")


def test_a_retry_after_an_unknown_outcome_has_one_effect(own):
    """A command that was sent before the store hung may still be done: the key tells the retry."""
    call = write_of("xsolla", own.world).but(headers={"Idempotency-Key": "retry"})
    own.store.process.send_signal(signal.SIGSTOP)
    check_refusal("xsolla", call.send(own.client), *shapes.STORE_DOWN["xsolla"])
    own.store.process.send_signal(signal.SIGCONT)
    own.wait_until_back()
    assert call.send(own.client).status == 204
    assert own.world.xsolla_state("1")["enabled"] is True


def test_a_store_that_is_full_refuses_writes_as_one_that_is_away(own):
    redis = own.store.connection()
    before = state_of(redis, own.world)
    redis.config_set("maxmemory", 1)
    for dialect in DIALECTS:
        check_refusal(dialect, write_of(dialect, own.world).send(own.client), *shapes.STORE_DOWN[dialect])
        assert read_of(dialect, own.world).send(own.client).status == 200
    redis.config_set("maxmemory", 0)
    assert state_of(redis, own.world) == before
    assert write_of("xsolla", own.world).send(own.client).status == 204


# ---- 500 -------------------------------------------------------------------------------------------------------------


def check_our_fault(mfad, dialect, response):
    """A 500 whose id is in its body, and leads to the reason in the log; the reason is not in the answer."""
    check_refusal(dialect, response, *shapes.OUR_FAULT[dialect])
    request = response.header("X-Request-Id")
    assert request in response.text
    entry = wait_for(lambda: [e for e in mfad.events("request.failed") if e["request"] == request], "the log")[0]
    assert entry["level"] == "error" and entry["error"]
    assert not re.search(r"(?i)\b(lua|user_script|redis|hmget|settings|record|corrupt)\b", response.text)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("given", [None, "my-own-id"])
def test_a_record_that_cannot_be_read_is_our_fault(mfad, client, world, redis, dialect, given):
    redis.hset(user_key(world, "1"), "s", 0)
    before = state_of(redis, world)
    headers = {"X-Request-Id": given} if given else {}
    calls = [write_of(dialect, world)]
    if dialect != "navixy":  # its reads are about no user
        calls.append(read_of(dialect, world))
    for call in calls:
        check_our_fault(mfad, dialect, call.send(client, headers=headers))
    assert state_of(redis, world) == before
    # Others are served as ever.
    assert write_of(dialect, world, "2").send(client).status == SUCCESS[dialect]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_tenant_that_cannot_be_read_is_our_fault(mfad, client, world, redis, dialect):
    redis.hset(f"mfa:tenant:{world.tenant}", "doc", "{")
    for call in (read_of(dialect, world), write_of(dialect, world)):
        response = wait_for(lambda call=call: (r := call.send(client)).status == 500 and r, "the change to be seen")
        check_our_fault(mfad, dialect, response)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_credential_that_cannot_be_read_is_our_fault(mfad, client, world, redis, dialect):
    whole = {key: redis.get(key) for key in redis.scan_iter(match="mfa:cred:*", count=10_000)}
    whole = {key: record for key, record in whole.items() if world.tenant.encode() in record}
    redis.mset({key: "{}" for key in whole})
    response = wait_for(lambda: (r := read_of(dialect, world).send(client)).status == 500 and r, "the change to be seen")
    check_our_fault(mfad, dialect, response)
    redis.mset(whole)
    wait_for(lambda: read_of(dialect, world).send(client).status == 200, "the repair to be seen")


def test_one_broken_user_among_several_leaves_the_others_as_they_were(mfad, client, world, redis):
    redis.hset(user_key(world, "3"), "s", 0)
    before = state_of(redis, world)
    check_our_fault(mfad, "navixy", world.navixy_update(ALLOWED, 1, 2, 3))
    assert state_of(redis, world) == before


def test_a_key_of_another_type_is_our_fault_and_not_an_outage(mfad, client, world, redis):
    key = user_key(world, "1")
    redis.delete(key)
    redis.set(key, "text")
    check_our_fault(mfad, "xsolla", write_of("xsolla", world).send(client))
