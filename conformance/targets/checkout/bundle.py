"""Bundles the modules of a checkout into one file with esbuild. Runs none of its code and writes nothing into it."""

import hashlib
import json
import os
import re
import subprocess
from collections.abc import Iterable
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, field
from pathlib import Path

from conformance.json_type import Json
from conformance.targets.checkout.packages import Packages, Wanted, package_name
from conformance.targets.errors import AdapterFault
from conformance.targets.installing import NpmFailedError, install_packages
from conformance.targets.tools import cache_folder, node_path, run_tool

ESBUILD = "esbuild@~0.28.2"
BUNDLE = "bundle.mjs"
BUNDLE_BOUND_S = 120.0
_ROUNDS = 12  # of bundling; each round resolves at least one more import
_STUBS = Path(__file__).parents[1] / "node" / "stubs"
_KINDS = ("import-statement", "require-call", "dynamic-import")  # in esbuild's metafile
_NAMED = "named"  # in a string, as in `require.resolve`, `createRequire` and computed imports
_CAUGHT = {"dynamic-import", _NAMED}  # a checkout can catch the error if such a package is missing
_TEXTS = (".md", ".txt", ".html", ".css", ".sh")
_OPTIONS = [
    "--bundle",
    "--format=esm",
    "--platform=node",
    "--target=node20",
    "--packages=external",
    "--sourcemap",
    "--sources-content=false",
    "--charset=utf8",
    "--log-level=error",
    "--color=false",
    '--banner:js=import { createRequire as $createRequire } from "node:module";const require = '
    "$createRequire(import.meta.url);",
    *(f"--loader:{ending}=text" for ending in _TEXTS),
]


@dataclass
class _Import:
    """An import of the bundle: its kinds, and the files of the checkout that have it."""

    kinds: set[str] = field(default_factory=set)
    files: list[str] = field(default_factory=list)


_Imports = dict[str, _Import]  # by import specifier: `x`, `x/y`, `@scope/x`


@dataclass
class Bundle:
    """A bundle in `folder`, the files that it was built from, and notes for the report."""

    folder: Path
    inputs: dict[Path, str]  # with the digest of their content
    dependencies: Path | None  # the installed packages that it imports
    notes: list[str] = field(default_factory=list)


def build_bundle(checkout: Path, modules: Dictionary[str, str], folder: Path) -> Bundle:
    """Bundle the modules (part to file) into `folder`/bundle.mjs, and install the packages that they import.

    Raises AdapterFault, which quotes esbuild or npm, if one of them fails.
    """
    node = node_path()
    esbuild = install_packages(cache_folder() / "tools" / ESBUILD, [ESBUILD], ["esbuild"])
    builtin = set(json.loads(run_tool([node, "-p", "JSON.stringify(require('module').builtinModules)"], 60).stdout))
    packages = Packages(checkout)
    stubs = dict.fromkeys(("process", "node:process"), _STUBS / "process.cjs")
    entry = "".join(f"export * as {part} from {json.dumps('./' + file)};\n" for part, file in modules.items())
    notes: list[str] = []
    left_out: set[str] = set()  # packages that cannot be installed and that no module needs at import
    inputs: dict[Path, str] = {}
    for _ in range(_ROUNDS):
        earlier = inputs
        meta = _run_esbuild(node, esbuild, checkout, entry, folder, stubs)
        inputs = _inputs(meta, checkout, packages)
        known = {**stubs, **dict.fromkeys(left_out)}
        found = _named(folder, packages, inputs) | _imported(meta, builtin)
        imported = {name: each for name, each in found.items() if name not in known}
        sources = {name: source for name in imported if (source := packages.source(name))}
        stubs |= sources
        if sources:
            continue
        wanted = _wanted(imported, packages)
        absent = [want for want in wanted if want.spec is None]
        if not absent:
            try:
                installed = _install(wanted)
                if inputs == earlier:  # no file changed during the bundling
                    break
                continue
            except NpmFailedError as error:
                absent = [want for want in wanted if error.is_unknown(want.spec or "")]
                if not absent:
                    raise
                notes += [f"{want.name}: npm has no {want.spec}" for want in absent]
        notes += [want.note for want in absent if want.note]
        for want in absent:
            names = {name: each.kinds for name, each in imported.items() if package_name(name) == want.name}
            left_out |= {name for name, kinds in names.items() if kinds <= _CAUGHT}
            stubs |= _absent(want.name, [name for name in names if name not in left_out], folder)
    else:
        raise AdapterFault(f"{checkout} changed while it was bundled; run again when no program writes into it")
    notes += [f"{' '.join(want.spec for want in same if want.spec)} ({lock})" for lock, same in _by_lock(wanted)]
    notes += [want.note for want in wanted if want.note]
    _name_sources(checkout, folder)
    return Bundle(folder, inputs, installed, notes)


def _run_esbuild(
    node: str, esbuild: Path, checkout: Path, entry: str, folder: Path, stubs: Dictionary[str, Path]
) -> Json:
    """Run esbuild and return its metafile, with paths relative to the checkout."""
    program = esbuild / "node_modules" / "esbuild" / "bin" / "esbuild"
    meta = folder / "meta.json"
    names = [f"--alias:{name}={path}" for name, path in stubs.items()]
    argv = [node, str(program), *_OPTIONS, *names, f"--outfile={folder / BUNDLE}", f"--metafile={meta}"]
    try:
        run = run_tool([*argv, "--sourcefile=antigravity-conformance"], BUNDLE_BOUND_S, checkout, entry)
    except subprocess.TimeoutExpired as error:
        raise AdapterFault(f"esbuild could not bundle {checkout} within {BUNDLE_BOUND_S:g} s") from error
    if run.returncode != 0:
        raise AdapterFault(
            f"esbuild could not bundle {checkout}:\n{run.stderr.strip()}\n"
            "Fix these errors; the modules must build without running any script of the checkout"
        )
    document = json.loads(meta.read_text(encoding="utf-8"))
    meta.unlink()
    return document


def _inputs(meta: Json, checkout: Path, packages: Packages) -> dict[Path, str]:
    """Every file of the checkout that the bundle depends on, by the digest of its content."""
    files = {path for name in meta["inputs"] if (path := (checkout / name).resolve()).is_relative_to(checkout)}
    files |= packages.files([str(path.relative_to(checkout)) for path in files])
    return {path: digest_of(path) for path in files}


def digest_of(file: Path) -> str:
    """The digest of the content of a file."""
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return "unreadable"


def _imported(meta: Json, builtin: set[str]) -> _Imports:
    """The imports of packages that are left in the bundle. esbuild drops imports of types."""
    left = {
        found["path"] for written in meta["outputs"].values() for found in written["imports"] if found.get("external")
    }
    imported: _Imports = {}
    for file, read in meta["inputs"].items():
        for found in read["imports"]:
            name = found["path"]
            is_package = name in left and not name.startswith("node:") and name not in builtin
            if is_package and found["kind"] in _KINDS:
                each = imported.setdefault(name, _Import())
                each.kinds.add(found["kind"])
                each.files.append(file)
    return imported


def _named(folder: Path, packages: Packages, inputs: Iterable[Path]) -> _Imports:
    """The declared packages whose name is a string in the bundle. esbuild does not report how strings are used."""
    text = (folder / BUNDLE).read_text(encoding="utf-8")
    files = [str(path.relative_to(packages.checkout)) for path in inputs]
    return {
        name: _Import({_NAMED}, files)
        for name in packages.declared(files)
        if re.search(rf"""[(=:]\s*["'`]{re.escape(name)}(/[\w./@-]*)?["'`]""", text)
    }


def _wanted(imported: _Imports, packages: Packages) -> list[Wanted]:
    by_name: dict[str, list[str]] = {}
    for name, found in imported.items():
        by_name.setdefault(package_name(name), []).extend(found.files)
    return [
        Wanted(name, None, f"{name} is a module of Bun and not of Node") if name.partition(":")[0] == "bun" else
        packages.want(name, files)
        for name, files in sorted(by_name.items())
    ]  # fmt: skip


def _by_lock(wanted: list[Wanted]) -> list[tuple[str, list[Wanted]]]:
    locks = dict.fromkeys(want.lock for want in wanted)
    return [(lock, [want for want in wanted if want.lock == lock]) for lock in locks]


def _install(wanted: list[Wanted]) -> Path | None:
    specs = [want.spec for want in wanted if want.spec]
    if not specs:
        return None
    place = cache_folder() / "packages" / "+".join(spec.replace("/", "+") for spec in specs)
    return install_packages(place, specs, [want.name for want in wanted])


def _absent(name: str, imports: list[str], folder: Path) -> dict[str, Path]:
    file = folder / f"absent-{name.replace('/', '+').replace(':', '+')}.cjs"
    file.write_text((_STUBS / "absent.cjs").read_text(encoding="utf-8").replace("NAME", name), encoding="utf-8")
    return dict.fromkeys(imports, file)


def _name_sources(checkout: Path, folder: Path) -> None:
    """Make the sources in the source map relative to the checkout, because the adapter shows them in errors."""
    path = folder / f"{BUNDLE}.map"
    document = json.loads(path.read_text(encoding="utf-8"))
    document["sources"] = [os.path.relpath(folder / source, checkout) for source in document["sources"]]
    path.write_text(json.dumps(document), encoding="utf-8")
