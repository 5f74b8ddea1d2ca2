"""Tokens whose issuer publishes its keys (`jwks_uri`): fetched over HTTPS, kept, and never done without."""

import concurrent.futures
import time

import pytest

from conftest import start_mfad
from harness import PATIENCE, wait_for
from key_server import KeyServer, make_authority
from token_calls import check_refused, check_taken, info, profile, project
from tokens import Issuer
from world import World


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return make_authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def mfad(redis_server, key_file, authority, tmp_path_factory):
    server = start_mfad(tmp_path_factory.mktemp("mfad"), redis_server, key_file, limits_enabled="false",
                        tokens_jwks_ca_file=authority / "ca.pem", tokens_jwks_allow_private="true")
    yield server
    assert server.stop() == 0


@pytest.fixture
def keys(authority):
    server = KeyServer(authority)
    yield server
    server.stop()


def issuer(uri, kid="k1", algorithm="ES256", **more):
    made = Issuer("https://idp.example", algorithm, kid=kid, key=kid, **more)
    made.uri_entry = {"iss": made.name, "use": made.use, "jwks_uri": uri}
    return made


@pytest.fixture
def users(keys):
    """An issuer whose one key is published."""
    made = issuer(keys.url())
    keys.publish(made.jwk)
    return made


def check_unavailable(client, call):
    response = call.send(client)
    assert response.status == 503, response
    assert int(response.header("Retry-After")) >= 1
    return response


def failure_of(mfad, uri):
    """Why a set was not fetched, as the log has it; that takes a moment."""
    return wait_for(lambda: [event for event in mfad.events("key_set.not_fetched") if event["url"] == uri],
                    f"the failure of {uri} in the log")[-1]["error"]


# ---- what is taken ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "EdDSA"])
def test_a_token_is_checked_with_the_published_key(make_world, client, keys, algorithm):
    users = issuer(keys.url(), algorithm=algorithm)
    keys.publish(users.jwk)
    world = make_world(jwt=[users.uri_entry])
    check_taken(client, profile(world, users.token(world.tenant)), info(users.token(world.tenant)))
    check_refused(client, profile(world, issuer("", kid="k1", algorithm=algorithm).sign(
        users.claims(world.tenant, exp=1))))
    stranger = Issuer(users.name, algorithm, kid="k1", key="stranger")
    check_refused(client, profile(world, stranger.token(world.tenant)))


def test_a_server_is_known_by_its_published_key_too(make_world, client, keys):
    servers = issuer(keys.url(), use="server")
    keys.publish(servers.jwk)
    world = make_world(jwt=[servers.uri_entry])
    check_taken(client, project(world, servers.token(world.tenant)))


def test_many_tokens_cost_one_fetch(make_world, client, keys, users):
    world = make_world(jwt=[users.uri_entry])
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: profile(world, users.token(world.tenant)).send(client), range(64)))
    assert {answer.status for answer in answers} == {200}
    [(path, headers)] = keys.requests
    assert path == keys.path and headers["Host"] == f"localhost:{keys.port}"
    assert "Cookie" not in headers and "Authorization" not in headers


def test_an_unknown_key_does_not_make_it_fetch_again_at_once(make_world, client, keys, users):
    world = make_world(jwt=[users.uri_entry])
    check_taken(client, profile(world, users.token(world.tenant)))
    for n in range(10):
        check_refused(client, profile(world, issuer("", kid=f"other{n}").token(world.tenant)))
    assert len(keys.requests) == 1


def test_what_a_token_names_is_never_fetched(make_world, client, keys, users):
    world = make_world(jwt=[users.entry])
    for header in ("jku", "x5u"):
        check_taken(client, profile(world, users.token(world.tenant, headers={header: keys.url()})))
    check_refused(client, profile(world, issuer("", kid="k2").token(world.tenant, headers={"jku": keys.url()})))
    assert keys.requests == []


def test_one_published_key_is_not_good_for_users_and_for_servers(make_world, client, keys, users):
    servers = {"iss": users.name, "use": "server", "jwks_uri": keys.url() + "?servers"}
    for entries in ([servers, users.uri_entry], [users.uri_entry, servers], [servers, users.entry]):
        world = make_world(jwt=entries)
        check_refused(client, project(world, users.token(world.tenant)), profile(world, users.token(world.tenant)))


def test_nor_is_it_taken_while_that_is_not_known(make_world, client, keys, users):
    servers = {"iss": users.name, "use": "server", "jwks_uri": "https://localhost:1/keys"}
    for entries in ([servers, users.uri_entry], [users.uri_entry, servers]):
        world = make_world(jwt=entries)
        check_unavailable(client, profile(world, users.token(world.tenant)))


# ---- without keys ----------------------------------------------------------------------------------------------------


def answers_with(**how):
    def prepare(keys, users):
        for name, value in how.items():
            setattr(keys, name, value)

    return prepare


def publish_a_secret(keys, users):
    keys.publish(issuer("", algorithm="HS256", kid="k1").jwk)


def publish_a_secret_too(keys, users):
    keys.publish(users.jwk, issuer("", algorithm="HS256", kid="k2").jwk)


def publish_a_name_twice(keys, users):
    keys.publish(users.jwk, issuer("", algorithm="EdDSA", kid="k1").jwk)


def publish_too_much(keys, users):
    keys.body = keys.body + b" " * (256 * 1024)


BAD = {
    "an error": (answers_with(status=500), "status 500"),
    "no such document": (answers_with(status=404), "status 404"),
    "a redirect": (answers_with(status=302, headers={"Location": "/elsewhere"}), "status 302"),
    "no JSON": (answers_with(body=b"<html>"), ""),
    "no keys": (answers_with(body=b'{"keys":[]}'), ""),
    "a secret": (publish_a_secret, "secret"),
    "a secret beside a key": (publish_a_secret_too, ""),
    "one name for two keys": (publish_a_name_twice, ""),
    "more than 256 KiB": (publish_too_much, "262144"),
}


@pytest.mark.parametrize("prepare, why", BAD.values(), ids=BAD.keys())
def test_without_good_keys_a_token_is_not_refused_but_cannot_be_checked(mfad, make_world, client, keys, users, prepare,
                                                                         why):
    prepare(keys, users)
    world = make_world(jwt=[users.uri_entry])
    check_unavailable(client, profile(world, users.token(world.tenant)))
    check_unavailable(client, info(users.token(world.tenant)))
    assert why in failure_of(mfad, keys.url())
    assert len(keys.requests) == 1  # not again for a few seconds; and no redirect was followed
    # Others are not concerned.
    check_taken(client, profile(world, world.secrets["1"], header="REB-APIKEY"))


def test_nobody_listens_and_then_somebody_does(make_world, client, keys, users, authority):
    port = keys.port
    world = make_world(jwt=[users.uri_entry])
    keys.stop()
    check_unavailable(client, profile(world, users.token(world.tenant)))
    later = KeyServer(authority, port)
    later.publish(users.jwk)
    try:
        wait_for(lambda: profile(world, users.token(world.tenant)).send(client).status == 200, "the keys to be fetched")
    finally:
        later.stop()


@pytest.fixture
def silent(keys):
    keys.held.clear()
    yield keys
    keys.held.set()


def test_an_issuer_that_does_not_answer_keeps_nobody_else_waiting(make_world, client, silent, users):
    world = make_world(jwt=[users.uri_entry])
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(profile(world, users.token(world.tenant)).send, client) for _ in range(8)]
        wait_for(lambda: silent.requests, "the fetch")
        begun = time.monotonic()
        for _ in range(20):
            check_taken(client, profile(world, world.secrets["1"], header="REB-APIKEY"))
        quick = time.monotonic() - begun
        assert not any(answer.done() for answer in waiting) or quick > 3
        assert {answer.result(PATIENCE).status for answer in waiting} == {503}
    assert len(silent.requests) == 1


def test_a_stop_does_not_wait_for_issuers(redis_server, key_file, authority, tmp_path, silent, users):
    server = start_mfad(tmp_path, redis_server, key_file, tokens_jwks_ca_file=authority / "ca.pem",
                        tokens_jwks_allow_private="true", http_drain="100ms")
    world = World(server, server.client(), jwt=[users.uri_entry])
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(profile(world, users.token(world.tenant)).send, server.client())
        wait_for(lambda: silent.requests, "the fetch")
        assert server.stop() == 0
        assert waiting.exception(PATIENCE) or waiting.result().status == 503


# ---- whom it trusts --------------------------------------------------------------------------------------------------


def test_a_certificate_of_somebody_else_is_not_believed(mfad, make_world, client, tmp_path, users):
    stranger = KeyServer(make_authority(tmp_path / "other"))
    stranger.publish(users.jwk)
    try:
        world = make_world(jwt=[users.uri_entry | {"jwks_uri": stranger.url()}])
        check_unavailable(client, profile(world, users.token(world.tenant)))
        assert stranger.requests == []
    finally:
        stranger.stop()


def test_nor_one_for_another_name(make_world, client, keys, users):
    world = make_world(jwt=[users.uri_entry | {"jwks_uri": keys.url("127.0.0.1")}])
    check_unavailable(client, profile(world, users.token(world.tenant)))
    assert keys.requests == []


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "2130706433"])
def test_private_addresses_are_not_asked_unless_that_is_allowed(redis_server, key_file, authority, tmp_path, keys, users,
                                                                host):
    server = start_mfad(tmp_path, redis_server, key_file, tokens_jwks_ca_file=authority / "ca.pem")
    try:
        world = World(server, server.client(), jwt=[users.uri_entry | {"jwks_uri": keys.url(host)}])
        check_unavailable(server.client(), profile(world, users.token(world.tenant)))
        assert "public" in failure_of(server, keys.url(host))
        assert keys.requests == []
    finally:
        assert server.stop() == 0


def test_the_proxy_of_the_environment_is_not_used(redis_server, key_file, authority, tmp_path, keys, users, monkeypatch):
    for name in ("https_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    server = start_mfad(tmp_path, redis_server, key_file, tokens_jwks_ca_file=authority / "ca.pem",
                        tokens_jwks_allow_private="true")
    try:
        world = World(server, server.client(), jwt=[users.uri_entry])
        check_taken(server.client(), profile(world, users.token(world.tenant)))
    finally:
        assert server.stop() == 0


def test_fetches_are_counted(mfad, make_world, client, keys, users):
    world = make_world(jwt=[users.uri_entry])
    check_taken(client, profile(world, users.token(world.tenant)))
    lines = [line for line in mfad.ops("/metrics").text.splitlines() if line.startswith("mfad_key_set_fetches_total")]
    counts = {line.split('"')[1]: float(line.split()[1]) for line in lines}
    assert counts["good"] >= 1 and "failed" in counts
