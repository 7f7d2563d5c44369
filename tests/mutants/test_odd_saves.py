"""A target that writes something else in place of a pool file fails rules. It is no fault of the suite."""

from collections.abc import Sequence

import pytest

from conformance.json_type import Json
from conformance.requirements import load_catalogue
from reference_impl.adapter import ReferenceAdapter
from reference_impl.selection import Selector
from tests.support.judging import Case, judge_in_process, needs_processes, words

SAVING = [rule for rule in load_catalogue() if {"save", "delayed-save"} & set(rule.needs) and not needs_processes(rule)]
ODD: list[Json] = [
    [],
    "saved",
    {},
    {"accounts": 5},
    {"accounts": [5, None]},
    {"accounts": [{"rateLimitResetTimes": 5}], "activeIndexByFamily": [0]},
    {"accounts": [], "activeIndexByFamily": {"claude": "0"}},
]


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_odd_saved_file_fails_rules(cases: Sequence[Case], odd: Json) -> None:
    class Odd(ReferenceAdapter):
        def saved(self, selector: Selector, content: bytes | None) -> Json:
            return odd

    verdicts = words(judge_in_process(cases, Odd, SAVING))
    assert verdicts["STO-025"] == "fail"
    assert set(verdicts.values()) <= {"pass", "fail"}
