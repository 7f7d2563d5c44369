"""Each stored vector contributes a branch of the reference, a mutant or a boundary."""

import json
import subprocess
import sys

import pytest

from conformance.json_type import Json
from tests.support.command import CHECKOUT

pytestmark = pytest.mark.exhaustive
UNDETECTED = {  # mutants that no vector detects, and why
    "pid-read-before-fork": "vectors cannot call `fork`",
    "with trackers-shared": "no rule says whether sessions share health and tokens",
    "without malformed-pool-fatal": "a failure cannot be expected",
}


@pytest.fixture(scope="module")
def measured() -> Json:
    done = subprocess.run(
        [sys.executable, "-m", "tools.vectors"], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_vectors_take_every_branch_of_the_reference(measured: Json) -> None:
    assert measured["missing"] == {}
    assert measured["percent"] == 100


def test_every_vector_is_needed(measured: Json) -> None:
    assert measured["idle"] == [], "these contribute no branch and no wrong implementation, and are not boundaries"


def test_every_call_is_needed(measured: Json) -> None:
    assert measured["idle_calls"] == []


def test_every_mutant_is_detected_by_a_vector(measured: Json) -> None:
    assert measured["undetected"] == list(UNDETECTED)
