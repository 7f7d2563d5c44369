"""Completes a new vector with the reference's answers, and writes it in canonical form."""

import json
from pathlib import Path

from conformance.json_type import Json
from conformance.requirements import Catalogue, load_catalogue
from conformance.vectors.load import Vector, VectorError, canonical, needs_of, not_applying, read_vector
from conformance.vectors.predict import answers_of
from conformance.wire.answers import Answer, NotSupported, Raised, Refused, Result
from conformance.wire.scenario import Scenario, show_answer
from reference_impl.adapter import ReferenceAdapter
from reference_impl.profiles import BY_NAME
from reference_impl.releases import NEWEST, RECOMMENDED, VERSIONS, versions_between


def write_vectors(folder: Path) -> tuple[list[str], list[str]]:
    """Complete and format all files. Returns the names of the changed files, and the problems.

    A vector without any `expect` and `refusal` gets the answers of the reference at `recommended`, or at the last
    release with its quirk. A vector without a range gets the releases at which the reference gives these answers.
    """
    changed, problems, catalogue = [], [], load_catalogue()
    for path in sorted(folder.glob("*/*.json")):
        before = path.read_text(encoding="utf-8")
        try:
            after = canonical(complete(path, json.loads(before), catalogue))
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            problems.append(f"{path.parent.name}/{path.name}: cannot be completed: {error!r}")
            after = before  # not a vector; `read_vector` reports what is wrong
        if after != before:
            path.write_text(after, encoding="utf-8")
            changed.append(f"{path.parent.name}/{path.name}")
        try:
            read_vector(path, catalogue)
        except VectorError as error:
            problems.append(str(error))
    return changed, problems


def complete(path: Path, document: Json, catalogue: Catalogue) -> Json:
    """The document with expectations, profiles and needs."""
    document = dict(document)
    profile = RECOMMENDED if "quirk" not in document else BY_NAME[document["quirk"]].releases[-1]
    is_new = not {"since", "until", "recommended"} & set(document)
    if not any({"expect", "refusal"} & set(call) for call in document["calls"]):
        document["calls"] = _expecting(_scenario(document), document["calls"], profile)
    scenario = _scenario(document)
    if is_new:
        document |= _range(scenario, document, catalogue)
    return document | {"needs": needs_of(Vector(path, document))}


def _scenario(document: Json) -> Scenario:
    return Scenario.from_json({key: document[key] for key in ("files", "calls") if key in document})


def _range(scenario: Scenario, document: Json, catalogue: Catalogue) -> dict[str, Json]:
    """The releases at which the reference answers as expected. Raises ValueError if they have a gap."""
    if "quirk" in document:
        named = list(BY_NAME[document["quirk"]].releases)
    else:
        named = [name for name in (*VERSIONS, RECOMMENDED) if not not_applying(document, name, catalogue)]
    held = [name for name in named if _holds(scenario, name)]
    releases = tuple(name for name in held if name != RECOMMENDED)
    found: dict[str, Json] = {} if RECOMMENDED in held else {"recommended": False}
    if not releases:
        return found
    if releases != versions_between(releases[0], releases[-1]):
        raise ValueError(f"it holds for {', '.join(releases)}, with a gap between them; split it into two vectors")
    return {"since": releases[0]} | ({} if releases[-1] == NEWEST else {"until": releases[-1]}) | found


def _holds(scenario: Scenario, profile: str) -> bool:
    answers = answers_of(ReferenceAdapter(profile), scenario)
    return all(call.accepts(answer) for call, answer in zip(scenario.calls, answers, strict=True))


def _expecting(scenario: Scenario, calls: list[Json], profile: str) -> list[Json]:
    answers = answers_of(ReferenceAdapter(profile), scenario)
    return [call | _expectation(call, answer) for call, answer in zip(calls, answers, strict=True)]


def _expectation(call: Json, answer: Answer) -> dict[str, Json]:
    """The expectation for a call. None for calls such as marking a limit: the next selection shows their effect."""
    if isinstance(answer, NotSupported | Raised):
        raise ValueError(
            f"the reference answers {call['method']} with {show_answer(answer)}; a vector cannot expect it"
        )
    if isinstance(answer, Refused):
        return {"refusal": answer.kind}
    assert isinstance(answer, Result)
    is_state = call["method"] in ("advance", "snapshot") or (call["method"] == "open" and "home" not in call["params"])
    is_done = answer.value is None and call["method"] != "select"
    return {} if is_state or is_done else {"expect": answer.value}
