"""Finds the plugin's modules in a checkout."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from conformance.targets.checkout.mapping import Mapping
from conformance.targets.errors import UsageFault

ENDINGS = (".ts", ".mts", ".js", ".mjs", ".cts", ".cjs", ".tsx")
# Each part of the plugin, and its path in the folder of plugin modules.
PARTS = {
    "selection": "accounts",
    "config": "config/loader",
    "rotation": "rotation",
    "storage": "storage",
    "debug": "debug",
}
NEEDED = ("selection", "config")
_SKIPPED = {"node_modules", "coverage", "test", "tests", "__tests__", "fixtures"}
_BUILT = {"dist", "build", "out"}


@dataclass(frozen=True)
class Modules:
    """The file of each part, relative to the checkout. `others` has the candidates of parts that are ambiguous."""

    found: dict[str, str]
    others: dict[str, list[str]]

    @property
    def missing(self) -> list[str]:
        return [part for part in NEEDED if part not in self.found]


def locate(checkout: Path, mapping: Mapping) -> Modules:
    """Find the modules: first those in the mapping, then those at the plugin's usual paths, sources before builds.

    Raises UsageFault if the mapping names a file that does not exist.
    """
    found: dict[str, str] = {}
    others: dict[str, list[str]] = {}
    for part in PARTS:
        module = mapping.module(part)
        if module:
            if not (checkout / module).is_file():
                raise UsageFault(f"plugin.{part}.module names {module!r}, but there is no such file in {checkout}")
            found[part] = module
    files = [] if all(mapping.module(part) is not None for part in PARTS) else sorted(module_files(checkout), key=rank)
    for part, place in PARTS.items():
        if part in found or mapping.module(part) is False:
            continue
        candidates = [file for file in files if re.search(rf"(^|/)plugin/{place}(/index)?\.\w+$", file)]
        beside = [file for file in candidates if _plugin_folder(file) == _plugin_folder(found.get("selection", ""))]
        candidates = beside or ([] if "selection" in found and part != "config" else candidates)
        alike = [file for file in candidates if rank(file)[0] == rank(candidates[0])[0]]
        if len({_plugin_folder(file) for file in alike}) > 1:
            others[part] = alike
        elif alike:
            found[part] = alike[0]
    return Modules(found, others)


def module_files(checkout: Path) -> Iterator[str]:
    """Every file that can be a module, as a POSIX path relative to the checkout."""
    for folder, folders, names in os.walk(checkout):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED and not name.startswith("."))
        for name in names:
            if name.endswith(ENDINGS) and not re.search(r"\.(d|test|spec)\.\w+$", name):
                yield (Path(folder) / name).relative_to(checkout).as_posix()


def rank(file: str) -> tuple[bool, int, str]:
    """Sort key: sources before builds, then by depth and name."""
    return is_built(file), file.count("/"), file


def is_built(file: str) -> bool:
    """Whether the file is in a folder for build output."""
    return bool(_BUILT & set(file.split("/")[:-1]))


def _plugin_folder(file: str) -> str | None:
    before, plugin, _ = file.rpartition("plugin/")
    return before + plugin if plugin else None
