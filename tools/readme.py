"""`python -m tools.readme` puts the output of real runs into the README.

The output replaces the blocks after `<!-- run: ARGUMENTS -->` and `<!-- spread: ARGUMENTS -->`.
"""

import re
import shlex
from pathlib import Path

from tests.support.command import CHECKOUT, run_kit

README = CHECKOUT / "README.md"
_BLOCK = re.compile(r"(<!-- (run|spread): (.*?) -->\n```\n).*?(```\n)", re.DOTALL)


def fill(text: str) -> str:
    """The page with the current output of every run."""
    return _BLOCK.sub(lambda block: block[1] + output(block[2], block[3]) + block[4], text)


def output(command: str, arguments: str) -> str:
    """The output, with 1 second for every run, because the page must not depend on the machine."""
    shown = run_kit(command, *shlex.split(arguments), environment={"NO_COLOR": "1"}).stdout
    return re.sub(r"(\(exit code \d\), )\d+ s", r"\g<1>1 s", shown)


def port_of(text: str) -> str:
    """The Python port on the page."""
    found = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert found is not None
    return found[1]


if __name__ == "__main__":
    Path(README).write_text(fill(README.read_text(encoding="utf-8")), encoding="utf-8")
