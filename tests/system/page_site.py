"""Fixtures of the tests that drive the enrollment page in a browser."""

import pytest

from browser import Browser
from conftest import start_mfad
from links import Link


@pytest.fixture(scope="module")
def mfad(redis_server, key_file, tmp_path_factory):
    """Codes may follow each other quickly, so that nobody has to wait for them here."""
    server = start_mfad(tmp_path_factory.mktemp("mfad"), redis_server, key_file, limits_enabled="false",
                        codes_gap="3s")
    yield server
    assert server.stop() == 0


@pytest.fixture(scope="module")
def window(tmp_path_factory):
    browser = Browser(tmp_path_factory.mktemp("browser"))
    yield browser
    browser.quit()


@pytest.fixture
def browser(window, mfad):
    """Whatever a test does: the page breaks no rule of its own, and loads nothing from anywhere else."""
    window.reset()
    yield window
    window.collect()
    assert window.requests, "the browser tells what it loads"
    strangers = [url for url in window.requests if not url.startswith((f"{mfad.url}/enroll/", "data:", "about:"))]
    assert strangers == []
    # A refusal that the page then explains is no error of the page's.
    errors = [entry for entry in window.console
              if entry["source"] != "network" or f"{mfad.url}/enroll/api/" not in entry["message"]]
    assert errors == []


@pytest.fixture
def open_link(browser, mfad, world):
    """Opens a link of user 1's, or of another world's, or the one that is given."""
    def open_it(of=None, link=None):
        link = link or Link(of or world)
        browser.open(f"{mfad.url}/enroll/#{link.token}")
        browser.wait_for("#begin-button")
        return link

    return open_it


@pytest.fixture
def open_email(browser, open_link):
    """As far as the button that has a code mailed to confirm the address."""
    def open_it(of=None):
        link = open_link(of)
        browser.find("#begin-button").click()
        browser.wait_for("#add-email").click()
        browser.wait_for("#send-button")
        return link

    return open_it


@pytest.fixture
def open_form(browser, open_email):
    """As far as the field for the code; the link and the code."""
    def open_it(of=None):
        link = open_email(of)
        browser.find("#send-button").click()
        browser.wait_for("#code")
        return link, link.wait_for_code()

    return open_it
