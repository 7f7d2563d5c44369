"""The page of errata."""

import importlib
import re
from pathlib import Path

from conformance.requirements import load_catalogue
from conformance.requirements.errata import PAGE, load_errata, render_markdown
from tests.integration.errata.evidence import (
    SHOWN,
)

ERRATA = load_errata()


def test_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == render_markdown(ERRATA), (
        "stale: python -m conformance.requirements.errata"
    )


def test_ids_are_consecutive() -> None:
    assert [erratum.id for erratum in ERRATA] == [f"E-{number:02}" for number in range(1, len(ERRATA) + 1)]


def test_every_erratum_is_shown_by_a_test() -> None:
    for module in Path(__file__).parent.glob("test_*.py"):
        importlib.import_module(f"tests.integration.errata.{module.stem}")
    assert {erratum.id for erratum in ERRATA} == SHOWN


def test_every_requirement_named_is_in_the_catalogue() -> None:
    named = {name for erratum in ERRATA for name in re.findall(r"\b[A-Z]{2,5}-[0-9]{3}\b", str(erratum.model_dump()))}
    assert named
    assert named <= set(load_catalogue().by_id)
