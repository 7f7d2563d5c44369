"""Runs in which each verdict occurs, and texts of targets that try to break out of a report."""

from conformance.reports.run import ChosenProfile, Run
from conformance.reports.verdicts import Outcome
from tests.support.factories import case, concluded, criteria, deviation, finding, finished_run, hello, requirement

CONTROL = "\x1b[2J\x00\x07\r\x9b"
HOSTILE = ["x" * 500, "word " * 100, f"one\ntwo{CONTROL}three", "\u202egnp.exe", "é" * 200, "-" * 200]
IDS = ["ONE-001", "ONE-002", "ONE-003", "ONE-004", "TWO-001", "TWO-002"]


def mixed_outcome(text: str = "a word") -> Outcome:
    """Each verdict once, with this text wherever a target or the machine can supply text."""
    known = deviation("ONE-002", reason=f"It was decided: {text}", evidence=f"it says {text}")
    scenario = {"files": {f"home/{text}": {"text": text}}, "calls": [{"method": "select", "params": {"model": text}}]}
    found = finding({"label": "a"}, {"label": text, "index": [text]}, scenario=scenario)
    events = [
        case("fail", "ONE-001", findings=[found]),
        case("pass", "ONE-002", findings=[finding(by=known)]),
        case("unknown", "ONE-003", message=f"it wrote {text}"),
        case("not run", "ONE-004", message=f"not as root: {text}"),
        case("pass", "TWO-001"),
    ]
    rules = [requirement(id_, needs=["fork"] if id_ == "TWO-002" else []) for id_ in IDS]
    return concluded(events, *rules, deviations=[known, deviation("TWO-001", id="past", reason=text + " " * 10)])


def hostile_run(text: str) -> Run:
    return finished_run(
        mixed_outcome(text),
        hello=hello(name=text, version=text, language=text),
        profile=ChosenProfile("recommended", f"the listed release nearest to {text}, which the target claims"),
        criteria=criteria(deviations=[deviation("ONE-002", reason=f"It was decided: {text}")]),
        left_out=[f"OLD-{number:03}" for number in range(40)],
    )
