"""An authenticator and a browser of the tests' own (W3C Web Authentication Level 3): passkeys without a screen."""

import base64
import hashlib
import json
import secrets
import struct

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

UP, UV, BE, BS, AT = 1, 4, 8, 16, 64
ORIGIN = "https://login.acme.example"
RP_ID = "acme.example"
WEBAUTHN = {"rp_id": RP_ID, "origins": [ORIGIN]}


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def cbor(value):
    """Canonical CBOR of what attestation objects are made of."""
    def head(major, number):
        if number < 24:
            return bytes([major << 5 | number])
        size = next(i for i in range(3) if number < 1 << (8 << i))
        return bytes([major << 5 | 24 + size]) + number.to_bytes(1 << size, "big")

    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    return head(5, len(value)) + b"".join(cbor(k) + cbor(v) for k, v in value.items())


class Passkey:
    """One credential. What an answer holds can be bent by `**bends`: origin, rp_id, challenge, flags, count, …"""

    def __init__(self, *, flags=UP | UV, counting=True, aaguid=bytes(16)):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(32)
        self.flags, self.counting, self.aaguid = flags, counting, aaguid
        self.count = 0
        self.user_handle = None

    @property
    def factor_id(self):
        return "passkey_" + b64(hashlib.sha256(self.id).digest()[:16])

    def public_key(self):
        numbers = self.key.public_key().public_numbers()
        return cbor({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})

    def client_data(self, kind, options, *, origin=ORIGIN, challenge=None, **members):
        data = {"type": f"webauthn.{kind}", "challenge": challenge or options["challenge"], "origin": origin,
                "crossOrigin": False, **members}
        return json.dumps(data, separators=(",", ":")).encode()

    def authenticator_data(self, rp_id, flags, count, attested=b""):
        return hashlib.sha256(rp_id.encode()).digest() + struct.pack(">BI", flags, count) + attested

    def next_count(self):
        self.count += self.counting
        return self.count

    def create(self, options, *, rp_id=None, flags=None, count=None, **bends):
        """What `navigator.credentials.create()` gives: a RegistrationResponseJSON."""
        self.user_handle = options["user"]["id"]
        attested = self.aaguid + struct.pack(">H", len(self.id)) + self.id + self.public_key()
        data = self.authenticator_data(rp_id or options["rp"]["id"], (self.flags if flags is None else flags) | AT,
                                       self.next_count() if count is None else count, attested)
        return {"id": b64(self.id), "rawId": b64(self.id), "type": "public-key", "clientExtensionResults": {},
                "response": {"clientDataJSON": b64(self.client_data("create", options, **bends)),
                             "attestationObject": b64(cbor({"fmt": "none", "attStmt": {}, "authData": data})),
                             "transports": ["internal", "hybrid"]}}

    def get(self, options, *, rp_id=None, flags=None, count=None, user_handle=True, **bends):
        """What `navigator.credentials.get()` gives: an AuthenticationResponseJSON."""
        client_data = self.client_data("get", options, **bends)
        data = self.authenticator_data(rp_id or options["rpId"], self.flags if flags is None else flags,
                                       self.next_count() if count is None else count)
        signature = self.key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
        return {"id": b64(self.id), "rawId": b64(self.id), "type": "public-key", "clientExtensionResults": {},
                "response": {"clientDataJSON": b64(client_data), "authenticatorData": b64(data),
                             "signature": b64(signature), "userHandle": self.user_handle if user_handle else None}}
