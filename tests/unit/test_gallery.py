"""The table of the gallery is whole, breaks no limit, and its page is made from it."""

import sys

import pytest

from tests.fakes.gallery.catalogue import load
from tools.gallery import PAGE, faults, read_table, render
from tools.gallery_rows import CAUSE_CHARACTERS, DATA, Outcome, plain, rows
from tools.gallery_run import UNSAFE, target

TABLE = read_table()
NAME = "wrong-order"


def test_table_has_only_rows_of_today() -> None:
    """In their order. `make gallery ARGS=--missing` measures new rows."""
    assert list(TABLE) == [row.name for row in rows()]


@pytest.mark.parametrize("name", TABLE)
def test_no_row_breaks_a_limit(name: str) -> None:
    assert list(faults(TABLE[name])) == []


def test_the_page_is_made_from_the_table() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(TABLE), "run `make docs`"


def test_data_names_only_adapters_that_exist() -> None:
    lists = [names for names in DATA.values() if not isinstance(names, str)]
    assert {name for names in lists for name in names} <= set(load())


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"exit_code": 4}, "exit code 4"),
        ({"within": {"60 s": False}}, "not within 60 s"),
        ({"left": ["folder x"]}, "left: folder x"),
        ({"unsafe": ["a token"]}, "a token"),
    ],
)
def test_broken_limit_is_a_fault(changed: dict[str, object], fault: str) -> None:
    fair = {"exit_code": 3, "verdicts": {}, "cause": "", "within": {"60 s": True}, "left": [], "unsafe": []}
    assert list(faults(Outcome.model_validate(fair))) == []
    assert list(faults(Outcome.model_validate(fair | changed))) == [fault]


def test_cause_does_not_depend_on_the_machine() -> None:
    command = " ".join(["--", *target(NAME, "run0123")])
    assert sys.executable in command
    assert plain(f"antigravity-conformance: {command} exited.\nIts standard error:") == "the target exited."
    assert plain(f"{command} failed 3 times and is not started again. The last time: it hung") == "hung"
    assert plain("no /dev/shm/gallery-a1_b/working there") == "no FOLDER/working there"
    assert len(plain("x" * 1000)) == CAUSE_CHARACTERS + len("...")


@pytest.mark.parametrize(
    ("text", "unsafe"),
    [
        ("red \x1b[31m", "a control sequence"),
        ("a\n::error::b", "a command of a CI system"),
        ("ya29.a0AfH6SMBx-0123456789abc", "a token"),
        ('File "/x/conformance/cases/judge.py", line 3', "a traceback of the kit"),
        ('  File "/x/conformance/wire/serve.py", line 3\n\ta \u00e7 ::error', None),
    ],
)
def test_unsafe_texts_are_found(text: str, unsafe: str | None) -> None:
    assert [what for what, pattern in UNSAFE.items() if pattern.search(text)] == ([unsafe] if unsafe else [])
