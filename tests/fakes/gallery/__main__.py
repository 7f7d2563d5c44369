"""Serves one adapter of the gallery."""

import sys

from conformance.wire.serve import claimed
from tests.fakes.gallery.catalogue import load
from tests.fakes.gallery.serving import limit_life

limit_life()
with claimed() as wire:
    load()[sys.argv[1]].main(wire)
