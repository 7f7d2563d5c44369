"""A scenario: files, and calls with expected results. Cases, vectors and bug reports use this format.

As JSON:

    {"files": {"home/.config/opencode/antigravity.json": {"text": "{}"}},
     "calls": [{"method": "open", "params": {"pool": {...}, "pid": 7}},
               {"method": "select", "params": {...}, "expect": {"label": "b"}}]}

Paths in `files` are relative to a new folder for the scenario; `{root}` in a parameter stands for that folder.
`files` of a call are written before the call, as if by another process.
The call `read_file` is not sent: the kit answers it with the file at `path`, as it is then.
`expect` matches an object if the listed keys match, an array if it has the same length and its items match, and any
other value if it is equal. `{"$": "absent"}` matches a missing key. `refusal` names the expected refusal instead.
Without both, any result matches.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from conformance.json_type import Json
from conformance.wire.answers import Answer, NotSupported, Raised, Refused, Result

ROOT = "{root}"
ABSENT: Json = {"$": "absent"}
READ_FILE = "read_file"  # answered by the kit
UNJUDGED: Json = object()
_KEYS = {"method", "params", "expect", "refusal", "files"}
_FILE_KEYS = {"text": str, "base64": str, "link": str, "hard_link": str, "folder": bool, "removed": bool}


class ScenarioError(ValueError):
    """A scenario is malformed. The message names the place."""


@dataclass(frozen=True)
class Call:
    """One call and its expectation. `files` are written before the call, as if by another process."""

    method: str
    params: Mapping[str, Json] = field(default_factory=dict)
    expect: Json = UNJUDGED
    refusal: str | None = None
    files: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)

    def gives(self, expected: Json) -> "Call":
        """The same call with this expected result."""
        return replace(self, expect=expected)

    def refuses(self, kind: str) -> "Call":
        """The same call with this expected refusal."""
        return replace(self, refusal=kind)

    @property
    def expected(self) -> Json:
        """The expectation as JSON, for reports."""
        if self.refusal is not None:
            return {"refusal": self.refusal}
        return None if self.expect is UNJUDGED else self.expect

    def accepts(self, answer: Answer) -> bool:
        """Whether the answer meets the expectation."""
        if self.refusal is not None:
            return isinstance(answer, Refused) and answer.kind == self.refusal
        return isinstance(answer, Result) and (self.expect is UNJUDGED or matches(self.expect, answer.value))

    def to_json(self) -> dict[str, Json]:
        judged = {} if self.expect is UNJUDGED else {"expect": self.expect}
        refused = {} if self.refusal is None else {"refusal": self.refusal}
        files = {"files": {path: dict(content) for path, content in self.files.items()}} if self.files else {}
        return {**files, "method": self.method, "params": dict(self.params), **judged, **refused}


@dataclass(frozen=True)
class Scenario:
    """Files and calls.

    `files` maps a path to `{"text"|"base64"|"link"|"hard_link": ...}`, `{"folder": true}` or `{"removed": true}`.
    """

    calls: Sequence[Call]
    files: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Json]:
        files = {"files": {path: dict(content) for path, content in self.files.items()}} if self.files else {}
        return {**files, "calls": [call.to_json() for call in self.calls]}

    @staticmethod
    def from_json(document: Json) -> "Scenario":
        """Read a scenario. Raises ScenarioError, which names the place, if the document is malformed."""
        if not isinstance(document, dict) or not isinstance(document.get("calls"), list):
            raise ScenarioError("a scenario is an object with a list `calls`")
        if extra := sorted(set(document) - {"files", "calls"}):
            raise ScenarioError(f"unknown key {extra[0]!r} in the scenario; known: files, calls")
        calls = [_read_call(item, position) for position, item in enumerate(document["calls"])]
        return Scenario(calls, _read_files(document.get("files", {})))


def _read_files(files: Json, where: str = "") -> Mapping[str, Mapping[str, Json]]:
    if not isinstance(files, dict):
        raise ScenarioError(f"files{where} must be an object that maps paths to contents")
    for path, content in files.items():
        key, value = next(iter(content.items())) if isinstance(content, dict) and len(content) == 1 else (None, None)
        if key not in _FILE_KEYS or not isinstance(value, _FILE_KEYS[key]):
            raise ScenarioError(f"files[{path!r}]{where} must be an object with one of {', '.join(_FILE_KEYS)}")
    return files


def _read_call(item: Json, position: int) -> Call:
    where = f"calls[{position}]"
    if not isinstance(item, dict) or not isinstance(item.get("method"), str):
        raise ScenarioError(f"{where} must be an object with a method")
    if extra := sorted(set(item) - _KEYS):
        raise ScenarioError(f"unknown key {extra[0]!r} in {where}; known: {', '.join(sorted(_KEYS))}")
    if not isinstance(item.get("params", {}), dict):
        raise ScenarioError(f"params in {where} must be an object")
    if not isinstance(item.get("refusal"), str | None):
        raise ScenarioError(f"refusal in {where} must be a string")
    if "expect" in item and item.get("refusal") is not None:
        raise ScenarioError(f"{where} has both expect and refusal; a call has one expectation")
    files = _read_files(item.get("files", {}), f" of {where}")
    return Call(item["method"], item.get("params", {}), item.get("expect", UNJUDGED), item.get("refusal"), files)


def matches(expected: Json, actual: Json) -> bool:
    """Whether the value meets the expectation. Only listed keys count. Booleans are not numbers; -0 equals 0."""
    if isinstance(expected, dict):
        return isinstance(actual, dict) and all(
            key not in actual if wanted == ABSENT else key in actual and matches(wanted, actual[key])
            for key, wanted in expected.items()
        )
    if isinstance(expected, list):
        return (
            isinstance(actual, list)
            and len(expected) == len(actual)
            and all(matches(wanted, given) for wanted, given in zip(expected, actual, strict=True))
        )
    if isinstance(expected, bool) or isinstance(actual, bool):
        return expected is actual
    return bool(expected == actual)


def difference(expected: Json, actual: Json, place: str = "") -> Iterator[tuple[str, Json, Json]]:
    """Each place where a value differs from the expectation: (place, expected, actual)."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key, wanted in expected.items():
            here = f"{place}.{key}" if place else key
            if wanted != ABSENT and key in actual:
                yield from difference(wanted, actual[key], here)
            elif wanted != ABSENT or key in actual:
                yield here, wanted, actual.get(key, ABSENT)
    elif not matches(expected, actual):
        yield place, expected, actual


def show_answer(answer: Answer) -> Json:
    """An answer as JSON, in the format of an expectation."""
    if isinstance(answer, Result):
        return answer.value
    if isinstance(answer, Refused):
        return {"refusal": answer.kind}
    return {"raised": answer.message} if isinstance(answer, Raised) else {"not supported": answer.method}


def unsupported(answers: Sequence[Answer]) -> str | None:
    """The first method that the target answered as not supported."""
    return next((answer.method for answer in answers if isinstance(answer, NotSupported)), None)
