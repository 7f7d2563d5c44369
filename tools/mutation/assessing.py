"""Decides for each mutant whether `run` notices it: replays recorded scenarios, then runs the cases that differ."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

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
        seen = _Differences()
        try:
            process = self._start(mutant)
        except HangsError as error:
            return Result.of(mutant, "no verdict", note=f"at start: {error}"), None
        try:
            result = self._ask(mutant, asked, process, seen)
        except HangsError as error:
            result = Result.of(mutant, "no verdict", note=str(error))
        return result, seen.first

    def _ask(self, mutant: Mutant, asked: Asked, process: MutantProcess, seen: "_Differences") -> Result:
        judged: set[str] = set()
        for chunk in chunks_of(asked):
            answers = ask_all([each.lines for _, each in chunk], process)
            for (case, each), given in zip(chunk, answers, strict=True):
                if each.has_answers(given):
                    continue
                seen.first = seen.first or each
                seen.count += 1
                if case not in judged:
                    judged.add(case)
                    result = self._judge(mutant, case, process, seen)
                    if result is not None:
                        return result
        return seen.result(mutant, len(asked))

    def _judge(self, mutant: Mutant, case: str, process: MutantProcess, seen: "_Differences") -> Result | None:
        """The result, if this case decides."""
        try:
            event = self.cases.judge(self.cases.items[case], process)
        except NeedsProcessesError:
            return None
        if process.exceeded():
            seen.hangs += 1
            return Result.of(mutant, "no verdict", note="it loops") if seen.hangs == MAX_HANGS else None
        if self.cases.fails(event):
            return Result.of(mutant, "killed", case=case, requirements=tuple(event.requirements))
        if event.outcome == "fail":
            seen.weak.update(event.requirements)
        elif event.outcome == "unknown":
            seen.fault = seen.fault or " ".join(event.message.split())[:200]
        return None

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
            return recorded.has_answers(recorded.lines.ask(self._process))
        except HangsError:
            return False


@dataclass
class _Differences:
    """What is known of a mutant while its scenarios are replayed."""

    first: Recorded | None = None  # the first scenario with other answers
    count: int = 0  # scenarios with other answers
    hangs: int = 0
    weak: set[str] = field(default_factory=set)  # requirements that fail and do not decide, because they are no MUST
    fault: str = ""  # of the adapter: `run` ends in exit code 3, unless another case fails

    def result(self, mutant: Mutant, asked: int) -> Result:
        """The result if no case has failed."""
        if self.fault:
            return Result.of(mutant, "no verdict", note=self.fault)
        note = f"{self.count} of {asked} scenarios have other answers" if self.count else ""
        note += f"; {', '.join(sorted(self.weak))} fails, which is no MUST" if self.weak else ""
        return Result.of(mutant, "survived", note=note)


def chunks_of(asked: Asked) -> Iterator[Asked]:
    """Ever longer parts: most mutants show in the first few scenarios."""
    begin, length = 0, FIRST_CHUNK
    while begin < len(asked):
        yield asked[begin : begin + length]
        begin, length = begin + length, length * 4
