"""What every answer carries, whoever owns the path; and requests that are no HTTP."""

import datetime
import email.utils
import re
import uuid

import pytest

import shapes
from harness import wait_for
from raw_http import Raw
from shapes import DIALECTS, check_headers, check_problem, check_refusal, read_of, write_of

OWN_ID = r"[0-9a-f]{32}"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_answer_of_a_dialect_carries_the_same_fields(client, world, dialect):
    before = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    calls = [read_of(dialect, world), write_of(dialect, world), write_of(dialect, world).but(method="BREW"),
             write_of(dialect, world).but(path="/accounts/nothing")]
    for call in calls:
        response = call.send(client)
        check_headers(response)
        date = email.utils.parsedate_to_datetime(response.header("Date"))
        after = datetime.datetime.now(datetime.timezone.utc)
        assert before - datetime.timedelta(seconds=1) <= date <= after + datetime.timedelta(seconds=1)


@pytest.mark.parametrize("given", ["abc", "A-1_b.2", "0" * 64, str(uuid.UUID(int=7))])
def test_a_sane_request_id_is_taken_over(client, bystanding_call, mfad, given):
    response = bystanding_call.send(client, headers={"X-Request-Id": given})
    assert response.header("X-Request-Id") == given
    wait_for(lambda: any(entry["request"] == given for entry in mfad.events("http.request")), "the log to tell it")


@pytest.mark.parametrize("given", ["", "a b", "a" * 500, "<script>", '"quoted"', "a,b", "a/../b", "${x}", "a;b=c"])
def test_any_other_request_id_is_replaced(client, bystanding_call, given):
    response = bystanding_call.send(client, headers={"X-Request-Id": given})
    assert re.fullmatch(OWN_ID, response.header("X-Request-Id"))


@pytest.fixture(params=["refused", "native"])
def bystanding_call(request):
    path = "/accounts/mfa-settings" if request.param == "refused" else "/nothing"
    return shapes.Call("quiva", "PATCH", path, {})


def test_each_request_has_an_id_of_its_own(client):
    ids = {client.get("/nothing").header("X-Request-Id") for _ in range(50)}
    assert len(ids) == 50


# ---- what is no HTTP -------------------------------------------------------------------------------------------------

NO_HTTP = [
    b"nonsense\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GET\r\n\r\n", b"GET / HTTP/1.1\n\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET  / HTTP/1.1\r\n\r\n", b" GET / HTTP/1.1\r\n\r\n", b"\x00\r\n\r\n",
    b"GET http://evil.example/accounts/mfa-settings HTTP/1.1\r\nHost: a\r\n\r\n", b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET accounts/mfa-settings HTTP/1.1\r\nHost: a\r\n\r\n", b"GET /\xc3\xbc HTTP/1.1\r\nHost: a\r\n\r\n",
]


@pytest.mark.parametrize("sent", NO_HTTP, ids=range(len(NO_HTTP)))
def test_what_has_no_target_is_a_problem_and_the_end(mfad, sent):
    raw = Raw(mfad.port, sent + b"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n")
    answer = raw.answer
    assert answer.status == 400
    assert raw.closed and raw.answers == 1
    assert answer.header("Connection") == "close"
    assert answer.header("Content-Type").startswith("application/problem+json")
    problem = answer.json()
    assert problem["status"] == 400 and problem["title"]
    check_headers(answer)


NOT_QUITE_HTTP = {
    "no Host": b"{request}\r\n\r\n",
    "two Hosts": b"{request}\r\nHost: a\r\nHost: b\r\n\r\n",
    "a bad line": b"{request}\r\nHost: a\r\nno colon\r\n\r\n",
    "a folded line": b"{request}\r\nHost: a\r\nX: b\r\n c\r\n\r\n",
    "a control character": b"{request}\r\nHost: a\r\nX: \x01\r\n\r\n",
    "two lengths": b"{request}\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "length and chunks": b"{request}\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "an unknown coding": b"{request}\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
    "a length with a sign": b"{request}\r\nHost: a\r\nContent-Length: +2\r\n\r\n{}",
    "broken chunks": b"{request}\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n",
    "two credentials": b"{request}\r\nHost: a\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n",
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("flaw", NOT_QUITE_HTTP)
def test_once_there_is_a_target_its_owner_answers(mfad, world_of_module, dialect, flaw):
    call = shapes.Call("native", "POST", "/nothing", {}) if dialect == "native" else write_of(dialect, world_of_module)
    line = f"{call.method} {call.path} HTTP/1.1".encode()
    raw = Raw(mfad.port, NOT_QUITE_HTTP[flaw].replace(b"{request}", line) + b"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n")
    check_refusal(dialect, raw.answer, *shapes.MALFORMED[dialect])
    assert raw.closed and raw.answers == 1


@pytest.fixture(scope="module")
def world_of_module(mfad):
    from world import World

    return World(mfad, mfad.client())


def test_the_problem_of_a_native_path_has_its_own_media_type(client):
    response = client.get("/nothing")
    assert response.status == 404
    check_problem(response, shapes.PROBLEM_TYPE, ("code",))
