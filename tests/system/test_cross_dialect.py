"""What one dialect writes, all show at once: one state, four dialects."""

import itertools

import pytest

from harness import code_in, link_in
from test_rebilly import follow, links
from tokens import ISSUERS, user_token
from world import ALLOWED, DISALLOWED, ago

EMAIL_ON = {"mfa_type": "email", "enabled": True}
EMAIL_OFF = {"mfa_type": "email", "enabled": False}
RESTRICTED = {"mfa_type": "email", "change_restricted": True}


def set_all(world, settings):
    assert world.navixy_update(settings).json() == {"success": True}


def set_one(world, settings, user):
    assert world.navixy_update(settings, user).json() == {"success": True}


def xsolla(world, user, body):
    response = world.xsolla("POST", user, body)
    assert response.status == 204, response


def seen(world, user):
    """Whether email is on and MFA active: as Xsolla and Rebilly show it."""
    return world.xsolla_state(user)["enabled"], world.rebilly_state(user)["status"] == "active"


ON, OFF = (True, True), (False, False)


# ---- one user ------------------------------------------------------------------------------------------------------


def test_what_navixy_allows_xsolla_shows_as_enabled(world):
    set_one(world, ALLOWED, 1)
    assert world.xsolla_state("1") == {"enabled": True, "mfa_type": "email", "change_restricted": False}
    assert world.rebilly_state("1")["status"] == "active"


def test_what_xsolla_disables_rebilly_shows_as_inactive(world):
    set_one(world, ALLOWED, 1)
    xsolla(world, "1", EMAIL_OFF)
    state = world.rebilly_state("1")
    assert (state["status"], state["type"]) == ("inactive", None)


def test_what_navixy_disallows_quiva_cannot_enable(world):
    set_one(world, DISALLOWED, 1)
    response = world.quiva("PATCH", "1", {"totp_enabled": True})
    assert response.status == 400 and response.json()["error"]
    assert world.quiva_state("1") == {"totp_enabled": False, "passkey_enabled": False}
    assert world.quiva("PATCH", "2", {"totp_enabled": True}).status == 200


def test_what_xsolla_restricts_the_user_cannot_change_in_any_dialect(world):
    world.set_user("1", enabled=["totp"], last_auth_time=ago(1))
    xsolla(world, "1", RESTRICTED)
    assert world.rebilly("POST", "1").status == 403
    assert world.rebilly("DELETE", "1").status == 403
    assert world.quiva("PATCH", "1", {"totp_enabled": False}).status == 400
    assert world.quiva_state("1")["totp_enabled"]

    set_one(world, ALLOWED, 1)  # a dealer may still change him
    assert seen(world, "1") == ON
    xsolla(world, "1", {**EMAIL_OFF, "change_restricted": True})
    assert seen(world, "1") == OFF
    xsolla(world, "1", EMAIL_OFF)
    assert world.rebilly("POST", "1").status == 201
    assert world.quiva("PATCH", "1", {"totp_enabled": False}).status == 200


def test_a_restricted_user_may_verify_what_is_active(world):
    xsolla(world, "1", {**EMAIL_ON, "change_restricted": True})
    response = world.rebilly("POST", "1")
    assert (response.status, response.json()["status"]) == (201, "active")
    assert follow(world, links(response)["enrollment"])["kind"] == "verify"
    assert world.rebilly("DELETE", "1").status == 403


def test_a_restriction_stops_the_link_that_the_user_caused_himself(world):
    link = links(world.rebilly("POST", "1"))["enrollment"]
    xsolla(world, "1", RESTRICTED)
    assert follow(world, link)["state"] == "restricted"


@pytest.mark.parametrize("by", ["xsolla", "navixy"])
def test_a_restricted_user_may_follow_the_link_that_a_server_caused(make_world, by):
    world = make_world(options={"email.require_verification": True})
    world.set_user("1", change_restricted=True)
    if by == "xsolla":
        xsolla(world, "1", {**EMAIL_ON, "change_restricted": True})
    else:
        set_one(world, ALLOWED, 1)
    assert seen(world, "1") == (True, False), "on, but the address is not verified yet"

    address = world.address("1")
    token = link_in(world.mfad.mail_to(address)).partition("#")[2]
    assert world.client.post("/enroll/api/code", json_body={"token": token}).status == 200
    code = code_in(world.mfad.mail_to(address, after=1))
    assert world.client.post("/enroll/api/verify", json_body={"token": token, "code": code}).status == 200
    assert seen(world, "1") == ON
    assert world.rebilly_state("1")["lastAuthTime"]
    assert world.xsolla_state("1")["change_restricted"]


def test_what_rebilly_deletes_is_gone_everywhere(world):
    xsolla(world, "1", EMAIL_ON)
    world.set_user("1", enabled=["email", "totp", "passkey"], last_auth_time=ago(1))
    assert world.rebilly("DELETE", "1").status == 204
    assert seen(world, "1") == OFF
    assert world.quiva_state("1") == {"totp_enabled": False, "passkey_enabled": False}
    xsolla(world, "1", EMAIL_ON)
    assert seen(world, "1") == ON, "the tenant still vouches for the address"


def test_quiva_and_xsolla_keep_out_of_each_others_factors(world):
    assert world.quiva("PATCH", "1", {"totp_enabled": True, "passkey_enabled": True}).status == 200
    xsolla(world, "1", EMAIL_ON)
    xsolla(world, "1", EMAIL_OFF)
    assert world.quiva_state("1") == {"totp_enabled": True, "passkey_enabled": True}
    xsolla(world, "1", EMAIL_ON)
    world.set_user("1", last_auth_time=ago(1))
    assert world.quiva("PATCH", "1", {"totp_enabled": False, "passkey_enabled": False}).status == 200
    assert seen(world, "1") == ON


def test_what_is_allowed_again_comes_back_as_it_was(world):
    world.set_user("1", enabled=["email", "totp"])
    set_one(world, DISALLOWED, 1)
    assert seen(world, "1") == OFF
    set_one(world, ALLOWED, 1)
    assert seen(world, "1") == ON
    assert not world.quiva_state("1")["totp_enabled"], "email alone was allowed again"


def test_the_project_takes_email_from_all_and_gives_it_back(world):
    set_all(world, ALLOWED)
    xsolla(world, "2", EMAIL_OFF)
    assert world.xsolla("PUT", body={"mfa_types": []}).status == 204
    assert [seen(world, user) for user in "123"] == [OFF] * 3
    assert world.navixy_update(ALLOWED, 1).json()["status"]["code"] == 7
    assert world.navixy_update(ALLOWED).json()["status"]["code"] == 7
    assert world.xsolla("PUT", body={"mfa_types": [{"mfa_type": "email", "priority": 1}]}).status == 204
    assert [seen(world, user) for user in "123"] == [ON, OFF, ON]


def test_numbers_of_one_dialect_are_names_in_the_others(make_world):
    world = make_world(users=("9007199254740993",), jwt=ISSUERS)
    assert world.navixy_update(ALLOWED, 9007199254740993).json() == {"success": True}
    token = {"Authorization": f"Bearer {user_token(world, '9007199254740993')}"}
    assert world.client.get("/profile/mfa", headers=token).json()["status"] == "active"


def test_the_default_is_what_new_users_show_in_every_dialect(world):
    body = {"settings": ALLOWED}
    assert world.navixy("user/mfa/settings/default/update", body).status == 200
    world.set_user("4")  # creates him
    assert world.xsolla_state("4")["enabled"] is True
    assert world.navixy("user/mfa/settings/default/update", {"settings": DISALLOWED}).status == 200
    world.set_user("5")
    assert world.xsolla("POST", "5", EMAIL_ON).json()["error"]["code"] == "003-020"


# ---- all users, and single ones ------------------------------------------------------------------------------------


def test_a_later_setting_of_one_user_wins_over_an_earlier_all(world):
    set_all(world, ALLOWED)
    xsolla(world, "1", EMAIL_OFF)
    set_one(world, DISALLOWED, 2)
    assert [seen(world, user) for user in "123"] == [OFF, OFF, ON]

    set_all(world, DISALLOWED)
    set_one(world, ALLOWED, 3)
    assert [seen(world, user) for user in "123"] == [OFF, OFF, ON]


def test_a_later_all_wins_over_what_single_users_had(world):
    xsolla(world, "1", EMAIL_ON)
    set_one(world, DISALLOWED, 2)
    set_all(world, ALLOWED)
    assert [seen(world, user) for user in "123"] == [ON] * 3
    set_one(world, ALLOWED, 1)
    set_all(world, DISALLOWED)
    assert [seen(world, user) for user in "123"] == [OFF] * 3


def test_all_leaves_restriction_and_other_factors_alone(world):
    xsolla(world, "1", RESTRICTED)
    assert world.quiva("PATCH", "2", {"totp_enabled": True}).status == 200
    set_all(world, ALLOWED)
    assert world.xsolla_state("1") == {"enabled": True, "change_restricted": True, "mfa_type": "email"}
    assert world.quiva_state("2")["totp_enabled"]
    set_all(world, DISALLOWED)
    assert not world.quiva_state("2")["totp_enabled"]
    assert world.xsolla_state("1")["change_restricted"]


def test_after_disallowing_all_email_alone_comes_back(world):
    world.set_user("1", enabled=["totp"])
    set_all(world, DISALLOWED)
    set_all(world, ALLOWED)
    assert seen(world, "1") == ON
    assert not world.quiva_state("1")["totp_enabled"]


def test_a_user_is_seen_alike_whether_or_not_he_was_written_since(make_world):
    """An `all` is folded into a record when it is next written, and into an answer when it is only read."""
    for calls in itertools.product((ALLOWED, DISALLOWED), repeat=3):
        world = make_world(users=("1", "2"))
        world.set_user("1", enabled=["totp"])
        world.set_user("2", enabled=["totp"])
        for settings in calls:
            set_all(world, settings)
            world.set_user("1", last_auth_time=None)  # written, and nothing changed
        assert world.xsolla_state("1") == world.xsolla_state("2"), calls
        assert world.quiva_state("1") == world.quiva_state("2"), calls


STEPS = {
    "all on": (lambda world: set_all(world, ALLOWED), lambda state: {"1": ON, "2": ON}),
    "all off": (lambda world: set_all(world, DISALLOWED), lambda state: {"1": OFF, "2": OFF}),
    "1 on": (lambda world: set_one(world, ALLOWED, 1), lambda state: {**state, "1": ON}),
    "1 off": (lambda world: set_one(world, DISALLOWED, 1), lambda state: {**state, "1": OFF}),
    "2 on": (lambda world: set_one(world, ALLOWED, 2), lambda state: {**state, "2": ON}),
}


@pytest.mark.parametrize("first", STEPS)
def test_the_last_of_any_steps_holds(make_world, first):
    for others in itertools.product(STEPS, repeat=2):
        world, state = make_world(users=("1", "2")), {"1": OFF, "2": OFF}
        for step in (first, *others):
            act, expect = STEPS[step]
            act(world)
            state = expect(state)
        assert {user: seen(world, user) for user in "12"} == state, (first, *others)
