"""The worker processes of a simulation."""

import signal

import pytest

from conformance.simulation.experiment import Decider, _pool
from conformance.targets.resolve import resolve

BOUND_S = 120.0


def test_worker_survives_ctrl_c() -> None:
    """The terminal sends it to every process. The parent ends its workers; a worker would print a traceback."""
    with _pool(Decider(resolve("reference@1.6.0", []), "1.6.0"), 1) as pool:
        assert pool.apply_async(signal.pthread_sigmask, (signal.SIG_BLOCK, [])).get(BOUND_S) == set()
        assert pool.apply_async(signal.raise_signal, (signal.SIGINT,)).get(BOUND_S) is None
        assert pool.apply_async(abs, (-1,)).get(BOUND_S) == 1


def test_workers_start_with_ctrl_c_blocked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while a worker imports its modules would end it with a traceback."""
    seen = []

    def begin(*_: object, **__: object) -> None:
        seen.append(signal.pthread_sigmask(signal.SIG_BLOCK, []))
        raise InterruptedError

    monkeypatch.setattr("multiprocess.context.BaseContext.Pool", begin)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    with pytest.raises(InterruptedError), _pool(Decider(resolve("reference@1.6.0", []), "1.6.0"), 1):
        pass
    assert seen == [before | {signal.SIGINT}]
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == before
