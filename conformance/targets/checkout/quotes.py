"""Finds quoted code in the modules of a checkout, regardless of formatting."""

import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from conformance.targets.checkout.locate import is_built, module_files, rank

GAP = "…"  # in a quotation: stands for up to 200 characters of any code
_GAP = ".{0,200}?"
# Comments start a line or follow white space. This excludes `//` in URLs and `/*` in glob patterns, inside strings.
_COMMENT = re.compile(r"(?:^|(?<=\s))//.*$|^\s*/\*(?:.|\n)*?\*/", re.MULTILINE)


class Sources:
    """The modules of one checkout: its sources, or built files if it has no sources."""

    def __init__(self, checkout: Path) -> None:
        self.checkout = checkout

    def file_with(self, quotation: str) -> str | None:
        """The file that contains this code, relative to the checkout."""
        parts = [re.escape(_plain(part)) for part in quotation.split(GAP)]
        pattern = re.compile(_GAP.join(parts))
        return next((file for file, text in self._texts if pattern.search(text)), None)

    def all_with(self, quotations: Sequence[str]) -> tuple[list[str], list[str]]:
        """The files that contain the quotations, without duplicates, and the quotations that no file contains."""
        found = {quotation: self.file_with(quotation) for quotation in quotations}
        files = dict.fromkeys(file for file in found.values() if file is not None)
        return list(files), [quotation for quotation, file in found.items() if file is None]

    @cached_property
    def _texts(self) -> list[tuple[str, str]]:
        files = sorted(module_files(self.checkout), key=rank)
        sources = [file for file in files if not is_built(file)] or files
        return [(file, _plain(_read(self.checkout / file))) for file in sources]


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _plain(code: str) -> str:
    """The code without comments, white space, semicolons and trailing commas, and with double quotes only."""
    code = re.sub(r"[\s;]", "", _COMMENT.sub("", code))
    return re.sub(r",(?=[}\])])", "", code.replace("'", '"'))
