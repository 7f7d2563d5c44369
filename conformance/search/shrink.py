"""Shrinks a draft that shows a difference, with Hypothesis."""

from collections.abc import Callable
from contextlib import suppress

from hypothesis import Phase, find, settings
from hypothesis.database import InMemoryExampleDatabase
from hypothesis.errors import Flaky, NoSuchExample

from conformance.search.source import Draft, drafts, to_choices

_KEY = b"the draft to shrink"


def shrink(draft: Draft, shows: Callable[[Draft], bool]) -> Draft:
    """The smallest draft found for which `shows` holds. It must hold for the given draft.

    `shows` may be flaky: a draft for which it held once counts.
    """
    kept = InMemoryExampleDatabase()
    kept.save(_KEY, to_choices(draft))
    begun = settings(database=kept, phases=[Phase.reuse, Phase.shrink], deadline=None)
    smallest = draft

    def remembers(tried: Draft) -> bool:
        nonlocal smallest
        shown = shows(tried)
        if shown and _size(tried) <= _size(smallest):
            smallest = tried
        return shown

    with suppress(NoSuchExample, Flaky):
        find(drafts, remembers, settings=begun, database_key=_KEY)
    return smallest


def _size(draft: Draft) -> tuple[int, int, bytes]:
    everything = b"".join((draft.head, *draft.given, *draft.calls))
    return len(everything), len(everything) - everything.count(0), everything
