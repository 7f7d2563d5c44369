"""Parses JSON as JavaScript's `JSON.parse` does after `readFileSync(path, "utf-8")` (LAY-017 to LAY-021).

Python's parser accepts NaN and fails on deep nesting and on integers with many digits. JavaScript does neither, so this
parser keeps its own stack. Numbers are binary64, as in JavaScript.
"""

import json
import math
import re

from conformance.json_type import Json

MAX_WHOLE = 2**53  # up to this number, JavaScript shows every whole number as an integer

_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"')
_WORDS = {"true": True, "false": False, "null": None}
_OPENED = object()  # marks a container that is still open


class JsonError(ValueError):
    """The text is not JSON. The message has the place, what was found and what was expected."""


def decode(content: bytes) -> str:
    """Decodes UTF-8; invalid bytes become U+FFFD (LAY-020). A byte order mark stays and is not JSON (LAY-021)."""
    return content.decode("utf-8", errors="replace")


def parse(text: str) -> Json:
    """Parses one value. The last of equal keys counts (LAY-019). Raises JsonError."""
    return _Reader(text).read()


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.open: list[tuple[Json, str | None]] = []  # open containers, and the key of the next item

    def read(self) -> Json:
        while True:
            value = self._begin_value()
            while value is not _OPENED and self.open:
                value = self._add(value)
            if value is not _OPENED:
                self._skip_space()
                if self.at < len(self.text):
                    raise self._error("the end of the file")
                return value

    def _begin_value(self) -> Json:
        """Returns a complete value, or _OPENED after the start of a container that is not empty."""
        self._skip_space()
        start = self.text[self.at : self.at + 1]
        if start == "[":
            return self._begin([], "]")
        if start == "{":
            return self._begin({}, "}")
        if start == '"':
            return self._string()
        for word, value in _WORDS.items():
            if self.text.startswith(word, self.at):
                self.at += len(word)
                return value
        number = _NUMBER.match(self.text, self.at)
        if number is None:
            raise self._error("a value")
        self.at = number.end()
        return _binary64(number[0])

    def _begin(self, container: Json, end: str) -> Json:
        self.at += 1
        if self._take(end):
            return container
        self.open.append((container, self._key() if end == "}" else None))
        return _OPENED

    def _add(self, value: Json) -> Json:
        """Adds a value to the innermost container. Returns the container if it is complete, else _OPENED."""
        container, key = self.open.pop()
        end = "]" if key is None else "}"
        if key is None:
            container.append(value)
        else:
            container[key] = value
        if self._take(end):
            return container
        if not self._take(","):
            raise self._error(f"a comma or {end}")
        self.open.append((container, None if key is None else self._key()))
        return _OPENED

    def _key(self) -> str:
        self._skip_space()
        key = self._string()
        if not self._take(":"):
            raise self._error("a colon")
        return key

    def _string(self) -> str:
        match = _STRING.match(self.text, self.at)
        if match is None:
            raise self._error("a string")
        self.at = match.end()
        return str(json.loads(match[0]))

    def _take(self, mark: str) -> bool:
        self._skip_space()
        found = self.text.startswith(mark, self.at)
        self.at += len(mark) * found
        return found

    def _skip_space(self) -> None:
        space = _SPACE.match(self.text, self.at)
        self.at = space.end() if space is not None else self.at

    def _error(self, expected: str) -> JsonError:
        line = self.text.count("\n", 0, self.at) + 1
        column = self.at - self.text.rfind("\n", 0, self.at)
        found = self.text[self.at : self.at + 10]
        return JsonError(f"line {line}, column {column}: expected {expected}, found {found!r}")


def _binary64(text: str) -> int | float:
    number = float(text)
    whole = math.isfinite(number) and number.is_integer() and abs(number) <= MAX_WHOLE
    return int(number) if whole else number
