"""A revoked key fails on every instance within a second, whatever becomes of the connection that says so."""

import re
import time

import pytest

from conftest import start_mfad
from shapes import BAD_CREDENTIAL, check_refusal, read_of
from store_proxy import StoreProxy
from world import World

WITHIN = 1.0  # seconds from the end of `mfad key revoke`; a request counts by the moment it is sent


class Installation:
    """Two instances on one Redis, each with two threads and so two caches."""

    def __init__(self, directory, store, key_file):
        self.instances = [start_mfad(directory / name, store, key_file, limits_enabled="false") for name in "ab"]
        self.clients = [instance.client() for instance in self.instances]
        self.world = World(self.instances[0], self.clients[0])

    def stop(self):
        assert [instance.stop() for instance in self.instances] == [0, 0]


@pytest.fixture
def pair(redis_server, key_file, tmp_path):
    made = Installation(tmp_path, redis_server, key_file)
    yield made
    made.stop()


@pytest.fixture
def proxy(redis_server):
    made = StoreProxy(redis_server)
    yield made
    made.close()


@pytest.fixture
def pair_behind(proxy, key_file, tmp_path):
    made = Installation(tmp_path, proxy, key_file)
    yield made
    made.stop()


KINDS = {"xsolla": ["--kind", "server"], "rebilly": ["--kind", "secret", "--user", "1"],
         "quiva": ["--kind", "secret", "--user", "2"], "navixy": ["--kind", "session"]}


class Key:
    """A credential made by `mfad key create`, and the call that it is used for."""

    def __init__(self, pair, dialect):
        self.pair, self.dialect = pair, dialect
        mfad, world = pair.instances[0], pair.world
        known = self.ids()
        secret = mfad.call("key", "create", "--tenant", world.tenant, *KINDS[dialect]).strip()
        [self.id] = self.ids() - known
        call = read_of(dialect, world)
        [header] = call.headers
        self.call = call.but(headers={header: f"NVX {secret}" if dialect == "navixy" else secret})

    def ids(self):
        listed = self.pair.instances[0].call("key", "list", "--tenant", self.pair.world.tenant)
        return set(re.findall(r"^[0-9a-f]{8,}", listed, re.M))

    def remember(self):
        """Uses the key often enough for every thread of both instances to have it in its cache."""
        for client in self.pair.clients * 16:
            assert self.call.send(client).status == 200

    def revoke(self):
        self.pair.instances[1].call("key", "revoke", self.id)
        self.revoked = time.monotonic()


def check_ends(pair, *keys):
    """Uses the revoked keys on both instances for longer than they may still work."""
    while time.monotonic() < max(key.revoked for key in keys) + WITHIN:
        for key in keys:
            for client in pair.clients:
                sent = time.monotonic()
                response = key.call.send(client)
                assert response.status != 200 or sent <= key.revoked + WITHIN, "accepted after a second"
    for key in keys:
        for client in pair.clients * 16:
            check_refusal(key.dialect, key.call.send(client), *BAD_CREDENTIAL[key.dialect])


def test_a_revoked_key_of_any_kind_fails_on_every_instance_within_a_second(pair):
    keys = [Key(pair, dialect) for dialect in KINDS]
    for key in keys:
        key.remember()
        key.revoke()
    check_ends(pair, *keys)
    for key in keys:
        assert key.id not in key.ids()
        pair.instances[0].call("key", "revoke", key.id, status=1)


def test_a_revoked_key_fails_in_time_though_the_news_never_arrives(pair_behind, proxy):
    key, other = Key(pair_behind, "xsolla"), Key(pair_behind, "quiva")
    key.remember()
    other.remember()
    proxy.hold(b"mfad-watch", b"mfa:cred:")  # the worst moment: just before the news, just after the last sign of life
    key.revoke()
    check_ends(pair_behind, key)
    assert proxy.holding
    other.remember()  # what was not revoked works on
    proxy.release()
    other.remember()
    other.revoke()
    check_ends(pair_behind, other)


def test_a_revoked_key_fails_in_time_though_there_is_no_connection_for_news(pair_behind, proxy):
    key, other = Key(pair_behind, "rebilly"), Key(pair_behind, "navixy")
    key.remember()
    other.remember()
    assert proxy.cut(b"mfad-watch") == 4
    key.revoke()
    check_ends(pair_behind, key)
    other.remember()
    proxy.release()
    other.remember()
    other.revoke()
    check_ends(pair_behind, other)


def test_a_session_that_is_signed_out_here_has_ended_there(pair):
    key = Key(pair, "navixy")
    key.remember()
    assert key.call.but(path="/panel/account/logout").send(pair.clients[0]).status == 200
    key.revoked = time.monotonic()
    check_ends(pair, key)
    check_refusal("navixy", key.call.but(path="/panel/account/logout").send(pair.clients[1]), 400, 4)


def test_changed_permissions_hold_on_every_instance_within_a_second(pair):
    world = pair.world
    call = read_of("xsolla", world)
    for client in pair.clients * 16:
        assert call.send(client).status == 200
    world.mfad.load(world.credential("server", world.server_key, permissions={"users": ["update"]}))
    changed = time.monotonic()
    while time.monotonic() < changed + WITHIN:
        for client in pair.clients:
            sent = time.monotonic()
            assert call.send(client).status != 200 or sent <= changed + WITHIN
    for client in pair.clients * 16:
        check_refusal("xsolla", call.send(client), 403, "1901-0001")
