"""What goes wrong inside is told in the log, with the request's id, and without a secret."""

import json
import subprocess

import pytest

from harness import PATIENCE, wait_for
from mail_site import mail_site
from whole_flow import WholeFlow

PASSWORD = "a-password-of-the-set-up-7f3a"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with mail_site(tmp_path_factory.mktemp("site"), options=["--auth", f"mailer:{PASSWORD}"]) as site:
        yield site


@pytest.fixture(scope="module")
def mfad(site):
    """Has its mail refused by the mail server, for want of a password, and is talkative."""
    return site.start(log_level="debug", codes_length=8, mail_url=f"smtp://mailer:wrong-{PASSWORD}@127.0.0.1:{site.mail.port}")


def line_of(mfad, response, event):
    request_id = response.header("X-Request-Id")
    return wait_for(lambda: [e for e in mfad.events(event) if e["request"] == request_id], f"{event} of the request")[0]


def no_secret_in(flow, *texts):
    return [secret for secret in (*flow.secrets, PASSWORD) if any(secret in text for text in texts)] == []


def test_mail_that_cannot_be_sent_is_told_without_what_it_says(site, mfad):
    flow = WholeFlow(mfad)
    link = flow.world.rebilly("POST", "1").json()["_links"][1]["href"]
    flow.secret(link.split("#")[1])
    assert mfad.event("mail.misconfigured")["reply"]
    assert flow.page("code", token=link.split("#")[1]).status == 200
    assert no_secret_in(flow, *mfad.lines, mfad.call("outbox", "list"))


def test_our_own_fault_is_an_error_under_the_requests_id(site, mfad):
    """Here a record that is broken."""
    flow = WholeFlow(mfad)
    token = flow.secret(flow.world.rebilly("POST", "1").json()["_links"][1]["href"].split("#")[1])
    record, = site.redis.connection().keys(f"mfa:*:u:*{flow.world.tenant}:1")
    site.redis.connection().hset(record, "e", flow.secret("neither sealed nor an address"))
    response = flow.page("link", token=token)
    assert response.status == 500
    assert response.header("X-Request-Id") in response.text
    line = line_of(mfad, response, "request.failed")
    assert line["level"] == "error" and line["error"]
    assert line["error"] not in response.text, "what failed inside is nobody's business outside"
    assert no_secret_in(flow, *mfad.lines, response.text)


def test_an_outage_of_the_store_is_told_under_the_requests_id(site, mfad):
    flow = WholeFlow(mfad)
    try:
        site.redis.kill()
        wait_for(lambda: not mfad.ready(strict=True), "the outage to be seen")
        calls = [lambda: flow.world.rebilly("POST", "1"), lambda: flow.world.xsolla("GET", "1"),
                 lambda: flow.world.quiva("GET", "1", path="/accounts/user-mfa-info"),
                 lambda: flow.world.navixy("user/mfa/settings/default/read"),
                 lambda: flow.page("link", token="A" * 35)]
        for call in calls:
            response = call()
            assert response.status == 503 and int(response.header("Retry-After")) >= 1
            assert line_of(mfad, response, "store.unavailable")["level"] == "warn"
            assert line_of(mfad, response, "http.request")["status"] == 503
    finally:
        site.redis.start()
        wait_for(lambda: mfad.ready(strict=True), "the store again")
    assert mfad.events("store.down") and mfad.events("store.up")
    for line in mfad.lines:
        assert {"ts", "level", "event"} <= set(json.loads(line))
    assert no_secret_in(flow, *mfad.lines)


@pytest.mark.parametrize("call", [["serve"], ["worker"], ["check"], ["user", "show", "t", "1"]])
@pytest.mark.parametrize("setting, value", [
    ("MFAD_REDIS_URL", f"redis://user:{PASSWORD}@127.0.0.1:99999/0"),
    ("MFAD_REDIS_URL", f"redis:{PASSWORD}"),
    ("MFAD_REDIS_URL", f"redis://:{PASSWORD}@/0"),
    ("MFAD_MAIL_URL", f"smtp://mailer:{PASSWORD}@mail.example:0"),
    ("MFAD_MAIL_URL", f"smtps://mailer:{PASSWORD}"),
    ("MFAD_MAIL_URL", f"gopher://mailer:{PASSWORD}@127.0.0.1:1"),
], ids=["redis-port", "redis-shape", "redis-host", "mail-port", "mail-host", "mail-scheme"])
def test_what_keeps_it_from_starting_is_told_without_passwords(mfad, tmp_path, call, setting, value):
    environment = {**mfad.environment, "MFAD_SERVER_DATA_DIR": str(tmp_path), setting: value}
    done = subprocess.run([str(mfad.binary), *call], env=environment, cwd=tmp_path, capture_output=True, text=True,
                          timeout=PATIENCE)
    # Who sends no mail may do without a mail server.
    assert done.returncode != 0 or (call[0] == "user" and setting == "MFAD_MAIL_URL")
    assert PASSWORD not in done.stdout + done.stderr
