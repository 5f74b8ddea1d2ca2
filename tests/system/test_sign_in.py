"""Second factors at sign-in, over the native API: challenges, codes by mail, authenticator apps, recovery codes."""

import base64
import concurrent.futures
import datetime
import subprocess
import time

import pytest

from harness import text_of, wait_for
from links import Link, another
from shapes import check_refusal, problem
from sign_in import SignIn, step_now, totp
from stored import pieces, value_of
from tokens import claims_of
from world import DISALLOWED, ClientOf, World

EMAIL, TOTP, RECOVERY = 1, 2, 8


@pytest.fixture
def user(world, redis):
    return SignIn(world, redis)


# ---- does this user need a second factor now? ------------------------------------------------------------------------


def test_nothing_is_asked_of_a_user_without_mfa(user):
    response = user.ask()
    assert (response.status, response.json()) == (200, {"required": False})


def test_what_another_dialect_forbids_is_not_asked(user, world):
    user.enable("email")
    assert user.ask().status == 201
    assert world.navixy_update(DISALLOWED, 1).status == 200
    assert user.ask().json() == {"required": False}


def test_who_has_nothing_enrolled_is_led_there(user, world):
    user.enable("totp")
    response = problem(user.ask(), 409, "enrollment-required")
    href = response.json()["enrollment"]["href"]
    mail = wait_for(lambda: [m for m in world.mfad.mails() if href in text_of(m)], "the link")
    assert mail[0]["To"] == world.address("1")


def test_a_code_by_mail_is_not_strong_enough_for_aal2(user):
    user.enable("email")
    user.recovery_codes()
    led = problem(user.ask(acr="aal2"), 409, "enrollment-required").json()
    link = user.world.client.post("/enroll/api/link", json_body={"token": led["enrollment"]["href"].partition("#")[2]})
    assert link.json()["kind"] == "enroll"  # of something stronger; proving the address again would lead nowhere
    assert user.ask(acr="aal1").json()["factors"] == ["email", "recovery_code"]
    user.enroll_totp()
    assert user.ask(acr="aal2").json()["factors"] == ["totp"]


def test_only_factors_that_can_be_used_are_offered(user):
    user.enable("email", "passkey")
    assert user.ask().json()["factors"] == ["email"]
    problem(user.ask(factors=["totp"]), 409, "not-enrolled")
    user.enroll_totp()
    assert user.ask().json()["factors"] == ["email", "totp"]
    assert user.ask(factors=["totp", "recovery_code"]).json()["factors"] == ["totp"]


@pytest.mark.parametrize("wish, field", [
    ({"factors": "email"}, "factors"), ({"factors": []}, "factors"), ({"factors": ["duo"]}, "factors"),
    ({"factors": ["sms"]}, "factors"), ({"acr": "high"}, "acr"), ({"acr": 2}, "acr"), ({"ip": "x" * 129}, "ip"),
    ({"user": "2"}, "user"),
])
def test_a_wish_that_is_none(user, wish, field):
    user.enable("email")
    response = user.ask(**wish)
    check_refusal("native", response, 422)
    assert response.json()["field"].startswith(field)


def test_a_stranger_has_no_challenge(world):
    problem(world.native("POST", "users/nobody/challenges"), 404, "no-such-user")


def test_it_takes_the_permission(user, world):
    user.enable("email")
    key = world.with_permissions(users=["read"])
    problem(world.native("POST", "users/1/challenges", key=key), 403, "forbidden")
    for call in ("send", "verify"):
        problem(world.native("POST", f"challenges/{call}", {"token": "x"}, key=key), 403, "forbidden")


# ---- codes by mail ---------------------------------------------------------------------------------------------------


def test_a_mailed_code_passes_once(user, world):
    user.enable("email")
    token = user.challenge()
    code = user.mailed_code(token)
    wrong = problem(user.verify(token, "email", another(code)), 401, "wrong-code")
    assert wrong.json()["attempts_left"] == 4
    before = time.time()
    response = user.verify(token, "email", f"{code[:3]} {code[3:]}")
    assert response.status == 200, response
    passed = response.json()
    assert (passed["amr"], passed["acr"], passed["token_type"]) == (["otp"], "aal1", "Bearer")
    claims = claims_of(world, passed["access_token"])
    assert (claims["sub"], claims["amr"], claims["acr"]) == ("1", ["otp"], "aal1")
    assert before - 2 <= claims["auth_time"] <= time.time() + 2
    assert claims["exp"] - claims["iat"] == passed["expires_in"] == 600
    problem(user.verify(token, "email", code), 410, "expired")
    problem(user.send(token), 410, "expired")


def test_passing_is_seen_in_every_dialect(user, world):
    user.enable("email")
    assert world.rebilly_state("1")["lastAuthTime"] is None
    token = user.challenge()
    passed = user.verify(token, "email", user.mailed_code(token)).json()
    assert world.native_state("1")["last_auth_time"] == passed["auth_time"]
    assert world.rebilly_state("1")["lastAuthTime"] == passed["auth_time"]
    assert world.rebilly("DELETE", "1").status == 204, "a fresh proof lets him remove what is his"


def test_a_resend_does_not_void_the_code_on_its_way(user):
    user.enable("email")
    token = user.challenge()
    first = user.mailed_code(token)
    user.forget_gap()
    user.mailed_code(token)
    assert user.verify(token, "email", first).status == 200


def test_codes_have_a_gap_and_the_wait_is_told(user):
    user.enable("email")
    token = user.challenge()
    user.mailed_code(token)
    for _ in range(2):
        response = problem(user.send(token), 429, "too-many-requests")
        assert 1 <= int(response.header("Retry-After")) <= 30
    problem(user.send(user.challenge()), 429, "too-many-requests")  # another challenge is no way around


def test_a_code_belongs_to_its_challenge(user):
    user.enable("email")
    one, other = user.challenge(), user.challenge()
    code = user.mailed_code(one)
    problem(user.verify(other, "email", code), 401, "wrong-code")
    assert user.verify(one, "email", code).status == 200


def test_a_changed_address_voids_the_code_on_its_way(user, world):
    user.enable("email")
    token = user.challenge()
    code = user.mailed_code(token)
    assert world.native("PUT", "users/1", {"email": f"new@{world.tenant}.example"}).status == 200
    problem(user.verify(token, "email", code), 401, "wrong-code")


def test_a_disabled_factor_is_not_bound_anew_by_writing_the_same_address(user, world, redis):
    user.enable("email")
    redis.hset(user.key, "F1", b"\x0a" + bytes(8))
    for _ in range(2):
        assert world.native("PUT", "users/1", {"email": world.address("1")}).status == 200
    problem(user.ask(), 409, "factors-disabled")
    assert world.native("PUT", "users/1", {"email": f"new@{world.tenant}.example"}).status == 200
    assert user.ask().status == 201


def test_a_disabled_email_factor_is_bound_anew_by_following_a_link(user, world, redis):
    user.enable("email")
    redis.hset(user.key, "F1", b"\x0a" + bytes(8))
    token = world.native("POST", "users/1/enrollments").json()["href"].split("#")[1]
    link = Link(world, token=token)
    assert link.verify(link.send()).status == 200
    assert user.ask().json()["factors"] == ["email"]


def test_five_wrong_tries_end_a_challenge(user):
    user.enable("email")
    token = user.challenge()
    code = user.mailed_code(token)
    for left in (4, 3, 2, 1, 0):
        assert user.verify(token, "email", another(code, 5 - left)).json()["attempts_left"] == left
    problem(user.verify(token, "email", code), 410, "expired")


def test_what_cannot_be_a_code_counts_as_nothing(user):
    user.enable("email")
    token = user.challenge()
    code = user.mailed_code(token)
    for typed in ("", "12345", "1234567", "abcdef", code + "\u0661"):
        response = user.verify(token, "email", typed)
        check_refusal("native", response, 422)
        assert response.json()["field"] == "code"
    assert user.factor("email")["failures"] == 0
    assert user.verify(token, "email", code).status == 200


@pytest.mark.parametrize("factor", ["email", "totp", "recovery_code"])
def test_what_is_forbidden_while_a_challenge_is_open_passes_it_no_more(user, world, factor):
    user.enable("email")
    secret, step = user.enroll_totp()
    codes = user.recovery_codes()
    token = user.challenge()
    code = {"email": user.mailed_code(token), "totp": totp(secret, step + 1), "recovery_code": codes[0]}[factor]
    assert world.navixy_update(DISALLOWED, 1).status == 200
    problem(user.verify(token, factor, code), 409, "not-enrolled")
    user.forget_gap()
    problem(user.send(token), 409, "not-enrolled")
    assert world.native("PATCH", "users/1/mfa", {"allowed": None}).status == 200
    assert user.verify(token, factor, code).status == 200, "nothing was spent or counted"


def test_what_is_switched_off_meanwhile_passes_no_more(user, world):
    secret, step = user.enroll_totp()
    user.enable("email", "totp")
    token = user.challenge()
    user.enable("email")
    problem(user.verify(token, "totp", totp(secret, step + 1)), 409, "not-enrolled")


def test_what_became_of_the_mail_with_the_last_code_is_told(user, world):
    user.enable("email")
    opened = user.ask().json()

    def delivery():
        shown = world.native("GET", f"challenges/{opened['id']}").json()
        return shown["codes_sent"], shown["delivery"]

    assert delivery() == (0, "none")
    user.mailed_code(opened["token"])
    wait_for(lambda: delivery() == (1, "sent"), "the note of the delivery")


def test_without_an_address_no_code(world, redis):
    world.mfad.load({"user": {"tenant": world.tenant, "id": "9", "mfa": {"enabled": ["email", "totp"]}}})
    nine = SignIn(world, redis, "9")
    nine.enroll_totp()
    assert nine.ask().json()["factors"] == ["totp"]
    problem(nine.send(nine.challenge()), 409, "not-enrolled")


# ---- authenticator apps ----------------------------------------------------------------------------------------------


def test_an_app_is_bound_by_its_first_code(user, world):
    response = world.native("POST", "users/1/factors/totp", {"label": "my phone"})
    assert response.status == 201, response
    offer = response.json()
    assert len(offer["secret"]) == 32  # 160 bits
    assert offer["otpauth_url"].startswith("otpauth://totp/") and f"secret={offer['secret']}" in offer["otpauth_url"]
    assert offer["qr_svg"].startswith("<svg")
    assert world.native_state("1")["enabled"] == [], "not before its code"
    step = step_now()
    problem(world.native("POST", "users/1/factors/totp/confirm", {"code": another(totp(offer["secret"], step), 7)}),
            401, "wrong-code")
    shown = subprocess.run(["oathtool", "--totp", "-b", offer["secret"]], capture_output=True, text=True, check=True)
    confirmed = world.native("POST", "users/1/factors/totp/confirm", {"code": shown.stdout.strip()})
    assert confirmed.status == 200, confirmed
    state = confirmed.json()
    assert (state["enabled"], state["active"]) == (["totp"], True)
    assert user.factor("totp")["label"] == "my phone"
    assert world.quiva_state("1") == {"totp_enabled": True, "passkey_enabled": False}
    problem(world.native("POST", "users/1/factors/totp/confirm", {"code": shown.stdout.strip()}), 410, "expired")


def test_a_step_is_spent_once_and_only_forward(user):
    secret, step = user.enroll_totp()
    token = user.challenge()
    spent = problem(user.verify(token, "totp", totp(secret, step)), 401, "already-used")
    assert "Wait for the next one" in spent.json()["detail"]
    assert user.factor("totp")["failures"] == 0
    response = user.verify(token, "totp", totp(secret, step + 1))
    assert response.status == 200, response
    assert (response.json()["amr"], response.json()["acr"]) == (["otp"], "aal2")
    other = user.challenge()
    for used in (step, step + 1):
        problem(user.verify(other, "totp", totp(secret, used)), 401, "already-used")
    problem(user.verify(other, "totp", totp(secret, step - 40)), 401, "wrong-code")


def test_an_app_that_is_bound_beside_another_factor_without_proof_is_no_aal2(user):
    user.enroll_totp()
    secret, step = user.enroll_totp()  # over the first, unproved
    response = user.verify(user.challenge(), "totp", totp(secret, step + 1))
    assert response.json()["acr"] == "aal1"


def test_a_new_offer_takes_the_place_of_the_old(user, world):
    old = world.native("POST", "users/1/factors/totp").json()["secret"]
    new = world.native("POST", "users/1/factors/totp").json()["secret"]
    problem(world.native("POST", "users/1/factors/totp/confirm", {"code": totp(old, step_now())}), 401, "wrong-code")
    assert world.native("POST", "users/1/factors/totp/confirm", {"code": totp(new, step_now())}).status == 200


def test_a_factor_that_is_not_allowed_is_not_bound(make_world, redis):
    world = make_world(allowed=["email"])
    user = SignIn(world, redis)
    offer = world.native("POST", "users/1/factors/totp").json()
    problem(world.native("POST", "users/1/factors/totp/confirm", {"code": totp(offer["secret"], step_now())}),
            422, "factor-not-allowed")
    problem(world.native("POST", "users/1/recovery-codes"), 422, "factor-not-allowed")
    assert user.ask().json() == {"required": False}


# ---- recovery codes --------------------------------------------------------------------------------------------------


def test_each_recovery_code_passes_once(user, world):
    user.enable("email")
    codes = user.recovery_codes()
    assert len(set(codes)) == 10
    token = user.challenge()
    response = user.verify(token, "recovery_code", codes[3].lower().replace("-", " "))
    assert response.status == 200, response
    assert response.json()["acr"] == "aal1"
    assert user.factor("recovery_code")["codes_left"] == 9
    other = user.challenge()
    problem(user.verify(other, "recovery_code", codes[3]), 401, "already-used")
    assert user.verify(other, "recovery_code", codes[9]).status == 200
    notices = wait_for(lambda: [m for m in world.mfad.mails() if m["To"] == world.address("1")
                                and "recovery code of yours was used" in m["Subject"]], "the notice")
    assert notices


def test_a_new_set_voids_the_old(user):
    user.enable("email")
    old, new = user.recovery_codes(), user.recovery_codes()
    token = user.challenge()
    problem(user.verify(token, "recovery_code", old[0]), 401, "wrong-code")
    assert user.verify(token, "recovery_code", new[0]).status == 200


def test_recovery_codes_alone_are_no_second_factor(user):
    user.recovery_codes()
    assert user.ask().json() == {"required": False}
    user.enable("recovery_code")
    problem(user.ask(), 409, "enrollment-required")


# ---- the budget ------------------------------------------------------------------------------------------------------


def fail(user, factor, code, times):
    """Wrong tries, as many challenges as they take."""
    token = user.challenge(factors=[factor])
    for i in range(times):
        if i % 5 == 0 and i > 0:
            token = user.challenge(factors=[factor])
        problem(user.verify(token, factor, code), 401, "wrong-code")
    return token


def test_failures_add_up_over_challenges_and_a_success_ends_them(user):
    secret, step = user.enroll_totp()
    wrong = another(totp(secret, step + 1), 3)
    fail(user, "totp", wrong, 2)
    fail(user, "totp", wrong, 2)
    assert user.factor("totp")["failures"] == 4
    assert user.verify(user.challenge(), "totp", totp(secret, step + 1)).status == 200
    assert user.factor("totp")["failures"] == 0


def test_after_five_failures_the_next_try_waits_right_or_wrong(user):
    user.enable("email")
    codes = user.recovery_codes()
    fail(user, "recovery_code", "0" * 15, 5)
    token = user.challenge()
    response = problem(user.verify(token, "recovery_code", codes[0]), 429, "too-many-requests")
    assert 25 <= int(response.header("Retry-After")) <= 30
    assert user.factor("recovery_code")["failures"] == 5, "what is refused unseen is not counted"
    assert user.verify(token, "email", user.mailed_code(token)).status == 200, "other factors pass"
    user.failed_long_ago(RECOVERY)
    assert user.verify(user.challenge(), "recovery_code", codes[0]).status == 200


def test_the_tenth_failure_disables_the_factor_until_it_is_bound_anew(user, world):
    user.enable("email")
    secret, step = user.enroll_totp()
    wrong = another(totp(secret, step + 1), 3)
    fail(user, "totp", wrong, 5)
    for failures in range(5, 10):
        assert user.failed_long_ago(TOTP) == failures
        problem(user.verify(user.challenge(), "totp", wrong), 401, "wrong-code")
    assert user.factor("totp")["disabled"]
    user.failed_long_ago(TOTP)
    assert user.ask().json()["factors"] == ["email"]
    problem(user.ask(factors=["totp"]), 409, "not-enrolled")
    user.enable("totp")
    problem(user.ask(), 409, "factors-disabled")
    secret, step = user.enroll_totp()
    assert user.verify(user.challenge(), "totp", totp(secret, step + 1)).status == 200


def test_a_factor_that_was_disabled_while_a_challenge_was_open_passes_it_no_more(user, redis):
    secret, step = user.enroll_totp()
    token = user.challenge()
    redis.hset(user.key, "F2", b"\x0a" + bytes(8))
    problem(user.verify(token, "totp", totp(secret, step + 1)), 409, "factors-disabled")


@pytest.mark.parametrize("factor", ["email", "totp", "recovery_code"])
def test_a_right_code_sent_a_hundred_times_at_once_passes_once(user, world, factor):
    user.enable("email")
    secret, step = user.enroll_totp()
    codes = user.recovery_codes()
    token = user.challenge()
    code = {"email": user.mailed_code(token), "totp": totp(secret, step + 1), "recovery_code": codes[0]}[factor]
    # A code by mail belongs to its challenge. Of the others each try has a challenge of its own, so that it is the
    # code that passes once, and not the challenge.
    tokens = [token if factor == "email" else user.challenge() for _ in range(100)]

    def send(token):
        client = world.mfad.client()
        return World.native(ClientOf(world, client), "POST", "challenges/verify",
                            {"token": token, "factor": factor, "code": code}).status

    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(send, tokens))
    assert statuses.count(200) == 1
    # The challenge is over, or the code is spent, which is told apart from a wrong one.
    assert set(statuses) == {200, 410 if factor == "email" else 401}, statuses
    assert user.factor(factor)["failures"] == 0 and not user.factor(factor)["disabled"]


# ---- tokens ----------------------------------------------------------------------------------------------------------


def test_a_token_is_of_its_tenant_and_cannot_be_made_up(user, make_world):
    user.enable("email")
    token = user.challenge()
    code = user.mailed_code(token)
    stranger = make_world()
    tampered = token[:-2] + ("AA" if token[-2:] != "AA" else "BB")
    problem(stranger.native("POST", "challenges/verify", {"token": token, "factor": "email", "code": code}), 410, "expired")
    for made_up in ("", "x", tampered, token + "AAAA", "A" * 600):
        problem(user.verify(made_up, "email", code), 410, "expired")
    assert user.verify(token, "email", code).status == 200


def test_a_challenge_ends(user, redis):
    user.enable("email")
    response = user.ask().json()
    [key] = redis.scan_iter(match=f"mfa:*:ch:{response['id']}", count=10_000)
    ends = datetime.datetime.fromisoformat(response["expires_at"])
    assert abs((ends - datetime.datetime.now(datetime.timezone.utc)).total_seconds() - 600) < 10
    assert int(redis.hget(key, "x")) == round(ends.timestamp() * 1000)
    assert 600 < redis.ttl(key) <= 600 + 3600
    redis.hset(key, "x", 1)
    problem(user.verify(response["token"], "email", "123456"), 410, "expired")
    problem(user.send(response["token"]), 410, "expired")


def test_its_host_can_look_how_a_challenge_stands(user, world, make_world):
    user.enable("email")
    opened = user.ask()
    id, token = opened.json()["id"], opened.json()["token"]
    assert opened.header("Location").endswith(f"/v1/challenges/{id}")
    code = user.mailed_code(token)
    user.verify(token, "email", another(code))
    seen = world.native("GET", f"challenges/{id}").json()
    assert (seen["user"], seen["status"], seen["attempts_left"], seen["codes_sent"]) == ("1", "open", 4, 1)
    user.verify(token, "email", code)
    seen = world.native("GET", f"challenges/{id}").json()
    assert seen["status"] == "passed" and seen["passed_at"]
    problem(make_world().native("GET", f"challenges/{id}"), 404, "not-found")
    problem(world.native("GET", "challenges/none"), 404, "not-found")


# ---- removing --------------------------------------------------------------------------------------------------------


def test_a_removed_factor_passes_no_open_challenge(user, world):
    user.enable("email")
    secret, step = user.enroll_totp()
    token = user.challenge()
    assert world.native("DELETE", "users/1/factors/totp").status == 204
    problem(user.verify(token, "totp", totp(secret, step + 1)), 409, "not-enrolled")
    assert user.ask().json()["factors"] == ["email"]
    problem(world.native("DELETE", "users/1/factors/totp"), 404, "not-found")
    problem(world.native("DELETE", "users/1/factors/none"), 404, "not-found")
    problem(world.native("DELETE", "users/nobody/factors/totp"), 404, "no-such-user")


def test_a_reset_leaves_nothing_bound_and_keeps_what_is_asked(user, world):
    user.enroll_totp()
    user.recovery_codes()
    assert world.native("POST", "users/1/reset").status == 204
    state = world.native_state("1")
    assert (state["enabled"], state["active"], state["last_auth_time"]) == (["totp"], False, None)
    assert [f["type"] for f in state["factors"]] == ["email"], "the host vouches for the address"
    problem(user.ask(), 409, "enrollment-required")
    key = world.with_permissions(users=["read", "update"])
    problem(world.native("POST", "users/1/reset", key=key), 403, "forbidden")


def test_the_user_is_told_of_each_change(user, world):
    user.enroll_totp()
    world.native("DELETE", "users/1/factors/totp")
    world.native("POST", "users/1/reset")

    def subjects():
        return [m["Subject"] for m in world.mfad.mails() if m["To"] == world.address("1")]

    wanted = ["A new way to sign in to", "A way to sign in to", "Your sign-in to"]
    wait_for(lambda: all(any(s.startswith(w) for s in subjects()) for w in wanted), "the notices")
    [added] = [m for m in world.mfad.mails() if m["To"] == world.address("1") and m["Subject"].startswith(wanted[0])]
    assert "an authenticator app" in text_of(added) and "{{" not in text_of(added)


# ---- what a copy of the store says -----------------------------------------------------------------------------------


def test_no_secret_of_a_factor_lies_open_in_redis(user, world, redis):
    user.enable("email")
    secret, _ = user.enroll_totp()
    codes = user.recovery_codes()
    opened = user.ask().json()
    token = opened["token"]
    code = user.mailed_code(token)
    everything = b"\n".join(part for key in redis.scan_iter(count=10_000) for part in pieces(value_of(redis, key)))
    assert user.factor("totp") and len(everything) > 1000
    raw = base64.b32decode(secret)
    for plain in (secret.encode(), raw, code.encode(), token.encode(),
                  *(c.encode() for c in codes), *(c.replace("-", "").encode() for c in codes)):
        assert plain not in everything
    shown = world.native("GET", "users/1/mfa").text + world.native("GET", f"challenges/{opened['id']}").text
    assert not [c for c in (secret, token, code, *codes) if c in shown], "shown once alone"
