"""The report for a person: 80 columns, at most about 200 lines. The failures come last, before the summary."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from conformance.reports.causes import Cause
from conformance.reports.describe import command, wrap
from conformance.reports.failures import describe_failure, describe_finding, describe_waived
from conformance.reports.known import KnownElsewhere
from conformance.reports.run import Run
from conformance.reports.verdicts import NOT_CLAIMED, WORDS, Stale, Verdict

DETAIL_LINES = 72  # for failures in full; further failures have one line each
LISTED = 20  # failures with one line each
REASONS = 4  # for each of unknown, not run and not claimed
FAULTS = 3
BLOCK_LINES = 8  # of a reason or a fault
PID_STATUS = {
    "unverified": "unverified: the kit cannot confirm that the target has this PID",
    "false": "false: another process has it",
}


def render(run: Run, *, verbose: bool = False) -> Iterator[str]:
    """All lines of the report. With `verbose`, each rule has a line and each failure is shown in full."""
    yield from _head(run)
    for section in run.catalogue.sections:
        verdicts = [v for v in run.outcome.verdicts if v.requirement.id.partition("-")[0] == section.prefix]
        if verdicts and verbose:
            yield ""
            yield section.title
            for verdict in verdicts:
                yield _rule(verdict)
                yield from describe_waived(run, verdict) if verdict.word == "waived" else ()
                yield from [wrap(verdict.reason, " " * 11)] if verdict.follows_from else []
        elif verdicts:
            yield wrap(f"{section.title + ' ':.<46} {_counts(verdicts)}", "  ", 49)
    yield from (line for cause in run.causes for line in _cause(cause))
    yield from _failures(run, DETAIL_LINES if not verbose else None)
    yield from _groups(run, "unknown", lambda verdict: verdict.observed_reason or verdict.reason)
    yield from _groups(run, "not run", lambda verdict: verdict.reason)
    yield from _groups(run, "not claimed", lambda verdict: verdict.reason)
    yield from _trouble(run)
    yield ""
    yield from _aside(run)
    for cause in run.causes:  # once more, so that the last screen has it
        of_all = f"{len(cause.follow)} of {run.outcome.count('fail')}"
        yield wrap(f"cause of {of_all} failures: {cause.precondition.text}", "")
    yield from summary(run)


def _head(run: Run) -> Iterator[str]:
    yield wrap(f"target   {run.target_word}", "", 9)
    yield wrap(run.hello_line, " " * 9, 0)
    for note in run.notes:
        yield wrap(note, " " * 9)
    if (status := run.machine.pid_status) != "verified":
        yield wrap(f"PID in hello: {run.machine.pid}, {PID_STATUS[status]}", " " * 9, 0)
    yield wrap(f"profile  {run.profile.name} ({run.profile.reason})", "", 9)
    if run.criteria.inherited:
        yield wrap(_inherited(run), " " * 9, 0)
    if run.added_config_keys:
        yield wrap(f"config keys that no release has: {', '.join(run.added_config_keys)}", " " * 9, 0)
    yield ""


def _counts(verdicts: Sequence[Verdict]) -> str:
    found = [(word, sum(verdict.word == word for verdict in verdicts)) for word in WORDS]
    return ", ".join(f"{count} {word}" for word, count in found if count)


def _rule(verdict: Verdict) -> str:
    word = verdict.word.upper() if verdict.word in ("fail", "unknown") else verdict.word
    level = "" if verdict.requirement.level == "MUST" else f" ({verdict.requirement.level})"
    return wrap(f"{verdict.requirement.id:9}{word:12}{verdict.requirement.title}{level}", "  ", 21)


def _cause(cause: Cause) -> Iterator[str]:
    precondition = cause.precondition
    yield ""
    yield wrap(f"CAUSE {precondition.id}: {precondition.text}", "", 2)
    yield from describe_finding(cause.finding)
    many = f"{len(cause.follow)} failures follow" if len(cause.follow) > 1 else "1 failure follows"
    yield wrap(f"{many} from it: {_ids(cause.follow)}", "  ")
    if precondition.advice:
        yield wrap(precondition.advice, "  ")


def _failures(run: Run, most_lines: int | None) -> Iterator[str]:
    """The failed rules without a known cause, in full up to `most_lines`, then with one line each."""
    failed = [verdict for verdict in run.outcome.verdicts if verdict.word == "fail" and not verdict.follows_from]
    if failed:
        yield ""
        yield "FAILED"
    used = 0
    listed: list[Verdict] = []
    for verdict in failed:
        lines = "\n".join([_rule(verdict), *describe_failure(run, verdict)]).split("\n")
        used += len(lines)
        if most_lines is None or used <= most_lines:
            yield from lines
        else:
            listed.append(verdict)
    yield from (_rule(verdict) for verdict in listed[:LISTED])
    if len(listed) > LISTED:
        yield wrap(f"and {len(listed) - LISTED} more failed rules", "  ")
    if listed:
        yield wrap("-v shows every failure in full; --json FILE has all of them", "  ")


def _groups(run: Run, word: str, reason_of: Callable[[Verdict], str]) -> Iterator[str]:
    """The rules with this verdict, grouped by reason."""
    verdicts = sorted((v for v in run.outcome.verdicts if v.word == word), key=reason_of)
    groups = [(reason, list(same)) for reason, same in groupby(verdicts, reason_of)]
    groups.sort(key=lambda group: -len(group[1]))
    if not groups:
        return
    yield ""
    yield word.upper()
    for reason, same in groups[:REASONS]:
        yield wrap(f"{_ids(_of(same))}:", "  ")
        yield from _block(reason.removeprefix(NOT_CLAIMED), "    ")
        if word == "unknown":
            yield from command(f"repeat: {run.repeat_command(same[0].requirement.id)}", "    ")
    if others := groups[REASONS:]:
        rules = [verdict for _, same in others for verdict in same]
        yield wrap(f"{_ids(_of(rules))}: {len(others)} other reasons; --json FILE has them", "  ")


def _block(text: str, indent: str, *, last: bool = False) -> Iterator[str]:
    """The first or last lines of a text."""
    lines = [part for line in text.splitlines() for part in wrap(line, indent).split("\n")]
    shown = lines[-BLOCK_LINES:] if last else lines[:BLOCK_LINES]
    yield from shown
    if len(shown) < len(lines):
        yield f"{indent}[{len(lines) - len(shown)} more lines]"


def _of(verdicts: Sequence[Verdict]) -> list[str]:
    return [verdict.requirement.id for verdict in verdicts]


def _ids(ids: Sequence[str]) -> str:
    """`PID-001 to PID-004, RR-002`: consecutive ids are joined."""
    runs: list[list[str]] = []
    for id_ in sorted(ids):
        prefix, _, number = id_.partition("-")
        if runs and runs[-1][-1] == f"{prefix}-{int(number) - 1:03}":
            runs[-1].append(id_)
        else:
            runs.append([id_])
    return ", ".join(ids[0] if len(ids) == 1 else f"{ids[0]} to {ids[-1]}" for ids in runs)


def _aside(run: Run) -> Iterator[str]:
    """What is no verdict: rules and deviations that do not count, and failures that a release shares."""
    if run.left_out:
        yield wrap(f"{len(run.left_out)} rules of other releases were left out", "")
    if run.outcome.mended:
        named = ", ".join(f"{deviation.id} ({deviation.requirement})" for deviation in run.outcome.mended)
        yield wrap(f"deviations of release {run.profile.name} that this checkout does not have: {named}", "")
    if run.known:
        yield from _known(run.known)


def _known(known: KnownElsewhere) -> Iterator[str]:
    named = ", ".join(f"{id_} ({' and '.join(by)})" for id_, by in known.deviations.items())
    shared = len(known.deviations)
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
        return f"{waived} Every failure comes from a change in this checkout."
    older, newer = run.profile.between
    return (
        f"{waived} The checkout lies between {older} and {newer}: a failure may come from either release or from a "
        "change in this checkout."
    )


def summary(run: Run) -> Iterator[str]:
    """The counts, the conclusion, and how many MUSTs were judged."""
    outcome = run.outcome
    yield ", ".join(f"{outcome.count(word)} {word}" for word in WORDS if outcome.count(word))
    musts = [v for v in outcome.verdicts if v.requirement.level == "MUST"]
    claimed = [v for v in musts if v.word != "not claimed"]
    judged = [v for v in claimed if v.is_definite]
    yield wrap(f"{run.conclusion} (exit code {outcome.exit_code})", "")
    yield f"{len(judged)} MUST{'' if len(judged) == 1 else 's'} judged / {len(claimed)} claimed / {len(musts)} in all"


def _trouble(run: Run) -> Iterator[str]:
    for fault in run.outcome.suite_faults[:FAULTS]:
        yield ""
        yield "FAULT OF THE SUITE"
        yield from _block(fault, "  ", last=True)
    if (more := len(run.outcome.suite_faults) - FAULTS) > 0:
        yield wrap(f"and {more} more; --json FILE has them", "  ")
    if not run.outcome.complete:
        yield ""
        yield "THE RUN WAS CUT SHORT: the report has only what was judged before"
    yield from _stale(run.outcome.stale)


def _stale(stale: Sequence[Stale]) -> Iterator[str]:
    for entry in stale:
        yield ""
        yield wrap(f"stale deviation {entry.deviation.id} ({entry.deviation.requirement}): {entry.why}", "")
        yield wrap(f'remove the entry with "id": "{entry.deviation.id}" from the file of deviations', "  ")
