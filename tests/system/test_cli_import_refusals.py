"""What `mfad import` refuses: the line is named, nothing of it is applied, the rest is."""


import secrets

import pytest

from console import lines
from test_cli_import import console, tenant, user  # noqa: F401 fixtures

SHARED_KEY = [{"iss": "https://a.example", "use": "user", "secret": "k" * 32},
              {"iss": "https://b.example", "use": "server", "secret": "k" * 32}]

# The line, and what has to be said of it. TT stands for the tenant.
BAD_LINES = {
    "cut off": ('{"user":{"tenant":"TT"', ["not valid JSON"]),
    "behind the object": ('{"user":{"tenant":"TT","id":"1"}} {}', ["not valid JSON"]),
    "no object": ('["user"]', ["not a JSON object"]),
    "empty object": ("{}", ["exactly one member", "tenant, user, credential, panel_account, factors or otpauth_migration"]),
    "unknown kind": ('{"usr":{"tenant":"TT","id":"1"}}', ["exactly one member"]),
    "two kinds": ('{"user":{"tenant":"TT","id":"1"},"credential":{}}', ["exactly one member"]),
    "kind is no object": ('{"user":["TT","1"]}', ["user: ", "object"]),
    "no tenant": ('{"user":{"id":"1"}}', ["user.tenant: ", "required"]),
    "no id": ('{"user":{"tenant":"TT"}}', ["user.id: ", "required"]),
    "unknown tenant": ('{"user":{"tenant":"TT-not","id":"1"}}', ["tenant: there is no tenant TT-not"]),
    "id is a number": ('{"user":{"tenant":"TT","id":1}}', ["user.id: ", "string"]),
    "id with a slash": ('{"user":{"tenant":"TT","id":"a/b"}}', ["user.id: ", "1 to 128 visible ASCII"]),
    "id with a space": ('{"user":{"tenant":"TT","id":"a b"}}', ["user.id: "]),
    "id is empty": ('{"user":{"tenant":"TT","id":""}}', ["user.id: "]),
    "id too long": ('{"user":{"tenant":"TT","id":"%s"}}' % ("x" * 129), ["user.id: "]),
    "id not ASCII": ('{"user":{"tenant":"TT","id":"ü"}}', ["user.id: "]),
    "no address": ('{"user":{"tenant":"TT","id":"1","email":"nobody"}}', ["user.email: "]),
    "two addresses": ('{"user":{"tenant":"TT","id":"1","email":"a@b.example,c@d.example"}}', ["user.email: "]),
    "locale": ('{"user":{"tenant":"TT","id":"1","locale":"e n"}}', ["user.locale: ", "language tag"]),
    "unknown member": ('{"user":{"tenant":"TT","id":"1","emial":"a@b.example"}}', ["user.emial: ", "known member"]),
    "unknown member of mfa": ('{"user":{"tenant":"TT","id":"1","mfa":{"on":true}}}', ["user.mfa.on: ", "known member"]),
    "unknown factor": ('{"user":{"tenant":"TT","id":"1","mfa":{"allowed":["sms"]}}}', ["user.mfa.allowed: ", "email"]),
    "factors as text": ('{"user":{"tenant":"TT","id":"1","mfa":{"enabled":"email"}}}', ["user.mfa.enabled: ", "array"]),
    "flag as text": ('{"user":{"tenant":"TT","id":"1","mfa":{"change_restricted":"no"}}}',
                     ["user.mfa.change_restricted: ", "true or false"]),
    "no time": ('{"user":{"tenant":"TT","id":"1","mfa":{"last_auth_time":"yesterday"}}}',
                ["user.mfa.last_auth_time: ", "2030-01-01T00:00:00Z"]),
    "tenant without id": ('{"tenant":{"name":"x"}}', ["tenant.id: ", "required"]),
    "tenant's unknown option": ('{"tenant":{"id":"TT","options":{"rebilly.type":"otp"}}}',
                                ["tenant.options.rebilly.type: ", "known member"]),
    "tenant's limit": ('{"tenant":{"id":"TT","limits":{"xsolla":"often"}}}', ["tenant.limits.xsolla: ", "100/1m"]),
    "limit of nobody": ('{"tenant":{"id":"TT","limits":{"nobody":"1/1s"}}}', ["tenant.limits.nobody: ", "dialect"]),
    "default that the policy forbids": ('{"tenant":{"id":"TT","default":{"type":"allowed","factor_types":["email"]}}}',
                                        ["tenant.default: ", "policy"]),
    "default of another type": ('{"tenant":{"id":"TT","default":"email"}}', ["tenant.default: "]),
    "one key for users and servers": (lines({"tenant": {"id": "TT", "jwt": SHARED_KEY}}).strip(),
                                      ["tenant.jwt", "both uses"]),
    "keys fetched in the clear": ('{"tenant":{"id":"TT","jwt":[{"iss":"x","jwks_uri":"http://x/"}]}}',
                                  ["tenant.jwt[0].jwks_uri: ", "https"]),
    "issuer without keys": ('{"tenant":{"id":"TT","jwt":[{"iss":"x"}]}}',
                            ["tenant.jwt[0]: ", "secret, jwks and jwks_uri"]),
    "kind of credential": ('{"credential":{"tenant":"TT","kind":"root","secret":"0123456789abcdef"}}',
                           ["credential.kind: ", "server, secret or session"]),
    "short secret": ('{"credential":{"tenant":"TT","kind":"server","secret":"0123456789abcde"}}',
                     ["credential.secret: ", "16 to 512"]),
    "no secret": ('{"credential":{"tenant":"TT","kind":"server"}}', ["credential: ", "secret and secret_sha256"]),
    "digest of another size": ('{"credential":{"tenant":"TT","kind":"server","secret_sha256":"abcd"}}',
                               ["credential.secret_sha256: ", "64 hexadecimal"]),
    "end that is no time": ('{"credential":{"tenant":"TT","kind":"server","secret":"0123456789abcdef","expires_at":1}}',
                            ["credential.expires_at: "]),
    "permissions": ('{"credential":{"tenant":"TT","kind":"server","secret":"0123456789abcdef",'
                    '"permissions":["users"]}}', ["credential.permissions: ", "object"]),
    "credential of nobody": ('{"credential":{"tenant":"TT-not","kind":"server","secret":"0123456789abcdef"}}',
                             ["there is no tenant TT-not"]),
    "account without password": ('{"panel_account":{"tenant":"TT","login":"someone"}}',
                                 ["panel_account: ", "password and password_hash"]),
    "another hash": ('{"panel_account":{"tenant":"TT","login":"someone","password_hash":"$2b$10$abc"}}',
                     ["panel_account.password_hash: ", "Argon2id"]),
}


class Import:
    """One import of many bad lines, each between good ones."""

    def __init__(self, console, bad_lines):
        self.console, self.tenant = console, "t" + secrets.token_hex(6)
        console.load({"tenant": {"id": self.tenant, "allowed": ["totp"]}})
        text, self.numbers = b"", {}
        for name, bad in bad_lines.items():
            text += lines(user(self.tenant, f"before-{len(self.numbers)}")).encode()
            self.numbers[name] = text.count(b"\n") + 1
            text += bad.replace(b"TT", self.tenant.encode()) + b"\n"
        text += lines(user(self.tenant, "last")).encode()
        self.file = console.directory / f"{self.tenant}.ndjson"
        self.file.write_bytes(text)
        self.said = console.run("import", self.file)
        *self.complaints, self.sum_up = self.said.err.splitlines()

    def complaint(self, name):
        """What was said of a line, behind `FILE:LINE: `."""
        place = f"{self.file}:{self.numbers[name]}: "
        [complaint] = [text for text in self.complaints if text.startswith(place)] or [None]
        assert complaint, f"line {self.numbers[name]} was not refused: {self.said}"
        return complaint.removeprefix(place)

    def check(self):
        """Each bad line refused, once; nothing of it applied; the rest is."""
        assert self.said.status == 1 and self.said.out == ""
        assert len(self.complaints) == len(self.numbers)
        assert self.sum_up == f"{len(self.numbers) + 1} lines applied, {len(self.numbers)} refused"
        for name in ("last", *(f"before-{i}" for i in range(0, len(self.numbers), 10))):
            assert self.console.user(self.tenant, name)["mfa"]["allowed"] == ["totp"]
        assert self.console.run("user", "show", self.tenant, "1").status == 1
        assert self.console.run("key", "list", "--tenant", self.tenant).out.count("\n") == 1  # the heading


@pytest.fixture(scope="module")
def refused(console):
    return Import(console, {name: line.encode() for name, (line, _) in BAD_LINES.items()})


def test_bad_lines_are_refused_and_the_rest_is_applied(refused):
    refused.check()


@pytest.mark.parametrize("name", BAD_LINES)
def test_a_bad_line_is_named_with_what_is_wrong(refused, name):
    said = refused.complaint(name)
    for part in BAD_LINES[name][1]:
        assert part.replace("TT", refused.tenant) in said


def test_nothing_of_a_bad_line_is_applied_to_who_exists(console, tenant):
    console.load({"tenant": {"id": tenant}}, user(tenant, "1", email=f"a@{tenant}.example", locale="en"))
    before = console.user(tenant, "1")
    bad = user(tenant, "1", email=f"b@{tenant}.example", locale="de", mfa={"enabled": ["email"], "allowed": ["fax"]})
    assert console.run("import", "-", stdin=lines(bad)).status == 1
    assert console.user(tenant, "1") == before


def test_a_login_belongs_to_one_tenant(console, tenant):
    def account(owner):
        return {"panel_account": {"tenant": owner, "login": f"login-{tenant}", "password": "correct horse"}}

    other = tenant + "-other"
    console.load({"tenant": {"id": tenant}}, {"tenant": {"id": other}}, account(tenant))
    said = console.run("import", "-", stdin=lines(account(other)))
    assert said.status == 1 and "-:1: panel_account.login: belongs to another tenant" in said.err


def test_every_bad_line_is_named(console, tenant):
    text = lines({"tenant": {"id": tenant}}) + "nonsense\n" * 300
    said = console.run("import", "-", stdin=text)
    assert said.status == 1
    *complaints, sum_up = said.err.splitlines()
    assert sorted(int(complaint.split(":")[1]) for complaint in complaints) == list(range(2, 302))
    assert sum_up == "1 lines applied, 300 refused"


HOSTILE = {
    "NUL": b'{"user":{"tenant":"TT","id":"1"\0}}',
    "NUL in an id": b'{"user":{"tenant":"TT","id":"1\\u0000"}}',
    "NULs alone": b"\0" * 1000,
    "invalid UTF-8": b'{"user":{"tenant":"TT","id":"1","locale":"\xff\xfe"}}',
    "half a surrogate": b'{"user":{"tenant":"TT","id":"1","locale":"\\ud800"}}',
    "deep arrays": b"[" * 100_000,
    "deep objects": b'{"user":' * 10_000 + b"1" + b"}" * 10_000,
    "huge number": b'{"user":{"tenant":"TT","id":"1","mfa":{"last_auth_time":1e99999}}}',
    "1 MiB of text": b'{"user":{"tenant":"TT","id":"1","locale":"' + b"x" * (1 << 20) + b'"}}',
    "over 1 MiB": b" " * (1 << 20) + b'{"user":{"tenant":"TT","id":"1"}}',
    "5 MiB without an end": b"x" * (5 << 20),
    "escape sequences": b'{"user":{"tenant":"TT","id":"1","\\u001b[2J\\n-:9: fine":1}}',
}


@pytest.fixture(scope="module")
def refused_as_hostile(console):
    return Import(console, HOSTILE)


def test_hostile_lines_are_refused_as_any_other(refused_as_hostile):
    refused_as_hostile.check()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_line_gets_a_short_and_plain_complaint(refused_as_hostile, name):
    said = refused_as_hostile.complaint(name)
    assert 0 < len(said) < 300 and said.isprintable()


def test_a_line_may_have_a_mebibyte(console, tenant):
    line = lines(user(tenant, "1")).strip()
    text = lines({"tenant": {"id": tenant}}) + line + " " * ((1 << 20) - len(line)) + "\n"
    assert console.run("import", "-", stdin=text).status == 0
    assert console.user(tenant, "1")
