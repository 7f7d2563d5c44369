"""Puts all mutants of a checkout into one copy of it, with Stryker's instrumenter. A variable selects the mutant."""

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from conformance.json_type import Json
from conformance.targets.checkout.locate import locate
from conformance.targets.checkout.mapping import read_mapping
from conformance.targets.errors import AdapterFault, UsageFault
from conformance.targets.installing import install_packages, make_once
from conformance.targets.tools import cache_folder, node_path, run_tool

INSTRUMENTER = "@stryker-mutator/instrumenter"
SPEC = f"{INSTRUMENTER}@~9.6.1"
VARIABLE = "__STRYKER_ACTIVE_MUTANT__"
PROGRAM = Path(__file__).with_name("instrument.mjs")
BOUND_S = 120.0
BESIDE = {"selection": ("storage",), "config": ("schema",)}  # modules that the adapter reaches only through others
_LEFT_OUT = shutil.ignore_patterns("node_modules", ".git")


@dataclass(frozen=True)
class Mutant:
    """One mutant. `line` counts from 1. `text` is that line without indentation, `column` the place in it, from 0."""

    id: str
    file: str
    line: int
    mutator: str
    original: str
    replacement: str
    text: str
    column: int

    @property
    def key(self) -> str:
        """A name that stays the same when other lines change."""
        mutation = f"{self.mutator}\0{self.original}\0{self.replacement}\0{self.column}"
        return hashlib.sha256(f"{self.file}\0{self.text}\0{mutation}".encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Instrumented:
    """A copy of a checkout with all mutants, and the mutants."""

    checkout: Path
    mutants: list[Mutant]


def instrument(checkout: Path, only: Sequence[str] = ()) -> Instrumented:
    """The instrumented copy of a checkout, in the cache. An unchanged checkout is not instrumented again.

    `only` are files to mutate, relative to the checkout. Without it: the modules of selection, rotation, storage and
    config. Raises AdapterFault if Node, npm or the instrumenter fails.
    """
    names = list(only) or mutated_files(checkout)
    missing = [name for name in names if not (checkout / name).is_file()]
    if missing:
        raise UsageFault(f"{checkout} has no file {missing[0]}; --file takes paths relative to the checkout")
    read = {name: (checkout / name).read_bytes() for name in names}
    parts = [SPEC, PROGRAM.read_text(encoding="utf-8"), str(checkout), *names]
    digest = hashlib.sha256(b"\0".join([*(part.encode() for part in parts), *read.values()])).hexdigest()[:16]
    place = cache_folder() / "mutation" / digest

    def fill(folder: Path) -> None:
        shutil.copytree(checkout, folder / "checkout", ignore=_LEFT_OUT)
        found = _run_instrumenter(folder / "checkout", names)
        texts = {name: content.decode("utf-8") for name, content in read.items()}
        mutants = [asdict(as_mutant(entry, texts[entry["fileName"]])) for entry in found]
        (folder / "mutants.json").write_text(json.dumps(mutants, indent=0), encoding="utf-8")

    make_once(place, fill)
    mutants = json.loads((place / "mutants.json").read_text(encoding="utf-8"))
    return Instrumented(place / "checkout", [Mutant(**entry) for entry in mutants])


def mutated_files(checkout: Path) -> list[str]:
    """The modules of selection, rotation, storage and config, as far as the kit finds them."""
    found = locate(checkout, read_mapping(checkout, None)[0]).found
    names = [found[part] for part in ("selection", "rotation", "config") if part in found]
    for part, others in BESIDE.items():
        if part in found:
            file = Path(found[part])
            names += [str(path) for name in others if (checkout / (path := file.with_stem(name))).is_file()]
    return sorted(names)


def as_mutant(entry: Json, source: str) -> Mutant:
    """A mutant of the instrumenter's list. Its lines and columns count from 0."""
    start, end = entry["location"]["start"], entry["location"]["end"]
    lines = source.split("\n")
    taken = lines[start["line"] : end["line"] + 1]
    taken[-1] = taken[-1][: end["column"]]
    taken[0] = taken[0][start["column"] :]
    text = lines[start["line"]]
    return Mutant(
        id=entry["id"],
        file=entry["fileName"],
        line=start["line"] + 1,
        mutator=entry["mutatorName"],
        original="\n".join(taken),
        replacement=entry["replacement"],
        text=text.strip(),
        column=start["column"] - (len(text) - len(text.lstrip())),
    )


def _run_instrumenter(checkout: Path, names: Sequence[str]) -> Json:
    packages = install_packages(cache_folder() / "tools" / SPEC.replace("/", "+"), [SPEC], [INSTRUMENTER])
    run = run_tool([node_path(), str(PROGRAM), str(packages), str(checkout), *names], BOUND_S)
    if run.returncode != 0:
        raise AdapterFault(f"Stryker could not instrument {', '.join(names)}:\n{run.stderr.strip()}")
    return json.loads(run.stdout)
