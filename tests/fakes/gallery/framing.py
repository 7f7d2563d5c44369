"""Adapters that write lines which are not lines of JSON."""

import json
import threading
import time

from conformance.wire.framing import MAX_LINE_BYTES
from conformance.wire.serve import Wire
from tests.fakes.gallery.serving import Asked, asked_lines, encode, in_batches, lines, process, write

CHUNK = b" " * 65536


@in_batches
def no_newline(asked: Asked) -> bytes:
    """Ends no answer to a batch with a newline."""
    return asked.answer[:-1]


@lines
def no_newline_at_all(asked: Asked) -> bytes:
    """Ends no answer with a newline, from `hello` on."""
    return asked.answer[:-1]


@in_batches
def carriage_return_only(asked: Asked) -> bytes:
    """Ends each answer with a carriage return."""
    return asked.answer[:-1] + b"\r"


@lines
def crlf(asked: Asked) -> bytes:
    """Ends each answer with a carriage return and a newline, which JSON allows."""
    return asked.answer[:-1] + b"\r\n"


@lines
def byte_order_mark(asked: Asked) -> bytes:
    """Begins each answer with a byte order mark."""
    return b"\xef\xbb\xbf" + asked.answer


@in_batches
def invalid_utf8(asked: Asked) -> bytes:
    """Writes a byte in each answer that is not UTF-8."""
    return asked.answer.replace(b'"jsonrpc"', b'"json\xffrpc"', 1)


@in_batches
def nul_bytes(asked: Asked) -> bytes:
    """Ends each answer with a NUL byte and a newline."""
    return asked.answer[:-1] + b"\0\n"


@in_batches
def utf16(asked: Asked) -> bytes:
    """Writes UTF-16."""
    return asked.answer.decode().encode("utf-16")


@in_batches
def lone_surrogates(asked: Asked) -> bytes:
    r"""Escapes half a character, \ud800, in each answer."""
    return asked.answer.replace(b'"jsonrpc"', rb'"\ud800":1,"jsonrpc"')


@in_batches
def two_answers_in_a_line(asked: Asked) -> bytes:
    """Writes each answer twice, in one line."""
    return asked.answer[:-1] + asked.answer


@in_batches
def answer_in_pieces(asked: Asked) -> bytes:
    """Writes its first answer in eight pieces over two seconds; it is correct."""
    if asked.number > 3:
        return asked.answer
    size = len(asked.answer) // 8 + 1
    for start in range(0, len(asked.answer), size):
        write(asked.wire, asked.answer[start : start + size])
        time.sleep(0.25)
    return b""


@in_batches
def one_byte_a_second(asked: Asked) -> bytes:
    """Writes each answer byte by byte, with a second between two of them."""
    for start in range(len(asked.answer)):
        write(asked.wire, asked.answer[start : start + 1])
        time.sleep(1)
    return b""


@lines
def prints_before(asked: Asked) -> bytes:
    """Prints a banner before its first answer."""
    return (b"" if asked.number else b"Welcome to the port, version 1!\n") + asked.answer


@in_batches
def prints_after(asked: Asked) -> bytes:
    """Prints a line after each answer."""
    return asked.answer + b"debug: answered\n"


@process
def prints_beside(wire: Wire) -> None:
    """A thread prints a line every 50 ms, whatever else is written."""

    def print_on() -> None:
        while True:
            time.sleep(0.05)
            write(wire, b"still here\n")

    for asked in asked_lines(wire):
        if asked.number == 2:
            threading.Thread(target=print_on, daemon=True).start()
        write(wire, asked.answer)


@lines
def empty_lines(asked: Asked) -> bytes:
    """Writes an empty line before each answer."""
    return b"\n" + asked.answer


@in_batches
def empty_lines_for_ever(asked: Asked) -> bytes:
    """Writes empty lines without end in place of an answer."""
    while True:
        write(asked.wire, b"\n" * 1000)


@in_batches
def pretty_printed(asked: Asked) -> bytes:
    """Writes each answer as indented JSON over many lines."""
    return json.dumps(json.loads(asked.answer), indent=2).encode() + b"\n"


@lines
def content_length(asked: Asked) -> bytes:
    """Frames each answer with a Content-Length, as language servers do."""
    return b"Content-Length: %d\r\n\r\n%s" % (len(asked.answer) - 1, asked.answer[:-1])


@in_batches
def trailing_comma(asked: Asked) -> bytes:
    """Writes a comma before the end of each array."""
    return asked.answer[:-2] + b",]\n"


@in_batches
def line_at_the_limit(asked: Asked) -> bytes:
    """Pads each answer with blanks to 8 MiB; it is correct."""
    return asked.answer[:-1].ljust(MAX_LINE_BYTES - 1) + b"\n"


@in_batches
def fills_lines_to_the_limit(asked: Asked) -> bytes:
    """Fills each line to 8 MiB with the text of an error."""
    answers = asked.responses
    size = (MAX_LINE_BYTES - 2000 - 200 * len(answers)) // len(answers)
    for response in answers:
        response.pop("result", None)
        response["error"] = {"code": -32603, "message": "e" * size}
    return encode(answers)


@in_batches
def fills_lines_with_no_json(asked: Asked) -> bytes:
    """Answers each batch with a line of 8 MiB that is not JSON."""
    return b"x" * (MAX_LINE_BYTES - 1) + b"\n"


@in_batches
def line_above_the_limit(asked: Asked) -> bytes:
    """Pads each answer with blanks to one byte more than 8 MiB."""
    return asked.answer[:-1].ljust(MAX_LINE_BYTES) + b"\n"


@in_batches
def endless_line(asked: Asked) -> bytes:
    """Writes a line without end in place of an answer."""
    while True:
        write(asked.wire, CHUNK)


@in_batches
def endless_line_slowly(asked: Asked) -> bytes:
    """Writes a line without end, some blanks in each half second."""
    while True:
        write(asked.wire, b" ")
        time.sleep(0.5)


@in_batches
def many_lines(asked: Asked) -> bytes:
    """Writes 10,000 lines that nobody asked for after each answer."""
    return asked.answer + b'{"jsonrpc":"2.0","method":"log"}\n' * 10_000
