"""Measures what each stored vector contributes: `python -m tools.vectors` prints the result as JSON.

A vector is useful if it covers a branch of the reference that no other vector covers, if it detects a wrong
implementation that no other detects, or if it is a boundary (`why` begins with "Boundary:"). A call is useful if it is
the last one, or if the vector would contribute less without it.

This needs a separate process, because coverage must start before the import of the reference.
"""

import dataclasses
import importlib
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache, partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import coverage

from conformance.json_type import Json

if TYPE_CHECKING:
    from conformance.vectors import Vector
    from reference_impl.profiles import Profile

ROOT = Path(__file__).parents[1]
_CONTEXTS = count(1)
SAVING = {"save", "delayed-save"}  # capabilities that no vector needs

LEFT_OUT = {  # modules whose branches are not counted, and why
    "__main__.py": "serves the reference as a process",
    "saving.py": "no vector saves; tests/unit/test_saving.py compares it with the releases",
    "pool_file.py": "the same; `races` judges it",
    "release_storage.py": "the same, as a release does it",
}
EXCLUDED = {  # lines whose branches are not counted, and why
    r"raise QuirkFailure\(": "a release that fails on a pool; vectors cannot expect a failure",
    r"and _is_fatal\(|def _is_fatal": "the same",
    r"raise NotImplementedError\(": "a release without a method; no vector of it holds for its profile",
    r"raise UnknownProfile\(|version not in VERSIONS:|if last < first:": "vectors name releases that exist",
    r"\(self.until is None\) ==|def is_unconfirmed": "wrong rows, in tests/unit/test_quirks.py",
    r"def hello\(": "depends on the target",
    r"return os\.getpid\(\) if": "the real PID is different in each run",
    r"def (save|request_save|flush_save|_opened_folder|store|saved)\(|def pool_version": "no vector saves",
    r"def without_infinities\(": "no vector saves",
    r"if wait == math\.inf and": "a limit without end, which only a number beyond binary64 sets; the search draws it",
    r"except OSError:  # another file system": "a scenario has one file system",
}


def measure() -> Json:
    """The percentage of branches, the missing ones, and the vectors and calls that contribute nothing."""
    sys.path.insert(0, str(ROOT))
    _recorder().start()
    from conformance.vectors import load_vectors

    vectors = load_vectors()
    for vector in vectors:
        _run(vector)
    _recorder().stop()
    missing, percent = _missing(_recorder())
    worth = {vector.id: worth_of(vector) for vector in vectors}
    given = {vector.given for vector in vectors}
    times = Counter(item for items in worth.values() for item in items)
    return {
        "percent": percent,
        "missing": missing,
        "idle": [
            vector.id
            for vector in vectors
            if not is_boundary(vector) and vector.id not in given and all(times[item] > 1 for item in worth[vector.id])
        ],
        "undetected": sorted(wrong.name for wrong in wrong_implementations() if wrong.name not in times),
        "idle_calls": [
            f"{vector.id}: calls.{position}" for vector in vectors for position in _idle_calls(vector, worth[vector.id])
        ],
    }


@cache
def _recorder() -> coverage.Coverage:
    """The one recorder: each start costs as much as many vectors. What it records of one vector has its own context."""
    omitted = [str(ROOT / "reference_impl" / pattern) for pattern in LEFT_OUT]
    recorder = coverage.Coverage(
        data_file=None, branch=True, include=[str(ROOT / "reference_impl" / "*")], omit=omitted, config_file=False
    )
    for pattern in EXCLUDED:
        recorder.exclude(pattern)
    return recorder


def _run(vector: "Vector") -> None:
    from conformance.vectors.predict import answers_of
    from reference_impl.adapter import ReferenceAdapter

    for profile in vector.profiles:
        answers_of(ReferenceAdapter(profile), vector.scenario)


def _missing(recorder: coverage.Coverage) -> tuple[Json, float]:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        percent = recorder.json_report(outfile=str(report))
        files = json.loads(report.read_text(encoding="utf-8"))["files"]
    found = {Path(name).name: [each["missing_lines"], each["missing_branches"]] for name, each in files.items()}
    return {name: lines for name, lines in found.items() if any(lines)}, percent


def _branches(vector: "Vector") -> set[str]:
    """The branches that it takes in the reference, as words."""
    recorder, context = _recorder(), f"vector {next(_CONTEXTS)}"
    recorder.start()
    recorder.switch_context(context)
    _run(vector)
    recorder.stop()
    data = recorder.get_data()
    data.set_query_context(context)
    arcs = ((Path(name).name, arc) for name in data.measured_files() for arc in data.arcs(name) or ())
    return {f"{name}:{start}-{end}" for name, (start, end) in arcs}


@dataclasses.dataclass(frozen=True)
class Wrong:
    """A wrong implementation, at one profile."""

    name: str
    profile: str
    rules: set[str]  # the rules that it breaks; none for a quirk
    create: Callable[[], Any]
    quirk: str | None = None  # that it lacks
    flipped: str | None = None  # the quirk in which it differs from the reference

    def is_concerned_with(self, vector: "Vector") -> bool:
        """Does the vector judge what this implementation breaks?"""
        if self.rules:
            return bool(self.rules & set(vector.requirements))
        return self.quirk == vector.quirk


@cache
def wrong_implementations() -> list[Wrong]:
    """The mutants of the catalogue, and the reference with one quirk added or removed."""
    from conformance.requirements import load_catalogue
    from conformance.requirements.catalogue import applies
    from conformance.requirements.quirks import load_distinguishing_scenarios
    from reference_impl.profiles import Profile
    from reference_impl.profiles import profile as profile_of
    from reference_impl.releases import RECOMMENDED
    from tests.mutants import target_word

    found: dict[str, Wrong] = {}
    for requirement in load_catalogue():
        if requirement.id.startswith("PROC-") or not SAVING.isdisjoint(requirement.needs):  # no vector needs them
            continue
        module, _, attribute = target_word(requirement.mutant).removeprefix("python:").partition(":")
        profile = RECOMMENDED if applies(requirement, RECOMMENDED) else requirement.releases[-1]
        create = getattr(importlib.import_module(module), attribute)
        wrong = found.setdefault(requirement.mutant, Wrong(requirement.mutant, profile, set(), create))
        wrong.rules.add(requirement.id)
    for quirk in (
        distinguishing.quirk
        for distinguishing in load_distinguishing_scenarios().values()
        if SAVING.isdisjoint(distinguishing.needs)
    ):
        for profile, word in ((RECOMMENDED, "with"), (quirk.releases[-1], "without")):
            changed = Profile(profile, profile_of(profile).quirks ^ {quirk.name})
            name, lacks = f"{word} {quirk.name}", quirk.name if word == "without" else None
            found[name] = Wrong(name, profile, set(), partial(_reference, changed), lacks, quirk.name)
    return list(found.values())


def _reference(profile: "Profile") -> Any:
    from reference_impl.adapter import ReferenceAdapter

    adapter = ReferenceAdapter()
    adapter.profile = profile
    return adapter


def _asked_quirks(vector: "Vector", profile: str) -> set[str]:
    """The quirks that the reference asks for. Without any other it answers the same, whether it has it or not."""
    from conformance.vectors.predict import answers_of
    from reference_impl.profiles import Profile
    from reference_impl.profiles import profile as profile_of

    asked: set[str] = set()

    class Listening(Profile):
        def has(self, quirk: str) -> bool:
            asked.add(quirk)
            return super().has(quirk)

    answers_of(_reference(Listening(profile, profile_of(profile).quirks)), vector.scenario)
    return asked


def _detected(vector: "Vector") -> set[str]:
    """The wrong implementations that the vector detects, among those that break one of its rules."""
    from conformance.vectors.predict import answers_of

    found, calls = set(), vector.scenario.calls
    concerned = [w for w in wrong_implementations() if w.is_concerned_with(vector) and w.profile in vector.profiles]
    asked = {profile: _asked_quirks(vector, profile) for profile in {w.profile for w in concerned if w.flipped}}
    for wrong in concerned:
        if wrong.flipped is None or wrong.flipped in asked[wrong.profile]:
            answers = answers_of(wrong.create(), vector.scenario)
            if not all(call.accepts(answer) for call, answer in zip(calls, answers, strict=True)):
                found.add(wrong.name)
    return found


def _idle_calls(vector: "Vector", worth: set[str]) -> Iterator[int]:
    """Calls without which all other answers stay the same and the vector contributes as much.

    Never the first or last call, a judged call of a boundary, or a call of a vector with `given`.
    """
    from conformance.vectors.predict import drift

    scenario = vector.scenario
    for position in range(1, len(scenario.calls) - 1):
        is_judged = {"expect", "refusal"} & set(scenario.calls[position].to_json())
        if vector.given is not None or (is_boundary(vector) and is_judged):
            continue
        shorter = without(vector, position)
        if not any(drift(shorter)) and worth <= worth_of(shorter):
            yield position


def without(vector: "Vector", position: int) -> "Vector":
    calls = [call for number, call in enumerate(vector.document["calls"]) if number != position]
    return dataclasses.replace(vector, document={**vector.document, "calls": calls})


def is_boundary(vector: "Vector") -> bool:
    return str(vector.document["why"]).startswith("Boundary:")


def worth_of(vector: "Vector") -> set[str]:
    """What the vector contributes: the branches that it covers and the wrong implementations that it detects."""
    return _branches(vector) | _detected(vector)


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
