"""The commands on the pages, and what stands for the placeholders in them."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from tests.support.command import CHECKOUT

PAGES = sorted([*CHECKOUT.glob("*.md"), *(CHECKOUT / "docs").rglob("*.md")])
KIT = "antigravity-conformance"
# Words in capitals that stand for something of the reader's.
PLACEHOLDERS = {
    "AGENT", "CLONE", "COMMAND", "FAILURE", "FILE", "FOLDER", "FORK", "FOUND", "HOST", "ID", "MODULE", "NAME", "OWNER",
    "PATH", "REPORT", "SCENARIO", "TARGET", "VERSION", "WHEEL",
}  # fmt: skip
# Words in capitals that are what they are.
OF_THE_KIT = {"ARGS", "CHECKOUT", "CHECKOUTS", "HYB", "N", "PID", "POOL", "PROC", "RR"}

_FENCED = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
_IN_TEXT = re.compile(rf"`((?:\w[\w ]* \| )?(?:{KIT}|make) [^`]+)`")
_PIPED = re.compile(rf"^.*\| (?={KIT})")


def commands() -> Iterator[str]:
    """Each command of the kit and of make, once: lines of blocks without a language, and code in the text."""
    found: dict[str, None] = {}
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for block in _FENCED.finditer(text):
            if not block[2]:
                lines = [line.strip() for line in block[3].splitlines()]
                found |= dict.fromkeys(line for line in lines if line.startswith((f"{KIT} ", "make ")))
        in_text = [re.sub(r"\s+", " ", code[1]) for code in _IN_TEXT.finditer(_FENCED.sub("", text))]
        found |= dict.fromkeys(_PIPED.sub("", code) for code in in_text)
    yield from found


def words_in_capitals(command: str) -> set[str]:
    """The words in capitals, without ids of rules."""
    return set(re.findall(r"(?<![\w-])[A-Z]+(?![\w-]*\d)(?![a-z_-])", command))


def arguments(command: str) -> list[str]:
    """The words after the name of the command."""
    return shlex.split(command.removesuffix("..."))[1:]


def is_file(word: str) -> bool:
    return re.fullmatch(r"[\w./-]+\.(html|json|md|mjs|py|toml|xml|log)", word) is not None


def port_on_the_page() -> str:
    """The port of docs/adapter.md."""
    text = (CHECKOUT / "docs" / "adapter.md").read_text(encoding="utf-8")
    return _first_block(text, "python")


def json_on(page: str) -> str:
    """The first JSON document on a page of docs."""
    text = Path(CHECKOUT, "docs", page).read_text(encoding="utf-8")
    return _first_block(text, "json")


def _first_block(text: str, language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", text, re.DOTALL)
    assert found is not None
    return found[1]
