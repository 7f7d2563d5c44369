"""docs/mutation.md: what became of the mutants of a release, from docs/mutation.json and the reasons of survivors."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from conformance.generated import MARKDOWN_NOTE
from tools.mutation.reasons import KINDS, Kind, Reason, Unreached, reason_of
from tools.mutation.results import STATUSES, Result, Status

INTRO = """\
# Which mutants of the plugin are noticed

A mutant is the plugin with one small fault, such as `<` in place of `<=`. Stryker makes all mutants of the modules for
selection, rotation, storage and config. `run plugin:CHECKOUT` notices a mutant if its exit code is 1. This page says
which mutants it does not notice, and why.
"""
HOW = """\
## How it is measured

`make mutation CHECKOUT=PATH` judges the mutants of any checkout and continues where an earlier run ended.

1. Stryker's instrumenter puts all mutants into one copy of the checkout. A variable selects the mutant.
2. The kit runs the cases of `run` once on the original code. It records each scenario with its answers, and the mutants
   that the scenario reaches. A mutant that no scenario reaches is *not reached*.
3. The kit replays the scenarios that reach a mutant, and compares the bytes of the answers. If all are equal, the
   mutant *survived*.
4. If an answer differs, the kit runs the case of that scenario on the mutant, with the deviations of the release. The
   mutant is *killed* if the case fails such that `run` ends in exit code 1.
5. A mutant that hangs, or whose adapter cannot start, is judged by the command `run`. It is *killed* if another case
   fails. Otherwise `run` ends in exit code 3, and the mutant has *no verdict*.

`python -m tools.mutate_plugin CHECKOUT --confirm 20` also judges a sample of the mutants with the command `run` itself.
Cases that start processes of their own are left out of steps 2 to 4.
"""


@dataclass(frozen=True)
class Table:
    """What is stored of a run: the counts of each file by status, and every mutant that is reached and not killed.

    Of the mutants that are not reached, it has the number on each line.
    """

    checkout: str
    left: int  # mutants that are not judged yet
    counts: Mapping[str, Mapping[Status, int]]
    alive: Sequence[Result]
    unreached: Mapping[str, Mapping[str, int]] = field(default_factory=dict)  # by file and line
    own_tests: Mapping[str, Sequence[int]] = field(default_factory=dict)  # of a sample: noticed and missed, by file

    @classmethod
    def of(cls, checkout: str, results: Iterable[Result], left: int, own_tests: Mapping[str, Sequence[int]]) -> "Table":
        every = sorted(results, key=lambda result: (result.file, result.line, result.column, int(result.id)))
        counted = Counter((result.file, result.status) for result in every)
        files = dict.fromkeys(result.file for result in every)
        counts = {file: {status: counted[file, status] for status in STATUSES} for file in files}
        alive = [result for result in every if result.status in ("survived", "no verdict")]
        lines = Counter((result.file, str(result.line)) for result in every if result.status == "not reached")
        unreached = {file: {line: n for (of, line), n in lines.items() if of == file} for file in files}
        return cls(checkout, left, counts, alive, unreached, own_tests)

    @classmethod
    def read(cls, file: Path) -> "Table":
        document = json.loads(file.read_text(encoding="utf-8"))
        alive = [Result.from_json(entry) for entry in document["alive"]]
        parts = (document[name] for name in ("unreached", "own_tests"))
        return cls(document["checkout"], document["left"], document["counts"], alive, *parts)

    def text(self) -> str:
        """The stored form: one mutant a line."""
        head = {
            "checkout": self.checkout,
            "left": self.left,
            "counts": self.counts,
            "own_tests": self.own_tests,
        }
        rows = ",\n".join("  " + json.dumps(asdict(result), ensure_ascii=False) for result in self.alive)
        files = ",\n".join(f"  {json.dumps(file)}: {json.dumps(lines)}" for file, lines in self.unreached.items())
        begin = json.dumps(head, indent=1)[:-2]
        return begin + f',\n "unreached": {{\n{files}\n }},\n "alive": [\n{rows}\n ]\n}}\n'


@dataclass(frozen=True)
class Score:
    """The counts of one file. `kinds` has the survivors by the kind of their reason; None: without a reason."""

    killed: int
    no_verdict: int
    not_reached: int
    kinds: Mapping[Kind | None, int]

    @property
    def judged(self) -> int:
        """The mutants that `run` should notice: those reached, but not equivalent and not outside the wire."""
        return self.killed + self.no_verdict + self.kinds["missing rule"] + self.kinds[None]

    @property
    def percent(self) -> str:
        return f"{100 * self.killed / self.judged:.1f} %" if self.judged else "-"

    def __add__(self, other: "Score") -> "Score":
        kinds = {kind: self.kinds[kind] + other.kinds[kind] for kind in (*KINDS, None)}
        return Score(
            self.killed + other.killed,
            self.no_verdict + other.no_verdict,
            self.not_reached + other.not_reached,
            kinds,
        )


def scores(table: Table, reasons: Sequence[Reason]) -> dict[str, Score]:
    """The score of each file."""
    found: dict[str, Score] = {}
    for file, counts in table.counts.items():
        kinds: dict[Kind | None, int] = dict.fromkeys((*KINDS, None), 0)
        no_verdict = 0
        for result in table.alive:
            if result.file == file:
                reason = reason_of(result, reasons)
                if reason is None and result.status == "no verdict":
                    no_verdict += 1
                else:
                    kinds[None if reason is None else reason.kind] += 1
        found[file] = Score(counts["killed"], no_verdict, counts["not reached"], kinds)
    return found


def render(table: Table, reasons: Sequence[Reason], unreached: Sequence[Unreached]) -> str:
    """The page."""
    parts = [*_survivors(table, reasons), *_unreached(table, unreached)]
    return "\n".join([MARKDOWN_NOTE + INTRO, *_scores(table, reasons), "", HOW, *parts]) + "\n"


def total(found: Iterable[Score]) -> Score:
    """The sum of scores."""
    return sum(found, Score(0, 0, 0, dict.fromkeys((*KINDS, None), 0)))


def rows(table: Table, reasons: Sequence[Reason]) -> Iterator[str]:
    """The table of scores, by module."""
    found = scores(table, reasons)
    yield "| module | killed | survived | no verdict | noticed | outside the wire | equivalent | not reached |"
    yield "|-|-|-|-|-|-|-|-|"
    for file, score in [*found.items(), ("together", total(found.values()))]:
        survived = score.kinds["missing rule"] + score.kinds[None]
        cells = [_short(file), score.killed, survived, score.no_verdict, score.percent]
        cells += [score.kinds["outside the wire"], score.kinds["equivalent"], score.not_reached]
        yield "| " + " | ".join(map(str, cells)) + " |"


def _scores(table: Table, reasons: Sequence[Reason]) -> Iterator[str]:
    score = total(scores(table, reasons).values())
    yield (
        f"{'So far, of' if table.left else 'Of'} {table.checkout}, `run` notices {score.killed} of {score.judged} "
        f"mutants that it should notice ({score.percent}).\n"
        "Equivalent mutants, those outside the wire and those not reached do not count."
    )
    if table.left:
        yield f"\n**The run is not complete: {table.left} mutants are not judged yet.**"
    yield ""
    yield from rows(table, reasons)
    if table.own_tests:
        noticed, missed = (sum(counts[place] for counts in table.own_tests.values()) for place in (0, 1))
        yield (
            f"\nThe plugin's own tests notice {noticed} of a sample of {noticed + missed} mutants that `run` reaches: "
            + "; ".join(f"{_short(file)} {yes} of {yes + no}" for file, (yes, no) in table.own_tests.items())
            + "."
        )


def _survivors(table: Table, reasons: Sequence[Reason]) -> Iterator[str]:
    yield "## Mutants that survive\n"
    yield "*Equivalent*: no input shows a difference. *Outside the wire*: only what the wire does not ask, what the"
    yield "rules leave open or what only a SHOULD covers is different. *Missing rule*: a rule should show it."
    yield "In a mutation, `…` stands for further code."
    grouped: dict[Reason | None, list[Result]] = {}
    for result in table.alive:
        grouped.setdefault(reason_of(result, reasons), []).append(result)
    unknown = [result for result in grouped.get(None, []) if result.status == "no verdict"]
    if unknown:
        grouped[None] = [result for result in grouped[None] if result not in unknown]
        yield f"\n### Without a verdict ({len(unknown)})\n"
        yield "The adapter fails, so `run` ends in exit code 3.\n"
        yield from (f"- {_mutation(result)}" for result in unknown)
    for kind in (None, "missing rule", "outside the wire", "equivalent"):
        groups = [(reason, found) for reason, found in grouped.items() if (reason.kind if reason else None) == kind]
        if any(found for _, found in groups):
            count = sum(len(found) for _, found in groups)
            yield f"\n### {(kind or 'not explained').capitalize()} ({count})\n"
            yield "| reason | mutants |"
            yield "|-|-|"
            for reason, found in groups:
                yield f"| {_cell(reason.why if reason else '')} | {'<br>'.join(map(_mutation, found))} |"


def _unreached(table: Table, reasons: Sequence[Unreached]) -> Iterator[str]:
    yield "\n## Mutants that no case reaches\n"
    yield "| lines | mutants | reason |"
    yield "|-|-|-|"
    for reason in reasons:
        count = sum(
            number
            for file, lines in table.unreached.items()
            for line, number in lines.items()
            if reason.matches(file, int(line))
        )
        spans = ", ".join(f"{first} to {last}" if last > first else str(first) for first, last in reason.lines)
        yield f"| {reason.file}: {spans} | {count} | {_cell(reason.why)} |"


def unexplained_lines(table: Table, reasons: Sequence[Unreached]) -> list[str]:
    """The lines with mutants that are not reached and that no reason is about, as `file:line`."""
    return [
        f"{file}:{line}"
        for file, lines in table.unreached.items()
        for line in lines
        if not any(reason.matches(file, int(line)) for reason in reasons)
    ]


def _mutation(result: Result) -> str:
    place = _short(result.place)
    note = f" ({result.note})" if result.status == "no verdict" else ""
    return f"{place} {_code(result.original)} → {_code(result.replacement)}{note}"


def _short(file: str) -> str:
    return file.rpartition("src/plugin/")[2]


def _code(text: str) -> str:
    flat = " ".join(text.split())
    flat = flat if len(flat) <= 60 else flat[:58] + " …"
    return f"`{_cell(flat)}`" if "`" not in flat else f"`` {_cell(flat)} ``"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
