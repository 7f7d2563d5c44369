"""The report for a person: 80 columns, 60 lines if the failures allow it, and the verdict in the last three."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from conformance.reports.causes import Cause
from conformance.reports.describe import ID_COLUMN, VERDICT_COLUMN, command, wrap
from conformance.reports.failures import describe_finding, describe_place, describe_reason, describe_waived
from conformance.reports.known import KnownElsewhere
from conformance.reports.next_step import next_step
from conformance.reports.run import Run
from conformance.reports.story import Reason
from conformance.reports.verdicts import CONFORMANT, NOT_CLAIMED, WORDS, Stale, Verdict
from conformance.reports.words import sentence
from conformance.reports.writer import split, styled

LINES = 60  # of a report; further failures have one line each
MARGIN = 3  # lines beside the failures in full
STORY = 24  # lines of the first failure in full, at most
FEW = 5  # failures that say how a target differs from a release
PARTS = 12  # of the ids that are folded under one failure
LISTED = 10  # rules with one line each in the summary
WHOLE = 3  # rules of a section, at least, that are listed as "all of" it
REASONS = 4  # for each of unknown, not run and not claimed
FAULTS = 3
BLOCK_LINES = 8  # of a reason or a fault
PID_STATUS = {
    "unverified": "unverified: the kit cannot confirm that the target has this PID",
    "false": "false: another process has it",
}


def render(run: Run, *, verbose: bool = False) -> Iterator[str]:
    """All lines of the report. With `verbose`, each rule has a line and each failure is shown in full."""
    head, sections = [*_head(run, verbose=verbose)], [*_sections(run, verbose=verbose)]
    rest = [
        *_groups(run, "unknown", lambda verdict: verdict.observed_reason or verdict.reason),
        *_groups(run, "not run", lambda verdict: verdict.reason),
        *_not_claimed(run, verbose=verbose),
        *_trouble(run),
        "",
        *_summary(run),
        *_aside(run),
        *next_step(run),
        *summary(run),
    ]
    causes = [line for cause in run.causes for line in _cause(cause)]
    used = sum(line.count("\n") + 1 for line in [*head, *sections, *rest, *causes])
    if used + STORY > LINES and run.outcome.count("fail") and not verbose:
        used -= len(sections)
        sections = [*_sections(run, verbose=False, joined=True)]
        used += len(sections)
    yield from head
    yield from sections
    yield from causes
    yield from _failures(run, None if verbose else LINES - used - MARGIN)
    yield from rest


def _sections(run: Run, *, verbose: bool, joined: bool = False) -> Iterator[str]:
    """A line a section. With `joined`, the sections in which every rule passed share a line."""
    passed: list[list[Verdict]] = []
    for section in run.catalogue.sections:
        verdicts = [v for v in run.outcome.verdicts if v.requirement.id.partition("-")[0] == section.prefix]
        if verdicts and verbose:
            yield ""
            yield section.title
            for verdict in verdicts:
                yield _rule(verdict)
                yield from describe_waived(run, verdict) if verdict.word == "waived" else ()
                yield from [wrap(verdict.reason, " " * 11)] if verdict.follows_from else []
        elif joined and all(verdict.word == "pass" for verdict in verdicts):
            passed += [verdicts] if verdicts else []
        elif verdicts:
            line = wrap(f"{section.title + ' ':.<46} {_counts(verdicts)}", "  ", 49)
            yield styled(line, "red") if any(verdict.word == "fail" for verdict in verdicts) else line
    if passed:
        title = f"{len(passed)} other section{'s' if len(passed) > 1 else ''} "
        yield f"  {title:.<46} {sum(map(len, passed))} pass"


def _head(run: Run, *, verbose: bool) -> Iterator[str]:
    yield wrap(f"target   {run.target_word}", "", 9)
    yield wrap(run.hello_line, " " * 9, 0)
    for note in run.notes if verbose or run.outcome.count("fail") == 0 else ():
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


def _lost_in_race(verdict: Verdict) -> str:
    """What the first failed schedule shows; empty for other rules."""
    failed = (finding for case in verdict.cases for finding in case.findings if finding.deviation is None)
    return next((str(finding.actual) for finding in failed if finding.file_calls is not None), "")


def _rule(verdict: Verdict) -> str:
    word = verdict.word.upper() if verdict.word in ("fail", "unknown") else verdict.word
    level = "" if verdict.requirement.level == "MUST" else f" ({verdict.requirement.level})"
    hanging = ID_COLUMN + VERDICT_COLUMN
    text = wrap(
        f"{verdict.requirement.id:{ID_COLUMN}}{word:{VERDICT_COLUMN}}{verdict.requirement.title}{level}", "  ", hanging
    )
    return styled(text, "bold red") if verdict.word == "fail" else text


def _cause(cause: Cause) -> Iterator[str]:
    precondition = cause.precondition
    yield ""
    yield styled(wrap(f"CAUSE {precondition.id}: {precondition.text}", "", 2), "bold red")
    yield from describe_finding(cause.finding)
    many = f"{len(cause.follow)} failures follow" if len(cause.follow) > 1 else "1 failure follows"
    yield wrap(f"{many} from it: {_ids(cause.follow)}", "  ")
    yield from (styled(line, "cyan") for place in cause.places for line in describe_place(place, "  "))
    if precondition.advice and not (cause.places and cause.places[0].changed):  # a changed function is the answer
        yield wrap(precondition.advice, "  ")


def _reasons(run: Run) -> list[tuple[Reason, Verdict]]:
    """The failures without a cause, with the verdict of the most specific rule. Without a known reason, each alone."""
    by_id = {v.requirement.id: v for v in run.outcome.verdicts if v.word == "fail" and not v.follows_from}
    known = [reason for reason in run.reasons if reason.rule in by_id]
    grouped = {id_ for reason in known for id_ in reason.rules}
    reasons = [*known, *(Reason(id_) for id_ in by_id if id_ not in grouped)]
    return [(reason, by_id[reason.rule]) for reason in reasons]


def _failures(run: Run, most_lines: int | None) -> Iterator[str]:
    """The failures in full up to `most_lines`, the first one always. The summary lists all of them."""
    used = left = 0
    for reason, verdict in _reasons(run):
        lines = [*split([_rule(verdict), *describe_reason(run, reason, verdict)])]
        if most_lines is not None and used == 0 and len(lines) > most_lines:
            lines = [*split([_rule(verdict), *describe_reason(run, reason, verdict, brief=True)])]
        is_first = used == 0 and not run.causes
        used += len(lines)
        if most_lines is None or is_first or used <= most_lines:
            yield from ["", styled("FAILED", "bold red")] if used == len(lines) else []
            yield from lines
        else:
            left += 1
    if left:
        many = "1 more failure" if left == 1 else f"{left} more failures"
        yield wrap(f"-v shows {many} in full; --json FILE has all of them", "  ")


def _summary(run: Run) -> Iterator[str]:
    """Each failure in one line, with the rules that fail for the same reason."""
    for cause in run.causes:  # once more, so that the last screen has it
        of_all = f"{len(cause.follow)} of {run.outcome.count('fail')}"
        place = f" [{cause.places[0].function}]" if cause.places else ""
        yield styled(wrap(f"cause of {of_all} failures: {cause.precondition.text}{place}", ""), "red")
    reasons = _reasons(run)
    if 0 < len(reasons) <= FEW and run.criteria.inherited and not run.causes:
        yield f"It behaves like release {run.profile.name}, except:"
    for reason, verdict in reasons[:LISTED]:
        level = "" if verdict.requirement.level == "MUST" else f"{verdict.requirement.level} "
        said = sentence(reason.shortest) if reason.shortest else _lost_in_race(verdict)
        place = f" [{reason.places[0].function}]" if reason.places else ""
        text = f"FAIL {level}{reason.rule} {verdict.requirement.title}{': ' + said if said else ''}{place}"
        yield styled(wrap(text, "", 5), "red" if level == "" else "yellow")
        yield from _further(reason)
    if len(reasons) > LISTED:
        yield f"and {len(reasons) - LISTED} more failures"


def _further(reason: Reason) -> Iterator[str]:
    for ids, why in ((reason.further, "for the same reason"), (reason.also, "where the same lines run")):
        if ids:
            many = "1 further rule fails" if len(ids) == 1 else f"{len(ids)} further rules fail"
            parts = _ids(ids).split(", ")
            more = f" and {len(parts) - PARTS} more groups; --json FILE has them" if len(parts) > PARTS else ""
            yield wrap(f"{many} {why}: {', '.join(parts[:PARTS])}{more}", " " * 5)


def _not_claimed(run: Run, *, verbose: bool) -> Iterator[str]:
    """One line for each reason, or one for all of them."""
    if verbose or run.outcome.count("fail") == 0:
        yield from _groups(run, "not claimed", lambda verdict: verdict.reason)
        return
    missing = [verdict for verdict in run.outcome.verdicts if verdict.word == "not claimed"]
    if missing:
        needs = dict.fromkeys(need for v in missing for need in v.reason.removeprefix(NOT_CLAIMED).split(", "))
        yield ""
        yield wrap(f"NOT CLAIMED: {_rules(run, missing)} ({', '.join(needs)})", "")


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
        yield wrap(f"{_rules(run, same)}:", "  ")
        yield from _block(reason.removeprefix(NOT_CLAIMED), "    ")
        if word == "unknown":
            yield from command(f"repeat: {run.repeat_command(same[0].requirement.id)}", "    ")
    if others := groups[REASONS:]:
        rules = [verdict for _, same in others for verdict in same]
        yield wrap(f"{_rules(run, rules)}: {_others(len(others))}; --json FILE has them", "  ")


def _others(count: int) -> str:
    return f"{count} other reasons" if count > 1 else "another reason"


def _block(text: str, indent: str, *, last: bool = False) -> Iterator[str]:
    """The first or last lines of a text."""
    lines = [part for line in text.splitlines() for part in wrap(line, indent).split("\n")]
    shown = lines[-BLOCK_LINES:] if last else lines[:BLOCK_LINES]
    yield from shown
    if len(shown) < len(lines):
        yield f"{indent}[{len(lines) - len(shown)} more lines]"


def _rules(run: Run, verdicts: Sequence[Verdict]) -> str:
    """`all of RR, STO; PID-001 to PID-004`: first the sections that are here as a whole."""
    by_section = Counter(_section(verdict) for verdict in verdicts)
    in_run = Counter(_section(verdict) for verdict in run.outcome.verdicts)
    whole = sorted(section for section, rules in by_section.items() if WHOLE <= rules == in_run[section])
    others = _ids([verdict.requirement.id for verdict in verdicts if _section(verdict) not in whole])
    return "; ".join(part for part in (f"all of {', '.join(whole)}" if whole else "", others) if part)


def _section(verdict: Verdict) -> str:
    return verdict.requirement.id.partition("-")[0]


def _ids(ids: Sequence[str]) -> str:
    """`PID-001 to PID-004, RR-002`: consecutive ids are joined."""
    runs: list[list[str]] = []
    for id_ in sorted(ids):
        prefix, _, number = id_.partition("-")
        if runs and runs[-1][-1] == f"{prefix}-{int(number) - 1:03}":
            runs[-1].append(id_)
        else:
            runs.append([id_])
    return ", ".join(f"{ids[0]} to {ids[-1]}" if len(ids) > 2 else ", ".join(ids) for ids in runs)


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
    """The conclusion with the seconds, the counts, and how many MUSTs were judged."""
    outcome = run.outcome
    seconds = f"{run.machine.seconds:.0f} s" if run.machine.seconds >= 1 else "1 s"
    style = "bold green" if outcome.exit_code == CONFORMANT else "bold red"
    yield styled(wrap(f"{run.conclusion} (exit code {outcome.exit_code}), {seconds}", ""), style)
    yield ", ".join(f"{outcome.count(word)} {word}" for word in WORDS if outcome.count(word))
    musts = [v for v in outcome.verdicts if v.requirement.level == "MUST"]
    claimed = [v for v in musts if v.word != "not claimed"]
    judged = [v for v in claimed if v.is_definite]
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
