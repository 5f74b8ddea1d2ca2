"""Xsolla's call of a user on himself: POST /users/me/mfa."""

import pytest

from harness import wait_for, text_of
from links import Link
from outbox import wait_until_settled
from shapes import check_refusal
from sign_in import SignIn
from visits import Visit
from world import ago

ON, OFF = {"mfa_type": "email", "enabled": True}, {"mfa_type": "email", "enabled": False}


def own(world, body, user="1", *, headers=None, path="/users/me/mfa"):
    headers = {"Authorization": f"Bearer {world.secrets[user]}"} if headers is None else headers
    return world.client.request("POST", path, headers=headers, json_body=body)


def refused(response, status, code):
    check_refusal("xsolla", response, status, code)


def follow(world, url):
    """Does what the page behind the URL asks for."""
    link = Link(world, token=url.split("#")[1])
    visit = Visit(world, link=link)
    if visit.challenge:
        visit.prove_by_email()
        return
    response = link.verify(link.send())
    assert response.status == 200, response


def test_who_has_nothing_is_led_to_enrollment_and_email_is_on_only_then(world):
    response = own(world, ON)
    assert response.status == 200 and set(response.json()) == {"url"}, response
    url = response.json()["url"]
    assert world.xsolla_state("1")["enabled"] is False
    mail = wait_for(lambda: [m for m in world.mfad.mails() if url in text_of(m)], "the link")
    assert mail[0]["To"] == world.address("1")
    follow(world, url)
    assert world.xsolla_state("1")["enabled"] is True


def test_what_holds_already_leads_to_verification(world):
    world.set_user("1", enabled=["email"], last_auth_time=None)
    response = own(world, ON, path="/api/users/me/mfa")
    assert response.status == 200, response
    assert world.xsolla_state("1")["enabled"] is True
    follow(world, response.json()["url"])
    assert world.native_state("1")["last_auth_time"]
    assert own(world, OFF).status == 200
    assert world.xsolla_state("1")["enabled"] is False


@pytest.mark.parametrize("last", [None, ago(700)])
def test_weakening_asks_for_proof(world, last):
    world.set_user("1", enabled=["email"], last_auth_time=last)
    refused(own(world, OFF), 422, "003-020")
    assert world.xsolla_state("1")["enabled"] is True


def test_so_does_adding_email_to_another_factor(world, redis_server):
    user = SignIn(world, redis_server.connection())
    user.enroll_totp()
    world.set_user("1", last_auth_time=None)
    refused(own(world, ON), 422, "003-020")
    world.set_user("1", last_auth_time=ago(10))
    assert own(world, ON).status == 200
    assert world.native_state("1")["enabled"] == ["email", "totp"]


def test_who_has_nothing_to_lose_may_switch_off(world):
    world.set_user("1", enabled=["totp"])
    assert own(world, OFF).status == 200
    wait_until_settled(world.mfad, world)
    assert [m for m in world.mfad.mails() if m["To"] == world.address("1")] == [], "nobody is mailed a link for that"


def test_a_restricted_user_may_not(world):
    world.set_user("1", change_restricted=True)
    for body in (ON, OFF):
        refused(own(world, body), 422, "003-020")


def test_what_the_project_does_not_offer(make_world):
    world = make_world(allowed=["totp"])
    refused(own(world, ON), 422, "003-020")


@pytest.mark.parametrize("body, code", [
    ({}, "002-028"), ({"mfa_type": "sms"}, "002-027"), ({"mfa_type": 1}, "0"), ({"mfa_type": "email", "enabled": "yes"}, "0"),
    ([], "0"), ({"mfa_type": "email", "locale": 1}, "0"),
])
def test_bad_bodies(world, body, code):
    refused(own(world, body), 400, code)


def test_who_may_call(world):
    refused(own(world, ON, headers={}), 401, "003-040")
    for credential in ("Bearer nobody-has-this-secret", "Basic eDp5", f"Bearer {world.server_key}"):
        refused(own(world, ON, headers={"Authorization": credential}), 401, "002-016")
