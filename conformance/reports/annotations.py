"""A run as workflow commands of GitHub: one annotation for each failure, at its line where that is known."""

from collections.abc import Iterator

from conformance.reports.failures import as_if
from conformance.reports.fault import Fault
from conformance.reports.page.findings import shown_finding
from conformance.reports.page.reasons import FailedTogether, failed_together
from conformance.reports.run import Run
from conformance.texts import clip, printable, redact

MOST = 10  # GitHub shows 10 errors and 10 warnings of a step
MESSAGE_CHARACTERS = 600


def render_annotations(run: Run) -> str:
    """One line for each annotation. A SHOULD that does not decide is a warning."""
    return "".join(f"{line}\n" for line in _lines(run))


def render_fault_annotations(fault: Fault) -> str:
    """One error without a place."""
    return _command("error", {"title": fault.conclusion}, fault.message) + "\n"


def _lines(run: Run) -> Iterator[str]:
    groups = failed_together(run)
    deciding = {verdict.requirement.id for verdict in run.outcome.failures}
    for cause in run.causes:
        title = f"cause of {len(cause.follow)} of {run.outcome.count('fail')} failures"
        yield _command("error", {"title": title}, cause.precondition.text)
    for level, chosen in (
        ("error", [group for group in groups if deciding & group.ids]),
        ("warning", [group for group in groups if not deciding & group.ids]),
    ):
        for group in chosen[:MOST]:
            yield _annotation(level, group)
        if len(chosen) > MOST:
            yield _command(level, {"title": run.conclusion}, f"and {len(chosen) - MOST} more failures")
    if not groups and not run.causes and run.outcome.exit_code:
        yield _command("error", {"title": run.conclusion}, run.target_word)


def _annotation(level: str, group: FailedTogether) -> str:
    rule, where = group.lead.requirement, {}
    if place := group.place:
        where = {"file": place.file, "line": str(place.best_line)}
    return _command(level, {**where, "title": f"{rule.id} {rule.title}"}, "\n".join(_message(group)))


def _message(group: FailedTogether) -> Iterator[str]:
    yield group.lead.requirement.text
    if group.lead.reason:
        yield group.lead.reason
    if group.like:
        yield as_if(group.like)
    if group.finding is not None:
        for entry in shown_finding(group.finding).differences[:3]:
            yield f"{entry.place}: expected {entry.expected}, got {entry.given}"


def _command(level: str, properties: dict[str, str], message: str) -> str:
    """A workflow command. Its escapes keep every text inside of its place, and on one line."""
    given = ",".join(f"{name}={_escape(value, ':,')}" for name, value in properties.items())
    return f"::{level} {given}::{_escape(clip(message, MESSAGE_CHARACTERS))}"


def _escape(text: str, more: str = "") -> str:
    """The escapes of GitHub's own toolkit (actions/toolkit, packages/core/src/command.ts)."""
    plain = redact(printable(text))
    for character in "%\r\n" + more:
        plain = plain.replace(character, f"%{ord(character):02X}")
    return plain
