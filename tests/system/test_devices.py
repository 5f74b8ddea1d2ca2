"""Remembered devices: their tokens, and that strangers' wrong codes are not in their way."""

import struct

import pytest

from authenticator import b64
from harness import text_of, wait_for
from links import another
from shapes import check_refusal, problem
from sign_in import SignIn, totp
from visits import notices

DAY_MS = 86_400_000
DEVICE = "<BdddId"  # src/store/scripts/lib/device.lua


@pytest.fixture
def user(world, redis):
    user = SignIn(world, redis)
    user.enable("email")
    return user


def pass_with_recovery(user, token, code, **more):
    response = user.world.native("POST", "challenges/verify",
                                 {"token": token, "factor": "recovery_code", "code": code, **more})
    assert response.status == 200, response
    return response.json()


def remember(user, code, label="laptop", **wish):
    """Passes a challenge with a recovery code; the token of the device that is remembered."""
    passed = pass_with_recovery(user, user.challenge(**wish), code, remember_device={"label": label})
    return passed["device_token"]


def devices_of(user):
    response = user.world.native("GET", f"users/{user.user}/devices")
    assert response.status == 200, response
    return response.json()["devices"]


def devices_key(user):
    return user.key.replace(b"}:u:", b"}:dev:")


def rotated_long_ago(user):
    """As if the newest token of each device had been handed out two minutes ago."""
    key = devices_key(user)
    for field, record in user.redis.hgetall(key).items():
        if len(field) == 11:
            head = list(struct.unpack_from(DEVICE, record))
            head[5] -= 120_000
            user.redis.hset(key, field, struct.pack(DEVICE, *head) + record[struct.calcsize(DEVICE):])


# ---- remembering -----------------------------------------------------------------------------------------------------


def test_a_device_is_remembered_where_a_challenge_was_passed(user, world):
    codes = user.recovery_codes()
    assert devices_of(user) == []
    assert "device_token" not in pass_with_recovery(user, user.challenge(), codes[0])
    assert devices_of(user) == [], "nobody has asked"
    token = remember(user, codes[1])
    [device] = devices_of(user)
    assert device["label"] == "laptop"
    assert token not in str(device)
    opened = user.ask(device=token)
    assert opened.status == 201
    assert opened.json()["device_token"] not in (token, None)
    # The second factor is asked for all the same.
    problem(user.verify(opened.json()["token"], "recovery_code", codes[0]), 401, "already-used")
    pass_with_recovery(user, opened.json()["token"], codes[2])


def test_a_wish_that_is_none(user):
    [code, *_] = user.recovery_codes()
    token = user.challenge()
    for bad in ("yes", True, {"name": "x"}, {"label": "x" * 65}, {"label": 1}):
        response = user.world.native("POST", "challenges/verify", {
            "token": token, "factor": "recovery_code", "code": code, "remember_device": bad})
        check_refusal("native", response, 422)
        assert response.json()["field"].startswith("remember_device")
    assert user.ask(device="x" * 129).status == 422
    assert user.factor("recovery_code")["codes_left"] == 10


def test_what_is_no_token_of_his_is_no_device(user, world, redis):
    codes = user.recovery_codes()
    token = remember(user, codes[0])
    other = SignIn(world, redis, "2")
    other.enable("email")
    for stranger, device in ((other, token), (user, "made-up"), (user, token[:-2]), (user, token + "A")):
        opened = stranger.ask(device=device)
        assert (opened.status, opened.json()["device_token"]) == (201, None)
    assert "device_token" not in user.ask().json()
    assert len(devices_of(user)) == 1


def test_a_passed_challenge_remembers_one_device(user):
    codes = user.recovery_codes()
    token = remember(user, codes[0])
    next_token = user.ask(device=token).json()
    passed = pass_with_recovery(user, next_token["token"], codes[1], remember_device={"label": "my laptop"})
    [device] = devices_of(user)
    assert device["label"] == "my laptop", "the same one, remembered anew"
    assert user.ask(device=passed["device_token"]).json()["device_token"]


def test_a_user_has_nine_devices_and_the_one_that_is_not_used_goes(user):
    first, second = (remember(user, code, f"device {n}") for n, code in enumerate(user.recovery_codes()[:2]))
    first = user.ask(device=first).json()["device_token"]
    for n, code in enumerate(user.recovery_codes()[:8]):
        remember(user, code, f"later {n}")
    labels = {device["label"] for device in devices_of(user)}
    assert labels == {"device 0"} | {f"later {n}" for n in range(8)}
    assert user.ask(device=second).json()["device_token"] is None
    assert user.ask(device=first).json()["device_token"]


def test_after_thirty_days_it_is_forgotten(user, redis):
    token = remember(user, user.recovery_codes()[0])
    key = devices_key(user)
    assert 29 * DAY_MS < redis.pttl(key) <= 30 * DAY_MS
    [(field, record)] = redis.hgetall(key).items()
    head = list(struct.unpack_from(DEVICE, record))
    assert head[3] - head[1] == 30 * DAY_MS
    head[3] -= 30 * DAY_MS
    redis.hset(key, field, struct.pack(DEVICE, *head) + record[struct.calcsize(DEVICE):])
    assert user.ask(device=token).json()["device_token"] is None
    assert devices_of(user) == []


def test_nothing_that_lies_in_the_store_opens_a_device(user, redis):
    token = remember(user, user.recovery_codes()[0])
    stored = [part for pair in redis.hgetall(devices_key(user)).items() for part in pair]
    assert token.encode() not in b"\n".join(stored)
    tried = [text for part in stored for text in (part.decode("latin-1"), b64(part)) if 0 < len(text.encode()) <= 128]
    assert len(tried) >= 2
    for text in tried:
        opened = user.ask(device=text)
        assert (opened.status, opened.json()["device_token"]) == (201, None), text
    assert user.ask(device=token).json()["device_token"], "it is the token that does"


# ---- the token changes at each use -----------------------------------------------------------------------------------


def test_a_lost_answer_costs_nothing_for_a_minute(user):
    token = remember(user, user.recovery_codes()[0])
    lost = user.ask(device=token)
    again = user.ask(device=token)
    assert again.json()["device_token"]
    rotated_long_ago(user)
    # Both answers gave the same generation: whichever the browser has kept is good.
    assert user.ask(device=lost.json()["device_token"]).json()["device_token"]
    assert user.ask(device=again.json()["device_token"]).json()["device_token"]


def test_an_old_token_that_comes_again_ends_the_device_and_the_user_is_told(user):
    codes = user.recovery_codes()
    old = remember(user, codes[0])
    new = user.ask(device=old).json()["device_token"]
    other = remember(user, codes[1])
    rotated_long_ago(user)
    stolen = user.ask(device=old)
    assert (stolen.status, stolen.json()["device_token"]) == (201, None)
    assert wait_for(lambda: notices(user.world, "Somebody else may have used a device"), "the notice")
    assert user.ask(device=new).json()["device_token"] is None, "nor does the thief keep the newest"
    assert user.ask(device=other).json()["device_token"], "other devices stay"


def test_a_token_two_uses_old_is_stolen_at_once(user):
    first = remember(user, user.recovery_codes()[0])
    second = user.ask(device=first).json()["device_token"]
    third = user.ask(device=second).json()["device_token"]
    assert user.ask(device=first).json()["device_token"] is None
    assert user.ask(device=third).json()["device_token"] is None


# ---- lockout is no weapon --------------------------------------------------------------------------------------------


def flood(user, factor, wrong, times):
    """Wrong codes of somebody who knows the password, on as many challenges as they take."""
    for n in range(times):
        if n % 5 == 0:
            token = user.challenge(factors=[factor])
        response = user.verify(token, factor, wrong)
        assert response.status in (401, 429), response
        if response.status == 429:
            user.failed_long_ago({"email": 1, "totp": 2, "recovery_code": 8}[factor])
            response = user.verify(token, factor, wrong)
        assert response.status == 401, response


@pytest.mark.parametrize("failures", [4, 7, 10])
def test_a_flood_of_wrong_codes_is_not_in_the_way_of_a_remembered_device(user, failures):
    secret, step = user.enroll_totp()
    codes = user.recovery_codes()
    device = remember(user, codes[0])
    wrong = another(totp(secret, step + 1), 3)
    flood(user, "totp", wrong, failures)
    if failures < 10:
        user.verify(user.challenge(factors=["totp"]), "totp", wrong)  # the flood goes on
    else:
        assert user.factor("totp")["disabled"]
    opened = user.ask(device=device, factors=["totp"])
    assert opened.status == 201, opened
    assert opened.json()["device_token"]
    response = user.verify(opened.json()["token"], "totp", totp(secret, step + 1))
    assert response.status == 200, response
    # What strangers have spent stays spent.
    assert user.factor("totp")["failures"] == {4: 5, 7: 7, 10: 10}[failures]


def test_a_step_that_passed_with_a_device_is_spent_for_strangers_too(user):
    secret, step = user.enroll_totp()
    device = remember(user, user.recovery_codes()[0])
    before = user.challenge()
    assert user.verify(user.challenge(device=device), "totp", totp(secret, step + 1)).status == 200
    problem(user.verify(before, "totp", totp(secret, step + 1)), 401, "already-used")


def test_codes_by_mail_go_out_to_a_remembered_device_during_a_flood(user):
    device = remember(user, user.recovery_codes()[0])
    user.mailed_code(user.challenge())
    problem(user.send(user.challenge()), 429, "too-many-requests")
    token = user.challenge(device=device)
    code = user.mailed_code(token)
    flood(user, "email", another(code), 6)
    assert user.verify(token, "email", code).status == 200


def test_without_a_device_he_passes_with_another_factor_or_after_the_wait(user):
    secret, step = user.enroll_totp()
    codes = user.recovery_codes()
    flood(user, "totp", another(totp(secret, step + 1), 3), 6)
    token = user.challenge()
    problem(user.verify(token, "totp", totp(secret, step + 1)), 429, "too-many-requests")
    pass_with_recovery(user, token, codes[0])
    user.failed_long_ago(2)
    assert user.verify(user.challenge(), "totp", totp(secret, step + 1)).status == 200


def test_a_device_has_a_budget_too_and_ends_with_it(user, redis):
    codes = user.recovery_codes()
    device = remember(user, codes[0])
    for n in range(10):
        opened = user.ask(device=device, factors=["recovery_code"])
        device = opened.json()["device_token"]
        problem(user.verify(opened.json()["token"], "recovery_code", "0" * 15), 401, "wrong-code")
        key = devices_key(user)
        for field in redis.hkeys(key):
            if field.endswith(b"F8"):
                failures, last = struct.unpack("<Bd", redis.hget(key, field))
                assert failures == n + 1
                redis.hset(key, field, struct.pack("<Bd", failures, last - DAY_MS))
    assert user.factor("recovery_code")["failures"] == 0, "nor did they count elsewhere"
    assert devices_of(user) == []
    assert wait_for(lambda: notices(user.world, "no longer remembered"), "the notice")
    pass_with_recovery(user, user.challenge(device=device), codes[1])


# ---- forgetting ------------------------------------------------------------------------------------------------------


def test_devices_are_listed_and_forgotten_one_by_one_or_all(user, world):
    tokens = [remember(user, code, f"device {n}") for n, code in enumerate(user.recovery_codes()[:3])]
    [one] = [device for device in devices_of(user) if device["label"] == "device 1"]
    assert world.native("DELETE", f"users/1/devices/{one['id']}").status == 204
    problem(world.native("DELETE", f"users/1/devices/{one['id']}"), 404, "not-found")
    assert user.ask(device=tokens[1]).json()["device_token"] is None
    assert wait_for(lambda: notices(user.world, "no longer remembered"), "the notice")
    assert {device["label"] for device in devices_of(user)} == {"device 0", "device 2"}
    assert world.native("DELETE", "users/1/devices").status == 204
    assert devices_of(user) == []
    assert world.native("DELETE", "users/1/devices").status == 204
    for name in (f"{one['id']}F8", "x", "A" * 11):
        problem(world.native("DELETE", f"users/1/devices/{name}"), 404, "not-found")
    for method in ("GET", "DELETE"):
        problem(world.native(method, "users/nobody/devices"), 404, "no-such-user")


def test_it_takes_the_permission(world):
    reader = world.with_permissions(users=["read"])
    assert world.native("GET", "users/1/devices", key=reader).status == 200
    for path in ("devices", "devices/AAAAAAAAAAA"):
        problem(world.native("DELETE", f"users/1/{path}", key=reader), 403, "forbidden")
    writer = world.with_permissions(users=["update"])
    problem(world.native("GET", "users/1/devices", key=writer), 403, "forbidden")


@pytest.mark.parametrize("void", ["reset", "moved", "deleted"])
def test_a_reset_a_changed_address_and_a_removal_void_devices(user, world, void):
    token = remember(user, user.recovery_codes()[0])
    if void == "reset":
        assert world.native("POST", "users/1/reset").status == 204
    elif void == "moved":
        assert world.native("PUT", "users/1", {"email": f"new@{world.tenant}.example"}).status == 200
    else:
        assert world.native("DELETE", "users/1").status == 204
        assert world.native("PUT", "users/1", {"email": world.address("1")}).status == 201
        user.enable("email")
    assert devices_of(user) == []
    assert user.ask(device=token).json()["device_token"] is None


def test_that_an_address_was_changed_is_told_to_the_one_before(user, world):
    assert world.native("PUT", "users/1", {"email": f"b@{world.tenant}.example"}).status == 200
    assert world.native("PUT", "users/1", {"email": f"c@{world.tenant}.example"}).status == 200
    for address in (world.address("1"), f"b@{world.tenant}.example"):
        [mail] = wait_for(lambda: notices(user.world, "was changed", address=address), f"the notice to {address}")
        assert "c@" not in text_of(mail) and "b@" not in text_of(mail)
    assert notices(user.world, "was changed", address=f"c@{world.tenant}.example") == []
