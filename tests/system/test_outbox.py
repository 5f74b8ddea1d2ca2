"""Whom a mail is owed to. The server here sends none, so that what it owes can be counted."""

import secrets

import pytest

from conftest import start_mfad
from harness import RedisServer
from outbox import listed
from world import ALLOWED, DISALLOWED

VERIFIED_ONLY = {"email.require_verification": True}
ENABLE = {"enabled": True, "mfa_type": "email"}


@pytest.fixture(scope="module")
def mfad(tmp_path_factory):
    directory = tmp_path_factory.mktemp("still")
    redis = RedisServer(directory / "redis")
    server = start_mfad(directory, redis, directory / "keys.json", limits_enabled="false", worker_enabled="false")
    yield server
    assert server.stop() == 0
    redis.stop()


@pytest.fixture
def owed(mfad):
    """The kinds of mail that a tenant's users are owed, by user."""
    def find(world):
        found = {}
        for job in listed(mfad):
            tenant, user = job.user.split("/")
            if tenant == world.tenant:
                found.setdefault(user, []).append(job.kind)
        return found

    return find


def is_fine(response):
    assert response.status in (200, 201, 204), response


@pytest.mark.parametrize("cause, options, users", [
    (lambda w: w.rebilly("POST", "1"), {}, "1"),
    (lambda w: w.rebilly("POST", "1"), VERIFIED_ONLY, "1"),
    (lambda w: w.quiva("PATCH", "1", {"totp_enabled": True}), {}, "1"),
    (lambda w: w.quiva("PATCH", "1", {"passkey_enabled": True, "totp_enabled": True}), {}, "1"),
    (lambda w: w.xsolla("POST", "1", ENABLE), VERIFIED_ONLY, "1"),
    (lambda w: w.xsolla("POST", "1", {**ENABLE, "change_restricted": True}), VERIFIED_ONLY, "1"),
    (lambda w: w.navixy_update(ALLOWED, 1), VERIFIED_ONLY, "1"),
    (lambda w: w.navixy_update(ALLOWED, 1, 3, 3), VERIFIED_ONLY, "13"),
], ids=["rebilly", "rebilly-verified", "quiva-totp", "quiva-both", "xsolla", "xsolla-restricting", "navixy",
        "navixy-several"])
def test_a_link_is_owed(make_world, owed, cause, options, users):
    world = make_world(options=options)
    is_fine(cause(world))
    assert owed(world) == {user: ["enrollment_link"] for user in users}


@pytest.mark.parametrize("cause, options", [
    (lambda w: w.xsolla("POST", "1", ENABLE), {}),
    (lambda w: w.navixy_update(ALLOWED, 1, 2), {}),
    (lambda w: w.quiva("PATCH", "1", {"totp_enabled": False}), {}),
    (lambda w: w.xsolla("POST", "1", {"mfa_type": "email", "change_restricted": True}), VERIFIED_ONLY),
    (lambda w: w.navixy_update(DISALLOWED, 1), VERIFIED_ONLY),
    (lambda w: w.navixy_update(ALLOWED), VERIFIED_ONLY),
    (lambda w: w.navixy("user/mfa/settings/default/update", {"settings": ALLOWED}), VERIFIED_ONLY),
    (lambda w: w.rebilly("GET", "1"), {}),
], ids=["xsolla-vouched", "navixy-vouched", "quiva-off", "xsolla-off", "navixy-disallowed", "navixy-all",
        "navixy-default", "rebilly-get"])
def test_no_mail_is_owed(make_world, owed, cause, options):
    world = make_world(options=options)
    is_fine(cause(world))
    assert owed(world) == {}


@pytest.mark.parametrize("cause, status", [
    (lambda w: w.xsolla("POST", "1", {"mfa_type": "email"}), 422),  # unchanged
    (lambda w: w.xsolla("POST", "1", {"enabled": True, "mfa_type": "sms"}), 400),
    (lambda w: w.navixy_update(ALLOWED, 1, 2, 77), 400),  # 77 is nobody
    (lambda w: w.quiva("PATCH", "1", {"totp_enabled": True, "passkey_enabled": 1}), 400),
], ids=["xsolla-unchanged", "xsolla-sms", "navixy-one-bad", "quiva-bad-type"])
def test_a_refused_call_owes_nothing(make_world, owed, cause, status):
    world = make_world(options=VERIFIED_ONLY)
    response = cause(world)
    assert response.status == status, response
    assert owed(world) == {}


def test_a_restricted_user_is_owed_nothing_for_what_he_asks(world, owed):
    world.set_user("1", change_restricted=True)
    assert world.rebilly("POST", "1").status == 403
    assert world.quiva("PATCH", "1", {"totp_enabled": True}).status == 400
    assert owed(world) == {}


def test_a_user_without_an_address_is_shown_a_link_and_mailed_none(mfad, world, owed):
    secret = "secret-" + secrets.token_hex(16)
    mfad.load({"user": {"tenant": world.tenant, "id": "9"}}, world.credential("secret", secret, user="9"))
    world.secrets["9"] = secret
    response = world.rebilly("POST", "9")
    assert response.status == 201
    assert "/enroll/#" in str(response.json()["_links"])
    assert owed(world) == {}


def test_a_repeated_idempotency_key_owes_one_mail(world, owed):
    key = {"Idempotency-Key": "once"}
    answers = [world.rebilly("POST", "1", headers=key) for _ in range(3)]
    assert [answer.status for answer in answers] == [201] * 3
    assert len({answer.body for answer in answers}) == 1
    assert owed(world) == {"1": ["enrollment_link"]}


def test_the_sixth_link_within_the_hour_is_shown_and_not_mailed(world, owed):
    answers = [world.rebilly("POST", "1") for _ in range(7)]
    assert [answer.status for answer in answers] == [201] * 7
    links = {link["href"] for answer in answers for link in answer.json()["_links"] if link["rel"] == "enrollment"}
    assert len(links) == 7
    assert owed(world) == {"1": ["enrollment_link"] * 5}
    # Each has a budget of his own.
    is_fine(world.rebilly("POST", "2"))
    assert len(owed(world)["2"]) == 1


def test_the_budget_of_links_is_one_for_all_dialects(make_world, owed):
    world = make_world(options=VERIFIED_ONLY)
    for _ in range(5):
        is_fine(world.rebilly("POST", "1"))
    is_fine(world.xsolla("POST", "1", ENABLE))
    is_fine(world.quiva("PATCH", "1", {"totp_enabled": True}))
    is_fine(world.navixy_update(ALLOWED, 1))
    assert world.xsolla_state("1")["enabled"], "the change is made all the same"
    assert owed(world) == {"1": ["enrollment_link"] * 5}


def test_the_list_shows_no_secret(mfad, world):
    response = world.rebilly("POST", "1")
    token = response.json()["_links"][1]["href"].split("#")[1]
    text = mfad.call("outbox", "list") + mfad.call("user", "show", world.tenant, "1")
    assert f"{world.tenant}/1" in text
    assert token not in text
    assert world.address("1") not in text


def test_the_list_keeps_its_columns_apart_for_long_names(mfad, make_world):
    world = make_world(tenant="t" + secrets.token_hex(30))
    is_fine(world.rebilly("POST", "1"))
    job, = [job for job in listed(mfad) if job.user == f"{world.tenant}/1"]
    assert (job.state, job.attempts, job.error) == ("due", 0, "-")
