"""No secret lies in Redis, nor in its append-only file, nor in the log, but hashed or sealed."""

import base64
import hashlib
import re
import secrets

import pytest

from conftest import start_mfad
from harness import RedisServer, code_in, link_in
from shapes import Call, read_of, write_of
from stored import pieces, value_of
from test_idempotency import keyed
from tokens import Issuer
from world import World


@pytest.fixture
def store(tmp_path):
    server = RedisServer(tmp_path / "redis")
    yield server
    server.stop()


def contents(store):
    """All that the database and its file hold, and where it was found."""
    redis = store.connection()
    for key in redis.scan_iter(count=10_000):
        yield key, b"\n".join([key, *pieces(value_of(redis, key))])
    for file in sorted((store.directory / "appendonlydir").iterdir()):
        yield file.name, file.read_bytes()


def spellings(secret):
    raw = secret.encode()
    yield raw
    yield raw.hex().encode()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(raw).rstrip(b"=")


def use_everything(mfad, world, user, server, password):
    """Has every kind of secret pass; those that were made on the way, by name."""
    client, used = world.client, {}
    for dialect in ("quiva", "rebilly", "xsolla", "navixy"):  # the first while MFA is off
        assert read_of(dialect, world).send(client).status == 200
        assert keyed(write_of(dialect, world, "3")).send(client).status in (200, 201, 204)
    token, server_token = user.token(world.tenant), server.token(world.tenant)
    bearer = {"Authorization": f"Bearer {token}"}
    assert client.get("/accounts/user-mfa-info", headers=bearer).status == 200
    assert read_of("xsolla", world).but(headers={"X-SERVER-AUTHORIZATION": server_token}).send(client).status == 200
    used.update({"user's token": token, "server's token": server_token, "signature": token.rsplit(".", 1)[1]})

    post = keyed(Call("rebilly", "POST", "/profile/mfa", bearer)).send(client)
    assert post.status == 201
    used["link in an answer"] = post.json()["_links"][1]["href"].partition("#")[2]
    query = f"/panel/user/mfa/settings/default/read?hash={world.session}"
    assert client.get(query).status == 200
    signed_in = client.post("/panel/account/auth", json_body={"login": world.tenant, "password": password})
    assert signed_in.status == 200
    used["hash of a sign-in"] = signed_in.json()["hash"]
    wrong = secrets.token_hex(8)
    assert client.post("/panel/account/auth", json_body={"login": world.tenant, "password": wrong}).status == 400
    used["wrong password"] = wrong
    unknown = secrets.token_hex(20)
    assert read_of("quiva", world).but(headers={"X-Api-Key": unknown}).send(client).status == 401
    used["unknown credential"] = unknown
    used["key create"] = mfad.call("key", "create", "--tenant", world.tenant, "--kind", "server").strip()
    return used


def test_no_secret_that_was_used_can_be_found(store, key_file, tmp_path):
    mfad = start_mfad(tmp_path / "serve", store, key_file, worker_enabled="false", log_level="debug",
                      limits_enabled="false")
    settings = {"mail_url": mfad.settings["mail_url"], "log_level": "debug"}
    worker = None
    try:
        user = Issuer("https://users.example")
        server = Issuer("https://servers.example", use="server", kid="k1")
        password = secrets.token_hex(12)
        world = World(mfad, mfad.client(), jwt=[user.entry, server.entry])
        mfad.load({"panel_account": {"tenant": world.tenant, "login": world.tenant, "password": password,
                                     "permissions": {"users": ["read", "update"]}}})
        used = use_everything(mfad, world, user, server, password)
        used.update({"server key": world.server_key, "session": world.session, "password": password,
                     "HS256 secret": user.key, "HS256 secret as JWK": server.key,
                     **{f"secret key of {u}": s for u, s in world.secrets.items()}})

        # The mail that brings the link, and then the code.
        worker = start_mfad(tmp_path / "worker", store, key_file, call="worker", **settings)
        used["link in a mail"] = link_in(mfad.mail_to(world.address("1"))).partition("#")[2]
        sent = mfad.client().post("/enroll/api/code", json_body={"token": used["link in a mail"]})
        assert sent.status == 200, sent
        code = code_in(mfad.mail_to(world.address("1"), after=1))

        store.command("CONFIG", "SET", "appendfsync", "always")
        found = list(contents(store))
        log = "\n".join([*mfad.lines, *worker.lines]).encode()
        for name, secret in used.items():
            for spelling in spellings(secret):
                for place, content in [*found, ("the log", log)]:
                    assert spelling not in content, f"{name} in {place}"
        alone = re.compile(rb"(?<!\d)" + code.encode() + rb"(?!\d)")
        for place, content in [*found, ("the log", log)]:
            assert not alone.search(content), f"the code in {place}"
            for u in world.secrets:
                assert world.address(u).encode() not in content, f"an address in {place}"
    finally:
        assert mfad.stop() == 0
        assert worker is None or worker.stop() == 0

    # The search finds what is there.
    file = b"".join(content for place, content in found if isinstance(place, str))
    assert hashlib.sha256(world.server_key.encode()).hexdigest().encode() in file
    assert b"argon2id" in file and world.tenant.encode() in file
    assert any(world.tenant.encode() in content for place, content in found if isinstance(place, bytes))
