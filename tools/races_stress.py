"""`python -m tools.races_stress TARGET [N]`: lets two processes save at the same moment, N times, and counts losses.

For comparison with `races`: these saves are in no chosen order, so most runs find nothing.
"""

import sys

from conformance.processes.races.folder import lay_out, parse, pool_in, read_files
from conformance.processes.races.subject import Subject
from conformance.targets.group import Launch
from conformance.targets.resolve import resolve
from conformance.wire.answers import Answer, Result

STATES = ("present", "missing", "stale-lock")
BOUND_S = 120.0
TIMES = 1000


def losses(subject: Subject, name: str, times: int) -> int:
    """How often an acknowledged save is not in the file."""
    state, lost = subject.states[name], 0
    for _ in range(times):
        subject.prepare(state, state.calls)
        lay_out(subject.home, state.files)
        connections = [process.connection for process in subject.race.processes]
        for process, connection in enumerate(connections):
            connection.send(state.calls[process])
        answers = [connection.receive() for connection in connections]
        document = parse(pool_in(read_files(subject.home)))
        acknowledged = [change for change, given in zip(state.changes.values(), answers, strict=True) if _done(given)]
        lost += not all(change.is_in(document) for change in acknowledged)
    return lost


def _done(answers: list[Answer]) -> bool:
    return all(isinstance(answer, Result) for answer in answers)


def main() -> None:
    word, times = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else TIMES
    target = resolve(word, [])
    with Subject(Launch(target.argv, target.environment, word), timeout_s=BOUND_S) as subject:
        for name in STATES:
            if name in subject.states:
                print(f"{word} {name}: {losses(subject, name, times)} losses in {times} runs", flush=True)


if __name__ == "__main__":
    main()
