"""Second factors at sign-in as a host application uses them, and an authenticator app of the tests' own."""

import base64
import hashlib
import hmac
import struct
import time

from harness import code_in, wait_for
from stored import user_key

PERIOD = 30


def totp(secret, step):
    """The code of a step (RFC 6238), of a secret in base32."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
    offset = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[offset:offset + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def step_now():
    return int(time.time()) // PERIOD


class SignIn:
    """A user at whose sign-in a host asks for a second factor."""

    def __init__(self, world, redis, user="1"):
        self.world, self.redis, self.user = world, redis, user

    # ---- factors -------------------------------------------------------------------------------------------------

    def enable(self, *factors):
        response = self.world.native("PATCH", f"users/{self.user}/mfa", {"enabled": list(factors)})
        assert response.status == 200, response

    def enroll_totp(self):
        """Binds an app; its secret, and the step whose code was spent."""
        offer = self.world.native("POST", f"users/{self.user}/factors/totp", {"label": "phone"})
        assert offer.status == 201, offer
        secret, step = offer.json()["secret"], step_now()
        confirmed = self.world.native("POST", f"users/{self.user}/factors/totp/confirm", {"code": totp(secret, step)})
        assert confirmed.status == 200, confirmed
        return secret, step

    def recovery_codes(self):
        response = self.world.native("POST", f"users/{self.user}/recovery-codes")
        assert response.status == 201, response
        return response.json()["codes"]

    def factor(self, kind):
        [found] = [f for f in self.world.native_state(self.user)["factors"] if f["type"] == kind]
        return found

    # ---- a challenge ---------------------------------------------------------------------------------------------

    def ask(self, **wish):
        return self.world.native("POST", f"users/{self.user}/challenges", wish)

    def challenge(self, **wish):
        response = self.ask(**wish)
        assert response.status == 201, response
        return response.json()["token"]

    def send(self, token):
        return self.world.native("POST", "challenges/send", {"token": token})

    def codes(self):
        mails = [m for m in self.world.mfad.mails() if m["To"] == self.world.address(self.user)]
        return [code_in(m) for m in mails if m["Subject"].startswith("Your code")]

    def mailed_code(self, token):
        before = len(self.codes())
        response = self.send(token)
        assert response.status == 202, response
        return wait_for(lambda: self.codes()[before:], "the mail with the code")[-1]

    def verify(self, token, factor, code):
        return self.world.native("POST", "challenges/verify", {"token": token, "factor": factor, "code": code})

    # ---- what lies in Redis, where time is made to go by ---------------------------------------------------------

    @property
    def key(self):
        return user_key(self.world, self.user)

    def forget_step(self):
        """As if the app had not been used for long."""
        self.redis.hset(self.key, "S", 0)

    def forget_gap(self):
        """As if the last code had been mailed long ago."""
        self.redis.hdel(self.key, "c")

    def failed_long_ago(self, factor_bit):
        """As if the last failure were a day old."""
        failures, last = struct.unpack("<Bd", self.redis.hget(self.key, f"F{factor_bit}"))
        self.redis.hset(self.key, f"F{factor_bit}", struct.pack("<Bd", failures, last - 86_400_000))
        return failures
