"""The demo's secrets are public: they are good for a private Redis on loopback, and for nothing else."""

import json

import pytest

from conftest import init_keys
from console import Console, end, line_with, lines
from harness import ROOT, RedisServer
from private_redis import PrivateRedis, servers_of

DEMO = ROOT / "config/demo.ndjson"
ENTRIES = [json.loads(line) for line in DEMO.read_text().splitlines()]
PUBLIC = [entry for entry in ENTRIES if "credential" in entry or "panel_account" in entry]
SERVERS = ["serve", "worker"]


@pytest.fixture(scope="module")
def redis(tmp_path_factory):
    server = RedisServer(tmp_path_factory.mktemp("demo-redis"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    file = tmp_path_factory.mktemp("demo-keys") / "keys.json"
    init_keys(file)
    return file


@pytest.fixture
def elsewhere(tmp_path, redis, keys):
    """An installation on a Redis that is not private."""
    redis.connection().flushall()
    return Console(tmp_path, redis_url=redis.url, crypto_key_file=keys)


@pytest.fixture(scope="module")
def stored_demo(tmp_path_factory):
    """What the demo is in a Redis: its records as a private one has them."""
    console = Console(tmp_path_factory.mktemp("demo"))
    assert console.run("import", DEMO).status == 0
    process = console.start("worker")
    private = PrivateRedis(console.directory / "var")
    try:
        line_with(process, "worker.started")
        connection = private.connection()
        return {key: connection.get(key) for key in connection.scan_iter(match="mfa:*", count=1000)
                if key.startswith((b"mfa:cred:", b"mfa:panel:"))}
    finally:
        assert end(process).status == 0


def test_the_demo_has_a_secret_for_each_way_in():
    assert {entry["credential"]["kind"] for entry in PUBLIC if "credential" in entry} == {"server", "secret", "session"}
    assert any("panel_account" in entry for entry in PUBLIC)


def test_its_secrets_are_not_imported_into_another_redis(elsewhere, redis):
    said = elsewhere.run("import", DEMO)
    assert said.status == 1
    assert said.err.count("secret of the published demo") == len(PUBLIC)
    assert not list(redis.connection().scan_iter(match="mfa:cred:*"))
    assert not list(redis.connection().scan_iter(match="mfa:panel:*"))


@pytest.mark.parametrize("line", [
    {"credential": {"tenant": "other", "kind": "session", "secret": "demo-server-key-of-acme"}},  # of another kind
    {"credential": {"tenant": "other", "kind": "secret", "user": "1", "secret": "demo-secret-key-of-1002"}},
    {"panel_account": {"tenant": "other", "login": "another", "password": "demo-panel-password"}},
])
def test_nor_under_another_name(elsewhere, line):
    elsewhere.load({"tenant": {"id": "other"}})
    said = elsewhere.run("import", "-", stdin=lines(line))
    assert said.status == 1 and "secret of the published demo" in said.err


def test_everything_else_of_it_may_be_used_anywhere(elsewhere):
    said = elsewhere.load(*(entry for entry in ENTRIES if entry not in PUBLIC))
    assert said.status == 0
    process = elsewhere.start("serve")
    line_with(process, "listening")
    assert end(process).status == 0


@pytest.mark.parametrize("call", SERVERS)
def test_no_server_starts_on_another_redis_that_has_one_of_them(elsewhere, redis, stored_demo, call):
    assert len(stored_demo) == len(PUBLIC)
    for key, record in stored_demo.items():
        redis.connection().set(key, record)
        assert elsewhere.run(call).refuses("published demo", "private Redis", "redis.url"), key
        redis.connection().delete(key)


def test_another_account_of_that_name_is_nobodys_business(elsewhere):
    elsewhere.load({"tenant": {"id": "other"}},
                   {"panel_account": {"tenant": "other", "login": "demo", "password": "another password"}})
    process = elsewhere.start("serve")
    line_with(process, "listening")
    assert end(process).status == 0


def test_a_server_that_is_there_before_redis_finds_them_too(elsewhere, redis, stored_demo):
    redis.connection().mset(stored_demo)
    redis.stop()
    try:
        process = elsewhere.start("serve")
        line_with(process, "store.away")
    finally:
        redis.start()
    out, err = process.communicate(timeout=60)
    assert process.returncode == 2 and "published demo" in err.splitlines()[-1]


def test_they_can_be_removed_from_another_redis(elsewhere, redis, stored_demo):
    """The calls that mend it work."""
    credentials = {key: record for key, record in stored_demo.items() if key.startswith(b"mfa:cred:")}
    redis.connection().mset(credentials)
    for line in elsewhere.run("key", "list").out.splitlines()[1:]:
        assert elsewhere.run("key", "revoke", line.split()[0]).status == 0
    process = elsewhere.start("serve")
    line_with(process, "listening")
    assert end(process).status == 0


# ---- the private Redis ------------------------------------------------------------------------------------------

OPEN = ["0.0.0.0:0", "[::]:0"]


@pytest.mark.parametrize("listen", ["127.0.0.1:0", "localhost:0", "[::1]:0"])
def test_on_loopback_the_private_redis_may_have_them(tmp_path, listen):
    console = Console(tmp_path, http_listen=listen)
    assert console.run("import", DEMO).status == 0
    process = console.start("serve")
    line_with(process, "listening")
    assert end(process).status == 0


@pytest.mark.parametrize("listen", OPEN)
def test_they_are_not_served_on_an_open_address(tmp_path, listen):
    console = Console(tmp_path)
    assert console.run("import", DEMO).status == 0
    host = listen.rsplit(":", 1)[0].strip("[]")
    assert console.run("serve", http_listen=listen).refuses("published demo", f"http.listen is {host}")
    assert servers_of(tmp_path / "var") == []


@pytest.mark.parametrize("listen", OPEN)
def test_nor_imported_for_one(tmp_path, listen):
    said = Console(tmp_path, http_listen=listen).run("import", DEMO)
    assert said.status == 1 and said.err.count("secret of the published demo") == len(PUBLIC)


def test_the_demo_is_not_begun_on_an_open_address(tmp_path):
    console = Console(tmp_path)
    assert console.run("serve", "--demo", http_listen="0.0.0.0:0").refuses("loopback", "0.0.0.0")
    assert console.run("key", "list").out.count("\n") == 1  # the heading


def test_the_demo_is_not_begun_in_another_redis(elsewhere, redis):
    assert elsewhere.run("serve", "--demo").refuses("private Redis", "redis.url")
    assert not list(redis.connection().scan_iter(match="mfa:cred:*"))
