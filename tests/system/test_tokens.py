"""Signed tokens of users and of servers: whose they are, which keys check them, and what is refused."""

import json
import secrets
import time

import pytest

import shapes
from conftest import start_mfad
from harness import wait_for
from shapes import Call, check_refusal
from stored import state_of, user_key
from token_calls import check_refused, check_taken, info, profile, project
from tokens import ALGORITHMS, Issuer, b64, private_key, unsigned
from world import World

PROJECT_CLAIM = "xsolla_login_project_id"


def issuers(algorithm="HS256", **more):
    return (Issuer("https://users.example", algorithm, use="user", **more),
            Issuer("https://servers.example", algorithm, use="server", **more))


# ---- what is taken ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_users_token_is_taken_where_his_key_is(client, make_world, algorithm):
    user, server = issuers(algorithm, kid="k1")
    world = make_world(jwt=[user.entry, server.entry])
    for token in (user.token(world.tenant), user.token(None, **{PROJECT_CLAIM: world.tenant}),
                  user.token(["https://other.example", world.tenant])):
        check_taken(client, profile(world, token), profile(world, token, path="/profile/mfa"),
                    profile(world, token, header="REB-APIKEY"), info(token), info(token, "X-Api-Key"))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_servers_token_acts_on_any_user_of_its_tenant(client, make_world, algorithm):
    user, server = issuers(algorithm, kid="k1")
    world = make_world(jwt=[user.entry, server.entry])
    for token in (server.token(world.tenant, sub=None), server.token(None, sub=None, **{PROJECT_CLAIM: world.tenant}),
                  server.token(world.tenant, sub="nobody")):
        check_taken(client, project(world, token), project(world, f"Bearer {token}", user="3"))
        write = shapes.write_of("xsolla", world, "2").but(headers={"X-SERVER-AUTHORIZATION": token})
        assert write.send(client).status in (204, 422)


def test_a_users_token_is_no_servers_and_a_servers_no_users(client, make_world):
    user, server = issuers()
    world = make_world(jwt=[user.entry, server.entry])
    for token in (user.token(world.tenant), user.token(None, **{PROJECT_CLAIM: world.tenant})):
        check_refused(client, project(world, token), project(world, f"Bearer {token}"))
    for token in (server.token(world.tenant), server.token(None, **{PROJECT_CLAIM: world.tenant})):
        check_refused(client, profile(world, token), profile(world, token, path="/profile/mfa"), info(token),
                      info(token, "X-Api-Key"))


def test_the_user_of_a_token_is_its_own_alone(client, make_world):
    user, _ = issuers()
    world = make_world(jwt=[user.entry])
    token = user.token(world.tenant, sub="2")
    check_taken(client, profile(world, token, path="/users/2/mfa"))
    check_refusal("rebilly", profile(world, token, path="/users/1/mfa").send(client), 403)
    patch = Call("quiva", "PATCH", "/accounts/mfa-settings", {"Authorization": f"Bearer {token}"}, {"totp_enabled": True})
    assert patch.send(client).status == 200
    assert [world.quiva_state(u)["totp_enabled"] for u in "123"] == [False, True, False]


def test_a_claim_of_the_tenants_choice_names_the_user(client, make_world):
    user = Issuer("https://users.example", user_claim="uid")
    world = make_world(jwt=[user.entry])
    check_taken(client, profile(world, user.token(world.tenant, sub=None, uid="2"), path="/users/2/mfa"))
    check_taken(client, profile(world, user.token(world.tenant, sub="1", uid="2"), path="/users/2/mfa"))
    check_refused(client, info(user.token(world.tenant, sub="1")))


# ---- keys ------------------------------------------------------------------------------------------------------------


def test_a_kid_picks_the_key(client, make_world):
    old, new = (Issuer("https://users.example", kid=kid, key=kid) for kid in ("old", "new"))
    entry = {"iss": old.name, "jwks": {"keys": [old.jwk, new.jwk]}}
    world = make_world(jwt=[entry])
    claims = old.claims(world.tenant)
    check_taken(client, info(old.sign(claims)), info(new.sign(claims)))
    check_refused(client, info(old.sign(claims, headers={"kid": "new"})), info(old.sign(claims, headers={"kid": "x"})),
                  info(old.sign(claims, headers={"kid": ""})), info(old.sign(claims, headers={"kid": "k" * 200})))
    nameless = Issuer(old.name, key="old")
    check_refused(client, info(nameless.sign(claims)))


def test_a_lone_key_needs_no_kid(client, make_world):
    user = Issuer("https://users.example", "ES256", kid="only")
    world = make_world(jwt=[user.entry])
    nameless = Issuer(user.name, "ES256", key=user.name)
    check_taken(client, info(nameless.token(world.tenant)))
    check_refused(client, info(user.token(world.tenant, headers={"kid": "another"})))


def test_several_entries_of_one_issuer_each_have_their_keys(client, make_world):
    first, second = Issuer("https://users.example", key="a"), Issuer("https://users.example", "EdDSA", key="b")
    world = make_world(jwt=[first.entry, second.entry])
    check_taken(client, info(first.token(world.tenant)), info(second.token(world.tenant)))


def both_uses():
    for algorithm in ALGORITHMS:
        for kids in ((None, None), ("a", "b"), ("a", None)):
            yield [Issuer(f"https://{use}.example", algorithm, use=use, kid=kid, key="shared").entry
                   for use, kid in zip(("user", "server"), kids)]


@pytest.mark.parametrize("entries", both_uses())
def test_a_key_under_both_uses_is_refused_at_import(mfad, world, redis, entries):
    before = state_of(redis, world)
    line = json.dumps({"tenant": {"id": world.tenant, "jwt": entries}}) + "\n"
    said = mfad.call("import", "-", stdin=line, status=1)
    assert ":1:" in said and "jwt" in said
    assert state_of(redis, world) == before


@pytest.mark.parametrize("entry", [
    {"iss": "x", "secret": "short"}, {"iss": "x", "secret": "s" * 40, "alg": "none"},
    {"iss": "x", "secret": "s" * 40, "alg": "RS256"}, {"iss": "x"}, {"secret": "s" * 40},
    {"iss": "x", "secret": "s" * 40, "use": "both"}, {"iss": "x", "jwks": {"keys": [{"kty": "oct"}]}},
    {"iss": "x", "secret": "s" * 40, "jwks": {"keys": []}}, {"iss": "x", "jwks_uri": "http://x.example/jwks"},
])
def test_an_entry_that_is_not_sound_is_refused_at_import(mfad, world, redis, entry):
    before = state_of(redis, world)
    mfad.call("import", "-", stdin=json.dumps({"tenant": {"id": world.tenant, "jwt": [entry]}}) + "\n", status=1)
    assert state_of(redis, world) == before


def test_a_key_that_was_taken_out_checks_nothing_any_more(mfad, client, make_world):
    user, server = issuers()
    world = make_world(jwt=[user.entry, server.entry])
    calls = [info(user.token(world.tenant)), project(world, server.token(world.tenant))]
    check_taken(client, *calls)
    newer = Issuer(user.name, key="newer")
    mfad.load({"tenant": {"id": world.tenant, "jwt": [newer.entry]}})
    taken_out = time.monotonic()
    while time.monotonic() < taken_out + 1:
        for call in calls:
            sent = time.monotonic()
            assert call.send(client).status != 200 or sent <= taken_out + 1
    for _ in range(8):
        check_refused(client, *calls)
        check_taken(client, info(newer.token(world.tenant)))


# ---- tenants ---------------------------------------------------------------------------------------------------------


def test_two_tenants_with_one_issuer_do_not_meet(client, make_world):
    here, there = Issuer("https://one.example", key="here"), Issuer("https://one.example", key="there")
    mine, yours = make_world(jwt=[here.entry]), make_world(jwt=[there.entry])
    check_taken(client, info(here.token(mine.tenant)), info(there.token(yours.tenant)))
    # One's key signs for the other.
    check_refused(client, info(here.token(yours.tenant)), profile(yours, here.token(yours.tenant)),
                  info(there.token(mine.tenant)))
    # A token for both says of none whose it is, unless the path does.
    both = here.token([mine.tenant, yours.tenant])
    check_refused(client, info(both), profile(mine, both, path="/profile/mfa"), profile(yours, both))
    check_taken(client, profile(mine, both))
    # A token for one, in the path of the other.
    check_refusal("rebilly", profile(yours, here.token(mine.tenant)).send(client), 404)


def test_two_tenants_with_one_issuer_and_one_key_are_told_apart_by_the_audience(client, make_world):
    issuer = Issuer("https://one.example")
    mine, yours = make_world(jwt=[issuer.entry]), make_world(jwt=[issuer.entry])
    token = issuer.token(mine.tenant)
    check_taken(client, profile(mine, token), info(token))
    check_refusal("rebilly", profile(yours, token).send(client), 404)


def test_a_servers_token_is_for_its_own_project(client, make_world):
    server = Issuer("https://servers.example", use="server")
    mine, yours = make_world(jwt=[server.entry]), make_world(jwt=[server.entry])
    for token in (server.token(mine.tenant, sub=None), server.token(None, **{PROJECT_CLAIM: mine.tenant})):
        check_taken(client, project(mine, token))
        check_refusal("xsolla", project(yours, token).send(client), 403, "1901-0001")
        check_refusal("xsolla", project(mine, token, tenant="nobodys").send(client), 404, "003-019")
    check_refused(client, project(mine, server.token("nobodys")), project(mine, server.token(None)))


def test_the_project_claim_goes_before_the_audience(client, make_world):
    user, _ = issuers()
    world = make_world(jwt=[user.entry])
    check_refused(client, info(user.token(world.tenant, **{PROJECT_CLAIM: "nobodys"})))
    check_taken(client, info(user.token("nobodys", **{PROJECT_CLAIM: world.tenant})))


def test_a_tenant_without_issuers_takes_no_token(client, world):
    user, server = issuers()
    check_refused(client, info(user.token(world.tenant)), project(world, server.token(world.tenant)))


# ---- users that are not there ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("sub", ["99", "nobody", "a/b", "a b", "ü", "x" * 200])
def test_a_token_of_no_user_is_404_in_rebilly_and_401_in_quiva(client, make_world, redis, sub):
    user, _ = issuers()
    world = make_world(jwt=[user.entry])
    before = state_of(redis, world)
    bearer = {"Authorization": f"Bearer {user.token(world.tenant, sub=sub)}"}
    for method in ("GET", "POST", "DELETE"):
        call = Call("rebilly", method, f"/organizations/{world.tenant}/profile/mfa", bearer)
        check_refusal("rebilly", call.send(client), 404)
    check_refusal("quiva", info("").but(headers=bearer).send(client), 401)
    patch = Call("quiva", "PATCH", "/accounts/mfa-settings", bearer, {"totp_enabled": True})
    check_refusal("quiva", patch.send(client), 401)
    assert state_of(redis, world) == before


FIRST_CALLS = {
    "rebilly GET": Call("rebilly", "GET", "/profile/mfa", {}),
    "rebilly POST": Call("rebilly", "POST", "/profile/mfa", {}),
    "quiva GET": Call("quiva", "GET", "/accounts/user-mfa-info", {}),
    "quiva PATCH": Call("quiva", "PATCH", "/accounts/mfa-settings", {}, {"totp_enabled": True}),
}


@pytest.mark.parametrize("first", FIRST_CALLS)
def test_a_tenant_may_have_users_made_from_their_tokens(mfad, client, make_world, first):
    user, _ = issuers()
    # With email on from the beginning, the first PATCH would have to prove it.
    default = None if first == "quiva PATCH" else {"type": "allowed", "factor_types": ["email"]}
    world = make_world(jwt=[user.entry], options={"jwt.provision": True}, default=default)
    token = user.token(world.tenant, sub="99", email="new@mail.example")
    response = FIRST_CALLS[first].but(headers={"Authorization": f"Bearer {token}"}).send(client)
    assert response.status in (200, 201)
    assert world.xsolla_state("99")["enabled"] is (default is not None)
    if first == "rebilly POST":
        assert mfad.mail_to("new@mail.example")


def test_only_a_users_own_token_makes_him(client, make_world, redis):
    user, server = issuers()
    world = make_world(jwt=[user.entry, server.entry], options={"jwt.provision": True})
    before = state_of(redis, world)
    for sub in ("a/b", "a b", "ü", "x" * 200):
        token = user.token(world.tenant, sub=sub)
        check_refusal("rebilly", profile(world, token).send(client), 404)
    check_refusal("xsolla", project(world, server.token(world.tenant, sub="99"), user="99").send(client), 404, "003-002")
    check_refusal("rebilly", profile(world, user.token(world.tenant, sub="99"), path="/users/98/mfa").send(client), 403)
    assert state_of(redis, world) == before
    # Who is there already stays as he is.
    check_taken(client, profile(world, user.token(world.tenant, sub="1", email="other@mail.example")))
    assert state_of(redis, world)[user_key(world, "1")] == before[user_key(world, "1")]


# ---- claims ----------------------------------------------------------------------------------------------------------

class At:
    """A time of the token, told from the moment when it is made."""

    def __init__(self, seconds, spelled=lambda at: at):
        self.seconds, self.spelled = seconds, spelled

    @staticmethod
    def settle(changes):
        now = int(time.time())
        return {name: value.spelled(now + value.seconds) if isinstance(value, At) else value
                for name, value in changes.items()}


BAD_CLAIMS = {
    "expired": {"exp": At(-120), "iat": At(-600)}, "no exp": {"exp": None}, "exp as text": {"exp": At(600, str)},
    "no iat": {"iat": None}, "iat to come": {"iat": At(300)}, "iat as text": {"iat": "now"},
    "nbf to come": {"nbf": At(300)}, "nbf as text": {"nbf": "now"},
    "lives too long": {"iat": At(0), "exp": At(24 * 3600 + 60)}, "no iss": {"iss": None}, "another iss": {"iss": "https://x"},
    "iss with a slash": {"iss": "https://users.example/"}, "iss as list": {"iss": ["https://users.example"]},
    "no aud": {"aud": None}, "another aud": {"aud": "another"}, "no one's aud": {"aud": []}, "aud as number": {"aud": 1},
}
BAD_SUBJECTS = {"no sub": {"sub": None}, "empty sub": {"sub": ""}, "sub as number": {"sub": 1}, "sub as list": {"sub": ["1"]}}


@pytest.fixture(scope="module")
def tokens(mfad):
    """A tenant with an issuer of each use; no test of this file changes it."""
    user, server = issuers()
    world = World(mfad, mfad.client(), jwt=[user.entry, server.entry])
    world.user, world.server = user, server
    return world


@pytest.mark.parametrize("flaw", [*BAD_CLAIMS, *BAD_SUBJECTS])
def test_a_claim_that_is_not_as_it_must_be_is_refused(client, tokens, flaw):
    changes = At.settle({**BAD_CLAIMS, **BAD_SUBJECTS}[flaw])
    token = tokens.user.token(tokens.tenant, **changes)
    check_refused(client, info(token), profile(tokens, token))
    if flaw in BAD_CLAIMS and flaw not in ("iss with a slash", "iss as list"):
        check_refused(client, project(tokens, tokens.server.token(tokens.tenant, **changes)))


@pytest.mark.parametrize("changes", [
    {"exp": At(-5), "iat": At(-600)}, {"nbf": At(-10)}, {"iat": At(5)}, {"exp": At(24 * 3600), "iat": At(0)},
    {"more": {"a": [1, 2]}}, {"exp": At(600.5)}, {"jti": "x", "scope": "y"},
])
def test_a_claim_that_may_be_so_is_taken(client, tokens, changes):
    check_taken(client, info(tokens.user.token(tokens.tenant, **At.settle(changes))))


# ---- forgeries -------------------------------------------------------------------------------------------------------


def forgeries(user, tenant):
    good = user.token(tenant)
    header, payload, signature = good.split(".")
    claims = user.claims(tenant, sub="2")
    for name in ("none", "None", "NONE", "nOnE", "", None, "HS512", "HS384", "ES256", 1):
        for made in (b"", b"x" * 32):
            yield f"alg {name}", unsigned({"typ": "JWT", "alg": name}, claims, made)
    yield "no alg", unsigned({"typ": "JWT"}, claims)
    yield "another payload", ".".join([header, b64(json.dumps(claims).encode()), signature])
    yield "no signature", f"{header}.{payload}."
    yield "half a signature", f"{header}.{payload}.{signature[:20]}"
    yield "padded", f"{header}.{payload}.{signature}="
    yield "another spelling of the signature", good[:-1] + chr(ord(good[-1]) + 1)
    yield "a space", f"{header}.{payload}. {signature}"
    yield "another key", Issuer(user.name, key="a stranger's").token(tenant)
    yield "crit", user.token(tenant, headers={"crit": ["exp"]})
    yield "b64", user.token(tenant, headers={"b64": False})
    yield "typ", user.token(tenant, headers={"typ": "dpop+jwt"})
    stranger = Issuer(user.name, key="a stranger's")
    yield "jwk of its own", stranger.token(tenant, headers={"jwk": stranger.jwk})
    yield "jku of its own", stranger.token(tenant, headers={"jku": "https://stranger.example/jwks"})
    for part in range(3):
        parts = good.split(".")
        at = len(parts[part]) // 2
        parts[part] = parts[part][:at] + ("A" if parts[part][at] != "A" else "B") + parts[part][at + 1:]
        yield f"changed part {part}", ".".join(parts)


def test_a_forged_token_is_refused(client, tokens):
    for how, token in forgeries(tokens.user, tokens.tenant):
        for call in (info(token), profile(tokens, token)):
            response = call.send(client)
            assert response.status == 401, f"{how}: {response}"
    for how, token in forgeries(tokens.server, tokens.tenant):
        assert project(tokens, token).send(client).status == 401, how
    check_taken(client, info(tokens.user.token(tokens.tenant)))


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_a_public_key_is_no_shared_secret(client, make_world, algorithm):
    """A token that is signed, as HS256, with what everybody knows of an asymmetric key."""
    import hashlib
    import hmac

    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    issuer = Issuer("https://users.example", algorithm, kid="k1")
    world = make_world(jwt=[issuer.entry])
    check_taken(client, info(issuer.token(world.tenant)))
    public = private_key(algorithm, issuer.name).public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    for secret in (pem, pem.strip(), der, json.dumps(issuer.jwk).encode()):
        for header in ({"alg": "HS256", "kid": "k1"}, {"alg": "HS256"}):
            signed = unsigned(header, issuer.claims(world.tenant)).rstrip(".")
            check_refused(client, info(signed + "." + b64(hmac.digest(secret, signed.encode(), hashlib.sha256))))


def test_a_token_of_another_algorithm_than_its_keys_is_refused(client, make_world):
    good = Issuer("https://users.example", "RS256", kid="k1")
    world = make_world(jwt=[good.entry])
    for algorithm in ("HS256", "ES256", "EdDSA"):
        other = Issuer(good.name, algorithm, kid="k1", key="other")
        check_refused(client, info(other.token(world.tenant)))


def test_a_token_over_8_kib_is_refused(redis_server, key_file, tmp_path):
    mfad = start_mfad(tmp_path, redis_server, key_file, http_max_header="64KiB", limits_enabled="false")
    try:
        user, _ = issuers()
        client = mfad.client()
        world = World(mfad, client, jwt=[user.entry])

        def padded(size):
            return info(user.token(world.tenant, padding="x" * size))

        check_taken(client, padded(5000))
        check_refused(client, padded(7000), padded(20_000))
        wait_for(lambda: padded(1).send(client).status == 200, "the server to go on")
    finally:
        mfad.stop()


def test_what_is_no_token_at_all_is_refused(client, tokens):
    for text in ("..", "a.b.c", "a..c", "." * 40, "e30.e30.e30", secrets.token_hex(20) + "..", "x.y.z.w"):
        check_refused(client, info(text), info(text, "X-Api-Key"), profile(tokens, text), project(tokens, text))
