"""The command line itself: help, version, and arguments that cannot be understood."""

import re

import pytest

from console import Console

CALLS = ["serve", "worker", "import", "key", "key create", "key list", "key revoke", "keys", "keys init", "keys list",
         "keys add", "keys retire", "export", "user", "user show", "user reset", "audit", "audit list", "limits", "limits show", "limits reset", "outbox", "outbox list", "outbox retry", "outbox drop", "check", "version"]


@pytest.fixture(scope="module")
def console(tmp_path_factory):
    return Console(tmp_path_factory.mktemp("console"))


def test_help_names_every_call(console):
    said = console.run("--help")
    assert said.status == 0 and said.err == ""
    for call in {name.split()[0] for name in CALLS}:
        assert re.search(rf"^\s+{call}\s+\S", said.out, re.M), f"{call} is not explained"
    assert "--config" in said.out


@pytest.mark.parametrize("call", CALLS)
def test_every_call_explains_itself_and_does_nothing_else(console, call):
    said = console.run(*call.split(), "--help")
    assert said.status == 0 and said.err == ""
    assert f"Usage: mfad {call}" in said.out
    assert not (console.directory / "var").exists()


@pytest.mark.parametrize("call, options", [
    ("import", ["FILE", "--passphrase-file", "--key-file"]),
    ("export", ["--tenant", "--with-factors", "--encrypt", "--passphrase-file", "--key-file", "MFAD_EXPORT_PASSPHRASE"]),
    ("key create", ["--tenant", "--kind", "--user", "--permissions", "--ttl"]),
    ("key list", ["--tenant"]),
    ("key revoke", ["ID"]),
    ("keys add", ["--use", "--alg"]),
    ("keys retire", ["ID"]),
    ("user show", ["TENANT", "USER"]),
    ("user reset", ["TENANT", "USER"]),
    ("audit list", ["--tenant", "--user"]),
    ("limits show", ["KEY", "tenant/ID"]),
    ("limits reset", ["KEY", "tenant/ID"]),
    ("outbox list", ["--dead"]),
    ("outbox retry", ["ID"]),
    ("outbox drop", ["ID"]),
])
def test_help_names_every_argument(console, call, options):
    out = console.run(*call.split(), "--help").out
    assert all(option in out for option in options), out


def test_version_is_one_line(console):
    said = console.run("version")
    assert said.status == 0 and said.err == ""
    assert re.fullmatch(r"mfad \d+\.\d+\.\d+ \(.*\)\n", said.out)


@pytest.mark.parametrize("arguments, parts", [
    ([], ["subcommand is required", "--help"]),
    (["sevre"], ["sevre", "--help"]),
    (["key"], ["subcommand is required"]),
    (["key", "crate"], ["crate"]),
    (["keys", "destroy"], ["destroy"]),
    (["--nonsense"], ["--nonsense"]),
    (["serve", "--nonsense"], ["--nonsense"]),
    (["serve", "now"], ["now"]),
    (["import"], ["FILE"]),
    (["import", "a", "b"], ["b"]),
    (["key", "create"], ["--tenant"]),
    (["key", "create", "--tenant", "acme"], ["--kind"]),
    (["key", "create", "--tenant", "acme", "--kind", "root"], ["root", "server", "secret", "session"]),
    (["key", "create", "--tenant", "acme", "--kind", "server", "--user", "1"], ["user"]),
    (["key", "create", "--tenant", "a/b", "--kind", "server"], ["tenant", "1 to 128"]),
    (["key", "create", "--tenant", "acme", "--kind", "server", "--ttl", "soon"], ["--ttl", "24h"]),
    (["key", "create", "--tenant", "acme", "--kind", "server", "--ttl", "0s"], ["--ttl", "24h"]),
    (["key", "create", "--tenant", "acme", "--kind", "server", "--permissions", "users"],
     ["--permissions", "users:read"]),
    (["key", "revoke"], ["ID"]),
    (["key", "revoke", "abc"], ["ID", "8 hexadecimal"]),
    (["key", "revoke", "not-hexadecimal"], ["ID", "8 hexadecimal"]),
    (["user", "show", "acme"], ["USER"]),
    (["limits", "show"], ["KEY"]),
    (["limits", "reset", "acme"], ["KEY", "tenant/ID"]),
    (["limits", "show", "user/acme"], ["KEY", "tenant/ID"]),
    (["limits", "show", "user/acme/"], ["KEY", "tenant/ID"]),
    (["outbox", "retry"], ["ID"]),
    (["outbox", "drop", "abc"], ["ID", "8 hexadecimal"]),
    (["outbox", "retry", "not-hexadecimal"], ["ID", "8 hexadecimal"]),
    (["export", "--with-factors"], ["--passphrase-file"]),
    (["export", "--key-file", "a", "--passphrase-file", "b"], ["--key-file", "--passphrase-file"]),
    (["export", "--with-factors", "--passphrase-file", "no-such-file"], ["no-such-file", "cannot be read"]),
    (["import", "no-such-file"], ["no-such-file", "cannot be read"]),
    (["import", "/"], ["/", "cannot be read"]),
], ids=lambda value: " ".join(value) if isinstance(value, list) else None)
def test_wrong_arguments_are_named_and_end_with_2(console, arguments, parts):
    assert console.run(*arguments).refuses(*parts)
    assert not (console.directory / "var").exists(), "nothing was begun"


def test_the_configuration_may_stand_before_and_behind_the_call(console):
    file = console.directory / "mine.toml"
    file.write_text('[mail]\nfrom = "nobody"\n')
    for arguments in (["--config", file, "check"], ["check", "--config", file], ["check", f"--config={file}"]):
        assert console.run(*arguments).refuses(f"{file}:2", "mail.from")
