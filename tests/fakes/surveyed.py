"""Targets that a survey must survive: one never answers, one sends markup, one does not start."""

import threading

from conformance.json_type import Json
from reference_impl.adapter import ReferenceAdapter
from tests.mutants.config_keys import PidOffsetOnByDefault
from tests.mutants.config_layers import Latin1Files

MARKUP = "<script>alert('`|*_')</script>\x1b[2J\u202e"


class NeverAnswers(ReferenceAdapter):
    def hello(self, wire: int) -> Json:  # noqa: ARG002
        return threading.Event().wait()


class PrintsMarkup(ReferenceAdapter):
    def hello(self, wire: int) -> Json:
        return super().hello(wire) | {"name": MARKUP, "version": MARKUP, "language": MARKUP}


class CannotStart(ReferenceAdapter):
    def __init__(self) -> None:
        raise OSError("no licence for <b>this</b> machine")


class ClaimsNothing(ReferenceAdapter):
    def hello(self, wire: int) -> Json:
        return super().hello(wire) | {"capabilities": []}


class ClaimsConfig(ReferenceAdapter):
    """Claims only `config`, so a run is short: its rules start no further processes."""

    def hello(self, wire: int) -> Json:
        return super().hello(wire) | {"capabilities": ["config"]}


class ClaimsConfigAndReadsLatin1(ClaimsConfig, Latin1Files):
    """Breaks one SHOULD."""


class ClaimsConfigAndTurnsTheOffsetOn(ClaimsConfig, PidOffsetOnByDefault):
    """Breaks a MUST."""
