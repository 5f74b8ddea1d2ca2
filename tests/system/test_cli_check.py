"""`mfad check`: one line for each finding, and status 1 when one of them is bad."""

import contextlib
import shutil
import socket
import threading

import pytest

from conftest import init_keys
from console import Console, free_port
from harness import RedisServer


@pytest.fixture(scope="module")
def redis(tmp_path_factory):
    """A Redis as config/redis.conf wants it, on TCP too."""
    server = RedisServer(tmp_path_factory.mktemp("check-redis"), port=free_port())
    server.connection().config_set("hash-max-listpack-value", 512)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def key_file(tmp_path_factory):
    """Shadows the one that all tests share: here is another Redis."""
    file = tmp_path_factory.mktemp("check-keys") / "keys.json"
    init_keys(file)
    return file


@pytest.fixture
def console(tmp_path, redis, key_file):
    return Console(tmp_path, redis_url=redis.url, crypto_key_file=key_file)


@contextlib.contextmanager
def configured(redis, name, value):
    """Redis with another setting for a while."""
    connection = redis.connection()
    before = connection.config_get(name)[name]
    connection.config_set(name, value)
    try:
        yield
    finally:
        connection.config_set(name, before)


def findings(said):
    """The findings as (judgement, text); above them, apart by an empty line, stand the settings."""
    assert said.err == "", said
    return [tuple(line.split(maxsplit=1)) for line in said.out.split("\n\n")[1].splitlines()]


def bad(console, **settings):
    """What is found bad; it has to be something."""
    said = console.run("check", **settings)
    found = [text for judgement, text in findings(said) if judgement == "bad"]
    assert said.status == 1 and found, said
    return found


def test_all_is_well(console):
    said = console.run("check")
    assert said.status == 0, said
    found = findings(said)
    assert {judgement for judgement, _ in found} == {"ok"}
    about = " ".join(text.split(":")[0] for _, text in found)
    for subject in ("configuration", "keys", "redis", "clock", "mail"):
        assert subject in about, subject


def test_the_private_redis_is_well_as_it_comes(tmp_path):
    said = Console(tmp_path).run("check")
    assert said.status == 0 and {judgement for judgement, _ in findings(said)} == {"ok"}, said


@pytest.mark.parametrize("name, value, parts", [
    ("appendonly", "no", ["appendonly is no", "yes"]),
    ("appendfsync", "no", ["appendfsync is no", "everysec"]),
    ("maxmemory-policy", "allkeys-lru", ["maxmemory-policy is allkeys-lru", "noeviction"]),
    ("maxmemory-policy", "volatile-ttl", ["maxmemory-policy is volatile-ttl", "noeviction"]),
])
def test_a_redis_that_may_lose_data_is_bad(console, redis, name, value, parts):
    with configured(redis, name, value):
        [found] = bad(console)
    assert found.startswith("redis: ") and all(part in found for part in parts)


def test_a_redis_that_costs_more_memory_is_only_warned_of(console, redis):
    with configured(redis, "hash-max-listpack-value", 64):
        said = console.run("check")
    assert said.status == 0
    [warning] = [text for judgement, text in findings(said) if judgement == "warn"]
    assert "hash-max-listpack-value is 64" in warning and "512" in warning


def test_what_an_acl_hides_is_said_not_to_be_known(console, redis):
    redis.connection().execute_command("ACL", "SETUSER", "guest", "on", ">pass", "~*", "&*", "+@all", "-config")
    said = console.run("check", redis_url=f"redis://guest:pass@127.0.0.1:{redis.port}/0")
    assert said.status == 0, said
    [warning] = [text for judgement, text in findings(said) if judgement == "warn"]
    assert "not known" in warning


@pytest.mark.parametrize("url", ["https://192.0.2.1", "https://github.io", "http://mfa.acme.example"])
def test_a_url_where_browsers_allow_no_passkeys_is_warned_of(console, url):
    said = console.run("check", http_public_url=url)
    assert said.status == 0
    warnings = [text for judgement, text in findings(said) if judgement == "warn"]
    assert warnings
    assert all(text.startswith("passkeys: ") and "http.public_url" in text for text in warnings)


def test_an_unreachable_redis_is_bad(console):
    port = free_port()
    [found] = bad(console, redis_url=f"redis://127.0.0.1:{port}/0")
    assert f"127.0.0.1:{port}" in found and "refused" in found


def test_a_wrong_password_is_bad_and_not_shown(console, redis):
    redis.connection().execute_command("ACL", "SETUSER", "known", "on", ">right", "~*", "&*", "+@all")
    said = console.run("check", redis_url=f"redis://known:tell-nobody@127.0.0.1:{redis.port}/0")
    assert said.status == 1 and "WRONGPASS" in said.out and "tell-nobody" not in said.out


@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_a_key_file_that_others_may_read_is_bad(console, key_file, tmp_path, mode):
    shutil.copy(key_file, tmp_path / "keys.json")
    (tmp_path / "keys.json").chmod(mode)
    [found] = bad(console, crypto_key_file=tmp_path / "keys.json")
    assert str(tmp_path / "keys.json") in found and "0600" in found


def test_other_partitions_are_bad(console):
    assert console.run("check").status == 0  # Redis knows now what it was made for
    [found] = bad(console, redis_partitions=32)
    assert "64" in found and "32" in found


def test_another_key_file_is_bad(console, tmp_path):
    assert console.run("check").status == 0
    init_keys(tmp_path / "other.json")
    [found] = bad(console, crypto_key_file=tmp_path / "other.json")
    assert "key file" in found


def test_an_unreachable_mail_server_is_bad(console):
    port = free_port()
    [found] = bad(console, mail_url=f"smtp://127.0.0.1:{port}")
    assert found.startswith("mail: ") and f"127.0.0.1:{port}" in found and "refused" in found


def test_a_mail_server_that_listens_is_well(console):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        said = console.run("check", mail_url=f"smtp://127.0.0.1:{port}")
    assert said.status == 0 and f"127.0.0.1:{port} answers" in said.out


def test_a_mail_folder_that_cannot_be_is_bad(console, tmp_path):
    (tmp_path / "file").write_text("")
    [found] = bad(console, mail_url=f"maildir:{tmp_path / 'file' / 'mail'}")
    assert found.startswith("mail: ") and str(tmp_path / "file") in found


def test_the_demos_secrets_are_bad_in_another_redis(console, redis):
    import hashlib

    digest = hashlib.sha256(b"demo-server-key-of-acme").hexdigest()
    redis.connection().set(f"mfa:cred:{digest}", '{"v":1,"kind":"server","tenant":"acme","permissions":{}}')
    try:
        [found] = bad(console)
    finally:
        redis.connection().delete(f"mfa:cred:{digest}")
    assert found.startswith("demo: ")


def test_all_that_is_bad_is_told_at_once(console):
    found = bad(console, redis_url=f"redis://127.0.0.1:{free_port()}/0", mail_url=f"smtp://127.0.0.1:{free_port()}")
    assert [text.split(":")[0] for text in found] == ["redis", "mail"]


def test_the_settings_are_listed_with_their_origin_and_no_secret(console, redis, key_file, tmp_path):
    redis.connection().execute_command("ACL", "SETUSER", "operator", "on", ">hush-1", "~*", "&*", "+@all")
    (tmp_path / "url").write_text(f"redis://operator:hush-1@127.0.0.1:{redis.port}/0\n")
    (tmp_path / "mfad.toml").write_text('[mail]\nfrom = "us@acme.example"\n\n[codes]\nlength = 8\n')
    settings = {name: value for name, value in console.settings.items() if name != "redis_url"}
    elsewhere = Console(tmp_path, **settings)
    said = elsewhere.run("--config", tmp_path / "mfad.toml", "check", redis_url_file=tmp_path / "url",
                         mail_url=f"smtp://operator:hush-2@127.0.0.1:{free_port()}")
    listing = said.out.split("\n\n")[0]
    assert "hush" not in said.out
    for line in [f'mail.from = "us@acme.example" # {tmp_path}/mfad.toml:2', f"codes.length = 8 # {tmp_path}/mfad.toml:5",
                 "codes.tries = 5 # default", f'redis.url = "redis://***@127.0.0.1:{redis.port}/0" # environment',
                 f'crypto.key_file = "{key_file}" # environment MFAD_CRYPTO_KEY_FILE']:
        assert any(" ".join(shown.split()).startswith(line) for shown in listing.splitlines()), (line, listing)


# ---- a Redis that lies ------------------------------------------------------------------------------------------


class Liar:
    """Stands before a Redis and changes answers: {word of a command: its answer}."""

    def __init__(self, redis, answers):
        self.redis, self.answers = redis, answers
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self.relay, args=(client,), daemon=True).start()

    def relay(self, client):
        # The call under test waits for each answer before it asks on.
        with client, socket.socket(socket.AF_UNIX) as server, contextlib.suppress(OSError):
            server.connect(str(self.redis.socket))
            while question := client.recv(65536):
                server.sendall(question)
                answer = server.recv(65536)
                for word, lie in self.answers.items():
                    if word in question.split(b"\r\n"):
                        answer = lie
                client.sendall(answer)

    def __enter__(self):
        return f"redis://127.0.0.1:{self.port}/0"

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()


@pytest.mark.parametrize("off", [-60, 60, 86_400])
def test_clocks_that_differ_are_bad(console, redis, off):
    now = int(redis.connection().time()[0]) + off
    lie = b"*2\r\n$%d\r\n%d\r\n$1\r\n0\r\n" % (len(str(now)), now)
    with Liar(redis, {b"TIME": lie}) as url:
        [found] = bad(console, redis_url=url)
    assert found.startswith("clock: ")
    assert any(f"{abs(off) + about} s" in found for about in range(-30, 31))


def test_an_old_redis_is_bad(console, redis):
    text = b"# Server\r\nredis_version:6.2.14\r\n"
    with Liar(redis, {b"INFO": b"$%d\r\n%s\r\n" % (len(text), text)}) as url:
        [found] = bad(console, redis_url=url)
    assert "6.2.14" in found and "7.0" in found
