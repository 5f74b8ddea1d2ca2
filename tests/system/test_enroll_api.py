"""The calls of the enrollment page: a link from its mail to its end."""

import concurrent.futures

import pytest

from harness import link_in
from links import Link, Records, another
from visits import Visit, server_link
from world import DISALLOWED

ENABLE = {"enabled": True, "mfa_type": "email"}
VERIFIED_ONLY = {"email.require_verification": True}


@pytest.fixture
def records(redis_server):
    return lambda link: Records(redis_server, link.world, link.user)


def states(responses):
    return [response.json()["state"] for response in responses]


def in_parallel(call, arguments):
    with concurrent.futures.ThreadPoolExecutor(len(arguments)) as pool:
        return list(pool.map(call, arguments))


# ---- the way through -------------------------------------------------------------------------------------------------

def test_a_code_enrolls_the_address_and_spends_the_link(world):
    link = Link(world)
    view = link.view()
    expires = view.pop("expires_at")
    assert expires.endswith("Z")
    assert view == {"state": "open", "kind": "enroll", "tenant": world.tenant, "locale": "", "code_length": 6,
                    "address": f"u***@{world.tenant}.example"}
    assert world.rebilly_state("1")["status"] == "inactive"
    response = link.verify(link.send())
    assert (response.status, response.json()) == (200, {"state": "open", "verified": True})
    state = world.rebilly_state("1")
    assert state["status"] == "active" and state["type"] == "guardian" and state["lastAuthTime"]
    assert world.xsolla_state("1")["enabled"] is True
    assert link.view() == {"state": "used"}
    assert [r.status for r in (link.ask("code"), link.verify("123456"))] == [410, 410]


def test_a_link_of_an_active_user_refreshes_his_proof_and_changes_nothing_else(mfad, world):
    assert world.xsolla("POST", "1", ENABLE).status == 204
    before = mfad.user(world.tenant, "1")["mfa"]
    link = Link(world)
    assert link.view()["kind"] == "verify"
    assert [link.ask("code").json(), link.verify("123456").json()] == [{"state": "proof_needed"}] * 2
    Visit(world, link=link).prove_by_email()
    after = mfad.user(world.tenant, "1")["mfa"]
    assert before["last_auth_time"] is None and after["last_auth_time"]
    for member in ("allowed", "enabled", "required", "active", "change_restricted"):
        assert after[member] == before[member]


def test_following_the_link_verifies_an_address_where_that_is_required(mfad, make_world):
    world = make_world(options=VERIFIED_ONLY)
    assert world.xsolla("POST", "1", ENABLE).status == 204
    assert not mfad.user(world.tenant, "1")["mfa"]["active"]
    token = link_in(mfad.mail_to(world.address("1"))).split("#")[1]
    link = Link(world, token=token)
    assert link.verify(link.send()).status == 200
    assert mfad.user(world.tenant, "1")["mfa"]["active"]
    # Once it is verified, switching off and on asks for nothing more.
    mails = len(link.mails())
    assert world.xsolla("POST", "1", {"mfa_type": "email"}).status == 204
    assert world.xsolla("POST", "1", ENABLE).status == 204
    assert mfad.user(world.tenant, "1")["mfa"]["active"]
    assert world.tenant not in mfad.call("outbox", "list") and len(link.mails()) == mails


@pytest.mark.parametrize("spelling", ["{}", " {} ", "{0:.3}-{1}", "{0:.3} {1}", "-{}-"])
def test_a_code_may_be_typed_with_spaces_and_dashes(world, spelling):
    link = Link(world)
    code = link.send()
    typed = spelling.format(code, code[3:]) if "{0" in spelling else spelling.format(code)
    assert link.verify(typed).status == 200


def test_of_fifty_right_codes_at_once_one_succeeds(world):
    link = Link(world)
    code = link.send()
    responses = in_parallel(link.verify, [code] * 50)
    assert sorted(response.status for response in responses) == [200] + [410] * 49
    assert sorted(states(responses)) == ["open"] + ["used"] * 49


# ---- wrong codes -----------------------------------------------------------------------------------------------------

def test_five_wrong_codes_end_the_link_and_the_right_one_comes_too_late(world):
    link = Link(world)
    code = link.send()
    responses = [link.verify(another(code, n)) for n in range(1, 6)]
    assert [response.status for response in responses] == [422] * 5
    assert [response.json() for response in responses] == [
        {"state": "wrong_code", "attempts_left": left} for left in (4, 3, 2, 1, 0)]
    late = link.verify(code)
    assert (late.status, late.json()) == (410, {"state": "exhausted"})
    assert link.state == "exhausted"
    assert link.ask("code").status == 410
    assert world.rebilly_state("1")["status"] == "inactive"


def test_of_wrong_codes_at_once_no_more_than_five_are_looked_at(world):
    link = Link(world)
    code = link.send()
    found = states(in_parallel(link.verify, [another(code, n) for n in range(1, 21)]))
    assert sorted(found) == ["exhausted"] * 15 + ["wrong_code"] * 5


def test_a_resend_keeps_the_older_code(world, records):
    link = Link(world)
    first = link.send()
    records(link).forget_gap()
    link.send()
    assert link.verify(first).status == 200


def test_of_four_codes_the_last_three_count(world, records):
    link = Link(world)
    codes = []
    for _ in range(4):
        codes.append(link.send())
        records(link).forget_gap()
    assert link.verify(codes[0]).json()["state"] == "wrong_code"
    assert link.verify(codes[1]).status == 200


def test_a_resend_gives_no_further_tries(world, records):
    link = Link(world)
    code = link.send()
    for n in range(1, 4):
        link.verify(another(code, n))
    records(link).forget_gap()
    code = link.send()
    assert [link.verify(another(code, n)).json().get("attempts_left") for n in (1, 2)] == [1, 0]
    assert link.verify(code).json() == {"state": "exhausted"}


def test_a_code_that_is_too_old_is_a_wrong_one(world, records):
    link = Link(world)
    code = link.send()
    records(link).expire_code(1)
    assert link.verify(code).json() == {"state": "wrong_code", "attempts_left": 4}


@pytest.mark.parametrize("code", ["", "1", "12345", "1234567", "12345x", "x23456", "１２３４５６", "12345\u0000", "-" * 6,
                                  "1" * 9000, "0x1234", "+12345"])
def test_what_cannot_be_a_code_is_not_counted(world, code):
    link = Link(world)
    assert [link.verify(code).status for _ in range(6)] == [400] * 6
    assert link.verify(link.send()).status == 200


def test_a_code_counts_for_its_own_link_alone(world):
    mine, other = Link(world, "1"), Link(world, "2")
    mine.send()
    code = other.send()
    assert mine.verify(code).json()["state"] == "wrong_code"
    assert other.verify(code).status == 200


def test_a_code_of_an_older_link_is_void(world, records):
    older = Link(world)
    code = older.send()
    newer = Link(world)
    assert older.verify(code).json() == {"state": "superseded"}
    assert newer.verify(code).json()["state"] == "wrong_code"


# ---- sending ---------------------------------------------------------------------------------------------------------

def test_a_second_code_at_once_has_to_wait(world, records):
    link = Link(world)
    code = link.send()
    response = link.ask("code")
    assert response.status == 429 and response.json()["state"] == "over_budget"
    assert response.json()["retry_after"] == int(response.header("Retry-After"))
    assert 1 <= response.json()["retry_after"] <= 30
    assert link.verify(code).status == 200, "the one on its way counts"


def test_the_gap_between_codes_is_the_users_not_the_links(world):
    Link(world).send()
    assert Link(world).ask("code").status == 429


def test_the_sixth_code_within_the_hour_has_to_wait(world, records):
    link = Link(world)
    for _ in range(5):
        link.send()
        records(link).forget_gap()
    response = link.ask("code")
    assert response.status == 429
    assert 60 < int(response.header("Retry-After")) <= 3600
    records(link).forget_budget()
    assert link.ask("code").status == 200


# ---- states ----------------------------------------------------------------------------------------------------------

def expect(link, state, status):
    """Each of the three calls says so, and nothing is sent or enrolled."""
    assert link.view() == {"state": state}
    for response in (link.ask("code"), link.verify("123456")):
        assert (response.status, response.json()) == (status, {"state": state})
    assert link.codes() == []
    assert link.world.rebilly_state(link.user)["lastAuthTime"] is None


def test_an_expired_link(world, records):
    link = Link(world)
    records(link).expire_link()
    expect(link, "expired", 410)


def test_a_link_that_a_newer_one_has_replaced(world):
    link = Link(world)
    newer = Link(world)
    expect(link, "superseded", 410)
    assert newer.state == "open"


def test_a_link_of_the_users_own_when_changes_are_restricted(world):
    link = Link(world)
    assert world.xsolla("POST", "1", {"mfa_type": "email", "change_restricted": True}).status == 204
    expect(link, "restricted", 409)


def test_a_link_that_a_server_caused_may_be_followed_all_the_same(mfad, make_world):
    world = make_world(options=VERIFIED_ONLY)
    assert world.xsolla("POST", "1", {**ENABLE, "change_restricted": True}).status == 204
    link = Link(world, token=link_in(mfad.mail_to(world.address("1"))).split("#")[1])
    assert link.verify(link.send()).status == 200
    assert mfad.user(world.tenant, "1")["mfa"]["change_restricted"]


def test_a_link_when_email_is_no_longer_allowed(world):
    link = Link(world)
    assert world.navixy_update(DISALLOWED, 1).status == 200
    expect(link, "not_allowed", 409)


def test_a_link_of_a_user_whose_active_factor_is_another(world, records):
    link = Link(world)
    records(link).enroll_totp_alone()
    assert link.state == "open", "he can verify"
    for response in (link.ask("code"), link.verify("123456")):
        assert (response.status, response.json()) == (403, {"state": "proof_needed"})
    assert link.codes() == []


def test_a_link_of_a_user_without_an_address(mfad, world):
    link = Link(world)
    mfad.load({"user": {"tenant": world.tenant, "id": "1", "email": None}})
    later = Link(world)
    assert link.state == "superseded"
    assert later.state == "open", "he can set an app up"
    for response in (later.ask("code"), later.verify("123456")):
        assert (response.status, response.json()) == (409, {"state": "no_address"})
    expect(server_link(world, factors=["email"]), "no_address", 409)


def test_a_user_who_is_gone_has_no_link(world, records):
    link = Link(world)
    found = records(link)
    found.redis.delete(found.user)
    assert link.view() == {"state": "unknown"}
    assert link.ask("code").status == 404
