"""What cases of real processes share: the fleets that they start, the fitted pool, and the comparison of selections."""

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
    """All processes begin at one moment."""
    return Fleet.greet(judge.start_group([judge.launch()] * judge.processes, held=True))


def in_turn(judge: Judge) -> Fleet:
    """The same processes, started again one after another: each has selected before the next one is there.

    That selection is from three accounts, since a pool can be fitted only once all PIDs are known; and on a new home,
    which tells nothing of the processes before.
    """
    fleet = judge.shared_fleet(together)
    fleet.use_homes(lambda _: "in-turn")
    fleet.restart(judge.launch(), lambda member: fleet.open_and_select(based(3), ON, ["claude"], [member])[0])
    return fleet


def fit_pool_for(pids: Sequence[int], **how: Any) -> Fit:
    """The fitted pool; where no pool tells wrong ports apart, as with equal PIDs in containers, nothing is judged."""
    try:
        return fit_pool(pids, **how)
    except ValueError as error:
        pytest.skip(str(error))


def based(accounts: int | Sequence[Json]) -> Json:
    """A pool that does not start at its first account."""
    return pool(accounts, activeIndex=BASE_INDEX)


def check(
    judge: Judge,
    fleet: Fleet | Restart,
    transcripts: Sequence[Transcript],
    expected: Callable[[Member], Sequence[Json]],
) -> None:
    """What each process selects, one after another; what is left over is not judged."""
    judged = [transcript.expecting(*expected(transcript.member)) for transcript in transcripts]
    judge.check_transcripts(judged, fleet.record)


def check_first(judge: Judge, fleet: Fleet | Restart, fit: Fit, transcripts: Sequence[Transcript]) -> None:
    """The first account of each process is that of its own PID."""
    check(judge, fleet, transcripts, lambda member: [picks(fit.start(member.pid))])


def answered(transcript: Transcript) -> Json:
    """The account that the transcript selected first; None where there is none."""
    return getattr(transcript.answers[1], "value", None)
