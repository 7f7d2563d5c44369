"""Creates folders of the cache, each atomically and only once, even if several runs need it at the same time."""

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
FILES = "files.json"  # in a created folder: the list of its files

# npm uses the user's settings, except those that would make it install elsewhere, only in part or not at all.
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
    """npm did not install the packages. The message quotes npm."""

    def __init__(self, asked: str, run: subprocess.CompletedProcess[str]) -> None:
        super().__init__(
            f"npm could not install {asked} (exit code {run.returncode}): {npm_errors(run)}\n"
            f"Check the network and npm's settings; `npm install {asked}` in an empty folder shows the full output"
        )
        self.words = {word.rstrip(".") for word in re.findall(r"[\w@/.^~+-]+", run.stderr + run.stdout)}

    def is_unknown(self, package: str) -> bool:
        """Whether npm reports that this package or version does not exist.

        npm uses the same error codes for dependencies, so the message must also name the package.
        """
        return package in self.words and bool(self.words & {"ETARGET", "E404"})


def install_packages(place: Path, specs: Sequence[str], names: Sequence[str]) -> Path:
    """Return `place` with these packages in its node_modules. A complete folder is not installed again.

    `specs` are the arguments of `npm install`; `names` are the packages that must be installed afterwards.
    Raises NpmFailedError, and AdapterFault if Node or npm is missing or the cache is not writable.
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
        node_path()  # npm needs Node
        npm = tool_path("npm")
        make_once(place, fill)
    return place


def make_once(place: Path, fill: Callable[[Path], None]) -> None:
    """Create the folder `place`: fill a temporary folder beside it, then rename that, so `place` is never incomplete.

    Raises AdapterFault if the cache is not writable, and whatever `fill` raises.
    """
    from filelock import FileLock  # a slow import: it loads asyncio

    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(place.parent / f"{place.name}.lock"):
            if not is_whole(place):  # another run may have created it in the meantime
                _make(place, fill)
    except OSError as error:
        raise AdapterFault(
            f"cannot write {error.filename or place.parent}: {error.strerror}; make the cache folder {place.parent} "
            f"writable, or name another one in {CACHE_VARIABLE}"
        ) from error


def _make(place: Path, fill: Callable[[Path], None]) -> None:
    prefix = f".installing-{place.name}-"
    for leftover in place.parent.glob(f"{prefix}*"):  # from a killed run, whose lock this run holds now
        shutil.rmtree(leftover, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=prefix) as folder:
        made = Path(folder) / "package"
        made.mkdir()
        fill(made)
        (made / FILES).write_text(json.dumps(_sizes(made)), encoding="utf-8")
        if place.exists():  # it is damaged; renaming keeps the time short in which other runs do not find it
            place.rename(Path(folder) / "damaged")
        made.rename(place)


def is_whole(place: Path) -> bool:
    """Whether every file of the folder is still there. Other programs may delete single files of a cache."""
    try:
        listed = json.loads((place / FILES).read_text(encoding="utf-8"))
        return all((place / name).stat().st_size == size for name, size in listed.items())
    except (OSError, ValueError):
        return False


def _sizes(place: Path) -> dict[str, int]:
    """The size of every file. Links to folders are not followed."""
    files = sorted(path for path in place.rglob("*") if path.is_file())
    return {str(path.relative_to(place)): path.stat().st_size for path in files}
