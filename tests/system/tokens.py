"""Issuers of signed tokens, as hosts have them."""

import base64
import functools
import json
import secrets
import time

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

ALGORITHMS = ("HS256", "RS256", "ES256", "EdDSA")


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def octets(number, size=None):
    return number.to_bytes(size or (number.bit_length() + 7) // 8, "big")


@functools.lru_cache(maxsize=None)
def private_key(algorithm, name=""):
    """Made once a run for each algorithm and name: RSA takes its time."""
    if algorithm == "RS256":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    if algorithm == "ES256":
        return ec.generate_private_key(ec.SECP256R1())
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    return secrets.token_urlsafe(48)


class Issuer:
    """One entry of a tenant's `jwt`, and the tokens that it stands for."""

    def __init__(self, name, algorithm="HS256", *, use="user", kid=None, key="", **entry):
        self.name, self.algorithm, self.use, self.kid = name, algorithm, use, kid
        self.key = private_key(algorithm, key or name)
        self.more = entry

    @property
    def jwk(self):
        """The key that checks, as a JWK."""
        members = {"alg": self.algorithm, "use": "sig", **({"kid": self.kid} if self.kid else {})}
        if self.algorithm == "HS256":
            return {"kty": "oct", "k": b64(self.key.encode()), **members}
        public = self.key.public_key()
        if self.algorithm == "EdDSA":
            raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
            return {"kty": "OKP", "crv": "Ed25519", "x": b64(raw), **members}
        numbers = public.public_numbers()
        if self.algorithm == "RS256":
            return {"kty": "RSA", "n": b64(octets(numbers.n)), "e": b64(octets(numbers.e)), **members}
        return {"kty": "EC", "crv": "P-256", "x": b64(octets(numbers.x, 32)), "y": b64(octets(numbers.y, 32)), **members}

    @property
    def entry(self):
        """As the tenant's definition has it."""
        keys = {"alg": "HS256", "secret": self.key} if self.algorithm == "HS256" and not self.kid else {
            "jwks": {"keys": [self.jwk]}}
        return {"iss": self.name, "use": self.use, **keys, **self.more}

    def claims(self, tenant, sub="1", **more):
        """Claims of a token that is good, changed by `more`; None takes one out."""
        now = int(time.time())
        claims = {"iss": self.name, "aud": tenant, "sub": sub, "iat": now, "exp": now + 600, **more}
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, tenant, sub="1", *, headers=None, **more):
        return self.sign(self.claims(tenant, sub, **more), headers=headers)

    def sign(self, claims, headers=None):
        headers = {**({"kid": self.kid} if self.kid else {}), **(headers or {})}
        return jwt.encode(claims, self.key, algorithm=self.algorithm, headers=headers)


def unsigned(header, claims, signature=b""):
    """A token put together by hand."""
    return ".".join([b64(json.dumps(header).encode()), b64(json.dumps(claims).encode()), b64(signature)])


# A tenant's two issuers where a test asks for no more: of its users, and of its servers.
USERS, SERVERS = Issuer("https://users.example"), Issuer("https://servers.example", use="server")
ISSUERS = [USERS.entry, SERVERS.entry]


def user_token(world, user, **claims):
    return USERS.token(world.tenant, user, **claims)


def server_token(world, **claims):
    """As Xsolla's servers sign them."""
    return SERVERS.token(world.tenant, **{"sub": None, "aud": None, "xsolla_login_project_id": world.tenant, **claims})


def claims_of(world, access_token):
    """What a token says, to somebody who has only the published keys."""
    keys = jwt.PyJWKSet.from_dict(world.client.get("/.well-known/jwks.json").json())
    header = jwt.get_unverified_header(access_token)
    [key] = [k for k in keys.keys if k.key_id == header["kid"]]
    return jwt.decode(access_token, key.key, algorithms=[header["alg"]], audience=world.tenant)
