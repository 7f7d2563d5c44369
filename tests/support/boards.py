"""Survey boards: a small one, and one in which every text contains markup."""

from collections.abc import Mapping

from conformance.json_type import Json
from conformance.reports.board import (
    Board,
    Checkout,
    Observed,
    Row,
    make_board,
)
from conformance.reports.verdicts import Word
from tests.fakes.surveyed import MARKUP
from tests.support.factories import catalogue, requirement

IDS = ("ONE-001", "ONE-002", "ONE-003", "TWO-001", "TWO-002")
CATALOGUE = catalogue(*(requirement(id_) for id_ in IDS))


def row(verdicts: Mapping[Word, list[str]] | None = None, exit_code: int = 0, **changed: Json) -> Row:
    fields: dict[str, Json] = {
        "target": "python:port:Port",
        "implementation": "port 1.0, python",
        "profile": "1.3.0",
        "profile_reason": "",
        "exit_code": exit_code,
        "conclusion": "conformant",
        "musts": (5, 5, 5),
        "verdicts": {"pass": list(IDS)} if verdicts is None else verdicts,
        "reasons": {},
    }
    return Row.model_validate(fields | changed)


def board(*rows: Row) -> Board:
    return make_board("0.1.0", CATALOGUE, rows)


def small_board() -> Board:
    return board(
        row(target="reference", profile="recommended", implementation="reference 0.1.0, python"),
        row(
            {"pass": ["ONE-001"], "fail": ["ONE-002", "TWO-002"], "waived": ["ONE-003"], "not claimed": ["TWO-001"]},
            1,
            target="plugin:forks/a",
            implementation="a-fork 1.6.0, javascript",
            profile="1.6.0",
            profile_reason="the listed release nearest to 1.6.2",
            conclusion="not conformant",
            musts=(4, 4, 5),
            reasons={"TWO-001": "the target does not claim: fork, config"},
            inherited=True,
            mended=["a-deviation"],
            observed=Observed(checkout=Checkout(commit="0123456789abcdef", date="2026-02-03", changed=True)),
        ),
        row(
            {"pass": ["ONE-001", "TWO-001"], "waived": ["ONE-002", "ONE-003"], "not run": ["TWO-002"]},
            target="npm:a-plugin@1.3.0",
            conclusion="conformant, with 2 known deviations",
            musts=(4, 5, 5),
            reasons={"TWO-002": "not as root"},
        ),
        row(
            {},
            3,
            target="plugin:forks/b",
            implementation="",
            profile=None,
            conclusion="no verdict: the adapter failed",
            musts=(0, 0, 0),
            observed=Observed(fault="it has no accounts.ts\nname it in a mapping file"),
        ),
    )


def hostile_board() -> Board:
    verdicts: dict[Word, list[str]] = {"fail": ["ONE-001"], "unknown": ["ONE-002"], "waived": ["ONE-003"]}
    words = dict.fromkeys(["target", "implementation", "profile", "profile_reason", "conclusion"], MARKUP * 9)
    rows = [
        row(verdicts, 1, reasons=dict.fromkeys(IDS, MARKUP), **words),
        row({}, 3, observed=Observed(fault=MARKUP, checkout=Checkout(commit=MARKUP, date=MARKUP, changed=False))),
    ]
    return board(*rows * 7)
