"""Walks through the pages in a browser as a person does, with an authenticator app of his own (oathtool)."""

import re
import subprocess

from selenium.common.exceptions import StaleElementReferenceException

from harness import text_of, wait_for
from links import Link
from sign_in import SignIn
from visits import notices


def app_code(secret, later=0):
    """What the app shows, or will show in so many seconds."""
    return subprocess.run(["oathtool", "--totp", "--base32", "--now", f"now + {later} seconds", secret], check=True,
                          capture_output=True, text=True).stdout.strip()


class Walk:
    """A person before the pages, on the way of user 1."""

    def __init__(self, browser, world, redis, user="1"):
        self.browser, self.world, self.redis, self.user = browser, world, redis, user
        self.account = SignIn(world, redis, user)
        self.link = None

    # ---- what he has -----------------------------------------------------------------------------------------------

    def has_app(self):
        self.secret, _ = self.account.enroll_totp()
        self.account.forget_step()
        return self

    def has_codes(self):
        self.codes = self.account.recovery_codes()
        return self

    def has_email(self):
        assert self.world.xsolla("POST", self.user, {"enabled": True, "mfa_type": "email"}).status == 204
        return self

    # ---- what he does ----------------------------------------------------------------------------------------------

    def opens(self, link=None):
        self.link = link or Link(self.world, self.user)
        self.browser.open(f"{self.world.mfad.url}/enroll/#{self.link.token}")
        self.browser.wait_for("#begin-button")
        return self

    def begins(self):
        return self.presses("begin-button")

    def presses(self, *ids):
        for name in ids:
            self.clicks(f"#{name}")
        return self

    def clicks(self, selector):
        """Once it is there to stay: a view may just be giving way to the next."""
        def clicked():
            try:
                self.browser.wait_for(selector).click()
            except StaleElementReferenceException:
                return False
            return True

        wait_for(clicked, f"{selector} to be clicked")
        return self

    def types(self, code, field="#code"):
        found = self.browser.wait_for(field)
        found.clear()
        found.send_keys(code)
        return self

    def confirms(self, code):
        self.types(code)
        self.browser.find("#verify-button").click()
        return self

    def shows_app(self):
        """Passes the challenge with his app."""
        return self.confirms(app_code(self.secret))

    def is_mailed(self, press="send-button"):
        """The code that pressing this has mailed."""
        before = len(self.link.codes())
        self.presses(press)
        self.browser.wait_for("#code")
        return self.link.wait_for_code(before)

    def sees(self, title):
        self.browser.wait_for_title(title)
        return self

    def opens_cancel_link(self):
        mail = wait_for(lambda: notices(self.world, "Reset of your", self.user), "the mail that tells of the reset")[-1]
        self.browser.open(re.search(r"https?://\S+/enroll/#cancel\.\S+", text_of(mail))[0])
        self.browser.wait_for("#cancel-button")
        return self
