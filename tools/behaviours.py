"""`python -m tools.behaviours` asks each mutant, quirk and subtle port the vectors; writes fixtures/behaviours.json.

A run orders failed rules by this file, and names the behaviour that answers as the target does.
"""

import contextlib
import inspect
import io
import json
from collections.abc import Iterator, Sequence
from functools import cache
from unittest import mock

from conformance.fixtures import fixtures_folder
from conformance.generated import json_note
from conformance.json_type import Json
from conformance.requirements import load_catalogue
from conformance.requirements.behaviours import Behaviour, digest
from conformance.requirements.catalogue import applies
from conformance.vectors import Vector, load_vectors
from conformance.wire.answers import Answer, NotSupported, Raised, Refusal, Refused, Result
from conformance.wire.files import ask
from conformance.wire.scenario import show_answer
from reference_impl.adapter import ReferenceAdapter
from reference_impl.profiles import QUIRKS, Profile
from reference_impl.releases import RECOMMENDED
from tests.fakes import subtle
from tests.mutants import factory

CONFIG = ("CFG", "ENV", "PATH", "LAY")  # sections of rules about config
FILE = fixtures_folder() / "behaviours.json"
ANY_PID = 1009  # for vectors that give none; a prime, so that an offset is never 0 in a small pool


def judged_vectors() -> list[Vector]:
    """The vectors of rules that a port without quirks follows."""
    return [vector for vector in load_vectors() if vector.shows_a_rule and RECOMMENDED in vector.profiles]


def _loads_config(vector: Vector) -> bool:
    return any(call.method == "load_config" for call in vector.scenario.calls)


@cache
def current_rules() -> frozenset[str]:
    return frozenset(requirement.id for requirement in load_catalogue() if applies(requirement, RECOMMENDED))


def candidates() -> Iterator[tuple[dict[str, Json], object]]:
    """The head of each entry, and the adapter."""
    for requirement in load_catalogue():
        made = factory(requirement.mutant)()
        head: dict[str, Json] = {"name": requirement.mutant, "kind": "mutant", "rule": requirement.id}
        head["text"] = requirement.mutant_text
        if isinstance(made, ReferenceAdapter) and not requirement.id.startswith(("PROC-", "RACE-")):
            yield head, made
    for quirk in QUIRKS:
        yield (
            {"name": quirk.name, "kind": "quirk", "text": quirk.text, "rule": None},
            ReferenceAdapter(Profile(RECOMMENDED, frozenset({quirk.name}))),
        )
    for name, port in inspect.getmembers(subtle, inspect.isclass):
        if port.__module__ == subtle.__name__:
            words = "".join("-" + letter.lower() if letter.isupper() else letter for letter in name).lstrip("-")
            yield {"name": words, "kind": "port", "text": "", "rule": None}, port()


def measure(head: dict[str, Json], adapter: object, vectors: Sequence[Vector]) -> Behaviour:
    """Ask the adapter the vectors. Mutants of config are asked only vectors that load one, other mutants the rest."""
    of_config = None if head["rule"] is None else head["rule"].partition("-")[0] in CONFIG
    asked = [vector for vector in vectors if of_config is None or _loads_config(vector) is of_config]
    wrong = [found for vector in asked if (found := wrong_answer(adapter, vector)) is not None]
    fails = sorted({id_ for vector, _ in wrong for id_ in vector.requirements if id_ in current_rules()})
    return Behaviour(**head, fails=tuple(fails), answers=" ".join(sorted(answer for _, answer in wrong)))


def wrong_answer(adapter: object, vector: Vector) -> tuple[Vector, str] | None:
    """The first unexpected answer, as a digest."""

    def send(calls: Sequence[tuple[str, dict[str, Json]]]) -> list[Answer]:
        return [_answer(adapter, method, params) for method, params in calls]

    with contextlib.redirect_stderr(io.StringIO()), mock.patch("os.getpid", return_value=ANY_PID):
        answers = ask(vector.scenario, send)
    for position, (call, answer) in enumerate(zip(vector.scenario.calls, answers, strict=True)):
        if not call.accepts(answer):
            return vector, digest(vector.id, position, show_answer(answer))
    return None


def _answer(adapter: object, method: str, params: dict[str, Json]) -> Answer:
    try:
        return Result(json.loads(json.dumps(getattr(adapter, method)(**json.loads(json.dumps(params))))))
    except Refusal as refusal:
        return Refused(refusal.kind, str(refusal))
    except NotImplementedError:
        return NotSupported(method)
    except Exception as error:
        return Raised(str(error))


def render(behaviours: Sequence[Behaviour]) -> str:
    """One entry a line."""
    entries = ",\n".join("  " + json.dumps(each.model_dump(), ensure_ascii=False) for each in behaviours)
    note = json.dumps(json_note("behaviours"))[1:-1]
    return f'{{\n {note},\n "behaviours": [\n{entries}\n ]\n}}\n'


def measure_all() -> list[Behaviour]:
    """Every behaviour that answers a vector unexpectedly, once."""
    vectors = judged_vectors()
    measured = (measure(head, adapter, vectors) for head, adapter in candidates())
    by_name: dict[str, Behaviour] = {}
    for behaviour in measured:
        if behaviour.answers:
            by_name.setdefault(behaviour.name, behaviour)
    return list(by_name.values())


if __name__ == "__main__":
    FILE.write_text(render(measure_all()), encoding="utf-8")
