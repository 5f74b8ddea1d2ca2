"""The log of a whole run: lines of JSON, a request's id in each of its lines, and no secret anywhere."""

import json
import re

import pytest

from harness import Mfad, wait_for
from whole_flow import WholeFlow


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A server with its private Redis, talkative, after the whole flow."""
    directory = tmp_path_factory.mktemp("run")
    server = Mfad(directory, log_level="debug", limits_enabled="false", codes_length=8)
    flow = WholeFlow(server)
    flow.run()
    yield flow
    assert server.stop() == 0


@pytest.fixture
def output(run):
    """All that the run has left behind where people look: name, text."""
    mfad = run.mfad
    wait_for(lambda: {run.request_ids[-1]} <= {entry.get("request") for entry in mfad.log()}, "the last line")
    return {
        "stderr": "\n".join(mfad.lines),
        "stdout": "\n".join(mfad.output),
        "the log of Redis": next(mfad.directory.rglob("redis.log")).read_text(),
        "metrics": mfad.ops("/metrics").text,
        "command line": "\n".join(run.printed),
    }


def found(secrets, text):
    return sorted(secret for secret in secrets if secret in text)


def test_the_flow_had_secrets_of_every_kind(run):
    assert len(run.secrets) >= 25
    assert min(map(len, run.secrets)) >= 8
    assert len(run.request_ids) > 80


def test_no_secret_is_put_out(run, output):
    assert {name: found(run.secrets, text) for name, text in output.items() if found(run.secrets, text)} == {}


def test_no_key_of_the_installation_is_put_out(run, output):
    key_file = next(run.mfad.directory.rglob("keys.json")).read_text()
    keys = set(re.findall(r'"([A-Za-z0-9+/_=-]{24,})"', key_file))
    assert len(keys) >= 3
    assert {name: found(keys, text) for name, text in output.items() if found(keys, text)} == {}


def test_every_line_is_an_object_with_time_level_and_event(run):
    assert len(run.mfad.lines) > 80
    for line in run.mfad.lines:
        entry = json.loads(line)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", entry["ts"])
        assert entry["level"] in ("debug", "info", "warn", "error")
        assert re.fullmatch(r"[a-z_]+\.[a-z_]+", entry["event"])


def test_each_request_has_one_line_under_its_id(run, output):
    lines = [entry["request"] for entry in run.mfad.events("http.request")]
    assert [request_id for request_id in run.request_ids if lines.count(request_id) != 1] == []


def test_a_request_line_says_who_did_what(run):
    entries = run.mfad.events("http.request")
    assert {"xsolla", "rebilly", "quiva", "navixy", "native"} == {entry["dialect"] for entry in entries}
    for entry in entries:
        assert {"method", "route", "status", "duration_us", "client"} <= set(entry)
        assert entry["route"] == "none" or entry["route"].startswith("/")
    assert [e for e in entries if e["status"] == 201 and e["tenant"] == run.world.tenant and e["credential"]]


HOSTILE = [
    b'GET /"},{"event":"forged" HTTP/1.1\r\nHost: a\r\n\r\n',
    b'GET /%0D%0A{"ts":"0","level":"info","event":"forged"} HTTP/1.1\r\nHost: a\r\n\r\n',
    b'GET /accounts?a=%0a{"event":"forged"}&b="\\ HTTP/1.1\r\nHost: a\r\n\r\n',
    b'GET /accounts HTTP/1.1\r\nHost: a\r\nX-Request-Id: a"b\r\n\r\n',
    b'GET /accounts HTTP/1.1\r\nHost: a\r\nX-Request-Id: a\n{"event":"forged"}\r\n\r\n',
    b'GET /accounts HTTP/1.1\r\nHost: a\r\nX-Request-Id: a\r\n {"event":"forged"}\r\n\r\n',
    b'GET /accounts HTTP/1.1\r\nHost: a\r\nX-Request-Id: ' + b"x" * 65 + b"\r\n\r\n",
    b'GET /accounts HTTP/1.1\r\nHost: a\r\nX-Request-Id: \x1b[2J\r\n\r\n',
    b'GET /accounts HTTP/1.1\r\nHost: a\r\nX-Api-Key: \x01\x7f\xff\xfe\r\n\r\n',
    b'GET /accounts\xc3\x28\xff HTTP/1.1\r\nHost: a\r\n\r\n',
    b'GET /accounts\x00forged HTTP/1.1\r\nHost: a\r\n\r\n',
    b'FORGED"} /accounts HTTP/1.1\r\nHost: a\r\n\r\n',
    b'POST /panel/account/auth HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 42\r\n\r\n'
    b'{"login":"\\n{\\"event\\":\\"forged\\"}","pass":1}',
]


@pytest.mark.parametrize("request_bytes", HOSTILE, ids=range(len(HOSTILE)))
def test_no_request_breaks_or_forges_a_line(run, request_bytes):
    before = len(run.mfad.lines)
    status, headers, _ = run.send_raw(request_bytes)
    assert 400 <= status < 500
    given = headers["X-Request-Id"]
    assert re.fullmatch(r"[\w.-]{1,64}", given) and given != "a"
    last = run.client.get("/accounts/nothing")  # lines come out in order: after this one's all are there
    wait_for(lambda: any(last.header("X-Request-Id") in line for line in run.mfad.lines), "the next line")
    lines = [json.loads(line) for line in run.mfad.lines[before:]]
    assert {entry["event"] for entry in lines} == {"http.request"}
    assert all("forged" not in line for line in run.mfad.lines[before:])


def test_a_sane_request_id_is_taken_over(run):
    answer = run.client.get("/accounts/nothing", headers={"X-Request-Id": "gateway-7.Ab_c"})
    assert answer.header("X-Request-Id") == "gateway-7.Ab_c"
    entry = wait_for(lambda: [e for e in run.mfad.events("http.request") if e["request"] == "gateway-7.Ab_c"], "its line")
    assert len(entry) == 1
