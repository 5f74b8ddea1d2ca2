"""What keeps the program from starting ends with 2 and a text that says what to do; a Redis that is away does not."""

import socket

import pytest

from conftest import init_keys, start_mfad
from console import Console, end, free_port, line_with
from harness import Client, Mfad, wait_for
from world import World


@pytest.fixture
def console(tmp_path, redis_server, key_file):
    if not key_file.exists():
        init_keys(key_file)
    return Console(tmp_path, redis_url=redis_server.url, crypto_key_file=key_file)


SERVERS = ["serve", "worker"]


@pytest.mark.parametrize("text, parts", [
    ("[http]\n\nlisten_on = ':80'\n", [":3: ", "http.listen_on", "listen, public_url"]),
    ("[htpp]\n", [":1: ", "htpp", "server, http"]),
    ("[codes]\nlength = 9\n", [":2: ", "codes.length", "got 9", "6 to 8"]),
    ("[http]\nidle_timeout = \"2h\"\n", [":2: ", "http.idle_timeout", "2h", "100ms to 1h"]),
    ("[http]\nidle_timeout = 30\n", [":2: ", "http.idle_timeout", "duration"]),
    ("[limits]\nuser = [\"often\"]\n", [":2: ", "limits.user", "60/1m"]),
    ("[http]\nlisten = \"localhost\"\n", [":2: ", "http.listen", "host:port"]),
    ("[redis]\nurl = \"http://localhost/\"\n", [":2: ", "redis.url", "unix:///path"]),
    ("[mail]\nurl_file = \"/no/such/file\"\n", [":2: ", "mail.url_file", "/no/such/file", "cannot be read"]),
    ("[worker\n", [":1: ", "syntax"]),
    ("[worker]\nlease = \"5s\"\n", [":2: ", "worker.lease", "longer than mail.timeout"]),
])
@pytest.mark.parametrize("call", ["serve", "check"])
def test_a_wrong_file_is_refused_with_line_and_key(console, call, text, parts):
    file = console.directory / "mfad.toml"
    file.write_text(text)
    del console.settings["redis_url"], console.settings["mail_url"], console.settings["http_listen"]
    assert console.run("--config", file, call).refuses(*(f"{file}{part}" if part[0] == ":" else part for part in parts))
    assert not (console.directory / "var").exists()


def test_all_that_is_wrong_is_told_at_once(console):
    file = console.directory / "mfad.toml"
    file.write_text("[codes]\nlength = 9\ntries = 99\n[log]\nlevel = \"loud\"\n")
    said = console.run("--config", file, "serve", codes_gap="1y")
    assert said.refuses(f"{file}:2", f"{file}:3", f"{file}:5", "MFAD_CODES_GAP")
    assert len(said.err.splitlines()) == 4


@pytest.mark.parametrize("settings, parts", [
    ({"http_listn": "127.0.0.1:0"}, ["MFAD_HTTP_LISTN"]),
    ({"codes_length": "nine"}, ["MFAD_CODES_LENGTH", "6 to 8"]),
    ({"redis_url": "redis://user:hush@host:99999/0"}, ["redis.url: ", "1 to 65535"]),
    ({"mail_url": "smtp://user:hush@host:99999"}, ["mail.url: ", "1 to 65535"]),
    ({"mail_from": "nobody"}, ["MFAD_MAIL_FROM"]),
])
def test_a_wrong_variable_is_refused_by_name(console, settings, parts):
    said = console.run("serve", **settings)
    assert said.refuses(*parts) and "hush" not in said.err


@pytest.mark.parametrize("file", ["no-such-file.toml", "."])
def test_a_file_that_cannot_be_read_is_named(console, file):
    assert console.run("--config", file, "serve").refuses(file, "cannot be read")


# ---- ports ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["http_listen", "ops_listen"])
def test_a_taken_port_is_named(console, key):
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        address = f"127.0.0.1:{somebody.getsockname()[1]}"
        assert console.run("serve", **{key: address}).refuses(address, "in use")


@pytest.mark.parametrize("key, port", [("http_listen", "port"), ("ops_listen", "ops_port")])
def test_a_port_of_another_instance_is_taken(console, mfad, key, port):
    """Threads share a port; programs do not, or each would get a part of the other's requests."""
    address = f"127.0.0.1:{getattr(mfad, port)}"
    assert console.run("serve", **{key: address}).refuses(address, "in use")


def test_an_address_of_another_machine_is_refused(console):
    assert console.run("serve", http_listen="192.0.2.1:0").refuses("192.0.2.1")


# ---- the database of another installation -----------------------------------------------------------------------


@pytest.mark.parametrize("call", ["serve", "worker", "import -", "key list"])
def test_other_partitions_are_refused_naming_both(console, mfad, call):
    said = console.run(*call.split(), stdin='{"tenant":{"id":"acme"}}\n', redis_partitions=32)
    assert said.refuses("redis.partitions", "64", "32")


@pytest.mark.parametrize("call", SERVERS)
def test_other_partitions_are_refused_in_the_private_redis_too(tmp_path, call):
    console = Console(tmp_path)
    assert console.run("key", "list").status == 0
    assert console.run(call, redis_partitions=32).refuses("redis.partitions", "64", "32")


@pytest.mark.parametrize("call", SERVERS)
def test_another_key_file_is_refused_naming_both_check_values(console, mfad, tmp_path, call):
    other = tmp_path / "other.json"
    init_keys(other)
    said = console.run(call, crypto_key_file=other)
    ours, theirs = (console.run("keys", "list", crypto_key_file=file).out.splitlines()[1].split()[5]
                    for file in (other, console.settings["crypto_key_file"]))
    assert ours != theirs
    assert said.refuses("key file", ours, theirs)


@pytest.mark.parametrize("call", SERVERS)
def test_a_private_redis_with_data_needs_its_key_file(tmp_path, call):
    console = Console(tmp_path)
    assert console.run("import", "-", stdin='{"tenant":{"id":"acme"}}\n').status == 0
    (tmp_path / "var/keys.json").rename(tmp_path / "var/keys.backup")
    assert console.run(call).refuses(str(tmp_path / "var/keys.json"), "there is no such key file", "holds data")
    assert not (tmp_path / "var/keys.json").exists()
    (tmp_path / "var/keys.backup").rename(tmp_path / "var/keys.json")
    assert console.run("key", "list").status == 0


def test_a_program_that_is_not_there_is_named(tmp_path):
    assert Console(tmp_path, redis_server="no-such-redis").run("serve").refuses("no-such-redis", "not installed")


def test_a_data_folder_that_cannot_be_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    console = Console(tmp_path, server_data_dir=tmp_path / "file" / "var")
    assert console.run("serve").refuses(str(tmp_path / "file"))


# ---- a Redis that is away ---------------------------------------------------------------------------------------


def test_without_redis_it_starts_answers_503_and_recovers(tmp_path, own_redis):
    key_file = tmp_path / "keys.json"
    first = start_mfad(tmp_path, own_redis, key_file)
    world = World(first, first.client())
    assert first.stop() == 0
    own_redis.stop()

    server = Console(tmp_path, redis_url=own_redis.url, crypto_key_file=key_file, ops_ready_after="100ms",
                     http_listen=f"127.0.0.1:{free_port()}", ops_listen=f"127.0.0.1:{free_port()}")
    running = Started(server)
    try:
        world.client = running.client
        refused = wait_for(running.answer_of(lambda: world.rebilly("GET", "1")), "an answer")
        assert refused.status == 503 and int(refused.header("Retry-After")) >= 1
        wait_for(lambda: running.ops("/readyz").status == 503, "no longer ready")
        assert running.ops("/healthz").status == 200
        own_redis.start()
        wait_for(lambda: running.ops("/readyz?strict").status == 200, "to be ready")
        assert world.rebilly("GET", "1").status == 200
        assert world.rebilly("POST", "1").status == 201
    finally:
        said = end(running.process)
    assert said.status == 0, said


class Started:
    """A server that need not become ready."""

    def __init__(self, console):
        self.process = console.start("serve")
        self.client = Client(int(console.settings["http_listen"].split(":")[1]))
        self.ops_client = Client(int(console.settings["ops_listen"].split(":")[1]))

    def answer_of(self, ask):
        def answer():
            try:
                return ask()
            except ConnectionRefusedError:
                assert self.process.poll() is None, self.process.communicate()
                return None

        return answer

    def ops(self, path):
        return self.answer_of(lambda: self.ops_client.get(path))() or self.ops(path)


@pytest.mark.parametrize("arguments", [("key", "list"), ("import", "-"), ("outbox", "list"), ("user", "show", "a", "b")],
                         ids=" ".join)
def test_a_call_that_needs_redis_says_where_it_is_not(console, arguments):
    port = free_port()
    said = console.run(*arguments, stdin='{"tenant":{"id":"a"}}\n', redis_url=f"redis://user:hush@127.0.0.1:{port}/0")
    assert said.refuses(f"127.0.0.1:{port}", "refused") and "hush" not in said.err


def test_the_wrong_database_is_found_also_when_redis_comes_later(tmp_path, own_redis):
    key_file, other = tmp_path / "keys.json", tmp_path / "other.json"
    assert start_mfad(tmp_path, own_redis, key_file).stop() == 0
    own_redis.stop()
    init_keys(other)
    console = Console(tmp_path, redis_url=own_redis.url, crypto_key_file=other)
    for call in SERVERS:
        process = console.start(call)
        assert str(own_redis.socket) in line_with(process, "store.away")
        own_redis.start()
        _, err = process.communicate(timeout=60)
        assert process.returncode == 2 and "another key file" in err.splitlines()[-1], err
        own_redis.stop()


def test_the_logs_of_a_start_are_json_alone(tmp_path):
    server = Mfad(tmp_path)
    assert server.stop() == 0
    assert len(server.log()) == len(server.lines) > 3
