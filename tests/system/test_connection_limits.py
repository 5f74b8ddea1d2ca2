"""Limits on connections and on slow clients, over the real program."""

import socket
import time

import pytest

from conftest import start_mfad
from harness import wait_for
from prometheus_text import parse
from wire import Connection, request


@pytest.fixture(scope="module")
def hasty(redis_server, key_file, tmp_path_factory):
    """Patient with nobody; one thread, so that all its connections count together."""
    server = start_mfad(tmp_path_factory.mktemp("hasty"), redis_server, key_file, server_threads=1,
                        http_max_connections=5, http_header_timeout="400ms", http_body_timeout="600ms",
                        http_idle_timeout="800ms", http_max_header="1KiB", http_max_body="1KiB")
    yield server
    assert server.stop() == 0


@pytest.fixture
def connect(hasty):
    connections = []

    def connect():
        connections.append(Connection(hasty.port))
        return connections[-1]

    no_connections(hasty)
    yield connect
    for connection in connections:
        connection.close()


def number(server, name, **labels):
    return parse(server.ops("/metrics").text)[name].value(**labels)


def no_connections(server):
    wait_for(lambda: number(server, "mfad_http_connections") == 0, "no connections")


def test_one_connection_too_many_is_closed_at_once(hasty, connect):
    before = number(hasty, "mfad_http_connections_refused_total")
    held = [connect() for _ in range(5)]
    assert [connection.ask("GET", "/x") for connection in held] == [404] * 5
    assert refused(connect())
    assert number(hasty, "mfad_http_connections_refused_total") == before + 1
    assert [connection.ask("GET", "/x") for connection in held] == [404] * 5  # the others stay
    held[0].close()
    wait_for(lambda: number(hasty, "mfad_http_connections") == 4, "room for another")
    assert connect().ask("GET", "/x") == 404


def refused(connection):
    """Closed before a byte was read: by a reset, if a byte had been sent."""
    try:
        return connection.ends_cleanly()
    except ConnectionResetError:
        return True


def test_a_connection_without_a_request_ends_quietly(connect):
    assert connect().ends_cleanly()
    used = connect()
    assert used.ask("GET", "/x") == 404
    assert used.ends_cleanly()


def test_a_connection_in_use_is_kept(connect):
    connection = connect()
    end = time.monotonic() + 1.6  # twice as long as it may be idle
    while time.monotonic() < end:
        assert connection.ask("GET", "/x") == 404
        time.sleep(0.02)  # a thousand requests would end it too


@pytest.mark.parametrize("begun, fault", [
    (b"G", "408"),
    (b"GET /projects/p/users/u/mfa HTTP/1.1\r\nHost: x\r\n", "408"),
    (request("POST", "/projects/p/users/u/mfa", {"Content-Length": 100}) + b"half of it", "408"),
])
def test_a_slow_request_is_given_up(hasty, connect, begun, fault):
    before = number(hasty, "mfad_http_faults_total", status=fault)
    connection = connect()
    connection.send(begun)
    status, headers, _ = connection.answer()
    assert 400 <= status < 500 and headers["connection"] == "close"
    assert connection.ends_cleanly()
    assert number(hasty, "mfad_http_faults_total", status=fault) == before + 1


def test_dripping_bytes_do_not_prolong_a_request(connect):
    connection = connect()
    begun = time.monotonic()
    connection.socket.settimeout(0.05)
    connection.send(b"GET / HTTP/1.1\r\n")
    while True:
        try:
            connection.send(b"X-Drip: 1\r\n")
            connection.more()
            break
        except socket.timeout:
            assert time.monotonic() - begun < 20, "it would go on for ever"
    assert connection.rest.startswith(b"HTTP/1.1 4")


@pytest.mark.parametrize("path, fields, body, status", [
    ("/x", {"X-Long": "x" * 2000}, b"", 431),
    ("/" + "x" * 2000, {}, b"", 414),
    ("/projects/p/users/u/mfa", {}, b"x" * 2000, 413),
])
def test_what_is_too_large_is_refused(connect, path, fields, body, status):
    connection = connect()
    connection.send(request("POST", path, fields, body))
    assert connection.answer()[0] == status
    assert connection.ends_cleanly()


def test_slow_clients_hold_up_nobody(hasty, connect):
    for _ in range(4):
        connect().send(b"GET /x HT")
    begun = time.monotonic()
    assert connect().ask("GET", "/x") == 404
    assert time.monotonic() - begun < 10
