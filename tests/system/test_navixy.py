"""The Navixy dialect: MFA settings of one, many or all users, and the default."""

import concurrent.futures
import json

import pytest

from stored import version_of
from world import ALLOWED, DISALLOWED

NO_FACTORS = {"type": "disallowed", "factor_types": []}  # as the vendor's own panel sends it
OK = {"success": True}


def update(world, target, settings):
    return world.navixy("user/mfa/settings/update", {"target": target, "settings": settings})


def selected(*ids):
    return {"type": "selected", "ids": list(ids)}


def set_default(world, settings):
    return world.navixy("user/mfa/settings/default/update", {"settings": settings})


def default(world):
    response = world.navixy("user/mfa/settings/default/read")
    assert response.status == 200, response
    return response.json()


def code(response):
    return response.status, response.json()["status"]["code"]


def parameters(response):
    """Which parameters are called wrong."""
    assert code(response) == (400, 7), response
    return [error["parameter"] for error in response.json()["errors"]]


def enabled(world, *users):
    """Whether email is asked of each, as another dialect sees it."""
    return [world.xsolla_state(str(user))["enabled"] for user in users]


def add_users(world, *ids):
    users = ({"tenant": world.tenant, "id": str(id), "email": world.address(id)} for id in ids)
    world.mfad.load(*({"user": user} for user in users))


# ---- update, selected ----------------------------------------------------------------------------------------------


def test_allowing_email_to_a_user_switches_it_on_for_him(world):
    response = update(world, selected(1, 3), ALLOWED)
    assert (response.status, response.json()) == (200, OK)
    assert enabled(world, 1, 2, 3) == [True, False, True]


@pytest.mark.parametrize("settings", [DISALLOWED, NO_FACTORS])
def test_disallowing_leaves_a_user_no_factor_at_all(world, settings):
    world.set_user("1", enabled=["email", "totp", "passkey"])
    assert update(world, selected(1), settings).status == 200
    assert enabled(world, 1) == [False]
    assert world.quiva_state("1") == {"totp_enabled": False, "passkey_enabled": False}


def test_allowing_replaces_only_what_the_dialect_can_name(world):
    world.set_user("1", allowed=["totp"], enabled=["totp"])
    assert update(world, selected(1), ALLOWED).status == 200
    assert enabled(world, 1) == [True]
    assert world.quiva_state("1")["totp_enabled"], "what it cannot name stays allowed"

    assert update(world, selected(1), DISALLOWED).status == 200
    assert update(world, selected(1), ALLOWED).status == 200
    assert world.quiva_state("1") == {"totp_enabled": False, "passkey_enabled": False}, "and stays disallowed"


def test_a_repeat_succeeds_again(world):
    for settings in (ALLOWED, ALLOWED, DISALLOWED, DISALLOWED):
        assert update(world, selected(1), settings).json() == OK


@pytest.mark.parametrize("ids", [(1, 2, 999), (999, 1, 2), (999,), (1, 2, 3, 4)])
def test_one_bad_id_among_many_and_nothing_is_done(world, ids):
    assert code(update(world, selected(*ids), ALLOWED)) == (400, 201)
    assert enabled(world, 1, 2, 3) == [False] * 3


def test_users_of_another_dealer_are_not_found(make_world):
    world, other = make_world(), make_world(users=("1", "7"))
    assert code(update(world, selected(1, 7), ALLOWED)) == (400, 201)
    assert enabled(world, 1) == [False]
    assert update(world, selected(1), ALLOWED).status == 200
    assert enabled(other, 1) == [False], "the same id under another dealer is another user"


def test_an_id_is_decimal_without_leading_zeros(make_world):
    world = make_world(users=("01", "1"))
    assert update(world, selected(1), ALLOWED).status == 200
    assert enabled(world, "01", "1") == [False, True]


def test_an_id_that_comes_twice_counts_once(world, redis_server):
    assert update(world, selected(1, 2, 1, 1, 2), ALLOWED).status == 200
    assert enabled(world, 1, 2, 3) == [True, True, False]
    assert [version_of(redis_server.connection(), world, user) for user in "123"] == [1, 1, 0]


def test_a_thousand_users_at_once_and_no_more(make_world):
    world = make_world(users=())
    add_users(world, *range(1, 1001))
    assert update(world, selected(*range(1, 1001)), ALLOWED).json() == OK
    assert enabled(world, 1, 500, 1000) == [True] * 3
    assert parameters(update(world, selected(*range(1, 1002)), DISALLOWED)) == ["target.ids"]
    assert enabled(world, 1, 1000) == [True] * 2


def test_a_tenant_may_lower_the_bound(make_world):
    world = make_world(users=(), options={"navixy.max_ids": 100})
    add_users(world, *range(1, 102))
    assert update(world, selected(*range(1, 101)), ALLOWED).json() == OK
    assert parameters(update(world, selected(*range(1, 102)), ALLOWED)) == ["target.ids"]
    assert enabled(world, 100, 101) == [True, False]


# ---- parameters ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ids", [[], [0], [-1], [1, 0], [1, -2, 3], [1.5], [1, 2.0001], ["1"], [1, "2"], [True], [None],
                                 [[1]], {"1": 1}, "1,2", 1, None, [1e300]])
def test_ids_are_positive_whole_numbers(world, ids):
    response = update(world, {"type": "selected", "ids": ids}, ALLOWED)
    assert [name.split("[")[0] for name in parameters(response)] == ["target.ids"]
    assert enabled(world, 1, 2, 3) == [False] * 3


@pytest.mark.parametrize("body, wrong", [
    ({}, "target"), ({"settings": ALLOWED}, "target"), ({"target": {"type": "all"}}, "settings"),
    ({"target": "all", "settings": ALLOWED}, "target"), ({"target": ["all"], "settings": ALLOWED}, "target"),
    ({"target": None, "settings": ALLOWED}, "target"), ({"target": {}, "settings": ALLOWED}, "target.type"),
    ({"target": {"type": "some"}, "settings": ALLOWED}, "target.type"),
    ({"target": {"type": 1}, "settings": ALLOWED}, "target.type"),
    ({"target": {"type": "All"}, "settings": ALLOWED}, "target.type"),
    ({"target": {"type": "selected"}, "settings": ALLOWED}, "target.ids"),
    ({"target": {"type": "all"}, "settings": "allowed"}, "settings"),
    ({"target": {"type": "all"}, "settings": {}}, "settings.type"),
    ({"target": {"type": "all"}, "settings": {"type": "permitted"}}, "settings.type"),
    ({"target": {"type": "all"}, "settings": {"type": True}}, "settings.type"),
    ({"target": {"type": "all"}, "settings": {"type": "allowed"}}, "settings.factor_types"),
    ({"target": {"type": "all"}, "settings": {"type": "allowed", "factor_types": []}}, "settings.factor_types"),
    ({"target": {"type": "all"}, "settings": {"type": "allowed", "factor_types": ["sms"]}}, "settings.factor_types"),
    ({"target": {"type": "all"}, "settings": {"type": "allowed", "factor_types": ["email", "totp"]}},
     "settings.factor_types"),
    ({"target": {"type": "all"}, "settings": {"type": "allowed", "factor_types": "email"}}, "settings.factor_types"),
    ({"target": {"type": "all"}, "settings": {"type": "allowed", "factor_types": [1]}}, "settings.factor_types"),
    ({"target": {"type": "all"}, "settings": {"type": "disallowed", "factor_types": ["email"]}},
     "settings.factor_types"),
])
def test_the_parameter_at_fault_is_named_and_nothing_is_done(world, body, wrong):
    world.set_user("2", enabled=["email"])
    assert parameters(world.navixy("user/mfa/settings/update", body)) == [wrong]
    if "target" not in wrong:
        body.pop("target", None)
        assert parameters(world.navixy("user/mfa/settings/default/update", body)) == [wrong]
    assert enabled(world, 1, 2) == [False, True]
    assert default(world) == OK


@pytest.mark.parametrize("call", ["user/mfa/settings/update", "user/mfa/settings/default/update"])
@pytest.mark.parametrize("content_type, body", [
    ("application/json", "{"), ("application/json", "[]"), ("application/json", '"all"'), ("application/json", "1 2"),
    ("text/plain", json.dumps({"target": {"type": "all"}, "settings": ALLOWED})), ("application/xml", "<all/>"),
    ("application/x-www-form-urlencoded", "settings=%zz"), ("application/x-www-form-urlencoded", "target={&settings={"),
])
def test_what_is_no_request_at_all_has_the_wrong_format(world, call, content_type, body):
    headers = {"Authorization": f"NVX {world.session}", "Content-Type": content_type}
    assert code(world.client.post(f"/panel/{call}", headers=headers, body=body)) == (400, 5)
    assert enabled(world, 1) == [False]


def test_members_that_the_call_does_not_know_are_ignored(world):
    target = {"type": "all", "ids": "of no meaning here", "more": 1}
    assert update(world, target, {**ALLOWED, "more": 1}).json() == OK
    assert enabled(world, 1, 2, 3) == [True] * 3


@pytest.mark.parametrize("target", [{"type": "all"}, selected(1)])
def test_what_the_policy_does_not_have_cannot_be_allowed(make_world, target):
    world = make_world(allowed=["totp"])
    assert parameters(update(world, target, ALLOWED)) == ["settings.factor_types"]
    assert parameters(set_default(world, ALLOWED)) == ["settings.factor_types"]
    assert update(world, target, DISALLOWED).json() == OK
    assert set_default(world, DISALLOWED).json() == OK


# ---- all -----------------------------------------------------------------------------------------------------------


def test_all_is_every_user_that_there_is(world):
    assert update(world, {"type": "all"}, ALLOWED).json() == OK
    assert enabled(world, 1, 2, 3) == [True] * 3
    assert update(world, {"type": "all"}, NO_FACTORS).json() == OK
    assert enabled(world, 1, 2, 3) == [False] * 3


@pytest.mark.parametrize("settings, earlier, later", [(ALLOWED, True, False), (DISALLOWED, False, True)])
def test_all_does_not_hold_for_users_that_come_later(make_world, settings, earlier, later):
    world = make_world(default=ALLOWED if later else None)
    assert update(world, {"type": "all"}, settings).json() == OK
    add_users(world, 4)
    assert enabled(world, 1, 4) == [earlier, later]


# ---- default -------------------------------------------------------------------------------------------------------


def test_without_a_default_there_is_no_value(world):
    assert default(world) == OK


@pytest.mark.parametrize("settings, shown", [(ALLOWED, ALLOWED), (DISALLOWED, DISALLOWED), (NO_FACTORS, DISALLOWED)])
def test_the_default_shows_as_it_was_set(world, settings, shown):
    for _ in range(2):
        assert set_default(world, settings).json() == OK
        assert default(world) == {**OK, "value": shown}


def test_the_default_is_for_users_that_are_created_later(world):
    assert set_default(world, ALLOWED).json() == OK
    add_users(world, 4)
    assert set_default(world, DISALLOWED).json() == OK
    add_users(world, 5)
    assert enabled(world, 1, 4, 5) == [False, True, False]
    assert world.xsolla("POST", "5", {"mfa_type": "email", "enabled": True}).status == 422
    assert world.xsolla("POST", "1", {"mfa_type": "email", "enabled": True}).status == 204


def test_the_default_may_hold_for_all_who_have_nothing_of_their_own(make_world):
    world = make_world(options={"navixy.default_applies_to": "unset"})
    assert world.xsolla("POST", "2", {"mfa_type": "email", "enabled": True}).status == 204
    assert update(world, selected(3), DISALLOWED).json() == OK

    assert set_default(world, ALLOWED).json() == OK
    assert enabled(world, 1, 2, 3) == [True, True, False]
    assert set_default(world, DISALLOWED).json() == OK
    assert enabled(world, 1, 2, 3) == [False, True, False]
    add_users(world, 4)
    assert set_default(world, ALLOWED).json() == OK
    assert enabled(world, 1, 4) == [True, True]

    # From here on 1 has something of his own.
    assert world.xsolla("POST", "1", {"mfa_type": "email", "enabled": False}).status == 204
    assert set_default(world, DISALLOWED).json() == set_default(world, ALLOWED).json() == OK
    assert enabled(world, 1, 4) == [False, True]


def test_all_is_a_setting_of_ones_own(make_world):
    world = make_world(options={"navixy.default_applies_to": "unset"})
    assert update(world, {"type": "all"}, DISALLOWED).json() == OK
    assert set_default(world, ALLOWED).json() == OK
    assert enabled(world, 1, 2, 3) == [False] * 3
    add_users(world, 4)
    assert enabled(world, 4) == [True]


def test_an_update_and_a_default_update_at_once_both_apply(world):
    """The vendor's panel sends the two together whenever its security page is saved."""
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for n in range(20):
            settings = (ALLOWED, DISALLOWED)[n % 2]
            answers = [pool.submit(update, world, {"type": "all"}, settings), pool.submit(set_default, world, settings)]
            assert [answer.result().json() for answer in answers] == [OK, OK]
            assert default(world) == {**OK, "value": settings}
            assert enabled(world, 1, 2, 3) == [settings is ALLOWED] * 3
