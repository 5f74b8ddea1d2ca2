"""Mail on its way to a real mail server: what it takes, puts off, refuses, and what happens without one."""

import datetime
import time

import pytest

from harness import code_in, text_of, wait_for
from mail_server import MailServer, parsed
from mail_site import mail_site
from outbox import listed, listed_of, wait_until_settled
from world import World

RULES = [
    {"at": "rcpt", "match": "gone@", "reply": "550 5.1.1 no such user"},
    {"at": "end-of-data", "match": "busy@", "times": 2, "reply": "451 4.3.0 come back"},
    {"at": "end-of-data", "match": "lost@", "times": 1, "do": "close"},
    {"at": "rcpt", "match": "grey@", "times": 1, "reply": "450 4.7.1 greylisted"},
    {"at": "rcpt", "match": "@grey-for-two", "times": 2, "reply": "450 4.7.1 greylisted"},
]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with mail_site(tmp_path_factory.mktemp("site"), *RULES) as site:
        yield site


@pytest.fixture(scope="module")
def mfad(site):
    return site.start(mail_timeout="5s", worker_lease="10s", codes_gap="0s")


@pytest.fixture
def send_link(world):
    """Has a link mailed to user 1 under an address whose local part the mail server knows; the address."""
    def send(local_part):
        address = f"{local_part}@{world.tenant}.example"
        world.mfad.load({"user": {"tenant": world.tenant, "id": "1", "email": address}})
        assert world.rebilly("POST", "1").status == 201
        return address

    return send


@pytest.fixture
def job(mfad, world):
    """The tenant's one job in the list, once it is as asked."""
    def find(*arguments, **wanted):
        def look():
            jobs = listed_of(mfad, world, *arguments)
            assert len(jobs) <= 1
            return jobs and all(getattr(jobs[0], name) == value for name, value in wanted.items()) and jobs[0]

        return wait_for(look, f"a job that is {wanted}")

    return find


def settled(mfad, job_id):
    return [entry for entry in mfad.events("mail.settled") if entry["job"] == job_id]


def test_a_mail_that_the_server_takes_is_done_with(site, mfad, world, send_link):
    address = send_link("good")
    message = parsed(site.mail.wait_for_mail(address)[0])
    assert message["To"] == address
    assert "https://mfa.example/enroll/#" in text_of(message)
    wait_until_settled(mfad, world)
    assert listed_of(mfad, world, "--dead") == []


def test_a_busy_server_gets_the_same_message_again_until_it_takes_it(site, mfad, world, send_link, job):
    address = send_link("busy")
    first = job(state="due", attempts=1)
    assert "451" in first.error and "come back" in first.error
    site.queue.hasten()
    second = job(state="due", attempts=2)
    assert second.id == first.id
    site.queue.hasten()
    message = parsed(site.mail.wait_for_mail(address)[0])
    wait_until_settled(mfad, world)
    offered = site.mail.offered(address)
    assert len(offered) == 3 and len(set(offered)) == 1, "every attempt sends the same bytes"
    assert first.id in message["Message-ID"]
    outcomes = wait_for(lambda: len(settled(mfad, first.id)) == 3 and settled(mfad, first.id), "three outcomes")
    assert [entry["outcome"] for entry in outcomes] == ["postponed", "postponed", "delivered"]


def test_a_postponed_link_waits_some_seconds(mfad, send_link, job):
    send_link("grey")
    put_off = job(state="due", attempts=1)
    entry = wait_for(lambda: settled(mfad, put_off.id), "the outcome in the log")[0]
    due, now = (datetime.datetime.fromisoformat(t.replace("Z", "+00:00")) for t in (put_off.at, entry["ts"]))
    assert 1 < (due - now).total_seconds() <= 6.25  # 5 s, a quarter either way


def test_a_code_is_tried_again_by_itself_within_seconds(site, mfad, world, client, job):
    address = f"u1@grey-for-two.{world.tenant}.example"
    mfad.load({"user": {"tenant": world.tenant, "id": "1", "email": address}})
    token = world.rebilly("POST", "1").json()["_links"][1]["href"].split("#")[1]
    job(kind="enrollment_link", attempts=1)
    assert client.post("/enroll/api/code", json_body={"token": token}).status == 200
    # The link waits for longer.
    assert code_in(parsed(site.mail.wait_for_mail(address)[0]))


def test_a_connection_lost_at_the_end_doubles_the_mail_under_one_message_id(site, mfad, world, send_link, job):
    address = send_link("lost")
    job(state="due", attempts=1)
    assert len(site.mail.taken(address)) == 1, "which the client cannot know"
    site.queue.hasten()
    first, second = site.mail.wait_for_mail(address, 2)
    assert first == second
    assert parsed(first)["Message-ID"]
    wait_until_settled(mfad, world)
    assert len(site.mail.taken(address)) == 2


def test_a_refused_recipient_is_dead_at_once_and_shown(site, mfad, world, send_link, job):
    address = send_link("gone")
    dead = job("--dead")
    assert (dead.state, dead.kind, dead.attempts) == ("dead", "enrollment_link", 1)
    assert "550" in dead.error and "no such user" in dead.error
    assert address not in dead.error
    assert listed_of(mfad, world) == []
    site.queue.hasten("dead")
    entry = wait_for(lambda: settled(mfad, dead.id), "the outcome in the log")[0]
    assert (entry["level"], entry["outcome"]) == ("warn", "dead")
    # Others go on.
    assert world.rebilly("POST", "2").status == 201
    site.mail.wait_for_mail(world.address("2"))
    assert [c["argument"] for c in site.mail.commands("RCPT") if address in c["argument"]] == [f"TO:<{address}>"]


def test_a_dead_job_is_tried_again_when_an_operator_says_so(site, mfad, world, send_link, job):
    address = send_link("gone")
    dead = job("--dead")
    assert mfad.call("outbox", "retry", dead.id[:12]) == ""
    wait_for(lambda: len([c for c in site.mail.commands("RCPT") if address in c["argument"]]) == 2, "another attempt")
    assert job("--dead", attempts=1).id == dead.id, "with all its attempts before it"
    assert mfad.call("outbox", "drop", dead.id) == ""
    assert listed_of(mfad, world, "--dead") == [] and listed_of(mfad, world) == []
    for call in ("retry", "drop"):
        assert "there is no job" in mfad.call("outbox", call, dead.id, status=1)


def test_the_outcomes_are_counted(site, mfad, send_link):
    site.mail.wait_for_mail(send_link("counted"))
    line = wait_for(lambda: [line for line in mfad.ops("/metrics").text.splitlines()
                             if line.startswith('mfad_mail_jobs_total{outcome="delivered"}')], "the counter")[0]
    assert float(line.split()[-1]) >= 1


def test_without_a_mail_server_nothing_is_lost(tmp_path):
    with mail_site(tmp_path) as site:
        site.mail.stop()
        server = site.start()
        world = World(server, server.client())
        users = ["1", "2", "3"]
        for user in users:
            assert world.rebilly("POST", user).status == 201
        wait_for(lambda: [j.attempts for j in listed(server)] == [1] * 3 and site.queue.count("due") == 3,
                 "three failed attempts")
        assert all(j.error for j in listed(server))
        assert server.stop() == 0
        server.start()
        assert len(listed(server)) == 3

        site.mail = MailServer(tmp_path / "mail", options=["--port", str(site.mail.port)])
        site.queue.hasten()
        for user in users:
            site.mail.wait_for_mail(world.address(user))
        wait_until_settled(server, world)
        assert len(site.mail.taken()) == 3


def test_a_wrong_set_up_is_not_tried_with_every_mail(tmp_path):
    with mail_site(tmp_path, options=["--auth", "mailer:the right one"]) as site:
        server = site.start(mail_url=f"smtp://mailer:the-wrong-one@127.0.0.1:{site.mail.port}", mail_connections=1)
        world = World(server, server.client())
        assert world.rebilly("POST", "1").status == 201
        server.event("mail.misconfigured")
        tried = len(site.mail.commands("AUTH"))
        for user in ("2", "3"):  # each wakes the worker
            assert world.rebilly("POST", user).status == 201
        deadline = time.monotonic() + 2
        while time.monotonic() < deadline:
            assert len(site.mail.commands("AUTH")) == tried
            time.sleep(0.05)


@pytest.mark.parametrize("options, settings", [
    (["--auth", "mailer:the right one"], {"mail_url": "smtp://mailer:the-wrong-one@127.0.0.1:{port}"}),
    ([], {"mail_starttls": "required"}),
], ids=["password", "starttls"])
def test_a_wrong_set_up_costs_no_mail(tmp_path, options, settings):
    with mail_site(tmp_path, options=options) as site:
        settings = {key: value.format(port=site.mail.port) for key, value in settings.items()}
        server = site.start(**settings)
        world = World(server, server.client())
        assert world.rebilly("POST", "1").status == 201
        alarm = server.event("mail.misconfigured")
        assert alarm["level"] == "error" and alarm["reply"]
        wait_for(lambda: [j.state for j in listed(server)] == ["due"], "the mail to wait")
        assert listed(server, "--dead") == []
        assert site.mail.commands("MAIL") == []
        assert "the-wrong-one" not in "".join(server.lines) + server.call("outbox", "list")

        assert server.stop() == 0
        site.mail.stop()
        site.mail = MailServer(tmp_path / "mail", options=["--port", str(site.mail.port)])
        site.queue.hasten()
        site.start()
        site.mail.wait_for_mail(world.address("1"))
