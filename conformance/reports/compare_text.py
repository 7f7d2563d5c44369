"""A comparison for the terminal, and as Markdown for a pull request."""

from collections.abc import Iterator

from conformance.reports.compare import KINDS, REGRESSIONS, Change, Comparison, Kind
from conformance.reports.describe import ID_COLUMN, wrap
from conformance.reports.markdown_text import block, code, escape
from conformance.reports.page.findings import first_of_report, shown_finding
from conformance.texts import clip

LISTED = 30  # of one kind
FOLDED: tuple[Kind, ...] = ("added", "failing")
TEXT_CHARACTERS = 300


def render_terminal(comparison: Comparison) -> Iterator[str]:
    """The lines for a terminal. The verdict is in the last one."""
    yield wrap(f"old  {comparison.old.target} ({comparison.old.conclusion})", "", 5)
    yield wrap(f"new  {comparison.new.target} ({comparison.new.conclusion})", "", 5)
    for kind, title in KINDS.items():
        changes = comparison.of(kind)
        if not changes:
            continue
        yield ""
        yield f"{title}: {len(changes)}"
        for change in changes[:LISTED]:
            yield from _line(comparison, change)
        if len(changes) > LISTED:
            yield f"  and {len(changes) - LISTED} more"
    yield ""
    for remark in comparison.remarks:
        yield wrap(f"note: {remark}", "")
    yield wrap(comparison.summary, "")
    yield wrap(f"{comparison.conclusion} (exit code {comparison.exit_code})", "")


def _line(comparison: Comparison, change: Change) -> Iterator[str]:
    level = "" if change.new.level == "MUST" else f" ({change.new.level})"
    yield wrap(f"{change.new.id:{ID_COLUMN}}{change.new.title}{level}", "  ", ID_COLUMN)
    if change.kind in REGRESSIONS and (found := first_of_report(comparison.new, change.new)) is not None:
        for entry in shown_finding(found).differences[:2]:
            told = f"{entry.place}: expected {clip(entry.expected, 120)}, got {clip(entry.given, 120)}"
            yield wrap(told, " " * 11)
        if place := comparison.place_of(change.new.id):
            yield wrap(f"see {place.function} ({place.where})", " " * 11)
            for edit in place.edits[:1]:
                was = "not in the release" if edit.before is None else f"was: {clip(edit.before, 120)}"
                yield wrap(f"{clip(edit.now, 120)}; {was}", " " * 13)
    elif change.new.reason and change.kind != "failing":
        yield wrap(change.new.reason, " " * 11)


def render_comparison_markdown(comparison: Comparison) -> str:
    """The whole document."""
    return "\n".join(_markdown(comparison)) + "\n"


def _markdown(comparison: Comparison) -> Iterator[str]:
    mark = {0: "✅", 1: "❌"}.get(comparison.exit_code, "⚠️")
    yield f"## {mark} Conformance: {escape(comparison.conclusion)}\n"
    yield f"{code(comparison.new.target)} compared with {code(comparison.old.target)}: {comparison.summary}\n"
    for remark in comparison.remarks:
        yield f"> {escape(remark)}\n"
    for kind, title in KINDS.items():
        changes = comparison.of(kind)
        if not changes:
            continue
        if kind in FOLDED:
            yield f"<details><summary>{title}: {len(changes)}</summary>\n"
        else:
            yield f"### {title}: {len(changes)}\n"
        for change in changes[:LISTED]:
            yield from _item(comparison, change)
        if len(changes) > LISTED:
            yield f"- and {len(changes) - LISTED} more"
        yield "\n</details>\n" if kind in FOLDED else ""


def _item(comparison: Comparison, change: Change) -> Iterator[str]:
    level = "" if change.new.level == "MUST" else f" ({change.new.level})"
    yield f"- **{change.new.id}** {escape(change.new.title)}{level}: {change.words}"
    if change.kind not in REGRESSIONS or (found := first_of_report(comparison.new, change.new)) is None:
        return
    shown = shown_finding(found)
    for entry in shown.differences[:2]:
        told = f"expected {code(clip(entry.expected, TEXT_CHARACTERS))}, got {code(clip(entry.given, TEXT_CHARACTERS))}"
        yield f"  - {code(clip(entry.place, 80))}: {told}"
    if place := comparison.place_of(change.new.id):
        yield f"  - see {code(place.function)} in {code(place.where)}"
        for edit in place.edits[:1]:
            was = "not in the release" if edit.before is None else f"was {code(clip(edit.before, TEXT_CHARACTERS))}"
            yield f"  - {code(clip(edit.now, TEXT_CHARACTERS))}; {was}"
    calls = [f"{'>' if step.is_wrong else ' '} {step.number}. {step.method} {step.params}" for step in shown.steps]
    text = block("\n".join(clip(line, TEXT_CHARACTERS) for line in calls[-12:])).replace("\n", "\n  ")
    yield f"\n  <details><summary>Calls</summary>\n\n  {text}\n\n  </details>\n"
