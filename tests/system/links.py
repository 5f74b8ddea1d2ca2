"""Enrollment links as their page uses them, and their records in Redis, where time is made to go by."""

import struct

from harness import code_in, wait_for

LINK_END = 3  # where a link's record has its end (src/store/scripts/lib/link_record.lua)


class Link:
    """A link of a user's, made by his Rebilly POST unless a token is given."""

    def __init__(self, world, user="1", token=None):
        self.world, self.user = world, user
        if token is None:
            response = world.rebilly("POST", user)
            assert response.status == 201, response
            token = response.json()["_links"][1]["href"].split("#")[1]
        self.token = token

    def ask(self, call, headers=None, **message):
        return self.world.client.post(f"/enroll/api/{call}", headers=headers,
                                      json_body={"token": self.token, **message})

    def view(self):
        response = self.ask("link")
        assert response.status == 200, response
        return response.json()

    @property
    def state(self):
        return self.view()["state"]

    def send(self):
        """Has a code mailed, and reads it."""
        before = len(self.codes())
        response = self.ask("code")
        assert response.status == 200, response
        return self.wait_for_code(before)

    def wait_for_code(self, after=0):
        """The newest code, once there are more than `after`."""
        return wait_for(lambda: self.codes()[after:], "the mail with the code")[-1]

    def mails(self):
        """All that was mailed to the user, in order."""
        return [m for m in self.world.mfad.mails() if m["To"] == self.world.address(self.user)]

    def codes(self):
        return [code_in(m) for m in self.mails() if m["Subject"].startswith("Your code")]

    def verify(self, code):
        return self.ask("verify", code=code)


def another(code, by=1):
    """A code that is not this one."""
    return str((int(code) + by) % 10 ** len(code)).zfill(len(code))


class Records:
    """What lies in Redis of a user and his link."""

    def __init__(self, redis_server, world, user="1"):
        self.redis = redis_server.connection()
        self.user, = self.redis.keys(f"mfa:*:u:*{world.tenant}:{user}")
        self.partition = self.user.split(b":")[1].decode()

    @property
    def link(self):
        """The record of the last link."""
        return f"mfa:{self.partition}:enr:{self.redis.hget(self.user, 'g').decode()}"

    def content(self):
        return {key: self.redis.dump(key) for key in (self.user, self.link, self.events)}

    @property
    def events(self):
        """What happened to it."""
        return f"{self.link}:e"

    def expire_link(self):
        assert self.redis.setrange(self.link, LINK_END, struct.pack("<d", 1)) > LINK_END + 8

    def expire_code(self, turn):
        assert self.redis.hexists(self.events, f"e{turn}")
        self.redis.hset(self.events, f"e{turn}", 1)

    def forget_gap(self):
        """As if the last code had been mailed long ago."""
        self.redis.hdel(self.user, "c")

    def forget_budget(self):
        self.redis.hdel(self.user, "c", "d")

    def enroll_totp_alone(self):
        """As if TOTP were his one factor, and asked for."""
        settings = int(self.redis.hget(self.user, "s"))
        self.redis.hset(self.user, "s", settings & ~0xFFFF00 | 2 << 8 | 2 << 16)
