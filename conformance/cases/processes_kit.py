"""Helpers for cases with real processes: the fleets, the fitted pool, and the comparison of selections."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from conformance.cases.kit import Judge
from conformance.json_type import Json
from conformance.processes.fitting import BASE_INDEX, Fit, fit_pool
from conformance.processes.fleet import Fleet, Member, Restart, Transcript
from conformance.wire.calls import picks, pool

ON = {"account_selection_strategy": "sticky", "pid_offset_enabled": True}


def together(judge: Judge) -> Fleet:
    """Start all processes at the same moment."""
    return Fleet.greet(judge.start_group([judge.launch()] * judge.processes, held=True))


def in_turn(judge: Judge) -> Fleet:
    """Restart the processes of `together` one after another. Each selects an account before the next one starts.

    This selection is from three accounts, because a pool can be fitted only when all PIDs are known. It uses a new
    home, which has no data of earlier processes.
    """
    fleet = judge.shared_fleet(together)
    fleet.use_homes(lambda _: "in-turn")
    fleet.restart(judge.launch(), lambda member: fleet.open_and_select(based(3), ON, ["claude"], [member])[0])
    fleet.use_homes(lambda _: "")
    return fleet


def fit_pool_for(pids: Sequence[int], **how: Any) -> Fit:
    """The fitted pool. Skips the case if no pool reveals wrong ports, such as with equal PIDs in containers."""
    try:
        return fit_pool(pids, **how)
    except ValueError as error:
        pytest.skip(str(error))


def based(accounts: int | Sequence[Json]) -> Json:
    """A pool whose active index is not its first account."""
    return pool(accounts, activeIndex=BASE_INDEX)


def check(
    judge: Judge,
    fleet: Fleet | Restart,
    transcripts: Sequence[Transcript],
    expected: Callable[[Member], Sequence[Json]],
) -> None:
    """Compare the selections of each process with the expected ones. Further selections are not judged."""
    judged = [transcript.expecting(*expected(transcript.member)) for transcript in transcripts]
    judge.check_transcripts(judged, fleet.record)


def check_first(judge: Judge, fleet: Fleet | Restart, fit: Fit, transcripts: Sequence[Transcript]) -> None:
    """Expect that the first account of each process is the one for its own PID."""
    check(judge, fleet, transcripts, lambda member: [picks(fit.start(member.pid))])


def answered(transcript: Transcript) -> Json:
    """The first selected account in the transcript, or None."""
    return getattr(transcript.answers[1], "value", None)
