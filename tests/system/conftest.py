import sys
import pathlib

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import pytest

# So that a failed assertion of theirs shows its values, as those of the tests do.
pytest.register_assert_rewrite("harness", "links", "mail_server", "outbox", "page_site", "page_walk", "passkeys", "second_step",
                               "shapes", "sign_in", "token_calls", "visits", "whole_flow", "world")

from harness import Mfad, RedisServer
from openapi import Apis
from world import World


@pytest.fixture(scope="session")
def apis():
    return Apis()


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory):
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


@pytest.fixture
def redis(redis_server):
    return redis_server.connection()


@pytest.fixture
def own_redis(tmp_path):
    """One that a test does with as it likes."""
    server = RedisServer(tmp_path / "redis")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def key_file(tmp_path_factory):
    """Where the instances of one Redis have their keys."""
    return tmp_path_factory.mktemp("keys") / "keys.json"


@pytest.fixture(scope="module")
def mfad(redis_server, key_file, tmp_path_factory):
    """A server for the tests of one file, without request limits of tenants and users: those have tests of their own."""
    directory = tmp_path_factory.mktemp("mfad")
    server = start_mfad(directory, redis_server, key_file, limits_enabled="false")
    yield server
    assert server.stop() == 0


def start_mfad(directory, redis_server, key_file, **settings):
    """A server on a Redis that others may share."""
    settings.setdefault("crypto_key_file", key_file)
    if not key_file.exists():
        init_keys(key_file)
    return Mfad(directory, url=redis_server.url, **settings)


def init_keys(key_file):
    import os
    import subprocess

    from harness import BINARY

    subprocess.run([str(BINARY), "keys", "init"], check=True, cwd=key_file.parent, capture_output=True,
                   env={**os.environ, "MFAD_CRYPTO_KEY_FILE": str(key_file)})


@pytest.fixture
def client(mfad, apis):
    """Sends requests, and holds each answer against the API documents."""
    return mfad.client(observe=apis.observe)


@pytest.fixture
def world(mfad, client):
    """A fresh tenant with users 1, 2 and 3."""
    return World(mfad, client)


@pytest.fixture
def make_world(mfad, client):
    """Makes tenants with other users or options."""
    return lambda **options: World(mfad, client, **options)
