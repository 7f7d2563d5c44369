"""Suggests the nearest word for a misspelt command or option."""

import argparse
import difflib
from collections.abc import Collection, Sequence

ALIKE, OPTION_ALIKE = 0.6, 0.7  # options share their dashes


def did_you_mean(word: str, known: Collection[str], alike: float = ALIKE) -> str:
    """`; did you mean --only?`, or an empty text."""
    near = difflib.get_close_matches(word, known, 1, alike)
    return f"; did you mean {near[0]}?" if near else ""


def options_of(parser: argparse.ArgumentParser, command: str) -> Sequence[str]:
    """The options of a command."""
    for action in parser._actions:  # argparse has no public list of them
        if isinstance(action, argparse._SubParsersAction):
            return list(action.choices[command]._option_string_actions)
    return []
