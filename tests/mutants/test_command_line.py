"""Mutants judged by `run` in separate processes: those of real processes, and a sample of the others.

The sample checks that a run gives the same verdicts as `judging.py`. `EVERY_MUTANT=1` compares all mutants.
"""

import json
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from conformance.reports.events import CaseEnded, read_events
from conformance.requirements import Requirement, load_catalogue
from conformance.requirements.catalogue import applies
from reference_impl.releases import RECOMMENDED
from tests.mutants import factory, target_word
from tests.support.command import run_kit
from tests.support.judging import Case, InProcessJudge, judge_cases, judge_in_process, needs_processes, words
from tests.support.tiers import sampled

CATALOGUE = load_catalogue()
OF_PROCESSES = [requirement for requirement in CATALOGUE if needs_processes(requirement)]
OTHERS = [requirement for requirement in CATALOGUE if not needs_processes(requirement)]
SAMPLE = [section.requirement[0] for section in CATALOGUE.sections if section.requirement[0] in OTHERS]
COMPARED = OTHERS if os.environ.get("EVERY_MUTANT") else SAMPLE

# The most common faults of ports: the sections that fail, and a rule of real processes that fails too. Depending on
# the PIDs, other rules of processes may fail as well.
SECTIONS = "STK,PID,RR,LIM"
PROCESSES = ("PROC-001", "PROC-002", "PROC-003", "PROC-004", "PROC-005", "PROC-006")
NEVER_BROKEN = "PROC-006"
COMMON = {
    "offset-on-every-call": ({"PID-003"}, "PROC-004"),
    "offset-for-both-families-at-once": ({"PID-005"}, "PROC-004"),
    "pid-read-before-fork": ({"PID-010"}, "PROC-005"),
    "offset-under-round-robin": ({"RR-003"}, "PROC-003"),
    "counts-from-one": ({"PID-001", "PID-003", "PID-006", "PID-007", "PID-010"}, "PROC-001"),
    "pid-ignored": ({"PID-001", "PID-002", "PID-003", "PID-006", "PID-007", "PID-010"}, "PROC-001"),
    "modulus-by-enabled-only": ({"PID-007"}, "PROC-001"),
    "flag-shared-by-families": ({"PID-004"}, "PROC-004"),
    "base-index-ignored": ({"PID-001", "PID-003", "PID-006"}, "PROC-001"),
}


@pytest.mark.parametrize("requirement", sampled(OF_PROCESSES, every=24), ids=lambda requirement: requirement.id)
def test_mutant_of_processes_fails_its_requirement(requirement: Requirement, tmp_path: Path) -> None:
    assert verdicts(requirement.mutant, tmp_path, "--only", requirement.id) == {requirement.id: "fail"}


@pytest.mark.parametrize("mutant", sampled(COMMON))
def test_common_mistake_fails_the_right_requirements(mutant: str, cases: Sequence[Case], tmp_path: Path) -> None:
    sections = [rule for rule in CATALOGUE.choose(SECTIONS.split(",")) if applies(rule, RECOMMENDED)]
    outcome = judge_in_process(cases, factory(mutant), [rule for rule in sections if not needs_processes(rule)])
    found: dict[str, str] = dict(words(outcome))
    forking = [requirement.id for requirement in sections if needs_processes(requirement)]
    found |= verdicts(mutant, tmp_path, "--only", ",".join([*PROCESSES, *forking]))
    assert set(found.values()) <= {"pass", "fail"}, found
    assert found.keys() == {*PROCESSES, *(requirement.id for requirement in sections)}
    failed = {id_ for id_, word in found.items() if word == "fail"}
    expected, of_processes = COMMON[mutant]
    assert failed.difference(PROCESSES) == expected
    assert of_processes in failed
    assert NEVER_BROKEN not in failed


@pytest.mark.parametrize("requirement", sampled(COMPARED, every=12), ids=lambda requirement: requirement.id)
def test_run_says_what_judging_in_process_says(requirement: Requirement, cases: Sequence[Case], tmp_path: Path) -> None:
    """The same cases with the same outcomes, messages and findings, and the verdict `fail`."""
    profile = RECOMMENDED if applies(requirement, RECOMMENDED) else requirement.releases[-1]
    events = tmp_path / "events.jsonl"
    options = ("--profile", profile, "--only", requirement.id, "--events", str(events))
    assert verdicts(requirement.mutant, tmp_path, *options) == {requirement.id: "fail"}
    judge = InProcessJudge(factory(requirement.mutant))
    here = list(judge_cases(cases, judge, [requirement.id], profile))
    there = [event for event in read_events(events) if isinstance(event, CaseEnded)]
    assert [without_seconds(event) for event in there] == [without_seconds(event) for event in here]


def without_seconds(event: CaseEnded) -> CaseEnded:
    return event.model_copy(update={"seconds": 0})


def verdicts(mutant: str, folder: Path, *options: str) -> dict[str, str]:
    report = folder / "report.json"
    run = run_kit("run", target_word(mutant), "--json", str(report), *options)
    assert report.exists(), run.stdout + run.stderr
    return {entry["id"]: entry["verdict"] for entry in json.loads(report.read_text(encoding="utf-8"))["requirements"]}
