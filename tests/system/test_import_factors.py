"""Factors that were bound elsewhere: authenticator apps, also from another app's transfer, and recovery codes of which
nothing but hashes is known."""

import base64
import concurrent.futures
import crypt
import subprocess
import urllib.parse
import warnings

import pytest

from authenticator import RP_ID, WEBAUTHN, Passkey, b64
from console import Console, lines
from harness import wait_for
from passkeys import PasskeyUser
from shapes import problem
from sign_in import SignIn, step_now, totp
from world import ClientOf, World

warnings.filterwarnings("ignore", category=DeprecationWarning)

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
OTHER = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
# A hash of "password" as the published reference of Argon2 has it.
ARGON2 = "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc"


@pytest.fixture
def user(world, redis):
    user = SignIn(world, redis)
    user.enable("email", "totp")
    return user


@pytest.fixture
def console(mfad, redis_server, key_file, tmp_path):
    return Console(tmp_path, redis_url=redis_server.url, crypto_key_file=key_file)


def bcrypt(code, cost=4):
    return crypt.crypt(code, f"$2b${cost:02}$abcdefghijklmnopqrstuu")


def factors(world, user="1", **members):
    return {"factors": {"tenant": world.tenant, "user": user, **members}}


def refused(console, entry, *parts):
    """The one line is named and what is wrong with it; nothing is applied."""
    said = console.run("import", "-", stdin=lines(entry))
    assert said.status == 1, said
    first = said.err.splitlines()[0]
    assert first.startswith("-:1: "), said
    for part in parts:
        assert part in first, (part, said)


# ---- authenticator apps ----------------------------------------------------------------------------------------------


def test_an_app_by_its_secret_signs_in(world, user):
    step = step_now()
    world.mfad.load(factors(world, totp={"secret": SECRET, "label": "old phone", "created_at": "2024-02-03T04:05:06Z",
                                         "last_step": step}))
    shown = user.factor("totp")
    assert (shown["label"], shown["created_at"]) == ("old phone", "2024-02-03T04:05:06Z")
    token = user.challenge()
    problem(user.verify(token, "totp", totp(SECRET, step)), 401, "already-used")
    response = user.verify(token, "totp", totp(SECRET, step + 1))
    assert response.status == 200 and response.json()["acr"] == "aal2", response


def test_an_app_by_its_uri(world, user):
    uri = f"otpauth://totp/Acme:ada?secret={SECRET}&issuer=Acme&algorithm=SHA256&digits=8"
    world.mfad.load(factors(world, totp={"uri": uri, "strong": False}))
    shown = subprocess.run(["oathtool", "--totp=SHA256", "-d", "8", "-b", SECRET], capture_output=True, text=True, check=True)
    response = user.verify(user.challenge(), "totp", shown.stdout.strip())
    assert response.status == 200 and response.json()["acr"] == "aal1", response


def test_the_drift_of_its_clock_is_kept(world, user):
    world.mfad.load(factors(world, totp={"secret": SECRET, "drift": 4}))
    step = step_now()
    token = user.challenge()
    problem(user.verify(token, "totp", totp(SECRET, step)), 401, "wrong-code")
    assert user.verify(token, "totp", totp(SECRET, step + 4)).status == 200


def test_a_second_import_moves_no_step_back(world, user):
    step = step_now()
    line = factors(world, totp={"secret": SECRET, "last_step": step - 5})
    world.mfad.load(line)
    assert user.verify(user.challenge(), "totp", totp(SECRET, step)).status == 200
    world.mfad.load(line)
    problem(user.verify(user.challenge(), "totp", totp(SECRET, step)), 401, "already-used")
    assert world.native("DELETE", "users/1/factors/totp").status == 204
    world.mfad.load(line)
    user.enable("totp")
    problem(user.verify(user.challenge(), "totp", totp(SECRET, step)), 401, "already-used")
    assert user.verify(user.challenge(), "totp", totp(SECRET, step + 1)).status == 200


def test_failures_come_with_it(world, user):
    line = factors(world, totp={"secret": SECRET, "failures": 10, "failed_at": "2024-02-03T04:05:06Z"})
    world.mfad.load(line)
    assert user.factor("totp")["disabled"]


def test_another_app_is_not_put_in_the_place_of_the_users(world, user, console):
    secret, step = user.enroll_totp()
    refused(console, factors(world, totp={"secret": OTHER}), "factors.totp", "is not the authenticator app that the user has")
    assert user.verify(user.challenge(), "totp", totp(secret, step + 1)).status == 200


def test_an_import_sets_no_settings(world, redis):
    user = SignIn(world, redis)
    world.mfad.load(factors(world, totp={"secret": SECRET}))
    state = world.native_state("1")
    assert state["enabled"] == [] and [f["type"] for f in state["factors"]] == ["email", "totp"]
    assert user.ask().json() == {"required": False}


def test_the_order_of_lines_does_not_matter(world, redis):
    world.mfad.load(factors(world, "77", totp={"secret": SECRET}),
                    {"user": {"tenant": world.tenant, "id": "77", "mfa": {"enabled": ["totp"]}}})
    assert SignIn(world, redis, "77").ask().json()["factors"] == ["totp"]


@pytest.mark.parametrize("totp_line, parts", [
    ({}, ("factors.totp", "needs exactly one of uri and secret")),
    ({"secret": SECRET, "uri": f"otpauth://totp/a?secret={SECRET}"}, ("needs exactly one",)),
    ({"secret": "MFRGG"}, ("factors.totp.secret", "80")),
    ({"secret": "not base32!"}, ("factors.totp.secret",)),
    ({"secret": SECRET, "digits": 7}, ("factors.totp.digits",)),
    ({"secret": SECRET, "period": 1}, ("factors.totp.period",)),
    ({"secret": SECRET, "algorithm": "MD5"}, ("factors.totp.algorithm",)),
    ({"secret": SECRET, "last_step": 1700000000}, ("factors.totp.last_step",)),
    ({"secret": SECRET, "last_step": -1}, ("factors.totp.last_step",)),
    ({"secret": SECRET, "drift": 11}, ("factors.totp.drift",)),
    ({"secret": SECRET, "seed": "x"}, ("factors.totp.seed", "not a known member")),
    ({"uri": "https://acme.example"}, ("factors.totp.uri",)),
    ({"uri": f"otpauth://hotp/a?secret={SECRET}&counter=1"}, ("factors.totp.uri",)),
    ({"uri": f"otpauth://totp/a?secret={SECRET}", "digits": 6}, ("factors.totp.digits",)),
    ({"uri": "otpauth-migration://offline?data=AAAA"}, ("factors.totp.uri",)),
])
def test_bad_apps_are_named(world, user, console, totp_line, parts):
    # A good part beside it is not applied either.
    refused(console, factors(world, totp=totp_line, recovery_codes={"hashes": [bcrypt("code-one")]}), *parts)
    assert [f["type"] for f in world.native_state("1")["factors"]] == ["email"]


def test_who_is_not_there_is_named(world, console):
    refused(console, factors(world, "nobody", totp={"secret": SECRET}), "user", "nobody")
    refused(console, {"factors": {"tenant": "none", "user": "1", "totp": {"secret": SECRET}}}, "user", "none")
    refused(console, factors(world), "names no factor")


# ---- what Google Authenticator hands over ----------------------------------------------------------------------------


def field(number, kind, content):
    return bytes([number << 3 | kind]) + content


def migration(*accounts):
    """An `otpauth-migration://` URI of accounts: secret, name, issuer, type (2: by time)."""
    payload = b""
    for secret, name, issuer, kind in accounts:
        texts = [base64.b32decode(secret), name.encode(), issuer.encode()]
        entry = b"".join(field(i + 1, 2, bytes([len(text)]) + text) for i, text in enumerate(texts))
        entry += field(4, 0, b"\1") + field(5, 0, b"\1") + field(6, 0, bytes([kind]))
        payload += field(1, 2, bytes([len(entry)]) + entry)
    return "otpauth-migration://offline?data=" + urllib.parse.quote(base64.b64encode(payload).decode(), safe="")


def transfer(world, uri, **users):
    return {"otpauth_migration": {"tenant": world.tenant, "uri": uri, "users": users}}


def test_several_accounts_in_one_payload_go_to_their_users(world, redis):
    uri = migration((SECRET, world.address("1"), "Acme", 2), (OTHER, "ada", "Acme", 2), (SECRET[::-1].replace("1", "A"), "3", "", 2),
                    (OTHER, "somebody", "Elsewhere", 1))
    world.mfad.load(transfer(world, uri, **{"Acme:ada": "2", "somebody": None}))
    for id, secret in (("1", SECRET), ("2", OTHER)):
        user = SignIn(world, redis, id)
        user.enable("totp")
        assert user.verify(user.challenge(), "totp", totp(secret, step_now())).status == 200
    assert SignIn(world, redis, "3").factor("totp")


@pytest.mark.parametrize("accounts, users, parts", [
    ([(SECRET, "1", "", 2), (OTHER, "nobody", "", 2)], {}, ("otpauth_migration.users", '"nobody"')),
    ([(SECRET, "1", "", 2), (OTHER, "2", "", 1)], {}, ("otpauth_migration.uri", '"2"')),
    ([(SECRET, "1", "", 2), (OTHER, "ada", "", 2)], {"ada": "1"}, ("otpauth_migration.uri", '"ada"', "second of one user")),
    ([(SECRET, "1", "", 2)], {"1": 7}, ("otpauth_migration.users",)),
    ([(SECRET, "1", "", 2), (OTHER, "ada", "", 2)], {"ada": "nobody"}, ("user", "nobody")),
])
def test_of_a_payload_all_or_nothing_is_applied(world, console, accounts, users, parts):
    refused(console, transfer(world, migration(*accounts), **users), *parts)
    assert [f["type"] for f in world.native_state("1")["factors"]] == ["email"]


def test_a_payload_of_one_account_is_also_an_app(world, user):
    world.mfad.load(factors(world, totp={"uri": migration((SECRET, "whoever", "Acme", 2))}))
    assert user.verify(user.challenge(), "totp", totp(SECRET, step_now())).status == 200


# ---- recovery codes --------------------------------------------------------------------------------------------------


def test_a_code_with_a_foreign_hash_passes_once(world, user):
    world.mfad.load(factors(world, recovery_codes={"hashes": [bcrypt("abcd-1234"), bcrypt("efgh-5678"), ARGON2],
                                                   "used": [bcrypt("used-0000")]}))
    assert user.factor("recovery_code")["codes_left"] == 3
    token = user.challenge()
    wrong = problem(user.verify(token, "recovery_code", "abcd-1235"), 401, "wrong-code")
    assert wrong.json()["attempts_left"] == 4
    problem(user.verify(token, "recovery_code", "used-0000"), 401, "already-used")
    response = user.verify(token, "recovery_code", " abcd-1234 ")
    assert response.status == 200 and response.json()["acr"] == "aal1", response
    assert (user.factor("recovery_code")["codes_left"], user.factor("recovery_code")["failures"]) == (2, 0)
    problem(user.verify(user.challenge(), "recovery_code", "abcd-1234"), 401, "already-used")
    assert user.verify(user.challenge(), "recovery_code", "password").status == 200
    wait_for(lambda: [m for m in world.mfad.mails() if m["To"] == world.address("1")
                      and "recovery code of yours was used" in m["Subject"]], "the notice")


def test_a_second_import_brings_no_used_code_back(world, user):
    line = factors(world, recovery_codes={"hashes": [bcrypt("abcd-1234"), bcrypt("efgh-5678")]})
    world.mfad.load(line)
    assert user.verify(user.challenge(), "recovery_code", "abcd-1234").status == 200
    world.mfad.load(line)
    problem(user.verify(user.challenge(), "recovery_code", "abcd-1234"), 401, "already-used")
    assert world.native("POST", "users/1/reset").status == 204
    world.mfad.load(line)
    assert user.factor("recovery_code")["codes_left"] == 1
    problem(user.verify(user.challenge(), "recovery_code", "abcd-1234"), 401, "already-used")


def test_what_is_used_elsewhere_meanwhile_is_used_here(world, user):
    one, two = bcrypt("abcd-1234"), bcrypt("efgh-5678")
    world.mfad.load(factors(world, recovery_codes={"hashes": [one, two]}))
    world.mfad.load(factors(world, recovery_codes={"hashes": [two], "used": [one]}))
    problem(user.verify(user.challenge(), "recovery_code", "abcd-1234"), 401, "already-used")
    assert user.verify(user.challenge(), "recovery_code", "efgh-5678").status == 200


def test_a_new_set_voids_the_imported(world, user, console):
    line = factors(world, recovery_codes={"hashes": [bcrypt("abcd-1234")]})
    world.mfad.load(line)
    codes = user.recovery_codes()
    assert user.factor("recovery_code")["codes_left"] == 10
    token = user.challenge()
    assert user.verify(token, "recovery_code", "abcd-1234").status == 422, "no code of ours looks like that"
    refused(console, line, "factors.recovery_codes", "are not the recovery codes that the user has")
    assert user.verify(token, "recovery_code", codes[0]).status == 200


def test_wrong_guesses_use_up_the_budget(world, user):
    world.mfad.load(factors(world, recovery_codes={"hashes": [bcrypt("abcd-1234")]}))
    token = user.challenge(factors=["recovery_code"])
    for i in range(5):
        problem(user.verify(token, "recovery_code", f"guess-{i}"), 401, "wrong-code")
    problem(user.verify(token, "recovery_code", "abcd-1234"), 410, "expired")
    response = problem(user.verify(user.challenge(factors=["recovery_code"]), "recovery_code", "abcd-1234"), 429, "too-many-requests")
    assert 1 <= int(response.header("Retry-After")) <= 30
    assert user.factor("recovery_code")["failures"] == 5


def test_a_right_imported_code_sent_a_hundred_times_at_once_passes_once(world, user):
    world.mfad.load(factors(world, recovery_codes={"hashes": [bcrypt(f"code-{i}", 6) for i in range(9)] + [bcrypt("right-one", 6)]}))
    token = user.challenge()

    def send(_):
        return World.native(ClientOf(world, world.mfad.client()), "POST", "challenges/verify",
                            {"token": token, "factor": "recovery_code", "code": "right-one"}).status

    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(send, range(100)))
    assert statuses.count(200) == 1
    assert set(statuses) <= {200, 410, 429}, statuses
    assert user.factor("recovery_code")["failures"] == 0 and user.factor("recovery_code")["codes_left"] == 9


def test_a_right_imported_code_passes_once_whatever_device_it_comes_from(world, user, redis):
    devices = []
    for _ in range(3):
        user.forget_gap()
        token = user.challenge()
        passed = world.native("POST", "challenges/verify", {
            "token": token, "factor": "email", "code": user.mailed_code(token), "remember_device": {}})
        devices.append(passed.json()["device_token"])
    world.mfad.load(factors(world, recovery_codes={"hashes": [bcrypt("right-one", 8), bcrypt("other-one", 8)]}))
    # Each device has a budget of its own; the set of codes is one.
    tokens = [user.challenge(), *(user.challenge(device=device) for device in devices)]

    def send(token):
        return World.native(ClientOf(world, world.mfad.client()), "POST", "challenges/verify",
                            {"token": token, "factor": "recovery_code", "code": "right-one"}).status

    with concurrent.futures.ThreadPoolExecutor(len(tokens)) as pool:
        statuses = list(pool.map(send, tokens))
    assert statuses.count(200) == 1 and set(statuses) <= {200, 401, 429}, statuses
    assert user.factor("recovery_code")["codes_left"] == 1


def test_many_users_at_once_are_served_in_turn_or_told_to_wait(make_world, redis):
    world = make_world(users=[str(i) for i in range(1, 31)])
    world.mfad.load(*({"user": {"tenant": world.tenant, "id": str(i), "mfa": {"enabled": ["email"]}}} for i in range(1, 31)),
                    *(factors(world, str(i), recovery_codes={"hashes": [bcrypt("right-one", 10)]}) for i in range(1, 31)))
    users = [SignIn(world, redis, str(i)) for i in range(1, 31)]
    tokens = [user.challenge() for user in users]

    def send(token):
        return World.native(ClientOf(world, world.mfad.client()), "POST", "challenges/verify",
                            {"token": token, "factor": "recovery_code", "code": "right-one"})

    with concurrent.futures.ThreadPoolExecutor(30) as pool:
        answers = list(pool.map(send, tokens))
    statuses = [answer.status for answer in answers]
    assert set(statuses) == {200, 503}, statuses  # two run and sixteen wait
    assert all(answer.header("Retry-After") for answer in answers if answer.status == 503)
    for token, answer in zip(tokens, answers):  # who was sent away has lost nothing
        if answer.status == 503:
            assert send(token).status == 200
    assert all(user.factor("recovery_code")["failures"] == 0 for user in users)


@pytest.mark.parametrize("codes, parts", [
    ({}, ("factors.recovery_codes.hashes",)),
    ({"hashes": ["md5:abc"]}, ("factors.recovery_codes.hashes[0]",)),
    ({"hashes": ["abcd-1234"]}, ("factors.recovery_codes.hashes[0]",)),
    ({"hashes": [bcrypt("a"), 7]}, ("factors.recovery_codes.hashes[1]",)),
    ({"hashes": [bcrypt("a")], "used": [bcrypt("a")]}, ("factors.recovery_codes.used[0]", "twice")),
    ({"hashes": [bcrypt("a", 4).replace("$04$", "$15$")]}, ("factors.recovery_codes.hashes[0]",)),
    ({"hashes": [bcrypt(str(i)) for i in range(21)]}, ("factors.recovery_codes.hashes", "1 to 20")),
])
def test_bad_codes_are_named(world, console, codes, parts):
    refused(console, factors(world, recovery_codes=codes, totp={"secret": SECRET}), *parts)
    assert [f["type"] for f in world.native_state("1")["factors"]] == ["email"]


# ---- passkeys --------------------------------------------------------------------------------------------------------


@pytest.fixture
def site(make_world, redis):
    world = make_world(webauthn=WEBAUTHN)
    user = PasskeyUser(world, redis)
    user.enable("passkey")
    return user


def credential(passkey, **more):
    return {"credential_id": b64(passkey.id), "public_key": b64(passkey.public_key()), "user_handle": passkey.user_handle,
            "rp_id": RP_ID, **more}


def authenticator(**made):
    passkey = Passkey(**made)
    passkey.user_handle = b64(b"the handle that it was made with")
    return passkey


def test_a_passkey_from_elsewhere_signs_in(site):
    passkey = authenticator()
    passkey.count = 41
    site.world.mfad.load(factors(site.world, passkeys=[credential(
        passkey, sign_count=41, label="key ring", created_at="2024-02-03T04:05:06Z", transports=["usb"])]))
    shown = site.passkey(passkey)
    assert (shown["label"], shown["created_at"]) == ("key ring", "2024-02-03T04:05:06Z")
    passed = site.pass_with(passkey)
    assert passed.status == 200 and passed.json()["acr"] == "aal2", passed


def test_a_second_import_moves_no_counter_back(site):
    passkey = authenticator()
    line = factors(site.world, passkeys=[credential(passkey, sign_count=5)])
    site.world.mfad.load(line)
    passkey.count = 9
    assert site.pass_with(passkey).status == 200
    site.world.mfad.load(line)
    passkey.count = 7  # a copy
    assert site.pass_with(passkey).status == 401
    passkey.count = 20
    assert site.pass_with(passkey).status == 200
    assert len(site.passkeys()) == 1


def test_a_passkey_of_another_user_is_refused_with_all_beside_it(site, console):
    passkey, other = authenticator(), authenticator()
    site.world.mfad.load(factors(site.world, "2", passkeys=[credential(passkey)]))
    refused(console, factors(site.world, passkeys=[credential(other), credential(passkey)], totp={"secret": SECRET}),
            "factors.passkeys", "another user's")
    assert [f["type"] for f in site.world.native_state("1")["factors"]] == ["email"]
    site.world.mfad.load(factors(site.world, "3", passkeys=[credential(other)]))  # nobody's claim is left on it


@pytest.mark.parametrize("bend, parts", [
    ({"public_key": "AAAA"}, ("factors.passkeys[0].public_key", "COSE")),
    ({"credential_id": ""}, ("factors.passkeys[0].credential_id",)),
    ({"user_handle": "="}, ("factors.passkeys[0].user_handle",)),
    ({"rp_id": ""}, ("factors.passkeys[0].rp_id",)),
    ({"sign_count": -1}, ("factors.passkeys[0].sign_count",)),
    ({"backed_up": True}, ("factors.passkeys[0].backed_up",)),
    ({"attestation": "great"}, ("factors.passkeys[0].attestation",)),
    ({"transports": "usb"}, ("factors.passkeys[0].transports",)),
    ({"private_key": "x"}, ("factors.passkeys[0].private_key",)),
])
def test_bad_passkeys_are_named(world, console, bend, parts):
    refused(console, factors(world, passkeys=[credential(authenticator()) | bend]), *parts)
    several = [credential(authenticator()) for _ in range(11)]
    refused(console, factors(world, passkeys=several), "factors.passkeys", "1 to 10")
    refused(console, factors(world, passkeys=several[:1] * 2), "factors.passkeys[1].credential_id", "twice")


def test_nothing_of_it_lies_in_the_clear(world, user, redis):
    hash = bcrypt("abcd-1234")
    world.mfad.load(factors(world, totp={"secret": SECRET}, recovery_codes={"hashes": [hash]}))
    record = b"".join(redis.hgetall(user.key).values())
    for secret in (hash.encode(), hash.encode()[7:29], SECRET.encode(), base64.b32decode(SECRET)):
        assert secret not in record
