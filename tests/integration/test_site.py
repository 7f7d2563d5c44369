"""The site builds without a warning, is found by search, and fits small screens in both themes."""

import functools
import http.server
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver.support.wait import WebDriverWait

from tests.support.browser import BOUND_S, Browser, Theme, installed, started
from tests.support.command import CHECKOUT

SCREENS: tuple[tuple[int, Theme], ...] = ((1400, "light"), (360, "dark"))
WIDEST = "return document.documentElement.scrollWidth - window.innerWidth"
SEARCH = """
const box = document.querySelector('[data-md-component=search-query]');
box.focus(); box.value = arguments[0]; box.dispatchEvent(new Event('keyup')); box.dispatchEvent(new Event('input'));
"""
FOUND = "return [...document.querySelectorAll('.md-search-result__link')].map(link => link.href).join(' ')"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=CHECKOUT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def served(site: Path) -> Iterator[str]:
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_pages_ask_no_other_host(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert 'src="http' not in text, page
        assert '<link rel="stylesheet" href="http' not in text, page


def test_titles_are_those_of_the_pages(site: Path) -> None:
    assert "<title>PID offset - " in (site / "requirements" / "pid.html").read_text(encoding="utf-8")


@pytest.mark.skipif(installed() is None, reason="chromium and chromedriver are not installed")
def test_pages_fit_screens_and_are_found(served: str) -> None:
    found = installed()
    assert found is not None
    with started(*found) as browser:
        for page in ("index", "port", "requirements/pid", "capabilities"):
            for width, theme in SCREENS:
                _show(browser, f"{served}/{page}.html", width, theme)
                assert browser.run(WIDEST) == 0, f"{page} at {width}"
                scheme = browser.run("return document.body.getAttribute('data-md-color-scheme')")
                assert scheme == ("slate" if theme == "dark" else "default")
        _show(browser, f"{served}/index.html", 1400, "light")
        browser.run(SEARCH, "cooldown")
        WebDriverWait(browser.driver, BOUND_S).until(lambda _: "requirements/cool.html" in str(browser.run(FOUND)))


def _show(browser: Browser, url: str, width: int, theme: Theme) -> None:
    """Open the page as a reader who has not chosen a theme."""
    size = {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
    browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    features = [{"name": "prefers-color-scheme", "value": theme}]
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    browser.driver.get(url)
    browser.run("localStorage.clear()")
    browser.driver.refresh()
    WebDriverWait(browser.driver, BOUND_S).until(lambda _: browser.run("return document.readyState") == "complete")
