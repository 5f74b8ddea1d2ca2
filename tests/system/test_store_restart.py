"""What was accepted just before the store crashed, and was lost with it, is not accepted a second time."""

import pytest

from conftest import start_mfad
from harness import RedisServer, wait_for
from links import Link
from shapes import problem
from sign_in import SignIn, step_now, totp
from world import World


@pytest.fixture
def server(tmp_path):
    server = RedisServer(tmp_path / "redis")
    yield server
    server.stop()


@pytest.fixture
def own_mfad(tmp_path, server):
    mfad = start_mfad(tmp_path / "mfad", server, tmp_path / "keys.json", limits_enabled="false")
    yield mfad
    assert mfad.stop() == 0


@pytest.fixture
def world(own_mfad, apis):
    return World(own_mfad, own_mfad.client(observe=apis.observe))


@pytest.fixture
def user(world, server):
    user = SignIn(world, server.connection())
    user.enable("email")
    return user


class Crash:
    """Remembers the store's file as it is now; later the store dies, and everything since then is lost."""

    def __init__(self, server, mfad):
        self.server, self.mfad = server, mfad
        [self.file] = (server.directory / "appendonlydir").glob("*.incr.aof")
        self.size = self.file.stat().st_size

    def happen(self):
        assert self.file.stat().st_size > self.size, "nothing would be lost"
        before = fences(self.server)
        self.server.kill()
        with open(self.file, "r+b") as file:
            file.truncate(self.size)
        self.server.start()
        wait_for_fence(self.server, before, self.mfad)


def wait_for_fence(server, before, *instances):
    """The fence is set by the first connection that comes back; the instances have all of theirs soon after."""
    wait_for(lambda: fences(server) != before, "the fence")
    for mfad in instances:
        wait_for(lambda mfad=mfad: mfad.ready(strict=True), "the connections to the store")


def fences(server):
    redis = server.connection()
    return {key: int(redis.get(key)) for key in redis.scan_iter("mfa:*:fence")}


def test_the_first_start_fences_nothing(user, world, server, own_mfad, apis):
    token = user.challenge()
    code = user.mailed_code(token)
    assert fences(server) == {}
    own_mfad.stop()
    own_mfad.start()
    world.client = own_mfad.client(observe=apis.observe)
    assert fences(server) == {}, "nor does a start of ours"
    assert user.verify(token, "email", code).status == 200


def test_a_spent_step_is_not_taken_again(user, server, own_mfad):
    secret, step = user.enroll_totp()
    token = user.challenge()
    crash = Crash(server, own_mfad)
    code = totp(secret, step + 1)
    assert user.verify(token, "totp", code).status == 200
    crash.happen()
    redis = server.connection()
    assert int(redis.hget(user.key, "S")) == step, "the store has forgotten"
    problem(user.verify(token, "totp", code), 410, "expired")
    problem(user.verify(user.challenge(), "totp", code), 401, "already-used")
    assert user.factor("totp")["failures"] == 0
    # Once these steps have gone by, all is as before.
    for key, fence in fences(server).items():
        redis.set(key, fence - 90_000)
    assert user.verify(user.challenge(), "totp", totp(secret, step_now() + 1)).status == 200


def test_a_passed_challenge_is_not_passed_again(user, server, own_mfad, world):
    token = user.challenge()
    opened = user.ask().json()
    code = user.mailed_code(token)
    crash = Crash(server, own_mfad)
    assert user.verify(token, "email", code).status == 200
    crash.happen()
    problem(user.verify(token, "email", code), 410, "expired")
    problem(user.send(token), 410, "expired")
    assert world.native("GET", f"challenges/{opened['id']}").json()["status"] == "expired"
    user.forget_gap()
    new = user.challenge()
    assert user.verify(new, "email", user.mailed_code(new)).status == 200


def test_a_spent_link_is_not_spent_again(user, server, own_mfad, world):
    world.set_user("2", enabled=[])
    enrollment = world.native("POST", "users/2/enrollments").json()
    link = Link(world, "2", token=enrollment["href"].split("#")[1])
    code = link.send()
    crash = Crash(server, own_mfad)
    assert link.verify(code).status == 200
    crash.happen()
    again = link.verify(code)
    assert (again.status, again.json()["state"]) == (410, "expired")
    assert world.native("GET", f"enrollments/{enrollment['id']}").json()["status"] == "expired"
    assert world.native("POST", "users/2/enrollments").status == 201


def test_several_instances_set_one_fence(tmp_path, server, own_mfad):
    others = [start_mfad(tmp_path / name, server, tmp_path / "keys.json", limits_enabled="false") for name in "ab"]
    server.kill()
    server.start()
    wait_for_fence(server, {}, own_mfad, *others)
    first = fences(server)
    assert len(first) == 64 and len(set(first.values())) == 1
    for mfad in others:
        mfad.stop()
        mfad.start()
    assert fences(server) == first
    for mfad in others:
        assert mfad.stop() == 0


def test_a_later_restart_moves_the_fence(server, own_mfad):
    server.restart()
    wait_for_fence(server, {}, own_mfad)
    before = fences(server)
    server.restart()
    wait_for_fence(server, before, own_mfad)
    assert min(fences(server).values()) > max(before.values())
