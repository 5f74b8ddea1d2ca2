"""The private Redis: whose it is, who may join, and that it never outlives its owner."""

import contextlib
import os
import pathlib
import signal
import threading

import pytest

from console import Console, end, is_running, line_with, lines, wait_for_exit
from harness import Mfad, wait_for
from private_redis import PrivateRedis, servers_of
from world import World


@pytest.fixture
def started():
    """Starts programs that are stopped at the end, whatever became of the test."""
    programs = []

    def start(directory, **more):
        programs.append(Mfad(directory, **more))
        return programs[-1]

    yield start
    for program in reversed(programs):
        if program.process.poll() is None:
            program.stop()


@pytest.fixture
def redis(tmp_path):
    return PrivateRedis(tmp_path / "var")


def lines_said(server):
    return wait_for(lambda: "\n".join(server.output) if len(server.output) >= 3 else None, "what serve says")


def parent_of(pid):
    return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[1])


def test_the_owner_runs_it_and_says_that_nobody_shares_it(tmp_path, started, redis):
    server = started(tmp_path)
    pid = redis.pid()
    assert servers_of(redis.directory) == [pid]
    assert parent_of(pid) == server.process.pid
    assert (redis.directory / "lock").exists()
    assert redis.directory.stat().st_mode & 0o777 == 0o700 and redis.socket.stat().st_mode & 0o077 == 0
    assert "shares its state with no other machine" in lines_said(server)
    assert redis.connection().config_get("appendonly")["appendonly"] == "yes"
    assert server.stop() == 0
    assert not is_running(pid)


def test_the_state_is_there_again_at_the_next_start(tmp_path, started):
    server = started(tmp_path)
    world = World(server, server.client())
    world.set_user("1", enabled=["email"], last_auth_time="2026-01-02T03:04:05Z")
    before = server.user(world.tenant, "1")
    assert before["mfa"]["active"] and server.stop() == 0
    again = started(tmp_path)
    assert again.user(world.tenant, "1") == before
    world.client = again.client()
    assert world.rebilly_state("1")["status"] == "active"


def test_a_second_server_on_the_folder_joins_in(tmp_path, started, redis):
    first = started(tmp_path)
    pid = redis.pid()
    second = started(tmp_path)
    assert servers_of(redis.directory) == [pid]
    world = World(first, first.client())
    assert world.xsolla("POST", "1", {"mfa_type": "email", "enabled": True}).status == 204
    world.client = second.client()
    assert world.rebilly_state("1")["status"] == "active"
    assert second.stop() == 0
    assert redis.pid() == pid and first.ready(strict=True)


def test_a_worker_on_the_folder_joins_in(tmp_path, started):
    server = started(tmp_path, worker_enabled="false")
    started(tmp_path, call="worker")
    world = World(server, server.client())
    assert world.rebilly("POST", "1").status == 201
    assert server.mail_to(world.address("1"))


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_who_joined_takes_over_when_the_owner_goes(tmp_path, started, redis, how):
    first = started(tmp_path)
    world = World(first, first.client())
    second = started(tmp_path)
    old = redis.pid()
    first.process.send_signal(how)
    first.process.wait()
    redis.wait_for_pid(other_than=old)
    wait_for(lambda: second.ready(strict=True), "the second server to be ready again")
    world.client = second.client()
    assert world.rebilly_state("1")["status"] == "inactive"
    new = redis.pid()
    assert servers_of(redis.directory) == [new]
    assert second.stop() == 0
    assert not is_running(new)


def test_a_call_starts_it_for_its_own_run(tmp_path, redis):
    console = Console(tmp_path)
    for _ in range(3):
        console.load({"tenant": {"id": "acme"}}, {"user": {"tenant": "acme", "id": "1"}})
        assert servers_of(redis.directory) == []
    assert console.user("acme", "1")["id"] == "1"
    assert servers_of(redis.directory) == []


def test_a_call_beside_a_server_uses_the_servers(tmp_path, started, redis):
    server = started(tmp_path)
    pid = redis.pid()
    World(server, server.client())
    assert redis.pid() == pid and servers_of(redis.directory) == [pid]


def test_a_server_that_joined_a_call_goes_on_alone(tmp_path, started, redis):
    file = tmp_path / "slow.ndjson"  # for the passwords in it
    file.write_text(lines({"tenant": {"id": "acme"}}, *(
        {"panel_account": {"tenant": "acme", "login": f"login-{i}", "password": "correct horse"}} for i in range(2000))))
    call = Console(tmp_path).start("import", str(file))
    old = redis.wait_for_pid()
    server = started(tmp_path)
    assert redis.pid() == old and call.poll() is None, "the call was too quick for this test"
    assert end(call).status == -signal.SIGTERM
    new = redis.wait_for_pid(other_than=old)
    wait_for(lambda: server.ready(strict=True), "to be ready again")
    assert servers_of(redis.directory) == [new]


@pytest.mark.parametrize("call", ["serve", "worker"])
def test_it_ends_with_its_owner_also_when_he_is_killed(tmp_path, started, redis, call):
    owner = started(tmp_path, call=call)
    pid = redis.wait_for_pid()
    owner.kill()
    wait_for_exit(pid, "redis-server")
    assert servers_of(redis.directory) == []


def test_it_ends_with_a_call_that_is_killed(tmp_path, redis):
    process = Console(tmp_path).start("serve")
    pid = redis.wait_for_pid()
    process.kill()
    process.communicate()
    wait_for_exit(pid, "redis-server")


def test_the_next_owner_waits_for_the_old_server(tmp_path, started, redis):
    """There are never two servers on one append-only file, however slow the old one is to end."""
    owner = started(tmp_path)
    World(owner, owner.client())
    old = redis.pid()
    # A script that runs on keeps it from ending.
    busy = threading.Thread(target=run_long_script, args=(redis,))
    busy.start()
    wait_for(redis.is_busy, "the script to run")
    owner.kill()
    next_owner = Console(tmp_path).start("serve")
    try:
        seen = set()
        while is_running(old):
            seen.add(tuple(servers_of(redis.directory)))
        assert (old,) in seen and seen <= {(old,), ()}
        assert redis.wait_for_pid(other_than=old)
        line_with(next_owner, "http.listening")
    finally:
        busy.join()
        assert end(next_owner).status == 0


def run_long_script(redis):
    with contextlib.suppress(Exception):  # its connection ends with the server
        redis.connection().eval("for i = 1, 4e8 do end", 0)


def test_a_killed_redis_is_started_again(tmp_path, started, redis):
    server = started(tmp_path)
    world = World(server, server.client())
    assert world.xsolla("POST", "1", {"mfa_type": "email", "enabled": True}).status == 204
    for _ in range(3):
        old = redis.pid()
        os.kill(old, signal.SIGKILL)
        redis.wait_for_pid(other_than=old)
        wait_for(lambda: server.ready(strict=True), "to be ready again")
        assert world.rebilly_state("1")["status"] == "active"
    assert [entry["how"] for entry in server.events("redis.exited")] == ["signal 9"] * 3


def test_while_redis_restarts_every_request_is_answered(tmp_path, started, redis):
    server = started(tmp_path)
    world = World(server, server.client())
    statuses, done = [], threading.Event()

    def ask():
        while not done.is_set():
            statuses.append(world.rebilly("GET", "1").status)

    clients = [threading.Thread(target=ask) for _ in range(4)]
    for client in clients:
        client.start()
    old = redis.pid()
    os.kill(old, signal.SIGKILL)
    redis.wait_for_pid(other_than=old)
    wait_for(lambda: statuses[-20:] == [200] * 20, "all to be well again")
    done.set()
    for client in clients:
        client.join()
    assert set(statuses) <= {200, 503}


def test_a_redis_that_hangs_is_seen(tmp_path, started, redis):
    server = started(tmp_path, redis_timeout="200ms", ops_ready_after="100ms")
    world = World(server, server.client())
    pid = redis.pid()
    os.kill(pid, signal.SIGSTOP)
    try:
        assert world.rebilly("GET", "1").status == 503
        wait_for(lambda: server.ops("/readyz").status == 503, "no longer ready", seconds=60)
    finally:
        os.kill(pid, signal.SIGCONT)
    wait_for(lambda: server.ready(strict=True), "to be ready again")
    assert world.rebilly("GET", "1").status == 200


def test_what_was_acknowledged_survives_kill_9_of_all(tmp_path, started, redis):
    server = started(tmp_path)
    world = World(server, server.client())
    for user in ("1", "2", "3"):
        assert world.xsolla("POST", user, {"mfa_type": "email", "enabled": True}).status == 204
    pid = redis.pid()
    os.kill(pid, signal.SIGKILL)
    server.kill()
    wait_for_exit(pid, "redis-server")
    for new in servers_of(redis.directory):  # started again just before its owner was killed
        wait_for_exit(new, "redis-server")
    world.client = started(tmp_path).client()
    assert [world.rebilly_state(user)["status"] for user in ("1", "2", "3")] == ["active"] * 3


def test_many_who_come_at_once_have_one_redis(tmp_path, redis):
    console = Console(tmp_path)
    servers = [console.start("serve") for _ in range(2)]
    calls = [console.start("key", "list") for _ in range(3)]
    try:
        for call in calls:
            out, err = call.communicate(timeout=60)
            assert call.returncode == 0, err
        for server in servers:
            line_with(server, "http.listening")
        # The calls had one for their own run; a server that was its guest starts the next.
        wait_for(lambda: len(servers_of(redis.directory)) == 1, "the one Redis of both")
    finally:
        assert [end(server).status for server in servers] == [0, 0]
    assert servers_of(redis.directory) == []
