"""The calls of the pages after the button: visits, their challenge, and factors bound and removed in them."""

import pytest

from harness import text_of, wait_for
from links import Link, Records, another
from sign_in import SignIn, totp
from stored import user_key
from visits import Visit, notices, server_link, state
from world import DISALLOWED

ENABLE = {"enabled": True, "mfa_type": "email"}
FIVE = ["status", "challenge", "challenge/send", "totp", "passkey", "recovery-codes"]


@pytest.fixture
def active(world, redis):
    """User 1 with an app and recovery codes: the app's secret, the codes."""
    user = SignIn(world, redis)
    secret, step = user.enroll_totp()
    return user, secret, step, user.recovery_codes()


# ---- a visit -----------------------------------------------------------------------------------------------------------

def test_the_button_changes_nothing_by_itself(world, redis_server):
    link = Link(world)
    records = Records(redis_server, world)
    wait_for(lambda: records.redis.hget(records.events, "m"), "the worker's word on the mail, which changes its record")
    before = records.content()
    visit = Visit(world, link=link)
    assert visit.begun.status == 200 and visit.challenge is None
    assert records.content() == before
    assert link.state == "open"


def test_the_first_factor_needs_no_proof_and_proves_the_visit(world):
    visit = Visit(world)
    assert visit.status["offered"] == ["email", "totp", "passkey"]
    assert visit.status["factors"] == [] and not visit.status["active"]
    visit.add_totp("My phone")
    assert visit.link.state == "used"
    [factor] = visit.status["factors"]
    assert (factor["type"], factor["label"], factor["disabled"]) == ("totp", "My phone", False)
    assert world.rebilly_state("1")["status"] == "active" and world.rebilly_state("1")["lastAuthTime"]
    assert len(visit.recovery_codes()) == 10
    assert visit.factors == ["totp", "recovery_code"]


def test_email_in_a_visit(world):
    visit = Visit(world)
    code = visit.mailed_code("code")
    wrong = visit.ask("verify", code=another(code))
    assert (state(wrong), wrong.json()["attempts_left"]) == ((422, "wrong_code"), 4)
    assert visit.done("verify", code=code)["verified"]
    assert visit.factors == ["email"] and visit.link.state == "used"
    [notice] = wait_for(lambda: notices(world, "A new way to sign in"), "the notice")
    assert "codes by email" in text_of(notice)
    visit.add_totp()
    assert visit.factors == ["email", "totp"]


def test_an_address_can_be_added_after_the_link_is_used(world):
    visit = Visit(world)
    visit.add_totp()
    code = visit.mailed_code("code")
    assert visit.done("verify", code=code)["verified"]
    assert visit.factors == ["email", "totp"]


def test_what_the_policy_does_not_allow_is_not_offered(make_world):
    world = make_world(allowed=["totp"])
    visit = Visit(world, server=True)
    assert visit.status["offered"] == ["totp"] and visit.status["recovery_codes"] is False
    assert state(visit.ask("code")) == (409, "not_allowed")
    visit.add_totp()
    assert state(visit.ask("recovery-codes")) == (409, "not_allowed")


def test_what_the_link_is_for_is_offered(world):
    visit = Visit(world, link=server_link(world, factors=["email"]))
    assert visit.status["offered"] == ["email"]
    assert state(visit.ask("totp")) == (409, "not_allowed")
    visit = Visit(world, link=server_link(world, factors=["totp"]))
    assert state(visit.ask("code")) == (409, "not_allowed")


@pytest.mark.parametrize("void", [
    lambda world: Link(world),
    lambda world: world.native("POST", "users/1/reset"),
    lambda world: world.mfad.load({"user": {"tenant": world.tenant, "id": "1", "email": "other@host.example"}}),
    lambda world: world.native("DELETE", "users/1"),
], ids=["newer link", "reset", "another address", "user gone"])
@pytest.mark.parametrize("used", [False, True], ids=["open", "used"])
def test_what_voids_the_link_voids_the_visit(world, void, used):
    visit = Visit(world)
    if used:
        visit.add_totp()
    void(world)
    for call in FIVE:
        assert state(visit.ask(call)) == (410, "over"), call
    assert visit.ask("verify", code="123456").status in (404, 410)


def test_a_session_is_ours_alone(world):
    visit = Visit(world)
    session = visit.session
    for bad in ("", "x", session[:-2], session[:-4] + "AAAA", session * 3, visit.link.token, "A" * 5000):
        visit.session = bad
        for call in FIVE:
            assert state(visit.ask(call)) == (410, "over")


def test_no_session_or_another_type_is_refused(world):
    for call in (*FIVE, "totp/confirm", "factors/remove", "lost/reset", "lost/schedule", "challenge/verify"):
        for body in ({}, {"session": 1}, {"session": None}):
            assert world.client.post(f"/enroll/api/{call}", json_body=body).status == 400, call


# ---- where MFA is active -----------------------------------------------------------------------------------------------

CHANGES = [("passkey", {}), ("passkey/confirm", {"credential": {}}), ("devices/remove", {"id": "x"}), ("totp", {}), ("totp/confirm", {"code": "123456"}), ("recovery-codes", {}), ("factors/remove", {"id": "totp"}),
           ("code", {}), ("verify", {"code": "123456"})]


def test_an_active_user_is_asked_for_a_factor_before_anything_else(world, active):
    user, secret, step, codes = active
    visit = Visit(world)
    assert visit.challenge["factors"] == ["totp", "recovery_code"]
    for call, message in CHANGES:
        assert state(visit.ask(call, **message)) == (403, "proof_needed"), call
    hidden = visit.status
    assert hidden["active"] and not hidden["proved"] and hidden["factors"] == [] and hidden["offered"] == []
    assert visit.verify("totp", totp(secret, step + 1)).status == 200
    assert visit.status["proved"] and visit.factors == ["totp", "recovery_code"]
    assert visit.ask("recovery-codes").status == 200


def test_the_proof_of_somebody_else_is_none(world, active):
    """A fresh sign-in of the true user's does not open the visit of who holds his link."""
    user, secret, step, codes = active
    visit = Visit(world)
    assert user.verify(user.challenge(), "totp", totp(secret, step + 1)).status == 200
    for call, message in CHANGES:
        assert state(visit.ask(call, **message)) == (403, "proof_needed"), call


def test_a_proof_grows_old(world, active, redis):
    user, secret, step, codes = active
    visit = Visit(world)
    assert visit.verify("recovery_code", codes[0]).status == 200
    for field in ("t", "q"):
        redis.hset(user_key(world, "1"), field, int(redis.hget(user_key(world, "1"), field)) - 601_000)
    assert state(visit.ask("recovery-codes")) == (403, "proof_needed")
    assert state(visit.ask("factors/remove", id="totp")) == (403, "proof_needed")
    assert visit.done("challenge")["challenge"]["factors"] == ["totp", "recovery_code"]
    assert visit.verify("recovery_code", codes[1]).status == 200
    assert visit.ask("factors/remove", id="totp").status == 200


def test_a_link_to_verify_is_spent_by_the_proof(world, mfad):
    assert world.xsolla("POST", "1", ENABLE).status == 204
    visit = Visit(world)
    assert visit.link.view()["kind"] == "verify" and visit.challenge["factors"] == ["email"]
    assert world.rebilly_state("1")["lastAuthTime"] is None
    visit.prove_by_email()
    assert world.rebilly_state("1")["lastAuthTime"]
    assert visit.link.state == "used"
    assert visit.factors == ["email"]
    visit.add_totp()
    assert visit.factors == ["email", "totp"]


def test_wrong_codes_count_against_the_challenge_and_the_factor(world, active):
    visit = Visit(world)
    left = [visit.verify("totp", "000000").json().get("attempts_left") for _ in range(5)]
    assert left == [4, 3, 2, 1, 0]
    assert state(visit.verify("totp", "000000")) == (410, "exhausted")
    assert visit.done("challenge")["challenge"]
    assert state(visit.verify("totp", "000000")) == (429, "wait"), "a new challenge is no new budget"
    assert visit.verify("recovery_code", active[3][0]).status == 200, "the other factor is untouched"


@pytest.mark.parametrize("factor, code", [("totp", "12345"), ("totp", "1234567"), ("totp", "12345678"), ("totp", ""), ("totp", "abcdef"),
                                          ("recovery_code", "x"), ("recovery_code", "")])
def test_what_cannot_be_a_code_counts_as_nothing(world, active, factor, code):
    visit = Visit(world)
    for _ in range(6):
        assert state(visit.verify(factor, code)) == (400, "no_code")
    assert visit.verify("totp", "000000").json()["attempts_left"] == 4
    assert active[0].factor(factor)["failures"] == (1 if factor == "totp" else 0)


def test_a_spent_code_says_so(world, active):
    user, secret, step, codes = active
    visit = Visit(world)
    assert state(visit.verify("totp", totp(secret, step))) == (422, "already_used")


def test_codes_by_mail_have_their_gap(world):
    assert world.xsolla("POST", "1", ENABLE).status == 204
    visit = Visit(world)
    visit.mailed_code()
    response = visit.ask("challenge/send")
    assert state(response) == (429, "over_budget")
    assert response.json()["retry_after"] == int(response.header("Retry-After")) <= 30


def test_removal_tells_the_user(world, active):
    visit = Visit(world)
    assert visit.verify("recovery_code", active[3][0]).status == 200
    assert state(visit.ask("factors/remove", id="passkey")) == (409, "not_enrolled")
    assert visit.ask("factors/remove", id="totp").status == 200
    assert visit.status["active"] is False
    wait_for(lambda: notices(world, "removed"), "the notice")


# ---- restriction -------------------------------------------------------------------------------------------------------

RESTRICT = {"mfa_type": "email", "change_restricted": True}


def test_a_servers_link_may_be_followed_by_a_restricted_user(world):
    assert world.xsolla("POST", "1", RESTRICT).status == 204
    visit = Visit(world, server=True)
    visit.add_totp()
    assert len(visit.recovery_codes()) == 10
    assert state(visit.ask("factors/remove", id="totp")) == (409, "restricted")
    assert world.native_state("1")["change_restricted"]


def test_a_restricted_user_may_only_verify_by_a_link_of_his_own(world, active):
    assert world.xsolla("POST", "1", RESTRICT).status == 204
    visit = Visit(world)
    assert visit.link.view()["kind"] == "verify"
    assert visit.verify("recovery_code", active[3][0]).status == 200
    assert visit.status["restricted"] and visit.status["offered"] == []
    assert state(visit.ask("totp")) == (409, "not_allowed")
    for call, message in [("recovery-codes", {}), ("factors/remove", {"id": "totp"}), ("code", {}),
                          ("challenge", {"recover": True}), ("lost/schedule", {})]:
        assert state(visit.ask(call, **message)) == (409, "restricted"), call


def test_a_link_that_can_lead_nowhere_says_so(world):
    link = Link(world)
    assert world.navixy_update(DISALLOWED, 1).status == 200
    assert state(Visit(world, link=link).begun) == (409, "not_allowed")
