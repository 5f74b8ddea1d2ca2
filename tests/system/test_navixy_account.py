"""The Navixy dialect: a dealer signs in, looks at what he may, and leaves."""

import concurrent.futures
import re

import pytest

from stored import attempts_key
from test_navixy import OK, code, default, parameters, set_default
from test_navixy_transport import as_text, send
from world import DISALLOWED

AUTH, PERMISSIONS, LOGOUT = "/panel/account/auth", "/panel/account/get_permissions", "/panel/account/logout"
PASSWORD = "12f@14Y$ ümlaut"
GRANTED = {"users": ["corrupt", "read", "update"], "base": ["get_dealer_info"]}


@pytest.fixture
def dealer(world):
    """His login is unique over the installation."""
    world.mfad.load({"panel_account": {"tenant": world.tenant, "login": world.tenant, "password": PASSWORD,
                                       "permissions": GRANTED}})
    return world


def sign_in(world, password=PASSWORD, login=None, **how):
    return send(world, AUTH, {"login": login or world.tenant, "password": password}, hash_in=None, **how)


def hash_of(response):
    assert response.status == 200, response
    assert re.fullmatch("[0-9a-f]{32}", response.json()["hash"])
    return {"Authorization": f"NVX {response.json()['hash']}"}


@pytest.mark.parametrize("transport", ["json", "form", "query"])
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_a_dealer_signs_in_looks_and_leaves(dealer, transport, method):
    response = sign_in(dealer, transport=transport, method=method)
    session = hash_of(response)
    assert response.json() == {**OK, "hash": response.json()["hash"], "permissions": GRANTED}

    assert dealer.client.request(method, PERMISSIONS, headers=session).json() == {**OK, "permissions": GRANTED}
    dealer.session = response.json()["hash"]
    assert set_default(dealer, DISALLOWED).json() == OK
    assert default(dealer) == {**OK, "value": DISALLOWED}

    assert dealer.client.request(method, LOGOUT, headers=session).json() == OK
    for path in (LOGOUT, PERMISSIONS, "/panel/user/mfa/settings/default/read"):
        assert code(dealer.client.request(method, path, headers=session)) == (400, 4)


@pytest.mark.parametrize("prefix, slash", [("", "/"), ("/v2", ""), ("/v2", "/")])
def test_the_paths_are_those_of_every_call(dealer, prefix, slash):
    credentials = {"login": dealer.tenant, "password": PASSWORD}
    session = hash_of(dealer.client.post(prefix + AUTH + slash, json_body=credentials))
    assert dealer.client.post(prefix + PERMISSIONS + slash, headers=session).status == 200
    assert dealer.client.post(prefix + LOGOUT + slash, headers=session).json() == OK


def test_every_sign_in_opens_a_session_of_its_own(dealer):
    first, second = hash_of(sign_in(dealer)), hash_of(sign_in(dealer))
    assert first != second
    assert dealer.client.post(LOGOUT, headers=first).json() == OK
    assert dealer.client.post(PERMISSIONS, headers=second).status == 200


def test_a_session_ends_a_day_after_it_began(dealer, redis_server):
    hash_of(sign_in(dealer))
    redis = redis_server.connection()
    lives = [redis.pttl(key) / 3_600_000 for key in redis.scan_iter("mfa:cred:*", count=10_000)
             if f'"tenant":"{dealer.tenant}"'.encode() in redis.get(key)]
    assert max(lives) == pytest.approx(24, abs=0.1)


def test_wrong_logins_and_wrong_passwords_look_alike(dealer):
    wrong = [sign_in(dealer, "wrong"), sign_in(dealer, PASSWORD + " "), sign_in(dealer, ""),
             sign_in(dealer, login=f"no-{dealer.tenant}"), sign_in(dealer, login="has a blank"),
             sign_in(dealer, "x" * 600, login=f"none-{dealer.tenant}")]
    assert [code(response) for response in wrong] == [(400, 102)] * len(wrong)
    assert len({response.body for response in wrong}) == 1


@pytest.mark.parametrize("body, wrong", [({}, "login"), ({"login": "x"}, "password"), ({"password": "x"}, "login"),
                                         ({"login": 20410, "password": "x"}, "login"),
                                         ({"login": "x", "password": None}, "password")])
def test_login_and_password_are_needed_as_text(world, body, wrong):
    assert parameters(world.client.post(AUTH, json_body=body)) == [wrong]
    if None not in body.values() and 20410 not in body.values():
        assert parameters(world.client.post(AUTH, form=as_text(body))) == [wrong]


def test_a_sign_in_that_is_no_request_has_the_wrong_format(world):
    for content_type, body in (("application/json", "{"), ("text/plain", '{"login":"x","password":"x"}')):
        assert code(world.client.post(AUTH, headers={"Content-Type": content_type}, body=body)) == (400, 5)


def test_after_five_failures_no_password_is_right(dealer):
    assert [code(sign_in(dealer, "wrong")) for _ in range(5)] == [(400, 102)] * 5
    assert [code(sign_in(dealer, password)) for password in ("wrong", PASSWORD)] == [(400, 105)] * 2


def test_a_login_that_does_not_exist_is_limited_alike(world):
    login = f"no-{world.tenant}"
    assert [code(sign_in(world, "guess", login=login)) for _ in range(6)] == [(400, 102)] * 5 + [(400, 105)]


def test_a_success_clears_the_failures_before_it(dealer):
    for _ in range(2):
        assert [code(sign_in(dealer, "wrong")) for _ in range(4)] == [(400, 102)] * 4
        hash_of(sign_in(dealer))


def test_the_failures_of_one_login_are_not_anothers(make_world):
    worlds = make_world(), make_world()
    for world in worlds:
        world.mfad.load({"panel_account": {"tenant": world.tenant, "login": world.tenant, "password": PASSWORD,
                                           "permissions": GRANTED}})
    for _ in range(6):
        sign_in(worlds[0], "wrong")
    assert sign_in(worlds[1]).json()["permissions"] == GRANTED


def test_guesses_at_once_get_no_more_tries_than_guesses_in_turn(dealer):
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        answers = [code(response) for response in pool.map(lambda n: sign_in(dealer, f"guess {n}"), range(12))]
    assert answers.count((400, 102)) == 5
    assert answers.count((400, 105)) == 7


def test_failures_of_long_ago_do_not_count(dealer, redis_server):
    for _ in range(5):
        assert code(sign_in(dealer, "wrong")) == (400, 102)
    redis = redis_server.connection()
    attempts = attempts_key(dealer.tenant)
    oldest, at = redis.zrange(attempts, 0, 0, withscores=True)[0]
    redis.zadd(attempts, {oldest: at - 15 * 60 * 1000})
    hash_of(sign_in(dealer))
