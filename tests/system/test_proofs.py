"""What a passed factor proves: a code by mail neither removes nor replaces what is stronger, nor stands in for it."""

import pytest

from conftest import start_mfad
from shapes import check_refusal
from sign_in import SignIn, step_now, totp
from world import World


@pytest.fixture
def user(world, redis):
    user = SignIn(world, redis)
    user.enable("email", "totp", "recovery_code")
    return user


def pass_with_mail(user):
    token = user.challenge()
    passed = user.verify(token, "email", user.mailed_code(token))
    assert (passed.status, passed.json()["acr"]) == (200, "aal1")


def pass_with_app(user, secret):
    user.forget_step()
    passed = user.verify(user.challenge(), "totp", totp(secret, step_now()))
    assert (passed.status, passed.json()["acr"]) == (200, "aal2")


# Calls of a user on his own factors that weaken what is there.
def remove_app(user):
    return user.world.quiva("DELETE", "1", path="/accounts/totp")


def switch_app_off(user):
    return user.world.quiva("PATCH", "1", {"totp_enabled": False})


def issue_codes(user):
    return user.world.quiva("POST", "1", path="/accounts/recovery-codes")


@pytest.mark.parametrize("weaken", [remove_app, switch_app_off, issue_codes])
def test_it_takes_more_than_a_code_by_mail_to_weaken_an_app(user, weaken):
    secret, _ = user.enroll_totp()
    pass_with_mail(user)
    check_refusal("quiva", weaken(user), 400)
    assert user.factor("totp")
    pass_with_app(user, secret)
    assert weaken(user).status == 200


def test_rebilly_removes_everything_only_after_the_strongest_proof(user):
    secret, _ = user.enroll_totp()
    pass_with_mail(user)
    check_refusal("rebilly", user.world.rebilly("DELETE", "1"), 403)
    pass_with_app(user, secret)
    assert user.world.rebilly("DELETE", "1").status == 204


def test_a_code_by_mail_is_enough_where_nothing_more_is_asked(user):
    pass_with_mail(user)
    assert issue_codes(user).status == 200


def test_an_app_that_follows_a_code_by_mail_is_not_worth_aal2(user):
    user.enroll_totp()
    pass_with_mail(user)
    secret, step = user.enroll_totp()  # by the host, over the first
    assert user.verify(user.challenge(), "totp", totp(secret, step + 1)).json()["acr"] == "aal1"


def test_recovery_codes_are_no_factor_that_an_app_would_have_to_follow(user):
    user.recovery_codes()
    secret, step = user.enroll_totp()
    assert user.verify(user.challenge(), "totp", totp(secret, step + 1)).json()["acr"] == "aal2"


def test_what_demands_aal2_is_not_passed_by_less(user):
    user.enroll_totp()
    secret, step = user.enroll_totp()  # over the first, unproved
    token = user.challenge(acr="aal2")
    refused = user.verify(token, "totp", totp(secret, step + 1))
    check_refusal("native", refused, 409, "not-enrolled")
    assert user.factor("totp")["failures"] == 0
    assert user.verify(user.challenge(), "totp", totp(secret, step + 1)).json()["acr"] == "aal1"  # it was not spent


def test_eight_digits_for_an_app_of_six_count_as_nothing(user):
    user.enroll_totp()
    token = user.challenge()
    check_refusal("native", user.verify(token, "totp", "12345678"), 422, "invalid-parameters")
    assert user.factor("totp")["failures"] == 0


# ---- whom a second step counts against -------------------------------------------------------------------------------


def test_who_holds_a_challenge_uses_up_no_tenants_quota(redis_server, key_file, tmp_path, redis):
    mfad = start_mfad(tmp_path, redis_server, key_file, limits_tenant_navixy="3/1h", limits_second_step="5/1h")
    try:
        world = World(mfad, mfad.client())
        user, other = SignIn(world, redis), SignIn(world, redis, "2")
        user.enable("email")
        other.enable("email")

        def step(of, token):
            return world.client.post("/user/auth/code/verify", headers={"Authorization": f"NVX {token}"},
                                     json_body={"code": "000000"})

        token = user.challenge()
        answers = [step(user, token) for _ in range(9)]
        assert [answer.status for answer in answers].count(429) == 4
        assert "second-step" in answers[0].header("RateLimit")
        assert step(other, other.challenge()).status != 429
        assert world.navixy("user/mfa/settings/default/read").status == 200
    finally:
        assert mfad.stop() == 0
