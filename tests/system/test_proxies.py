"""Whose request it is, behind proxies: a field that a trusted one sets, or the PROXY protocol; and through HAProxy."""

import itertools
import socket
import subprocess

import pytest

from conftest import start_mfad
from console import free_port
from harness import PATIENCE, wait_for
from prometheus_text import parse
from wire import Connection, request

CLIENT = "127.0.0.9"  # who asks HAProxy; it asks us from 127.0.0.1
FORGED = {"X-Forwarded-For": "203.0.113.1", "Forwarded": "for=203.0.113.2"}

# As an operator would have it: one way to tell the client for each kind of server.
CONFIGURATION = """
global
    maxconn 1000
defaults
    mode http
    timeout connect 2s
    timeout client 60s
    timeout server 60s
frontend customary
    bind 127.0.0.1:{customary[0]}
    option forwardfor
    default_backend customary
frontend standard
    bind 127.0.0.1:{standard[0]}
    http-request add-header Forwarded for=%[src]
    default_backend standard
frontend text
    bind 127.0.0.1:{text[0]}
    default_backend text
frontend binary
    bind 127.0.0.1:{binary[0]}
    default_backend binary
backend customary
    server s 127.0.0.1:{customary[1]}
backend standard
    server s 127.0.0.1:{standard[1]}
backend text
    server s 127.0.0.1:{text[1]} send-proxy
backend binary
    server s 127.0.0.1:{binary[1]} send-proxy-v2 proxy-v2-options crc32c
"""

ids = itertools.count(1)


class Behind:
    """A server, and how to learn from its log who it thinks has asked."""

    def __init__(self, mfad):
        self.mfad = mfad

    def client_of(self, ask):
        """`ask` sends a request with these fields."""
        request_id = f"proxied-{next(ids)}"
        assert ask({"X-Request-Id": request_id}) == 404

        def find():
            return [entry["client"] for entry in self.mfad.events("http.request") if entry["request"] == request_id]

        [client] = wait_for(find, f"a record of {request_id}")
        return client

    def number(self, name):
        return parse(self.mfad.ops("/metrics").text)[name].value()


def asks(port, fields=None, *, source="127.0.0.1", first=b""):
    """Sends `first`, and a request with these fields and those that are asked for."""
    def ask(more):
        with Connection(port, source=source) as connection:
            connection.send(first + request("GET", "/x", {**(fields or {}), **more}))
            return connection.answer()[0]

    return ask


@pytest.fixture(scope="module")
def start(redis_server, key_file, tmp_path_factory):
    started = []

    def start(**settings):
        started.append(start_mfad(tmp_path_factory.mktemp("behind"), redis_server, key_file, **settings))
        return Behind(started[-1])

    yield start
    assert [mfad.stop() for mfad in started] == [0] * len(started)


@pytest.fixture(scope="module")
def customary(start):
    return start(http_trusted_proxies="127.0.0.1")


@pytest.fixture(scope="module")
def standard(start):
    return start(http_trusted_proxies="127.0.0.1", http_forwarded_header="Forwarded")


@pytest.fixture(scope="module")
def prefaced(start):
    """Its connections begin with the PROXY protocol."""
    return start(http_trusted_proxies="127.0.0.1", http_proxy_protocol="true", http_header_timeout="2s")


# ---- by hand ---------------------------------------------------------------------------------------------------------


def test_a_stranger_cannot_say_who_he_is(mfad, customary, standard):
    for server in (Behind(mfad), customary, standard):
        assert server.client_of(asks(server.mfad.port, FORGED, source=CLIENT)) == CLIENT
    assert Behind(mfad).client_of(asks(mfad.port, FORGED)) == "127.0.0.1"


def test_the_right_most_stranger_in_the_configured_field_is_the_client(customary, standard):
    both = {"X-Forwarded-For": "1.2.3.4, 203.0.113.1,127.0.0.1",
            "Forwarded": 'for=1.2.3.4, for="[2001:db8::7]:4711";proto=https, for=127.0.0.1'}
    assert customary.client_of(asks(customary.mfad.port, both)) == "203.0.113.1"
    assert standard.client_of(asks(standard.mfad.port, both)) == "2001:db8::7"


def binary(source, command=0x21):
    """A header of version 2, for an IPv4 address."""
    addresses = socket.inet_aton(source) + socket.inet_aton("127.0.0.1") + b"\x12\x34\x00\x50"
    return b"\r\n\r\n\0\r\nQUIT\n" + bytes([command, 0x11, 0, len(addresses)]) + addresses


@pytest.mark.parametrize("header, client", [
    (b"PROXY TCP4 203.0.113.7 127.0.0.1 4660 80\r\n", "203.0.113.7"),
    (b"PROXY TCP6 2001:db8::7 ::1 4660 80\r\n", "2001:db8::7"),
    (b"PROXY UNKNOWN\r\n", "127.0.0.1"),
    (binary("203.0.113.7"), "203.0.113.7"),
    (binary("203.0.113.7", command=0x20), "127.0.0.1"),
], ids=["text", "text_v6", "text_unknown", "binary", "binary_local"])
def test_a_proxy_header_says_who_the_client_is(prefaced, header, client):
    assert prefaced.client_of(asks(prefaced.mfad.port, first=header)) == client


@pytest.mark.parametrize("source, first", [
    ("127.0.0.1", request("GET", "/x")), ("127.0.0.1", b"PROXY TCP4 a b c d\r\n"), ("127.0.0.1", b""),
    (CLIENT, binary("203.0.113.7") + request("GET", "/x"))], ids=["none", "malformed", "late", "stranger"])
def test_a_connection_without_its_proxy_header_is_closed_and_counted(prefaced, source, first):
    before = prefaced.number("mfad_http_proxy_headers_missing_total")
    with Connection(prefaced.mfad.port, source=source) as connection:
        try:
            connection.send(first)
            assert connection.ends_cleanly()
        except (ConnectionResetError, BrokenPipeError):
            pass  # closed before all was read
    assert prefaced.number("mfad_http_proxy_headers_missing_total") == before + 1


def test_a_client_has_so_many_connections_in_all_threads_together(start):
    server = start(http_max_connections_per_address=3)
    held = [Connection(server.mfad.port, source=CLIENT) for _ in range(3)]
    assert [connection.ask("GET", "/x") for connection in held] == [404] * 3
    for count in range(1, 9):  # on either thread
        with Connection(server.mfad.port, source=CLIENT) as connection:
            assert connection.ends_cleanly()
        assert server.number("mfad_http_connections_refused_per_address_total") == count
    with Connection(server.mfad.port, source="127.0.0.10") as another:
        assert another.ask("GET", "/x") == 404
    held.pop().close()
    wait_for(lambda: server.number("mfad_http_connections") == 2, "the end of a connection")
    with Connection(server.mfad.port, source=CLIENT) as connection:
        assert connection.ask("GET", "/x") == 404
    for connection in held:
        connection.close()


# ---- through HAProxy -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def haproxy(customary, standard, prefaced, tmp_path_factory):
    """The ports of one that runs."""
    servers = {"customary": customary, "standard": standard, "text": prefaced, "binary": prefaced}
    ports = {name: (free_port(), server.mfad.port) for name, server in servers.items()}
    file = tmp_path_factory.mktemp("haproxy") / "haproxy.cfg"
    file.write_text(CONFIGURATION.format(**ports))
    process = subprocess.Popen(["haproxy", "-db", "-q", "-f", str(file)], stdin=subprocess.DEVNULL)
    wait_for(lambda: all(listens(port) for port, _ in ports.values()), "HAProxy")
    yield {name: port for name, (port, _) in ports.items()}
    process.terminate()
    process.wait(PATIENCE)


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("way", ["customary", "standard", "text", "binary"])
def test_behind_haproxy_the_client_is_who_asked_it(haproxy, way, request):
    server = request.getfixturevalue(way if way in ("customary", "standard") else "prefaced")
    assert server.client_of(asks(haproxy[way], source=CLIENT)) == CLIENT
    # It adds to the configured field, and passes the other one on.
    assert server.client_of(asks(haproxy[way], FORGED, source=CLIENT)) == CLIENT
    assert server.client_of(asks(haproxy[way], source="127.0.0.10")) == "127.0.0.10"


# ---- what it is for --------------------------------------------------------------------------------------------------


def test_each_client_behind_a_proxy_has_his_own_limit(start, redis):
    server = start(http_trusted_proxies="127.0.0.1", limits_address="2/1m")

    def begin(fields):
        return server.mfad.client().post("/accounts/begin-auth-with-passkey", headers=fields, json_body={}).status

    try:
        for client in ("198.51.100.1", "2001:db8::7"):
            assert [begin({"X-Forwarded-For": client}) for _ in range(3)] == [200, 200, 429]
            assert begin({"X-Forwarded-For": f"198.51.100.9, {client}"}) == 429  # nor by a forged one
    finally:
        for key in redis.scan_iter(match="mfa:*:q:*:address/*"):
            redis.delete(key)
