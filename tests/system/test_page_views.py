"""Every view of the pages: axe-core finds nothing, light and dark; nothing sticks out of a narrow phone or with large text.

With MFAD_SCREENSHOTS set to a folder it leaves a picture of each view there.
"""

import os
import pathlib

import pytest
from page_site import browser, mfad, window  # noqa: F401 fixtures
from page_walk import Walk, app_code

from harness import ROOT
from links import another
from stored import user_key

AXE = ROOT / "build/axe-core/axe.min.js"
PICTURES = os.environ.get("MFAD_SCREENSHOTS")


@pytest.fixture
def walk(browser, world, redis_server):
    return Walk(browser, world, redis_server.connection())


def proved(walk):
    return walk.has_app().has_codes().opens().begins().shows_app().sees("Thank you")


def managing(walk):
    return proved(walk).presses("manage-button").sees("Your two-step sign-in")


def losing(walk):
    return walk.has_app().has_codes().opens().begins().presses("lost-button").sees("Get back into your account")


def locked(walk):
    walk.has_email().redis.hset(user_key(walk.world, "1"), "F1", b"\x0a" + bytes(8))
    return walk.opens().begins().sees("Too many failures")


def exhausted(walk):
    walk.has_app().opens().begins()
    for n in range(5):
        walk.confirms(f"00000{n}")
        walk.browser.wait_for("#code-error:not(:empty), #retry-button")
    return walk.sees("Too many wrong codes")


def app_set_up(walk):
    walk.opens().begins().presses("add-totp").sees("Set up your app")
    return walk.confirms(app_code(walk.browser.text("#secret").replace(" ", ""))).sees("Your app is set up")


def wrong_code(walk):
    walk.opens().begins().presses("add-email")
    walk.confirms(another(walk.is_mailed()))
    walk.browser.wait_for("#code-error:not(:empty)")


def code_form(walk):
    walk.opens().begins().presses("add-email")
    walk.is_mailed()


def removing(walk):
    managing(walk).browser.find("[data-id=totp]").click()
    return walk.sees("Remove “phone”?")


def scheduled(walk):
    return losing(walk).presses("wait-button", "schedule-button").sees("The reset is under way")


def pending(walk):
    scheduled(walk)
    walk.account.forget_step()
    walk.opens(walk.link).begins().shows_app().presses("manage-button").sees("Your two-step sign-in")
    walk.browser.wait_for(".notice")


def no_link(walk):
    walk.browser.open(f"{walk.world.mfad.url}/enroll/#x")
    walk.sees("This link does not work")


def passkey_bound(walk):
    walk.browser.authenticator()
    return walk.opens().begins().presses("add-passkey", "passkey-button").sees("Your passkey is set up")


def device_managed(walk):
    walk.has_app().has_codes().opens().begins().presses("remember").shows_app().sees("Thank you")
    walk.presses("manage-button").sees("Your two-step sign-in").browser.wait_for("[data-device]")


VIEWS = {
    "start": lambda walk: walk.opens(),
    "choose": lambda walk: walk.opens().begins().sees("Choose your second step"),
    "app": lambda walk: walk.opens().begins().presses("add-totp").sees("Set up your app"),
    "app-done": app_set_up,
    "email": lambda walk: walk.opens().begins().presses("add-email").sees("Confirm your email address"),
    "email-code": code_form,
    "email-wrong": wrong_code,
    "passkey": lambda walk: walk.opens().begins().presses("add-passkey").sees("Set up a passkey"),
    "passkey-verify": lambda walk: passkey_bound(walk).opens().begins().sees("Confirm that it is you"),
    "devices": device_managed,
    "codes": lambda walk: app_set_up(walk).presses("codes-button").sees("Your recovery codes"),
    "verify-app": lambda walk: walk.has_app().has_codes().opens().begins().sees("Confirm that it is you"),
    "verify-email": lambda walk: walk.has_email().opens().begins().presses("send-button") and walk.browser.wait_for("#code"),
    "verify-recovery": lambda walk: walk.has_app().has_codes().opens().begins().presses("use-recovery_code"),
    "verified": proved,
    "exhausted": exhausted,
    "locked": locked,
    "manage": managing,
    "remove": removing,
    "lost": losing,
    "lost-email": lambda walk: losing(walk).presses("two-button").sees("First: a code by email"),
    "lost-wait": lambda walk: losing(walk).presses("wait-button").sees("Reset after a wait"),
    "scheduled": scheduled,
    "pending": pending,
    "cancel": lambda walk: scheduled(walk).opens_cancel_link(),
    "no-link": no_link,
}


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_is_for_everybody(browser, walk, name):
    assert AXE.exists(), "scripts/deps test"
    VIEWS[name](walk)
    browser.run("document.getAnimations().forEach((animation) => animation.finish())")
    for scheme in ("light", "dark"):
        browser.colours(scheme)
        assert found_by_axe(browser) == [], scheme
        picture(browser, name, scheme)
    assert browser.run("return document.title") == browser.text("h1")
    assert browser.run("return document.activeElement !== document.body"), "the focus is in the view"
    browser.colours("light")
    browser.size(320, 568)
    assert browser.run("return document.documentElement.scrollWidth") == 320
    picture(browser, name, "narrow")
    for language in ("ru", "de", "es", "zh"):
        browser.choose("#language", language)
        browser.wait_for(f"option[value={language}]:checked")
        assert browser.run("return document.documentElement.scrollWidth") == 320, language
        assert found_by_axe(browser) == [], language
        small = browser.run("return [...document.querySelectorAll('button, input:not([type=checkbox]), select, a')]"
                            ".filter((e) => e.checkVisibility() && e.offsetHeight < 44).map((e) => e.id)")
        assert small == []
    picture(browser, name, "zh")
    browser.size(640, 900)
    browser.run("document.documentElement.style.fontSize = '200%'")
    assert browser.run("return document.documentElement.scrollWidth") == 640


def found_by_axe(browser):
    """What axe-core has to say, each with the elements that it is about."""
    if not browser.run("return 'axe' in window"):
        browser.run(AXE.read_text())
    return browser.driver.execute_async_script("""
      const done = arguments[0];
      axe.run(document, { preload: false }).then((found) => done(
        found.violations.map((one) => [one.id, one.help, ...one.nodes.map((node) => node.html)])));""")


def picture(browser, name, kind):
    if not PICTURES:
        return
    folder = pathlib.Path(PICTURES)
    folder.mkdir(parents=True, exist_ok=True)
    width, height = browser.run("return [innerWidth, Math.max(innerHeight, document.documentElement.scrollHeight)]")
    browser.size(width, height)
    browser.driver.save_screenshot(str(folder / f"{name}-{kind}.png"))
