"""The pages in a browser: filter, search, links, keyboard, themes, widths, accessibility and size."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from conformance.targets.installing import install_packages
from conformance.targets.tools import cache_folder
from tests.support.browser import Browser, Theme, installed, started
from tests.support.pages import CATALOGUE, PAGES, write_pages

pytestmark = [
    pytest.mark.exhaustive,
    pytest.mark.needs_node,
    pytest.mark.skipif(installed() is None, reason="chromium and chromedriver are not installed"),
]
AXE = "axe-core@4.10.3"
BOUND_S = 300
SHOWN = "return [...document.querySelectorAll('.entry')].filter(e => !e.hidden && e.id).map(e => e.id)"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = installed()
    assert found is not None
    with started(*found) as browser:
        yield browser


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return write_pages(tmp_path_factory.mktemp("pages"))


@pytest.fixture(scope="module")
def axe() -> str:
    package = install_packages(cache_folder() / "npm" / AXE, [AXE], ["axe-core"])
    return (package / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(("width", "theme"), [(360, "light"), (1400, "light"), (360, "dark"), (1400, "dark")])
def test_page_fits_in_both_themes(
    browser: Browser, pages: dict[str, Path], name: str, theme: Theme, width: int
) -> None:
    browser.open(pages[name], width=width, theme=theme)
    assert browser.run("return document.documentElement.scrollWidth") == width
    dark = browser.run("return getComputedStyle(document.body).backgroundColor") == "rgb(13, 17, 23)"
    assert dark is (theme == "dark")
    assert browser.messages == []


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(("width", "theme"), [(360, "light"), (1400, "dark")])
def test_axe_finds_no_violation(
    browser: Browser, pages: dict[str, Path], axe: str, name: str, theme: Theme, width: int
) -> None:
    browser.open(pages[name], width=width, theme=theme)
    browser.driver.set_script_timeout(BOUND_S)  # generous: axe takes seconds, and longer on a busy machine
    browser.run(axe)
    found = browser.driver.execute_async_script(
        "const done = arguments[arguments.length - 1]; axe.run(document, {resultTypes: ['violations']}).then(r => "
        "done(r.violations.map(v => [v.id, v.nodes[0].html.slice(0, 200), v.nodes[0].failureSummary])))"
    )
    assert found == []


@pytest.mark.parametrize("name", PAGES)
def test_page_is_small(pages: dict[str, Path], name: str) -> None:
    assert pages[name].stat().st_size < 2_000_000


def test_search_and_filter_show_matching_rules(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["run"])
    everything = browser.run(SHOWN)
    browser.driver.find_element(By.ID, "search").send_keys("PID-003")
    assert browser.run(SHOWN) == ["PID-003"]
    browser.driver.find_element(By.CSS_SELECTOR, "[data-word=unknown].choice").click()
    assert browser.run(SHOWN) == []
    browser.driver.find_element(By.TAG_NAME, "body").send_keys(Keys.ESCAPE)
    assert browser.run(SHOWN) == everything


def test_filtered_page_can_be_linked(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["run"])
    browser.driver.find_element(By.CSS_SELECTOR, "[data-word=waived].choice").click()
    shown, hash_ = browser.run(SHOWN), browser.run("return location.hash")
    assert hash_ == "#verdict=waived"
    browser.open(pages["run"], str(hash_))
    assert browser.run(SHOWN) == shown == [list(CATALOGUE)[3].id]


def test_link_opens_its_rule(browser: Browser, pages: dict[str, Path]) -> None:
    rule = list(CATALOGUE)[5].id
    browser.open(pages["run"], f"#{rule}")
    assert browser.run("return document.getElementById(arguments[0]).open", rule) is True
    top = browser.run("return document.getElementById(arguments[0]).getBoundingClientRect().top", rule)
    assert isinstance(top, int | float)
    assert 0 <= top < 1000


def test_keyboard_reaches_search_and_entries(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["run"])
    browser.driver.find_element(By.TAG_NAME, "body").send_keys("/")
    assert browser.run("return document.activeElement.id") == "search"
    browser.driver.switch_to.active_element.send_keys("PID", Keys.TAB)
    browser.driver.switch_to.active_element.send_keys("n")
    first = browser.run("return document.activeElement.closest('.entry').id")
    browser.driver.switch_to.active_element.send_keys("n")
    second = browser.run("return document.activeElement.closest('.entry').id")
    browser.driver.switch_to.active_element.send_keys("p")
    assert browser.run("return document.activeElement.closest('.entry').id") == first != second


def test_theme_can_be_chosen(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["board"])
    ground = "return getComputedStyle(document.body).backgroundColor"
    light = browser.run(ground)
    button = browser.driver.find_element(By.ID, "theme")
    button.click()
    button.click()
    assert button.text == "Theme: dark"
    assert browser.run(ground) != light
    button.click()
    assert browser.run(ground) == light


def test_survey_can_be_filtered(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["board"])
    browser.driver.find_element(By.ID, "search").send_keys("cortexkit")
    rows = browser.run("return [...document.querySelectorAll('tbody tr')].filter(e => !e.hidden).length")
    assert rows == 3  # two implementations of that name, and one whose package has it
