"""`fixtures/behaviours.json` is up to date: the same candidates, and the same answers of a sample of them."""

import pytest

from conformance.json_type import Json
from conformance.requirements.behaviours import load_behaviours
from tools.behaviours import FILE, candidates, judged_vectors, measure, render

STORED = {behaviour.name: behaviour for behaviour in load_behaviours()}
SAMPLE = 40  # every so many; `make behaviours` measures all


def test_stored_behaviours_are_those_of_today() -> None:
    heads: dict[str, dict[str, Json]] = {}
    for head, _ in candidates():
        heads.setdefault(head["name"], head)  # a mutant and a quirk may have one name; the mutant is stored
    assert set(STORED) <= set(heads), "run `make behaviours`"
    stale = [name for name, behaviour in STORED.items() if behaviour.text != heads[name]["text"]]
    assert stale == [], "run `make behaviours`"


def test_sampled_behaviours_give_the_stored_answers() -> None:
    vectors = judged_vectors()
    for number, (head, adapter) in enumerate(candidates()):
        if number % SAMPLE == 0 and (stored := STORED.get(head["name"])) is not None and stored.rule == head["rule"]:
            assert measure(head, adapter, vectors) == stored, "run `make behaviours`"


def test_file_has_its_stored_form() -> None:
    if FILE.read_text(encoding="utf-8") != render(list(STORED.values())):
        pytest.fail("the file was edited; run `make behaviours`")
