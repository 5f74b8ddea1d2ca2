"""The enrollment page for everybody: by keyboard, by screen reader, on a phone, in the dark."""

import pytest
from page_site import browser, mfad, open_email, open_form, open_link, window  # noqa: F401 fixtures

from links import another

# Every text, and what a control is drawn with, against what is behind it: WCAG 2.2, 1.4.3 and 1.4.11.
CONTRASTS = """
  const channel = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const parsed = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const ground = (element) => {
    for (; element; element = element.parentElement) {
      const colour = parsed(getComputedStyle(element).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const ratio = (a, b) => {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };
  const found = [];
  for (const element of document.querySelectorAll("main *")) {
    if (!element.checkVisibility() || element.disabled) continue;
    const style = getComputedStyle(element);
    const says = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    const name = element.id || element.tagName;
    if (says || element.value) found.push([name, 4.5, ratio(parsed(style.color), ground(element))]);
    if (element.matches("input, select, button:not(.primary, .plain)"))
      found.push([name + " border", 3, ratio(parsed(style.borderTopColor), ground(element.parentElement))]);
    if (element.matches(".primary")) found.push([name + " face", 3, ratio(ground(element), ground(element.parentElement))]);
    if (element.matches("svg")) found.push([name, 3, ratio(parsed(style.stroke), ground(element))]);
  }
  return found;"""


def bring_to(state, browser, mfad, open_link, open_form):
    if state == "start":
        open_link()
    elif state == "no link":
        browser.open(f"{mfad.url}/enroll/#x")
        browser.wait_for("#mark.bad")
    else:
        _, code = open_form()
        if state != "code":
            browser.find("#code").send_keys(code if state == "done" else another(code))
            browser.enter()
            browser.wait_for("#mark.good" if state == "done" else "#code-error:not(:empty)")


@pytest.mark.parametrize("state", ["start", "code", "wrong code", "done", "no link"])
def test_every_state_is_there_for_everybody(browser, mfad, open_link, open_form, state):
    bring_to(state, browser, mfad, open_link, open_form)
    assert_names(browser)
    for scheme in ("light", "dark"):
        assert_contrast(browser, scheme)
    assert_fit_for_a_phone(browser)
    assert_room_for_large_text(browser)


def assert_names(browser):
    """Every control has a name, and its description is there."""
    assert browser.find("main").aria_role == "main"
    assert browser.run("return document.querySelectorAll('h1').length") == 1
    assert browser.run("return document.title") == browser.text("h1")
    assert browser.run("return document.documentElement.lang") == "en"
    for control in browser.driver.find_elements("css selector", "button, input, select, a.button"):
        if control.is_displayed():
            assert control.accessible_name, control.get_attribute("id")
            for described_by in (control.get_attribute("aria-describedby") or "").split():
                assert browser.find("#" + described_by)
    ids = browser.run("return [...document.querySelectorAll('[id]')].map((element) => element.id)")
    assert len(ids) == len(set(ids))


def assert_contrast(browser, scheme):
    browser.colours(scheme)
    found = browser.run(CONTRASTS)
    assert len(found) >= 3
    assert [(name, scheme, round(ratio, 2)) for name, least, ratio in found if ratio < least] == []


def assert_fit_for_a_phone(browser):
    """A narrow one: nothing sticks out, and every control is large enough for a finger."""
    browser.size(320, 568)
    assert browser.run("return document.documentElement.scrollWidth") == 320
    controls = browser.driver.find_elements("css selector", "button, input, select, a.button")
    assert [c.get_attribute("id") for c in controls if c.is_displayed() and c.size["height"] < 44] == []


def assert_room_for_large_text(browser):
    browser.size(640, 900)
    browser.run("document.documentElement.style.fontSize = '200%'")
    assert browser.run("return document.documentElement.scrollWidth") == 640


def test_long_names_need_no_scrolling_sideways(browser, mfad, make_world, open_link):
    world = make_world(name="Donaudampfschifffahrtsgesellschaftskapitänsmützen" * 3)
    address = f"{'x' * 60}@{'y' * 60}.{world.tenant}.example"
    world.address = lambda user: address
    mfad.load({"user": {"tenant": world.tenant, "id": "1", "email": address, "locale": "de"}})
    browser.size(320, 568)
    open_link(world)
    assert browser.run("return document.documentElement.scrollWidth") == 320


def test_it_is_dark_where_the_person_likes_it_dark(browser, open_link):
    open_link()
    grounds = {}
    for scheme in ("light", "dark"):
        browser.colours(scheme)
        grounds[scheme] = [browser.find(element).value_of_css_property("background-color") for element in ("body", "main")]
    assert not set(grounds["light"]) & set(grounds["dark"])
    assert browser.run("return document.querySelector('meta[name=color-scheme]').content") == "light dark"


def test_the_keyboard_alone_is_enough(browser, open_link):
    link = open_link()
    for control in ("begin-button", "add-email", "send-button"):
        browser.wait_for(f"#{control}")
        tab_to(browser, control)
        assert_focus_is_seen(browser)
        browser.enter()
    browser.wait_for("#code")
    code = link.wait_for_code()
    assert browser.focused == "code"
    assert_focus_is_seen(browser)
    order = []
    for _ in range(2):
        browser.tab()
        order.append(browser.focused)
    assert order[0] == "verify-button"
    browser.run("document.getElementById('code').focus()")
    browser.press(code)
    browser.tab()
    browser.enter()
    browser.wait_for_title("Your address is confirmed")
    assert browser.focused == "title"


def tab_to(browser, control):
    """By the keyboard alone, from where the focus is."""
    for _ in range(12):
        browser.tab()
        if browser.focused == control:
            return
    raise AssertionError(f"{control} is not reached")


def assert_focus_is_seen(browser):
    style = browser.run("const s = getComputedStyle(document.activeElement); return [s.outlineStyle, s.outlineWidth]")
    assert style == ["solid", "3px"]


def test_what_changes_is_announced(browser, open_form):
    """By live regions, and by the focus where there is something new to do."""
    _, code = open_form()
    roles = {element: browser.find(element).aria_role for element in ("#lead", "#code-error", "#failure")}
    assert roles == {"#lead": "status", "#code-error": "alert", "#failure": "alert"}
    field = browser.find("#code")
    assert field.aria_role == "textbox" and field.accessible_name == "Code from the email"
    assert field.get_attribute("inputmode") == "numeric"
    assert field.get_attribute("autocomplete") == "one-time-code"
    assert browser.run("return document.querySelector('#mark').getAttribute('aria-hidden')") == "true"


def test_without_scripts_it_says_what_it_needs(browser, mfad):
    browser.command("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.driver.get(f"{mfad.url}/enroll/#x")
        # Script being off, the page is asked for as it is.
        assert "This page needs JavaScript" in browser.driver.page_source
    finally:
        browser.command("Emulation.setScriptExecutionDisabled", value=False)
