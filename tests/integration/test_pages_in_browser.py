"""The pages in a browser: filter, search, links, keyboard, themes, widths, accessibility, size and time."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from conformance.reports.board import make_board
from conformance.reports.board_html import render_html
from conformance.reports.compare import Comparison
from conformance.reports.page.compare_page import render_compare_page
from conformance.reports.page.races_page import render_races_page
from conformance.reports.page.run_page import render_run_page
from conformance.reports.report import report_of
from conformance.requirements import load_catalogue
from conformance.targets.installing import install_packages
from conformance.targets.tools import cache_folder
from conformance.wire.methods import CAPABILITIES
from tests.support.browser import Browser, Theme, installed, started
from tests.support.factories import case, concluded, deviation, finding, finished_run
from tests.unit.test_races_html import failing as failing_race
from tools.survey_page import load_board

pytestmark = [
    pytest.mark.exhaustive,
    pytest.mark.needs_node,
    pytest.mark.skipif(installed() is None, reason="chromium and chromedriver are not installed"),
]
AXE = "axe-core@4.10.3"
BOUND_S = 300
PAGES = ("run", "board", "compare", "races")
SHOWN = "return [...document.querySelectorAll('.entry')].filter(e => !e.hidden && e.id).map(e => e.id)"
CATALOGUE = load_catalogue()
POOL = {"accounts": [{"refreshToken": name} for name in ("mango", "fig", "pear")]}
CALLS = [
    {"method": "open", "params": {"pool": POOL, "pid": 1, "now_ms": 1000}},
    {"method": "select", "params": {"family": "claude"}, "expect": {"label": "mango"}},
    {"method": "mark_rate_limited", "params": {"label": "mango", "family": "claude", "retry_after_ms": 60000}},
    {"method": "advance", "params": {"ms": 30000}},
    {"method": "select", "params": {"family": "claude"}, "expect": {"label": "fig"}},
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = installed()
    assert found is not None
    with started(*found) as browser:
        yield browser


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A run that fails most rules in long sessions, a survey of 41 implementations, and a comparison."""
    rules = list(CATALOGUE)
    found = finding({"label": "fig"}, {"label": "mango"}, scenario={"calls": CALLS}, position=4)
    known = deviation(rules[3].id)
    names = [(rule.id, f"test_a.py::test_{word}[{rule.id}]") for rule in rules[-80:] for word in "ab"]
    events = [case("fail", id_, findings=[found] * 3, name=name) for id_, name in names]
    events += [case("pass", rules[3].id, findings=[finding(by=known)]), case("unknown", rules[4].id, message="it died")]
    events += [case("pass", rule.id) for rule in rules[5:-80]]
    run = dataclasses.replace(
        finished_run(concluded(events, *rules, deviations=[known], capabilities=CAPABILITIES)), catalogue=CATALOGUE
    )
    passed = [case("pass", rule.id) for rule in rules]
    old = dataclasses.replace(
        finished_run(concluded(passed, *rules, capabilities=list(CAPABILITIES))), catalogue=CATALOGUE
    )
    board = load_board()
    texts = {
        "run": render_run_page(run),
        "board": render_html(make_board(board.kit, CATALOGUE, board.rows)),
        "compare": render_compare_page(Comparison(report_of(old), report_of(run)), CATALOGUE),
        "races": render_races_page("npm:opencode-antigravity-auth@1.6.0", "1.6.0", [failing_race()] * 12, 1),
    }
    folder = tmp_path_factory.mktemp("pages")
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in texts}


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
def test_page_is_small_and_opens_within_a_second(browser: Browser, pages: dict[str, Path], name: str) -> None:
    assert pages[name].stat().st_size < 2_000_000
    browser.open(pages[name])
    timing = "const [t] = performance.getEntriesByType('navigation'); return t.loadEventEnd - t.startTime"
    assert min(opened(browser, pages[name], timing) for _ in range(3)) < 1000


def opened(browser: Browser, page: Path, timing: str) -> float:
    browser.open(page)
    milliseconds = browser.run(timing)
    assert isinstance(milliseconds, int | float)
    return milliseconds


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
