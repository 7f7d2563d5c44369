"""Reads vectors. An error names the file, the key and what was expected."""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pydantic import ValidationError

from conformance.fixtures import fixtures_folder
from conformance.json_type import Json
from conformance.requirements import Catalogue, load_catalogue
from conformance.requirements.catalogue import applies
from conformance.vectors.model import MAX_CALLS, NEVER_ASKED, VectorDocument
from conformance.wire.methods import METHODS, REFUSALS
from conformance.wire.needs import needs
from conformance.wire.scenario import Scenario
from reference_impl.profiles import BY_NAME
from reference_impl.releases import RECOMMENDED, VERSIONS, versions_between

ORDER = tuple(VectorDocument.model_fields)
CALL_ORDER = ("method", "params", "expect", "refusal")


class VectorError(ValueError):
    """A vector is invalid; the message says where."""


@dataclass(frozen=True)
class _File:
    """A vector before the checks."""

    path: Path
    text: str
    document: dict[str, Json]

    def judges(self, ids: set[str]) -> bool:
        """Also true if `requirements` is not a list, so that the check reports it."""
        named = self.document.get("requirements")
        return not isinstance(named, list) or not ids.isdisjoint(map(str, named))


@dataclass(frozen=True)
class Vector:
    """A stored scenario."""

    path: Path
    document: Json

    @property
    def id(self) -> str:
        return str(self.document["id"])

    @property
    def requirements(self) -> list[str]:
        return list(self.document["requirements"])

    @cached_property
    def profiles(self) -> list[str]:
        """The profiles for which the vector holds. A vector of a quirk holds only for releases with the quirk."""
        recommended = [] if self.document.get("recommended") is False else [RECOMMENDED]
        if "since" not in self.document:
            return recommended
        releases = versions_between(self.document["since"], self.document.get("until"))
        known = VERSIONS if self.quirk is None else BY_NAME[self.quirk].releases
        return [*recommended, *(release for release in releases if release in known)]

    @property
    def quirk(self) -> str | None:
        quirk: str | None = self.document.get("quirk")
        return quirk

    @property
    def shows_a_rule(self) -> bool:
        """Does `run` judge it? The vector of a quirk shows what releases do instead of following a rule."""
        return self.quirk is None

    @property
    def given(self) -> str | None:
        given: str | None = self.document.get("given")
        return given

    @property
    def place(self) -> str:
        """The file name for messages."""
        return f"{self.path.parent.name}/{self.path.name}"

    @cached_property
    def scenario(self) -> Scenario:
        return Scenario.from_json({key: self.document[key] for key in ("files", "calls") if key in self.document})


def vectors_folder() -> Path:
    return fixtures_folder() / "vectors"


def load_vectors(folder: Path | None = None, *, of: Collection[str] | None = None) -> list[Vector]:
    """The vectors in the order of their files. `of`: only those of these requirements and the vectors they are given.

    Raises VectorError for the first invalid vector.
    """
    vectors, problems = read_vectors(folder, of)
    if problems:
        raise VectorError(problems[0])
    return vectors


def read_vectors(folder: Path | None = None, of: Collection[str] | None = None) -> tuple[list[Vector], list[str]]:
    """The valid vectors, and the problems of the others."""
    folder = vectors_folder() if folder is None else folder
    catalogue, problems = load_catalogue(), []
    files: list[_File] = []
    for path in sorted(folder.glob("*/*.json")):
        try:
            files.append(_parse(path))
        except VectorError as error:
            problems.append(str(error))
    vectors: dict[str, Vector] = {}
    for file in files if of is None else _wanted(set(of), files):
        try:
            vector = _checked(file, catalogue)
            if vector.id in vectors:
                raise _wrong(vector.place, "id", vector.id, f"a unique id; {vectors[vector.id].place} has the same one")
            vectors[vector.id] = vector
        except VectorError as error:
            problems.append(str(error))
    problems += [problem for vector in vectors.values() for problem in _given_problems(vector, vectors)]
    return list(vectors.values()), problems


def _wanted(ids: set[str], files: Sequence[_File]) -> list[_File]:
    """The vectors of these requirements and the vectors that they are given, in the order of their files."""
    by_id = {file.path.stem: file for file in files}
    wanted: set[Path] = set()
    new = [file for file in files if file.judges(ids)]
    while new:
        wanted.update(file.path for file in new)
        given = [by_id[first] for file in new if (first := str(file.document.get("given"))) in by_id]
        new = [file for file in given if file.path not in wanted]
    return [file for file in files if file.path in wanted]


def read_vector(path: Path, catalogue: Catalogue) -> Vector:
    """Read one file. Raises VectorError."""
    return _checked(_parse(path), catalogue)


def _parse(path: Path) -> _File:
    try:
        text = path.read_bytes().decode("utf-8")
        document = json.loads(text)
    except ValueError as error:
        raise VectorError(f"{path.parent.name}/{path.name}: expected JSON in UTF-8: {error}") from error
    if not isinstance(document, dict):
        raise VectorError(f"{path.parent.name}/{path.name}: expected a JSON object, got {text!r:.200}")
    return _File(path, text, document)


def _checked(file: _File, catalogue: Catalogue) -> Vector:
    vector = Vector(file.path, file.document)
    _check_shape(vector.place, file.document)
    _check_words(vector, catalogue)
    if file.text != canonical(file.document):
        raise VectorError(
            f"{vector.place}: not in canonical form (keys in order, two spaces, one newline at the end, no key twice); "
            "run `make vectors`"
        )
    return vector


def canonical(document: Json) -> str:
    """The canonical text of a vector: our own keys in their order, keys of pools and results in alphabetical order."""
    calls = [_ordered(call, CALL_ORDER) for call in document["calls"]]
    return json.dumps(_ordered(document, ORDER) | {"calls": calls}, indent=2, ensure_ascii=False) + "\n"


def _ordered(document: Json, order: Sequence[str]) -> dict[str, Json]:
    """Unknown keys come last, so that the check reports them."""
    known = [key for key in order if key in document]
    return {key: _sorted(document[key]) for key in (*known, *(key for key in document if key not in order))}


def _sorted(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def _check_shape(place: str, document: Json) -> None:
    try:
        VectorDocument.model_validate(document)
    except ValidationError as error:
        problem = error.errors()[0]
        key = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            raise _wrong(place, key, problem["input"], "a key of schema.json") from error
        if problem["type"] == "too_long" and key == "calls":
            raise _wrong(place, key, len(document["calls"]), f"at most {MAX_CALLS} calls; split the vector") from error
        raise _wrong(place, key, problem["input"], problem["msg"]) from error
    for path, content in (document.get("files") or {}).items():
        if len(content) != 1:
            raise _wrong(place, f"files.{path}", content, "exactly one of text, base64, link and folder")
    for key, value in (*document.items(), *((k, v) for call in document["calls"] for k, v in call.items())):
        if value is None and key != "expect":
            raise _wrong(place, key, value, "a value; leave out the key instead of null")


def _check_words(vector: Vector, catalogue: Catalogue) -> None:
    place, document = vector.place, vector.document
    if document["id"] != vector.path.stem:
        raise _wrong(place, "id", document["id"], f"{vector.path.stem!r}, the name of the file")
    for position, id_ in enumerate(document["requirements"]):
        if id_ not in catalogue.by_id:
            raise _wrong(place, f"requirements.{position}", id_, "a requirement; see `requirements list`")
    section = document["requirements"][0].partition("-")[0].lower()
    if vector.path.parent.name != section:
        raise _wrong(place, "requirements.0", document["requirements"][0], f"the file in the folder {section}")
    if vector.quirk is not None and vector.quirk not in BY_NAME:
        raise _wrong(place, "quirk", vector.quirk, f"one of {', '.join(BY_NAME)}")
    _check_profiles(vector, catalogue)
    for position, call in enumerate(document["calls"]):
        _check_call(place, position, call)
    if document["needs"] != (needed := needs_of(vector)):
        raise _wrong(place, "needs", document["needs"], f"{needed}; run `make vectors`")


def _check_profiles(vector: Vector, catalogue: Catalogue) -> None:
    """Each profile must have every rule that the vector judges; a vector of a quirk needs a release with the quirk."""
    place, document = vector.place, vector.document
    try:
        profiles = vector.profiles
    except ValueError as error:
        raise VectorError(f"{place}: since, until: {error}") from error
    if not profiles:
        raise _wrong(place, "since", document.get("since"), "a release, or no `recommended: false`")
    if vector.quirk is not None:
        if RECOMMENDED in profiles:
            raise _wrong(place, "recommended", document.get("recommended"), "false, because recommended has no quirk")
        bounds = [document[key] for key in ("since", "until") if key in document]
        if outside := [bound for bound in bounds if bound not in BY_NAME[vector.quirk].releases]:
            raise _wrong(place, "since", outside[0], f"releases with the quirk {vector.quirk}")
        return
    for profile in profiles:
        if other := not_applying(document, profile, catalogue):
            raise _wrong(place, "since", document.get("since"), f"releases with {other}; {profile} lacks it")
    if RECOMMENDED not in profiles and not not_applying(document, RECOMMENDED, catalogue):
        raise _wrong(place, "recommended", False, "no such key, because recommended follows every rule, or a quirk")


def _check_call(place: str, position: int, call: Json) -> None:
    key, method = f"calls.{position}", call["method"]
    if method not in METHODS or method in NEVER_ASKED:
        raise _wrong(place, f"{key}.method", method, f"a method of docs/wire.md except {', '.join(NEVER_ASKED)}")
    if "expect" in call and "refusal" in call:
        raise _wrong(place, key, call, "expect or refusal, not both")
    if "refusal" in call and call["refusal"] not in REFUSALS:
        raise _wrong(place, f"{key}.refusal", call["refusal"], f"one of {', '.join(REFUSALS)}")
    try:
        METHODS[method].params.model_validate(call["params"])
    except ValidationError as error:
        problem = error.errors()[0]
        inner = ".".join(str(part) for part in problem["loc"])
        raise _wrong(place, f"{key}.params.{inner}", problem["input"], f"{problem['msg']}; see docs/wire.md") from error


def needs_of(vector: Vector) -> list[str]:
    """The capabilities that its calls need, in alphabetical order."""
    return sorted(needs(vector.scenario.calls))


def not_applying(document: Json, profile: str, catalogue: Catalogue) -> str | None:
    """The first requirement of the vector that does not apply to this profile."""
    ids = document["requirements"]
    return next((id_ for id_ in ids if id_ in catalogue.by_id and not applies(catalogue.by_id[id_], profile)), None)


def _given_problems(vector: Vector, vectors: dict[str, Vector]) -> Iterator[str]:
    """The given vector must have the same first calls, so that a failure excused here is judged there."""
    if vector.given is None:
        return
    first = vectors.get(vector.given)
    expected: Sequence[Json] = first.document["calls"] if first is not None else ()
    if (
        first is None
        or vector.document["calls"][: len(expected)] != expected
        or len(vector.scenario.calls) == len(expected)
    ):
        yield str(_wrong(vector.place, "given", vector.given, "a vector whose calls are the first calls of this one"))
    elif not set(vector.profiles) <= set(first.profiles) or first.document.get("files") != vector.document.get("files"):
        yield str(_wrong(vector.place, "given", vector.given, "a vector for the same profiles with the same files"))


def _wrong(place: str, key: str, value: Json, expected: str) -> VectorError:
    return VectorError(f"{place}: {key}: got {value!r:.200}; expected {expected}")
