"""`python -m tools.gallery [measure [--missing] [REGEX ...]]` writes docs/gallery.md, the table of bad adapters.

The table is made from docs/gallery.json. `measure` judges the adapters anew, those whose row a REGEX finds or all, two
at a time; with `--missing`, only those without a row. It ends 1 if a row breaks a limit, runs into a fault of the suite
or leaves something.
"""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from conformance.generated import MARKDOWN_NOTE
from tests.fakes.gallery.catalogue import load
from tests.support.command import CHECKOUT
from tools.gallery_rows import FAIR, Outcome, Row, outcome, rows
from tools.gallery_run import measure

TABLE = CHECKOUT / "docs" / "gallery.json"
PAGE = CHECKOUT / "docs" / "gallery.md"
AT_ONCE = 2
KINDS = {
    "processes": "The process",
    "framing": "The lines",
    "messages": "The messages",
    "values": "The values",
    "contract": "What `hello` promises, and texts",
    "surroundings": "The surroundings, and time",
    "flaky": "Answers that vary",
}
INTRO = """\
# Adapters that misbehave

The kit judges whatever somebody calls an adapter. Each row is the reference with one misbehaviour. `make gallery`
judges all of them and makes this page; a test compares the rows that are not marked with `*`.

In every row the kit ends within 60 seconds (on a busy machine proportionally later) and needs at most 200 MiB of
memory; a report has at most 5 MB and the terminal at most 200 lines. No process and no folder is left. The terminal
gets no control sequence, no command of a CI system, no token of the adapter and no traceback of the kit. Rows that
break one of these say so in bold.

The time limit of an answer is 10 seconds, unless the row says otherwise.
"""


def read_table() -> dict[str, Outcome]:
    stored = json.loads(TABLE.read_text(encoding="utf-8")) if TABLE.exists() else {}
    return {name: Outcome.model_validate(entry) for name, entry in stored.items()}


def write_table(table: dict[str, Outcome]) -> None:
    ordered = {row.name: table[row.name].model_dump() for row in rows() if row.name in table}
    lines = ",\n".join(f" {json.dumps(name)}: {json.dumps(entry)}" for name, entry in ordered.items())
    TABLE.write_text("{\n" + lines + "\n}\n", encoding="utf-8")


def judge(row: Row) -> Outcome:
    measured = measure(row.fake, row.options, row.command)
    shown = outcome(row, measured)
    print(
        f"{row.name}: exit {shown.exit_code}, {measured.seconds:.1f} s, {measured.memory_mib:.0f} MiB, "
        f"{measured.report_bytes} bytes, {measured.terminal_lines} lines. {'; '.join(faults(shown))}\n"
        f"    {shown.verdicts} {shown.cause}",
        flush=True,
    )
    return shown


def faults(shown: Outcome) -> Iterator[str]:
    """What no row may show."""
    if shown.exit_code not in (*FAIR, None):
        yield f"exit code {shown.exit_code}"
    yield from (f"not within {limit}" for limit, kept in shown.within.items() if not kept)
    yield from (f"left: {what}" for what in shown.left)
    yield from shown.unsafe


def render(table: dict[str, Outcome]) -> str:
    return "\n".join(_page(table)) + "\n"


def _page(table: dict[str, Outcome]) -> Iterator[str]:
    fakes = load()
    yield MARKDOWN_NOTE + INTRO
    for kind, title in KINDS.items():
        lines = [
            _line(row, fakes[row.fake].text, table[row.name])
            for row in rows()
            if row.name in table and fakes[row.fake].kind == kind
        ]
        if lines:
            yield f"## {title}\n"
            yield "| adapter | what it does | exit code | verdicts | cause |"
            yield "|-|-|-|-|-|"
            yield from lines
            yield ""


def _line(row: Row, text: str, shown: Outcome) -> str:
    name = row.fake + ("" if row.tested else " *")
    command = "" if row.tested else f" (`{' '.join((row.command, *row.options))}`)"
    counts = ", ".join(f"{count} {word}" for word, count in shown.verdicts.items())
    bad = "; ".join(faults(shown))
    cells = [
        name,
        text + command,
        "varies" if shown.exit_code is None else str(shown.exit_code),
        counts,
        shown.cause + (f" **{bad}**" if bad else ""),
    ]
    return "| " + " | ".join(cell.replace("|", "\\|").replace("<", "&lt;") for cell in cells) + " |"


def main(words: Sequence[str]) -> int:
    table = read_table()
    if words:
        wanted = [word for word in words[1:] if word != "--missing"] or [""]
        chosen = [row for row in rows() if any(re.search(word, row.name) for word in wanted)]
        if "--missing" in words:
            chosen = [row for row in chosen if row.name not in table]
        chosen.sort(key=lambda row: not row.tested)  # what the tests need comes first
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for row, shown in zip(chosen, pool.map(judge, chosen), strict=True):
                table[row.name] = shown
                write_table(table)
    PAGE.write_text(render(table), encoding="utf-8")
    return int(any(list(faults(shown)) for shown in table.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
