"""More requests at once than a server takes: the others are answered at once, each in the shape of its dialect."""

import signal
import threading

import pytest

import shapes
from conftest import start_mfad
from harness import RedisServer, wait_for
from prometheus_text import parse
from shapes import DIALECTS, check_refusal, read_of
from wire import Connection
from world import World

MOST = 2


@pytest.fixture
def store(tmp_path):
    made = RedisServer(tmp_path / "redis")
    yield made
    made.process.send_signal(signal.SIGCONT)
    made.stop()


@pytest.fixture
def mfad(store, key_file, tmp_path):
    """One thread, so that all requests count together; patient, so that they wait for a store that hangs."""
    server = start_mfad(tmp_path / "mfad", store, key_file, limits_enabled="false", server_threads=1,
                        http_max_requests=MOST, redis_timeout="30s")
    yield server
    store.process.send_signal(signal.SIGCONT)
    assert server.stop() == 0


def number(mfad, name, **labels):
    return parse(mfad.ops("/metrics").text)[name].value(**labels)


def test_one_request_too_many_is_answered_503_and_its_connection_stays(mfad, store, apis):
    world = World(mfad, mfad.client(observe=apis.observe))
    answers = []
    held = [threading.Thread(target=lambda: answers.append(world.rebilly("GET", "1").status)) for _ in range(MOST)]
    begun = len(mfad.lines)
    store.process.send_signal(signal.SIGSTOP)
    for thread in held:
        thread.start()
    wait_for(lambda: number(mfad, "mfad_http_requests_running") == MOST, "requests that wait for the store")

    for dialect in DIALECTS:
        refused = read_of(dialect, world).send(world.client)
        check_refusal(dialect, refused, *shapes.STORE_DOWN[dialect])
        assert refused.header("Retry-After") == "1" and refused.header("Connection") is None
    with Connection(mfad.port) as connection:
        assert [connection.ask("GET", "/x") for _ in range(3)] == [503] * 3
        assert answers == []
        store.process.send_signal(signal.SIGCONT)
        for thread in held:
            thread.join()
        assert answers == [200] * MOST
        assert connection.ask("GET", "/x") == 404

    refusals = len(DIALECTS) + 3
    assert number(mfad, "mfad_http_faults_total", status="503") == refusals
    assert number(mfad, "mfad_http_requests_running") == 0
    records = wait_for(lambda: [e for e in mfad.events("http.request", begun) if e["status"] != 503][MOST:], "records")
    assert len(records) == 1  # of the last request
    assert [e["status"] for e in mfad.events("http.request", begun)].count(503) == refusals
    assert not mfad.events("request.failed", begun) and not mfad.events("store.unavailable", begun)
