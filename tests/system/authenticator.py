"""An authenticator and a browser of the tests' own (W3C Web Authentication Level 3): passkeys without a screen."""

import base64
import datetime
import hashlib
import json
import secrets
import struct

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

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

    if isinstance(value, list):
        return head(4, len(value)) + b"".join(cbor(item) for item in value)
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    return head(5, len(value)) + b"".join(cbor(k) + cbor(v) for k, v in value.items())


ES256, EDDSA, RS256 = -7, -8, -257


def big_endian(number):
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


class Maker:
    """Who makes authenticators, and vouches for their models (section 8.2.1)."""

    def __init__(self, aaguid):
        self.aaguid = aaguid
        self.root_key, self.key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        root = self.name("Acme Root", "Root")
        self.root = self.certificate(root, root, self.root_key.public_key(), ca=True)
        subject = self.name("Acme Key 1", "Authenticator Attestation")
        self.leaf = self.certificate(root, subject, self.key.public_key(), ca=False)

    @staticmethod
    def name(common, unit):
        oid = x509.NameOID
        parts = ((oid.COUNTRY_NAME, "DE"), (oid.ORGANIZATION_NAME, "Acme"), (oid.ORGANIZATIONAL_UNIT_NAME, unit),
                 (oid.COMMON_NAME, common))
        return x509.Name([x509.NameAttribute(*part) for part in parts])

    def certificate(self, issuer, subject, key, ca):
        now = datetime.datetime.utcnow()
        made = (x509.CertificateBuilder().issuer_name(issuer).subject_name(subject).public_key(key)
                .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
                .not_valid_after(now + datetime.timedelta(days=1))
                .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True))
        if not ca:
            oid = x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")
            made = made.add_extension(x509.UnrecognizedExtension(oid, b"\x04\x10" + self.aaguid), critical=False)
        return made.sign(self.root_key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    def statement(self, signed):
        return {"alg": ES256, "sig": self.key.sign(signed, ec.ECDSA(hashes.SHA256())), "x5c": [self.leaf]}


class Passkey:
    """One credential. What an answer holds can be bent by `**bends`: origin, rp_id, challenge, flags, count, …"""

    def __init__(self, *, flags=UP | UV, counting=True, aaguid=bytes(16), alg=ES256, maker=None):
        self.alg, self.maker = alg, maker
        self.key = {ES256: lambda: ec.generate_private_key(ec.SECP256R1()), EDDSA: ed25519.Ed25519PrivateKey.generate,
                    RS256: lambda: rsa.generate_private_key(65537, 2048)}[alg]()
        self.id = secrets.token_bytes(32)
        self.flags, self.counting, self.aaguid = flags, counting, maker.aaguid if maker else aaguid
        self.count = 0
        self.user_handle = None

    @property
    def factor_id(self):
        return "passkey_" + b64(hashlib.sha256(self.id).digest()[:16])

    def public_key(self):
        if self.alg == EDDSA:
            raw = self.key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
            return cbor({1: 1, 3: EDDSA, -1: 6, -2: raw})
        numbers = self.key.public_key().public_numbers()
        if self.alg == RS256:
            return cbor({1: 3, 3: RS256, -1: big_endian(numbers.n), -2: big_endian(numbers.e)})
        return cbor({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})

    def sign(self, data):
        if self.alg == EDDSA:
            return self.key.sign(data)
        if self.alg == RS256:
            return self.key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        return self.key.sign(data, ec.ECDSA(hashes.SHA256()))

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
        client_data = self.client_data("create", options, **bends)
        statement = self.maker.statement(data + hashlib.sha256(client_data).digest()) if self.maker else {}
        attestation = {"fmt": "packed" if self.maker else "none", "attStmt": statement, "authData": data}
        return {"id": b64(self.id), "rawId": b64(self.id), "type": "public-key", "clientExtensionResults": {},
                "response": {"clientDataJSON": b64(client_data), "attestationObject": b64(cbor(attestation)),
                             "transports": ["internal", "hybrid"]}}

    def get(self, options, *, rp_id=None, flags=None, count=None, user_handle=True, **bends):
        """What `navigator.credentials.get()` gives: an AuthenticationResponseJSON."""
        client_data = self.client_data("get", options, **bends)
        data = self.authenticator_data(rp_id or options["rpId"], self.flags if flags is None else flags,
                                       self.next_count() if count is None else count)
        signature = self.sign(data + hashlib.sha256(client_data).digest())
        return {"id": b64(self.id), "rawId": b64(self.id), "type": "public-key", "clientExtensionResults": {},
                "response": {"clientDataJSON": b64(client_data), "authenticatorData": b64(data),
                             "signature": b64(signature), "userHandle": self.user_handle if user_handle else None}}
