"""Idempotency-Key on calls that show what is shown once: a repeat shows it again, and nothing is done twice."""

import concurrent.futures

import pytest

from shapes import KEY_REUSED, check_refusal
from sign_in import SignIn, totp
from second_step import OPTIONS, WIDGET

KEY = {"Idempotency-Key": "the-key"}


@pytest.fixture
def user(make_world, redis):
    user = SignIn(make_world(options=OPTIONS), redis)
    user.enable("email", "totp", "recovery_code")
    return user


def native(user, method, path, body=None, headers=KEY):
    return user.world.client.request(method, f"/v1/{path}", json_body=body, headers={
        "Authorization": f"Bearer {user.world.server_key}", **headers})


def verify(user, token, factor, code, headers=KEY):
    return native(user, "POST", "challenges/verify", {"token": token, "factor": factor, "code": code}, headers)


def test_recovery_codes_are_shown_again_and_not_made_anew(user):
    first = native(user, "POST", "users/1/recovery-codes")
    assert "codes" in first.json()
    again = native(user, "POST", "users/1/recovery-codes")
    assert first.status == again.status == 201 and again.json() == first.json()
    assert again.header("Content-Type") == first.header("Content-Type")
    assert verify(user, user.challenge(), "recovery_code", again.json()["codes"][0]).status == 200
    assert native(user, "POST", "users/1/recovery-codes", headers={}).json() != first.json()


def test_a_lost_answer_to_the_right_code_can_be_asked_for_again(user):
    secret, step = user.enroll_totp()
    token, code = user.challenge(), totp(secret, step + 1)
    first = verify(user, token, "totp", code)
    assert first.status == 200
    assert verify(user, token, "totp", code).json() == first.json()
    assert verify(user, token, "totp", code, headers={}).status == 410


def test_a_challenge_is_opened_once(user, redis):
    first = native(user, "POST", "users/1/challenges", {})
    again = native(user, "POST", "users/1/challenges", {})
    assert first.status == 201 and again.json() == first.json()
    assert again.header("Location") == first.header("Location")
    assert len([key for key in redis.scan_iter("mfa:*:ch:*") if redis.hget(key, "t") == user.world.tenant.encode()]) == 1


def test_the_way_to_enroll_is_the_same_way(make_world, redis):
    user = SignIn(make_world(options={"email.require_verification": True}), redis)
    user.enable("totp")
    first, again = (native(user, "POST", "users/1/challenges", {}) for _ in range(2))
    assert first.status == again.status == 409
    assert again.json()["enrollment"] == first.json()["enrollment"]


def test_a_device_that_was_forgotten_stays_a_success(user):
    [code, *_] = user.recovery_codes()
    passed = native(user, "POST", "challenges/verify",
                    {"token": user.challenge(), "factor": "recovery_code", "code": code, "remember_device": {"label": "x"}})
    [device] = native(user, "GET", "users/1/devices").json()["devices"]
    first, again = (native(user, "DELETE", f"users/1/devices/{device['id']}") for _ in range(2))
    assert first.status == again.status == 204
    assert native(user, "DELETE", f"users/1/devices/{device['id']}", headers={}).status == 404, "it is gone, though"
    assert user.ask(device=passed.json()["device_token"]).json()["device_token"] is None


def test_a_wrong_code_is_no_answer_to_keep(user):
    [code, *_] = user.recovery_codes()
    token = user.challenge()
    wrong = [verify(user, token, "recovery_code", "AAAAA-AAAAA-AAAAA").json()["attempts_left"] for _ in range(2)]
    assert wrong == [4, 3]  # each of them counted
    assert verify(user, token, "recovery_code", code).status == 200


def test_a_key_belongs_to_one_request(user):
    [first, second, *_] = user.recovery_codes()
    token = user.challenge()
    assert verify(user, token, "recovery_code", first).status == 200
    check_refusal("native", verify(user, token, "recovery_code", second), *KEY_REUSED["native"])
    assert native(user, "POST", "users/1/recovery-codes").status == 201  # another path, another key


def test_of_many_at_once_one_does_the_work(user):
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: native(user, "POST", "users/1/recovery-codes"), range(20)))
    assert {answer.status for answer in answers} <= {201, 429}
    assert all(int(answer.header("Retry-After")) >= 1 for answer in answers if answer.status == 429)
    [codes] = {tuple(answer.json()["codes"]) for answer in answers if answer.status == 201}
    assert native(user, "POST", "users/1/recovery-codes").json()["codes"] == list(codes)


def test_what_is_kept_is_sealed(user, redis):
    shown = native(user, "POST", "users/1/recovery-codes").json()["codes"]
    token = user.challenge()
    passed = verify(user, token, "recovery_code", shown[0]).json()["access_token"]
    kept = b"".join(redis.get(key) for key in redis.scan_iter("mfa:*:idem:*"))
    assert len(kept) > 500
    for secret in (*shown, passed, token):
        assert secret.encode() not in kept


def test_a_factor_is_removed_once(user):
    user.enroll_totp()
    assert [native(user, "DELETE", "users/1/factors/totp").status for _ in range(2)] == [204, 204]
    user.enroll_totp()
    assert native(user, "DELETE", "users/1/factors/totp").status == 204  # still the first answer
    assert user.factor("totp")
    assert native(user, "DELETE", "users/1/factors/totp", headers={}).status == 204


def test_a_refusal_that_asks_to_verify_first_is_not_kept(user):
    [code, *_] = user.recovery_codes()

    def issue():
        return user.world.quiva("POST", "1", path="/accounts/recovery-codes", headers=KEY)

    check_refusal("quiva", issue(), 400)
    assert verify(user, user.challenge(), "recovery_code", code, headers={}).status == 200
    assert issue().status == 200


# ---- second steps in the dialects -----------------------------------------------------------------------------------


def second_steps(user):
    client = user.world.client
    recovery = user.recovery_codes()
    token = user.challenge()
    code = user.mailed_code(token)
    yield lambda: client.post("/user/auth/code/verify", json_body={"code": code},
                              headers={"Authorization": f"NVX {token}", **KEY})
    user.forget_gap()
    other = user.challenge()
    mailed = user.mailed_code(other)
    yield lambda: client.get(f"/otp/validate?challenge_id={other}&code={mailed}&remember_me=false",
                             headers={"Origin": WIDGET, **KEY})
    third = user.challenge()
    yield lambda: client.post("/accounts/auth-with-recovery-code", json_body={"token": third, "code": recovery[0]},
                              headers=KEY)


def test_a_second_step_in_each_dialect_can_be_asked_for_again(user):
    for step in second_steps(user):
        first = step()
        assert first.status == 200, first
        assert step().json() == first.json()


def test_quiva_shows_recovery_codes_again(user):
    def issue():
        return user.world.quiva("POST", "1", path="/accounts/recovery-codes", headers=KEY)
    [code, *_] = user.recovery_codes()
    token = user.challenge()
    assert verify(user, token, "recovery_code", code, headers={}).status == 200  # proof for what follows
    first = issue()
    assert first.status == 200, first
    assert issue().json() == first.json()
