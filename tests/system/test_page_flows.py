"""Each way through the pages in a real browser: set up, verify, manage, recover."""

import base64
import re
import subprocess
import time

import pytest
from page_site import browser, mfad, window  # noqa: F401 fixtures
from page_walk import Walk, app_code

from harness import link_in, wait_for
from links import Link, another
from stored import user_key


@pytest.fixture
def walk(browser, world, redis_server):
    return Walk(browser, world, redis_server.connection())


def listed(browser):
    """The names of the factors in the list."""
    return [element.text for element in browser.driver.find_elements("css selector", ".factors strong")]


# ---- setting up --------------------------------------------------------------------------------------------------------

def test_an_app_from_the_link_to_the_saved_codes(walk, browser, world, tmp_path):
    walk.opens().begins().sees("Choose your second step").presses("add-totp").sees("Set up your app")
    secret = browser.text("#secret").replace(" ", "")
    assert re.fullmatch(r"[A-Z2-7]{32}", secret)
    assert f"secret={secret}" in decoded_qr(browser, tmp_path)
    assert f"secret={secret}" in browser.find("a.button").get_attribute("href")
    walk.confirms(another(app_code(secret)))
    browser.wait_for_text("That is not the code.", "#code-error")
    walk.types("My phone", "#name").confirms(app_code(secret)).sees("Your app is set up")
    assert world.rebilly_state("1")["status"] == "active" and walk.link.state == "used"

    walk.presses("codes-button").sees("Your recovery codes")
    codes = [element.text for element in browser.driver.find_elements("css selector", "#codes li")]
    assert len(codes) == 10 and all(re.fullmatch(r"([0-9A-Z]{5}-){2}[0-9A-Z]{5}", code) for code in codes)
    browser.command("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    walk.presses("save-codes")
    saved = wait_for(lambda: list(tmp_path.glob("recovery-codes.txt")), "the downloaded file")[0]
    assert wait_for(saved.read_text, "its content").split()[-10:] == codes
    walk.presses("saved-button").sees("Your two-step sign-in")
    assert listed(browser) == ["My phone", "Recovery codes"]
    assert "10 left" in browser.text(".factors") and "Authenticator app" in browser.text(".factors")
    browser.driver.refresh()
    walk.sees("This link has been used")


def decoded_qr(browser, folder):
    picture = folder / "qr.png"
    picture.write_bytes(browser.find(".qr").screenshot_as_png)
    return subprocess.run(["zbarimg", "--quiet", "--raw", str(picture)], check=True, capture_output=True, text=True).stdout


def test_copied_codes_are_the_codes(walk, browser, mfad):
    walk.has_app().opens().begins().shows_app().presses("manage-button", "codes-button")
    browser.wait_for("#codes")
    browser.command("Browser.grantPermissions", origin=mfad.url, permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
    walk.presses("copy-codes")
    browser.wait_for_text("Copied", "#copy-codes")
    codes = [element.text for element in browser.driver.find_elements("css selector", "#codes li")]
    assert browser.run("return navigator.clipboard.readText()").split() == codes


def test_printed_codes_are_all_that_is_printed(walk, browser, world, tmp_path):
    walk.has_app().opens().begins().shows_app().presses("manage-button", "codes-button")
    browser.wait_for("#codes")
    codes = [element.text for element in browser.driver.find_elements("css selector", "#codes li")]
    browser.run("window.print = () => { window.printed = (window.printed || 0) + 1; }")
    walk.presses("print-codes")
    assert browser.run("return window.printed") == 1
    paper = tmp_path / "codes.pdf"
    paper.write_bytes(base64.b64decode(browser.command("Page.printToPDF")["data"]))
    printed = subprocess.run(["pdftotext", "-layout", str(paper), "-"], check=True, capture_output=True, text=True).stdout
    assert re.findall(r"(?:[0-9A-Z]{5}-){2}[0-9A-Z]{5}", printed) == codes
    assert "Your recovery codes" in printed
    for control in ("Print", "Copy", "Download", "English"):
        assert control not in printed


def test_only_what_is_allowed_is_offered(browser, make_world, redis_server):
    walk = Walk(browser, make_world(allowed=["email"]), redis_server.connection())
    walk.opens().begins().sees("Choose your second step")
    assert browser.shown("#add-email") and not browser.shown("#add-totp")


def test_the_way_back_leads_to_the_choice(walk, browser):
    walk.opens().begins().presses("add-totp").sees("Set up your app").presses("back-button").sees("Choose your second step")
    walk.presses("add-email").sees("Confirm your email address").presses("back-button").sees("Choose your second step")


# ---- verifying ---------------------------------------------------------------------------------------------------------

def test_a_link_to_verify_is_done_with_a_mailed_code(walk, browser, world):
    walk.has_email().opens()
    assert browser.text("h1") == "Confirm that it is you"
    walk.begins()
    code = walk.is_mailed()
    walk.confirms(another(code))
    browser.wait_for_text("You can try 4 more times.", "#code-error")
    walk.confirms(code).sees("Thank you")
    assert browser.shown("#mark.good") and walk.link.state == "used"
    assert world.rebilly_state("1")["lastAuthTime"]
    walk.presses("manage-button").sees("Your two-step sign-in")
    assert listed(browser) == ["Codes by email"]


def test_an_app_verifies_and_another_way_can_be_taken(walk, browser):
    walk.has_app().has_codes().opens().begins()
    browser.wait_for_text("authenticator app shows", "#lead")
    walk.presses("use-recovery_code")
    browser.wait_for_text("recovery codes that you have saved", "#lead")
    walk.confirms("12345")
    browser.wait_for_text("That cannot be a recovery code.", "#code-error")
    walk.presses("use-totp").shows_app().sees("Thank you")


def test_a_recovery_code_verifies_once(walk, browser):
    walk.has_app().has_codes().opens().begins().presses("use-recovery_code").confirms(walk.codes[0].lower()).sees("Thank you")
    walk.opens().begins().presses("use-recovery_code").confirms(walk.codes[0])
    browser.wait_for_text("This code has been used.", "#code-error")
    walk.confirms(walk.codes[1]).sees("Thank you")


def test_a_spent_app_code_asks_for_the_next(walk, browser):
    walk.has_app().opens().begins().shows_app().sees("Thank you")
    walk.opens().begins().shows_app()
    browser.wait_for_text("Please wait for the next one.", "#code-error")


def test_the_fifth_wrong_code_ends_the_challenge_and_the_next_has_to_wait(walk, browser):
    walk.has_app().opens().begins()
    for n, said in enumerate(["4 more times", "3 more times", "2 more times", "once more"]):
        walk.confirms(f"00000{n}")
        browser.wait_for_text(said, "#code-error")
    walk.confirms("000009").sees("Too many wrong codes").presses("retry-button").sees("Confirm that it is you")
    walk.confirms("000008")
    browser.wait_for_text("Too many failures: please wait", "#failure")


def test_a_challenge_that_is_over_is_begun_anew(walk, browser):
    walk.has_app().opens().begins()
    browser.wait_for("#code")
    for key in walk.redis.keys("mfa:*:ch:*"):
        walk.redis.hset(key, "x", 1)
    walk.shows_app().sees("That took too long").presses("retry-button").shows_app().sees("Thank you")


def test_another_code_for_a_challenge_that_is_over_begins_anew(walk, browser):
    walk.has_email().opens().begins().is_mailed()
    for key in walk.redis.keys("mfa:*:ch:*"):
        walk.redis.hset(key, "x", 1)
    browser.run("document.querySelector('#again-button').disabled = false")  # as after the pause
    walk.presses("again-button").sees("That took too long").presses("retry-button").sees("Confirm that it is you")


def test_who_is_active_proves_himself_before_he_enrolls(walk, browser, world, mfad):
    """Following a link that another dialect owes him for an app."""
    walk.has_email()
    walk.redis.hset(user_key(world, "1"), "t", int(time.time() * 1000))
    assert world.quiva("PATCH", "1", {"totp_enabled": True}).status == 200
    token = link_in(mfad.mail_to(world.address("1"))).split("#")[1]
    walk.opens(Link(world, token=token)).sees("Set up two-step sign-in").begins().sees("Confirm that it is you")
    walk.confirms(walk.is_mailed()).sees("Your two-step sign-in").presses("add-totp").sees("Set up your app")


def test_a_locked_address_is_confirmed_anew(walk, browser, world):
    walk.has_email()
    walk.redis.hset(user_key(world, "1"), "F1", b"\x0a" + bytes(8))
    walk.opens().begins().sees("Too many failures").presses("rebind-button")
    walk.confirms(walk.is_mailed()).sees("Your address is confirmed")
    assert world.native_state("1")["factors"][0]["disabled"] is False


def test_a_visit_that_is_over_says_so(walk, browser):
    walk.has_app().opens().begins()
    Link(walk.world)
    walk.shows_app().sees("This visit is over")
    assert not browser.shown("form")


# ---- managing ----------------------------------------------------------------------------------------------------------

def test_a_way_is_removed_after_a_question(walk, browser, world):
    walk.has_app().has_codes().opens().begins().shows_app().presses("manage-button").sees("Your two-step sign-in")
    browser.find("[data-id=recovery_code]").click()
    walk.sees("Remove “Recovery codes”?").presses("back-button").sees("Your two-step sign-in")
    browser.find("[data-id=recovery_code]").click()
    walk.sees("Remove “Recovery codes”?").presses("remove-button").sees("Your two-step sign-in")
    assert listed(browser) == ["phone"]
    browser.find("[data-id=totp]").click()
    browser.wait_for_text("It is your last way", "#lead")
    walk.presses("remove-button").sees("Choose your second step")
    assert world.native_state("1")["active"] is False


def test_a_second_way_is_added(walk, browser):
    walk.has_app().opens().begins().shows_app().presses("manage-button", "add-email")
    walk.confirms(walk.is_mailed()).sees("Your address is confirmed").presses("manage-button")
    walk.sees("Your two-step sign-in")
    assert listed(browser) == ["Codes by email", "phone"] and not browser.shown("#add-email")


def test_an_old_proof_is_asked_for_again(walk, browser, world):
    walk.has_app().has_codes().opens().begins().shows_app().presses("manage-button").sees("Your two-step sign-in")
    walk.redis.hset(user_key(world, "1"), mapping={"t": 1, "q": 1})
    walk.presses("codes-button").sees("Confirm that it is you")
    walk.presses("use-recovery_code").confirms(walk.codes[0]).sees("Your two-step sign-in").presses("codes-button")
    walk.sees("Your recovery codes")


def test_a_code_by_mail_is_no_proof_for_changes_where_there_is_more(walk, browser):
    walk.has_app().has_email().opens().begins().presses("use-email")
    walk.confirms(walk.is_mailed()).sees("Thank you").presses("manage-button").sees("Your two-step sign-in")
    walk.presses("codes-button").sees("Confirm that it is you")
    assert not browser.shown("#use-email")
    walk.shows_app().sees("Your two-step sign-in").presses("codes-button").sees("Your recovery codes")


# ---- recovering --------------------------------------------------------------------------------------------------------

def test_mailbox_and_recovery_code_lead_to_a_new_set_up(walk, browser, world):
    walk.has_app().has_codes().opens().begins().presses("lost-button").sees("Get back into your account")
    walk.presses("two-button").sees("First: a code by email")
    walk.confirms(walk.is_mailed()).sees("Second: a recovery code")
    walk.confirms("0000000000000000"[:15])
    browser.wait_for_text("You can try 4 more times.", "#code-error")
    walk.confirms(walk.codes[0]).sees("You are back").presses("manage-button").sees("Choose your second step")
    walk.presses("add-totp").sees("Set up your app").confirms(app_code(browser.text("#secret").replace(" ", "")))
    walk.sees("Your app is set up")
    assert [f["type"] for f in world.native_state("1")["factors"] if f["type"] != "email"] == ["totp"]


def test_without_recovery_codes_there_is_the_wait_alone(walk, browser, world):
    walk.has_app().opens().begins().presses("lost-button").sees("Get back into your account")
    assert not browser.shown("#two-button")
    walk.presses("wait-button").sees("Reset after a wait").presses("schedule-button").sees("The reset is under way")
    assert f"u***@{world.tenant}.example" in browser.text("#lead")


def test_the_mail_cancels_the_reset_after_a_question(walk, browser, world):
    walk.has_app().opens().begins().presses("lost-button", "wait-button", "schedule-button").sees("The reset is under way")
    walk.opens_cancel_link().sees("Cancel the reset?")
    assert walk.redis.hexists(user_key(world, "1"), "Z"), "opening it does nothing"
    walk.presses("cancel-button").sees("The reset is cancelled")
    assert not walk.redis.hexists(user_key(world, "1"), "Z")
    walk.opens_cancel_link().presses("cancel-button").sees("There is nothing to cancel")


def test_who_still_has_his_factor_sees_the_reset_and_cancels_it(walk, browser):
    walk.has_app().opens().begins().presses("lost-button", "wait-button", "schedule-button").sees("The reset is under way")
    walk.opens(walk.link).begins().shows_app().presses("manage-button").sees("Your two-step sign-in")
    assert "A reset was asked for" in browser.text(".notice")
    walk.presses("cancel-button")
    wait_for(lambda: not browser.shown(".notice"), "the end of the notice")


# ---- passkeys ----------------------------------------------------------------------------------------------------------

def test_a_passkey_from_the_link_to_the_sign_in(walk, browser, world):
    browser.authenticator()
    walk.opens().begins().sees("Choose your second step")
    ways = [b.get_attribute("id") for b in browser.driver.find_elements("css selector", "button.way")]
    assert ways == ["add-passkey", "add-totp", "add-email"], "the safest first"
    walk.presses("add-passkey").sees("Set up a passkey").types("My laptop", "#name").presses("passkey-button")
    walk.sees("Your passkey is set up").presses("manage-button").sees("Your two-step sign-in")
    assert listed(browser) == ["My laptop"]
    assert world.rebilly_state("1")["status"] == "active" and walk.link.state == "used"

    walk.opens().begins().sees("Confirm that it is you").presses("passkey-button").sees("Thank you")
    [factor] = [f for f in world.native_state("1")["factors"] if f["type"] != "email"]
    assert (factor["type"], factor["label"]) == ("passkey", "My laptop") and factor["last_used_at"]


def test_several_passkeys_are_removed_one_by_one(walk, browser):
    walk.has_app()
    browser.authenticator()
    walk.opens().begins().shows_app().presses("manage-button")
    walk.presses("add-passkey").types("First", "#name").presses("passkey-button").sees("Your passkey is set up")
    browser.without_authenticators()
    browser.authenticator()
    walk.presses("manage-button", "add-passkey").types("Second", "#name").presses("passkey-button")
    walk.sees("Your passkey is set up").presses("manage-button").sees("Your two-step sign-in")
    assert listed(browser) == ["phone", "First", "Second"]
    browser.find("[aria-label='Remove: First']").click()
    walk.sees("Remove “First”?").presses("remove-button").sees("Your two-step sign-in")
    assert listed(browser) == ["phone", "Second"]


def test_a_passkey_that_is_refused_can_be_tried_again(walk, browser):
    key = browser.authenticator()
    browser.command("WebAuthn.setUserVerified", authenticatorId=key, isUserVerified=False)
    walk.opens().begins().presses("add-passkey").sees("Set up a passkey").presses("passkey-button")
    browser.wait_for_text("That did not work.", "#failure")
    browser.command("WebAuthn.setUserVerified", authenticatorId=key, isUserVerified=True)
    walk.presses("passkey-button").sees("Your passkey is set up")


def test_another_way_is_open_to_who_has_no_passkey_at_hand(walk, browser):
    browser.authenticator()
    walk.opens().begins().presses("add-passkey", "passkey-button").sees("Your passkey is set up")
    walk.presses("codes-button").sees("Your recovery codes")
    code = browser.text("#codes li")
    browser.without_authenticators()
    walk.presses("saved-button").sees("Your two-step sign-in")
    walk.opens().begins().presses("use-recovery_code").confirms(code).sees("Thank you")


def test_a_browser_without_passkeys_is_told_where_nothing_else_is_enrolled(walk, browser):
    browser.authenticator()
    walk.opens().begins().presses("add-passkey", "passkey-button").sees("Your passkey is set up")
    hidden = browser.command("Page.addScriptToEvaluateOnNewDocument", source="delete window.PublicKeyCredential")
    try:
        walk.opens().begins().sees("Confirm that it is you")
        assert "That did not work." in browser.text() and not browser.shown("form")
        assert browser.shown("#lost-button") and not browser.shown("#passkey-button")
    finally:
        browser.command("Page.removeScriptToEvaluateOnNewDocument", identifier=hidden["identifier"])
    walk.opens().begins().presses("passkey-button").sees("Thank you")


# ---- remembered devices ------------------------------------------------------------------------------------------------

def test_a_remembered_device_passes_while_others_lock_the_user_out(walk, browser, world):
    walk.has_app().opens().begins()
    walk.presses("remember").shows_app().sees("Thank you").presses("manage-button").sees("Your two-step sign-in")
    assert "Remembered devices" in browser.text() and "Chrome" in browser.text()
    [cookie] = browser.command("Network.getAllCookies")["cookies"]
    assert cookie["name"].startswith("__Host-mfad-device-") and cookie["path"] == "/"
    assert cookie["secure"] and cookie["httpOnly"] and cookie["sameSite"] == "Strict"
    assert 29 * 86400 < cookie["expires"] - time.time() <= 30 * 86400

    walk.redis.hset(user_key(world, "1"), "F2", b"\x0a" + bytes(8))
    walk.account.forget_step()
    walk.opens().begins().shows_app().sees("Thank you")
    [rotated] = browser.command("Network.getAllCookies")["cookies"]
    assert rotated["name"] == cookie["name"] and rotated["value"] != cookie["value"]

    walk.presses("manage-button").sees("Your two-step sign-in")
    browser.find("[data-device]").click()
    wait_for(lambda: not browser.shown("[data-device]"), "the end of the device")
    browser.command("Network.clearBrowserCookies")
    walk.opens().begins().sees("Too many failures")


def test_a_device_is_remembered_when_that_is_wanted_alone(walk, browser):
    walk.has_app().opens().begins().shows_app().sees("Thank you")
    assert browser.command("Network.getAllCookies")["cookies"] == []
