"""`mfad keys`: the key file of the installation. `mfad user` and `mfad outbox`: looking, without secrets."""

import json
import os
import stat

import pytest

from conftest import start_mfad
from console import Console
from harness import link_in
from world import World

ALL_CALLS = [("keys", "list"), ("keys", "add"), ("keys", "retire", "1"), ("key", "list"), ("user", "show", "a", "b"), ("outbox", "list"), ("serve",), ("worker",),
             ("import", "-")]


@pytest.fixture
def console(tmp_path, redis_server):
    return Console(tmp_path, redis_url=redis_server.url, crypto_key_file=tmp_path / "some" / "keys.json")


def key_file(console):
    return console.settings["crypto_key_file"]


def test_init_makes_a_private_file_and_the_folder_for_it(console):
    said = console.run("keys", "init")
    assert said.status == 0 and str(key_file(console)) in said.out
    assert stat.S_IMODE(key_file(console).stat().st_mode) == 0o600
    assert [path.name for path in key_file(console).parent.iterdir()] == ["keys.json"]


def test_init_heeds_no_umask(console):
    before = os.umask(0)
    try:
        console.run("keys", "init")
    finally:
        os.umask(before)
    assert stat.S_IMODE(key_file(console).stat().st_mode) == 0o600


def test_init_never_overwrites(console):
    console.run("keys", "init")
    before = key_file(console).read_bytes()
    assert console.run("keys", "init").refuses(str(key_file(console)), "exist")
    assert key_file(console).read_bytes() == before


def test_every_file_has_keys_of_its_own(console, tmp_path):
    console.run("keys", "init")
    console.run("keys", "init", crypto_key_file=tmp_path / "other.json")
    ours, theirs = (json.loads(path.read_text())["keys"] for path in (key_file(console), tmp_path / "other.json"))
    assert len(ours) == len(theirs) >= 3
    assert not {key["secret"] for key in ours} & {key["secret"] for key in theirs}
    assert len({key["secret"] for key in ours}) == len(ours)


def test_list_shows_every_key_and_no_secret(console):
    console.run("keys", "init")
    said = console.run("keys", "list")
    assert said.status == 0 and said.err == ""
    keys = json.loads(key_file(console).read_text())["keys"]
    heading, *shown = said.out.splitlines()
    assert heading.split()[0] == "ID" and len(shown) == len(keys)
    for line, key in zip(shown, keys):
        id, use, state, in_use, created, check, signs, *_ = line.split()
        assert (id, use, state, in_use) == (str(key["id"]), key["use"], key["state"], "yes")
        assert created[:19] == key["created"][:19] and len(check) == 16
        assert signs == key.get("alg", "-")
        assert key["secret"] not in said.out
    assert {key["use"] for key in keys} == {"seal", "pepper", "sign"}


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o620])
def test_a_file_that_others_may_use_is_refused(console, mode):
    console.run("keys", "init")
    key_file(console).chmod(mode)
    assert console.run("keys", "list").refuses(str(key_file(console)), "0600")


@pytest.mark.parametrize("call", ALL_CALLS, ids=" ".join)
def test_every_call_refuses_such_a_file(console, call):
    console.run("keys", "init")
    key_file(console).chmod(0o640)
    assert console.run(*call, stdin="").refuses(str(key_file(console)), "0600")


@pytest.mark.parametrize("call", ALL_CALLS, ids=" ".join)
def test_a_missing_file_is_named_and_not_made(console, call):
    assert console.run(*call, stdin="").refuses(str(key_file(console)))
    assert not key_file(console).exists()


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"version":1,"keys":[]}', '{"version":2,"keys":[]}', "\0" * 100])
def test_a_file_of_another_content_is_refused(console, content):
    key_file(console).parent.mkdir()
    key_file(console).write_text(content)
    key_file(console).chmod(0o600)
    assert console.run("keys", "list").refuses(str(key_file(console)), "expected")
    assert console.run("keys", "init").refuses(str(key_file(console)))


# ---- user show, outbox list -------------------------------------------------------------------------------------


def test_a_user_is_shown_without_secrets(mfad, world):
    link = world.rebilly("POST", "1").json()["_links"]
    world.set_user("2", enabled=["email"], last_auth_time="2026-01-02T03:04:05Z")
    text = mfad.call("user", "show", world.tenant, "1")
    assert world.secrets["1"] not in text and world.address("1") not in text
    assert not any(piece in text for entry in link for piece in entry["href"].split("#")[1:])
    shown = json.loads(mfad.call("user", "show", world.tenant, "2"))
    assert (shown["tenant"], shown["id"]) == (world.tenant, "2")
    assert shown["mfa"]["required"] == ["email"] and shown["mfa"]["active"] is True
    assert shown["mfa"]["last_auth_time"].startswith("2026-01-02T03:04:05")


@pytest.mark.parametrize("tenant, user", [("{tenant}", "99"), ("no-such-tenant", "1"), ("a/b", "1"), ("", "")])
def test_a_user_who_is_not_there_is_said_not_to_be(mfad, world, tenant, user):
    said = Console(mfad.directory, **mfad.settings).run("user", "show", tenant.format(tenant=world.tenant), user)
    assert said.status in (1, 2) and said.out == "" and said.err != ""
    assert user in said.err


def test_the_outbox_lists_what_is_owed_and_never_what_it_says(tmp_path, own_redis):
    key_file = tmp_path / "keys.json"
    server = start_mfad(tmp_path / "lone", own_redis, key_file, worker_enabled="false")
    try:
        world = World(server, server.client())
        href = next(link["href"] for link in world.rebilly("POST", "1").json()["_links"] if link["rel"] == "enrollment")
        listing = server.call("outbox", "list")
        [line] = [line for line in listing.splitlines() if f"{world.tenant}/1" in line]
        assert line.split()[1] == "due"
        assert href.split("#")[1] not in listing and world.address("1") not in listing
        assert f"{world.tenant}/1" not in server.call("outbox", "list", "--dead")
    finally:
        assert server.stop() == 0
    # Whoever comes later sends it.
    later = start_mfad(tmp_path / "later", own_redis, key_file)
    try:
        assert link_in(later.mail_to(world.address("1"))).split("#")[1] == href.split("#")[1]
        assert f"{world.tenant}/1" not in later.call("outbox", "list")
    finally:
        assert later.stop() == 0
