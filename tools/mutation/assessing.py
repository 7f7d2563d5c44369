"""Decides for each mutant whether `run` notices it: replays recorded scenarios, then runs the cases that differ."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tools.mutation.instrumenting import Mutant
from tools.mutation.judging import Cases, NeedsProcessesError
from tools.mutation.process import HangsError, MutantProcess
from tools.mutation.recording import Recorded, Recording, ask_all
from tools.mutation.results import Result

MAX_HANGS = 2  # of a mutant; then the rest is not replayed
FIRST_CHUNK = 16  # scenarios; later chunks are four times as long each
Asked = Sequence[tuple[str, Recorded]]  # a case, and a scenario of it


@dataclass
class Assessor:
    """Assesses mutants in turn, in one process as long as it stays sound. A static mutant needs its own process."""

    cases: Cases
    recording: Recording
    _process: MutantProcess | None = None

    def assess(self, mutant: Mutant) -> Result:
        """The result of one mutant."""
        asked = self.recording.asked_of(mutant.id)
        if not asked:
            return Result.of(mutant, "not reached")
        result, first = self._replay(mutant, asked)
        if mutant.id in self.recording.static or result.status == "no verdict":
            self.close()
        elif first is not None and not self._is_sound(first):
            self.close()
            result, _ = self._replay(mutant, asked)
            self.close()
        return result

    def close(self) -> None:
        if self._process is not None:
            self._process.close()
            self._process = None

    def _replay(self, mutant: Mutant, asked: Asked) -> tuple[Result, Recorded | None]:
        """The result, and the first scenario with other answers."""
        first: Recorded | None = None
        differing, hangs = 0, 0
        passed: set[str] = set()
        weak: set[str] = set()  # requirements that fail and do not decide, because they are no MUST
        try:
            process = self._start(mutant)
        except HangsError as error:
            return Result.of(mutant, "no verdict", note=f"at start: {error}"), None
        for chunk in chunks_of(asked):
            try:
                answers = ask_all([each.lines for _, each in chunk], process)
            except HangsError as error:
                return Result.of(mutant, "no verdict", note=str(error)), first
            for (case, each), given in zip(chunk, answers, strict=True):
                if given == each.answers:
                    continue
                first = first or each
                differing += 1
                if case in passed:
                    continue
                passed.add(case)
                try:
                    event = self.cases.judge(self.cases.items[case], process)
                    exceeded = process.exceeded()
                except HangsError as error:
                    return Result.of(mutant, "no verdict", note=str(error)), first
                except NeedsProcessesError:
                    continue
                if exceeded:
                    hangs += 1
                    if hangs == MAX_HANGS:
                        return Result.of(mutant, "no verdict", note="it loops"), first
                elif self.cases.fails(event):
                    return Result.of(mutant, "killed", case=case, requirements=tuple(event.requirements)), first
                elif event.outcome == "fail":
                    weak.update(event.requirements)
        note = f"{differing} of {len(asked)} scenarios have other answers" if differing else ""
        note += f"; {', '.join(sorted(weak))} fails, which is no MUST" if weak else ""
        return Result.of(mutant, "survived", note=note), first

    def _start(self, mutant: Mutant) -> MutantProcess:
        if mutant.id in self.recording.static:
            self.close()
            self._process = MutantProcess(self.cases.argv, static=mutant.id)
        elif self._process is None:
            self._process = MutantProcess(self.cases.argv)
        self._process.activate(mutant.id)
        return self._process

    def _is_sound(self, recorded: Recorded) -> bool:
        """Whether the original code still gives the recorded answers, so the difference came from the mutant."""
        assert self._process is not None
        try:
            self._process.activate(None)
            return recorded.lines.ask(self._process) == recorded.answers
        except HangsError:
            return False


def chunks_of(asked: Asked) -> Iterator[Asked]:
    """Ever longer parts: most mutants show in the first few scenarios."""
    begin, length = 0, FIRST_CHUNK
    while begin < len(asked):
        yield asked[begin : begin + length]
        begin, length = begin + length, length * 4
