"""Limits on what is mailed: by recipient, tenant, domain and in all. What is over one waits; nothing is lost."""

import json

import pytest

from conftest import start_mfad
from harness import wait_for
from mail_site import mail_site
from outbox import Queue, listed
from prometheus_text import parse
from sign_in import SignIn
from world import World

OFF = {f"limits_mails_{whose}": "" for whose in ("recipient", "tenant", "domain", "all")}


@pytest.fixture
def make(tmp_path, own_redis, key_file):
    started = []

    def start(**limits):
        settings = {**OFF, "enrollment_links": "1000/1h", "codes_gap": "0s", "limits_user": "1000/1m", **limits}
        started.append(start_mfad(tmp_path, own_redis, key_file, **settings))
        return started[-1]

    yield start
    assert [server.stop() for server in started] == [0] * len(started)


class Household(World):
    """A tenant whose users all have one address."""

    def address(self, user):
        return "ada@example.org"


class Village(World):
    """A tenant of whose users each has an address in one domain."""

    def address(self, user):
        return f"u{user}.{self.tenant}@Example.ORG"


def owe(world, *users):
    for user in users:
        assert world.rebilly("POST", user).status == 201


def outcomes(server):
    return [event["outcome"] for event in server.events("mail.settled")]


def wait_for_outcomes(server, count):
    wait_for(lambda: len(outcomes(server)) >= count, f"{count} attempts at mails")
    return outcomes(server)


def decisions(server, policy):
    family = parse(server.ops("/metrics").text)["mfad_limit_requests_total"]
    return {name: family.value(policy=policy, decision=name) for name in ("allowed", "limited")}


def test_a_recipient_gets_so_many_and_the_next_waits(make, own_redis):
    server = make(limits_mails_recipient="2/1h", limits_mails_all="1000/1h")
    world, other = (Household(server, server.client()) for _ in range(2))
    owe(world, "1", "2", "3")
    assert sorted(wait_for_outcomes(server, 3)) == ["delivered", "delivered", "limited"]
    [waiting] = listed(server)
    assert waiting.state == "due" and waiting.attempts == 0
    assert waiting.error == "over the limit mails-recipient"
    # What one tenant has used up is not another's.
    owe(other, "1")
    assert wait_for_outcomes(server, 4)[3] == "delivered"
    # It looks again when it is due; what was refused has counted nowhere.
    Queue(own_redis).hasten()
    assert wait_for_outcomes(server, 5)[4] == "limited"
    assert decisions(server, "mails-recipient") == {"allowed": 3, "limited": 2}
    assert decisions(server, "mails-all") == {"allowed": 3, "limited": 0}
    # Once there is room, it is sent.
    redis = own_redis.connection()
    redis.delete(*redis.scan_iter("mfa:{mails}:mails-recipient:*", count=1000))
    Queue(own_redis).hasten()
    assert wait_for_outcomes(server, 6)[5] == "delivered"
    assert len([mail for mail in server.mails() if mail["To"] == "ada@example.org"]) == 4


def test_codes_wait_for_no_links_and_notices_for_nothing(make, own_redis):
    server = make(limits_mails_recipient="2/24h", limits_mails_all="1/30m")
    world = World(server, server.client())
    user = SignIn(world, own_redis.connection(), "1")
    user.enable("email", "totp")
    owe(world, "2")  # uses up what there is in all
    assert wait_for_outcomes(server, 1) == ["delivered"]
    owe(world, "3")
    assert wait_for_outcomes(server, 2)[1] == "limited"
    for count in (3, 4):
        assert user.send(user.challenge()).status == 202
        assert wait_for_outcomes(server, count)[-1] == "delivered"
    # That was what he may get; but that his factors are gone, he is told.
    server.call("user", "reset", world.tenant, "1")
    assert wait_for_outcomes(server, 5)[4] == "delivered"
    assert decisions(server, "mails-recipient")["limited"] == 0


def test_the_operator_sees_and_resets_limits_on_mails(make):
    rates = {"recipient": "2/1h,5/24h", "tenant": "10/1h", "domain": "20/1h", "all": "30/1h"}
    server = make(**{f"limits_mails_{whose}": rate for whose, rate in rates.items()})
    world = World(server, server.client())
    owe(world, "1")
    wait_for_outcomes(server, 1)
    address = world.address("1")

    def left(key):
        rows = [row.split() for row in server.call("limits", "show", key).splitlines()[1:]]
        return {row[0]: (row[1], int(row[2])) for row in rows if row[0].startswith("mails-")}

    shown = {
        f"recipient/{world.tenant}/{address}": {"mails-recipient": ("2/1h", 1), "mails-recipient-long": ("5/24h", 4)},
        f"tenant/{world.tenant}": {"mails-tenant": ("10/1h", 9)},
        f"domain/{address.split('@')[1].upper()}": {"mails-domain": ("20/1h", 19)},
        "mails": {"mails-all": ("30/1h", 29)},
    }
    for key, limits in shown.items():
        assert left(key) == limits
        server.call("limits", "reset", key)
        assert left(key) == {name: (rate, count + 1) for name, (rate, count) in limits.items()}
    assert "KEY" in server.call("limits", "show", f"recipient/{world.tenant}/nobody", status=2)


@pytest.mark.parametrize("whose, same, others", [
    ("tenant", lambda world, other: (world, "2"), lambda world, other: (other, "1")),
    ("domain", lambda world, other: (world, "2"), lambda world, other: (other, "1")),
    ("all", lambda world, other: (other, "1"), None),
], ids=["tenant", "domain", "all"])
def test_each_limit_counts_for_its_own(make, whose, same, others):
    server = make(**{f"limits_mails_{whose}": "1/1h"})
    world, other = (World(server, server.client()) for _ in range(2))  # each has a domain of its own
    owe(world, "1")
    assert wait_for_outcomes(server, 1) == ["delivered"]
    tenant, user = same(world, other)
    owe(tenant, user)
    assert wait_for_outcomes(server, 2)[1] == "limited"
    if others:
        tenant, user = others(world, other)
        owe(tenant, user)
        assert wait_for_outcomes(server, 3)[2] == "delivered"


def test_tenants_share_the_limit_of_a_domain(make):
    server = make(limits_mails_domain="1/1h")
    for number in range(2):
        owe(Village(server, server.client()), "1")
        wait_for_outcomes(server, number + 1)
    assert outcomes(server) == ["delivered", "limited"]


def test_a_code_that_would_come_too_late_is_given_up_where_one_can_see_it(make, own_redis):
    server = make(limits_mails_recipient="1/24h", codes_lifetime="5m")
    world = World(server, server.client())
    user = SignIn(world, own_redis.connection(), "1")
    user.enable("email")
    owe(world, "1")
    assert wait_for_outcomes(server, 1) == ["delivered"]
    assert user.send(user.challenge()).status == 202
    assert wait_for_outcomes(server, 2)[1] == "dead"
    [dead] = listed(server, "--dead")
    assert (dead.kind, dead.error) == ("sign_in_code", "over the limit mails-recipient")


def test_a_mail_counts_once_however_often_it_is_put_off(tmp_path):
    busy = {"at": "end-of-data", "match": "@", "times": 3, "reply": "451 4.3.0 come back"}
    with mail_site(tmp_path, busy) as site:
        server = site.start(limits_mails_recipient="1/1h", enrollment_links="1000/1h")
        world = World(server, server.client())
        owe(world, "1")
        for count in range(1, 4):
            assert wait_for_outcomes(server, count) == ["postponed"] * count
            site.queue.hasten()
        assert wait_for_outcomes(server, 4)[3] == "delivered"
        owe(world, "1")
        assert wait_for_outcomes(server, 5)[4] == "limited"


def test_a_limit_that_is_raised_lets_mails_pass_at_once(tmp_path, own_redis, key_file):
    config = tmp_path / "config" / "mfad.toml"
    config.parent.mkdir()

    def write(rates):
        config.write_text(f"[limits]\nmails_tenant = {json.dumps(rates)}\n")

    write(["1/1h"])
    server = start_mfad(tmp_path, own_redis, key_file)
    world = World(server, server.client())
    owe(world, "1")
    assert wait_for_outcomes(server, 1) == ["delivered"]
    owe(world, "2")
    assert wait_for_outcomes(server, 2)[1] == "limited"
    write([])
    server.hang_up("limits.reloaded")
    Queue(own_redis).hasten()
    wait_for(lambda: outcomes(server)[-1] == "delivered", "the mail that waited")
    assert server.stop() == 0
