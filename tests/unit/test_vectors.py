"""Vectors: errors that the loader reports, drift, and what `vectors write` completes."""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from conformance.json_type import Json
from conformance.requirements import load_catalogue
from conformance.requirements.deviations import shipped_deviations
from conformance.requirements.quirks import load_distinguishing_scenarios
from conformance.vectors import Vector, VectorError, load_vectors, read_vectors
from conformance.vectors.load import canonical
from conformance.vectors.model import build_schema, render_schema, schema_file
from conformance.vectors.predict import drift
from conformance.vectors.write import write_vectors
from reference_impl.adapter import ReferenceAdapter
from reference_impl.profiles import QUIRKS
from reference_impl.releases import OLDEST, RECOMMENDED, VERSIONS
from tests.support.command import Kit
from tests.support.vectors import ANSWERED, DOCUMENT, OPEN, SELECT, store

VECTORS = load_vectors()

# The stored vectors


@pytest.mark.parametrize("vector", VECTORS, ids=[vector.id for vector in VECTORS])
def test_the_reference_answers_as_the_vector_expects(vector: Any) -> None:
    assert list(drift(vector)) == []


def test_schema_is_current_and_every_vector_valid() -> None:
    assert schema_file().read_text(encoding="utf-8") == render_schema(), "run `make vectors`"
    validator = jsonschema.Draft202012Validator(build_schema())
    assert {vector.id: error.message for vector in VECTORS for error in validator.iter_errors(vector.document)} == {}


@pytest.mark.parametrize(
    "changed",
    [{"colour": "red"}, {"since": "1.2.9"}, {"calls": []}, {"calls": [OPEN] * 13}, {"calls": [{"method": "x"}]}],
)
def test_schema_refuses_invalid_vectors(changed: Json) -> None:
    validator = jsonschema.Draft202012Validator(build_schema())
    assert validator.is_valid(DOCUMENT)
    assert not validator.is_valid(DOCUMENT | changed)


@pytest.mark.parametrize("release", VERSIONS)
def test_failing_vector_of_a_release_has_a_deviation(release: str) -> None:
    catalogue, able = load_catalogue(), set(ReferenceAdapter(release).hello(1)["capabilities"])
    broken = {deviation.requirement for deviation in shipped_deviations(release, catalogue)}
    for vector in VECTORS:
        if release not in vector.profiles and vector.shows_a_rule and able >= set(vector.document["needs"]):
            rules = {id_ for id_ in vector.requirements if release in catalogue.by_id[id_].releases}
            assert rules <= broken, (
                f"{release} fails the vector {vector.id}; write the deviation from {', '.join(sorted(rules - broken))} "
                "in fixtures/deviations.json, or correct the range of the vector"
            )


def pools_of(vector: Vector) -> Iterator[Json]:
    """The pools that the vector opens, and its files that are JSON."""
    yield from (call["params"].get("pool") for call in vector.document["calls"])
    for content in vector.document.get("files", {}).values():
        with suppress(ValueError, RecursionError):
            yield json.loads(content.get("text", ""))


def test_accounts_have_their_usual_fields() -> None:
    """A port may need the times of an account. No rule is about an entry without them."""
    pools = {vector.id: [pool for pool in pools_of(vector) if isinstance(pool, dict)] for vector in VECTORS}
    bare = {
        id_
        for id_, given in pools.items()
        for pool in given
        for entry in pool.get("accounts") or []
        if isinstance(entry, dict) and entry.get("refreshToken") and not {"addedAt", "lastUsed"} <= entry.keys()
    }
    assert bare == set()


def test_each_why_is_specific() -> None:
    opening = {vector.id: vector.document["why"].partition(":")[0] for vector in VECTORS}
    assert [id_ for id_, words in opening.items() if words.startswith("Tells a port")] == []


def test_quirk_vector_holds_only_with_its_quirk() -> None:
    releases = {quirk.name: set(quirk.releases) for quirk in QUIRKS}
    for vector in VECTORS:
        if vector.quirk is not None:
            assert RECOMMENDED not in vector.profiles, vector.id
            assert set(vector.profiles) <= releases[vector.quirk], vector.id


def test_every_expressible_quirk_has_a_vector() -> None:
    covered = {vector.quirk for vector in VECTORS}
    expected = {
        name for name, distinguishing in load_distinguishing_scenarios().items() if "save" not in distinguishing.needs
    }  # no vector saves
    assert expected - covered == {"malformed-pool-fatal"}  # vectors cannot expect a failure


# The loader


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"colour": "red"}, r"stk/stk-one\.json: colour: got 'red'; expected a key of schema.json"),
        ({"id": "stk-two"}, r"id: got 'stk-two'; expected 'stk-one', the name of the file"),
        ({"id": "Stk"}, r"id: got 'Stk'; expected"),
        ({"requirements": ["STK-999"]}, r"requirements\.0: got 'STK-999'; expected a requirement; see `requirements"),
        ({"requirements": ["PID-001"]}, r"expected the file in the folder pid"),
        ({"since": "1.2.9"}, r"stk-one\.json: since, until: unknown release '1\.2\.9'; known: 1\.2\.8"),
        ({"until": "1.2.8"}, r"since, until: the range 1\.3\.0 to 1\.2\.8 ends before it begins"),
        (
            {"quirk": "offset-counts-from-minus-one"},
            r"recommended: got None; expected false, because recommended has no quirk",
        ),
        ({"quirk": "odd"}, r"quirk: got 'odd'; expected one of index-is-stored-position"),
        ({"needs": ["sticky", "pid"]}, r"needs: got .*; expected \['sticky'\]; run `make vectors`"),
        ({"given": "stk-none"}, r"given: got 'stk-none'; expected a vector whose calls are the first"),
        ({"calls": [OPEN] + [SELECT] * 12}, r"calls: got 13; expected at most 12 calls"),
        ({"calls": [OPEN, ANSWERED | {"refusal": "not_open"}]}, r"calls\.1: .*expected expect or refusal, not both"),
        ({"calls": [OPEN, SELECT | {"refusal": "never"}]}, r"calls\.1\.refusal: got 'never'; expected one of not_open"),
        (
            {"calls": [{"method": "fork", "params": {}}]},
            r"calls\.0\.method: got 'fork'; expected a method of docs/wire",
        ),
        ({"calls": [{"method": "open", "params": {"pol": 1}}]}, r"calls\.0\.params.*see docs/wire\.md"),
        ({"recommended": False}, r"recommended: got False; expected no such key, because recommended follows"),
        ({"files": {"home/x": {"text": "", "folder": True}}}, r"files\.home/x: .*exactly one of text, base64, link"),
    ],
)
def test_wrong_vector_is_refused_with_its_place(tmp_path: Path, changed: Json, message: str) -> None:
    store(tmp_path, DOCUMENT | changed)
    with pytest.raises(VectorError, match=message):
        load_vectors(tmp_path)


def test_profile_without_the_rule_is_refused(tmp_path: Path) -> None:
    document = DOCUMENT | {"id": "soft-one", "requirements": ["SOFT-005"]}
    store(tmp_path, document, "soft/soft-one.json")
    with pytest.raises(VectorError, match=r"since: got '1\.3\.0'; expected releases with SOFT-005"):
        load_vectors(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(DOCUMENT),
        canonical(DOCUMENT).rstrip("\n"),
        canonical(DOCUMENT).replace('"why"', '"title": "Twice", "why"'),
        canonical(DOCUMENT).replace("\n", "\r\n"),
    ],
)
def test_a_vector_that_is_not_canonical_is_refused(tmp_path: Path, text: str) -> None:
    store(tmp_path, text)
    with pytest.raises(VectorError, match=r"stk/stk-one\.json: not in canonical form .*run `make vectors`"):
        load_vectors(tmp_path)


def test_an_id_is_used_once(tmp_path: Path) -> None:
    store(tmp_path, DOCUMENT)
    store(tmp_path, DOCUMENT | {"requirements": ["RR-001"]}, "rr/stk-one.json")
    with pytest.raises(VectorError, match=r"stk/stk-one\.json: id: got 'stk-one'; expected a unique id; rr/stk-one"):
        load_vectors(tmp_path)


def test_invalid_file_does_not_hide_the_others(tmp_path: Path) -> None:
    store(tmp_path, DOCUMENT)
    store(tmp_path, "{", "stk/stk-bad.json")
    vectors, problems = read_vectors(tmp_path)
    assert [vector.id for vector in vectors] == ["stk-one"]
    assert len(problems) == 1
    assert problems[0].startswith("stk/stk-bad.json: expected JSON in UTF-8")


def test_wrong_expectation_is_drift(tmp_path: Path) -> None:
    store(tmp_path, DOCUMENT | {"calls": [OPEN, SELECT | {"expect": None}]})
    (vector,) = load_vectors(tmp_path)
    found = list(drift(vector))
    assert len(found) == 2
    assert (
        'calls.1: select answered {"label": "fig", "index": 0}; expected null, from the reference at 1.3.0' in found[1]
    )


# Commands


def test_write_completes_a_new_vector(tmp_path: Path) -> None:
    new = {key: DOCUMENT[key] for key in ("id", "title", "why", "requirements")} | {"calls": [OPEN, SELECT]}
    path = store(tmp_path, json.dumps(new))
    assert write_vectors(tmp_path) == (["stk/stk-one.json"], [])
    written = json.loads(path.read_text(encoding="utf-8"))
    assert written == {key: value for key, value in DOCUMENT.items() if key != "until"} | {"since": OLDEST}
    assert write_vectors(tmp_path) == ([], [])


def test_write_changes_no_expectation(tmp_path: Path) -> None:
    path = store(tmp_path, DOCUMENT | {"calls": [OPEN, SELECT | {"expect": None}]})
    before = path.read_text(encoding="utf-8")
    write_vectors(tmp_path)
    assert path.read_text(encoding="utf-8") == before


def test_check_reports_every_problem_as_suite_fault(tmp_path: Path, kit: Kit) -> None:
    store(tmp_path, DOCUMENT | {"calls": [OPEN, SELECT | {"expect": None}]})
    store(tmp_path, "{", "stk/stk-bad.json")
    done = kit("vectors", "check", "--folder", str(tmp_path))
    assert done.returncode == 4
    assert "stk-bad.json" in done.stdout
    assert "stk/stk-one.json: calls.1" in done.stdout


@pytest.mark.parametrize("action", ["check", "list", "write"])
def test_folder_without_vectors_is_wrong_usage(tmp_path: Path, kit: Kit, action: str) -> None:
    done = kit("vectors", action, "--folder", str(tmp_path))
    assert done.returncode == 2
    assert "there is no vector in" in done.stderr


def test_list_shows_each_vector(kit: Kit) -> None:
    done = kit("vectors", "list")
    assert done.returncode == 0
    assert all(vector.id in done.stdout for vector in VECTORS)
