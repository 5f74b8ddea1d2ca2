"""Any number of servers and workers are one: behind a balancer nobody can tell which of them answered."""

import threading
import time

import pytest

from balanced_site import Site
from harness import text_of, wait_for
from prometheus_text import parse
from world import ALLOWED, DISALLOWED, World

ENABLE = {"mfa_type": "email", "enabled": True}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("site"))
    yield site
    site.stop()


@pytest.fixture
def make_world(site):
    return lambda **options: World(site.servers[0], site.client(), **options)


@pytest.fixture
def world(make_world):
    return make_world()


def both(ask):
    """What two requests in a row are answered, one by each server, and once more."""
    return [ask() for _ in range(4)]


def mails_to(site, address):
    return [mail for mail in site.mails() if mail["To"] == address]


def test_requests_go_to_both_servers(site, world):
    def counts():
        return [parse(server.ops("/metrics").text)["mfad_http_requests_total"].total(dialect="rebilly", status="200")
                for server in site.servers]

    world.rebilly("GET", "1")
    world.rebilly("GET", "1")
    before = counts()
    both(lambda: world.rebilly("GET", "1"))
    assert [now - then for now, then in zip(counts(), before)] == [2, 2]


# ---- what one dialect writes, the others show -------------------------------------------------------------------


def test_navixy_allows_and_xsolla_shows_it(world):
    assert world.navixy_update(ALLOWED, 1).json() == {"success": True}
    assert {(state["enabled"], state["mfa_type"]) for state in both(lambda: world.xsolla_state("1"))} == {(True, "email")}


def test_xsolla_switches_off_and_rebilly_shows_it(world):
    assert world.xsolla("POST", "1", ENABLE).status == 204
    assert {state["status"] for state in both(lambda: world.rebilly_state("1"))} == {"active"}
    assert world.xsolla("POST", "1", {"mfa_type": "email", "enabled": False}).status == 204
    assert {state["status"] for state in both(lambda: world.rebilly_state("1"))} == {"inactive"}


def test_navixy_disallows_and_quiva_is_refused(world):
    assert world.navixy_update(DISALLOWED, 1).json() == {"success": True}
    assert {answer.status for answer in both(lambda: world.quiva("PATCH", "1", {"totp_enabled": True}))} == {400}


def test_xsolla_restricts_and_the_user_is_refused(world):
    restricted = {"mfa_type": "email", "enabled": False, "change_restricted": True}
    assert world.xsolla("POST", "1", restricted).status == 204
    assert {answer.status for answer in both(lambda: world.rebilly("POST", "1"))} == {403}
    assert {answer.status for answer in both(lambda: world.quiva("PATCH", "1", {"email_enabled": True}))} == {400}


# ---- tenant-wide ------------------------------------------------------------------------------------------------


def test_all_is_seen_everywhere_once_it_has_answered(make_world):
    world = make_world(users=[str(i) for i in range(1, 21)])
    for settings, enabled in [(ALLOWED, True), (DISALLOWED, False), (ALLOWED, True)]:
        assert world.navixy_update(settings).json() == {"success": True}
        assert {world.xsolla_state(user)["enabled"] for user in world.secrets} == {enabled}
        assert {world.xsolla_state(user)["enabled"] for user in world.secrets} == {enabled}  # by the other server


def test_a_default_holds_for_users_who_come_after_it(site, world):
    assert world.navixy("user/mfa/settings/default/update", {"settings": ALLOWED}).json() == {"success": True}
    shown = both(lambda: world.navixy("user/mfa/settings/default/read").json())
    assert all(answer["value"] == ALLOWED for answer in shown)
    world.mfad.load({"user": {"tenant": world.tenant, "id": "77", "email": world.address("77")}})
    assert {state["enabled"] for state in both(lambda: world.xsolla_state("77"))} == {True}
    assert {state["enabled"] for state in both(lambda: world.xsolla_state("1"))} == {False}


# ---- credentials, repetitions -----------------------------------------------------------------------------------


def test_a_revoked_credential_fails_everywhere_within_a_second(world):
    assert {answer.status for answer in both(lambda: world.xsolla("GET", "1"))} == {200}  # in both caches
    [line] = [line for line in world.mfad.call("key", "list", "--tenant", world.tenant).splitlines()
              if " server " in line]
    world.mfad.call("key", "revoke", line.split()[0])
    revoked = time.monotonic()
    wait_for(lambda: {answer.status for answer in both(lambda: world.xsolla("GET", "1"))} == {401}, "its end")
    assert time.monotonic() - revoked < 1
    assert {answer.status for answer in both(lambda: world.xsolla("GET", "1"))} == {401}


def test_a_new_credential_works_everywhere_also_where_it_was_unknown(world):
    unknown = "not-a-credential-yet-" + world.tenant
    assert {answer.status for answer in both(lambda: world.xsolla("GET", "1", key=unknown))} == {401}
    world.mfad.load(world.credential("server", unknown))
    wait_for(lambda: {answer.status for answer in both(lambda: world.xsolla("GET", "1", key=unknown))} == {200},
             "the credential to work")


def test_a_repetition_is_one_request_whoever_answers_it(site, world):
    key = {"Idempotency-Key": "the-one-and-only"}
    answers = both(lambda: world.rebilly("POST", "1", headers=key))
    assert {answer.status for answer in answers} == {201}
    assert len({answer.body for answer in answers}) == 1  # one link
    wait_for(lambda: mails_to(site, world.address("1")), "the mail")
    other = world.client.post(f"/organizations/{world.tenant}/profile/mfa", body="{}",
                              headers={"REB-APIKEY": world.secrets["1"], **key})
    assert other.status == 422
    wait_for(lambda: world.tenant not in world.mfad.call("outbox", "list"), "an empty outbox")
    assert len(mails_to(site, world.address("1"))) == 1


def test_two_at_once_under_one_key_are_one_request(site, world):
    for round in range(20):
        answers = []
        pair = [threading.Thread(target=lambda: answers.append(world.xsolla(
            "POST", "2", {"mfa_type": "email", "enabled": round % 2 == 0}, headers={"Idempotency-Key": f"k{round}"})))
            for _ in range(2)]
        for thread in pair:
            thread.start()
        for thread in pair:
            thread.join()
        assert [answer.status for answer in answers] == [204, 204]  # not 204 and 422 "unchanged"


# ---- a rolling restart ------------------------------------------------------------------------------------------


class BusyClient(threading.Thread):
    """Keeps asking through the balancer until it is told to stop."""

    def __init__(self, world, users):
        super().__init__(daemon=True)
        self.world, self.users, self.done = world, iter(users), threading.Event()
        self.answered, self.failed, self.owed = 0, [], []

    def run(self):
        while not self.done.is_set():
            user = next(self.users, None)
            if user:
                self.ask("POST", user, 201)
                self.owed.append(user)
            for _ in range(5):
                self.ask("GET", user or "1", 200)

    def ask(self, method, user, expected):
        try:
            answer = self.world.rebilly(method, user)
            if answer.status != expected:
                self.failed.append((method, answer))
        except Exception as fault:  # noqa: BLE001 whatever it is, it is a failed request
            self.failed.append((method, fault))
        self.answered += 1


def test_a_rolling_restart_fails_no_request_and_loses_no_mail(site, make_world):
    users = [str(i) for i in range(1, 301)]
    world = make_world(users=users)
    clients = [BusyClient(world, users[i::20]) for i in range(20)]
    for client in clients:
        client.start()
    try:
        for i in range(2):
            for restart in (site.restart_server, site.restart_worker):
                before = sum(client.answered for client in clients)
                restart(i)
                wait_for(lambda: sum(client.answered for client in clients) > before + 50, "requests meanwhile")
    finally:
        for client in clients:
            client.done.set()
        for client in clients:
            client.join()
    assert [failure for client in clients for failure in client.failed] == []

    owed = sorted(world.address(user) for client in clients for user in client.owed)
    assert len(owed) > 100
    mine = f"@{world.tenant}."
    wait_for(lambda: len([mail for mail in site.mails() if mine in mail["To"]]) >= len(owed), f"{len(owed)} mails")
    wait_for(lambda: world.tenant not in site.servers[0].call("outbox", "list"), "an empty outbox")
    assert sorted(mail["To"] for mail in site.mails() if mine in mail["To"]) == owed  # each exactly once
    assert all(f"http://localhost:{site.port}/enroll/#" in text_of(mail) for mail in site.mails()[-10:])
