"""A run imports what it judges by, and nothing that is slow and not needed; no verdict is lost by that."""

import ast
import subprocess
import sys

import pytest

from conformance.cases.engine import CASES, VECTORS, modules_judging
from conformance.requirements import load_catalogue
from conformance.vectors import load_vectors

MODULES = sorted(set(CASES.glob("test_*.py")) - {VECTORS})
SLOW = ("asyncio", "filelock", "hypothesis", "jsonschema", "reference_impl.adapter")


def test_every_case_that_judges_a_rule_lies_in_a_module_that_is_run_for_it() -> None:
    for module in MODULES:
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "covers":
                for argument in node.args:
                    assert isinstance(argument, ast.Constant), f"{module.name}:{node.lineno}: name the ids in the text"
                    assert module in modules_judging([str(argument.value)])


def test_a_module_without_a_case_for_what_is_judged_is_not_run() -> None:
    assert modules_judging(["PID-008"]) == [CASES / "test_30_pid.py", VECTORS]
    assert modules_judging([entry.id for entry in load_catalogue()]) == [*MODULES, VECTORS]


@pytest.mark.parametrize("section", ["PID", "LAY"])
def test_of_the_vectors_those_of_the_rules_are_read_and_what_they_are_given(section: str) -> None:
    every = {vector.id: vector for vector in load_vectors()}
    ids = [entry.id for entry in load_catalogue().choose([section])]
    judging = {vector.id for vector in every.values() if set(vector.requirements) & set(ids)}
    given = {first for id_ in judging if (first := every[id_].given)}
    found = {vector.id for vector in load_vectors(of=ids)}
    assert judging | given <= found < set(every)


def test_a_vector_brings_the_one_that_it_is_given() -> None:
    (vector, *_) = [vector for vector in load_vectors() if vector.given]
    assert {vector.id, vector.given} <= {found.id for found in load_vectors(of=vector.requirements)}


def test_what_is_slow_to_import_is_left_until_it_is_needed() -> None:
    script = f"import sys, conformance.cli.run; print([name for name in {SLOW} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
