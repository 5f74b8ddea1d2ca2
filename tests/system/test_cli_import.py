"""`mfad import`: every kind of line, in any order, any number of times."""

import os
import pty
import random
import secrets
import subprocess

import pytest

from conftest import init_keys
from console import Console, lines
from harness import BINARY, PATIENCE, RedisServer, random_secret, wait_for


@pytest.fixture(scope="module")
def console(redis_server, key_file, tmp_path_factory):
    directory = tmp_path_factory.mktemp("import")
    if not key_file.exists():
        init_keys(key_file)
    return Console(directory, redis_url=redis_server.url, crypto_key_file=key_file)


@pytest.fixture
def tenant():
    return "t" + secrets.token_hex(6)


@pytest.fixture
def stored(redis_server):
    """What Redis holds of a tenant: every key with its content, but for the order of his definitions."""
    def read(tenant):
        redis, found = redis_server.connection(), {}
        for key in redis.scan_iter(match=f"*{tenant}*", count=10_000):
            kind = redis.type(key)
            if kind == b"hash":
                found[key] = {field: value for field, value in redis.hgetall(key).items()
                              if field not in (b"w", b"jwt")}  # number of the definition; sealed anew each time
            elif not key.startswith(b"mfa:seq:"):
                read_it = {b"set": redis.smembers, b"zset": lambda key: redis.zrange(key, 0, -1, withscores=True)}
                found[key] = read_it.get(kind, redis.get)(key)
        return found

    return read


def user(tenant, id, **more):
    return {"user": {"tenant": tenant, "id": id, **more}}


def a_bit_of_everything(tenant):
    """Every kind of line that CONTRACT.md has."""
    return [
        {"tenant": {"id": tenant, "name": "Acme", "allowed": ["email", "totp", "passkey"], "default": None,
                    "jwt": [{"iss": "https://acme.example", "use": "user", "alg": "HS256", "secret": "s" * 32},
                            {"iss": "https://later.example", "jwks_uri": "https://later.example/jwks"}],
                    "limits": {"xsolla": "100/1m"},
                    "webauthn": {"rp_id": "acme.example", "origins": ["https://acme.example"]},
                    "mail": {"from": "Acme <no-reply@acme.example>"},
                    "options": {"rebilly.builtin_type": "guardian"}}},
        user(tenant, "42", email=f"u42@{tenant}.example", locale="en",
             mfa={"allowed": ["email"], "enabled": ["email"], "change_restricted": True,
                  "last_auth_time": "2026-01-02T03:04:05Z"}),
        user(tenant, "43"),
        {"credential": {"tenant": tenant, "kind": "server", "secret": random_secret("server"),
                        "permissions": {"users": ["read", "update", "create", "delete"]}}},
        {"credential": {"tenant": tenant, "kind": "secret", "user": "42", "secret": random_secret("secret")}},
        {"credential": {"tenant": tenant, "kind": "session", "secret": secrets.token_hex(16),
                        "permissions": {"users": ["read", "update"]}, "expires_at": "2099-01-01T00:00:00Z"}},
        {"credential": {"tenant": tenant, "kind": "server", "id": "exported", "secret_sha256": secrets.token_hex(32)}},
        {"panel_account": {"tenant": tenant, "login": f"panel-{tenant}", "password": "correct horse",
                           "permissions": {"users": ["read", "update"]}}},
        {"panel_account": {"tenant": tenant, "login": f"hash-{tenant}", "permissions": {}, "password_hash":
                           "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$" + "A" * 43}},
    ]


def test_every_kind_of_line_is_taken(console, tenant):
    said = console.load(*a_bit_of_everything(tenant))
    assert said.out == "" and "9 lines applied, 0 refused" in said.err
    mfa = console.user(tenant, "42")["mfa"]
    assert mfa["allowed"] == mfa["enabled"] == mfa["required"] == ["email"]
    assert mfa["active"] and mfa["change_restricted"]
    assert mfa["last_auth_time"].startswith("2026-01-02T03:04:05")
    assert console.user(tenant, "42")["locale"] == "en"
    fresh = console.user(tenant, "43")["mfa"]
    assert fresh["enabled"] == [] and not fresh["active"] and fresh["last_auth_time"] is None
    assert console.run("key", "list", "--tenant", tenant).out.count(tenant) == 4


@pytest.mark.parametrize("how", ["file", "stdin", "pipe"])
def test_the_order_of_lines_does_not_matter(console, tenant, how):
    entries = a_bit_of_everything(tenant)
    random.Random(how).shuffle(entries)
    entries.sort(key=lambda entry: "tenant" in entry)  # the worst: the tenant last
    text = lines(*entries)
    if how == "stdin":
        said = console.run("import", "-", stdin=text)
    elif how == "pipe":
        said = console.run("import", "/dev/stdin", stdin=text)
    else:
        file = console.directory / f"{tenant}.ndjson"
        file.write_text(text)
        said = console.run("import", file)
    assert said.status == 0 and f"{len(entries)} lines applied, 0 refused" in said.err, said
    assert console.user(tenant, "42")["mfa"]["active"]


def test_a_second_import_changes_nothing(console, tenant, stored):
    entries = a_bit_of_everything(tenant)[:-2]  # a password is hashed with a new salt each time
    console.load(*entries)
    before = stored(tenant)
    assert len(before) > 64  # the tenant's rules in each partition, users …
    console.load(*entries)
    assert stored(tenant) == before


def test_a_changed_line_changes_just_that(console, tenant):
    console.load({"tenant": {"id": tenant}}, user(tenant, "1", email=f"a@{tenant}.example", locale="en"))
    before = console.user(tenant, "1")
    console.load(user(tenant, "1", email=f"a@{tenant}.example", locale="de"))
    after = console.user(tenant, "1")
    assert after.pop("locale") == "de" and before.pop("locale") == "en"
    assert after["mfa"].pop("version") == before["mfa"].pop("version") + 1
    assert after == before


def test_what_a_user_line_leaves_out_stays_and_null_removes_it(console, tenant):
    console.load({"tenant": {"id": tenant}}, user(tenant, "1", email=f"a@{tenant}.example", locale="de"))
    before = console.user(tenant, "1")
    console.load(user(tenant, "1"), user(tenant, "1", mfa={}))
    assert console.user(tenant, "1") == before
    console.load(user(tenant, "1", mfa={"change_restricted": True}))
    after = console.user(tenant, "1")
    assert (after["email"], after["locale"]) == (before["email"], "de") and after["mfa"]["change_restricted"]
    console.load(user(tenant, "1", email=None, locale=None))
    after = console.user(tenant, "1")
    assert after["email"] is None and not after["locale"] and after["mfa"]["change_restricted"]


def test_a_user_line_without_mfa_does_not_touch_his_settings(console, tenant):
    mfa = {"allowed": ["email", "totp"], "enabled": ["email"], "change_restricted": True}
    console.load({"tenant": {"id": tenant}}, user(tenant, "1", email=f"a@{tenant}.example", mfa=mfa))
    console.load(user(tenant, "1", email=f"a@{tenant}.example", locale="fr"))
    now = console.user(tenant, "1")["mfa"]
    assert {member: now[member] for member in mfa} == mfa


def test_a_tenant_line_without_policy_keeps_the_policy(console, tenant):
    console.load({"tenant": {"id": tenant, "allowed": ["totp"], "default": {"type": "disallowed"}}})
    console.load({"tenant": {"id": tenant, "name": "Another"}}, user(tenant, "1"))
    assert console.user(tenant, "1")["mfa"]["allowed"] == []
    console.load({"tenant": {"id": tenant, "default": None}}, user(tenant, "2"))
    assert console.user(tenant, "2")["mfa"]["allowed"] == ["totp"]


def test_two_lines_about_one_tenant_apply_one_after_the_other(console, tenant):
    console.load({"tenant": {"id": tenant, "allowed": ["totp"]}}, {"tenant": {"id": tenant, "name": "Acme"}},
                 user(tenant, "1"))
    assert console.user(tenant, "1")["mfa"]["allowed"] == ["totp"]


def test_empty_lines_and_line_ends_of_windows_are_fine(console, tenant):
    text = lines({"tenant": {"id": tenant}}, user(tenant, "1")).replace("\n", "\r\n\r\n  \n")
    said = console.run("import", "-", stdin=text.rstrip())  # the last line has no end
    assert said.status == 0 and "2 lines applied, 0 refused" in said.err


def test_an_empty_file_is_an_import_of_nothing(console):
    said = console.run("import", "-", stdin="")
    assert said.status == 0 and "0 lines applied, 0 refused" in said.err


def test_progress_is_shown_on_a_terminal_alone(console, tenant):
    text = lines({"tenant": {"id": tenant}}, *(user(tenant, str(i)) for i in range(2500)))
    assert console.run("import", "-", stdin=text).err == "2501 lines applied, 0 refused\n"
    terminal, child_end = pty.openpty()
    with open(terminal, "rb", buffering=0) as shown:
        process = subprocess.Popen([str(BINARY), "import", "-"], stdin=subprocess.PIPE, stdout=child_end,
                                   stderr=child_end, env=console.environment({}), cwd=console.directory)
        os.close(child_end)
        process.stdin.write(text.encode())
        process.stdin.close()
        output = b""
        try:
            while piece := shown.read(4096):
                output += piece
        except OSError:
            pass  # Linux: the last writer of the terminal is gone
    assert process.wait(PATIENCE) == 0
    assert b"\r1000 lines\r2000 lines\r2501 lines applied, 0 refused" in output


def test_an_import_that_redis_broke_off_is_repeated_to_its_end(tmp_path):
    redis = RedisServer(tmp_path / "redis")
    console = Console(tmp_path, redis_url=redis.url, crypto_key_file=tmp_path / "keys.json")
    try:
        assert console.run("keys", "init").status == 0
        file = tmp_path / "many.ndjson"
        file.write_text(lines({"tenant": {"id": "acme"}},
                              *(user("acme", str(i), email=f"u{i}@acme.example") for i in range(50_000))))
        process = console.start("import", str(file))
        wait_for(lambda: redis.connection().dbsize() > 1000, "a good part of the import")
        redis.kill()
        out, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 2 and str(redis.socket) in err.splitlines()[-1], err
        redis.start()
        said = console.run("import", file, seconds=PATIENCE * 10)
        assert said.status == 0 and "50001 lines applied, 0 refused" in said.err
        assert console.user("acme", "49999")["id"] == "49999"
    finally:
        redis.stop()
