"""A discrepancy of the search, for people: the scenario, both answers, and the explanation."""

from collections.abc import Iterable, Iterator, Mapping

from conformance.json_type import Json
from conformance.reports.describe import describe, describe_scenario, wrap
from conformance.wire.scenario import Scenario


def describe_discrepancy(discrepancy: Mapping[str, Json]) -> Iterator[str]:
    """The lines of a discrepancy, from its plain data."""
    for line in describe_scenario(Scenario.from_json(discrepancy["scenario"]), discrepancy["position"]):
        yield wrap(line, "  ", 6)
    if discrepancy["failed"]:
        yield wrap(f"the adapter failed: {discrepancy['answered'].get('raised', discrepancy['answered'])}", "    ")
        return
    yield wrap(f"answered {describe(discrepancy['answered'])}", "    ", 2)
    if discrepancy["asked_again"] is not None:
        yield wrap(f"answered {describe(discrepancy['asked_again'])}", "    ", 2) + " when repeated"
        yield wrap("Not repeatable: a target must discard all state when a pool is opened.", "    ")
        return
    yield wrap(f"expected {describe(discrepancy['expected'])}, as {discrepancy['profile']}", "    ", 2)
    if discrepancy["reasons"]:
        yield "    state before the call:"
        for reason in discrepancy["reasons"]:
            yield wrap(reason, "      ", 2)
    for quirk in discrepancy["quirks"]:
        yield wrap(f"the quirk {quirk} explains the difference", "    ", 2)


def shortened(described: Iterable[str], most: int) -> Iterator[str]:
    """At most that many lines for a terminal: the start, how many are left out, and the end, which has the reason."""
    lines = [line for text in described for line in text.split("\n")]
    if len(lines) <= most:
        yield from lines
        return
    begin, end = (most - 1) * 2 // 3, (most - 1) - (most - 1) * 2 // 3
    yield from lines[:begin]
    yield f"    [{len(lines) - begin - end} more lines]"
    yield from lines[-end:]
