"""Writes the lines of a report: in colour on a terminal, plain for pipes, CI and the documentation.

Rich gets each line as plain text with one style, so no text of a target is ever read as markup.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import TextIO


class Styled(str):
    """A line with the style that a terminal shows it in."""

    __slots__ = ("style",)
    style: str


def styled(text: str, style: str) -> Styled:
    line = Styled(text)
    line.style = style
    return line


def split(lines: Iterable[str]) -> Iterator[str]:
    """Single lines, each with the style of the wrapped text that it is a part of."""
    for line in lines:
        for part in line.split("\n"):
            yield styled(part, line.style) if isinstance(line, Styled) else part


def wants_colour(stream: TextIO, environment: Mapping[str, str] = os.environ) -> bool:
    """NO_COLOR outranks FORCE_COLOR; without both, colour is for terminals."""
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return environment["FORCE_COLOR"] != "0"
    return stream.isatty() and environment.get("TERM") != "dumb"


def write_lines(lines: Iterable[str], stream: TextIO) -> None:
    """Write the lines to the stream."""
    if not wants_colour(stream):
        for line in lines:
            print(line, file=stream)
        return
    from rich.console import Console  # slow to import, and needed on a terminal only
    from rich.text import Text

    console = Console(file=stream, force_terminal=True, markup=False, highlight=False, emoji=False, soft_wrap=True)
    for line in lines:
        console.print(Text(line, style=line.style if isinstance(line, Styled) else ""))
