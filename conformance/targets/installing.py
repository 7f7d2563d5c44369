"""Folders of the cache: each is made once and whole, whoever else wants it at the same moment."""

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from conformance.targets.errors import AdapterFault
from conformance.targets.tools import CACHE_VARIABLE, node_path, npm_errors, run_tool, tool_path

INSTALL_BOUND_S = 300.0
FILES = "files.json"  # in a made folder: what belongs to it

# npm's settings are the user's, but for those by which it would install elsewhere, in part or not at all.
_OPTIONS = [
    "--ignore-scripts",
    "--no-package-lock",
    "--omit=peer",
    "--no-audit",
    "--no-fund",
    "--no-global",
    "--location=project",
    "--no-dry-run",
    "--no-package-lock-only",
    "--no-workspaces",
    "--install-strategy=hoisted",
    "--loglevel=error",
]


class NpmFailedError(AdapterFault):
    """npm did not install what it was asked for; the message says so, with npm's own words."""

    def __init__(self, asked: str, run: subprocess.CompletedProcess[str]) -> None:
        super().__init__(
            f"npm could not install {asked} (exit code {run.returncode}): {npm_errors(run)}\n"
            f"Check the network and npm's settings; `npm install {asked}` in an empty folder shows all of it"
        )
        self.words = {word.rstrip(".") for word in re.findall(r"[\w@/.^~+-]+", run.stderr + run.stdout)}

    def is_unknown(self, package: str) -> bool:
        """Does npm say that there is no such package or version? The same codes stand for what depends on it."""
        return package in self.words and bool(self.words & {"ETARGET", "E404"})


def install_packages(place: Path, specs: Sequence[str], names: Sequence[str]) -> Path:
    """`place`, with these packages below its node_modules. Once it is there, nothing is fetched.

    `specs` are what npm is asked for, `names` the packages that must then be there.
    Raises NpmFailedError, and AdapterFault where Node or npm is missing or the cache cannot be written.
    """

    def fill(folder: Path) -> None:
        (folder / "package.json").write_text(json.dumps({"private": True}), encoding="utf-8")
        asked = " ".join(specs)
        try:
            run = run_tool([npm, "install", *_OPTIONS, *specs], INSTALL_BOUND_S, folder)
        except subprocess.TimeoutExpired as error:
            raise AdapterFault(
                f"npm could not install {asked} within {INSTALL_BOUND_S:g} s; check the network, the proxy "
                "and npm's registry"
            ) from error
        if run.returncode != 0 or not all((folder / "node_modules" / name).is_dir() for name in names):
            raise NpmFailedError(asked, run)

    if not is_whole(place):
        node_path()  # without Node, npm is no help
        npm = tool_path("npm")
        make_once(place, fill)
    return place


def make_once(place: Path, fill: Callable[[Path], None]) -> None:
    """Make the folder `place`, filled beside it and renamed: half of it is never taken for all of it.

    Raises AdapterFault where the cache cannot be written, and what `fill` raises.
    """
    from filelock import FileLock  # slow: it brings asyncio

    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(place.parent / f"{place.name}.lock"):
            if not is_whole(place):  # another run may have made it while we waited
                _make(place, fill)
    except OSError as error:
        raise AdapterFault(
            f"cannot write {error.filename or place.parent}: {error.strerror}; make the cache folder {place.parent} "
            f"writable, or name another one in {CACHE_VARIABLE}"
        ) from error


def _make(place: Path, fill: Callable[[Path], None]) -> None:
    prefix = f".installing-{place.name}-"
    for leftover in place.parent.glob(f"{prefix}*"):  # of a run that was killed: we hold its lock now
        shutil.rmtree(leftover, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=prefix) as folder:
        made = Path(folder) / "package"
        made.mkdir()
        fill(made)
        (made / FILES).write_text(json.dumps(_sizes(made)), encoding="utf-8")
        if place.exists():  # it is damaged; moved in one step, so that a run at work misses it as shortly as can be
            place.rename(Path(folder) / "damaged")
        made.rename(place)


def is_whole(place: Path) -> bool:
    """Is there every file that was made? Folders for caches are cleaned by others, and file by file."""
    try:
        listed = json.loads((place / FILES).read_text(encoding="utf-8"))
        return all((place / name).stat().st_size == size for name, size in listed.items())
    except (OSError, ValueError):
        return False


def _sizes(place: Path) -> dict[str, int]:
    """Size of every file; what a link to a folder holds belongs to that folder."""
    files = sorted(path for path in place.rglob("*") if path.is_file())
    return {str(path.relative_to(place)): path.stat().st_size for path in files}
