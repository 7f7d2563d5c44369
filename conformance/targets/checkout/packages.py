"""Finds the packages that a checkout imports, and their versions: from lock files, package.json or its own monorepo."""

import json
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from conformance.json_type import Json
from conformance.targets.checkout.locate import ENDINGS

_DECLARED = ("dependencies", "peerDependencies", "optionalDependencies", "devDependencies")
_ELSEWHERE = re.compile(r"(workspace|file|link|portal|patch|git\S*|https?|github|catalog):")


@dataclass(frozen=True)
class Wanted:
    """A package to install: its npm spec, and a note for the report. Without `spec`, it cannot be installed."""

    name: str
    spec: str | None
    note: str = ""
    lock: str = "by range"  # the lock file with its version


class Packages:
    """The packages of one checkout."""

    def __init__(self, checkout: Path) -> None:
        self.checkout = checkout

    def want(self, name: str, importers: list[str]) -> Wanted:
        """The version of a package to install. `importers` are the files that import it, relative to the checkout."""
        declared = next((found for file in importers if (found := self._range(name, file))), None)
        locks = [(lock, read) for lock, read in LOCKS.items() if (self.checkout / lock).is_file()]
        notes = []
        for lock, read in locks:
            text = (self.checkout / lock).read_text(encoding="utf-8", errors="replace")
            version = read(text, name, declared or "")
            if version:
                return Wanted(name, f"{name}@{version}", lock=lock)
            notes.append(lock)
        said = f"{name}: {' and '.join(notes)} has no version for the range in package.json; " if notes else ""
        if declared is None:
            return Wanted(name, None, f"{name} is imported, but no package.json declares it")
        if _ELSEWHERE.match(declared):
            advice = "for a package of a monorepo, give the path of its root"
            return Wanted(name, None, f"{said}{name} is declared as {declared}, which npm cannot install; {advice}")
        return Wanted(name, f"{name}@{declared}", f"{said}the newest of {declared} is taken" if said else "")

    def declared(self, files: Iterable[str]) -> list[str]:
        """The packages that these files may load at run time."""
        folders = {folder for file in files for folder in self._above(file)}
        documents = [_read_json(folder / "package.json") for folder in sorted(folders)]
        kinds = [document.get(kind) for document in documents for kind in _DECLARED if kind != "devDependencies"]
        return sorted({name for kind in kinds if isinstance(kind, dict) for name in kind})

    def source(self, imported: str) -> Path | None:
        """The source file for the import of an unbuilt package of this checkout; None for other packages."""
        name = package_name(imported)
        folder = self._own.get(name)
        if folder is None:
            return None
        document = _read_json(folder / "package.json")
        entry = _entry(document, "." + imported.removeprefix(name))
        for candidate in [_unbuilt(entry)] if entry else ["src/index", "index"]:
            for file in [*(f"{candidate}{ending}" for ending in ENDINGS), *([entry] if entry else [])]:
                if (folder / file).is_file():
                    return folder / file
        return None

    def files(self, importers: list[str]) -> set[Path]:
        """The files with settings and versions: manifests and tsconfig files above the importers, and lock files."""
        above = {folder for file in importers for folder in self._above(file)}
        manifests = {folder / "package.json" for folder in above | set(self._own.values())}
        settings = {path for folder in above for path in folder.glob("tsconfig*.json")}  # which esbuild follows
        return {path for path in manifests | settings | {self.checkout / lock for lock in LOCKS} if path.is_file()}

    @cached_property
    def _own(self) -> dict[str, Path]:
        """The folder of each package in the checkout, by its name."""
        own: dict[str, Path] = {}
        for folder, folders, names in os.walk(self.checkout):
            folders[:] = sorted(name for name in folders if name != "node_modules" and not name.startswith("."))
            if "package.json" in names and (name := _read_json(Path(folder) / "package.json").get("name")):
                own.setdefault(str(name), Path(folder))
        return own

    def _range(self, name: str, file: str) -> str | None:
        for folder in self._above(file):
            document = _read_json(folder / "package.json")
            for kind in _DECLARED:
                declared = document.get(kind)
                if isinstance(declared, dict) and isinstance(declared.get(name), str):
                    return str(declared[name])
        return None

    def _above(self, file: str) -> list[Path]:
        folders = (self.checkout / file).parents
        return [folder for folder in folders if folder.is_relative_to(self.checkout)]


def package_name(imported: str) -> str:
    """The package (`@scope/name` or `name`) of an import specifier."""
    return "/".join(imported.split("/")[: 2 if imported.startswith("@") else 1])


def _read_json(path: Path) -> dict[str, Json]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def _entry(document: dict[str, Json], place: str) -> str | None:
    exports = document.get("exports")
    if isinstance(exports, dict) and place in exports:
        exports = exports[place]
    elif place != ".":
        return None
    while isinstance(exports, dict):
        exports = next((exports[key] for key in ("import", "node", "default", "require") if key in exports), None)
    entry = exports if isinstance(exports, str) else document.get("module") or document.get("main")
    return str(entry).removeprefix("./") if entry else None


def _unbuilt(entry: str) -> str:
    """The source of a built file, without extension: dist/index.js comes from src/index.ts."""
    return re.sub(r"\.\w+$", "", re.sub(r"^(dist|build|lib|out)/(src/)?", "src/", entry))


# Readers of lock files: each returns the locked version of a package that is declared with this range, or None if the
# lock file has another range.


def _from_npm(text: str, name: str, declared: str) -> str | None:
    lock = _parsed(text)
    root = lock.get("packages", {}).get("", {})
    ranges = [kind.get(name) for key in _DECLARED if isinstance(kind := root.get(key), dict)]
    if declared and any(ranges) and declared not in ranges:
        return None  # package.json has changed since
    entry = lock.get("packages", {}).get(f"node_modules/{name}") or lock.get("dependencies", {}).get(name) or {}
    version = entry.get("version")
    return str(version) if version else None


def _from_bun(text: str, name: str, declared: str) -> str | None:
    if declared and not re.search(rf'"{re.escape(name)}": "{re.escape(declared)}"', text):
        return None
    match = re.search(rf'"{re.escape(name)}": \["{re.escape(name)}@([^"]+)"', text)
    return match[1] if match else None


def _from_pnpm(text: str, name: str, declared: str) -> str | None:
    match = re.search(
        rf"^ +'?{re.escape(name)}'?:\n +specifier: '?{re.escape(declared)}'?\n +version: '?(\d[^\s('_]*)", text, re.M
    )
    return match[1] if match else None


def _from_yarn(text: str, name: str, declared: str) -> str | None:
    header = rf'^(?:[^#\s].*, )?"?{re.escape(name)}@(?:npm:)?{re.escape(declared)}[",:].*\n'
    match = re.search(rf'{header} +version:? "?([^"\s]+)', text, re.M)
    return match[1] if match else None


def _parsed(text: str) -> dict[str, Json]:
    try:
        document = json.loads(text)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


LOCKS: dict[str, Callable[[str, str, str], str | None]] = {
    "package-lock.json": _from_npm,
    "npm-shrinkwrap.json": _from_npm,
    "bun.lock": _from_bun,
    "pnpm-lock.yaml": _from_pnpm,
    "yarn.lock": _from_yarn,
}
