"""`mfad key`: credentials are made, listed and revoked; a secret is shown once."""

import hashlib
import re
import secrets
import time

import pytest

from console import Console
from harness import wait_for

KINDS = {
    "server": [],
    "secret": ["--user", "1"],
    "session": [],
}


@pytest.fixture(scope="module")
def console(mfad):
    return Console(mfad.directory, **mfad.settings)


def create(console, tenant, kind, *more):
    said = console.run("key", "create", "--tenant", tenant, "--kind", kind, *KINDS[kind], *more)
    assert said.status == 0 and said.err == "", said
    assert re.fullmatch(r"[\x21-\x7e]{16,}\n", said.out), "the secret, alone, on one line"
    return said.out.strip()


def listed(console, tenant):
    """The lines of the list, without the heading."""
    said = console.run("key", "list", "--tenant", tenant)
    assert said.status == 0 and said.err == ""
    return said.out.splitlines()[1:]


def id_of(console, tenant, secret):
    digest = hashlib.sha256(secret.encode()).hexdigest()
    [id] = [line.split()[0] for line in listed(console, tenant) if digest.startswith(line.split()[0])]
    return id


def answers_to(world, kind, secret):
    """The status of a call that the credential is for."""
    if kind == "server":
        return world.xsolla("GET", "1", key=secret).status
    if kind == "session":
        return world.navixy("user/mfa/settings/default/read", headers={"Authorization": f"NVX {secret}"}).status
    return world.rebilly("GET", "1", headers={"REB-APIKEY": secret}).status


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_credential_works_at_once(console, world, kind):
    assert answers_to(world, kind, create(console, world.tenant, kind)) == 200


@pytest.mark.parametrize("kind", KINDS)
def test_a_revoked_credential_fails_within_a_second(console, world, kind):
    secret = create(console, world.tenant, kind)
    assert answers_to(world, kind, secret) == 200  # so that it is in the caches
    said = console.run("key", "revoke", id_of(console, world.tenant, secret))
    revoked = time.monotonic()
    assert said.status == 0 and said.out.startswith("revoked "), said
    wait_for(lambda: answers_to(world, kind, secret) in (400, 401), "the credential to fail")
    assert time.monotonic() - revoked < 1
    for _ in range(10):  # on every thread
        assert answers_to(world, kind, secret) in (400, 401)


@pytest.mark.parametrize("kind", KINDS)
def test_a_secret_is_never_shown_again(console, world, redis_server, kind):
    secret = create(console, world.tenant, kind)
    shown = "".join(console.run(*call).out for call in [("key", "list"), ("key", "list", "--tenant", world.tenant)])
    assert shown.count(world.tenant) > 2
    digest = hashlib.sha256(secret.encode()).hexdigest()
    assert secret not in shown and digest not in shown
    redis = redis_server.connection()
    kept = [redis.dump(key) for key in redis.scan_iter(match="mfa:cred:*", count=10_000)]
    assert not any(secret.encode() in content for content in kept)
    assert not list(redis.scan_iter(match=f"*{secret}*", count=10_000))
    assert not any(secret in line for line in world.mfad.lines)


def test_secrets_differ_and_have_256_bits_or_what_their_kind_has(console, world):
    made = [create(console, world.tenant, "server") for _ in range(3)]
    assert len(set(made)) == 3 and all(len(secret) >= 43 for secret in made)
    assert re.fullmatch("[0-9a-f]{32}", create(console, world.tenant, "session"))  # what Navixy's clients know


def test_permissions_are_what_was_given(console, world):
    reader = create(console, world.tenant, "server", "--permissions", "users:read")
    assert world.xsolla("GET", "1", key=reader).status == 200
    body = {"mfa_type": "email", "enabled": True}
    refused = world.xsolla("POST", "1", body, key=reader)
    assert refused.status == 403 and refused.json()["error"]["code"] == "1901-0001"
    writer = create(console, world.tenant, "server", "--permissions", "users:read,update;tenant:update")
    assert world.xsolla("POST", "1", body, key=writer).status == 204
    lines = listed(console, world.tenant)
    assert any(line.endswith('{"users":["read"]}') for line in lines)
    assert any(line.endswith('{"users":["read","update"],"tenant":["update"]}') for line in lines)


def test_a_lifetime_is_kept_and_shown(console, world, redis_server):
    secret = create(console, world.tenant, "server", "--ttl", "24h")
    digest = hashlib.sha256(secret.encode()).hexdigest()
    left = redis_server.connection().ttl(f"mfa:cred:{digest}")
    assert 24 * 3600 - 600 < left <= 24 * 3600
    [columns] = [line.split() for line in listed(console, world.tenant) if digest.startswith(line.split()[0])]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", columns[4])


def test_a_session_ends_after_a_day_and_the_others_never(console, world, redis_server):
    for kind in KINDS:
        digest = hashlib.sha256(create(console, world.tenant, kind).encode()).hexdigest()
        left = redis_server.connection().ttl(f"mfa:cred:{digest}")
        assert (24 * 3600 - 600 < left <= 24 * 3600) if kind == "session" else left == -1


def test_a_secret_of_no_user_reads_by_its_permission(console, world):
    said = console.run("key", "create", "--tenant", world.tenant, "--kind", "secret", "--permissions", "users:read")
    headers = {"REB-APIKEY": said.out.strip()}
    assert world.client.get("/users/1/mfa", headers=headers).status == 200
    assert world.client.get("/profile/mfa", headers=headers).status == 403


def test_columns_stay_apart_whatever_the_names(console):
    tenant, user = "t" + secrets.token_hex(30), "u" * 60
    console.load({"tenant": {"id": tenant}})
    said = console.run("key", "create", "--tenant", tenant, "--kind", "secret", "--user", user, "--ttl", "1h")
    assert said.status == 0, said
    [columns] = [line.split() for line in listed(console, tenant)]
    assert columns[1:4] == ["secret", tenant, user] and len(columns) == 6


def test_the_list_can_be_of_one_tenant(console, world, make_world):
    other = make_world()
    assert len(listed(console, world.tenant)) == 5  # server, session and a secret for each of three users
    assert not any(other.tenant in line for line in listed(console, world.tenant))
    everything = console.run("key", "list").out
    assert world.tenant in everything and other.tenant in everything
    assert listed(console, "t" + secrets.token_hex(8)) == []


def test_a_credential_of_an_unknown_tenant_is_not_made(console):
    said = console.run("key", "create", "--tenant", "nobody-at-all", "--kind", "server")
    assert said.status == 1 and said.out == "" and "there is no tenant nobody-at-all" in said.err


def test_an_unknown_id_is_not_revoked(console, world):
    said = console.run("key", "revoke", "0123456789abcdef")
    assert said.status == 1 and "0123456789abcdef" in said.err


def test_an_id_of_two_credentials_revokes_neither(console, world):
    start = secrets.token_hex(8)
    digests = [start + secrets.token_hex(24) for _ in range(2)]
    world.mfad.load(*({"credential": {"tenant": world.tenant, "kind": "server", "secret_sha256": digest}}
                      for digest in digests))
    said = console.run("key", "revoke", start)
    assert said.status == 1 and "more than one" in said.err
    assert sum(start in line for line in listed(console, world.tenant)) == 2
    assert console.run("key", "revoke", digests[0]).status == 0  # the whole digest tells them apart
    assert sum(start in line for line in listed(console, world.tenant)) == 1
