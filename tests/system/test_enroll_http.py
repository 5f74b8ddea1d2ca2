"""The enrollment page as HTTP: who may ask, what is malformed, and the headers of page and assets."""

import base64
import re
import secrets

import pytest

from links import Link, Records

CSP = ("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
       "form-action 'none'; base-uri 'none'; frame-ancestors 'none'")
CALLS = ["link", "begin", "code", "verify"]
VISIT_CALLS = ["challenge", "challenge/send", "challenge/verify", "status", "totp", "totp/confirm", "passkey",
               "passkey/confirm", "recovery-codes", "factors/remove", "devices/remove", "lost/reset", "lost/schedule", "lost/cancel"]


def assets_of(client):
    """All that the page names, at once or for later."""
    return [f"/enroll/assets/{name}" for name in re.findall(r"[\w]+-[0-9a-f]{16}\.\w+", client.get("/enroll/").text)]


# ---- nothing happens by itself ---------------------------------------------------------------------------------------

def test_what_a_mail_scanner_fetches_changes_nothing(redis_server, world):
    link = Link(world)
    records = Records(redis_server, world)
    before = records.content()
    for _ in range(2):
        for path in ("/enroll/", "/enroll", f"/enroll/?{link.token}", *assets_of(world.client)):
            world.client.get(path)
            world.client.request("HEAD", path)
        assert link.state == "open"
    assert records.content() == before


@pytest.mark.parametrize("call", CALLS + VISIT_CALLS)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_only_post_asks(client, call, method):
    response = client.request(method, f"/enroll/api/{call}")
    assert response.status == 405
    assert response.header("Allow") == "POST"


# ---- who may ask -----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("call", CALLS + VISIT_CALLS)
@pytest.mark.parametrize("headers", [
    {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": ""}, {"Origin": "https://localhost:{port}"},
    {"Origin": "http://localhost:{port}.evil.example"}, {"Origin": "http://localhost"}, {"Origin": "http://127.0.0.1:{port}"},
    {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "none"},
    {"Origin": "http://localhost:{port}", "Sec-Fetch-Site": "cross-site"},
], ids=lambda headers: " ".join(headers.values()) or "empty")
def test_another_site_may_not_ask(mfad, world, call, headers):
    link = Link(world)
    headers = {name: value.format(port=mfad.port) for name, value in headers.items()}
    assert link.ask(call, headers=headers, code="123456").status == 403
    assert link.view()["state"] == "open"


def test_the_page_itself_may_ask(mfad, world):
    own = {"Origin": f"http://localhost:{mfad.port}", "Sec-Fetch-Site": "same-origin"}
    assert Link(world).ask("code", headers=own).status == 200


@pytest.mark.parametrize("media_type, status", [
    ("application/json", 200), ("application/json; charset=utf-8", 200), ("Application/JSON", 200),
    ("text/plain", 415), ("application/x-www-form-urlencoded", 415), ("multipart/form-data; boundary=x", 415),
    ("application/jsonx", 415), ("text/plain; application/json", 415), ("", 415), (None, 415),
])
def test_only_json_is_read(world, media_type, status):
    body = '{"token":"%s"}' % Link(world).token
    headers = {} if media_type is None else {"Content-Type": media_type}
    assert world.client.post("/enroll/api/link", headers=headers, body=body).status == status


@pytest.mark.parametrize("body", [
    "", "x", "[]", "null", '"token"', "{}", '{"token":null}', '{"token":1}', '{"token":["a"]}', '{"token":"a"',
    '{"token":"\udcff"}', "{" * 40, '{"token":' * 40,
])
@pytest.mark.parametrize("call", CALLS)
def test_what_this_page_does_not_send_is_refused(client, call, body):
    json_type = {"Content-Type": "application/json"}
    response = client.post(f"/enroll/api/{call}", headers=json_type, body=body.encode("utf-8", "surrogateescape"))
    assert response.status == 400
    assert response.header("Content-Type").startswith("application/problem+json")


@pytest.mark.parametrize("code", ["null", "123456", '["123456"]', "{}", "true"])
def test_a_code_is_a_text(world, code):
    body = '{"token":"%s","code":%s}' % (Link(world).token, code)
    response = world.client.post("/enroll/api/verify", headers={"Content-Type": "application/json"}, body=body)
    assert response.status == 400


# ---- tokens ----------------------------------------------------------------------------------------------------------

def other_spelling(token):
    """The same bytes: bits that base64 leaves over are set."""
    return token[:-1] + chr(ord(token[-1]) + 1)


def in_partition(token, partition):
    raw = base64.urlsafe_b64decode(token + "=")
    return base64.urlsafe_b64encode(partition.to_bytes(2, "big") + raw[2:]).decode().rstrip("=")


@pytest.mark.parametrize("spoil", [
    lambda t: "", lambda t: "A", lambda t: t[:-1], lambda t: t + "A", lambda t: t + "=", lambda t: t + "\n",
    lambda t: " " + t, lambda t: t[:-1] + "!", lambda t: "é" + t[1:], lambda t: "\0" * 35, lambda t: t.swapcase(),
    lambda t: "A" * 35, other_spelling, lambda t: in_partition(t, 64), lambda t: in_partition(t, 65535),
    lambda t: in_partition(t, (base64.urlsafe_b64decode(t + "=")[1] + 1) % 64), lambda t: t * 200,
    lambda t: "../" + t, lambda t: "*", lambda t: secrets.token_urlsafe(26), lambda t: f"#{t}",
], ids=range(21))
def test_a_token_that_is_none_leads_nowhere(world, spoil):
    link = Link(world)
    bad = Link(world, token=spoil(link.token))
    assert bad.view() == {"state": "unknown"}
    for response in (bad.ask("begin"), bad.ask("code"), bad.verify("123456")):
        assert (response.status, response.json()) == (404, {"state": "unknown"})
    assert link.view()["state"] == "open"


# ---- page and assets -------------------------------------------------------------------------------------------------

def test_the_page_has_its_guards(client):
    for path in ("/enroll/", "/enroll"):
        page = client.get(path)
        assert page.status == 200
        assert {name: page.header(name) for name in (
            "Content-Type", "Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "Cache-Control",
            "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy", "Set-Cookie")} == {
            "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": CSP,
            "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
            "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
            "Set-Cookie": None}


def test_the_page_has_nothing_inline_and_nothing_of_others(client):
    text = client.get("/enroll/").text
    assert re.findall(r"<script(?![^>]*\ssrc=)", text) == []
    assert re.findall(r"<style|\sstyle=|\son\w+=|javascript:", text) == []
    assert all(not reference.startswith(("http", "//")) for reference in re.findall(r'(?:href|src)="([^"]+)"', text))


def test_assets_are_fingerprinted_and_kept_for_ever(client):
    assets = assets_of(client)
    assert len(assets) == 8
    for path in assets:
        assert re.fullmatch(r"/enroll/assets/\w+-[0-9a-f]{16}\.(css|js|json)", path)
        asset = client.get(path)
        assert asset.status == 200
        assert asset.header("Cache-Control") == "public, max-age=31536000, immutable"
        assert asset.header("X-Content-Type-Options") == "nosniff"
        assert asset.header("Referrer-Policy") == "no-referrer"
        kind = {"css": "text/css", "js": "text/javascript", "json": "application/json"}[path.rpartition(".")[2]]
        assert asset.header("Content-Type") == f"{kind}; charset=utf-8"


@pytest.mark.parametrize("language", ["en", "de", "es", "ru", "zh"])
def test_a_load_is_small(client, language):
    """The page, what it loads at once, and one language."""
    page = client.get("/enroll/")
    loaded = [path for path in assets_of(client) if "/manage-" not in path and not path.endswith("json")
              or f"/{language}-" in path]
    assert len(loaded) == 3
    assert len(page.body) + sum(len(client.get(path).body) for path in loaded) < 40 * 1024


@pytest.mark.parametrize("name", ["enroll.css", "enroll.js", "enroll-0000000000000000.js", "x", "", "..%2fenroll.html",
                                  "%2e%2e", "enroll.html", "en.json", "core.js"])
def test_unknown_assets_are_not_found(client, name):
    response = client.get(f"/enroll/assets/{name}")
    assert response.status == 404
    assert response.header("Cache-Control") == "no-store"


def test_answers_are_kept_by_nobody(world):
    link = Link(world)
    for response in (link.ask("link"), link.ask("code"), link.verify("1"), link.verify("000000")):
        assert response.header("Cache-Control") == "no-store"
        assert "Access-Control-Allow-Origin" not in response.headers
