"""A tenant with users and credentials of every kind, made anew for each test that asks for one."""

import datetime
import secrets

from harness import random_secret

ALL_PERMISSIONS = {"users": ["read", "update", "create", "delete"], "tenant": ["read", "update"]}


def ago(seconds):
    """A time in the past, as imports have it."""
    time = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=seconds)
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class World:
    """What a test has to do with: one tenant, and how to speak for him and his users in each dialect.

    Users' ids are decimal, so that every dialect can name them.
    """

    def __init__(self, mfad, client, *, users=("1", "2", "3"), tenant=None, options=None, **definition):
        self.mfad, self.client = mfad, client
        self.tenant = tenant or "t" + secrets.token_hex(6)
        self.server_key = random_secret("server")
        self.session = secrets.token_hex(16)
        self.secrets = {user: random_secret("secret") for user in users}
        entries = [{"tenant": {"id": self.tenant, "options": options or {}, **definition}}]
        entries += [{"user": {"tenant": self.tenant, "id": user, "email": self.address(user)}} for user in users]
        entries += [
            self.credential("server", self.server_key, permissions=ALL_PERMISSIONS),
            self.credential("session", self.session, permissions={"users": ["read", "update"]}),
            *(self.credential("secret", secret, user=user) for user, secret in self.secrets.items()),
        ]
        mfad.load(*entries)

    def address(self, user):
        return f"u{user}@{self.tenant}.example"

    def credential(self, kind, secret, **more):
        return {"credential": {"tenant": self.tenant, "kind": kind, "secret": secret, **more}}

    def set_user(self, user, **mfa):
        """Sets a user's MFA state as an import does."""
        self.mfad.load({"user": {"tenant": self.tenant, "id": user, "email": self.address(user), "mfa": mfa}})

    # ---- the main calls of each dialect --------------------------------------------------------------------------

    def xsolla(self, method, user=None, body=None, *, key=None, headers=None, path=None):
        path = path or (f"/projects/{self.tenant}/users/{user}/mfa" if user else f"/projects/{self.tenant}/mfa")
        headers = {"X-SERVER-AUTHORIZATION": key or self.server_key, **(headers or {})}
        return self.client.request(method, path, headers=headers, json_body=body)

    def rebilly(self, method, user, *, path=None, headers=None):
        path = path or f"/organizations/{self.tenant}/profile/mfa"
        return self.client.request(method, path, headers={"REB-APIKEY": self.secrets[user], **(headers or {})})

    def quiva(self, method, user, body=None, *, path="/accounts/mfa-settings", headers=None):
        headers = {"X-Api-Key": self.secrets[user], **(headers or {})}
        return self.client.request(method, path, headers=headers, json_body=body)

    def navixy(self, call, body=None, *, headers=None):
        headers = {"Authorization": f"NVX {self.session}", **(headers or {})}
        return self.client.post(f"/panel/{call}", headers=headers, json_body=body or {})

    def navixy_update(self, settings, *ids):
        target = {"type": "selected", "ids": list(ids)} if ids else {"type": "all"}
        return self.navixy("user/mfa/settings/update", {"target": target, "settings": settings})

    def native(self, method, path, body=None, *, key=None, headers=None):
        headers = {"Authorization": f"Bearer {key or self.server_key}", **(headers or {})}
        return self.client.request(method, f"/v1/{path}", headers=headers, json_body=body)

    # ---- what the dialects show ----------------------------------------------------------------------------------

    def xsolla_state(self, user):
        response = self.xsolla("GET", user)
        assert response.status == 200, response
        return response.json()

    def rebilly_state(self, user):
        response = self.rebilly("GET", user)
        assert response.status == 200, response
        return response.json()

    def quiva_state(self, user):
        response = self.quiva("GET", user, path="/accounts/user-mfa-info")
        assert response.status == 200, response
        return response.json()["data"]

    def native_state(self, user):
        response = self.native("GET", f"users/{user}/mfa")
        assert response.status == 200, response
        return response.json()

    def with_permissions(self, **permissions):
        """A server key that may do this and nothing else."""
        key = random_secret("server")
        self.mfad.load(self.credential("server", key, permissions=permissions))
        return key


class ClientOf:
    """A world that is spoken to over a connection of its own."""

    def __init__(self, world, client):
        self.server_key, self.client = world.server_key, client


ALLOWED = {"type": "allowed", "factor_types": ["email"]}
DISALLOWED = {"type": "disallowed"}
