"""The audit stream: what happened to users, as the command line shows it."""

import datetime
import json
import re
import struct

import pytest

from conftest import start_mfad
from harness import RedisServer, wait_for
from links import Link, another
from outbox import wait_until_settled
from sign_in import SignIn, step_now, totp
from visits import notices
from world import World


@pytest.fixture
def user(world, redis):
    user = SignIn(world, redis)
    user.enable("email")
    return user


def audit(world, user="1"):
    """What the command line tells of a user, newest first, and the same without times and ids."""
    lines = world.mfad.call("audit", "list", "--tenant", world.tenant, "--user", user).splitlines()
    return [json.loads(line) for line in lines]


def told(world, user="1"):
    """Oldest first: event, factor, outcome, by whom."""
    return [(e["event"], e.get("factor"), e.get("outcome"), e["by"]) for e in reversed(audit(world, user))]


def test_every_verification_good_or_bad_is_told(user, world):
    codes = user.recovery_codes()
    opened = user.ask(ip="192.0.2.7").json()
    user.verify(opened["token"], "recovery_code", "0" * 15)
    user.verify(opened["token"], "recovery_code", codes[0])
    user.verify(opened["token"], "recovery_code", codes[1])
    user.verify(user.challenge(), "recovery_code", codes[0])
    user.verify(user.challenge(), "totp", "123456")
    assert told(world) == [
        ("factor_added", "recovery_code", None, "host"),
        ("verification", "recovery_code", "wrong", "user"),
        ("recovery_code_used", "recovery_code", None, "user"),
        ("verification", "recovery_code", "passed", "user"),
        ("verification", "recovery_code", "used", "user"),
        ("verification", "recovery_code", "spent", "user"),
        ("verification", "totp", "not_offered", "user"),
    ]
    first = audit(world)[-2]
    assert (first["tenant"], first["user"], first["ip"], first["subject"]) == (
        world.tenant, "1", "192.0.2.7", opened["id"])
    assert re.fullmatch(r"p\d+-\d+-\d+", first["id"])
    assert first["at"].endswith("Z")
    assert "ip" not in audit(world)[0]


def test_attempts_with_an_app_are_told(user, world):
    secret, step = user.enroll_totp()
    token = user.challenge()
    user.verify(token, "totp", another(totp(secret, step + 1), 3))
    user.verify(token, "totp", totp(secret, step))
    user.verify(token, "totp", totp(secret, step + 1))
    assert told(world) == [
        ("factor_added", "totp", None, "host"),
        ("verification", "totp", "wrong", "user"),
        ("verification", "totp", "spent", "user"),
        ("verification", "totp", "passed", "user"),
    ]


def test_the_tenth_failure_is_told_with_a_notice(user, world, redis):
    user.recovery_codes()
    redis.hset(user.key, "F8", struct.pack("<Bd", 9, 0))
    user.verify(user.challenge(), "recovery_code", "0" * 15)
    user.verify(user.challenge(), "recovery_code", "0" * 15)
    assert ("factor_disabled", "recovery_code", None, "user") in told(world)
    wait_until_settled(world.mfad, world)
    assert len(notices(world, "blocked in part")) == 1


def test_changes_of_factors_devices_and_addresses_are_told(user, world):
    codes = user.recovery_codes()
    passed = world.native("POST", "challenges/verify", {
        "token": user.challenge(), "factor": "recovery_code", "code": codes[0], "remember_device": {}}).json()
    old = passed["device_token"]
    new = user.ask(device=old).json()["device_token"]
    user.ask(device=user.ask(device=new).json()["device_token"])
    user.ask(device=old, ip="203.0.113.9")
    assert world.native("DELETE", "users/1/factors/recovery_code").status == 204
    assert world.native("PUT", "users/1", {"email": f"new@{world.tenant}.example"}).status == 200
    assert world.native("POST", "users/1/reset").status == 204
    assert world.native("DELETE", "users/1").status == 204
    assert [event for event, *_ in told(world)] == [
        "factor_added", "recovery_code_used", "verification", "device_remembered", "device_stolen", "factor_removed",
        "address_changed", "factors_reset", "user_deleted"]
    [stolen] = [e for e in audit(world) if e["event"] == "device_stolen"]
    assert stolen["ip"] == "203.0.113.9"


def test_what_he_does_himself_is_told_as_his(user, world):
    world.set_user("2", enabled=[])
    offer = world.quiva("POST", "2", path="/accounts/generate-totp-key").json()["data"]["secret"]
    code = totp(offer, step_now())
    confirmed = world.quiva("POST", "2", {"code": code, "secret": offer}, path="/accounts/confirm-totp-registration")
    assert confirmed.status == 200, confirmed
    assert told(world, "2")[0] == ("factor_added", "totp", None, "user")


def test_a_link_is_told_with_its_public_id(user, world):
    world.set_user("2", enabled=[])
    enrollment = world.native("POST", "users/2/enrollments").json()
    link = Link(world, "2", token=enrollment["href"].split("#")[1])
    code = link.send()
    link.verify(another(code))
    link.verify(code)
    assert told(world, "2") == [
        ("verification", "email", "wrong", "user"),
        ("factor_added", "email", None, "user"),
        ("verification", "email", "passed", "user"),
    ]
    assert {e["subject"] for e in audit(world, "2")} == {enrollment["id"]}


def test_what_a_user_takes_off_himself_is_told_with_a_notice(user, world):
    world.set_user("2", enabled=[])
    enrollment = world.native("POST", "users/2/enrollments").json()
    link = Link(world, "2", token=enrollment["href"].split("#")[1])
    assert link.verify(link.send()).status == 200
    assert world.rebilly("DELETE", "2").status == 204
    assert told(world, "2")[-1] == ("factor_removed", "email", None, "user")
    assert wait_for(lambda: notices(world, "was removed", "2"), "the notice")


def test_no_secret_is_told(user, world):
    codes = user.recovery_codes()
    secret, step = user.enroll_totp()
    token = user.challenge()
    mailed = user.mailed_code(token)
    tokens = []
    for factor, code in (("email", mailed), ("totp", totp(secret, step + 1)), ("recovery_code", codes[0])):
        tokens.append(token if factor == "email" else user.challenge())
        assert user.verify(tokens[-1], factor, code).status == 200
    events = audit(world)
    assert len(events) == 6, "two factors were bound, three were passed, and a recovery code was used"
    words = (*tokens, mailed, secret, totp(secret, step + 1), codes[0], world.address("1"), world.server_key)
    for event in events:
        for name, value in event.items():
            if name not in ("id", "at"):  # these have digits of their own
                assert not any(word in value for word in words), (name, value)


def test_events_of_all_users_come_newest_first(make_world):
    one, two = make_world(), make_world()
    for world in (one, two):
        for user in ("1", "2", "3"):
            assert world.native("POST", f"users/{user}/recovery-codes").status == 201
    lines = [json.loads(line) for line in one.mfad.call("audit", "list").splitlines()]
    times = [datetime.datetime.fromisoformat(e["at"]) for e in lines]  # as texts, whole seconds would stand elsewhere
    assert times == sorted(times, reverse=True)
    ours = [json.loads(line) for line in one.mfad.call("audit", "list", "--tenant", one.tenant).splitlines()]
    assert sorted(e["user"] for e in ours) == ["1", "2", "3"]  # what falls into one millisecond may stand in any order
    assert {e["tenant"] for e in ours} == {one.tenant}


def test_a_reset_on_the_command_line_is_told_with_a_notice(user, world):
    user.recovery_codes()
    user.enroll_totp()
    world.mfad.call("user", "reset", world.tenant, "1")
    assert world.native_state("1")["factors"] == [user.factor("email")]
    assert told(world)[-1] == ("factors_reset", None, None, "administrator")
    assert wait_for(lambda: notices(world, "was reset"), "the notice")
    assert "there is no user nobody" in world.mfad.call("user", "reset", world.tenant, "nobody", status=1)


def test_the_bound_drops_the_oldest_with_an_alarm(tmp_path, apis):
    server = RedisServer(tmp_path / "redis")
    mfad = start_mfad(tmp_path / "mfad", server, tmp_path / "keys.json", limits_enabled="false",
                      audit_max_events=1000, redis_partitions=1)
    try:
        world = World(mfad, mfad.client(observe=apis.observe))
        key = b"mfa:{p0}:audit"
        redis = server.connection()
        event = {"t": "x", "u": "x", "e": "verification", "f": "", "o": "wrong", "c": "", "i": "", "b": "user"}
        # The watch tells what is dropped after its first look: once it has seen this one, it has looked.
        redis.xdel(key, redis.xadd(key, event))
        wait_for(lambda: "mfad_audit_dropped_total 1\n" in mfad.ops("/metrics").text, "the metric")
        pipe = redis.pipeline()
        for n in range(1500):
            pipe.xadd(key, {**event, "u": str(n)})
        pipe.execute()
        assert world.native("POST", "users/1/recovery-codes").status == 201
        kept = redis.xlen(key)
        assert 1000 <= kept < 1200, "whole nodes of the stream are dropped"
        dropped = 1501 - kept
        wait_for(lambda: f"mfad_audit_dropped_total {1 + dropped}\n" in mfad.ops("/metrics").text, "the metric")
        wait_for(lambda: [e for e in mfad.events("audit.dropped") if e["events"] == dropped], "the alarm")
        assert json.loads(mfad.call("audit", "list").splitlines()[0])["event"] == "factor_added"
    finally:
        assert mfad.stop() == 0
        server.stop()
