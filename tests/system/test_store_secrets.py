"""A dump of Redis lets no one in: nothing of what passes in a whole run lies in it to be read."""

import base64
import binascii

import pytest

from harness import Mfad, RedisServer
from conftest import init_keys
from whole_flow import WholeFlow


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    directory = tmp_path_factory.mktemp("run")
    redis = RedisServer(directory / "redis")
    init_keys(directory / "keys.json")
    server = Mfad(directory, url=redis.url, crypto_key_file=directory / "keys.json", limits_enabled="false",
                  codes_length=8)
    flow = WholeFlow(server)
    flow.run()
    # What is owed and never sent is there as well.
    assert server.stop() == 0
    server.settings["worker_enabled"] = "false"
    server.start()
    flow.world.client = flow.client = server.client()
    link = flow.world.rebilly("POST", "2").json()["_links"][1]["href"]
    flow.page("code", token=flow.secret(link.split("#")[1]))
    yield flow, redis
    server.stop()
    redis.stop()


def forms(secret):
    """A secret as it is, and as bytes and digits say it."""
    yield secret.encode()
    yield secret.encode().hex().encode()
    yield base64.b64encode(secret.encode()).rstrip(b"=")[:-1]
    if len(secret) == 35:  # the token of a link: its bytes
        raw = base64.urlsafe_b64decode(secret + "=")
        yield raw[2:]  # without its partition
        yield binascii.hexlify(raw[2:])


def test_the_append_only_file_holds_no_secret(run):
    flow, redis = run
    redis.stop()  # writes all that it has
    files = [file for file in redis.directory.rglob("*") if file.is_file() and "appendonly" in str(file)]
    content = b"".join(file.read_bytes() for file in files)
    assert flow.world.tenant.encode() in content, "the file was looked at"
    found = [secret for secret in flow.secrets if any(form in content for form in forms(secret))]
    redis.start()
    assert found == []


def test_no_key_and_no_value_is_a_secret(run):
    flow, redis = run
    connection = redis.connection()
    content = b"\n".join(key + connection.dump(key) for key in connection.scan_iter(count=1000))
    assert f"boss-{flow.world.tenant}".encode() in content, "logins are names, and there"
    assert [s for s in flow.secrets if any(form in content for form in forms(s))] == []
