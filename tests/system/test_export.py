"""`mfad export`: a whole installation, imported into an empty Redis under another key file, answers as it did."""

import json
import os
import pty
import re
import subprocess
import time

import jwt
import pytest

from authenticator import WEBAUTHN
from conftest import init_keys
from console import Console, lines
from harness import BINARY, PATIENCE, Mfad, RedisServer
from passkeys import PasskeyUser
from sign_in import SignIn, step_now, totp
from test_import_factors import SECRET, bcrypt
from world import ALLOWED, DISALLOWED, World, ago

PASSPHRASE = "correct horse battery staple"


class Installation:
    """A Redis, a key file and a server of their own."""

    def __init__(self, directory):
        directory.mkdir()
        self.redis_server, self.key_file = RedisServer(directory / "redis"), directory / "keys.json"
        init_keys(self.key_file)
        self.mfad = Mfad(directory / "mfad", url=self.redis_server.url, crypto_key_file=self.key_file, limits_enabled="false")
        self.redis = self.redis_server.connection()
        (directory / "passphrase").write_text(PASSPHRASE + "\n")
        self.passphrase = directory / "passphrase"
        self.console = Console(directory / "console", redis_url=self.redis_server.url, crypto_key_file=self.key_file)

    def export(self, *arguments, **settings):
        said = self.console.run("export", *arguments, **settings)
        assert said.status == 0, said
        return said.out

    def take(self, text, *arguments):
        said = self.console.run("import", "-", *arguments, stdin=text)
        assert said.status == 0, said

    def stop(self):
        assert self.mfad.stop() == 0
        self.redis_server.stop()


@pytest.fixture
def installations(tmp_path, apis):
    """Where from, and where to."""
    both = [Installation(tmp_path / name) for name in ("old", "new")]
    yield both
    for one in both:
        one.stop()


def moved(world, installation, observe):
    """The same tenant, at another installation."""
    other = object.__new__(World)
    other.__dict__.update(world.__dict__)
    other.mfad, other.client = installation.mfad, installation.mfad.client(observe=observe)
    return other


def user_token(world, user):
    """A token of the tenant's issuer."""
    now = int(time.time())
    claims = {"iss": "https://acme.example", "sub": user, "aud": world.tenant, "iat": now, "exp": now + 300}
    return jwt.encode(claims, "s" * 32, algorithm="HS256")


def kinds(text):
    return [next(iter(json.loads(line))) for line in text.splitlines()]


def members(text, kind):
    return [json.loads(line)[kind] for line in text.splitlines() if kind in json.loads(line)]


# What names an entry of a kind.
NAMES = {"user": "id", "credential": "secret_sha256", "panel_account": "login"}


def known(text, kind):
    """The entries of a kind."""
    return {entry[NAMES[kind]] for entry in members(text, kind)}


def answers(world, users):
    """What every route that reads answers."""
    calls = [("native", "/v1/tenant", {"Authorization": f"Bearer {world.server_key}"}),
             ("xsolla", f"/projects/{world.tenant}/mfa", {"X-SERVER-AUTHORIZATION": world.server_key})]
    for user in users:
        server = {"Authorization": f"Bearer {world.server_key}"}
        key = {"X-Api-Key": world.secrets[user]}
        calls += [("native", f"/v1/users/{user}", server), ("native", f"/v1/users/{user}/mfa", server),
                  ("xsolla", f"/projects/{world.tenant}/users/{user}/mfa", {"X-SERVER-AUTHORIZATION": world.server_key}),
                  ("rebilly", "/profile/mfa", {"REB-APIKEY": world.secrets[user]}),
                  ("rebilly", f"/users/{user}/mfa", {"REB-APIKEY": world.server_key}),
                  ("quiva", "/accounts/user-mfa-info", key), ("quiva", "/accounts/recovery-codes", key),
                  ("quiva", f"/accounts/user-mfa-info?email={world.address(user)}", key)]
    found = {}
    for name, path, headers in calls:
        response = world.client.get(path, headers=headers)
        found[name, path, json.dumps(headers)] = (response.status, response.text.replace(world.mfad.url, ""))
    for call in ("user/mfa/settings/default/read", "account/get_permissions"):
        response = world.navixy(call)
        found[call] = (response.status, response.json())
    return found


def without_version(answer):
    """An answer without the number of changes, to which an import adds."""
    status, body = answer
    return status, re.sub(r'"version":\d+', "", body) if isinstance(body, str) else body


def everything(installation, observe):
    """A tenant with a bit of everything, and what his users have at hand."""
    world = World(installation.mfad, installation.mfad.client(observe=observe), users=("1", "2", "3", "4", "5"),
                  options={"rebilly.builtin_type": "otp"}, name="Acme", limits={"xsolla": "100/1m"},
                  mail={"from": "Acme <mfa@acme.example>"}, allowed=["email", "totp", "passkey", "recovery_code"],
                  webauthn=WEBAUTHN, jwt=[{"iss": "https://acme.example", "use": "user", "alg": "HS256", "secret": "s" * 32}])
    world.mfad.load({"panel_account": {"tenant": world.tenant, "login": world.tenant, "password": "12f@14Y$",
                                       "permissions": {"users": ["read"]}}},
                    {"user": {"tenant": world.tenant, "id": "no-address", "locale": "de"}})
    assert world.xsolla("PUT", body={"mfa_types": [{"mfa_type": "email", "priority": 2}], "mfa_url": "https://a.example/m"}).status == 204
    assert world.navixy("user/mfa/settings/default/update", {"settings": ALLOWED}).status == 200
    assert world.navixy_update(ALLOWED).status == 200  # to all, folded into nobody yet
    assert world.navixy_update(DISALLOWED, 3).status == 200
    world.set_user("2", change_restricted=True, last_auth_time=ago(100))
    world.mfad.load({"user": {"tenant": world.tenant, "id": "2", "locale": "de"}})
    user = SignIn(world, installation.redis)
    secret, step = user.enroll_totp()
    codes = user.recovery_codes()
    assert user.verify(user.challenge(), "totp", totp(secret, step + 1)).status == 200
    assert user.verify(user.challenge(), "recovery_code", codes[0]).status == 200
    assert user.verify(user.challenge(), "recovery_code", "AAAAA-AAAAA-AAAAA").status == 401
    keeper = PasskeyUser(world, installation.redis, "5")
    keeper.enable("passkey")
    passkey = keeper.enroll_passkey("laptop")
    assert keeper.pass_with(passkey).status == 200
    world.mfad.load({"factors": {"tenant": world.tenant, "user": "4", "totp": {"secret": SECRET, "drift": 3, "last_step": step_now()},
                                 "recovery_codes": {"hashes": [bcrypt("abcd-1234")], "used": [bcrypt("used-0000")]}}})
    return world, {"secret": secret, "step": step, "codes": codes, "passkey": passkey}


USERS = ("1", "2", "3", "4", "5")


def test_an_installation_moves_with_all_it_has(installations, apis):
    old, new = installations
    world, had = everything(old, apis.observe)
    text = old.export("--with-factors", "--passphrase-file", old.passphrase)
    for secret in (had["secret"], SECRET, bcrypt("abcd-1234"), "s" * 32, world.server_key, "12f@14Y$", *had["codes"]):
        assert secret not in text
    new.take(text, "--passphrase-file", new.passphrase)
    there = moved(world, new, apis.observe)
    before, after = answers(world, USERS), answers(there, USERS)
    for call in before:
        assert after[call] == before[call], call
    login = there.client.post("/panel/account/auth", json_body={"login": there.tenant, "password": "12f@14Y$"})
    assert login.status == 200, login
    token = user_token(there, "1")
    assert there.client.get("/profile/mfa", headers={"Authorization": f"Bearer {token}"}).status == 200
    # Sign-in: what was spent is spent, and what was not is good.
    user = SignIn(there, new.redis)
    token = user.challenge()
    for step in (had["step"], had["step"] + 1):
        assert user.verify(token, "totp", totp(had["secret"], step)).json()["code"] == "already-used"
    assert user.verify(token, "recovery_code", had["codes"][0]).json()["code"] == "already-used"
    assert user.verify(token, "recovery_code", had["codes"][1].lower()).status == 200
    user.forget_step()
    passed = user.verify(user.challenge(), "totp", totp(had["secret"], step_now()))
    assert passed.status == 200 and passed.json()["acr"] == "aal2", passed
    other = SignIn(there, new.redis, "4")
    other.enable("totp", "email")
    token = other.challenge()
    assert other.verify(token, "recovery_code", "used-0000").json()["code"] == "already-used"
    assert other.verify(token, "totp", totp(SECRET, step_now() + 3)).status == 200
    assert other.verify(other.challenge(), "recovery_code", "abcd-1234").status == 200
    keeper = PasskeyUser(there, new.redis, "5")
    assert keeper.pass_with(had["passkey"], count=had["passkey"].count).status == 401, "the counter came along"
    assert keeper.pass_with(had["passkey"]).status == 200
    # And it moves on from there.
    again = new.export("--with-factors", "--passphrase-file", new.passphrase)
    # The sign-ins have added credentials. A record may come twice: SCAN says no more than that it comes.
    assert all(known(again, kind) >= known(text, kind) for kind in NAMES)
    assert set(kinds(again)) == set(kinds(text))


def test_export_and_import_again_change_nothing(installations, apis):
    old, _ = installations
    world, had = everything(old, apis.observe)
    before = answers(world, USERS)
    old.take(old.export("--with-factors", "--passphrase-file", old.passphrase), "--passphrase-file", old.passphrase)
    after = answers(world, USERS)
    for call in before:
        assert without_version(after[call]) == without_version(before[call]), call
    user = SignIn(world, old.redis)
    token = user.challenge()
    assert user.verify(token, "recovery_code", had["codes"][0]).json()["code"] == "already-used"
    assert user.verify(token, "recovery_code", had["codes"][1]).status == 200


def test_without_factors_it_has_none_and_needs_no_passphrase(installations, apis):
    old, new = installations
    world, _ = everything(old, apis.observe)
    said = old.console.run("export")
    assert said.status == 0 and "secrets that tenants sign tokens with" in said.err, said
    text = said.out
    assert set(kinds(text)) == {"tenant", "user", "credential", "panel_account"}
    assert all(len(line["secret_sha256"]) == 64 and line["secret_sha256"].startswith(line["id"]) and "secret" not in line
               for line in members(text, "credential"))
    assert members(text, "panel_account")[0]["password_hash"].startswith("$argon2id$")
    assert members(text, "tenant")[0]["jwt"][0]["secret"] == "s" * 32
    new.take(text)
    there = moved(world, new, apis.observe)
    assert there.client.get("/profile/mfa", headers={"Authorization": f"Bearer {user_token(there, '1')}"}).status == 200
    assert [f["type"] for f in there.native_state("1")["factors"]] == ["email"]


def test_a_key_file_does_as_well(installations, apis, tmp_path):
    old, new = installations
    world, had = everything(old, apis.observe)
    key = tmp_path / "transfer.key"
    key.write_text(subprocess.run(["openssl", "rand", "-base64", "32"], capture_output=True, text=True, check=True).stdout)
    text = old.export("--with-factors", "--key-file", key)
    new.take(text, "--key-file", key)
    user = SignIn(moved(world, new, apis.observe), new.redis)
    assert user.verify(user.challenge(), "recovery_code", had["codes"][5]).status == 200


def test_one_tenant_alone(installations, apis):
    old, _ = installations
    world, _ = everything(old, apis.observe)
    other = World(old.mfad, old.mfad.client(observe=apis.observe))
    text = old.export("--tenant", other.tenant)
    assert world.tenant not in text
    assert sorted(set(kinds(text))) == ["credential", "tenant", "user"] and known(text, "user") == {"1", "2", "3"}
    said = old.console.run("export", "--tenant", "nobody")
    assert (said.status, said.out) == (1, "") and "there is no tenant nobody" in said.err


def test_a_default_that_the_policy_has_ruled_out_since(installations, apis):
    old, new = installations
    world = World(old.mfad, old.mfad.client(observe=apis.observe))
    assert world.navixy("user/mfa/settings/default/update", {"settings": ALLOWED}).status == 200
    assert world.xsolla("PUT", body={"mfa_types": []}).status == 204
    before = answers(world, ("1",))
    new.take(old.export())
    after = answers(moved(world, new, apis.observe), ("1",))
    for call in before:
        assert after[call] == before[call], call


# ---- secrets of the file ---------------------------------------------------------------------------------------------


def test_factors_are_never_exported_in_the_clear(installations):
    old, _ = installations
    assert old.console.run("export", "--with-factors").refuses("--passphrase-file", "--key-file")
    old.passphrase.write_text("short\n")
    assert old.console.run("export", "--with-factors", "--passphrase-file", old.passphrase).refuses("at least 12 characters")
    old.passphrase.write_text("c2hvcnQ=\n")
    assert old.console.run("export", "--with-factors", "--key-file", old.passphrase).refuses("32 bytes in base64")
    assert old.console.run("export", "--with-factors", "--key-file", "/nowhere").refuses("/nowhere")


def test_the_wrong_passphrase_opens_nothing(installations, apis, tmp_path):
    old, new = installations
    world, _ = everything(old, apis.observe)
    text = old.export("--with-factors", "--passphrase-file", old.passphrase)
    wrong = tmp_path / "wrong"
    wrong.write_text("another passphrase\n")
    sealed = [number for number, kind in enumerate(kinds(text), 1) if kind in ("encryption", "sealed")]
    for arguments in (["--passphrase-file", wrong], []):
        said = new.console.run("import", "-", *arguments, stdin=text)
        assert said.status == 1
        named = [int(line.split(":")[1]) for line in said.err.splitlines() if line.startswith("-:")]
        assert set(sealed) <= set(named), said  # and whatever needs the tenant, who is sealed for his secret
        assert "passphrase" in said.err


def test_a_changed_or_displaced_line_is_not_taken(installations, apis):
    old, new = installations
    world, _ = everything(old, apis.observe)
    text = old.export("--with-factors", "--passphrase-file", old.passphrase)
    entries = [json.loads(line) for line in text.splitlines()]
    [factors] = [e for e in entries if e.get("sealed", {}).get("of") == "factors"][:1]
    data = factors["sealed"]["data"]
    factors["sealed"]["data"] = data[:40] + ("A" if data[40] != "A" else "B") + data[41:]
    number = entries.index(factors) + 1
    said = new.console.run("import", "-", "--passphrase-file", old.passphrase, stdin=lines(*entries))
    assert said.status == 1 and f"-:{number}: sealed.data: was changed" in said.err, said
    factors["sealed"] |= {"data": data, "of": "tenant"}
    said = new.console.run("import", "-", "--passphrase-file", old.passphrase, stdin=lines(*entries))
    assert f"-:{number}: sealed.data: was changed" in said.err, said


def test_the_passphrase_is_taken_from_the_environment_or_typed(installations, apis):
    old, new = installations
    everything(old, apis.observe)
    os.environ["MFAD_EXPORT_PASSPHRASE"] = PASSPHRASE
    try:
        text = old.export("--with-factors")
    finally:
        del os.environ["MFAD_EXPORT_PASSPHRASE"]
    file = new.passphrase.parent / "export.ndjson"
    file.write_text(text)
    main, side = pty.openpty()
    process = subprocess.Popen([str(BINARY), "import", str(file)], stdin=side, stdout=side, stderr=side,
                               env=new.console.environment({}), cwd=new.console.directory)
    os.close(side)
    shown = b""
    while b"Passphrase of the export: " not in shown:
        shown += os.read(main, 1024)
    os.write(main, PASSPHRASE.encode() + b"\n")
    try:
        while data := os.read(main, 1024):
            shown += data
    except OSError:  # the other side is closed
        pass
    assert process.wait(PATIENCE) == 0, shown
    assert PASSPHRASE.encode() not in shown


def test_a_full_disk_is_told(installations, apis):
    old, _ = installations
    everything(old, apis.observe)
    with open("/dev/full", "w") as full:
        done = subprocess.run([str(BINARY), "export"], stdout=full, stderr=subprocess.PIPE, env=old.console.environment({}),
                              cwd=old.console.directory, text=True, timeout=PATIENCE)
    assert done.returncode == 2 and "cannot be written" in done.stderr
