"""From a draft that shows a difference to the smallest that Hypothesis finds."""

from collections.abc import Callable

from hypothesis import Phase, find, settings
from hypothesis.database import InMemoryExampleDatabase
from hypothesis.errors import NoSuchExample

from conformance.search.source import Draft, drafts, to_choices

_KEY = b"the draft to shrink"


def shrink(draft: Draft, shows: Callable[[Draft], bool]) -> Draft:
    """The smallest draft found for which `shows` holds, as it does for the one given. It may be asked thousands of times."""
    kept = InMemoryExampleDatabase()
    kept.save(_KEY, to_choices(draft))
    begun = settings(database=kept, phases=[Phase.reuse, Phase.shrink], deadline=None)
    try:
        return find(drafts, shows, settings=begun, database_key=_KEY)
    except NoSuchExample:  # it does not show any more
        return draft
