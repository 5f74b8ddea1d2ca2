"""A user's passkeys as a host application binds and checks them over the native API."""

from authenticator import WEBAUTHN, Passkey
from harness import wait_for
from sign_in import SignIn


class PasskeyUser(SignIn):
    def offer(self):
        response = self.world.native("POST", f"users/{self.user}/factors/passkey")
        assert response.status == 201, response
        return response.json()["publicKey"]

    def confirm(self, credential, **more):
        return self.world.native("POST", f"users/{self.user}/factors/passkey/confirm", {"credential": credential, **more})

    def enroll_passkey(self, label="laptop", **made):
        passkey = Passkey(**made)
        response = self.confirm(passkey.create(self.offer()), label=label)
        assert response.status == 200, response
        return passkey

    def begin(self, **wish):
        """A challenge; its token and what the browser is asked for."""
        response = self.ask(**wish)
        assert response.status == 201, response
        return response.json()["token"], response.json()["passkey"]["publicKey"]

    def assert_passkey(self, token, credential):
        return self.world.native("POST", "challenges/verify", {"token": token, "factor": "passkey", "credential": credential})

    def pass_with(self, passkey, **bends):
        token, options = self.begin()
        return self.assert_passkey(token, passkey.get(options, **bends))

    def passkeys(self):
        return [f for f in self.world.native_state(self.user)["factors"] if f["type"] == "passkey"]

    def passkey(self, passkey):
        [found] = [f for f in self.passkeys() if f["id"] == passkey.factor_id]
        return found

    @property
    def failures(self):
        stored = self.redis.hget(self.key, "F4")
        return stored[0] if stored else 0

    def owners(self):
        """The look-ups of passkeys that lead to users of this tenant."""
        claims = [self.redis.get(key) for key in self.redis.scan_iter(match="mfa:*:wc:*", count=10_000)]
        return [claim for claim in claims if self.world.tenant.encode() in claim]


def passkey_user(world, redis=None):
    """User 1 of a tenant that is given a record of its own."""
    user = PasskeyUser(world, redis)
    assert world.native("PATCH", "tenant", {"webauthn": WEBAUTHN}).status == 204
    # The change reaches this thread's cache in a moment.
    wait_for(lambda: user.offer()["rp"]["id"] == WEBAUTHN["rp_id"], "the new record")
    return user
