"""Tokens as a host application signs them."""

import time

import jwt

USER_ISSUER, SERVER_ISSUER = "https://users.example", "https://servers.example"
USER_SECRET, SERVER_SECRET = "the users' secret, 32 characters", "the servers' secret, 32 chars ok"

# For a tenant's definition.
ISSUERS = [{"iss": USER_ISSUER, "alg": "HS256", "secret": USER_SECRET},
           {"iss": SERVER_ISSUER, "use": "server", "alg": "HS256", "secret": SERVER_SECRET}]


def sign(secret, claims):
    now = int(time.time())
    claims = {"iat": now, "exp": now + 600, **claims}
    return jwt.encode({name: value for name, value in claims.items() if value is not None}, secret, "HS256")


def user_token(world, user, *, secret=USER_SECRET, **claims):
    return sign(secret, {"iss": USER_ISSUER, "sub": user, "aud": world.tenant, **claims})


def server_token(world, *, secret=SERVER_SECRET, **claims):
    return sign(secret, {"iss": SERVER_ISSUER, "xsolla_login_project_id": world.tenant, **claims})
