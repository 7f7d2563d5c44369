"""A run imports only the modules, and loads only the vectors, that it needs."""

from pathlib import Path

import pytest

from conformance.cases.engine import CASES, INDEX, VECTORS, _shares, case_name, modules_judging
from conformance.cases.index import collect_cases, render
from conformance.requirements import load_catalogue
from conformance.vectors import VectorError, load_vectors

MODULES = sorted(set(CASES.glob("test_*.py")) - {VECTORS})


def test_index_lists_every_case_of_today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "-v -k nothing")
    assert INDEX.read_text(encoding="utf-8") == render(collect_cases()), "run `make docs`"


def test_run_imports_only_modules_that_judge() -> None:
    assert modules_judging(["PID-008"]) == [CASES / "test_30_pid.py", VECTORS]
    assert modules_judging([entry.id for entry in load_catalogue()]) == [*MODULES, VECTORS]


@pytest.mark.parametrize("section", ["PID", "LAY"])
def test_vectors_of_requirements_and_their_given_load(section: str) -> None:
    every = {vector.id: vector for vector in load_vectors()}
    ids = [entry.id for entry in load_catalogue().choose([section])]
    judging = {vector.id for vector in every.values() if set(vector.requirements) & set(ids)}
    given = {first for id_ in judging if (first := every[id_].given)}
    found = {vector.id for vector in load_vectors(of=ids)}
    assert found == judging | given < set(every)


def test_vector_loads_the_one_it_is_given() -> None:
    (vector, *_) = [vector for vector in load_vectors() if vector.given]
    assert {vector.id, vector.given} <= {found.id for found in load_vectors(of=vector.requirements)}


@pytest.mark.parametrize(
    ("text", "message"),
    [("{}", "id: got {}; expected Field required"), ("[]", r"expected a JSON object, got '\[\]'")],
)
def test_vector_without_requirements_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "stk").mkdir()
    (tmp_path / "stk" / "stk-one.json").write_text(text, encoding="utf-8")
    with pytest.raises(VectorError, match=rf"^stk/stk-one\.json: {message}"):
        load_vectors(tmp_path, of=["PID-001"])


def test_parameter_of_a_case_may_contain_slashes() -> None:
    assert case_name("conformance/cases/test_a.py::test_b[c/d.json]") == "test_a.py::test_b[c/d.json]"


def test_races_run_beside_other_processes() -> None:
    """In a pytest of their own, so that a run takes little longer. The vectors are never alone."""
    pid, real, races, vectors = (CASES / f"test_{name}.py" for name in ("30_pid", "70_a", "71_b", VECTORS.stem[5:]))
    assert _shares([pid, real, races, vectors]) == [[real], [races], [pid, vectors]]
    assert _shares([real, races, vectors]) == [[real], [races, vectors]]
    assert _shares([pid, vectors]) == [[pid, vectors]]
    assert _shares([vectors]) == [[vectors]]


def test_many_modules_are_judged_in_two_halves() -> None:
    """The vectors are never alone, and a few modules stay together."""
    first = [CASES / f"test_{number}_a.py" for number in range(10, 16)]
    second = [*(CASES / f"test_{number}_a.py" for number in range(60, 65)), VECTORS]
    assert _shares([*first, *second]) == [first, second]
    assert _shares([*first[1:], *second]) == [[*first[1:], *second]]
    assert _shares([*first, *second[1:]]) == [[*first, *second[1:]]]
    shares = _shares([*MODULES, VECTORS])
    assert sorted(path for share in shares for path in share) == [*MODULES, VECTORS]
