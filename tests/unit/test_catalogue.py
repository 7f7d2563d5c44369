"""The catalogue: errors name their place, and requirements, cases and mutants refer to each other."""

import importlib
import inspect
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

import tests.mutants
from conformance.cases.index import collect_cases
from conformance.requirements import CatalogueError, load_catalogue
from conformance.requirements.catalogue import FOLDER, applies
from reference_impl.releases import RECOMMENDED
from tests.mutants import class_name
from tests.support.factories import catalogue, requirement

CATALOGUE = load_catalogue()
WRONG = sorted(Path(inspect.getfile(tests.mutants)).parent.glob("[a-z]*.py"))


def edited(folder: Path, old: str, new: str) -> Path:
    """A copy of the shipped catalogue, with the first such text in the section STK replaced."""
    copy = shutil.copytree(FOLDER, folder / "requirements", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    file = copy / "20_sticky.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return copy


def test_the_shipped_catalogue_loads_and_is_in_order() -> None:
    assert len(CATALOGUE) > 60
    for section in CATALOGUE.sections:
        ids = [entry.id for entry in section.requirement]
        assert ids == [f"{section.prefix}-{number:03}" for number in range(1, len(ids) + 1)]


@pytest.mark.parametrize(
    ("old", "new", "places"),
    [
        ('id = "STK-002"', 'id = "STK-001"', ["STK-001", "used twice", "Sticky strategy"]),
        ('id = "STK-001"', 'id = "PID-001"', ["PID-001", "'Sticky strategy' has the prefix STK"]),
        ('id = "STK-001"', 'id = "stk-1"', ["20_sticky.toml", "requirement.0.id", "'stk-1'"]),
        ('since = "1.2.8"', 'since = "1.2.9"', ["STK-001", "unknown release '1.2.9'; known: 1.2.8, 1.3.0"]),
        ("since = ", 'until = "1.2.8"\nsince = "1.3.0"  # ', ["STK-001", "the range 1.3.0 to 1.2.8 ends before"]),
        ('needs = ["sticky"', 'needs = ["stickiness"', ["STK-001", "unknown capability 'stickiness'; known: sticky,"]),
        ('level = "MUST"\n', "", ["20_sticky.toml", "requirement.0.level", "Field required"]),
        ('level = "MUST"', 'level = "must"', ["20_sticky.toml", "requirement.0.level", "'must'"]),
        ("source = ", "sources = ", ["20_sticky.toml", "requirement.0.source"]),
        (
            'level = "MUST"',
            'level = "MUST"\nlevle = "MUST"',
            ["20_sticky.toml", "requirement.0.levle", "not permitted"],
        ),
        ("about = ", "abuot = ", ["20_sticky.toml", "about"]),
        ("[[requirement]]", "[[requirement]", ["20_sticky.toml", "not TOML", "line 5"]),
        ("mutant_text", 'superseded_by = "STK-999"\nmutant_text', ["STK-001", "STK-999, which does not exist"]),
    ],
)
def test_wrong_entry_is_refused_with_its_place(tmp_path: Path, old: str, new: str, places: list[str]) -> None:
    with pytest.raises(CatalogueError) as caught:
        load_catalogue(edited(tmp_path, old, new))
    for place in places:
        assert place in str(caught.value)


def test_non_utf_8_file_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "10_odd.toml").write_bytes(b'prefix = "\xff"')
    with pytest.raises(CatalogueError, match=r"10_odd\.toml: not TOML"):
        load_catalogue(tmp_path)


def test_superseded_rule_is_kept_for_its_releases(tmp_path: Path) -> None:
    loaded = load_catalogue(edited(tmp_path, "mutant_text", 'superseded_by = "STK-002"\nmutant_text'))
    assert loaded.by_id["STK-001"].superseded_by == "STK-002"


def test_profile_decides_which_rules_apply() -> None:
    kept, old = (
        requirement(since="1.2.8", until=None),
        requirement(since="1.2.8", until="1.2.8", superseded_by="ONE-002"),
    )
    assert [applies(kept, profile) for profile in (RECOMMENDED, "1.2.8", "1.6.0")] == [True, True, True]
    assert [applies(old, profile) for profile in (RECOMMENDED, "1.2.8", "1.6.0")] == [False, True, False]


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ([], ["ONE-001", "ONE-002", "TWO-001"]),
        (["TWO-001", "ONE-002"], ["ONE-002", "TWO-001"]),
        (["one"], ["ONE-001", "ONE-002"]),
        (["one-002", "ONE-002"], ["ONE-002"]),
    ],
)
def test_requirements_are_chosen_in_catalogue_order(words: list[str], ids: list[str]) -> None:
    three = catalogue(*(requirement(id_) for id_ in ("ONE-001", "ONE-002", "TWO-001")))
    assert [entry.id for entry in three.choose(words)] == ids
    with pytest.raises(KeyError, match="TEN"):
        three.choose([*words, "ten"])


@pytest.fixture(scope="module")
def covered() -> dict[str, list[str]]:
    """The ids that each case names, by `module::name`."""
    return collect_cases()


def test_every_requirement_has_a_case(covered: dict[str, list[str]]) -> None:
    named = {id_ for ids in covered.values() for id_ in ids}
    assert [id_ for id_ in CATALOGUE.by_id if id_ not in named] == []


def test_every_case_names_requirements_that_exist(covered: dict[str, list[str]]) -> None:
    assert [case for case, ids in covered.items() if not ids] == []
    assert [(case, id_) for case, ids in covered.items() for id_ in ids if id_ not in CATALOGUE.by_id] == []


def test_every_case_is_in_its_sections_module(covered: dict[str, list[str]]) -> None:
    files = [path.stem for path in sorted(FOLDER.glob("*.toml"))]
    modules = {section.prefix: f"test_{file}" for section, file in zip(CATALOGUE.sections, files, strict=True)}
    for case, ids in covered.items():
        if case.startswith("test_8"):
            continue  # properties of whole sessions belong to no section
        module = case.partition("::")[0]
        names = {modules[id_.partition("-")[0]] for id_ in ids}
        assert any(module == name or module.startswith(f"{name}_") for name in names), case


def wrong_implementations() -> dict[str, Any]:
    """All targets in tests/mutants, by name: classes, and selectors that a decorator turns into targets."""
    found: dict[str, Any] = {}
    for path in WRONG:
        module = importlib.import_module(f"tests.mutants.{path.stem}")
        names = re.findall(r"^class (\w+)\b", path.read_text(encoding="utf-8"), re.MULTILINE)
        found |= {name: getattr(module, name) for name in names if hasattr(getattr(module, name), "hello")}
    return found


def test_every_named_mutant_exists() -> None:
    written = wrong_implementations()
    assert {entry.id: entry.mutant for entry in CATALOGUE if class_name(entry.mutant) not in written} == {}


def test_every_mutant_is_named_or_a_base() -> None:
    named = {class_name(entry.mutant) for entry in CATALOGUE}
    unnamed = {name: made for name, made in wrong_implementations().items() if name not in named}
    assert [name for name, made in unnamed.items() if not made.__subclasses__()] == []
