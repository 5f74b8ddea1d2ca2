"""Visits of the pages as their script makes them: what follows the button on a link's page."""

from harness import wait_for
from links import Link
from sign_in import step_now, totp


class Visit:
    """A visit that a link of a user's begins; `server=True` has a server cause the link."""

    def __init__(self, world, user="1", *, link=None, server=False):
        self.world, self.user = world, user
        self.link = link or (server_link(world, user) if server else Link(world, user))
        self.begun = self.link.ask("begin")
        self.session = self.begun.json().get("session")

    def ask(self, call, headers=None, **message):
        """The answer; a session that comes with it is kept."""
        response = self.world.client.post(f"/enroll/api/{call}", headers=headers,
                                          json_body={"session": self.session, **message})
        if response.status == 200 and "session" in response.json():
            self.session = response.json()["session"]
        return response

    def done(self, call, **message):
        response = self.ask(call, **message)
        assert response.status == 200, response
        return response.json()

    @property
    def status(self):
        return self.done("status")

    @property
    def factors(self):
        return [factor["type"] for factor in self.status["factors"]]

    # ---- the challenge -------------------------------------------------------------------------------------------

    @property
    def challenge(self):
        return self.begun.json()["challenge"]

    def codes(self):
        return self.link.codes()

    def mailed_code(self, call="challenge/send"):
        before = len(self.codes())
        self.done(call)
        return wait_for(lambda: self.codes()[before:], "the mail with the code")[-1]

    def verify(self, factor, code):
        return self.ask("challenge/verify", factor=factor, code=code)

    def prove_by_email(self):
        response = self.verify("email", self.mailed_code())
        assert response.status == 200, response
        return response.json()

    # ---- factors -------------------------------------------------------------------------------------------------

    def add_totp(self, label=""):
        """Binds an app; its secret, and the step whose code was spent."""
        secret, step = self.done("totp")["secret"], step_now()
        self.done("totp/confirm", code=totp(secret, step), label=label)
        return secret, step

    def recovery_codes(self):
        return self.done("recovery-codes")["codes"]


def server_link(world, user="1", **wish):
    """A link that a server caused."""
    response = world.native("POST", f"users/{user}/enrollments", wish)
    assert response.status == 201, response
    return Link(world, user, token=response.json()["href"].split("#")[1])


def state(response):
    return response.status, response.json()["state"]


def notices(world, subject, user="1", *, address=None):
    """The user's mails, or those to another address, with this in their subject."""
    address = address or world.address(user)
    return [m for m in world.mfad.mails() if m["To"] == address and subject in m["Subject"]]
