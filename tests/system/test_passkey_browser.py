"""Passkeys in a real browser with a virtual authenticator: whole ceremonies against a running mfad."""

import json

import pytest

from page_site import window  # noqa: F401 fixture
from passkeys import PasskeyUser
from shapes import problem
from tokens import claims_of

CREATE = """
const [options, done] = arguments;
navigator.credentials.create({publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options)})
    .then(made => done({made: made.toJSON()}), error => done({error: error.name}));
"""
GET = CREATE.replace(".create(", ".get(").replace("parseCreation", "parseRequest")


class Authenticator:
    """A window on mfad's own origin, and a virtual authenticator in it."""

    def __init__(self, browser, url):
        self.browser = browser
        browser.open(f"{url}/enroll/")
        self.id = browser.authenticator()

    def replace(self, **options):
        self.browser.command("WebAuthn.removeVirtualAuthenticator", authenticatorId=self.id)
        self.id = self.browser.authenticator(**options)

    def verifies(self, verifies):
        self.browser.command("WebAuthn.setUserVerified", authenticatorId=self.id, isUserVerified=verifies)

    def credentials(self):
        return self.browser.command("WebAuthn.getCredentials", authenticatorId=self.id)["credentials"]

    def count(self, count):
        """Sets the counter of its one credential, as a copy would have it."""
        [credential] = self.credentials()
        self.browser.command("WebAuthn.removeCredential", authenticatorId=self.id, credentialId=credential["credentialId"])
        self.browser.command("WebAuthn.addCredential", authenticatorId=self.id, credential={**credential, "signCount": count})

    def run(self, script, options):
        answer = self.browser.driver.execute_async_script(script, options)
        assert "made" in answer, answer
        return answer["made"]

    def create(self, options):
        return self.run(CREATE, options)

    def get(self, options):
        return self.run(GET, options)


@pytest.fixture
def authenticator(window, mfad):
    made = Authenticator(window, f"http://localhost:{mfad.port}")
    yield made
    window.command("WebAuthn.disable")


@pytest.fixture
def user(make_world, redis_server):
    """Of a tenant without a record of its own: passkeys are localhost's."""
    return PasskeyUser(make_world(options={"passkey.first_factor": True}), redis_server.connection())


def test_a_passkey_is_made_and_passes(authenticator, user):
    response = user.confirm(authenticator.create(user.offer()), label="laptop")
    assert response.status == 200, response
    [shown] = user.passkeys()
    assert shown["label"] == "laptop"
    for _ in range(3):  # a counter that grows
        token, options = user.begin()
        response = user.assert_passkey(token, authenticator.get(options))
        assert response.status == 200, response
    answer = response.json()
    assert answer["acr"] == "aal2" and set(answer["amr"]) >= {"user", "mfa"}
    assert claims_of(user.world, answer["access_token"])["sub"] == "1"
    assert user.passkeys()[0]["last_used_at"]


def test_the_browser_makes_no_second_one_for_the_same_user(authenticator, user):
    assert user.confirm(authenticator.create(user.offer())).status == 200
    answer = authenticator.browser.driver.execute_async_script(CREATE, user.offer())
    assert answer == {"error": "InvalidStateError"}


def test_it_is_found_without_a_name(authenticator, user):
    assert user.confirm(authenticator.create(user.offer())).status == 200
    [credential] = authenticator.credentials()
    assert credential["isResidentCredential"] and credential["rpId"] == "localhost"
    options = user.world.client.post("/accounts/begin-auth-with-passkey",
                                     json_body={"account": user.world.tenant}).json()["data"]
    assert options["allowCredentials"] == []
    made = authenticator.get(options)
    assert made["response"]["userHandle"]
    response = user.world.client.post("/accounts/complete-auth-with-passkey", json_body={"credential": json.dumps(made)})
    assert response.status == 200, response
    assert claims_of(user.world, response.json()["data"]["auth_token"])["sub"] == "1"


def test_a_key_without_a_pin_will_not_do(authenticator, user):
    authenticator.replace(hasUserVerification=False, isUserVerified=False, transport="usb")
    answer = authenticator.browser.driver.execute_async_script(CREATE, user.offer())
    assert "error" in answer


def test_a_copy_is_noticed(authenticator, user):
    assert user.confirm(authenticator.create(user.offer())).status == 200
    for _ in range(3):
        token, options = user.begin()
        assert user.assert_passkey(token, authenticator.get(options)).status == 200
    authenticator.count(1)
    token, options = user.begin()
    problem(user.assert_passkey(token, authenticator.get(options)), 401, "wrong-code")


def test_a_security_key_of_the_old_kind(authenticator, make_world, redis_server, mfad):
    origin = f"http://localhost:{mfad.port}"
    webauthn = {"rp_id": "localhost", "origins": [origin], "user_verification": "discouraged", "attestation": "wanted"}
    user = PasskeyUser(make_world(webauthn=webauthn), redis_server.connection())
    authenticator.replace(protocol="u2f", hasResidentKey=False, hasUserVerification=False, isUserVerified=False, transport="usb")
    response = user.confirm(authenticator.create(user.offer()))
    assert response.status == 200, response
    token, options = user.begin()
    response = user.assert_passkey(token, authenticator.get(options))
    assert response.status == 200, response
    assert (response.json()["amr"], response.json()["acr"]) == (["hwk", "user"], "aal1")
