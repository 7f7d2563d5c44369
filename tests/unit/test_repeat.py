"""Which reports count as equal when a run is repeated."""

import pytest

from conformance.json_type import Json
from tools.repeat import difference, main


def report(verdict: str = "pass", **changed: Json) -> Json:
    requirement = {"id": "PID-001", "verdict": verdict, "cases": [{"case": "one", "findings": []}]}
    return {"exit_code": 0, "requirements": [requirement], "observed": {"pid": 1}, **changed}


@pytest.mark.parametrize("other", [report(), report(observed={"pid": 2, "more": [1]})])
def test_observed_values_make_no_difference(other: Json) -> None:
    assert difference(report(), other) is None


@pytest.mark.parametrize(
    ("other", "named"),
    [
        (report("fail"), 'requirements[PID-001].verdict: "pass" in the first report, "fail" in this one'),
        (report(exit_code=1), "exit_code: 0 in the first report, 1 in this one"),
        (report(exit_code=False), "exit_code: 0 in the first report, false in this one"),
        (report(requirements=[]), "requirements: [{"),
        (report(surprise=1), "surprise: in this report only"),
    ],
)
def test_any_other_difference_is_named(other: Json, named: str) -> None:
    found = difference(report(), other)
    assert found is not None
    assert found.startswith(named)


def test_observed_is_ignored_at_the_top_only() -> None:
    assert difference({"cases": {"observed": 1}}, {"cases": {"observed": 2}}) is not None


@pytest.mark.parametrize("arguments", [[], ["50"], ["0", "reference"], ["many", "reference"]])
def test_wrong_usage_prints_the_usage(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert main(arguments) == 2
    assert "usage: python -m tools.repeat N TARGET" in capsys.readouterr().err
