"""`npm:NAME@VERSION`: a published release, installed once into the cache and started under Node."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import platformdirs
from filelock import FileLock

from conformance.targets.errors import AdapterFault, UsageFault

ADAPTER = Path(__file__).parent / "node" / "adapter.mjs"
CACHE_VARIABLE = "ANTIGRAVITY_CONFORMANCE_CACHE"
OLDEST_NODE = 20
KNOWN = "1.2.8, 1.3.0, 1.4.3, 1.6.0"

_NAME = r"(?:@[a-z0-9][a-z0-9._-]*/)?[a-z0-9][a-z0-9._-]*"
_VERSION = r"[0-9]+\.[0-9]+\.[0-9]+(?:-[0-9A-Za-z.-]+)?"


def parse(word: str) -> tuple[str, str]:
    """Name and version in `npm:NAME@VERSION`. Raises UsageFault unless the version is exact."""
    match = re.fullmatch(rf"npm:({_NAME})@({_VERSION})", word)
    if match is None:
        raise UsageFault(
            f"{word!r} names no release; expected npm:NAME@VERSION with an exact version, such as "
            f"npm:opencode-antigravity-auth@1.3.0 (judged often: {KNOWN})"
        )
    return match[1], match[2]


def cache_folder() -> Path:
    """Where installed releases are kept: the one place beside temporary folders that the kit writes to."""
    named = os.environ.get(CACHE_VARIABLE)
    return Path(named) if named else platformdirs.user_cache_path("antigravity-conformance", appauthor=False)


def install(name: str, version: str) -> Path:
    """The folder of the installed package. Once it is there, nothing is fetched.

    Raises UsageFault where there is no such version, AdapterFault where Node or npm is missing or npm fails.
    """
    releases = cache_folder() / "npm"
    installed = releases / f"{name.replace('/', '+')}@{version}"
    package = installed / "node_modules" / name
    if not package.is_dir():
        npm = _tool("npm")
        _make_folder(releases)
        with FileLock(releases / f"{installed.name}.lock"):
            if not package.is_dir():
                _install_into(installed, name, version, npm)
    return package


def command(package: Path) -> list[str]:
    """What starts the adapter on an installed package. Raises AdapterFault where Node is missing or too old."""
    node = _tool("node")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    major = version.removeprefix("v").partition(".")[0]
    if not major.isdigit() or int(major) < OLDEST_NODE:
        raise AdapterFault(f"Node {OLDEST_NODE} or newer is needed, and {node} is {version or 'broken'}; {_HOW}")
    return [node, str(ADAPTER), str(package)]


_HOW = "install Node 20 or newer with npm: on Debian `apt-get install nodejs npm`, on macOS `brew install node`"


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise AdapterFault(f"a published release runs under Node, and there is no `{name}` on the PATH; {_HOW}")
    return found


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AdapterFault(
            f"cannot make the cache folder {folder}: {error.strerror}; name another one in {CACHE_VARIABLE}"
        ) from error


def _install_into(installed: Path, name: str, version: str, npm: str) -> None:
    """Install beside the final place and rename, so that half an installation is never taken for one."""
    with tempfile.TemporaryDirectory(dir=installed.parent, prefix=".installing-") as folder:
        place = Path(folder) / "package"
        place.mkdir()
        (place / "package.json").write_text(json.dumps({"private": True}), encoding="utf-8")
        options = ["--ignore-scripts", "--no-package-lock", "--omit=peer", "--no-audit", "--no-fund"]
        run = subprocess.run(
            [npm, "install", *options, f"{name}@{version}"],
            cwd=place,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode != 0 or not (place / "node_modules" / name).is_dir():
            _raise_failure(name, version, run)
        shutil.rmtree(installed, ignore_errors=True)
        place.rename(installed)


def _raise_failure(name: str, version: str, run: subprocess.CompletedProcess[str]) -> None:
    said = run.stderr + run.stdout
    if any(code in said for code in ("ETARGET", "E404", "No matching version")):
        raise UsageFault(f"npm knows no {name}@{version}; see `npm view {name} versions` (judged often: {KNOWN})")
    tail = "\n".join(f"  {line}" for line in said.strip().splitlines()[-8:])
    raise AdapterFault(f"npm could not install {name}@{version} (exit code {run.returncode}); it said\n{tail}")
