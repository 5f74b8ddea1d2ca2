"""The enrollment page in a real browser: what a person does there, and what it says."""

import json
import re

import pytest
from page_site import browser, mfad, open_email, open_form, open_link, window  # noqa: F401 fixtures

from harness import ROOT, link_in, wait_for
from links import Link, Records, another
from world import DISALLOWED


def type_code(browser, code):
    field = browser.find("#code")
    field.clear()
    field.send_keys(code)
    browser.find("#verify-button").click()


def test_from_the_mail_to_the_enrolled_factor(browser, mfad, make_world):
    world = make_world(name="Acme Logistics")
    assert world.rebilly("POST", "1").status == 201
    link = Link(world, token=link_in(mfad.mail_to(world.address("1"))).split("#")[1])
    browser.open(link_in(mfad.mail_to(world.address("1"))))
    browser.wait_for_title("Set up two-step sign-in")
    assert browser.text("#tenant") == "Acme Logistics"
    browser.find("#begin-button").click()
    browser.wait_for("#add-email").click()
    browser.wait_for_title("Confirm your email address")
    assert f"u***@{world.tenant}.example" in browser.text("#lead")
    assert world.rebilly_state("1")["status"] == "inactive" and link.codes() == []

    browser.find("#send-button").click()
    browser.wait_for("#code")
    assert browser.focused == "code"
    type_code(browser, link.wait_for_code())
    browser.wait_for_title("Your address is confirmed")
    assert not browser.shown("form") and browser.shown("#mark.good")
    assert browser.focused == "title"
    state = world.rebilly_state("1")
    assert state["status"] == "active" and state["lastAuthTime"]
    assert link.state == "used"

    browser.driver.refresh()
    browser.wait_for_title("This link has been used")
    assert not browser.shown("form")


def test_the_token_is_in_no_address_that_is_asked_for(browser, open_form):
    link, code = open_form()
    type_code(browser, code)
    browser.wait_for_title("Your address is confirmed")
    browser.collect()
    assert len([url for url in browser.requests if "/enroll/api/" in url]) == 6
    assert not [url for url in browser.requests if link.token in url or code in url]


def test_loading_the_page_sends_no_code_and_spends_nothing(browser, open_link):
    link = open_link()
    browser.driver.refresh()
    browser.wait_for("#begin-button")
    assert link.codes() == [] and link.state == "open"


def test_a_wrong_code_is_said_and_may_be_typed_again(browser, open_form):
    link, code = open_form()
    type_code(browser, another(code))
    browser.wait_for_text("You can try 4 more times.", "#code-error")
    assert browser.focused == "code"
    assert browser.run("return getSelection().toString()") == another(code), "the next key replaces it"
    assert browser.find("#code").get_attribute("aria-invalid") == "true"
    browser.press(f"{code[:3]} {code[3:]}")
    browser.enter()
    browser.wait_for_title("Your address is confirmed")
    assert link.state == "used"


def test_the_fifth_wrong_code_ends_it(browser, open_form):
    _, code = open_form()
    for n, said in enumerate(["4 more times", "3 more times", "2 more times", "once more"], 1):
        type_code(browser, another(code, n))
        browser.wait_for_text(said, "#code-error")
    type_code(browser, another(code, 5))
    browser.wait_for_title("Too many wrong codes")
    assert not browser.shown("form") and browser.focused == "title"


def test_what_is_no_code_is_said_without_asking_the_server(browser, open_form):
    open_form()
    browser.collect()
    asked = len(browser.requests)
    for typed in ("", "12345", "1234567", "abcdef"):
        type_code(browser, typed)
        browser.wait_for_text("A code has 6 digits.", "#code-error")
        assert browser.focused == "code"
    browser.collect()
    assert len(browser.requests) == asked


def test_a_new_code_can_be_had_after_a_pause_that_is_counted_down(browser, open_form):
    link, first = open_form()
    again = browser.find("#again-button")
    assert not again.is_enabled()
    seen = set()
    wait_for(lambda: seen.add(again.text) or again.is_enabled(), "the end of the pause")
    assert {text for text in seen if text.startswith("New code in")} <= {f"New code in {n} s" for n in (1, 2, 3)}
    assert again.text == "Send a new code"
    again.click()
    # Asked in one step: the view may be a new one by now.
    wait_for(lambda: browser.run("return document.querySelector('#again-button')?.disabled"), "the next pause")
    assert link.wait_for_code(after=1)
    wait_for(lambda: browser.focused == "code", "the focus in the field")
    type_code(browser, first)
    browser.wait_for_title("Your address is confirmed")


def test_who_loads_the_page_again_can_type_the_code_that_he_was_sent(browser, open_form):
    _, code = open_form()
    browser.driver.refresh()
    browser.wait_for("#begin-button").click()
    browser.wait_for("#add-email").click()
    browser.wait_for("#code")
    assert browser.text("#again-button") == "Send a new code"
    type_code(browser, code)
    browser.wait_for_title("Your address is confirmed")


def test_over_the_budget_it_says_how_long(browser, world, redis_server, open_email):
    link = open_email()
    records = Records(redis_server, world)
    for _ in range(5):
        link.send()
        records.forget_gap()
    browser.find("#send-button").click()
    browser.wait_for_text("You can have another code in", "#failure")
    minutes = int(re.search(r"in (\d+) min", browser.text("#failure"))[1])
    assert 1 < minutes <= 60


@pytest.mark.parametrize("spoil, title", [
    (lambda world, records: records(world).expire_link(), "This link is too old"),
    (lambda world, records: Link(world), "This link no longer counts"),
    (lambda world, records: world.navixy_update(DISALLOWED, 1), "Not available"),
    (lambda world, records: world.xsolla("POST", "1", {"mfa_type": "email", "change_restricted": True}),
     "Changes are not possible"),
], ids=["expired", "superseded", "not-allowed", "restricted"])
@pytest.mark.parametrize("when", ["before it is opened", "while it is open"])
def test_a_link_that_cannot_be_followed_says_why(browser, mfad, world, redis_server, spoil, title, when):
    link = Link(world)
    if when == "while it is open":
        browser.open(f"{mfad.url}/enroll/#{link.token}")
        browser.wait_for("#begin-button")
        spoil(world, lambda w: Records(redis_server, w))
        browser.find("#begin-button").click()
    else:
        spoil(world, lambda w: Records(redis_server, w))
        browser.open(f"{mfad.url}/enroll/#{link.token}")
    browser.wait_for_title(title)
    assert browser.text("#lead") and browser.shown("#mark.bad")
    assert not browser.shown("form") and browser.focused == "title"
    assert browser.driver.title == title


def test_what_is_no_link_says_so(browser, mfad):
    for fragment in ("", "#", "#abc", "#<img src=x onerror=alert(1)>", "#%00", "#" + "A" * 35):
        browser.open(f"{mfad.url}/enroll/{fragment}")
        browser.wait_for_title("This link does not work")
        assert not browser.shown("form")


def test_another_link_in_the_same_tab_is_followed(browser, mfad, world, open_link):
    open_link()
    other = Link(world, "2")
    browser.driver.get(f"{mfad.url}/enroll/#{other.token}")  # only the fragment is another
    browser.wait_for("#begin-button").click()
    browser.wait_for("#add-email").click()
    browser.wait_for("#send-button").click()
    assert other.wait_for_code()


def test_without_a_server_it_says_so_and_goes_on_when_there_is_one(browser, open_form):
    _, code = open_form()
    browser.online(False)
    type_code(browser, code)
    browser.wait_for_text("the server cannot be reached", "#failure")
    browser.online(True)
    browser.find("#verify-button").click()
    browser.wait_for_title("Your address is confirmed")


def test_a_hostile_name_is_shown_as_text(browser, make_world, open_link):
    name = "<b>Evil</b> {address} <img src=x onerror=alert(1)>"
    open_link(make_world(name=name))
    assert browser.text("#tenant") == name
    assert browser.run("return document.querySelectorAll('main b, main img').length") == 0


# ---- languages -------------------------------------------------------------------------------------------------------

ENGLISH, GERMAN = ("Set up two-step sign-in", "Continue"), ("Anmeldung in zwei Schritten einrichten", "Weiter")
SPANISH, RUSSIAN = ("Configure el acceso en dos pasos", "Continuar"), ("Настройка двухэтапного входа", "Продолжить")
CHINESE = ("设置两步登录", "继续")


@pytest.mark.parametrize("locale, languages, language, texts", [
    ("de", ["en-US", "en"], "de", GERMAN),
    ("de-AT", ["fr"], "de", GERMAN),
    ("DE", ["en"], "de", GERMAN),
    (None, ["de-CH", "de", "en"], "de", GERMAN),
    (None, ["fr", "de", "en"], "de", GERMAN),
    ("en", ["de-DE"], "en", ENGLISH),
    ("fr", ["pt"], "en", ENGLISH),
    ("constructor", ["en"], "en", ENGLISH),
    ("es-MX", ["en"], "es", SPANISH),
    ("ru", ["en"], "ru", RUSSIAN),
    ("zh_CN", ["en"], "zh", CHINESE),
    (None, ["zh-TW", "en"], "zh", CHINESE),
], ids=str)
def test_the_page_is_in_the_users_language_or_the_browsers_or_english(
        browser, mfad, world, open_link, locale, languages, language, texts):
    if locale:
        mfad.load({"user": {"tenant": world.tenant, "id": "1", "email": world.address("1"), "locale": locale}})
    browser.languages(*languages)
    open_link()
    assert (browser.text("h1"), browser.text("#begin-button")) == texts
    assert browser.run("return document.documentElement.lang") == language


def test_what_ends_a_visit_is_in_the_browsers_language(browser, mfad):
    browser.languages("de-DE")
    browser.open(f"{mfad.url}/enroll/#x")
    browser.wait_for_title("Dieser Link funktioniert nicht")


def test_the_language_can_be_switched_in_any_view(browser, open_form):
    _, code = open_form()
    browser.choose("#language", "ru")
    browser.wait_for_title("Подтвердите адрес почты")
    assert browser.run("return document.documentElement.lang") == "ru" and browser.driver.title == "Подтвердите адрес почты"
    assert browser.text("#verify-button") == "Подтвердить"
    type_code(browser, code)
    browser.wait_for_title("Адрес подтверждён")


def test_one_language_is_loaded_alone(browser, open_link):
    open_link()
    browser.collect()
    assert [url[url.rindex("/") + 1:][:3] for url in browser.requests if url.endswith(".json")] == ["en-"]


def test_all_languages_say_the_same_things():
    texts = {file.stem: shape(json.loads(file.read_text())) for file in (ROOT / "src/pages/web/texts").glob("*.json")}
    assert set(texts) == {"en", "de", "es", "ru", "zh"}
    for language, said in texts.items():
        assert said == texts["en"], language
    assert texts["en"]["verifyEmail"] == ["{address}"], "placeholders were looked at"


def shape(value):
    """What is said, with placeholders in place of texts."""
    if isinstance(value, str):
        assert value.strip() == value and value
        return sorted(re.findall(r"{\w+}", value))
    if isinstance(value, list):
        return [shape(part) for part in value]
    return {name: shape(part) for name, part in value.items()}


def test_every_text_that_the_scripts_name_is_there_and_no_other():
    texts = json.loads((ROOT / "src/pages/web/texts/en.json").read_text())
    scripts = "".join(file.read_text() for file in (ROOT / "src/pages/web/scripts").glob("*.js"))
    assert set(re.findall(r"\btexts\.(\w+)", scripts)) == set(texts)
