"""Quotas of a tenant in each dialect, and what an answer says of them."""

import email.utils
import re

import pytest

from conftest import start_mfad
from world import ALLOWED, DISALLOWED, World

DIALECTS = ("xsolla", "rebilly", "quiva", "navixy", "native")
CODES = {"xsolla": "002-057", "navixy": 15, "native": "too-many-requests"}


@pytest.fixture(scope="module")
def limited(redis_server, key_file, tmp_path_factory):
    server = start_mfad(tmp_path_factory.mktemp("limited"), redis_server, key_file, limits_enabled="true")
    yield server
    assert server.stop() == 0


@pytest.fixture
def make_limited(limited, apis):
    return lambda **limits: World(limited, limited.client(observe=apis.observe), limits=limits)


def write(world, dialect, n=0, user="1", **headers):
    """The n-th of several writes that all succeed."""
    if dialect == "xsolla":
        return world.xsolla("POST", user, {"mfa_type": "email", "enabled": n % 2 == 0}, headers=headers)
    if dialect == "rebilly":
        return world.rebilly("POST", user, headers=headers)
    if dialect == "quiva":
        return world.quiva("PATCH", user, {"totp_enabled": n % 2 == 0}, headers=headers)
    if dialect == "native":
        return world.native("PATCH", f"users/{user}/mfa", {"enabled": ["email"] if n % 2 == 0 else []}, headers=headers)
    body = {"target": {"type": "selected", "ids": [int(user)]}, "settings": (ALLOWED, DISALLOWED)[n % 2]}
    return world.navixy("user/mfa/settings/update", body, headers=headers)


def left(response, dialect):
    """What the answer says is left of the dialect's quota: remaining, seconds, quota, window."""
    [limit] = re.findall(rf'"{dialect}";r=(\d+);t=(\d+)', response.header("RateLimit"))
    [policy] = re.findall(rf'"{dialect}";q=(\d+);w=(\d+)', response.header("RateLimit-Policy"))
    return tuple(map(int, limit + policy))


def code_of(response, dialect):
    if dialect == "xsolla":
        return response.json()["error"]["code"]
    if dialect == "native":
        return response.json()["code"]
    return response.json()["status"]["code"] if dialect == "navixy" else None


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_tenant_has_so_many_writes_and_no_more(make_limited, dialect):
    world = make_limited(**{dialect: "3/10m"})
    for n in range(3):
        response = write(world, dialect, n)
        assert response.status // 100 == 2, response
        remaining, _, quota, window = left(response, dialect)
        assert (remaining, quota, window) == (2 - n, 3, 600)

    response = write(world, dialect, 3, user="2")
    assert (response.status, code_of(response, dialect)) == (429, CODES.get(dialect))
    assert 1 <= int(response.header("Retry-After")) <= 200, "one more after a third of the window"
    remaining, seconds, quota, _ = left(response, dialect)
    assert (remaining, quota) == (0, 3) and seconds == int(response.header("Retry-After"))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_write_over_the_quota_does_nothing(make_limited, dialect):
    world = make_limited(**{dialect: "1/10m"})
    assert write(world, dialect).status // 100 == 2
    assert write(world, dialect, user="2").status == 429
    assert world.xsolla_state("2")["enabled"] is False
    assert world.quiva_state("2")["totp_enabled"] is False


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_quota_is_of_one_tenant_in_one_dialect(make_limited, dialect):
    world, other = make_limited(**{dialect: "1/10m"}), make_limited(**{dialect: "1/10m"})
    assert write(world, dialect).status // 100 == 2
    assert write(world, dialect, 1).status == 429
    assert write(other, dialect).status // 100 == 2
    users = {"rebilly": "2", "quiva": "3", "navixy": "2", "native": "2"}  # what Navixy allows, quiva wants a proof for
    for another in users.keys() - {dialect}:
        assert write(world, another, user=users[another]).status // 100 == 2, another


def test_reads_are_counted_in_navixy_alone(make_limited):
    world = make_limited(**{dialect: "2/10m" for dialect in DIALECTS})
    for _ in range(5):
        assert world.xsolla_state("1") and world.rebilly_state("1") and world.quiva_state("1")
        assert world.native_state("1")
        for read in (world.xsolla("GET", "1"), world.native("GET", "users/1"), world.native("GET", "tenant")):
            assert read.header("RateLimit") is None
    answers = [world.navixy("user/mfa/settings/default/read").status for _ in range(3)]
    assert answers == [200, 200, 429]


def test_rebilly_tells_the_quota_in_its_own_fields(make_limited):
    world = make_limited(rebilly="4/10m")

    def quota(response):
        return response.status, response.header("X-RateLimit-Limit"), response.header("X-RateLimit-Remaining")

    assert quota(world.rebilly("POST", "1")) == (201, "4", "3")
    assert quota(world.rebilly("DELETE", "1")) == (404, "4", "2")
    assert quota(world.rebilly("POST", "1", headers={"REB-APIKEY": world.server_key})) == (403, "4", "1")
    assert quota(world.rebilly("DELETE", "2")) == (404, "4", "0")

    response = world.rebilly("POST", "3")
    assert quota(response) == (429, "4", "0")
    now = email.utils.parsedate_to_datetime(response.header("Date")).timestamp()
    at = int(response.header("X-RateLimit-Retry-After"))
    assert at == pytest.approx(now + int(response.header("Retry-After")), abs=2)
    body = response.json()
    assert {name: body[name] for name in ("type", "title", "status", "detail")} == {
        "type": "about:blank", "title": "Rate Limit Exceeded", "status": 429,
        "detail": "A request cannot be executed because the user has sent too many requests "
                  "within a certain period of time"}
