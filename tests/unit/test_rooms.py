"""The rooms of the project and the only doors between them."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command import CHECKOUT

# What the modules of each room may import of the project, beside their own room. `conformance` by itself is its
# version, which every room of the kit may have.
DOORS: dict[str, set[str]] = {
    "conformance": set(),
    "conformance.json_type": set(),
    "conformance.__main__": {"conformance.cli"},
    "conformance.fixtures": set(),
    "conformance.wire": set(),
    "conformance.requirements": {
        "reference_impl.profiles",
        "reference_impl.releases",
        "conformance.wire",
        "conformance.fixtures",
    },
    "conformance.targets": {"reference_impl.profiles", "reference_impl.releases", "conformance.wire"},
    "conformance.vectors": {
        "conformance.fixtures",
        "conformance.requirements",
        "conformance.wire",
        "reference_impl.adapter",
        "reference_impl.profiles",
        "reference_impl.releases",
    },
    "conformance.processes": {"conformance.targets", "conformance.wire"},
    "conformance.reports": {
        "conformance.processes.record",
        "conformance.processes.spread",
        "conformance.requirements",
        "conformance.targets.pids",
        "conformance.wire",
    },
    "conformance.cases": {
        "conformance.fixtures",
        "conformance.processes",
        "conformance.reports.events",
        "conformance.requirements",
        "conformance.search.configs",  # what was generated, whole, for the corpus
        "conformance.search.sessions",
        "conformance.search.source",
        "conformance.targets",
        "conformance.vectors",
        "conformance.wire",
    },
    "conformance.search": {
        "conformance.fixtures",
        "conformance.requirements",
        "conformance.targets",
        "conformance.vectors",
        "conformance.wire",
        "reference_impl",  # what a release would answer, and why
    },
    "conformance.cli": {
        "conformance.cases",
        "conformance.fixtures",
        "conformance.processes",
        "conformance.reports",
        "conformance.requirements",
        "conformance.search",
        "conformance.targets",
        "conformance.vectors",
        "conformance.wire",
        "reference_impl.config",  # `config explain` says what the reference would load
        "reference_impl.profiles",
        "reference_impl.releases",
    },
    "reference_impl": set(),
    "reference_impl.adapter": {"reference_impl", "conformance", "conformance.wire"},
    "reference_impl.__main__": {"reference_impl", "conformance", "conformance.wire"},
}
OURS = ("conformance", "reference_impl", "tests")
MODULES = sorted(path for package in ("conformance", "reference_impl") for path in (CHECKOUT / package).rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_a_module_imports_through_the_doors_of_its_room_only(path: Path) -> None:
    module = name_of(path)
    room = room_of(module)
    assert room is not None, f"{module} lies in no room; give it one in DOORS"
    allowed = (
        DOORS[room] | {room, "conformance.json_type"} | ({"conformance"} if module.startswith("conformance") else set())
    )
    wrong = {line: target for line, target in imports(path) if not any(within(target, door) for door in allowed)}
    assert not wrong, f"{module} ({room}) must not import {wrong} (line: module); its doors: {sorted(DOORS[room])}"


def name_of(path: Path) -> str:
    parts = path.relative_to(CHECKOUT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str | None:
    """The narrowest one."""
    return max((room for room in DOORS if within(module, room)), key=len, default=None)


def within(module: str, room: str) -> bool:
    return module == room or (room != "conformance" and module.startswith(room + "."))


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and module of each import of ours, also of those in functions; relative ones are read as absolute."""
    package = path.relative_to(CHECKOUT).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = [*package[: len(package) - node.level + 1]] if node.level else []
            origin = ".".join([*base, *([node.module] if node.module else [])])
            names = [whole if exists(whole := f"{origin}.{alias.name}") else origin for alias in node.names]
        else:
            continue
        yield from ((node.lineno, name) for name in names if name.partition(".")[0] in OURS)


def exists(module: str) -> bool:
    path = CHECKOUT.joinpath(*module.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()
