"""Keys that access tokens are signed with: published at /.well-known/jwks.json, added and retired while it serves."""

import base64
import concurrent.futures
import datetime
import json

import jwt
import pytest

from conftest import init_keys, start_mfad
from console import Console
from harness import RedisServer, wait_for
from sign_in import SignIn
from world import World

PATH = "/.well-known/jwks.json"


@pytest.fixture
def redis(tmp_path):
    """Other tests share theirs, and the key file with it."""
    server = RedisServer(tmp_path / "redis")
    yield server
    server.stop()


@pytest.fixture
def server(tmp_path, redis):
    mfad = start_mfad(tmp_path / "mfad", redis, tmp_path / "keys.json")
    yield mfad
    assert mfad.stop() == 0


def key_file(server):
    return server.settings["crypto_key_file"]


def stored(server):
    return json.loads(key_file(server).read_text())["keys"]


def write(server, keys, mode=0o600):
    key_file(server).write_text(json.dumps({"version": 1, "keys": keys}))
    key_file(server).chmod(mode)


def published(server):
    response = server.client().get(PATH)
    assert response.status == 200
    return {key["kid"]: key for key in response.json()["keys"]}


def published_everywhere(server, kids):
    """Every thread has its own acceptor: the kernel spreads connections over them."""
    wait_for(lambda: all(set(published(server)) == set(kids) for _ in range(20)), f"{kids} to be published")


def listed(server):
    """`mfad keys list`: id → its line, of keys that sign."""
    lines = [line.split() for line in server.call("keys", "list").splitlines()[1:]]
    return {int(line[0]): line for line in lines if line[1] == "sign"}


def kid_of(line):
    return line[7].rstrip(",")


def time_of(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def earlier(text, **by):
    moved = time_of(text) - datetime.timedelta(**by)
    return moved.isoformat(timespec="milliseconds").replace("+00:00", "Z")


# ---- the document ----------------------------------------------------------------------------------------------------


def test_everybody_gets_the_public_keys_and_may_keep_them_for_a_while(server):
    response = server.client().get(PATH)
    assert response.status == 200
    assert response.header("Content-Type") == "application/json"
    assert response.headers.get_all("Cache-Control") == ["public, max-age=300"]
    assert response.header("X-Request-Id") and response.header("Date")
    [key] = response.json()["keys"]
    assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("EC", "P-256", "ES256", "sig")
    assert set(key) == {"kty", "crv", "x", "y", "alg", "use", "kid"}
    [line] = listed(server).values()
    assert key["kid"] == kid_of(line)
    [secret] = [key["secret"] for key in stored(server) if key["use"] == "sign"]
    assert secret not in response.text


def test_it_can_only_be_read(server):
    for method in ("POST", "PUT", "DELETE"):
        response = server.client().request(method, PATH)
        assert response.status == 405 and "GET" in response.header("Allow")
        assert response.header("Cache-Control") == "no-store"


def test_another_implementation_derives_the_same_public_keys(server):
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    server.call("keys", "add", "--alg", "EdDSA")
    server.hang_up("keys.reloaded")
    published_everywhere(server, [kid_of(line) for line in listed(server).values()])
    keys = {key["alg"]: key for key in published(server).values()}
    secrets = {key["alg"]: base64.urlsafe_b64decode(key["secret"] + "=") for key in stored(server) if "alg" in key}
    es256 = ec.derive_private_key(int.from_bytes(secrets["ES256"], "big"), ec.SECP256R1())
    eddsa = ed25519.Ed25519PrivateKey.from_private_bytes(secrets["EdDSA"])
    checks = {"ES256": jwt.algorithms.ECAlgorithm, "EdDSA": jwt.algorithms.OKPAlgorithm}
    for private, algorithm in ((es256, "ES256"), (eddsa, "EdDSA")):
        token = jwt.encode({"sub": "42"}, private, algorithm=algorithm)
        public = checks[algorithm].from_jwk(json.dumps(keys[algorithm]))
        assert jwt.decode(token, public, algorithms=[algorithm]) == {"sub": "42"}


# ---- rotation --------------------------------------------------------------------------------------------------------


def test_a_new_key_is_published_after_a_hangup_and_does_not_sign_yet(server):
    [old] = published(server)
    said = server.call("keys", "add")
    assert "SIGHUP" in said
    assert set(published(server)) == {old}
    server.hang_up("keys.reloaded")
    lines = listed(server)
    assert [line[3] for line in lines.values()] == ["yes", "no"]
    new = kid_of(lines[4])
    published_everywhere(server, {old, new})
    [_, key] = [key for key in stored(server) if key["use"] == "sign"]
    assert key["alg"] == "ES256"
    assert time_of(key["signs_from"]) - time_of(key["created"]) == datetime.timedelta(minutes=10)
    # Nor may the old one go before that.
    refused = server.call("keys", "retire", "3", status=1)
    assert key["signs_from"] in refused and "retire it after" in refused


def test_a_retired_key_stays_published_until_its_last_token_has_expired(server):
    [old] = published(server)
    server.call("keys", "add")
    keys = stored(server)
    keys[-1]["signs_from"] = keys[-2]["created"]  # as if ten minutes had passed
    keys[-2]["created"] = keys[-2]["signs_from"] = earlier(keys[-2]["created"], minutes=10)
    write(server, keys)
    assert "published until" in server.call("keys", "retire", "3")
    server.hang_up("keys.reloaded")
    lines = listed(server)
    assert [line[2:4] for line in lines.values()] == [["retired", "no"], ["active", "yes"]]
    published_everywhere(server, {old, kid_of(lines[4])})
    keys = stored(server)
    keys[-2]["retired"] = earlier(keys[-2]["retired"], minutes=66)
    write(server, keys)
    server.hang_up("keys.reloaded")
    published_everywhere(server, {kid_of(lines[4])})
    assert listed(server)[3][2] == "gone"


def test_a_key_file_without_a_signing_key_gets_one_that_signs_at_once(tmp_path, redis):
    file = tmp_path / "keys.json"
    init_keys(file)
    keys = [key for key in json.loads(file.read_text())["keys"] if key["use"] != "sign"]
    file.write_text(json.dumps({"version": 1, "keys": keys}))
    server = start_mfad(tmp_path / "mfad", redis, file)
    try:
        assert published(server) == {}
        user = SignIn(World(server, server.client()), redis.connection())
        user.enable("email")
        token = user.challenge()
        code = user.mailed_code(token)
        refused = user.verify(token, "email", code)
        assert refused.status == 503 and int(refused.header("Retry-After")) >= 1
        server.call("keys", "add", "--use", "signing", "--alg", "EdDSA")
        server.hang_up("keys.reloaded")
        [line] = listed(server).values()
        assert line[3] == "yes"  # nobody has older keys that would have to be kept up
        published_everywhere(server, [kid_of(line)])
        assert user.verify(token, "email", code).status == 200  # it was not spent
    finally:
        assert server.stop() == 0


def test_a_new_sealing_key_comes_into_use_while_it_serves(server):
    world = World(server, server.client())
    before = world.rebilly("POST", "1")
    server.call("keys", "add", "--use", "sealing")
    server.hang_up("keys.reloaded")
    server.call("keys", "retire", "1")
    server.hang_up("keys.reloaded")
    assert [line.split()[2] for line in server.call("keys", "list").splitlines()[1:] if "seal" in line] == [
        "retired", "active"]
    assert before.status == 201 and world.rebilly("POST", "2").status == 201
    assert server.mail_to(world.address("2"))  # the worker opens what the threads seal
    assert world.rebilly_state("1")  # what was sealed before is opened


# ---- what is wrong ---------------------------------------------------------------------------------------------------


def break_json(server):
    key_file(server).write_text("{")


def open_to_all(server):
    key_file(server).chmod(0o644)


def remove(server):
    key_file(server).unlink()


def exchange(server):
    remove(server)
    init_keys(key_file(server))


def lose_the_pepper(server):
    write(server, [key | ({"use": "seal"} if key["use"] == "pepper" else {}) for key in stored(server)])


@pytest.mark.parametrize("wrong", [break_json, open_to_all, remove, exchange, lose_the_pepper])
def test_a_broken_file_is_told_and_the_old_keys_stay(server, wrong):
    before = published(server)
    wrong(server)
    assert server.hang_up("keys.not_reloaded")["error"]
    assert not server.events("keys.reloaded")
    assert published(server) == before


def test_keys_that_another_file_gave_under_the_same_number_are_found_out(server, tmp_path):
    before = published(server)
    original = key_file(server).read_bytes()
    server.call("keys", "add", "--use", "sealing")
    server.hang_up("keys.reloaded")
    key_file(server).write_bytes(original)
    server.call("keys", "add", "--use", "sealing")  # number 4 once more
    assert "key 4" in server.hang_up("keys.not_reloaded")["error"]
    assert published(server) == before


def test_the_worker_reads_the_file_too(tmp_path, redis):
    worker = start_mfad(tmp_path / "worker", redis, tmp_path / "keys.json", call="worker")
    try:
        worker.call("keys", "add", "--use", "pepper")
        assert worker.hang_up("keys.reloaded")["keys"] == 4
    finally:
        assert worker.stop() == 0


# ---- the command line ------------------------------------------------------------------------------------------------


@pytest.fixture
def console(tmp_path):
    console = Console(tmp_path, crypto_key_file=tmp_path / "keys.json")
    assert console.run("keys", "init").status == 0
    return console


@pytest.mark.parametrize("arguments", [
    ("add", "--use", "hashing"), ("add", "--alg", "RS256"), ("add", "--alg", "none"), ("retire",), ("retire", "0"),
    ("retire", "256"), ("retire", "x")], ids=" ".join)
def test_what_cannot_be_meant_is_refused(console, arguments):
    before = console.settings["crypto_key_file"].read_bytes()
    assert console.run("keys", *arguments).status == 2
    assert console.settings["crypto_key_file"].read_bytes() == before


@pytest.mark.parametrize("number, why", [(1, "only"), (2, "only"), (3, "only"), (9, "no key 9")])
def test_the_only_key_of_its_use_is_not_retired(console, number, why):
    before = console.settings["crypto_key_file"].read_bytes()
    said = console.run("keys", "retire", number)
    assert said.status == 1 and said.out == "" and why in said.err
    assert console.settings["crypto_key_file"].read_bytes() == before


def test_of_many_who_add_a_key_at_once_none_is_lost(console):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        added = list(pool.map(lambda _: console.run("keys", "add", "--use", "pepper"), range(16)))
    assert [said.status for said in added] == [0] * 16
    keys = json.loads(console.settings["crypto_key_file"].read_text())["keys"]
    assert sorted(key["id"] for key in keys) == list(range(1, 3 + 16 + 1))


def test_add_and_retire_print_no_secret_and_keep_the_mode(console):
    file = console.settings["crypto_key_file"]
    said = console.run("keys", "add", "--use", "pepper").out + console.run("keys", "retire", 2).out
    for key in json.loads(file.read_text())["keys"]:
        assert key["secret"] not in said
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in file.parent.iterdir() if "keys" in path.name] == ["keys.json"]
