"""The Rebilly dialect: a user's own MFA, and links to it."""

import urllib.parse

import pytest

from stored import bind
from world import ago

# No more than 10 minutes count as fresh; the margin is for the test's own way to the store.
FRESH, STALE = 600 - 60, 600 + 5

JS_SDK = {"Accept": "application/json, text/plain, */*", "Content-Type": "application/x-www-form-urlencoded",
          "REB-API-CONSUMER": "Rebilly/js-sdk@56eeafe", "Content-Length": "0"}
PHP_SDK = {"Accept": "application/json"}


def links(response):
    return {link["rel"]: link["href"] for link in response.json()["_links"]}


def self_url(world, resource="/profile/mfa"):
    return f"{world.mfad.url}/organizations/{world.tenant}{resource}"


def follow(world, href):
    """What the page of a link is told."""
    token = urllib.parse.urlsplit(href).fragment
    response = world.client.post("/enroll/api/link", json_body={"token": token})
    assert response.status == 200, response
    return response.json()


def activate(world, user, last_auth=None):
    world.set_user(user, enabled=["email"], last_auth_time=last_auth)


def inactive(world, **links):
    return {"status": "inactive", "type": None, "lastAuthTime": None,
            "_links": [{"href": self_url(world), "rel": "self"}, *({"href": h, "rel": r} for r, h in links.items())]}


# ---- GET -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("base", ["", "/organizations/{}"])
def test_a_user_starts_without_mfa(world, base):
    response = world.rebilly("GET", "1", path=f"{base.format(world.tenant)}/profile/mfa")
    assert response.status == 200
    assert response.json() == inactive(world)


def test_an_active_user_shows_type_and_time(world):
    activate(world, "1", "2026-03-04T05:06:07Z")
    assert world.rebilly_state("1") == {"status": "active", "type": "guardian", "lastAuthTime": "2026-03-04T05:06:07Z",
                                        "_links": [{"href": self_url(world), "rel": "self"}]}


@pytest.mark.parametrize("options, shown", [({}, "guardian"), ({"rebilly.builtin_type": "guardian"}, "guardian"),
                                            ({"rebilly.builtin_type": "otp"}, "otp")])
@pytest.mark.parametrize("factor", ["email", "totp", "passkey"])
def test_every_factor_that_is_built_in_shows_as_one_type(make_world, redis, options, shown, factor):
    world = make_world(options=options)
    world.set_user("1", enabled=[factor])
    bind(redis, world, "1", factor)
    assert world.rebilly_state("1")["type"] == shown


def test_duo_shows_as_itself(make_world, redis):
    world = make_world(allowed=["duo", "email"], options={"rebilly.builtin_type": "otp"})
    world.set_user("1", enabled=["duo", "email"])
    bind(redis, world, "1", "duo")
    assert world.rebilly_state("1")["type"] == "duo"


def test_a_factor_that_is_on_but_not_enrolled_leaves_him_inactive(world):
    world.set_user("1", enabled=["totp"])
    assert world.rebilly_state("1") == inactive(world)


# ---- POST ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("base", ["", "/organizations/{}"])
def test_a_post_answers_with_a_link(world, base):
    response = world.rebilly("POST", "1", path=f"{base.format(world.tenant)}/profile/mfa")
    assert response.status == 201
    assert response.header("Location") == self_url(world)
    assert response.json() == inactive(world, enrollment=links(response)["enrollment"])

    link = follow(world, links(response)["enrollment"])
    assert (link["state"], link["kind"]) == ("open", "enroll")
    assert links(response)["enrollment"].startswith(f"{world.mfad.url}/enroll/#")


@pytest.mark.parametrize("headers, body", [
    (JS_SDK, None), (PHP_SDK, None), ({"Content-Type": "application/json"}, "{"),
    ({"Content-Type": "application/json"}, '{"status":"active","type":"duo"}'),
    ({"Content-Type": "text/plain"}, "hi"), ({"Content-Type": "multipart/form-data"}, "-"),
    ({"Content-Type": "application/x-www-form-urlencoded"}, "a=%zz"), ({"Content-Type": "nonsense"}, "\x00\xff"),
    ({}, "no type at all"),
])
def test_a_body_is_ignored_whatever_it_is(world, headers, body):
    activate(world, "1", ago(FRESH))
    headers = {"REB-APIKEY": world.secrets["1"], **headers}
    for method, status in (("POST", 201), ("DELETE", 204)):
        path = f"/organizations/{world.tenant}/profile/mfa"
        response = world.client.request(method, path, headers=headers, body=body)
        assert response.status == status, response


def test_the_newest_link_alone_holds(world):
    first, second, third = (links(world.rebilly("POST", "1"))["enrollment"] for _ in range(3))
    assert len({first, second, third}) == 3
    assert [follow(world, link)["state"] for link in (first, second, third)] == ["superseded", "superseded", "open"]


def test_links_of_others_stay(world):
    mine = links(world.rebilly("POST", "1"))["enrollment"]
    world.rebilly("POST", "2")
    assert follow(world, mine)["state"] == "open"


def test_a_post_while_active_leads_to_verification_and_changes_nothing(world):
    activate(world, "1", "2026-03-04T05:06:07Z")
    before, record = world.rebilly_state("1"), world.mfad.user(world.tenant, "1")
    response = world.rebilly("POST", "1")
    assert response.status == 201
    assert {**response.json(), "_links": before["_links"]} == before
    assert follow(world, links(response)["enrollment"])["kind"] == "verify"
    assert world.rebilly_state("1") == before
    assert world.mfad.user(world.tenant, "1") == record


def test_a_restricted_user_gets_a_link_only_while_active(world):
    world.set_user("1", change_restricted=True)
    assert world.rebilly("POST", "1").status == 403
    world.set_user("1", change_restricted=True, enabled=["email"])
    response = world.rebilly("POST", "1")
    assert response.status == 201
    assert follow(world, links(response)["enrollment"])["kind"] == "verify"


def test_no_link_for_a_user_who_may_have_no_factor(world):
    world.set_user("1", allowed=[])
    assert world.rebilly("POST", "1").status == 403


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_writes_show_the_organizations_quota(make_world, method):
    for limits, quota in (({}, "3000"), ({"rebilly": "7/10m"}, "7")):
        world = make_world(limits=limits)
        activate(world, "1", ago(FRESH))
        response = world.rebilly(method, "1")
        assert response.status in (201, 204)
        # Limits are off in this server: nothing is ever used.
        assert (response.header("X-RateLimit-Limit"), response.header("X-RateLimit-Remaining")) == (quota, quota)
    assert world.rebilly("GET", "1").header("X-RateLimit-Limit") is None


# ---- DELETE --------------------------------------------------------------------------------------------------------


def test_a_delete_within_ten_minutes_of_a_proof_removes_everything(world, redis):
    world.set_user("1", enabled=["email", "totp"], last_auth_time=ago(FRESH))
    bind(redis, world, "1", "totp", "passkey", "recovery_code")
    response = world.rebilly("DELETE", "1")
    assert (response.status, response.body) == (204, b"")
    assert world.rebilly_state("1") == inactive(world)
    assert world.xsolla_state("1")["enabled"] is False
    assert world.quiva_state("1") == {"totp_enabled": False, "passkey_enabled": False}

    world.set_user("1", enabled=["totp", "passkey", "recovery_code"])
    assert world.rebilly_state("1")["status"] == "inactive", "the factors are gone, not just off"


@pytest.mark.parametrize("age", [None, STALE, 86400, 1_700_000_000])
def test_a_delete_without_fresh_proof_changes_nothing(world, age):
    activate(world, "1", age and ago(age))
    before = world.rebilly_state("1")
    response = world.rebilly("DELETE", "1")
    assert response.status == 403
    assert "10 minutes" in response.json()["detail"]
    assert world.rebilly_state("1") == before


def test_a_proof_serves_once(world):
    activate(world, "1", ago(FRESH))
    assert world.rebilly("DELETE", "1").status == 204
    activate(world, "1", None)
    assert world.rebilly("DELETE", "1").status == 403


def test_there_is_nothing_to_delete_where_nothing_is_on(world):
    world.set_user("1", last_auth_time=ago(1))
    assert world.rebilly("DELETE", "1").status == 404
    activate(world, "2", ago(1))
    assert [world.rebilly("DELETE", "2").status for _ in range(2)] == [204, 404]


@pytest.mark.parametrize("age", [None, 1])
def test_duo_cannot_be_deleted_here(make_world, redis, age):
    world = make_world(allowed=["duo", "email"])
    world.set_user("1", enabled=["duo", "email"], last_auth_time=age and ago(age))
    bind(redis, world, "1", "duo")
    before = world.rebilly_state("1")
    response = world.rebilly("DELETE", "1")
    assert response.status == 403 and "duo" in response.json()["detail"]
    assert world.rebilly_state("1") == before


def test_a_restricted_user_cannot_delete(world):
    world.set_user("1", enabled=["email"], change_restricted=True, last_auth_time=ago(1))
    assert world.rebilly("DELETE", "1").status == 403
    assert world.rebilly_state("1")["status"] == "active"


def test_a_delete_is_of_the_caller_alone(world):
    for user in ("1", "2"):
        activate(world, user, ago(1))
    assert world.rebilly("DELETE", "1").status == 204
    assert world.rebilly_state("2")["status"] == "active"


def test_urls_are_valid_whatever_the_organizations_id(world):
    tenant = world.tenant + "<b>|\\^`{e}&'"
    key = f"key-of-{world.tenant}-16"
    world.mfad.load({"tenant": {"id": tenant}}, {"user": {"tenant": tenant, "id": "1"}},
                    {"credential": {"tenant": tenant, "kind": "secret", "user": "1", "secret": key}})
    response = world.client.post("/profile/mfa", headers={"REB-APIKEY": key})
    path = f"/organizations/{urllib.parse.quote(tenant, safe=chr(39) + '&')}/profile/mfa"
    assert response.status == 201 and response.header("Location").endswith(path)
    assert response.json()["_links"][0]["href"] == response.header("Location")
    assert world.client.get(path, headers={"REB-APIKEY": key}).status == 200
