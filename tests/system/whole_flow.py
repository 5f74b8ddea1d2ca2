"""One run through all that the product does, remembering every secret that passed."""

import http.client
import json
import secrets
import time

import jwt

from harness import code_in, link_in, random_secret
from world import ALLOWED, World


class WholeFlow:
    """Uses the calls of every dialect, right and wrong, with credentials of every kind."""

    def __init__(self, mfad):
        self.mfad = mfad
        self.secrets = set()
        self.request_ids = []
        self.client = mfad.client(observe=lambda method, path, response: self.noted(response))
        self.user_key = self.secret("jwt-user-key-" + secrets.token_hex(20))
        self.server_key = self.secret("jwt-server-key-" + secrets.token_hex(20))
        tenant = "t" + secrets.token_hex(6)
        self.world = World(mfad, self.client, tenant=tenant, jwt=[
            {"iss": "https://users.example", "use": "user", "alg": "HS256", "secret": self.user_key},
            {"iss": "https://servers.example", "use": "server", "alg": "HS256", "secret": self.server_key},
        ])
        for secret in (self.world.server_key, self.world.session, *self.world.secrets.values(),
                       *map(self.world.address, self.world.secrets)):
            self.secret(secret)
        self.password = self.secret("panel-password-" + secrets.token_hex(12))
        mfad.load({"panel_account": {"tenant": tenant, "login": f"boss-{tenant}", "password": self.password,
                                     "permissions": {"users": ["read", "update"]}}})

    def secret(self, text):
        self.secrets.add(text)
        return text

    def noted(self, response):
        self.request_ids.append(response.header("X-Request-Id"))
        return response

    def token(self, key, **claims):
        now = int(time.time())
        claims = {"iss": "https://users.example", "sub": "1", "aud": self.world.tenant, "iat": now, "exp": now + 600,
                  **claims}
        return self.secret(jwt.encode(claims, key, algorithm="HS256"))

    def run(self):
        self.sign_in_with_tokens()
        self.sign_in_to_the_panel()
        self.use_wrong_credentials()
        self.enroll("1")
        self.send_what_is_malformed()
        self.call_the_command_line()

    # ---- what is right -------------------------------------------------------------------------------------------

    def sign_in_with_tokens(self):
        world = self.world
        server = self.token(self.server_key, iss="https://servers.example", sub="x")
        for header in (server, f"Bearer {server}"):
            assert world.xsolla("GET", "1", key=header).status == 200
        user = self.token(self.user_key)
        for path in ("/profile/mfa", f"/organizations/{world.tenant}/profile/mfa"):
            assert self.client.get(path, headers={"Authorization": f"Bearer {user}"}).status == 200
        bearer = {"Authorization": f"Bearer {user}"}
        assert self.client.get("/accounts/user-mfa-info", headers=bearer).status == 200
        assert world.xsolla("POST", "2", {"enabled": True, "mfa_type": "email"}).status == 204
        assert world.quiva("PATCH", "3", {"totp_enabled": True}).status == 200

    def sign_in_to_the_panel(self):
        world, client = self.world, self.client
        login = f"boss-{world.tenant}"
        query = f"/panel/account/auth?login={login}&password={self.password}"
        answers = [client.get(query), client.post("/v2/panel/account/auth", form={"login": login, "password": self.password}),
                   client.post("/panel/account/auth/", json_body={"login": login, "password": self.password})]
        assert [answer.status for answer in answers] == [200] * 3
        by_query, by_form, by_json = [self.secret(answer.json()["hash"]) for answer in answers]
        settings = {"target": {"type": "selected", "ids": [1]}, "settings": ALLOWED}
        assert client.get(f"/panel/user/mfa/settings/default/read?hash={by_query}").status == 200
        in_form = {"hash": by_form, "target": json.dumps(settings["target"]), "settings": json.dumps(ALLOWED)}
        assert client.post("/panel/user/mfa/settings/update", form=in_form).status == 200
        assert client.post("/panel/user/mfa/settings/update", json_body={"hash": by_json, **settings}).status == 200
        assert client.get(f"/v2/panel/account/logout?hash={by_query}").status == 200

    def enroll(self, user):
        """Follows a link to its end, with one wrong code on the way."""
        address = self.world.address(user)
        response = self.world.rebilly("POST", user, headers={"Idempotency-Key": "one-" + user})
        token = self.secret(response.json()["_links"][1]["href"].split("#")[1])
        assert link_in(self.mfad.mail_to(address)).endswith(token)
        self.page("link", token=token)
        begun = self.page("begin", token=token).json()
        session = self.secret(begun["session"])
        # Whose MFA is active proves it first.
        send, verify, more = ("challenge/send", "challenge/verify", {"factor": "email"}) if begun["challenge"] else (
            "code", "verify", {})
        assert self.page(send, session=session).status == 200
        code = self.secret(code_in(self.mfad.mail_to(address, after=1)))
        wrong = self.secret(str((int(code) + 1) % 10 ** len(code)).zfill(len(code)))
        assert self.page(verify, session=session, code=wrong, **more).status == 422
        passed = self.page(verify, session=session, code=code, **more)
        assert passed.status == 200, passed
        self.secret(passed.json().get("session", session))
        # The session of before the code: its challenge is passed, or, since MFA is active now, has to prove itself.
        assert self.page(verify, session=session, code=code, **more).status == (410 if begun["challenge"] else 403)
        assert self.page("link", token=self.secret(secrets.token_urlsafe(26))).json() == {"state": "unknown"}

    def page(self, call, **message):
        return self.client.post(f"/enroll/api/{call}", json_body=message)

    # ---- what is wrong -------------------------------------------------------------------------------------------

    def use_wrong_credentials(self):
        """A mistyped secret is one as well."""
        world, client = self.world, self.client
        wrong = self.secret(random_secret("mistyped"))
        forged = self.token("another-key-" + secrets.token_hex(20))
        late = self.token(self.user_key, iat=1000, exp=2000)
        for key in (wrong, forged, late, f"Bearer {wrong}", self.world.secrets["1"]):
            assert world.xsolla("GET", "1", key=key).status == 401
            assert client.get("/profile/mfa", headers={"REB-APIKEY": key + "x"}).status == 401
            assert client.get("/accounts/user-mfa-info", headers={"X-Api-Key": key + "x"}).status == 401
            assert client.get("/profile/mfa", headers={"Authorization": key}).status == 401
        for wrong_hash in (self.secret(secrets.token_hex(16)), wrong, "not a hash " + wrong):
            assert client.get("/panel/account/get_permissions", headers={"Authorization": f"NVX {wrong_hash}"}).status == 400
        assert client.post("/panel/account/auth", form={"login": f"boss-{world.tenant}", "password": wrong}).status == 400
        assert client.get(f"/panel/account/auth?login={wrong}&password={wrong}").status == 400

    def send_what_is_malformed(self):
        """Secrets in places where they do not belong, and in what cannot be read."""
        secret, client = self.secret(random_secret("misplaced")), self.client
        for path in (f"/enroll/{secret}", f"/enroll/assets/{secret}", f"/api/otp/validate?code={secret}", f"/{secret}",
                     f"/projects/{secret}/users/{secret}/mfa?token={secret}", f"/panel/user/{secret}?hash={secret}",
                     f"/organizations/{secret}/profile/mfa", f"/accounts/{secret}", f"/v1/users/{secret}"):
            for method in ("GET", "POST", "DELETE", "PATCH"):
                assert client.request(method, path, body=secret).status >= 400
        server = {"X-SERVER-AUTHORIZATION": self.world.server_key}
        path = f"/projects/{self.world.tenant}/users/1/mfa"
        for body in (f'{{"mfa_type":"{secret}"}}', f'{{"{secret}":', f'{{"mfa_type":1,"enabled":"{secret}"}}', secret * 3000):
            assert client.post(path, headers=server, body=body).status >= 400
        for body in (f'{{"token":"{secret}","code":"{secret}"}}', f'{{"token":["{secret}"]}}', secret):
            json_type = {"Content-Type": "application/json"}
            assert client.post("/enroll/api/verify", headers=json_type, body=body).status >= 400
            assert client.post("/enroll/api/verify", headers={"Origin": f"https://{secret}.example"}, body=body).status == 403
        self.send_raw(f"GET /profile/mfa HTTP/1.1\r\nHost: a\r\nHost: b\r\nREB-APIKEY: {secret}\r\n\r\n")
        self.send_raw(f"GET /profile/mfa HTTP/1.1\r\nHost: a\r\nREB-APIKEY: {secret * 400}\r\n\r\n")
        self.send_raw(f"GET /{secret} HTTP/9.9\r\n{secret}\r\n\r\n")

    def send_raw(self, text):
        """Bytes that no HTTP library would send."""
        connection = http.client.HTTPConnection("127.0.0.1", self.mfad.port, timeout=20)
        connection.connect()
        connection.sock.sendall(text if isinstance(text, bytes) else text.encode())
        answer = http.client.HTTPResponse(connection.sock)
        answer.begin()
        body = answer.read()
        connection.close()
        return answer.status, answer.headers, body

    def call_the_command_line(self):
        """What it prints is no place for a secret either, but for the new one."""
        mfad, tenant = self.mfad, self.world.tenant
        self.printed = [
            mfad.call("user", "show", tenant, "1"), mfad.call("outbox", "list"), mfad.call("outbox", "list", "--dead"),
            mfad.call("keys", "list"), mfad.call("key", "list"),
        ]
        self.secret(mfad.call("key", "create", "--tenant", tenant, "--kind", "server").strip())
        bad = {"credential": {"tenant": tenant, "kind": "secret", "secret": self.secret(random_secret("bad line ")),
                              "colour": "red"}}
        self.printed.append(mfad.call("import", "-", stdin=json.dumps(bad), status=1))
