"""`python -m tools.readme` puts the output of real runs into the README and the guides, and draws the README's picture.

| comment | what follows it |
|-|-|
| `<!-- run: ARGUMENTS -->`, also with another command | a block with the output of this command |
| `<!-- wire: PORT -->` | a block of messages: the answers of the port on the page to the lines that begin with `-->` |
| `<!-- table: checked -->` | the table of what is checked |
"""

import io
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

from conformance.requirements import load_catalogue
from tests.support.command import CHECKOUT, run_kit

README = CHECKOUT / "README.md"
DOCS = CHECKOUT / "docs"
PAGES = (README, DOCS / "run.md", DOCS / "adapter.md", DOCS / "spread.md")
PICTURE = DOCS / "pictures" / "failing-run.svg"
PICTURED = "run python:tests.mutants.selection:CountsFromOne --only PID-001"
WIDTH = 80  # of the output of a run

# Rows of the table "What is checked": what the sections are about, and their prefixes.
CHECKED = {
    "the pool file: reading, migration, saving, place": ("POOL", "STO", "PLACE"),
    "`sticky`, `round-robin` and `hybrid`": ("STK", "RR", "HYB", "HEA", "TOK", "SES"),
    "the PID offset": ("PID",),
    "rate limits, backoff, cooldowns, waits": ("LIM", "STYLE", "BACK", "COOL", "WAIT", "ERR"),
    "disabled, removed and unverified accounts": ("ENA", "REM", "VER", "OTH"),
    "soft quota": ("SOFT", "READ"),
    "config: keys, files, paths, variables": ("CFG", "ENV", "PATH", "LAY"),
    "many real processes at once": ("PROC", "RACE"),
    "the wire between kit and adapter": ("WIRE",),
}

_BLOCK = re.compile(r"(<!-- (run|spread): (.*?) -->\n```\n).*?(```\n)", re.DOTALL)
_WIRE = re.compile(r"(<!-- wire: (.*?) -->\n```\n)(.*?)(```\n)", re.DOTALL)
_TABLE = re.compile(r"(<!-- table: checked -->\n)(?:\|.*\n)*")
# The page must not depend on the machine: the kit prints the seconds, and the port its PID.
_SECONDS = re.compile(r"(\(exit code \d\), )\d+ s")
_PID = re.compile(r'("pid": ?)\d+(?=})')


def fill(text: str) -> str:
    """The page with the current output of every run."""
    text = _BLOCK.sub(lambda block: block[1] + output(block[2], block[3]) + block[4], text)
    text = _WIRE.sub(lambda block: block[1] + _messages(block[2], block[3], port_of(text)) + block[4], text)
    return _TABLE.sub(lambda table: table[1] + checked(), text)


def output(command: str, arguments: str, *, colours: bool = False) -> str:
    """The output, with 1 second for every run."""
    environment = {"FORCE_COLOR": "1"} if colours else {"NO_COLOR": "1"}
    shown = run_kit(command, *shlex.split(arguments), environment=environment).stdout
    return _SECONDS.sub(r"\g<1>1 s", shown)


def port_of(text: str) -> str:
    """The Python port on the page; empty if it has none."""
    found = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    return found[1] if found else ""


def _messages(port: str, block: str, code: str) -> str:
    """The requests of the block, each with the answer of the port."""
    requests = [line.removeprefix("--> ") for line in block.splitlines() if line.startswith("--> ")]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "port.py").write_text(code, encoding="utf-8")
        host = [sys.executable, "-P", "-m", "conformance.targets.python_host", port, "--path", folder]
        given = "".join(f"{request}\n" for request in requests)
        done = subprocess.run(host, input=given, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    answers = _PID.sub(r"\g<1>4711", done.stdout).splitlines()
    return "".join(f"--> {asked}\n<-- {told}\n" for asked, told in zip(requests, answers, strict=True))


def checked() -> str:
    """The rows of the table "What is checked"."""
    rules = [rule.id.partition("-")[0] for rule in load_catalogue()]
    rows = [
        f"| {title} | {sum(map(rules.count, prefixes))} | {', '.join(f'`{prefix}`' for prefix in prefixes)} |\n"
        for title, prefixes in CHECKED.items()
    ]
    return "".join(["| area | rules | sections |\n", "|-|-|-|\n", *rows])


def picture() -> str:
    """The terminal after a failing run, as SVG that loads nothing from the network."""
    console = Console(record=True, width=WIDTH + 2, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text.from_ansi(output(*PICTURED.split(" ", 1), colours=True)), soft_wrap=True)
    drawn = console.export_svg(title=f"antigravity-conformance {PICTURED}", unique_id="run")
    drawn = re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)
    return "\n".join(line.rstrip() for line in drawn.splitlines() if line.strip()) + "\n"


def main() -> None:
    for page in PAGES:
        page.write_text(fill(page.read_text(encoding="utf-8")), encoding="utf-8")
    PICTURE.write_text(picture(), encoding="utf-8")


if __name__ == "__main__":
    main()
