"""What the dialects' calls on factors and challenges need in order to succeed, beyond the examples of their documents."""

import json
import urllib.parse

from authenticator import Passkey, b64
from passkeys import passkey_user
from sign_in import SignIn, step_now, totp

WIDGET = "https://login.example"
OPTIONS = {"xsolla.callback_url": "https://game.example/second", "xsolla.widget_origins": [WIDGET]}


class SecondStep:
    """Requests that succeed once, made anew for each time. Of user 1."""

    def __init__(self, world, redis):
        self.world, self.user = world, SignIn(world, redis)

    def request(self, operation):
        """Query, headers and body by an operation's name, or nothing for one that needs nothing of this."""
        name = operation.id.removesuffix("ByQuery")
        made = {"userAuthCodeVerify": self.navixy, "userAuthCodeResend": self.navixy, "otp-validate": self.xsolla,
                "update-users-mfa": self.own, "otp-resend": self.xsolla, "preflight-otp-validate": self.xsolla, "preflight-otp-resend": self.xsolla,
                "authWithTotp": self.quiva, "authWithRecoveryCode": self.quiva,
                "confirmTotpRegistration": self.confirmation, "removeTotp": self.removal,
                "completePasskeyRegistration": self.passkey_registration, "removePasskey": self.passkey_removal,
                "removeAllPasskeys": self.passkey_removal, "completeAuthWithPasskey": self.passkey_sign_in}.get(name)
        if not made:
            return None
        self.user.redis.hdel(self.user.key, "c", "d")  # gap and budget of codes
        return made(operation, name)

    def navixy(self, operation, name):
        token = self.user.challenge()
        parameters = {"code": self.user.mailed_code(token)} if name == "userAuthCodeVerify" else {}
        headers = {"Authorization": f"NVX {token}"}
        if operation.method == "get":
            return "?" + urllib.parse.urlencode(parameters), headers, None
        return "", headers, parameters

    def xsolla(self, operation, name):
        token = self.user.challenge()
        parameters = {"challenge_id": token}
        if name == "otp-validate":
            parameters |= {"code": self.user.mailed_code(token), "remember_me": "false"}
        body = {"locale": "en_US"} if operation.method == "put" else None
        return "?" + urllib.parse.urlencode(parameters), {"Origin": WIDGET}, body

    def own(self, operation, name):
        return "", {"Authorization": f"Bearer {self.world.secrets['1']}"}, {"mfa_type": "email", "enabled": True}

    def quiva(self, operation, name):
        if name == "authWithTotp":
            secret, step = self.user.enroll_totp()
            code = totp(secret, step + 1)
        else:
            code = self.user.recovery_codes()[0]
        return "", {}, {"token": self.user.challenge(), "code": code}

    def confirmation(self, operation, name):
        secret = self.world.quiva("POST", "1", path="/accounts/generate-totp-key").json()["data"]["secret"]
        return "", self.key, {"code": totp(secret, step_now()), "secret": secret}

    def removal(self, operation, name):
        self.user.enroll_totp()
        return "", self.key, None

    def passkey_user(self):
        return passkey_user(self.world, self.user.redis)

    def passkey_registration(self, operation, name):
        self.passkey_user()
        options = self.world.quiva("POST", "1", path="/accounts/begin-passkey-registration").json()["data"]
        return "", self.key, {"credential": Passkey().create(options), "credential_alias": "phone"}

    def passkey_removal(self, operation, name):
        passkey = self.passkey_user().enroll_passkey()
        return "", self.key, {"id": b64(passkey.id)} if name == "removePasskey" else None

    def passkey_sign_in(self, operation, name):
        user = self.passkey_user()
        passkey = user.enroll_passkey()
        token, options = user.begin()
        return "", {}, {"token": token, "credential": json.dumps(passkey.get(options))}

    @property
    def key(self):
        return {"X-Api-Key": self.world.secrets["1"]}
