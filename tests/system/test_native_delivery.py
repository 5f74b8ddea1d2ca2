"""What the native API tells of the mail of an enrollment, with a worker that starts when the test says."""

import pytest

from harness import wait_for
from mail_site import mail_site
from world import World

RULES = [
    {"at": "rcpt", "match": "gone-box@", "reply": "550 5.1.1 no such user"},
    {"at": "end-of-data", "match": "busy-box@", "times": 1, "reply": "451 4.3.0 come back"},
]


@pytest.fixture
def site(tmp_path):
    with mail_site(tmp_path, *RULES) as site:
        yield site


@pytest.fixture
def world(site):
    server = site.start(worker_enabled="false")
    return World(server, server.client(), users=("gone", "busy", "fine", "2"))


def enroll(world, user, **body):
    world.native("PUT", f"users/{user}", {"email": f"{user}-box@{world.tenant}.example"})
    response = world.native("POST", f"users/{user}/enrollments", body)
    assert response.status == 201, response
    return response.json()["id"]


def delivery(world, enrollment):
    return world.native("GET", f"enrollments/{enrollment}").json()["delivery"]


def test_a_mail_is_pending_until_its_end_is_known(site, world):
    superseded = enroll(world, "fine")
    made = {user: enroll(world, user) for user in ("gone", "busy", "fine")}
    silent = enroll(world, "2", notify=False)
    assert {delivery(world, made[user]) for user in made} == {"pending"}
    assert (delivery(world, silent), delivery(world, superseded)) == ("none", "pending")

    site.start("worker")
    for user, end in (("gone", "dead"), ("fine", "sent")):
        wait_for(lambda: delivery(world, made[user]) == end, f"the mail of {user} to be {end}")
    wait_for(lambda: delivery(world, superseded) == "dropped", "the older mail to be dropped")
    wait_for(lambda: len(site.mail.offered(f"busy-box@{world.tenant}.example")) == 1, "the first attempt")
    assert delivery(world, made["busy"]) == "pending"
    site.queue.hasten()
    wait_for(lambda: delivery(world, made["busy"]) == "sent", "the second attempt")
    assert len(site.mail.taken(f"fine-box@{world.tenant}.example")) == 1
    assert delivery(world, silent) == "none"


def test_what_is_owed_to_a_removed_user_is_never_sent(site, world):
    owed = enroll(world, "fine")
    assert delivery(world, owed) == "pending"
    assert world.native("DELETE", "users/fine").status == 204
    last = enroll(world, "2")
    site.start("worker")
    wait_for(lambda: delivery(world, last) == "sent", "the other mail")
    wait_for(lambda: site.queue.unsettled() == 0, "an empty queue")
    assert site.mail.taken(f"fine-box@{world.tenant}.example") == []
    assert world.native("GET", f"enrollments/{owed}").status == 404
