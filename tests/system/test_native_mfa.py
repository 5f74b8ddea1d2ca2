"""The native API on a user's MFA: the whole state, and links to enroll."""

import re
import urllib.parse

import pytest

from harness import link_in, wait_for
from links import Link, Records
from shapes import check_refusal, problem_at
from stored import FACTORS, bind, links_of, version_of
from tokens import Issuer
from world import ALLOWED, DISALLOWED, ago

POLICY = ["email", "totp", "passkey", "recovery_code"]  # of a tenant that names none


def patch(world, user="1", **members):
    return world.native("PATCH", f"users/{user}/mfa", members)


def email_factor(world, user="1"):
    return {"id": "email", "type": "email", "label": f"u***@{world.tenant}.example", "created_at": None,
            "last_used_at": None, "failures": 0, "disabled": False}


# ---- the state -------------------------------------------------------------------------------------------------------


def test_the_state_is_shown_whole(world):
    assert world.native_state("1") == {
        "allowed": POLICY, "enabled": [], "change_restricted": False, "required": [], "active": False,
        "last_auth_time": None, "version": 0, "factors": [email_factor(world)]}
    world.set_user("1", allowed=["email", "totp"], enabled=["email", "passkey"], change_restricted=True,
                   last_auth_time="2026-03-04T05:06:07Z")
    assert world.native_state("1") == {
        "allowed": ["email", "totp"], "enabled": ["email", "passkey"], "change_restricted": True, "required": ["email"],
        "active": True, "last_auth_time": "2026-03-04T05:06:07Z", "version": 1, "factors": [email_factor(world)]}


def test_what_is_allowed_is_what_the_policy_leaves(make_world):
    world = make_world(allowed=["passkey", "email"])
    world.set_user("1", allowed=["email", "totp"], enabled=["totp"])
    state = world.native_state("1")
    assert (state["allowed"], state["enabled"], state["required"]) == (["email"], ["totp"], [])


def test_an_address_counts_as_a_factor_once_it_is_enrolled(make_world, redis):
    world = make_world(options={"email.require_verification": True})
    assert world.native_state("1")["factors"] == []
    bind(redis, world, "1", "email")
    assert world.native_state("1")["factors"] == [email_factor(world)]
    world.mfad.load({"user": {"tenant": world.tenant, "id": "bare"}})
    assert world.native_state("bare")["factors"] == []


def test_what_the_dialects_write_is_shown(world):
    assert world.xsolla("POST", "1", {"mfa_type": "email", "enabled": True, "change_restricted": True}).status == 204
    state = world.native_state("1")
    assert (state["required"], state["active"], state["change_restricted"]) == (["email"], True, True)
    assert world.quiva("PATCH", "2", {"totp_enabled": True}).status == 200
    state = world.native_state("2")
    assert (state["enabled"], state["required"], state["active"]) == (["totp"], ["totp"], False)
    assert world.navixy_update(DISALLOWED, 1).status == 200
    state = world.native_state("1")
    assert (state["allowed"], state["enabled"], state["active"]) == ([], ["email"], False)
    assert world.navixy_update(ALLOWED).status == 200
    for user in ("1", "2", "3"):
        assert "email" in world.native_state(user)["required"], "all users, in one step"


# ---- PATCH -----------------------------------------------------------------------------------------------------------


def test_what_is_written_here_is_shown_by_the_dialects(world):
    state = patch(world, enabled=["email", "totp"], change_restricted=True)
    assert state.status == 200 and state.json() == world.native_state("1")
    assert world.xsolla_state("1") == {"change_restricted": True, "enabled": True, "mfa_type": "email"}
    assert world.rebilly_state("1")["status"] == "active"
    assert world.quiva_state("1") == {"totp_enabled": True, "passkey_enabled": False}

    assert patch(world, enabled=["passkey"]).status == 200
    assert world.xsolla_state("1") == {"change_restricted": True, "enabled": False, "mfa_type": "email"}
    assert world.quiva_state("1") == {"totp_enabled": False, "passkey_enabled": True}
    assert world.rebilly_state("1")["status"] == "inactive"

    assert patch(world, allowed=["email"]).status == 200
    assert world.quiva_state("1") == {"totp_enabled": False, "passkey_enabled": False}
    check_refusal("quiva", world.quiva("PATCH", "1", {"totp_enabled": True}), 400)


def test_sets_come_whole_and_what_is_not_sent_stays(world):
    world.set_user("1", allowed=["email", "totp"], enabled=["email"], change_restricted=True)
    body = patch(world, allowed=["totp", "passkey", "totp"]).json()
    assert (body["allowed"], body["enabled"], body["required"], body["change_restricted"]) == (
        ["totp", "passkey"], ["email"], [], True)
    body = patch(world, change_restricted=False).json()
    assert (body["allowed"], body["enabled"], body["change_restricted"]) == (["totp", "passkey"], ["email"], False)
    body = patch(world, enabled=[], allowed=[]).json()
    assert (body["allowed"], body["enabled"], body["active"]) == ([], [], False)


def test_null_follows_the_policy_now_and_later(make_world):
    world = make_world(allowed=["email"])
    assert patch(world, allowed=[]).json()["allowed"] == []
    assert patch(world, allowed=None).json()["allowed"] == ["email"]
    assert world.native("PATCH", "tenant", {"allowed": ["email", "passkey"]}).status == 204
    assert world.native_state("1")["allowed"] == ["email", "passkey"]


def test_each_change_is_one_version_and_none_is_none(world, redis):
    versions = [patch(world, **members).json()["version"] for members in (
        {"enabled": ["email"]}, {"enabled": ["email"]}, {}, {"enabled": ["totp"], "allowed": ["totp"]})]
    assert versions == [1, 1, 1, 2] and version_of(redis, world, "1") == 2


def test_a_servers_change_needs_no_proof_and_minds_no_restriction(world):
    world.set_user("1", enabled=["email"], change_restricted=True, last_auth_time=ago(86400))
    assert patch(world, enabled=[]).json()["active"] is False


@pytest.mark.parametrize("members", [{"enabled": ["totp"]}, {"enabled": ["email", "duo"]}, {"allowed": ["passkey"]},
                                     {"allowed": [], "enabled": ["email"]}])
def test_what_is_not_allowed_is_neither_allowed_nor_enabled(make_world, members):
    world = make_world(allowed=["email"])
    before = world.native_state("1")
    problem_at(patch(world, **members), 422, "factor-not-allowed")
    assert world.native_state("1") == before
    assert patch(world, enabled=["email"]).status == 200


BAD_STATES = [
    ({"enabled": "email"}, "wrong-type", "enabled"), ({"enabled": None}, "wrong-type", "enabled"),
    ({"enabled": ["sms"]}, "invalid", "enabled"), ({"enabled": ["EMAIL"]}, "invalid", "enabled"),
    ({"enabled": [1]}, "invalid", "enabled"), ({"enabled": [["email"]]}, "invalid", "enabled"),
    ({"allowed": {}}, "wrong-type", "allowed"), ({"allowed": ["sms"]}, "invalid", "allowed"),
    ({"change_restricted": "yes"}, "wrong-type", "change_restricted"), ({"change_restricted": 0}, "wrong-type", "change_restricted"),
    ({"enable": ["email"]}, "invalid", "enable"), ({"enabled": ["email"], "last_auth_time": None}, "invalid", "last_auth_time"),
    ({"version": 7}, "invalid", "version"),
]


@pytest.mark.parametrize("members,code,field", BAD_STATES)
def test_a_wrong_member_is_named_and_nothing_is_done(world, members, code, field):
    before = world.native_state("1")
    problem_at(patch(world, **members), 422, code, field)
    assert world.native_state("1") == before


def test_there_is_no_mfa_of_nobody(world):
    problem_at(world.native("GET", "users/nobody/mfa"), 404, "no-such-user")
    problem_at(patch(world, "nobody", enabled=[]), 404, "no-such-user")
    problem_at(world.native("POST", "users/nobody/enrollments"), 404, "no-such-user")


def test_switching_email_on_asks_for_a_verified_address_where_that_is_required(make_world):
    world = make_world(options={"email.require_verification": True})
    state = patch(world, enabled=["email"]).json()
    assert (state["required"], state["active"], state["factors"]) == (["email"], False, [])
    link = Link(world, token=link_in(world.mfad.mail_to(world.address("1"))).split("#")[1])
    assert link.verify(link.send()).status == 200
    state = world.native_state("1")
    assert (state["active"], state["factors"]) == (True, [email_factor(world)]) and state["last_auth_time"]


# ---- enrollments -----------------------------------------------------------------------------------------------------


def enroll(world, user="1", key=None, **body):
    response = world.native("POST", f"users/{user}/enrollments", body or None,
                            headers={"Idempotency-Key": key} if key else None)
    assert response.status == 201, response
    return response.json()


def link_of(world, made, user="1"):
    return Link(world, user, token=urllib.parse.urlsplit(made["href"]).fragment)


def enrollment(world, made):
    response = world.native("GET", f"enrollments/{made['id']}")
    assert response.status == 200, response
    return response.json()


def wait_for_delivery(world, made, delivery):
    wait_for(lambda: enrollment(world, made)["delivery"] == delivery, f"the mail to be {delivery}")


def test_an_enrollment_is_a_link_that_is_mailed_and_can_be_looked_at(world):
    response = world.native("POST", "users/1/enrollments")
    made = response.json()
    assert response.status == 201 and set(made) == {"id", "href", "expires_at"}
    assert response.header("Location") == f"{world.mfad.url}/v1/enrollments/{made['id']}"
    assert re.fullmatch(r"[A-Za-z0-9_-]{24}", made["id"]) and made["id"] not in made["href"]
    assert made["href"] == link_in(world.mfad.mail_to(world.address("1")))
    link = link_of(world, made)
    assert (link.view()["state"], link.view()["expires_at"]) == ("open", made["expires_at"])
    wait_for_delivery(world, made, "sent")
    assert enrollment(world, made) == {"id": made["id"], "user": "1", "status": "open", "kind": "enroll", "factors": [],
                                       "expires_at": made["expires_at"], "delivery": "sent"}
    assert link.verify(link.send()).status == 200
    assert enrollment(world, made)["status"] == "used"
    assert world.native_state("1")["active"] is True


def test_an_enrollment_may_be_told_to_nobody_but_the_server(world):
    made = enroll(world, notify=False)
    assert enrollment(world, made)["delivery"] == "none"
    assert link_of(world, made).state == "open"
    # Mails of two users come in order: had there been one of the first, it would be there by now.
    enroll(world, "2")
    world.mfad.mail_to(world.address("2"))
    assert not [m for m in world.mfad.mails() if m["To"] == world.address("1")]


def test_a_link_that_is_not_mailed_takes_nothing_from_the_budget_of_mails(world):
    for _ in range(6):
        enroll(world, notify=False)
    for _ in range(5):
        made = enroll(world)
        wait_for_delivery(world, made, "sent")
    over = enroll(world)
    assert enrollment(world, over)["delivery"] == "none" and link_of(world, over).state == "open"


def test_a_user_without_an_address_gets_no_mail(world):
    world.mfad.load({"user": {"tenant": world.tenant, "id": "bare"}})
    made = enroll(world, "bare")
    assert (enrollment(world, made)["delivery"], enrollment(world, made)["status"]) == ("none", "open"), "for an app"
    made = enroll(world, "bare", factors=["email"])
    assert (enrollment(world, made)["delivery"], enrollment(world, made)["status"]) == ("none", "blocked")


def test_the_newest_enrollment_alone_is_open(world):
    first, second = enroll(world), enroll(world, notify=False)
    assert [enrollment(world, made)["status"] for made in (first, second)] == ["superseded", "open"]
    wait_for(lambda: enrollment(world, first)["delivery"] in ("sent", "dropped"), "the first mail to be settled")


def test_an_enrollment_expires_and_is_used_up_by_wrong_codes(world, redis_server):
    made = enroll(world)
    Records(redis_server, world).expire_link()
    assert enrollment(world, made)["status"] == "expired"
    made = enroll(world)
    link = link_of(world, made)
    code = link.send()
    for n in range(1, 6):
        link.verify(str((int(code) + n) % 1_000_000).zfill(6))
    assert enrollment(world, made)["status"] == "exhausted"


def test_an_enrollment_of_an_active_user_leads_to_verification(world):
    patch(world, enabled=["email"])
    made = enroll(world)
    assert enrollment(world, made)["kind"] == "verify" and link_of(world, made).view()["kind"] == "verify"


def test_a_restricted_user_may_follow_what_a_server_has_sent(world):
    patch(world, change_restricted=True)
    made = enroll(world)
    link = link_of(world, made)
    assert link.verify(link.send()).status == 200


def test_an_enrollment_may_name_factors_that_are_allowed(make_world):
    world = make_world(allowed=["email", "totp"])
    made = enroll(world, factors=["totp", "email", "totp"])
    assert enrollment(world, made)["factors"] == ["email", "totp"]
    for factors in (["passkey"], ["email", "passkey"]):
        problem_at(world.native("POST", "users/1/enrollments", {"factors": factors}), 422, "factor-not-allowed")
    patch(world, allowed=[])
    problem_at(world.native("POST", "users/1/enrollments"), 422, "factor-not-allowed")


@pytest.mark.parametrize("body,code,field", [
    ({"factors": []}, "invalid", "factors"), ({"factors": "email"}, "wrong-type", "factors"),
    ({"factors": ["sms"]}, "invalid", "factors"), ({"factors": ["duo"]}, "invalid", "factors"),
    ({"factors": ["email", "guardian"]}, "invalid", "factors"), ({"factors": None}, "wrong-type", "factors"),
    ({"notify": "no"}, "wrong-type", "notify"), ({"notify": None}, "wrong-type", "notify"),
    ({"email": "a@example.org"}, "invalid", "email"),
])
def test_a_wrong_enrollment_is_named_and_makes_no_link(world, redis, body, code, field):
    problem_at(world.native("POST", "users/1/enrollments", body), 422, code, field)
    assert links_of(redis, world) == []


def test_a_repeated_enrollment_is_one(world, redis):
    first = enroll(world, key="once")
    assert [enroll(world, key="once") for _ in range(2)] == [first, first] and len(links_of(redis, world)) == 1
    assert enrollment(world, first)["status"] == "open"
    enroll(world)
    assert enroll(world, key="once") == first and enrollment(world, first)["status"] == "superseded"


def test_an_enrollment_is_its_tenants_and_its_token_is_no_id(world, make_world):
    made, other = enroll(world), make_world()
    problem_at(other.native("GET", f"enrollments/{made['id']}"), 404, "not-found")
    token = urllib.parse.urlsplit(made["href"]).fragment
    for wrong in (token, made["id"][:-1], made["id"] + "A", "A" * 24, "_" * 24, "0", made["id"][::-1]):
        problem_at(world.native("GET", f"enrollments/{wrong}"), 404, "not-found")
    # Who has the id cannot follow the link.
    response = world.client.post("/enroll/api/link", json_body={"token": made["id"]})
    assert response.json().get("state") == "unknown"
    world.native("DELETE", "users/1")
    problem_at(world.native("GET", f"enrollments/{made['id']}"), 404, "not-found")


def test_users_tokens_do_nothing_here(make_world):
    issuer = Issuer("https://user.example")
    world = make_world(jwt=[issuer.entry])
    for key in (issuer.token(world.tenant), world.secrets["1"], world.session):
        for method, path in (("GET", "users/1/mfa"), ("PATCH", "users/1/mfa"), ("POST", "users/1/enrollments")):
            problem_at(world.native(method, path, {} if method != "GET" else None, key=key), 401, "bad-credential")


def test_factors_are_named_as_everywhere(make_world):
    world = make_world(allowed=list(FACTORS))
    assert patch(world, enabled=list(FACTORS)).json()["required"] == list(FACTORS)
