"""A target in this process. Calls and answers use the same lines as for a separate process."""

from collections import deque
from collections.abc import Iterator

from conformance.targets.connection import Connection
from conformance.targets.errors import AdapterFault
from conformance.targets.exchange import RequestLine, read_answers
from conformance.wire.answers import Answer, AnswerError
from conformance.wire.serve import answer_line


class InProcessConnection(Connection):
    """The part of a connection that the search and the cases use."""

    def __init__(self, adapter: object) -> None:
        self.adapter = adapter
        self._lines: deque[list[RequestLine]] = deque()
        self._next_id = 1

    def send_lines(self, lines: list[RequestLine]) -> None:
        self._lines.append(lines)

    def receive_lines(self) -> Iterator[tuple[RequestLine, bytes]]:
        for asked in self._lines.popleft():
            yield asked, answer_line(self.adapter, asked.line)

    def read(self, asked: RequestLine, line: bytes) -> list[Answer]:
        try:
            return read_answers(asked, line)
        except AnswerError as error:
            raise AdapterFault(str(error)) from error
