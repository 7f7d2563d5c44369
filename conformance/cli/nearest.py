"""Suggests the nearest option or rule for a misspelt one."""

import argparse
from collections.abc import Sequence

from conformance.requirements import Catalogue
from conformance.targets.nearest import did_you_mean

OPTION_ALIKE = 0.7  # options share their dashes


def options_of(parser: argparse.ArgumentParser, command: str) -> Sequence[str]:
    """The options of a command."""
    for action in parser._actions:  # argparse has no public list of them
        if isinstance(action, argparse._SubParsersAction):
            return list(action.choices[command]._option_string_actions)
    return []


def near_rule(word: str, catalogue: Catalogue) -> str:
    """`; PID has PID-001 to PID-013.`, or `; did you mean PID?`, or only a full stop."""
    prefix = word.upper().partition("-")[0]
    for section in catalogue.sections:
        if section.prefix == prefix:
            ids = [requirement.id for requirement in section.requirement]
            return f"; {prefix} has {ids[0]} to {ids[-1]}."
    return did_you_mean(prefix, [section.prefix for section in catalogue.sections]) or "."
