"""A checkout inherits only what its release does; evidence is shown only for code that it has."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from conformance.cli.deviations import file_of, find_known, only_inherited, read_accepted
from conformance.cli.evidence import find_evidence
from conformance.cli.run_plan import Plan, Subject
from conformance.json_type import Json
from conformance.reports import terminal
from conformance.reports.events import CaseEnded, CaseOutcome, Finding
from conformance.reports.report import report_of
from conformance.reports.run import ChosenProfile, Run
from conformance.reports.verdicts import Outcome
from conformance.requirements import load_catalogue
from conformance.requirements.deviations import DeviationError, release_deviations, shipped_deviations
from conformance.search.inheritance import is_as_in
from conformance.targets.checkout.quotes import Sources
from conformance.targets.errors import UsageFault
from conformance.targets.resolve import Target
from conformance.targets.smoke import Greeting
from conformance.vectors.predict import answers_of
from conformance.wire.scenario import Scenario, show_answer
from reference_impl.adapter import ReferenceAdapter
from tests.support.factories import case, concluded, criteria, finding, finished_run, hello, requirement
from tests.support.factories import deviation as a_deviation

CATALOGUE = load_catalogue()
BY_HEALTH = next(d for d in release_deviations(CATALOGUE) if d.id == "health-by-index")
SCENARIO = Scenario.from_json(BY_HEALTH.counterexample)
POSITION = next(n for n, call in enumerate(SCENARIO.calls) if "expect" in call.to_json())
OF_RELEASE = show_answer(answers_of(ReferenceAdapter("1.6.0"), SCENARIO)[POSITION])


def found(actual: Json, *, explained: bool = True, **changed: Json) -> Finding:
    """A wrong answer to the counterexample of a deviation."""
    call = SCENARIO.calls[POSITION]
    return Finding(
        scenario=SCENARIO,
        position=POSITION,
        what=call.method,
        expected=call.expected,
        actual=actual,
        observed=False,
        deviation=BY_HEALTH.id if explained else None,
        waives=BY_HEALTH.requirement if explained else None,
    ).model_copy(update=changed)


def judged(*findings: Finding, outcome: CaseOutcome = "pass") -> CaseEnded:
    return case(outcome, BY_HEALTH.requirement, findings=list(findings))


def test_answer_of_the_release_stays_explained() -> None:
    event = judged(found(OF_RELEASE))
    assert only_inherited(event, "1.6.0") == event


def test_another_wrong_answer_is_the_checkouts_own() -> None:
    event = only_inherited(judged(found(OF_RELEASE), found({"score": 3})), "1.6.0")
    assert isinstance(event, CaseEnded)
    assert (event.outcome, [each.deviation for each in event.findings]) == ("fail", [BY_HEALTH.id, None])
    assert "got {'score': 3}" in event.message


@pytest.mark.parametrize("changed", [{"position": None}, {"observed": True}])
def test_value_of_several_answers_is_not_asked_again(changed: Json) -> None:
    event = judged(found({"score": 3}, **changed))
    assert only_inherited(event, "1.6.0") == event


def test_unknown_outcome_stays_unknown() -> None:
    event = only_inherited(judged(found({"score": 3}), outcome="unknown"), "1.6.0")
    assert isinstance(event, CaseEnded)
    assert event.outcome == "unknown"


def test_raised_answers_are_alike_in_any_words() -> None:
    deviation = next(d for d in release_deviations(CATALOGUE) if d.id == "malformed-pool-fatal")
    scenario = Scenario.from_json(deviation.counterexample)
    answers = answers_of(ReferenceAdapter("1.6.0"), scenario)
    position = next(n for n, answer in enumerate(answers) if "raised" in (show_answer(answer) or {}))
    assert is_as_in("1.6.0", scenario, position, {"raised": "in other words"})
    assert not is_as_in("1.6.0", scenario, position, {"accounts": []})


FILES = {
    "src/plugin/accounts.ts": "this.accounts.splice(idx, 1)\n",
    "src/plugin.ts": "const removed = accountManager.removeAccount( account )\nif (removed) {\n  log.warn('gone')\n}\n",
    "dist/plugin.js": "getHealthTracker().reset(0);",
    "tests/a.ts": "getHealthTracker().reset(0);",
}


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def shown_in(checkout: Path) -> Run:
    """A run in which one inherited deviation shows."""
    outcome: Outcome = concluded([judged(found(OF_RELEASE))], requirement("HEA-016"), deviations=[BY_HEALTH])
    chosen = criteria(requirement("HEA-016"), deviations=[BY_HEALTH], inherited=True)
    profile = ChosenProfile("1.6.0", "nearest")
    target = Target("plugin:fork", [], checkout=checkout)
    subject = Subject(target, Greeting(hello(), "verified"), profile)
    plan = Plan(subject=subject, catalogue=CATALOGUE, left_out=[], criteria=chosen, options=argparse.Namespace())
    evidence = find_evidence(plan, outcome)
    return finished_run(outcome, criteria=chosen, profile=profile, evidence=evidence)


def text_of(run: Run) -> str:
    return " ".join("\n".join(terminal.render(run, verbose=True)).split())


def test_evidence_is_shown_where_the_code_is(tmp_path: Path) -> None:
    run = shown_in(write(tmp_path, FILES))
    assert "evidence: dist/src/plugin/accounts.js: removeAccount renumbers" in text_of(run)
    assert "in this checkout: src/plugin.ts, src/plugin/accounts.ts" in text_of(run)
    (inherited,) = report_of(run).inherited
    assert (inherited.id, inherited.has_code) == ("health-by-index", True)


def test_evidence_without_its_code_is_not_shown(tmp_path: Path) -> None:
    repaired = FILES["src/plugin.ts"].replace("log.warn", "remapAfterRemoval(account)\n  log.warn")
    run = shown_in(write(tmp_path, {**FILES, "src/plugin.ts": repaired}))
    assert "evidence:" not in text_of(run)
    assert "It answers as release 1.6.0 does, by other code: no file has const removed =" in text_of(run)
    (inherited,) = report_of(run).inherited
    assert (inherited.has_code, len(inherited.missing)) == (False, 1)


def test_repair_in_another_module_is_named(tmp_path: Path) -> None:
    run = shown_in(write(tmp_path, {**FILES, "src/plugin/repair.ts": "getHealthTracker().reset(removedIndex)"}))
    assert "evidence:" not in text_of(run)
    assert "It may repair this where the kit does not call it: see src/plugin/repair.ts" in text_of(run)


@pytest.mark.parametrize(
    ("text", "quotation", "is_there"),
    [
        ("a = {\n  ...one,\n  ...two,\n}", "{ ...one, ...two }", True),
        ("f('x')\n", 'f("x");', True),
        ("warn(`long ${text}`); save()", "warn(…); save()", True),
        (f"warn({'x' * 500}); save()", "warn(…); save()", False),
        ("a + c", "a + b", False),
        ("a // why\n  + b", "a + b", True),
        ("  /* why,\n   a + b */\n  a\n  // a + b", "a + b", False),
        ("fetch('https://a.test'); a + b", "a + b", True),
    ],
)
def test_quotation_is_found_however_it_is_formatted(tmp_path: Path, text: str, quotation: str, is_there: bool) -> None:
    sources = Sources(write(tmp_path, {"src/a.ts": text}))
    assert sources.file_with(quotation) == ("src/a.ts" if is_there else None)


def test_build_is_read_where_there_is_no_source(tmp_path: Path) -> None:
    assert Sources(write(tmp_path, {"dist/a.js": "here"})).file_with("here") == "dist/a.js"


def port(*findings: Finding, deviations: Sequence[Json] = ()) -> tuple[Outcome, Run]:
    """A port without a release that fails HEA-016 with these answers, and another rule."""
    rules = [requirement("HEA-016"), requirement("HEA-001")]
    chosen = criteria(*rules, deviations=list(deviations))
    outcome = concluded([judged(*findings, outcome="fail"), case("fail", "HEA-001", findings=[finding()])], *rules)
    return outcome, finished_run(outcome, known=find_known(outcome, chosen, CATALOGUE))


def test_failures_that_a_release_shares_are_offered() -> None:
    _, run = port(found(OF_RELEASE, explained=False))
    text = text_of(run)
    assert "1 of 2 failures is what release 1.6.0 does too: HEA-016 (health-by-index)" in text
    assert "to accept them: --deviations health-by-index" in text
    assert "to accept all known deviations of the release: --deviations 1.6.0" in text
    known = report_of(run).known_of_release
    assert known is not None
    assert (known.release, known.deviations) == ("1.6.0", {"HEA-016": ["health-by-index"]})


def test_failure_unlike_any_release_is_not_offered() -> None:
    for findings in ([found({"score": 3}, explained=False)], [found(OF_RELEASE, explained=False), finding()]):
        _, run = port(*findings)
        assert run.known is None
        assert "--deviations" not in text_of(run)


def test_nothing_is_offered_beside_accepted_deviations() -> None:
    _, run = port(found(OF_RELEASE, explained=False), deviations=[a_deviation("HEA-016")])
    assert run.known is None


def test_release_name_accepts_all_its_deviations() -> None:
    accepted = read_accepted("1.6.0", CATALOGUE)
    shipped = [deviation.id for deviation in shipped_deviations("1.6.0", CATALOGUE)]
    assert [deviation.id for deviation in accepted.deviations] == shipped
    assert accepted.optional == set(shipped)  # not every port has them


def test_deviation_ids_accept_single_deviations() -> None:
    accepted = read_accepted("health-by-index,offset-counts-from-minus-one", CATALOGUE)
    assert [(d.id, d.requirement) for d in accepted.deviations] == [
        ("health-by-index", "HEA-016"),
        ("offset-counts-from-minus-one", "REM-010"),
    ]
    assert "setAccountEnabled" in accepted.deviations[1].evidence  # of two with this id, the newer one
    assert accepted.optional == frozenset()  # a single one that does not show is stale, as in a file


def test_optional_deviation_is_not_stale() -> None:
    rule = requirement("HEA-016")
    for optional, stale in ((frozenset({BY_HEALTH.id}), 0), (frozenset(), 1)):
        outcome = concluded([case("pass", rule.id)], rule, deviations=[BY_HEALTH], optional=optional)
        assert len(outcome.stale) == stale


def test_unknown_names_and_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageFault, match="there is no 'healthy'; expected a file, 'inherited', a release"):
        read_accepted("health-by-index,healthy", CATALOGUE)
    with pytest.raises(DeviationError, match=r"none\.json"):
        read_accepted(str(tmp_path / "none.json"), CATALOGUE)


def test_file_adds_to_inherited_deviations(tmp_path: Path) -> None:
    file = tmp_path / "own.json"
    own = {
        "id": "own",
        "requirement": "PID-001",
        "reason": "Accepted for now.",
        "evidence": "port.py, select",
        "when": {"properties": {"call": {"properties": {"method": {"const": "snapshot"}}}, "actual": {"const": 1}}},
        "expires": "2099-01-01",
    }
    counterexample = {"calls": [{"method": "snapshot", "expect": {"accounts": []}}]}
    file.write_text(json.dumps({"deviations": [{**own, "counterexample": counterexample}]}), encoding="utf-8")
    inherited = shipped_deviations("1.6.0", CATALOGUE)
    accepted = read_accepted(f"inherited,{file}", CATALOGUE, inherited)
    assert [deviation.id for deviation in accepted.deviations] == [*(each.id for each in inherited), "own"]
    assert accepted.optional == {each.id for each in inherited}
    assert file_of(f"inherited,{file}", CATALOGUE) == file
    rules = [requirement("PID-001"), requirement(inherited[0].requirement)]
    passed = [case("pass", rule.id) for rule in rules]
    outcome = concluded(passed, *rules, deviations=[inherited[0], accepted.deviations[-1]], inherited=True)
    assert [stale.deviation.id for stale in outcome.stale] == ["own"]
    assert [deviation.id for deviation in outcome.mended] == [inherited[0].id]


def test_only_a_file_is_kept_apart_from_reports() -> None:
    assert file_of("1.6.0,health-by-index", CATALOGUE) is None
    assert file_of(None, CATALOGUE) is None
    assert file_of("known.json", CATALOGUE) == Path("known.json")
