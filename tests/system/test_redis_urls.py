"""Redis by its URL: unix socket, TCP with an ACL user, and a database by number."""

import time

import pytest

from conftest import init_keys
from console import Console, end, free_port, line_with
from harness import Mfad, RedisServer, wait_for
from world import World

PASSWORD = "p@ss:word/?#%"
QUOTED = "p%40ss%3Aword%2F%3F%23%25"


@pytest.fixture(scope="module")
def redis(tmp_path_factory):
    server = RedisServer(tmp_path_factory.mktemp("url-redis"), port=free_port())
    server.connection().execute_command("ACL", "SETUSER", "mfad", "on", f">{PASSWORD}", "~mfa:*", "&*", "+@all")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    file = tmp_path_factory.mktemp("url-keys") / "keys.json"
    init_keys(file)
    return file


URLS = {
    "unix": ("unix://{socket}", 0),
    "unix with a database": ("unix://{socket}?db=2", 2),
    "tcp": ("redis://127.0.0.1:{port}", 0),
    "tcp by name": ("redis://localhost:{port}/4", 4),
    "acl user": ("redis://mfad:{password}@127.0.0.1:{port}/3", 3),
}


@pytest.mark.parametrize("name", URLS)
def test_a_server_works_over_it(tmp_path, redis, keys, name):
    form, database = URLS[name]
    url = form.format(socket=redis.socket, port=redis.port, password=QUOTED)
    server = Mfad(tmp_path, url=url, crypto_key_file=keys)
    try:
        world = World(server, server.client())
        assert world.rebilly("POST", "1").status == 201
        assert server.mail_to(world.address("1"))
        # Changes reach the caches, whatever the database.
        [line] = [line for line in server.call("key", "list", "--tenant", world.tenant).splitlines()
                  if " server " in line]
        server.call("key", "revoke", line.split()[0])
        revoked = time.monotonic()
        wait_for(lambda: world.xsolla("GET", "1").status == 401, "the credential to fail")
        assert time.monotonic() - revoked < 1
    finally:
        assert server.stop() == 0
    assert not any("p@ss" in line or QUOTED in line for line in server.lines + server.output)
    connection = redis.connection()
    connection.execute_command("SELECT", database)
    assert list(connection.scan_iter(match=f"*{world.tenant}*", count=10_000))


@pytest.mark.parametrize("url, why", [
    ("redis://mfad:wrong@127.0.0.1:{port}/0", "WRONGPASS"),
    ("redis://nobody:{password}@127.0.0.1:{port}/0", "WRONGPASS"),
    ("redis://127.0.0.1:{port}/77", "DB index"),
    ("unix:///no/such/socket", "No such file"),
])
def test_why_it_cannot_connect_is_said_without_the_password(tmp_path, redis, keys, url, why):
    console = Console(tmp_path, redis_url=url.format(port=redis.port, password=QUOTED), crypto_key_file=keys)
    said = console.run("key", "list")
    assert said.refuses(why)
    assert "wrong@" not in said.err and QUOTED not in said.err and "p@ss" not in said.err
    process = console.start("serve")  # whoever sets the user up later need not start it again
    line_with(process, why)
    said = end(process)
    assert said.status == 0 and QUOTED not in said.err and "wrong@" not in said.err


def test_a_user_who_is_let_in_later_needs_no_restart(tmp_path, redis, keys):
    console = Console(tmp_path, redis_url=f"redis://late:secret@127.0.0.1:{redis.port}/0", crypto_key_file=keys,
                      http_listen=f"127.0.0.1:{free_port()}")
    process = console.start("serve")
    line_with(process, "WRONGPASS")
    redis.connection().execute_command("ACL", "SETUSER", "late", "on", ">secret", "~mfa:*", "&*", "+@all")
    for line in process.stderr:
        if "store.up" in line:
            break
    else:
        raise AssertionError("never came up")
    assert end(process).status == 0
