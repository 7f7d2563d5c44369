"""Round-robin."""

import itertools

from tests.integration.errata.evidence import (
    Release,
    shows,
)


@shows("E-13")
def test_round_robin_chooses_before_it_moves_on(release: Release) -> None:
    release.start(pid=1, index=1)
    accounts = [release.select("round-robin") for _ in range(3)]
    shown = [cursor % 3 for cursor in (1 + 1, 1 + 2, 1 + 3)]
    assert (accounts, shown) == ([1, 2, 0], [2, 0, 1])


@shows("E-14")
def test_round_robin_sequence_is_equal_in_every_process(release: Release) -> None:
    for pid, offset in itertools.product(range(6), (True, False)):
        release.start(pid)
        assert [release.select("round-robin", offset=offset) for _ in range(4)] == [0, 1, 2, 0]


@shows("E-15")
def test_alternating_families_use_half_the_accounts_each(release: Release) -> None:
    release.start(pid=1, n=2)
    used = [(release.select("round-robin"), release.select("round-robin", family="gemini")) for _ in range(5)]
    assert used == [(0, 1)] * 5
