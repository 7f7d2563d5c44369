"""Turns a checkout into a folder that the adapter can load. An unchanged checkout is not built again."""

import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from conformance.json_type import Json
from conformance.targets.checkout.bundle import BUNDLE, ESBUILD, build_bundle, digest_of
from conformance.targets.checkout.guess import explain_missing
from conformance.targets.checkout.locate import locate
from conformance.targets.checkout.mapping import FILE, Mapping, read_mapping
from conformance.targets.errors import AdapterFault, UsageFault
from conformance.targets.installing import is_whole, make_once
from conformance.targets.npm import command
from conformance.targets.tools import cache_folder

MANIFESTS = ("package.json", ".git")  # at the root of a checkout


@dataclass(frozen=True)
class Prepared:
    """The command that starts the adapter for a checkout, and notes for the report on how it was built."""

    argv: list[str]
    notes: tuple[str, ...]
    checkout: Path


@dataclass(frozen=True)
class _Record:
    """The inputs and results of the last build of a checkout. `files` maps each file to the digest of its content."""

    kit: str
    files: dict[str, str]
    folders: dict[str, list[str]]  # with their file names, because an added file can replace another in a bundle
    place: str
    dependencies: str | None
    notes: list[str]

    def holds(self) -> bool:
        return (
            self.kit == _digest_of_kit()
            and all(digest_of(Path(file)) == digest for file, digest in self.files.items())
            and all(_names(Path(folder)) == names for folder, names in self.folders.items())
            and is_whole(Path(self.place))
            and (self.dependencies is None or is_whole(Path(self.dependencies)))
        )


def prepare(path: str, mapping_file: Path | None = None) -> Prepared:
    """Build the bundle of a checkout, unless its inputs are unchanged since the last build.

    Raises UsageFault if the path or the mapping is wrong, AdapterFault if selection or config is not found or the
    bundle cannot be built.
    """
    checkout = Path(path).resolve()
    if not path or not checkout.is_dir():
        raise UsageFault(f"plugin:{path}: there is no such folder; expected a checkout of the plugin or a fork")
    above: tuple[str, ...] = ()
    if mapping_file is None and (root := _root_above(checkout)) is not None:
        above = (f"{path} is a part of the checkout {root}, which is judged as a whole",)
        path, checkout = str(root), root
    mapping, read = read_mapping(checkout, mapping_file)
    of = hashlib.sha256(f"{checkout}\0{read.resolve() if read else ''}".encode()).hexdigest()[:16]
    record_file = cache_folder() / "checkouts" / f"{of}.json"
    record = _read_record(record_file)
    if record is None or not record.holds():
        record = _build(path, checkout, mapping, read)
        _write_record(record_file, record)
    return Prepared(command(Path(record.place)), (*above, *record.notes), checkout)


def _root_above(folder: Path) -> Path | None:
    """The checkout that a folder without a manifest is a part of. The search ends at the first manifest."""
    if any((folder / name).exists() for name in (*MANIFESTS, FILE)):
        return None
    for parent in folder.parents:
        if any((parent / name).exists() for name in MANIFESTS):
            whole = locate(parent, read_mapping(parent, None)[0])
            return None if whole.missing or locate(folder, read_mapping(folder, None)[0]).found else parent
    return None


def _build(path: str, checkout: Path, mapping: Mapping, mapping_file: Path | None) -> _Record:
    modules = locate(checkout, mapping)
    if modules.missing and (mapping_file is None or not modules.found):
        raise AdapterFault(explain_missing(path, checkout, modules, mapping))
    notes = [f"{part}: {file}" for part, file in modules.found.items()]
    notes += [f"{part}: not found, so not claimed" for part in modules.missing if mapping.module(part) is not False]
    with tempfile.TemporaryDirectory() as folder:
        bundle = build_bundle(checkout, modules.found, Path(folder).resolve())
        document = {**_identity(checkout, modules.found), "mapping": mapping.to_json()}
        text = json.dumps(document, indent=1, sort_keys=True)
        place = _keep(bundle.folder, text, bundle.dependencies)
    files = bundle.inputs | ({mapping_file: digest_of(mapping_file)} if mapping_file else {})
    folders = {file.parent for file in files} | {checkout}
    return _Record(
        _digest_of_kit(),
        {str(file): digest for file, digest in sorted(files.items())},
        {str(folder): _names(folder) for folder in sorted(folders)},
        str(place),
        str(bundle.dependencies) if bundle.dependencies else None,
        [*notes, *bundle.notes],
    )


def _keep(built: Path, text: str, dependencies: Path | None) -> Path:
    """Copy the bundle into the cache. Its name is the digest of its content, so a bundle in use never changes."""
    parts = [(built / BUNDLE).read_bytes(), text.encode(), str(dependencies).encode()]
    place = cache_folder() / "bundles" / hashlib.sha256(b"\0".join(parts)).hexdigest()[:24]

    def fill(folder: Path) -> None:
        for name in (BUNDLE, f"{BUNDLE}.map"):
            shutil.copyfile(built / name, folder / name)
        (folder / "checkout.json").write_text(text, encoding="utf-8")
        if dependencies:
            (folder / "node_modules").symlink_to(dependencies / "node_modules")

    make_once(place, fill)
    return place


def _identity(checkout: Path, modules: dict[str, str]) -> Json:
    """The name and version from the nearest package.json above the modules."""
    for folder in (checkout / next(iter(modules.values()))).parents:
        try:
            document = json.loads((folder / "package.json").read_text(encoding="utf-8"))
            if folder.is_relative_to(checkout) and document.get("name"):
                return {"name": str(document["name"]), "version": str(document.get("version", "unknown"))}
        except (OSError, ValueError, AttributeError):
            continue
    return {"name": checkout.name, "version": "unknown"}


def _digest_of_kit() -> str:
    ours = [*Path(__file__).parent.glob("*.py"), *(Path(__file__).parents[1] / "node").rglob("*.*js*")]
    return hashlib.sha256("".join([ESBUILD, *(digest_of(file) for file in sorted(ours))]).encode()).hexdigest()


def _names(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _read_record(file: Path) -> _Record | None:
    try:
        return _Record(**json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _write_record(file: Path, record: _Record) -> None:
    """Write the record atomically, so that a parallel run reads the old one or the new one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=file.parent, delete=False, encoding="utf-8") as new:
        json.dump(asdict(record), new)
    os.replace(new.name, file)
