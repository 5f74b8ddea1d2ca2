"""A headless Chromium: what a person would do, and what the browser has to say about it."""

import json

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from harness import PATIENCE, wait_for

FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-dev-shm-usage", "--hide-scrollbars"]


class Browser:
    """One window. Its console and all that it loads are remembered."""

    def __init__(self, directory):
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for flag in (*FLAGS, f"--user-data-dir={directory}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        self.driver.set_page_load_timeout(PATIENCE)
        self.console, self.requests = [], []
        self.agent = self.run("return navigator.userAgent")

    def quit(self):
        self.driver.quit()

    def open(self, url):
        self.driver.get("about:blank")  # another fragment alone would load nothing
        self.driver.get(url)

    def size(self, width, height=800):
        """Of the page itself, as a phone would have it."""
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def colours(self, scheme):
        self.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def languages(self, *tags):
        """Which the person has told the browser, the best first."""
        self.command("Emulation.setUserAgentOverride", userAgent=self.agent, acceptLanguage=",".join(tags))

    def online(self, is_online):
        self.command("Network.enable")
        self.command("Network.emulateNetworkConditions", offline=not is_online, latency=0, downloadThroughput=-1,
                     uploadThroughput=-1)

    def authenticator(self, **more):
        """Gives the browser a platform authenticator whose user is there and says yes; its name."""
        self.command("WebAuthn.enable")
        made = self.command("WebAuthn.addVirtualAuthenticator", options={
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
            "isUserVerified": True, "automaticPresenceSimulation": True, **more})
        return made["authenticatorId"]

    def without_authenticators(self):
        self.command("WebAuthn.enable")
        self.command("WebAuthn.disable")

    def reset(self):
        """What a test may have changed."""
        self.online(True)
        self.languages("en-US", "en")
        self.size(1000)
        self.colours("light")
        self.without_authenticators()
        self.driver.delete_all_cookies()
        self.driver.get("about:blank")
        self.collect()
        self.console, self.requests = [], []

    def command(self, name, **parameters):
        return self.driver.execute_cdp_cmd(name, parameters)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    # ---- what is there -------------------------------------------------------------------------------------------

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def text(self, selector="main"):
        return self.find(selector).text

    def shown(self, selector):
        try:
            return any(element.is_displayed() for element in self.driver.find_elements(By.CSS_SELECTOR, selector))
        except StaleElementReferenceException:  # the view has just given way to another
            return False

    def wait_for(self, selector):
        wait_for(lambda: self.shown(selector), f"{selector} on the page")
        return self.find(selector)

    def wait_for_text(self, text, selector="main"):
        wait_for(lambda: text in self.text(selector), f"the text {text!r} on the page")

    def wait_for_title(self, title):
        wait_for(lambda: self.text("h1") == title, f"the title {title!r}")

    # ---- what is done --------------------------------------------------------------------------------------------

    def press(self, *keys):
        """To whatever has the focus."""
        action = webdriver.ActionChains(self.driver)
        for key in keys:
            action.send_keys(key)
        action.perform()

    def tab(self):
        self.press(Keys.TAB)

    def choose(self, selector, value):
        """Of a list."""
        Select(self.find(selector)).select_by_value(value)

    def enter(self):
        self.press(Keys.ENTER)

    @property
    def focused(self):
        return self.run("return document.activeElement.id")

    # ---- what the browser says -----------------------------------------------------------------------------------

    def collect(self):
        """Reads the logs, which the driver empties."""
        self.console += self.driver.get_log("browser")
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                self.requests.append(message["params"]["request"]["url"])
