"""A run as Markdown, for a pull request or the summary of a CI job: the answer, then folded details."""

from collections.abc import Iterator

from conformance.reports.failures import as_if, race_lines
from conformance.reports.fault import Fault
from conformance.reports.markdown_text import block, code, escape
from conformance.reports.page.findings import shown_finding
from conformance.reports.page.reasons import FailedTogether, failed_together
from conformance.reports.run import Run
from conformance.reports.verdicts import NOT_CLAIMED, WORDS, Verdict
from conformance.texts import clip

FAILURES = 20  # with their calls; further failures have one line each
LISTED = 60
CALLS = 20
REASONS = 6
IDS = 12
TEXT_CHARACTERS = 300
FAULT_CHARACTERS = 4000
MARKS = {0: "✅", 1: "❌"}


def render_run_markdown(run: Run) -> str:
    """The whole document. GitHub shows up to 65,536 characters of a comment, and it stays below that."""
    return "\n".join(_run(run)) + "\n"


def render_fault_markdown(fault: Fault) -> str:
    """The document of a run that ended before its first verdict."""
    message = block(clip(fault.message, FAULT_CHARACTERS))
    return f"## ⚠️ Conformance: {escape(fault.conclusion)}\n\n{code(fault.target_word)}\n\n{message}\n"


def _run(run: Run) -> Iterator[str]:
    outcome = run.outcome
    yield f"## {MARKS.get(outcome.exit_code, '⚠️')} Conformance: {escape(run.conclusion)}\n"
    yield f"{code(run.target_word)}, judged as {escape(run.profile.name)}\n"
    yield f"{', '.join(f'{outcome.count(word)} {word}' for word in WORDS if outcome.count(word))}\n"
    if not outcome.complete:
        yield "**The run was cut short.** This has only what was judged before.\n"
    for cause in run.causes:
        of_all = f"{len(cause.follow)} of {outcome.count('fail')}"
        yield f"**Cause of {of_all} failures:** {escape(cause.precondition.text)}\n"
    groups = failed_together(run)
    for group in groups[:FAILURES]:
        yield from _failure(run, group)
    for group in groups[FAILURES:][:LISTED]:
        yield f"- {_title(group.lead)}"
    if (more := len(groups) - FAILURES - LISTED) > 0:
        yield f"- and {more} more"
    yield from _unjudged(run)
    for stale in outcome.stale:
        yield f"- Stale deviation {code(stale.deviation.id)} ({stale.deviation.requirement}): {escape(stale.why)}"


def _title(verdict: Verdict) -> str:
    level = "" if verdict.requirement.level == "MUST" else f" ({verdict.requirement.level})"
    return f"**{verdict.requirement.id}** {escape(verdict.requirement.title)}{level}"


def _failure(run: Run, group: FailedTogether) -> Iterator[str]:
    verdict = group.lead
    yield f"<details><summary><b>{verdict.requirement.id}</b> {_html(verdict.requirement.title)}</summary>\n"
    yield f"{escape(verdict.requirement.text)}\n"
    if group.like:
        yield f"{escape(as_if(group.like))}\n"
    if place := group.place:
        yield f"See {code(f'{place.file}:{place.best_line}')}{f', {code(place.function)}' if place.function else ''}\n"
        for edit in place.edits:
            was = "not in the release" if edit.before is None else f"was {code(clip(edit.before, TEXT_CHARACTERS))}"
            yield f"Line {edit.line}: {code(clip(edit.now, TEXT_CHARACTERS))}; {was}\n"
    if verdict.reason:
        yield f"{escape(verdict.reason)}\n"
    if group.finding is not None:
        shown = shown_finding(group.finding)
        calls = [f"{'>' if step.is_wrong else ' '} {step.number}. {step.method} {step.params}" for step in shown.steps]
        kept = (
            [*race_lines(shown.calls)]
            if shown.calls is not None
            else [clip(line, TEXT_CHARACTERS) for line in calls[-CALLS:]]
        )
        yield block("\n".join([*(f"  file {clip(file, TEXT_CHARACTERS)}" for file in shown.files), *kept])) + "\n"
        for entry in shown.differences:
            yield f"- {code(clip(entry.place, 80))}: expected {_value(entry.expected)}, got {_value(entry.given)}"
        yield ""
    if group.further:
        named = ", ".join(each.requirement.id for each in group.further[:IDS])
        more = f" and {len(group.further) - IDS} more" if len(group.further) > IDS else ""
        yield f"For the same reason fail {named}{more}.\n"
    yield f"{block(run.repeat_command(verdict.requirement.id), 'sh')}\n"
    yield "</details>\n"


def _value(text: str) -> str:
    return code(clip(text, TEXT_CHARACTERS))


def _html(text: str) -> str:
    """A title of the catalogue inside of an HTML element."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _unjudged(run: Run) -> Iterator[str]:
    """The rules without a verdict by reason, folded."""
    groups: dict[str, list[str]] = {}
    for verdict in run.outcome.verdicts:
        if not verdict.is_definite:
            reason = (verdict.observed_reason or verdict.reason).removeprefix(NOT_CLAIMED)
            groups.setdefault(f"{verdict.word}: {reason}", []).append(verdict.requirement.id)
    if not groups:
        return
    count = sum(map(len, groups.values()))
    yield f"<details><summary>{count} rules were not judged</summary>\n"
    for reason, ids in sorted(groups.items(), key=lambda group: -len(group[1]))[:REASONS]:
        named = ", ".join(ids[:5]) + (f" and {len(ids) - 5} more" if len(ids) > 5 else "")
        yield f"- {code(clip(reason, TEXT_CHARACTERS))}: {named}"
    if len(groups) > REASONS:
        yield f"- and {len(groups) - REASONS} more"
    yield "\n</details>\n"
