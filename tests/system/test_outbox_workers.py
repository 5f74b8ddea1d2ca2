"""Workers: beside a server, beside each other, killed; and the mail that is no longer worth sending."""

import pytest

from harness import code_in, link_in, text_of, wait_for
from mail_server import parsed
from mail_site import mail_site
from outbox import listed
from sign_in import SignIn
from world import World


@pytest.fixture
def site(tmp_path):
    with mail_site(tmp_path) as site:
        yield site


@pytest.fixture
def server(site):
    """A server that leaves the mail to others."""
    return site.start(worker_enabled="false", codes_gap="0s")


@pytest.fixture
def world(server):
    return World(server, server.client())


def link_of(response):
    assert response.status == 201, response
    return response.json()["_links"][1]["href"]


def token_of(response):
    return link_of(response).split("#")[1]


def outcomes(worker):
    return [entry["outcome"] for entry in worker.events("mail.settled")]


def wait_for_outcomes(worker, count):
    return wait_for(lambda: len(outcomes(worker)) >= count and outcomes(worker), f"{count} outcomes")


def test_a_worker_beside_a_server_sends_what_that_owes(site, server, world):
    link = link_of(world.rebilly("POST", "1"))
    assert [job.state for job in listed(server)] == ["due"]
    site.start("worker")
    message, = site.mail.wait_for_mail(world.address("1"))
    assert link_in(parsed(message)) == link


def test_a_code_that_is_of_no_use_any_more_is_not_sent(site, server, world):
    users = {number: SignIn(world, site.redis.connection(), number) for number in "123"}
    tokens = {}
    for number, user in users.items():
        user.enable("email", "recovery_code")
        [code, *_] = user.recovery_codes()
        tokens[number] = (user.challenge(), code)
        assert user.send(tokens[number][0]).status == 202
    assert users["1"].verify(tokens["1"][0], "recovery_code", tokens["1"][1]).status == 200  # passed by other means
    moved = world.native("PUT", "users/2", {"email": "elsewhere@users.example"})
    assert moved.status == 200
    site.start("worker")
    message, = [mail for mail in site.mail.wait_for_mail(world.address("3"), 2) if "code" in parsed(mail)["Subject"]]
    assert code_in(parsed(message))
    wait_for(lambda: site.queue.unsettled() == 0, "the end of all that is owed")
    codes = [mail for mail in site.mail.taken() if "Your code" in parsed(mail)["Subject"]]
    assert codes == [message]


def test_two_workers_send_each_mail_once(tmp_path):
    with mail_site(tmp_path, {"at": "mail", "do": "delay", "seconds": 0.02}) as site:
        server = site.start(worker_enabled="false")
        users = [str(n) for n in range(1, 31)]
        world = World(server, server.client(), users=users)
        for user in users:
            link_of(world.rebilly("POST", user))
        workers = [site.start("worker", mail_connections=1) for _ in range(2)]
        for user in users:
            site.mail.wait_for_mail(world.address(user))
        wait_for(lambda: site.queue.unsettled() == 0, "the end of all that is owed")
        assert len(site.mail.taken()) == len(users)
        wait_for(lambda: sum(len(outcomes(worker)) for worker in workers) == len(users), "all outcomes")
        assert {outcome for worker in workers for outcome in outcomes(worker)} == {"delivered"}


def test_a_worker_takes_no_more_than_it_can_send_at_once(tmp_path):
    """What waited in it for a connection would outlive its lease, and be sent again by another."""
    with mail_site(tmp_path, {"at": "rcpt", "do": "hang"}) as site:
        server = site.start(mail_connections=2, mail_timeout="60s", worker_lease="90s", http_drain="0s")
        world = World(server, server.client(), users=[str(n) for n in range(1, 9)])
        for user in world.secrets:
            link_of(world.rebilly("POST", user))
        wait_for(lambda: len(site.mail.commands("RCPT")) == 2, "two mails under way")
        assert (site.queue.count("leased"), site.queue.count("due")) == (2, 6)


def test_a_mail_of_a_killed_worker_comes_again_after_the_lease(tmp_path):
    with mail_site(tmp_path, {"at": "end-of-data", "times": 1, "do": "hang"}) as site:
        server = site.start(worker_enabled="false")
        world = World(server, server.client())
        times = {"mail_timeout": "4s", "worker_lease": "5s"}
        doomed = site.start("worker", **times)
        link_of(world.rebilly("POST", "1"))
        site.mail.wait_for_mail(world.address("1"))
        doomed.kill()  # the mail is taken, and the job still leased
        assert [job.state for job in listed(server)] == ["leased"]

        heir = site.start("worker", **times)
        first, second = site.mail.wait_for_mail(world.address("1"), 2)
        assert first == second and parsed(first)["Message-ID"]
        assert wait_for_outcomes(heir, 1) == ["delivered"]
        assert listed(server) == []
        assert len(site.mail.taken()) == 2


def test_a_stopped_worker_ends_what_is_under_way(tmp_path):
    with mail_site(tmp_path, {"at": "end-of-data", "do": "delay", "seconds": 0.5}) as site:
        server = site.start(worker_enabled="false")
        world = World(server, server.client())
        worker = site.start("worker")
        link_of(world.rebilly("POST", "1"))
        wait_for(lambda: site.mail.offered(world.address("1")), "the mail to be under way")
        assert worker.stop() == 0
        assert len(site.mail.taken()) == 1
        assert listed(server) == []


def test_a_newer_link_drops_the_unsent_older_one(site, server, world):
    link_of(world.rebilly("POST", "1"))
    newer = link_of(world.rebilly("POST", "1"))
    worker = site.start("worker")
    assert sorted(wait_for_outcomes(worker, 2)) == ["delivered", "superseded"]
    message, = site.mail.taken()
    assert link_in(parsed(message)) == newer


def test_a_link_over_the_budget_drops_the_unsent_ones_too(site, server, world):
    for _ in range(6):
        link_of(world.rebilly("POST", "1"))
    worker = site.start("worker")
    assert wait_for_outcomes(worker, 5) == ["superseded"] * 5
    assert site.mail.taken() == []


def test_a_changed_address_voids_unsent_mail(site, server, world):
    token = token_of(world.rebilly("POST", "1"))
    assert server.client().post("/enroll/api/code", json_body={"token": token}).status == 200
    server.load({"user": {"tenant": world.tenant, "id": "1", "email": "elsewhere@new.example"}})
    worker = site.start("worker")
    assert sorted(wait_for_outcomes(worker, 3)) == ["delivered"] + ["superseded"] * 2
    [notice] = site.mail.taken()  # to the old address, that it was changed
    assert parsed(notice)["To"] == world.address("1") and token not in parsed(notice).as_string()


def test_a_changed_address_voids_the_link_and_its_code(site, server, world):
    site.start("worker")
    client = server.client()
    token = token_of(world.rebilly("POST", "1"))
    client.post("/enroll/api/code", json_body={"token": token})
    mails = site.mail.wait_for_mail(world.address("1"), 2)
    code, = [code_in(parsed(mail)) for mail in mails if "/enroll/#" not in text_of(parsed(mail))]
    server.load({"user": {"tenant": world.tenant, "id": "1", "email": "elsewhere@new.example"}})

    answer = client.post("/enroll/api/verify", json_body={"token": token, "code": code})
    assert (answer.status, answer.json()["state"]) == (410, "superseded")
    assert client.post("/enroll/api/link", json_body={"token": token}).json() == {"state": "superseded"}
    assert client.post("/enroll/api/code", json_body={"token": token}).status == 410
    assert not server.user(world.tenant, "1")["mfa"]["active"]


def test_a_mail_goes_to_no_address_but_the_stored_one(site, server, world):
    """Whatever a request says."""
    site.start("worker")
    client = server.client()
    elsewhere = {"email": "thief@evil.example", "address": "thief@evil.example", "to": "thief@evil.example"}
    response = client.post(f"/organizations/{world.tenant}/profile/mfa?email=thief@evil.example",
                           headers={"REB-APIKEY": world.secrets["1"], "From": "thief@evil.example"},
                           json_body=elsewhere)
    token = token_of(response)
    assert client.post("/enroll/api/code", json_body={"token": token, **elsewhere}).status == 200
    site.mail.wait_for_mail(world.address("1"), 2)
    assert {c["argument"] for c in site.mail.commands("RCPT")} == {f"TO:<{world.address('1')}>"}


def test_a_mail_that_nobody_could_use_any_more_is_not_sent(site, server, world):
    token = token_of(world.rebilly("POST", "1"))
    assert server.client().post("/enroll/api/code", json_body={"token": token}).status == 200
    site.redis.restart(later=6 * 60)  # a code lives for five minutes, a link for an hour
    worker = site.start("worker")
    assert sorted(wait_for_outcomes(worker, 2)) == ["delivered", "expired"]
    message, = site.mail.taken()
    assert link_in(parsed(message)).endswith(token)
    assert worker.stop() == 0

    wait_for(lambda: server.ready(strict=True), "the server to have its Redis again")
    link_of(world.rebilly("POST", "2"))
    site.redis.restart(later=61 * 60)
    assert wait_for_outcomes(site.start("worker"), 1) == ["expired"]
    assert site.mail.taken(world.address("2")) == []
    assert listed(server, "--dead") == []
