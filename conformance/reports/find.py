"""A find of the search, for people: the scenario, both answers, and why the one is expected."""

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.reports.describe import describe, describe_scenario, wrap

Json = Any


def describe_find(find: Mapping[str, Json]) -> Iterator[str]:
    """The lines; `find` is the plain data of a find."""
    for line in describe_scenario(find["scenario"], find["position"]):
        yield wrap(line, "  ", 6)
    if find["expected"] is None:
        yield wrap(f"the adapter failed: {find['answered'].get('raised', find['answered'])}", "    ")
        return
    yield wrap(f"answered {describe(find['answered'])}", "    ", 2)
    if find["asked_again"] is not None:
        yield wrap(f"answered {describe(find['asked_again'])}", "    ", 2) + " when asked again"
        yield wrap("Not repeatable: a target must discard all state when a pool is opened.", "    ")
        return
    yield wrap(f"expected {describe(find['expected'])}, as {find['profile']}", "    ", 2)
    if find["reasons"]:
        yield "    since, before the call,"
        for reason in find["reasons"]:
            yield wrap(reason, "      ", 2)
    for quirk in find["quirks"]:
        yield wrap(f"the quirk {quirk} tells the two apart", "    ", 2)
