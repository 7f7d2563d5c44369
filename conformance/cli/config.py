"""`config explain DIRECTORY`: shows the config of a folder, the layer that set each key, and the files.

The only command that reads the user's own files. It writes nothing.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from conformance.advice.findings import Place, findings
from conformance.advice.installed import find_installed
from conformance.json_type import Json
from conformance.reports.describe import wrap
from conformance.targets.errors import UsageFault
from reference_impl.config.files import read_file
from reference_impl.config.keys import keys_of
from reference_impl.config.loader import FILLED_IN, LoadedConfig
from reference_impl.profiles import profile
from reference_impl.releases import RECOMMENDED, VERSIONS

PLATFORMS = ("linux", "darwin", "win32")
HELP = "explain which config is in force in a folder"
DESCRIPTION = """\
Shows the value of each config key in a folder, the layer that set it, and the
files, read or ignored, as a release would. Reads your own config files and
environment, and writes nothing. Also says what has no effect, and why."""
WIDTH = 80
FILLED_IN_SHORT = "default (not in file)"  # fits into the table, one line for each key


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["explain"])
    parser.add_argument("directory", metavar="DIRECTORY", help="Project folder")
    parser.add_argument(
        "--profile",
        choices=[*VERSIONS, RECOMMENDED],
        metavar="RELEASE",
        help="Release to follow (default: the installed one, else recommended, without the defects of any release)",
    )
    parser.add_argument("--platform", choices=PLATFORMS, help="Platform whose folders count (default: this one)")
    parser.add_argument("--json", action="store_true", help="Print JSON")


def main(options: argparse.Namespace, command: Sequence[str]) -> int:
    if command:
        raise UsageFault("config takes no command after --")
    place = Place(project_folder(options.directory), str(user_home()), os.environ, options.platform or sys.platform)
    name, whence = options.profile or "", ""
    if not name:
        installed = find_installed(Path(place.directory), user_home(), os.environ)
        name = installed.release if installed.found_in else RECOMMENDED
        whence = f" ({installed.found_in})" if installed.found_in else ""
    chosen = profile(name)
    loaded = place.load(read_file, chosen)
    told = findings(place, read_file, chosen)
    rows = [(key.path, _value(loaded.config, key.path), loaded.origins.get(key.path)) for key in keys_of(chosen)]
    if options.json:
        print(json.dumps(_document(name, rows, loaded, told), indent=2, ensure_ascii=False))
        return 0
    print(f"profile  {name}{whence}\n")
    for file in loaded.files:
        print(f"{file.layer}  {file.path}")
        print(f"    {'read' if file.ignored is None else f'ignored: {file.ignored}'}")
    print()
    width = max(len(path) for path, _, _ in rows)
    for path, value, origin in rows:
        shown = "(no value)" if origin is None else json.dumps(value, ensure_ascii=False)
        whence = FILLED_IN_SHORT if (origin or "").endswith(FILLED_IN.format("")) else origin or ""
        line = f"{path:{width}}  {shown:14} {whence}".rstrip()
        print(line if len(line) <= WIDTH else f"{path:{width}}  {shown}\n{'':{width}}    {whence}")
    for number, text in enumerate(told):
        print(("" if number else "\n") + wrap(f"{'' if number else 'note':6}{text}", "", 6))
    return 0


def project_folder(directory: str) -> str:
    """The absolute path of a project folder. Raises UsageFault if there is no such folder."""
    if not os.path.isdir(directory):  # False also for a name that is too long
        raise UsageFault(f"there is no folder {directory!r}; expected a project folder, such as .")
    return str(Path(directory).absolute())


def user_home() -> Path:
    """The home folder of the user. Raises UsageFault if there is none."""
    try:
        return Path.home()
    except RuntimeError as error:
        raise UsageFault("your home folder is unknown; set HOME to it") from error


def _value(config: Json, path: str) -> Json:
    for name in path.split("."):
        config = config.get(name) if isinstance(config, dict) else None
    return config


def _document(
    profile_name: str, rows: Sequence[tuple[str, Json, str | None]], loaded: LoadedConfig, told: Sequence[str]
) -> Json:
    return {
        "profile": profile_name,
        "files": [{"layer": file.layer, "path": file.path, "ignored": file.ignored} for file in loaded.files],
        "keys": {path: {"value": value, "from": origin} for path, value, origin in rows if origin is not None},
        "findings": list(told),
    }
