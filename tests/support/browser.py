"""Headless Chromium, from the packages of the system, for the tests of pages."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, cast

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.wait import WebDriverWait

Theme = Literal["light", "dark"]
BOUND_S = 60
NAMES = ("chromium", "chromium-browser", "google-chrome")


def installed() -> tuple[str, str] | None:
    """The paths of the browser and its driver, or None."""
    browser = next(filter(None, map(shutil.which, NAMES)), None)
    driver = shutil.which("chromedriver")
    return (browser, driver) if browser and driver else None


class Browser:
    """A browser whose window and theme can be set."""

    def __init__(self, driver: Chrome) -> None:
        self.driver = driver

    def open(self, page: Path, hash_: str = "", *, width: int = 1400, theme: Theme = "light") -> None:
        """Open the page anew. Messages of earlier pages are dropped."""
        size = {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        features = [{"name": "prefers-color-scheme", "value": theme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        self.driver.get("about:blank")
        assert self.messages is not None
        self.driver.get(page.as_uri() + hash_)
        # `get` may return while a long page is still being read.
        is_read = "return location.protocol === 'file:' && document.readyState === 'complete'"
        WebDriverWait(self.driver, BOUND_S).until(lambda _: self.run(is_read))

    def run(self, script: str, *arguments: object) -> object:
        """The value that the script returns."""
        return self.driver.execute_script(script, *arguments)

    @property
    def messages(self) -> list[str]:
        """What the browser wrote to its console."""
        log = cast("list[dict[str, str]]", self.driver.execute("getLog", {"type": "browser"})["value"])
        return [entry["message"] for entry in log]


@contextmanager
def started(browser: str, driver: str) -> Iterator[Browser]:
    options = ChromeOptions()
    options.binary_location = browser
    for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    chrome = Chrome(options=options, service=Service(driver))
    try:
        yield Browser(chrome)
    finally:
        chrome.quit()
