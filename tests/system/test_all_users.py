"""Settings of all users of a tenant at once."""

import threading

import pytest

from conftest import start_mfad
from harness import RedisServer
from world import ALLOWED, DISALLOWED, World

ROUNDS = 150
OFF = {"mfa_type": "email", "enabled": False}


@pytest.fixture(scope="module")
def lonely(tmp_path_factory, apis):
    """A server of one thread and a Redis that nobody else uses: every command is some request's."""
    directory = tmp_path_factory.mktemp("lonely")
    redis = RedisServer(directory / "redis")
    server = start_mfad(directory, redis, directory / "keys.json", limits_enabled="false", worker_enabled="false",
                        server_threads=1)
    yield server, redis.connection(), server.client(observe=apis.observe)
    assert server.stop() == 0
    redis.stop()


# What goes on without any request.
OWN_ACCORD = {"ping", "info", "client", "config", "auth", "select", "hello"}


def commands(redis):
    """How often each command ran, in scripts too."""
    stats = redis.info("commandstats")
    return {name.removeprefix("cmdstat_"): numbers["calls"] for name, numbers in stats.items()
            if name.removeprefix("cmdstat_").split("|")[0] not in OWN_ACCORD}


def cost(redis, act):
    """The commands that an action takes."""
    before = commands(redis)
    act()
    after = commands(redis)
    return {name: after[name] - before.get(name, 0) for name in after if after[name] != before.get(name, 0)}


def ok(response):
    assert response.json() == {"success": True}, response


@pytest.mark.parametrize("settings", [ALLOWED, DISALLOWED])
def test_all_costs_the_same_for_ten_users_and_for_five_thousand(lonely, settings):
    server, redis, client = lonely
    costs = []
    for count in (10, 5_000):
        users = [str(n) for n in range(1, count + 1)]
        world = World(server, client, users=())
        server.load(*({"user": {"tenant": world.tenant, "id": user}} for user in users))
        ok(world.navixy_update(settings, 1, 2))  # script and credential are known from here on
        ok(world.navixy_update(settings))
        costs.append(cost(redis, lambda: ok(world.navixy_update(settings))))
        assert world.xsolla_state(users[-1])["enabled"] == (settings is ALLOWED)
    assert costs[0] == costs[1]
    assert costs[0]["evalsha"] >= 1, "the commands were counted"


def test_a_reader_pays_nothing_more_after_all(lonely):
    server, redis, client = lonely
    world = World(server, client)
    assert world.xsolla_state("1")["enabled"] is False
    before = cost(redis, lambda: world.xsolla_state("1"))
    for _ in range(5):
        ok(world.navixy_update(ALLOWED))
        assert cost(redis, lambda: world.xsolla_state("1")) == before


class Meanwhile:
    """Threads that do something again and again until the end of a block; what they raise is raised there."""

    def __init__(self, *actions):
        self.over = threading.Event()
        self.errors = []
        self.counts = [0] * len(actions)
        self.threads = [threading.Thread(target=self.run, args=(n, action)) for n, action in enumerate(actions)]

    def run(self, n, action):
        try:
            while not self.over.is_set():
                action()
                self.counts[n] += 1
        except BaseException as error:  # noqa: a failed assertion, too
            self.errors.append(error)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *failure):
        self.over.set()
        for thread in self.threads:
            thread.join()
        if self.errors and not failure[0]:
            raise self.errors[0]
        assert failure[0] or all(self.counts), f"somebody did nothing: {self.counts}"


def at_once(*actions):
    with_errors = []

    def run(action):
        try:
            barrier.wait()
            action()
        except BaseException as error:  # noqa
            with_errors.append(error)

    barrier = threading.Barrier(len(actions))
    threads = [threading.Thread(target=run, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if with_errors:
        raise with_errors[0]


def later_of(redis, world):
    """What the later of the two kinds of `all` says: the same in every partition, or the test fails."""
    keys = list(redis.scan_iter(f"mfa:*:t:{world.tenant}", count=10_000))
    assert len(keys) == 64
    [(allowed, disallowed)] = {tuple(int(n) for n in redis.hmget(key, "a", "z")) for key in keys}
    assert allowed != disallowed
    return allowed > disallowed


def test_two_calls_at_once_end_as_the_later_one_says_for_every_user(make_world, redis_server):
    world, redis = make_world(users=("1", "2", "3", "4", "5")), redis_server.connection()
    quiet = ("1", "2", "5")  # whom nobody sets individually

    def read():
        for user in "12345":
            assert world.xsolla("GET", user).status == 200

    def write_one():
        response = world.xsolla("POST", "3", OFF)
        # Done, or nothing to do, or not allowed at that moment.
        assert response.status == 204 or response.json()["error"]["code"] in ("002-050", "003-020"), response
        assert world.navixy_update(ALLOWED, 4).json() == {"success": True}

    outcomes = set()
    with Meanwhile(read, write_one):
        for _ in range(ROUNDS):
            at_once(lambda: ok(world.navixy_update(ALLOWED)), lambda: ok(world.navixy_update(DISALLOWED)))
            allowed = later_of(redis, world)
            outcomes.add(allowed)
            assert [world.xsolla_state(user)["enabled"] for user in quiet] == [allowed] * len(quiet)
            # He was set off now and then, and stays so, unless an `all` that came later has set him on.
            if not allowed:
                assert world.xsolla_state("3")["enabled"] is False
    assert outcomes == {True, False}, "the calls never overtook each other"

    ok(world.navixy_update(ALLOWED))
    assert [world.xsolla_state(user)["enabled"] for user in "12345"] == [True] * 5
    assert world.xsolla("POST", "3", OFF).status == 204
    assert [world.xsolla_state(user)["enabled"] for user in "12345"] == [True, True, False, True, True]


def test_all_holds_for_every_reader_once_it_has_answered(make_world):
    world = make_world(users=[str(n) for n in range(1, 21)])
    for n in range(40):
        settings = (ALLOWED, DISALLOWED)[n % 2]
        ok(world.navixy_update(settings))
        for user in (str(1 + n % 20), str(1 + (n * 7) % 20)):
            assert world.xsolla_state(user)["enabled"] is (settings is ALLOWED)
            assert (world.rebilly_state(user)["status"] == "active") is (settings is ALLOWED)
