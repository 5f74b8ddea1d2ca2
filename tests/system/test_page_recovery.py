"""The ways back of who has lost his factors: two other methods at once, or a reset that can be cancelled for a while."""

import re
import struct

import pytest

from harness import text_of, wait_for
from links import Link
from outbox import listed_of
from sign_in import SignIn, totp
from stored import user_key
from visits import Visit, notices, state

SCHEDULED, DONE = "Reset of your two-step sign-in", "was reset"


@pytest.fixture
def user(world, redis):
    """User 1 with an app, and recovery codes in `codes`."""
    user = SignIn(world, redis)
    user.enroll_totp()
    user.codes_left = user.recovery_codes()
    return user


# ---- two methods -------------------------------------------------------------------------------------------------------

def show_email(visit):
    assert "email" in visit.done("challenge", recover=True)["challenge"]["factors"]
    return visit.verify("email", visit.mailed_code())


def show_recovery_code(visit, code):
    visit.done("challenge", recover=True)
    return visit.verify("recovery_code", code)


def test_a_mailed_code_and_a_recovery_code_reset_at_once(world, user):
    visit = Visit(world)
    assert show_email(visit).json()["recovered"] == ["email"]
    assert show_recovery_code(visit, user.codes_left[0]).json()["recovered"] == ["email", "recovery_code"]
    visit.done("lost/reset")
    assert not visit.status["active"] and visit.status["factors"] == []
    wait_for(lambda: notices(world, DONE), "the notice")
    visit.add_totp()
    assert visit.factors == ["totp"]


def test_in_the_other_order_too(world, user):
    visit = Visit(world)
    show_recovery_code(visit, user.codes_left[0])
    show_email(visit)
    visit.done("lost/reset")


def test_one_method_is_not_enough(world, user):
    visit = Visit(world)
    assert state(visit.ask("lost/reset")) == (403, "proof_needed")
    show_email(visit)
    assert state(visit.ask("lost/reset")) == (403, "proof_needed")
    offered = visit.done("challenge", recover=True)["challenge"]["factors"]
    assert offered == ["recovery_code"], "the same one again is none"
    for call, message in [("factors/remove", {"id": "totp"}), ("totp", {}), ("recovery-codes", {})]:
        assert state(visit.ask(call, **message)) == (403, "proof_needed")
    other = Visit(world, link=visit.link)
    show_recovery_code(other, user.codes_left[0])
    assert state(other.ask("lost/reset")) == (403, "proof_needed"), "of another visit"


def test_half_of_it_is_no_second_factor(world, user, redis):
    redis.hdel(user_key(world, "1"), "t")
    visit = Visit(world)
    show_email(visit)
    assert redis.hget(user_key(world, "1"), "t") is None
    assert world.native_state("1")["last_auth_time"] is None


def test_a_sign_in_is_no_half_of_it(world, user):
    visit = Visit(world)
    show_email(visit)
    visit.done("challenge")
    assert visit.verify("recovery_code", user.codes_left[0]).status == 200
    assert state(visit.ask("lost/reset")) == (403, "proof_needed")


def test_wrong_codes_count_as_everywhere(world, user):
    visit = Visit(world)
    visit.done("challenge", recover=True)
    assert visit.verify("recovery_code", "00000-00000-00000").json() == {"state": "wrong_code", "attempts_left": 4}
    assert user.factor("recovery_code")["failures"] == 1


# ---- after a while -----------------------------------------------------------------------------------------------------

def cancel_token(world):
    mail = wait_for(lambda: notices(world, SCHEDULED), "the mail that tells of the reset")[-1]
    return re.search(r"/enroll/#cancel\.(\S+)", text_of(mail))[1]


def cancel(world, token):
    return world.client.post("/enroll/api/lost/cancel", json_body={"token": token})


def bound(world):
    return [f["type"] for f in world.native_state("1")["factors"] if f["type"] != "email"]


def partition_of(world):
    return user_key(world, "1").decode().split(":")[1]


def due_job(world, redis):
    """The queue that the job of the reset lies in, and the job."""
    [due] = struct.unpack("<d", redis.hget(user_key(world, "1"), "Z")[:8])
    # Other tests may have left a reset in the same partition, due at another time.
    jobs = lambda: [(name, job) for name in redis.keys(f"mfa:{partition_of(world)}:due:*")
                    for job in redis.zrangebyscore(name, due, due)]
    [(name, job)] = wait_for(jobs, "its job in the queue")
    return name, job


def make_overdue(world, redis):
    """As if the delay were over, of which the worker has not heard."""
    key = user_key(world, "1")
    redis.hset(key, "Z", struct.pack("<d", 1) + redis.hget(key, "Z")[8:])


def let_it_be_due(world, redis):
    """As if the delay were over."""
    name, job = due_job(world, redis)
    make_overdue(world, redis)
    redis.zadd(name, {job: 1})


def test_it_happens_after_a_day_and_is_told_at_once(world, user, redis):
    visit = Visit(world)
    due = visit.done("lost/schedule")["reset_due"]
    mail = wait_for(lambda: notices(world, SCHEDULED), "the mail that tells of the reset")[-1]
    assert due[:10] in text_of(mail)
    assert visit.status["reset_due"] == due
    assert bound(world) == ["totp", "recovery_code"]

    let_it_be_due(world, redis)
    wait_for(lambda: not bound(world), "the reset")
    wait_for(lambda: notices(world, DONE), "the notice")
    links = wait_for(lambda: [m for m in visit.link.mails() if "/enroll/#" in text_of(m) and "cancel" not in text_of(m)][1:],
                     "the link to enroll anew")
    assert state(visit.ask("status")) == (410, "over")
    anew = Visit(world, link=Link(world, token=re.search(r"/enroll/#(\S+)", text_of(links[-1]))[1]))
    anew.add_totp()
    assert anew.factors == ["totp"]


def test_its_mail_cancels_it(world, user):
    visit = Visit(world)
    visit.done("lost/schedule")
    token = cancel_token(world)
    for bad in ("", "x", token[:-3], visit.session, visit.link.token, "A" * 3000):
        assert state(cancel(world, bad)) == (404, "unknown")
    assert "reset_due" in visit.status
    assert state(cancel(world, token)) == (200, "open")
    assert "reset_due" not in visit.status
    assert state(cancel(world, token)) == (404, "unknown")


def test_a_cancelled_one_does_not_happen_and_a_cancelled_ones_mail_cancels_no_other(world, user, redis):
    visit = Visit(world)
    visit.done("lost/schedule")
    first = cancel_token(world)
    name, job = due_job(world, redis)
    assert state(cancel(world, first)) == (200, "open")
    again = visit.done("lost/schedule")["reset_due"]
    assert state(cancel(world, first)) == (404, "unknown")
    assert visit.status["reset_due"] == again
    make_overdue(world, redis)  # so that nothing but its id keeps the cancelled one's job from doing it
    redis.zadd(name, {job: 1})
    wait_for(lambda: all(redis.zscore(lot, job) is None for lot in (name, f"mfa:{partition_of(world)}:leased")),
             "the worker's word on the cancelled one")
    assert bound(world) == ["totp", "recovery_code"]
    assert "reset_due" in visit.status


def test_a_visit_cancels_it(world, user):
    visit = Visit(world)
    visit.done("lost/schedule")
    assert state(visit.ask("lost/cancel")) == (403, "proof_needed")
    assert visit.verify("recovery_code", user.codes_left[0]).status == 200
    assert state(visit.ask("lost/cancel")) == (200, "open")
    assert state(visit.ask("lost/cancel")) == (404, "unknown")
    assert "reset_due" not in visit.status


def test_a_second_wish_neither_hastens_nor_puts_it_off(world, user):
    visit = Visit(world)
    first = visit.done("lost/schedule")["reset_due"]
    wait_for(lambda: notices(world, SCHEDULED), "the mail")
    assert visit.done("lost/schedule")["reset_due"] == first
    assert Visit(world).done("lost/schedule")["reset_due"] == first
    wait_for(lambda: {job.kind for job in listed_of(world.mfad, world)} == {"reset_due"}, "the end of all other mail")
    assert len(notices(world, SCHEDULED)) == 1


def test_who_signs_in_meanwhile_keeps_it(world, user):
    visit = Visit(world)
    visit.done("lost/schedule")
    challenge = user.challenge()
    assert user.verify(challenge, "recovery_code", user.codes_left[0]).status == 200
    assert "reset_due" in visit.status


def test_who_may_not_change_anything_any_more_keeps_his_factors(world, user, redis):
    Visit(world).done("lost/schedule")
    assert world.xsolla("POST", "1", {"mfa_type": "email", "change_restricted": True}).status == 204
    let_it_be_due(world, redis)
    wait_for(lambda: redis.hget(user_key(world, "1"), "Z") is None, "the end of the reset")
    assert bound(world) == ["totp", "recovery_code"]


@pytest.mark.parametrize("void", [
    lambda world: world.native("POST", "users/1/reset"),
    lambda world: world.mfad.load({"user": {"tenant": world.tenant, "id": "1", "email": "other@host.example"}}),
], ids=["reset", "another address"])
def test_what_makes_it_pointless_ends_it(world, user, redis, void):
    Visit(world).done("lost/schedule")
    void(world)
    assert redis.hget(user_key(world, "1"), "Z") is None


def test_without_an_address_or_a_factor_there_is_nothing_to_schedule(world, user, mfad):
    assert state(Visit(world, "2").ask("lost/schedule")) == (409, "not_enrolled")
    mfad.load({"user": {"tenant": world.tenant, "id": "1", "email": None}})
    assert state(Visit(world).ask("lost/schedule")) == (409, "no_address")


def test_an_app_that_turns_up_again_still_works(world, user):
    secret, step = user.enroll_totp()
    visit = Visit(world)
    visit.done("lost/schedule")
    assert visit.verify("totp", totp(secret, step + 1)).status == 200
    assert visit.status["reset_due"]
