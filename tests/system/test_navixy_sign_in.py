"""The Navixy dialect: the second step of a user's sign-in, on a challenge that the host has opened."""

import itertools
import re

import pytest

from harness import wait_for
from links import another
from sign_in import SignIn
from test_navixy import OK, code, parameters
from test_navixy_transport import send as send_as

VERIFY, RESEND = "/user/auth/code/verify", "/user/auth/code/resend"
WAYS = list(itertools.product(("json", "form", "query"), ("POST", "GET"), ("", "/"), ("", "/v2"),
                              ("header", "parameters", "query")))


@pytest.fixture
def user(world, redis_server):
    user = SignIn(world, redis_server.connection())
    user.enable("email")
    return user


def send(world, path, token, parameters=(), **how):
    """A call whose hash is the challenge's token."""
    session, world.session = world.session, token
    try:
        return send_as(world, path, dict(parameters), **how)
    finally:
        world.session = session


def verify(user, token, typed, **how):
    return send(user.world, VERIFY, token, {"code": typed}, **how)


def introspect(world, session, key=None):
    return world.native("POST", "sessions/introspect", {"session": session}, key=key)


# ---- verify ----------------------------------------------------------------------------------------------------------


def test_a_mailed_code_is_exchanged_for_a_session(user, world):
    token = user.challenge()
    typed = user.mailed_code(token)
    response = verify(user, token, typed)
    assert (response.status, set(response.json())) == (200, {"success", "hash"}), response
    session = response.json()["hash"]
    assert re.fullmatch("[0-9a-f]{32}", session)
    shown = introspect(world, session).json()
    assert shown.pop("expires_at").endswith("Z")
    assert shown == {"active": True, "user": "1", "tenant": world.tenant}
    assert world.native_state("1")["last_auth_time"] is not None


@pytest.mark.parametrize("transport", ["json", "form", "query"])
def test_the_calls_may_be_sent_in_many_ways(user, transport):
    for _, method, slash, prefix, hash_in in (way for way in WAYS if way[0] == transport):
        how = {"transport": transport, "method": method, "hash_in": hash_in}
        token = user.challenge()
        user.redis.hdel(user.key, "c", "d")  # gap and budget of codes
        before = len(user.codes())
        assert send(user.world, prefix + RESEND + slash, token, **how).json() == OK, how
        typed = wait_for(lambda: user.codes()[before:], "the code")[-1]
        response = send(user.world, prefix + VERIFY + slash, token, {"code": typed}, **how)
        assert response.status == 200 and response.json()["hash"], how


def test_a_wrong_code_is_told_and_five_end_it(user):
    token = user.challenge()
    typed = user.mailed_code(token)
    for n in range(5):
        assert code(verify(user, token, another(typed, n + 1))) == (400, 282)
    assert code(verify(user, token, typed)) == (403, 276)
    assert code(send(user.world, RESEND, token)) == (403, 276)


@pytest.mark.parametrize("typed", ["", "12345", "abcdef", "1234567"])
def test_what_cannot_be_a_code_is_a_wrong_one_and_counts_as_nothing(user, typed):
    token = user.challenge()
    right = user.mailed_code(token)
    assert code(verify(user, token, typed)) == (400, 282)
    assert user.factor("email")["failures"] == 0
    assert verify(user, token, right).status == 200


def test_a_code_is_needed_as_text(user, world):
    token = user.challenge()
    assert parameters(send(world, VERIFY, token)) == ["code"]
    for wrong in (123456, None, ["123456"]):
        assert parameters(send(world, VERIFY, token, {"code": wrong})) == ["code"]


def test_a_challenge_is_used_once(user):
    token = user.challenge()
    typed = user.mailed_code(token)
    assert verify(user, token, typed).status == 200
    assert code(verify(user, token, typed)) == (403, 276)


def test_after_failures_the_wait_is_told(user):
    for n in range(5):
        token = user.challenge()
        verify(user, token, "000001")
    response = verify(user, user.challenge(), "000001")
    assert code(response) == (429, 15)
    assert int(response.header("Retry-After")) >= 1


# ---- resend ----------------------------------------------------------------------------------------------------------


def test_a_resend_within_the_gap_has_to_wait(user, world):
    token = user.challenge()
    assert send(world, RESEND, token).json() == OK
    response = send(world, RESEND, token)
    assert code(response) == (403, 264)
    assert response.json()["status"]["description"] == "Timeout not reached"
    assert 1 <= int(response.header("Retry-After")) <= 30
    user.forget_gap()
    assert send(world, RESEND, token).json() == OK


# ---- whose hash ------------------------------------------------------------------------------------------------------


def test_a_session_is_no_pending_sign_in(user, world):
    token = user.challenge()
    of_user = verify(user, token, user.mailed_code(token)).json()["hash"]
    for session in (world.session, of_user):
        assert code(send(world, VERIFY, session, {"code": "123456"})) == (403, 276)
        assert code(send(world, RESEND, session)) == (403, 276)


def test_who_has_no_hash_learns_nothing(user, world):
    token = user.challenge()
    for path in (VERIFY, RESEND):
        for headers in ({}, {"Authorization": "NVX"}, {"Authorization": "NVX short"}, {"Authorization": f"Bearer {token}"},
                        {"Authorization": "NVX " + "a" * 513}):
            assert code(world.client.post(path, headers=headers, json_body={})) == (400, 3), headers
        for unknown in ("f" * 32, token[:-2] + ("AA" if token[-2:] != "AA" else "BB"), world.server_key, "a" * 512):
            assert code(send(world, path, unknown, {"code": "123456"})) == (400, 4), unknown


def test_a_challenge_may_do_nothing_else(user, world):
    token = user.challenge()
    for path in ("/panel/account/get_permissions", "/panel/user/mfa/settings/default/read", "/panel/account/logout"):
        assert code(send(world, path, token)) == (400, 4)


def test_a_tenant_that_does_not_speak_the_dialect(make_world, redis_server):
    world = make_world(options={"dialects": ["native", "xsolla"]})
    user = SignIn(world, redis_server.connection())
    user.enable("email")
    assert code(verify(user, user.challenge(), "123456")) == (403, 13)


# ---- the session -----------------------------------------------------------------------------------------------------


@pytest.fixture
def session(user):
    token = user.challenge()
    return verify(user, token, user.mailed_code(token)).json()["hash"]


def test_a_users_session_has_no_say_in_the_panel(user, world, session):
    panel = {"Authorization": f"NVX {session}"}
    assert world.client.post("/panel/account/get_permissions", headers=panel).json() == {**OK, "permissions": {}}
    response = world.client.post("/panel/user/mfa/settings/default/read", headers=panel)
    assert code(response) == (403, 13)


def test_a_session_ends(user, world, session):
    assert world.client.post("/panel/account/logout", headers={"Authorization": f"NVX {session}"}).json() == OK
    assert introspect(world, session).json() == {"active": False}


def test_a_session_goes_with_its_user(user, world, session):
    assert world.native("DELETE", "users/1").status == 204
    assert introspect(world, session).json() == {"active": False}


def test_only_users_sessions_of_the_tenant_are_told(user, world, session, make_world):
    other = make_world()
    for text in (session, "f" * 32, ""):
        assert introspect(other, text).json() == {"active": False}
    for text in (world.session, world.server_key, world.secrets["1"], user.challenge()):
        assert introspect(world, text).json() == {"active": False}, text
    assert introspect(world, session).json()["active"] is True


def test_introspection_takes_the_permission_and_a_text(world):
    writer = world.with_permissions(users=["update"])
    assert introspect(world, "f" * 32, key=writer).status == 403
    assert introspect(world, "f" * 32, key="nobody-has-this-key").status == 401
    for body in ({}, {"session": 1}, {"session": "x" * 513}, {"session": "x", "user": "1"}):
        assert world.native("POST", "sessions/introspect", body).status == 422, body
