"""The report a person reads: by section, at 80 columns."""

import json
from collections.abc import Iterator, Sequence
from itertools import groupby

from conformance.reports.causes import Cause
from conformance.reports.describe import command, describe, describe_params, describe_scenario, wrap
from conformance.reports.events import CaseEnded, Finding
from conformance.reports.known import KnownElsewhere
from conformance.reports.run import Evidence, Run
from conformance.reports.verdicts import NOT_CLAIMED, WORDS, Stale, Verdict
from conformance.wire.scenario import difference

FINDINGS_SHOWN = 1
RECORD_SHOWN = 10
PID_STATUS = {
    "unverified": "unverified: none of the processes that the kit started is seen to have it",
    "false": "false: another process has it",
}


def render(run: Run) -> Iterator[str]:
    """All lines of the report."""
    yield wrap(f"target   {run.target_word}", "", 9)
    yield wrap(run.hello_line, " " * 9, 0)
    for note in run.notes:
        yield wrap(note, " " * 9)
    if (status := run.machine.pid_status) != "verified":
        yield wrap(f"process id in hello: {run.machine.pid}, {PID_STATUS[status]}", " " * 9, 0)
    yield wrap(f"profile  {run.profile.name} ({run.profile.reason})", "", 9)
    if run.criteria.inherited:
        yield wrap(_inherited(run), " " * 9, 0)
    if run.added_config_keys:
        yield wrap(f"config keys that no release has: {', '.join(run.added_config_keys)}", " " * 9, 0)
    shown: set[str] = set()
    for section in run.catalogue.sections:
        verdicts = [v for v in run.outcome.verdicts if v.requirement.id.partition("-")[0] == section.prefix]
        if verdicts:
            yield ""
            yield section.title
            for (is_unclaimed, _), same in groupby(verdicts, lambda v: (v.word == "not claimed", v.reason)):
                if is_unclaimed:
                    yield _unclaimed([*same])
                else:
                    for verdict in same:
                        yield from _verdict(run, verdict, shown)
    yield from _trouble(run)
    yield ""
    yield from _aside(run)
    yield from summary(run)


def _aside(run: Run) -> Iterator[str]:
    """What is no verdict: rules and deviations that do not count, and failures that a release shares."""
    if run.left_out:
        yield wrap(f"rules of other releases, left out: {', '.join(run.left_out)}", "")
    if run.outcome.mended:
        named = ", ".join(f"{deviation.id} ({deviation.requirement})" for deviation in run.outcome.mended)
        yield wrap(f"deviations of release {run.profile.name} that do not show here: {named}", "")
    if run.known:
        yield from _known(run.known)


def _known(known: KnownElsewhere) -> Iterator[str]:
    shared, named = (
        len(known.deviations),
        ", ".join(f"{id_} ({' and '.join(by)})" for id_, by in known.deviations.items()),
    )
    does = "is" if shared == 1 else "are"
    plural = "" if known.failures == 1 else "s"
    yield wrap(
        f"{shared} of {known.failures} failure{plural} {does} what release {known.release} does too: {named}", ""
    )
    yield from command(f"to accept them: --deviations {','.join(known.names)}", "  ")
    yield wrap(f"to accept all known deviations of the release: --deviations {known.release}", "  ")


def _inherited(run: Run) -> str:
    waived = f"Known deviations of release {run.profile.name} are waived."
    if run.profile.between is None:
        return f"{waived} What fails is this checkout's own."
    older, newer = run.profile.between
    return f"{waived} The checkout lies between {older} and {newer}: what fails is its own or comes from between."


def summary(run: Run) -> Iterator[str]:
    """The counts; the last line says judged, claimed and all MUSTs."""
    outcome = run.outcome
    yield ", ".join(f"{outcome.count(word)} {word}" for word in WORDS if outcome.count(word))
    musts = [v for v in outcome.verdicts if v.requirement.level == "MUST"]
    claimed = [v for v in musts if v.word != "not claimed"]
    judged = [v for v in claimed if v.is_definite]
    yield wrap(f"{run.conclusion} (exit code {outcome.exit_code})", "")
    yield f"{len(judged)} MUST{'' if len(judged) == 1 else 's'} judged / {len(claimed)} claimed / {len(musts)} in all"


def _verdict(run: Run, verdict: Verdict, shown: set[str]) -> Iterator[str]:
    word = verdict.word.upper() if verdict.word in ("fail", "unknown") else verdict.word
    yield wrap(f"{verdict.requirement.id:9}{word:12}{verdict.requirement.title}", "  ", 21)
    if verdict.reason:
        yield wrap(verdict.reason, " " * 11)
    if verdict.word == "waived":
        yield from _waived(run, verdict)
    if verdict.word == "fail" and not verdict.follows_from:
        failed = [case for case in verdict.cases if case.outcome == "fail"]
        for case in sorted(failed, key=_size)[:FINDINGS_SHOWN]:
            yield from _failure(verdict, case)
        yield from command(f"repeat: {run.repeat_command(verdict.requirement.id)}", " " * 6)
    if verdict.observed_reason and verdict.observed_reason not in shown:
        shown.add(verdict.observed_reason)
        yield from (wrap(line, "      ") for line in verdict.observed_reason.splitlines())


def _unclaimed(verdicts: Sequence[Verdict]) -> str:
    """Neighbours that need the same are one entry; JSON has each of them."""
    first, last = verdicts[0].requirement, verdicts[-1].requirement
    missing = verdicts[0].reason.removeprefix(NOT_CLAIMED)
    if first is last:
        return wrap(f"{first.id:9}{'not claimed':12}{first.title} ({missing})", "  ", 21)
    return wrap(f"{first.id} to {last.id}  not claimed  ({missing})", "  ", 4)


def _in_words(case: str) -> str:
    """`test_30_pid.py::test_a_b[7]` as `a b [7], in test_30_pid.py`."""
    file, _, name = case.partition("::")
    words, bracket, parameters = name.removeprefix("test_").partition("[")
    return f"{words.replace('_', ' ')}{' ' + bracket + parameters if bracket else ''}, in {file}"


def _waived(run: Run, verdict: Verdict) -> Iterator[str]:
    for deviation in run.criteria.deviations:
        if deviation.id in verdict.waivers:
            yield wrap(deviation.reason, " " * 11)
            evidence = run.evidence.get(deviation.id)
            if evidence is None or evidence.holds:
                yield wrap(f"evidence: {deviation.evidence}", " " * 11)
            if evidence is not None:
                yield from _in_checkout(run, evidence)


def _in_checkout(run: Run, evidence: Evidence) -> Iterator[str]:
    """Where the checkout has the code of the release, or what is other in it."""
    if evidence.holds and evidence.files:
        yield wrap(f"in this checkout: {', '.join(evidence.files)}", " " * 11)
    if evidence.missing:
        told = f"It answers as release {run.profile.name} does, by other code: no file has"
        yield wrap(f"{told} {evidence.missing[0]}", " " * 11)
    if evidence.repaired:
        told = "It may repair this where the kit does not call it: see"
        yield wrap(f"{told} {', '.join(evidence.repaired)}", " " * 11)


def _size(case: CaseEnded) -> int:
    """The smallest scenario is the easiest to understand."""
    return min(
        (len(json.dumps(finding.scenario.to_json())) for finding in case.findings if finding.deviation is None),
        default=0,
    )


def _failure(verdict: Verdict, case: CaseEnded) -> Iterator[str]:
    yield wrap(verdict.requirement.text, " " * 6)
    yield wrap(f"case: {_in_words(case.name)}", " " * 6)
    finding = next((f for f in case.findings if f.deviation is None), None)
    if finding is None:
        return
    yield from _scenario(finding, " " * 6)
    yield from _what_happened(finding)
    others = sum(other.outcome == "fail" for other in verdict.cases) - 1
    if others:
        yield f"      and {others} more case{'s' if others > 1 else ''} of this requirement; all are in --json FILE"


def _scenario(finding: Finding, margin: str) -> Iterator[str]:
    """The calls, and where the answer differs."""
    for line in describe_scenario(finding.scenario, finding.position):
        is_plain = line.startswith("  ")
        yield wrap(line.strip() if is_plain else line, margin + ("  " if is_plain else ""))
    places = list(difference(finding.expected, finding.actual)) or [("", finding.expected, finding.actual)]
    for place, expected, actual in places[:4]:
        where = f"{finding.what}{' ' + place if place else ''}: "
        yield wrap(f"{where}expected {describe(expected)}, got {describe(actual)}", margin)


def _what_happened(finding: Finding) -> Iterator[str]:
    """What the process at fault did, and which were killed meanwhile; of many lines the last ones."""
    mine = [entry for entry in finding.record if entry.process == finding.process or entry.did == "killed"]
    if mine:
        all_of_them = max(entry.process for entry in finding.record)
        what = "as it happened (place in the record, process id, what):"
        yield wrap(f"process {finding.process} of {all_of_them}, {what}", " " * 6)
    for entry in mine[-RECORD_SHOWN:]:
        did = f"{entry.did} {describe_params(entry.did, entry.params)}".rstrip()
        shown = entry.answer.get("label", entry.answer) if isinstance(entry.answer, dict) else entry.answer
        answered = f": {describe(shown)}" if shown else ""
        yield wrap(f"{entry.order:5} {entry.pid:8} {did}{answered}", " " * 4, 16)


def _trouble(run: Run) -> Iterator[str]:
    for fault in run.outcome.suite_faults:
        yield ""
        yield "FAULT OF THE SUITE"
        yield from (wrap(line, "  ") for line in fault.splitlines())
    if not run.outcome.complete:
        yield ""
        yield "THE RUN WAS CUT SHORT: what follows is all that was seen"
    for cause in run.causes:
        yield ""
        yield from _cause(cause)
    yield from _stale(run.outcome.stale)


def _cause(cause: Cause) -> Iterator[str]:
    finding, precondition = cause.finding, cause.precondition
    yield wrap(f"CAUSE {precondition.id}: {precondition.text}", "", 2)
    yield from _scenario(finding, "  ")
    many = f"{len(cause.follow)} failures follow" if len(cause.follow) > 1 else "1 failure follows"
    yield wrap(f"{many} from it: {', '.join(cause.follow)}", "  ")
    if precondition.advice:
        yield wrap(precondition.advice, "  ")


def _stale(stale: Sequence[Stale]) -> Iterator[str]:
    for entry in stale:
        yield ""
        yield wrap(f"stale deviation {entry.deviation.id} ({entry.deviation.requirement}): {entry.why}", "")
        yield wrap(f'remove the entry with "id": "{entry.deviation.id}" from the file of deviations', "  ")
