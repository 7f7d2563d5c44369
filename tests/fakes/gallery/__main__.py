"""Serves one adapter of the gallery; loads only its module, for a run starts many."""

import importlib
import sys

from conformance.wire.serve import claimed
from tests.fakes.gallery.serving import FAKES, limit_life

limit_life()
kind, _, name = sys.argv[1].partition("/")
importlib.import_module(f"tests.fakes.gallery.{kind}")
with claimed() as wire:
    FAKES[name].main(wire)
