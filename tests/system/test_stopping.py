"""Stopping: nothing that was accepted goes unanswered, no mail is lost, and a second signal does not wait."""

import json
import signal
import threading

import pytest

from conftest import start_mfad
from console import Console, is_running, wait_for_exit
from harness import Mfad, link_in, wait_for
from private_redis import PrivateRedis
from wire import Connection, request
from world import World

BOTH = [signal.SIGTERM, signal.SIGINT]


@pytest.fixture
def server(tmp_path, redis_server, key_file):
    """One that a test stops itself."""
    server = start_mfad(tmp_path, redis_server, key_file, http_drain="2m", http_header_timeout="2m",
                        http_body_timeout="2m", http_idle_timeout="2m")
    yield server
    if server.process.poll() is None:
        server.kill()


# ---- under load -------------------------------------------------------------------------------------------------


class KeepAliveClient(threading.Thread):
    """Asks in a loop, over connections that it keeps, until nobody listens any more."""

    def __init__(self, server, world, users):
        super().__init__(daemon=True)
        self.server, self.world, self.users = server, world, iter(users)
        self.statuses, self.owed, self.faults = [], {}, []

    def run(self):
        while True:
            try:
                connection = Connection(self.server.port)
            except ConnectionRefusedError:
                return
            with connection:
                try:
                    self.converse(connection)
                except (EOFError, OSError) as fault:
                    # The kernel may have made a connection that nobody accepted any more.
                    if connection.answers > 0 or not isinstance(fault, ConnectionResetError):
                        self.faults.append(repr(fault))
                    return

    def converse(self, connection):
        """Every request gets its answer; the one that says `close` is the last, and then comes the end."""
        path = f"/organizations/{self.world.tenant}/profile/mfa"
        while not connection.closing:
            user = next(self.users, None)
            method = "POST" if user else "GET"
            connection.send(request(method, path, {"REB-APIKEY": self.world.secrets[user or "1"]}))
            status, _, body = connection.answer()
            self.statuses.append(status)
            if status == 201:
                self.owed[user] = body
        assert connection.ends_cleanly()


@pytest.mark.parametrize("how", BOTH, ids=lambda how: how.name)
def test_under_load_no_request_goes_unanswered_and_no_mail_is_lost(tmp_path, own_redis, how):
    settings = {"worker_lease": "3s", "mail_timeout": "2s", "limits_enabled": "false"}
    server = start_mfad(tmp_path / "first", own_redis, tmp_path / "keys.json", **settings)
    users = [str(number) for number in range(1, 501)]
    world = World(server, server.client(), users=users)
    clients = [KeepAliveClient(server, world, users[i::50]) for i in range(50)]
    for client in clients:
        client.start()
    wait_for(lambda: sum(len(client.owed) for client in clients) > 100, "load")
    assert server.stop(how) == 0
    for client in clients:
        client.join()
    assert [client.faults for client in clients if client.faults] == []
    assert {status for client in clients for status in client.statuses} <= {200, 201}
    assert server.events("server.stopped")[-1]["clean"] is True

    owed = {user for client in clients for user in client.owed}
    later = start_mfad(tmp_path / "first", own_redis, tmp_path / "keys.json", **settings)
    try:
        wait_for(lambda: {mail["To"] for mail in later.mails()} == {world.address(user) for user in owed},
                 f"mail to {len(owed)} users")
        wait_for(lambda: world.tenant not in later.call("outbox", "list"), "an empty outbox")
        assert len(later.mails()) == len(owed)  # each once
        assert len({link_in(mail) for mail in later.mails()}) == len(owed)
    finally:
        assert later.stop() == 0


# ---- one request ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", BOTH, ids=lambda how: how.name)
def test_a_request_that_has_begun_is_answered(server, how):
    world = World(server, server.client())
    body = b'{"mfa_type":"email","enabled":true}'
    whole = request("POST", f"/projects/{world.tenant}/users/1/mfa",
                    {"X-SERVER-AUTHORIZATION": world.server_key, "Content-Type": "application/json"}, body)
    with Connection(server.port) as half_sent, Connection(server.port) as idle:
        half_sent.send(whole[:-10])
        assert idle.ask("GET", f"/organizations/{world.tenant}/profile/mfa", {"REB-APIKEY": world.secrets["1"]}) == 200
        server.process.send_signal(how)
        assert idle.ends_cleanly()
        assert refuses_connections(server)
        assert server.ops("/readyz").text == "draining\n"  # those who ask are answered meanwhile
        half_sent.send(whole[-10:])
        status, headers, _ = half_sent.answer()
        assert status == 204 and headers["connection"] == "close"
        assert half_sent.ends_cleanly()
    assert server.process.wait(60) == 0


def refuses_connections(server):
    def refused():
        try:
            Connection(server.port).close()
            return False
        except ConnectionRefusedError:
            return True

    return wait_for(refused, "the listener to close")


def test_pipelined_requests_are_all_answered(server):
    world = World(server, server.client())
    one = request("GET", f"/organizations/{world.tenant}/profile/mfa", {"REB-APIKEY": world.secrets["1"]})
    with Connection(server.port) as connection:
        connection.send(one * 200)
        assert connection.answer()[0] == 200
        server.process.terminate()
        assert [connection.answer()[0] for _ in range(199)] == [200] * 199
        assert connection.ends_cleanly()
    assert server.process.wait(60) == 0


def test_a_request_that_never_ends_is_cut_off_in_time(tmp_path, redis_server, key_file):
    server = start_mfad(tmp_path, redis_server, key_file, http_drain="300ms", http_header_timeout="5m")
    with Connection(server.port) as connection:
        connection.send(b"GET / HTTP/1.1\r\n")
        wait_for_connections(server, 1)
        assert server.stop() == 0
        with pytest.raises((EOFError, ConnectionResetError)):
            connection.answer()
    assert server.events("server.stopped")[-1]["clean"] is False


def wait_for_connections(server, count):
    wait_for(lambda: f"\nmfad_http_connections {count}\n" in server.ops("/metrics").text, f"{count} connections")


@pytest.mark.parametrize("first, second", [(a, b) for a in BOTH for b in BOTH], ids=lambda how: how.name)
def test_a_second_signal_ends_at_once(server, first, second):
    with Connection(server.port) as connection:
        connection.send(b"GET / HTTP/1.1\r\n")  # two minutes would be waited for the rest
        wait_for_connections(server, 1)
        server.process.send_signal(first)
        wait_for(lambda: not server.ready(), "it to begin to stop")
        server.process.send_signal(second)
        assert server.process.wait(20) == 128 + second


def test_a_second_signal_takes_the_private_redis_along(tmp_path):
    server = Mfad(tmp_path, http_drain_delay="5m")
    redis = PrivateRedis(tmp_path / "var").pid()
    server.process.terminate()
    wait_for(lambda: not server.ready(), "it to begin to stop")
    assert is_running(redis)
    assert server.stop() == 128 + signal.SIGTERM
    wait_for_exit(redis, "redis-server")


def test_before_the_listener_closes_a_balancer_has_time_to_look(tmp_path, redis_server, key_file):
    server = start_mfad(tmp_path, redis_server, key_file, http_drain_delay="1500ms")
    world = World(server, server.client())
    server.process.terminate()
    wait_for(lambda: not server.ready(), "it to say that it stops")
    assert world.rebilly("GET", "1").status == 200  # on a new connection
    assert refuses_connections(server)
    assert server.process.wait(60) == 0


# ---- other signals, other ends ----------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [signal.SIGHUP, signal.SIGPIPE], ids=lambda how: how.name)
@pytest.mark.parametrize("call", ["serve", "worker"])
def test_a_hangup_and_a_broken_pipe_end_nothing(tmp_path, redis_server, key_file, call, how):
    server = start_mfad(tmp_path, redis_server, key_file, call=call)
    for _ in range(3):
        server.process.send_signal(how)
    if call == "serve":
        assert World(server, server.client()).rebilly("GET", "1").status == 200
    assert server.stop() == 0


def test_nobody_has_to_read_what_it_says(tmp_path, redis_server, key_file):
    console = Console(tmp_path, redis_url=redis_server.url, crypto_key_file=key_file)
    process = console.start("serve")
    for line in process.stderr:
        if '"http.listening"' in line:
            port = json.loads(line)["port"]
            break
    process.stderr.close()
    process.stdout.close()
    with Connection(port) as connection:
        assert [connection.ask("GET", "/nonsense") for _ in range(50)] == [404] * 50
    process.terminate()
    assert process.wait(60) == 0


def test_it_says_what_it_does(tmp_path, redis_server, key_file):
    server = start_mfad(tmp_path, redis_server, key_file)
    assert server.stop(signal.SIGINT) == 0
    events = [entry["event"] for entry in server.log()]
    assert [name for name in events if name.split(".")[0] in ("ops", "http", "server")] == [
        "ops.listening", "http.listening", "server.stopping", "server.stopped"]
    assert server.events("server.stopping")[0]["signal"] == signal.SIGINT
    assert server.output[0] == f"mfad serves {server.url}"


@pytest.mark.parametrize("how", BOTH, ids=lambda how: how.name)
def test_a_worker_says_what_it_does_and_ends_well(tmp_path, redis_server, key_file, how):
    worker = start_mfad(tmp_path, redis_server, key_file, call="worker")
    assert worker.stop(how) == 0
    assert [entry["event"] for entry in worker.log() if entry["event"].startswith("worker.")] == [
        "worker.started", "worker.stopping", "worker.stopped"]
