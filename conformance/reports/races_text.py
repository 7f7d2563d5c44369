"""The terminal report of `races`: a table of states, and the two processes side by side for each failure."""

from collections.abc import Container, Iterator, Sequence

from conformance.processes.races.model import Line, Outcome
from conformance.processes.races.results import Found, Judged, verdict
from conformance.processes.races.sampling import DEPTH, probability
from conformance.reports.describe import WIDTH, wrap
from conformance.requirements.races import RULES
from conformance.texts import many

MARKS = {"pass": "ok", "fail": "FAIL", "unknown": "?", "-": "."}
MARGIN = 6
CALLS_NEAR = 2
LEGEND = "POOL is antigravity-accounts.json, ~ the home folder, <1> a name that process 1 has drawn"


def render_table(judged: Sequence[Judged]) -> Iterator[str]:
    """One row for each state and kind of schedule, one column for each rule."""
    yield f"{'state':<12}{'schedules':<13}" + "".join(f"{rule[-2:]:>5}" for rule in RULES)
    for row in judged:
        counted = f"{row.explored.schedules} {row.kind}" + ("" if row.explored.is_exhausted else "*")
        marks = "".join(f"{MARKS[row.verdict(rule)]:>5}" for rule in RULES)
        yield f"{row.state:<12}{counted:<13}{marks}".rstrip()
    first, *_, last = RULES
    yield wrap(f"columns: {first} to {last}; ok: no schedule fails; .: not judged here", "")
    if not all(row.explored.is_exhausted for row in judged):
        yield "* not all: the time limit, Ctrl-C or a fault of the target ended them"


def render_row(row: Judged) -> str:
    """One line about a state that has just been judged."""
    failed = [rule for rule in row.rules if row.verdict(rule) == "fail"]
    unknown = [rule for rule in row.rules if row.verdict(rule) == "unknown"]
    said = ", ".join([*failed, *(f"{rule} unknown" for rule in unknown)]) or "ok"
    why = f" ({row.unsteady.splitlines()[0]})" if row.unsteady else ""
    return wrap(f"{row.title}: {described(row)}: {said}{why}", "", 2)


def described(row: Judged) -> str:
    """`43 schedules, all orders with up to 2 preemptions`."""
    count = many(row.explored.schedules, "schedule")
    if not row.explored.is_exhausted:
        return f"{count}, not all"
    if row.explored.samples:
        found = probability(
            row.explored.processes, row.explored.longest, row.explored.samples - 1
        )  # the first one does not know the steps
        return f"{count} drawn; they find a fault of depth {DEPTH} with a probability of at least {found:.0%}"
    if row.kind == "orders":
        return f"{count}, all orders with up to {many(row.explored.preemptions, 'preemption')}"
    if row.kind == "crashes":
        return f"{count}, one process killed before each of its file calls"
    if row.kind == "power":
        return f"{count}, the power fails when the pool file has been replaced"
    return f"{count}, each file call with each error that it can meet"


def render_failure(rule: str, row: Judged, found: Found) -> Iterator[str]:
    """A failed rule: what was wrong, and the shortest schedule, call by call."""
    about = RULES[rule]
    yield f"{rule}  {about.level}  {about.title}"
    yield wrap(f"{row.title}: {found.count} of {described(row)}", "  ", 2)
    for finding in found.outcome.findings:
        if finding.rule == rule:
            yield wrap(finding.text, "  ", 2)
    if not found.is_repeated:
        yield wrap("The same schedule did not do the same again, so the verdict is unknown.", "  ", 2)
    yield ""
    yield from side_by_side(found.outcome, rule)
    yield ""


def side_by_side(outcome: Outcome, rule: str = "") -> Iterator[str]:
    """The calls of all processes in their order, one column for each. `>` marks the call after which it was wrong."""
    lines = outcome.lines(rule)
    yield from render_lines(lines, range(len(lines)), WIDTH)
    if outcome.next_answers is not None:
        yield " " * (MARGIN + (WIDTH - MARGIN) // _columns(lines)) + "save"


def render_lines(lines: Sequence[Line], shown: Container[int], width: int) -> Iterator[str]:
    """The calls whose numbers (from 0) are shown, in columns. The others are left out with a mark."""
    column = (width - MARGIN) // _columns(lines)
    yield " " * MARGIN + "".join(f"{f'process {number + 1}':<{column}}" for number in range(_columns(lines))).rstrip()
    for number, line in enumerate(lines):
        if number in shown:
            mark = ">" if line.is_wrong else " "
            indent = " " * (column * (line.process - 1))
            first, *more = _folded(line.text, column)
            yield f"{mark}{number + 1:>4} {indent}{first}".rstrip()
            yield from (f"      {indent}  {rest}" for rest in more)
        elif number - 1 in shown:
            yield "   [...]"


def nearest(lines: Sequence[Line]) -> set[int]:
    """The numbers (from 0) of the calls near a change of process, a wrong call, or an end."""
    changes = {number for number in range(1, len(lines)) if lines[number].process != lines[number - 1].process}
    wrong = {number for number, line in enumerate(lines) if line.is_wrong}
    centres = changes | wrong | {0, len(lines)}
    return {number + offset for number in centres for offset in range(-CALLS_NEAR, CALLS_NEAR)}


def _columns(lines: Sequence[Line]) -> int:
    return max([2, *(line.process for line in lines)])


def _folded(text: str, width: int) -> list[str]:
    """The text in lines that fit a column."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if len(longer) > width - 3 and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    return [line[: width - 1] for line in lines]


def render_summary(judged: Sequence[Judged]) -> Iterator[str]:
    verdicts = {rule: verdict(judged, rule) for rule in RULES}
    for level in ("MUST", "SHOULD"):
        of_level = [found for rule, found in verdicts.items() if RULES[rule].level == level]
        counts = ", ".join(f"{of_level.count(word)} {word}" for word in ("pass", "fail", "unknown", "not run"))
        yield f"{level:<7} {counts}"
    schedules = sum(row.explored.schedules for row in judged)
    took_s = sum(row.took_s for row in judged)
    yield f"{many(schedules, 'schedule')} in {took_s:.0f} s"
