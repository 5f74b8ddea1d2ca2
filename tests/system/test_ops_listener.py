"""The ops listener: metrics, health and readiness, and nowhere else."""

import re
import resource
import subprocess

import pytest

from conftest import start_mfad
from console import line_with
from harness import BINARY, ROOT, Client, wait_for
from prometheus_text import parse
from world import World


def metrics(server):
    response = server.ops("/metrics")
    assert response.status == 200
    assert response.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8"
    return parse(response.text)


# ---- metrics ----------------------------------------------------------------------------------------------------


def documented():
    """Of docs/metrics.md: name → (type, labels)."""
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \|([^|]*)\| (.*) \|$", (ROOT / "docs/metrics.md").read_text(), re.M)
    assert all(meaning.strip() for *_, meaning in rows)
    return {name: (type, set(re.findall(r"`(\w+)`", labels))) for name, type, labels, _ in rows}


def test_metrics_are_those_of_the_document(mfad, world):
    assert world.rebilly("POST", "1").status == 201  # one of everything that appears as it occurs
    shown = {name: (family.type, family.label_names()) for name, family in metrics(mfad).items()}
    assert shown == documented()


def test_requests_are_counted_by_route_and_status(mfad, world):
    def count():
        return metrics(mfad)["mfad_http_requests_total"].total(dialect="xsolla", status="404",
                                                               route="/projects/{project_id}/users/{user_id}/mfa")

    before = count()
    for _ in range(3):
        assert world.xsolla("GET", "no-such-user").status == 404
    assert count() == before + 3


def test_every_request_is_timed(mfad, world):
    def count():
        families = metrics(mfad)
        timed = sum(number for (name, _), number in families["mfad_http_request_duration_seconds"].samples.items()
                    if name.endswith("_count"))
        return timed, families["mfad_http_requests_total"].total()

    world.rebilly("GET", "1")
    world.quiva("GET", "1", path="/no/such/path")
    timed, counted = count()
    assert timed == counted > 1


def test_a_delivered_mail_is_counted(mfad, world):
    def delivered():
        return metrics(mfad)["mfad_mail_jobs_total"].value(outcome="delivered")

    before = delivered()
    assert world.rebilly("POST", "1").status == 201
    mfad.mail_to(world.address("1"))
    wait_for(lambda: delivered() == before + 1, "the mail to be counted")


def test_metrics_name_nobody(mfad, world):
    world.rebilly("POST", "1")
    world.xsolla("GET", "1", path=f"/projects/{world.tenant}/nonsense/secret-in-a-path?token=secret-in-a-query")
    text = mfad.ops("/metrics").text
    for name in (world.tenant, world.server_key, world.secrets["1"], world.address("1"), "secret-in-a"):
        assert name not in text


def test_the_limit_of_descriptors_is_raised_as_far_as_it_goes(tmp_path, redis_server, key_file):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    script = tmp_path / "limited"
    script.write_text(f'#!/bin/sh\nulimit -S -n 100\nexec {BINARY} "$@"\n')
    script.chmod(0o755)
    server = start_mfad(tmp_path, redis_server, key_file, binary=script)
    try:
        assert metrics(server)["process_max_fds"].value() == hard
    finally:
        assert server.stop() == 0


# ---- health and readiness ---------------------------------------------------------------------------------------


def test_a_server_in_service_is_healthy_and_ready(mfad):
    assert mfad.ops("/healthz").text == "ok\n"
    for path in ("/readyz", "/readyz?strict"):
        assert (mfad.ops(path).status, mfad.ops(path).text) == (200, "ready\n")


@pytest.mark.parametrize("path", ["/metrics", "/healthz", "/readyz"])
def test_they_may_be_read_and_nothing_else(mfad, path):
    ops = Client(mfad.ops_port)
    head = ops.request("HEAD", path)
    assert head.status == 200 and head.body == b""
    for method in ("POST", "PUT", "DELETE"):
        refused = ops.request(method, path)
        assert refused.status == 405 and refused.header("Allow") == "GET, HEAD"


@pytest.mark.parametrize("path", ["/", "/metrics/", "/metricsx", "/projects/p/users/u/mfa", "/debug"])
def test_the_ops_listener_has_nothing_else(mfad, path):
    assert mfad.ops(path).status == 404


@pytest.mark.parametrize("path", ["/metrics", "/healthz", "/readyz"])
def test_the_public_listener_has_none_of_them(mfad, client, path):
    assert client.get(path).status == 404


def test_without_an_address_there_is_no_ops_listener(tmp_path, redis_server, key_file):
    process = subprocess.Popen(
        [str(BINARY), "serve"], cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
        env={"PATH": "/usr/bin:/bin", "MFAD_OPS_LISTEN": "", "MFAD_HTTP_LISTEN": "127.0.0.1:0",
             "MFAD_REDIS_URL": redis_server.url, "MFAD_CRYPTO_KEY_FILE": str(key_file)})
    line_with(process, '"http.listening"')
    process.terminate()
    assert "ops.listening" not in process.communicate(timeout=60)[1] and process.returncode == 0


def test_a_store_that_is_away_is_told_at_once_to_who_is_strict(tmp_path, own_redis):
    server = start_mfad(tmp_path, own_redis, tmp_path / "keys.json", ops_ready_after="10m")
    try:
        own_redis.kill()
        wait_for(lambda: server.ops("/readyz?strict").status == 503, "the strict answer")
        assert server.ops("/readyz?strict").text == "store away\n"
        assert int(server.ops("/readyz?strict").header("Retry-After")) >= 1
        assert server.ops("/readyz").status == 200 and server.ops("/healthz").status == 200
        assert metrics(server)["mfad_store_up"].value() == 0
        own_redis.start()
        wait_for(lambda: server.ready(strict=True), "to be ready again")
        assert metrics(server)["mfad_store_up"].value() == 1
    finally:
        assert server.stop() == 0


def test_a_store_that_stays_away_takes_the_server_out_of_service(tmp_path, own_redis):
    server = start_mfad(tmp_path, own_redis, tmp_path / "keys.json", ops_ready_after="200ms")
    try:
        world = World(server, server.client())
        own_redis.kill()
        wait_for(lambda: server.ops("/readyz").status == 503, "no longer to be ready")
        assert world.rebilly("GET", "1").status == 503 and server.ops("/healthz").status == 200
        own_redis.start()
        wait_for(lambda: server.ops("/readyz").status == 200, "to be ready again")
        assert world.rebilly("GET", "1").status == 200
    finally:
        assert server.stop() == 0


def test_a_server_that_stops_is_not_ready_and_answers_on(tmp_path, redis_server, key_file):
    server = start_mfad(tmp_path, redis_server, key_file, http_drain_delay="5m")
    world = World(server, server.client())
    server.process.terminate()
    wait_for(lambda: server.ops("/readyz").status == 503, "no longer to be ready")
    assert server.ops("/readyz").text == "draining\n"
    assert server.ops("/healthz").status == 200 and server.ops("/metrics").status == 200
    assert world.rebilly("GET", "1").status == 200  # the balancer may not have looked yet
    assert server.stop() != 0  # the second signal ends the wait
