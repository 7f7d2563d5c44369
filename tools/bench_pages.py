"""`python -m tools.bench_pages`: the time in which the largest pages open in Chromium, relative to an empty page.

The exit code is 1 if a page takes longer than LIMIT empty pages.
"""

import statistics
import sys
import tempfile
from pathlib import Path

from tests.support.browser import Browser, installed, started
from tests.support.pages import write_pages

TURNS = 7
LIMIT = 50  # many: a page of a megabyte took 15 empty ones
OPENED = "const [t] = performance.getEntriesByType('navigation'); return t.loadEventEnd - t.startTime"


def opened_ms(browser: Browser, page: Path) -> float:
    browser.open(page)
    found = browser.run(OPENED)
    assert isinstance(found, int | float)
    return found


def main() -> int:
    found = installed()
    if found is None:
        print("chromium and chromedriver are not installed; on Debian: apt-get install chromium chromium-driver")
        return 2
    slow = False
    with tempfile.TemporaryDirectory() as name, started(*found) as browser:
        folder = Path(name)
        empty = folder / "empty.html"
        empty.write_text("<!doctype html><title>empty</title>", encoding="utf-8")
        for page, path in write_pages(folder).items():
            pairs = [(opened_ms(browser, empty), opened_ms(browser, path)) for _ in range(TURNS)]
            ratio = statistics.median(full / max(nothing, 1) for nothing, full in pairs)
            milliseconds = statistics.median(full for _, full in pairs)
            print(f"{page}: {ratio:.1f} times an empty page ({milliseconds:.0f} ms); limit {LIMIT}")
            slow = slow or ratio > LIMIT
    return int(slow)


if __name__ == "__main__":
    sys.exit(main())
