"""The connection to one target process: sends calls, and returns answers or raises one clear fault."""

import contextlib
import signal
import time
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

from conformance.targets import pids
from conformance.targets.errors import AdapterFault, NoAnswer, WrongAnswer
from conformance.targets.exchange import MethodCall, RequestLine, ask_batch, ask_one, read_answers
from conformance.targets.patience import Patience
from conformance.targets.streams import Errors, Input, Loop, Output
from conformance.targets.wire_log import Direction, WireLog
from conformance.texts import safe
from conformance.wire.answers import Answer, AnswerError, MalformedAnswerError, Result, in_words
from conformance.wire.framing import MAX_LINE_BYTES, excerpt
from conformance.wire.messages import HelloResult
from conformance.wire.methods import WIRE_VERSION

MESSAGE_CHARACTERS = 2000  # of a fault, without the quoted standard error
BROKEN_BOUND_S = 1.0  # for the last output of a target that has closed its standard input
EXIT_BOUND_S = 5.0  # between the end of a process's output and the event of its exit


class Connection:
    """One target process. After a fault, every further call raises the same AdapterFault."""

    def __init__(
        self,
        name: str,
        streams: tuple[Input, Output, Errors],
        loop: Loop,
        *,
        timeout_s: float,
        memory_limit_bytes: int,
        wire_log: WireLog | None,
        patience: Patience,
    ) -> None:
        self.name = name
        self.pid = 0  # until it is started
        self._supervisor_pid: int | None = None
        self._input, self._output, self._errors = streams
        self._loop = loop
        self._timeout_s, self._patience = timeout_s, patience
        self._limit_s = patience.start_timeout_s(timeout_s)  # of the next line
        self._memory_limit_bytes = memory_limit_bytes
        self._wire_log = wire_log
        self._sent: deque[list[RequestLine]] = deque()
        self._next_id = 1
        self._returncode: int | None = None
        self._held_bytes: int | None = None  # set if the supervisor killed it because it used this much memory
        self._fault: str | None = None

    def allow_slow_start(self, factor: float) -> None:
        """Multiply the time limit of the first answer."""
        self._limit_s *= factor

    def hello(self) -> HelloResult:
        """The target's answer to `hello`."""
        answer = self.call("hello", wire=WIRE_VERSION)
        if not isinstance(answer, Result):
            self._fail(
                f"answered `hello` with {in_words(answer)}; expected a result, because every adapter must answer it"
            )
        return HelloResult.model_validate(answer.value)

    def call(self, method: str, /, **params: Any) -> Answer:
        """Send one call without a batch, and wait for the answer."""
        self.send_lines([ask_one((method, params), self._next_id)])
        return self.receive()[0]

    def batch(self, calls: Sequence[MethodCall]) -> list[Answer]:
        """Send many calls at once, and wait for all answers."""
        self.send(calls)
        return self.receive()

    def send(self, calls: Sequence[MethodCall]) -> None:
        """Send calls without waiting. Each `send` needs a `receive`, in the same order."""
        self.send_lines(list(ask_batch(calls, self._next_id)))

    def receive(self) -> list[Answer]:
        """Wait for the answers to the oldest `send` that has no `receive` yet."""
        lines = list(self.receive_lines())  # read all lines first, so that none is left after a wrong answer
        return [answer for asked, line in lines for answer in self.read(asked, line)]

    def send_anew(self, calls: Sequence[MethodCall]) -> None:
        """Like `send`, after the answers that nobody received because another process failed first are dropped."""
        while self._sent:
            list(self.receive_lines())
        self.send(calls)

    def send_lines(self, lines: list[RequestLine]) -> None:
        """Like `send`, for calls that are encoded already."""
        self._check()
        for asked in lines:
            self._log("-->", asked.line)
            self._input.put(asked.line)
            self._next_id = asked.first_id + len(asked.methods)
        self._sent.append(lines)
        self._input.write()
        self.watch()

    def receive_lines(self) -> Iterator[tuple[RequestLine, bytes]]:
        """Like `receive`, but yields the lines. The caller compares them itself, or parses them with `read`."""
        self._check()
        for asked in self._sent.popleft():
            began_s = time.monotonic()
            self._output.is_awaited = True
            self.watch()
            try:
                line = self._next_line(asked)
            finally:
                self._output.is_awaited = False
            self._log("<--", line)
            self._patience.note_line(len(line), time.monotonic() - began_s)
            self._limit_s = self._patience.timeout_s(self._timeout_s)
            yield asked, line

    def read(self, asked: RequestLine, line: bytes) -> list[Answer]:
        """The answers in a line. Raises WrongAnswer if the content of one is wrong, AdapterFault if the line is."""
        try:
            return read_answers(asked, line)
        except MalformedAnswerError as error:
            raise WrongAnswer(safe(f"{self.name} {error}", MESSAGE_CHARACTERS)) from error
        except AnswerError as error:
            self._fail(str(error))

    @property
    def has_line(self) -> bool:
        """Whether a complete answer is there, so that `receive` does not wait."""
        return self._output.has_line

    @property
    def has_exited(self) -> bool:
        """Whether the supervisor has reported the exit of the process."""
        return self._returncode is not None

    @property
    def returncode(self) -> int | None:
        """The exit code of the process; minus the number of the signal that ended it; None while it runs."""
        return self._returncode

    @property
    def is_dead(self) -> bool:
        """Whether no more calls are possible, after a fault or the end of the process."""
        return self._fault is not None or self._returncode is not None

    def pid_status(self, hello_pid: int) -> pids.PidStatus:
        """Whether `hello_pid` is the PID of this process or of a descendant."""
        return pids.pid_status(hello_pid, self.pid, self._supervisor_pid)

    def standard_error(self) -> str:
        """The last lines of the target's standard error, indented, for messages."""
        for _ in range(16):  # more than a full pipe; bounded, because a target may never stop writing
            if not self.on_errors():
                break
        return self._errors.shown()

    def _next_line(self, asked: RequestLine) -> bytes:
        """Wait for a line.

        After the deadline, data that is already in the pipe is still read. On a busy machine, the kit may read an
        answer late although the target sent it in time.
        """
        deadline_s = time.monotonic() + self._limit_s
        late = idle = False
        while True:
            line = self._output.take_line()
            too_long = self._output.full if line is None else len(line) > MAX_LINE_BYTES
            if too_long:
                self._fail(
                    f"wrote a line of more than {MAX_LINE_BYTES} bytes when asked {asked.described}; "
                    "expected each answer in one line of at most that many"
                )
            if line is not None:
                self._note_end()
                self.watch()
                return line
            if self._output.ended:
                self._fail_ended(asked)
            if late and idle:
                self._fail(self._no_answer(asked), NoAnswer)
            late = time.monotonic() >= deadline_s
            if self._input.is_broken and not late:
                deadline_s = min(deadline_s, time.monotonic() + BROKEN_BOUND_S)
            received_bytes = self._output.received_bytes
            self._loop.pump(0 if late else deadline_s - time.monotonic())
            idle = self._output.received_bytes == received_bytes

    # Events, reported by the group.

    def on_start(self, pid: int, supervisor_pid: int | None) -> None:
        self.pid, self._supervisor_pid = pid, supervisor_pid
        self._log("!!", "(started)")
        self.watch()

    def on_input(self) -> None:
        self._input.write()
        self.watch()

    def on_output(self) -> None:
        if not self._output.read():
            self._note_end()
        self.watch()

    def on_errors(self) -> bool:
        lines = self._errors.read()
        for line in lines or []:
            self._log("!!", line)
        self.watch()
        return lines is not None

    def on_exit(self, returncode: int) -> None:
        self._returncode = returncode
        self._log("!!", f"({self._ending()})")
        self._note_end()
        self.watch()

    def on_memory(self, held_bytes: int) -> None:
        self._held_bytes = held_bytes

    def watch(self) -> None:
        """Let the selector watch exactly the pipes that have something to do."""
        for stream, handler in (
            (self._input, self.on_input),
            (self._output, self.on_output),
            (self._errors, self.on_errors),
        ):
            self._loop.watch(stream, handler)

    def give_up(self) -> None:
        """Close the connection after the process was ended on purpose. Its remaining answers are dropped."""
        self._fault = self._fault or f"{self.name} {self._ending()} because the kit ended it"
        self.close()

    def close(self) -> None:
        """Close the pipes. The group ends the process."""
        self._fault = self._fault or f"{self.name}: the connection is closed"
        self._input.ended = self._output.ended = self._errors.ended = True
        self.watch()
        for stream in (self._input, self._output, self._errors):
            stream.close()

    def _note_end(self) -> None:
        """After the exit of the process, read the rest of its output. Its children may keep the pipe open."""
        if self._returncode is not None:
            while self._output.read():
                pass
            self._output.ended = self._output.ended or not self._output.full

    # Faults.

    def _check(self) -> None:
        if self._fault is not None:
            raise AdapterFault(self._fault)

    def _fail_ended(self, asked: RequestLine) -> NoReturn:
        deadline_s = time.monotonic() + min(EXIT_BOUND_S, self._limit_s)
        while self._returncode is None and time.monotonic() < deadline_s:
            self._loop.pump(deadline_s - time.monotonic())
        when = "in the middle of its answer to" if self._output.has_rest else "before it answered"
        self._fail(
            f"{self._ending()} {when} {asked.described}; expected it to answer every line until its standard input ends"
        )

    def _no_answer(self, asked: RequestLine) -> str:
        if self._input.is_broken:
            return f"closed its standard input before it had read {asked.described}, and did not answer"
        unfinished = self._output.unfinished
        if unfinished:
            return (
                f"wrote {len(unfinished)} bytes and no line end within {self._limit_s:g} s when asked "
                f"{asked.described}; expected each answer to end with a newline, and to be flushed. The bytes begin "
                f"with {excerpt(unfinished, 80)}"
            )
        return (
            f"gave no answer to {asked.described} within {self._limit_s:g} s; check that it flushes each answer; if it "
            "only needs longer, raise the limit with --timeout"
        )

    def _ending(self) -> str:
        if self._held_bytes is not None:
            return f"was ended because it held {_mib(self._held_bytes)} (limit {_mib(self._memory_limit_bytes)})"
        if self._returncode is None:
            return "closed its standard output"
        if self._returncode >= 0:
            return f"exited with code {self._returncode}"
        with contextlib.suppress(ValueError):
            return f"was ended by {signal.Signals(-self._returncode).name}"
        return f"was ended by signal {-self._returncode}"

    def _fail(self, what: str, kind: type[AdapterFault] = AdapterFault) -> NoReturn:
        shown = self.standard_error()
        tail = f"\n  The end of its standard error:\n{shown}" if shown else ""
        self._fault = f"{safe(f'{self.name} {what}', MESSAGE_CHARACTERS)}.{tail}"
        self._log("!!", f"({what})")
        self.close()
        raise kind(self._fault)

    def _log(self, direction: Direction, text: str | bytes) -> None:
        if self._wire_log is not None:
            self._wire_log.write(direction, self.name, self.pid, text)


def _mib(size_bytes: int) -> str:
    return f"{size_bytes / 1024**2:.0f} MiB"
