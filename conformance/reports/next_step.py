"""What to build next: for a port that does not claim every capability yet."""

from collections.abc import Iterator

from conformance.reports.describe import command, wrap
from conformance.reports.run import Run
from conformance.reports.verdicts import Verdict
from conformance.requirements.build_order import STEPS, Step, step_of

INDENT = " " * 7
KIT = "antigravity-conformance"


def next_step(run: Run) -> Iterator[str]:
    """The first step of the build order that is not done: its first failing rule, or the capabilities to claim.

    Nothing with `--only`, because the steps before are not known then, and nothing for a port that claims every step.
    An adapter that fails comes before every step.
    """
    verdicts, claimed = run.outcome.verdicts, set(run.hello.capabilities)
    is_whole = len(verdicts) + len(run.left_out) == len(run.catalogue) and run.outcome.complete
    if not (run.is_port and is_whole) or all(claimed.issuperset(step.capabilities) for step in STEPS):
        return
    if unknown := sum(verdict.word == "unknown" for verdict in verdicts):
        rules = f"{unknown} rules are" if unknown > 1 else "1 rule is"
        yield wrap(f"next   mend the adapter: {rules} unknown for the reason shown above.", "", 7)
        return
    for position, step in enumerate(STEPS):
        wrong = [v for v in verdicts if v.word == "fail" and step_of(v.requirement.needs) == position]
        missing = [capability for capability in step.capabilities if capability not in claimed]
        if wrong or missing:
            yield wrap(
                f"next   step {position + 1} of {len(STEPS)}, {step.title}: {_task(step, wrong, missing)}", "", 7
            )
            rules = _first(wrong).requirement.id if wrong else " ".join(step.sections)
            yield from command(f"{KIT} requirements show {rules}", INDENT)
            return


def _task(step: Step, wrong: list[Verdict], missing: list[str]) -> str:
    if not wrong:
        return f"claim {', '.join(missing)} in `hello`. {step.text}"
    many = f". {len(wrong)} rules of this step do not pass." if len(wrong) > 1 else ", the last rule of this step."
    return f"make {_first(wrong).requirement.id} pass{many}"


def _first(wrong: list[Verdict]) -> Verdict:
    """The first rule to repair: one whose failure does not follow from another cause, a MUST if there is one."""
    return min(wrong, key=lambda verdict: (bool(verdict.follows_from), verdict.requirement.level != "MUST"))
