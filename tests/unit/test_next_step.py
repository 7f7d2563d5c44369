"""The report of a port in work names the next step of the build order."""

from collections.abc import Sequence

import pytest

from conformance.reports.next_step import next_step
from conformance.reports.run import Run
from conformance.reports.verdicts import Outcome, Verdict, Word
from conformance.requirements import load_catalogue
from conformance.requirements.build_order import STEPS, step_of
from conformance.wire.methods import CAPABILITIES
from tests.support.command import CHECKOUT
from tests.support.factories import finished_run, hello

CATALOGUE = load_catalogue()
FIRST = ("sticky",)
SECOND = (*FIRST, "pid", "offset")


def run(claimed: Sequence[str], wrong: dict[str, Word] | None = None, *, is_port: bool = True, only: str = "") -> Run:
    """A run in which all claimed rules pass, except those of `wrong`."""
    verdicts = []
    for rule in CATALOGUE:
        word: Word = "pass" if set(claimed).issuperset(rule.needs) else "not claimed"
        if rule.id.startswith(only):
            verdicts.append(Verdict(rule, (wrong or {}).get(rule.id, word)))
    outcome = Outcome(verdicts, stale=[], complete=True, suite_faults=[])
    return finished_run(outcome, hello=hello(capabilities=list(claimed)), is_port=is_port, catalogue=CATALOGUE)


def shown(finished: Run) -> str:
    return " ".join(" ".join(next_step(finished)).split())


def test_every_capability_has_one_step() -> None:
    """`fork` has none: only Python adapters have it, and `serve` implements it."""
    steps = [capability for step in STEPS for capability in step.capabilities]
    assert sorted(steps) == sorted(set(CAPABILITIES) - {"fork"})


def test_every_step_has_rules_of_its_sections() -> None:
    for position, step in enumerate(STEPS):
        sections = {rule.id.partition("-")[0] for rule in CATALOGUE if step_of(rule.needs) == position}
        assert sections.issuperset(step.sections), step.title


def test_failing_rule_of_first_step_is_next() -> None:
    text = shown(run(SECOND, {"PID-001": "fail", "POOL-003": "fail", "POOL-002": "fail"}))
    assert text == (
        "next step 1 of 16, the pool: make POOL-002 pass. 2 rules of this step do not pass. "
        "antigravity-conformance requirements show POOL-002"
    )


def test_failing_adapter_comes_before_every_step() -> None:
    text = shown(run(SECOND, {"PID-004": "unknown", "POOL-003": "fail"}))
    assert text == "next mend the adapter: 1 rule is unknown for the reason shown above."


def test_last_rule_of_a_step_is_said_to_be_the_last() -> None:
    assert "step 2 of 16, the PID offset: make PID-004 pass, the last rule" in shown(run(SECOND, {"PID-004": "fail"}))


def test_failure_that_follows_from_another_is_not_next() -> None:
    finished = run(FIRST, {"POOL-001": "fail", "POOL-002": "fail"})
    next(v for v in finished.outcome.verdicts if v.requirement.id == "POOL-001").follows_from = "a cause"
    assert "make POOL-002 pass" in shown(finished)


def test_capabilities_of_next_step_are_next() -> None:
    assert shown(run(FIRST)).startswith("next step 2 of 16, the PID offset: claim pid, offset in `hello`. With")
    assert shown(run((*FIRST, "offset"))).startswith("next step 2 of 16, the PID offset: claim pid in `hello`.")
    assert shown(run(FIRST)).endswith("antigravity-conformance requirements show PID")


@pytest.mark.parametrize(
    "finished",
    [run(list(CAPABILITIES)), run(FIRST, is_port=False), run(FIRST, only="POOL")],
    ids=["everything claimed", "a release", "--only"],
)
def test_no_next_step(finished: Run) -> None:
    assert shown(finished) == ""


def test_page_lists_the_steps() -> None:
    rows = [
        f"| {n} | {step.title} | {', '.join(f'`{c}`' for c in step.capabilities)} |" for n, step in enumerate(STEPS, 1)
    ]
    assert "\n".join(rows) + "\n\n" in (CHECKOUT / "docs" / "init.md").read_text(encoding="utf-8")
