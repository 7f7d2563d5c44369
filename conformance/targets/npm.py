"""`npm:NAME@VERSION`: a published release, installed once into the cache and started under Node."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import platformdirs
from filelock import FileLock

from conformance.targets.errors import AdapterFault, UsageFault

ADAPTER = Path(__file__).parent / "node" / "adapter.mjs"
CACHE_VARIABLE = "ANTIGRAVITY_CONFORMANCE_CACHE"
OLDEST_NODE = 20
NODE_BOUND_S = 60.0
INSTALL_BOUND_S = 300.0
FILES = "files.json"  # beside an installed package: what belongs to it
KNOWN = "1.2.8, 1.3.0, 1.4.3, 1.6.0"

_NAME = r"(?:@[a-z0-9][a-z0-9._-]*/)?[a-z0-9][a-z0-9._-]*"
_NUMBER = r"(?:0|[1-9][0-9]*)"
_VERSION = rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-[0-9A-Za-z.-]+)?"
_HOW = (
    f"install Node {OLDEST_NODE} or newer with npm: on Debian `apt-get install nodejs npm`, "
    "elsewhere from the Node.js site"
)


def parse(word: str) -> tuple[str, str]:
    """Name and version in `npm:NAME@VERSION`. Raises UsageFault unless the version is exact."""
    match = re.fullmatch(rf"npm:({_NAME})@({_VERSION})", word)
    if match is None:
        raise UsageFault(
            f"{word!r} names no release; expected npm:NAME@VERSION with an exact version, such as "
            f"npm:opencode-antigravity-auth@1.3.0. Known to work: {KNOWN}"
        )
    return match[1], match[2]


def cache_folder() -> Path:
    """Where installed releases are kept: the one place beside temporary folders that the kit writes to."""
    named = os.environ.get(CACHE_VARIABLE)
    return Path(named).absolute() if named else platformdirs.user_cache_path("antigravity-conformance", False)


def install(name: str, version: str) -> Path:
    """The folder of the installed package. Once it is there, nothing is fetched.

    Raises UsageFault where there is no such version, AdapterFault where Node or npm is missing or npm fails.
    """
    releases = cache_folder() / "npm"
    installed = releases / f"{name.replace('/', '+')}@{version}"
    package = installed / "node_modules" / name
    if not _is_whole(installed):
        node_path()  # without Node, npm is no help
        npm = _tool("npm")
        try:
            releases.mkdir(parents=True, exist_ok=True)
            with FileLock(releases / f"{installed.name}.lock"):
                if not _is_whole(installed):  # another run may have installed it while we waited
                    _install_into(installed, name, version, npm)
        except OSError as error:
            raise AdapterFault(
                f"cannot write {error.filename or releases}: {error.strerror}; make the cache folder {releases} "
                f"writable, or name another one in {CACHE_VARIABLE}"
            ) from error
    return package


def command(package: Path) -> list[str]:
    """What starts the adapter on an installed package. Raises AdapterFault where Node is missing or too old."""
    return [node_path(), str(ADAPTER), str(package)]


def node_path() -> str:
    """The Node on the PATH. Raises AdapterFault where it is missing or too old."""
    node = _tool("node")
    try:
        version = _run([node, "--version"], NODE_BOUND_S).stdout.strip()
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AdapterFault(f"`{node} --version` cannot be run ({error}); {_HOW}") from error
    major = version.removeprefix("v").partition(".")[0]
    if not major.isdigit() or int(major) < OLDEST_NODE:
        raise AdapterFault(f"{node} is Node {version or 'unknown'}, too old to run a release; {_HOW}")
    return node


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise AdapterFault(f"a published release runs under Node, and there is no `{name}` on the PATH; {_HOW}")
    return found


def _install_into(installed: Path, name: str, version: str, npm: str) -> None:
    """Install beside the final place and rename, so that half an installation is never taken for one."""
    prefix = f".installing-{installed.name}-"
    for leftover in installed.parent.glob(f"{prefix}*"):  # of a run that was killed: we hold its lock now
        shutil.rmtree(leftover, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=installed.parent, prefix=prefix) as folder:
        place = Path(folder) / "package"
        place.mkdir()
        (place / "package.json").write_text(json.dumps({"private": True}), encoding="utf-8")
        try:
            run = _run([npm, "install", *_OPTIONS, f"{name}@{version}"], INSTALL_BOUND_S, place)
        except subprocess.TimeoutExpired as error:
            raise AdapterFault(
                f"npm could not install {name}@{version} within {INSTALL_BOUND_S:g} s; check the network, the proxy "
                "and npm's registry"
            ) from error
        if run.returncode != 0 or not (place / "node_modules" / name).is_dir():
            _raise_failure(name, version, run)
        (place / FILES).write_text(json.dumps(_sizes(place)), encoding="utf-8")
        if installed.exists():  # it is damaged; moved in one step, so that a run at work misses it as shortly as can be
            installed.rename(Path(folder) / "damaged")
        place.rename(installed)


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
# Its own defaults make it try for many minutes where there is no network.
_PATIENCE = {"npm_config_fetch_retries": "1", "npm_config_fetch_timeout": "60000"}


def _sizes(place: Path) -> dict[str, int]:
    """Size of every installed file."""
    files = sorted(path for path in (place / "node_modules").rglob("*") if path.is_file())
    return {str(path.relative_to(place)): path.stat().st_size for path in files}


def _is_whole(installed: Path) -> bool:
    """Is there every file that was installed? Folders for caches are cleaned by others, and file by file."""
    try:
        listed = json.loads((installed / FILES).read_text(encoding="utf-8"))
        return all((installed / name).stat().st_size == size for name, size in listed.items())
    except (OSError, ValueError):
        return False


def _run(argv: list[str], bound_s: float, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run to the end, or end it with all that it started. Raises TimeoutExpired, OSError where it cannot start."""
    environment = {name: value for name, value in os.environ.items() if name != "NODE_OPTIONS"}
    with subprocess.Popen(
        argv,
        cwd=folder,
        env=_PATIENCE | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as process:
        try:
            said, complained = process.communicate(timeout=bound_s)
        except BaseException:
            with contextlib.suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
    return subprocess.CompletedProcess(argv, process.returncode, said, complained)


def _raise_failure(name: str, version: str, run: subprocess.CompletedProcess[str]) -> None:
    said = run.stderr + run.stdout
    release = f"{name}@{version}"
    words = {word.rstrip(".") for word in re.findall(r"[\w@/.+-]+", said)}
    # The same codes stand for a dependency that is not found, which is no fault of the target word.
    if release in words and words & {"ETARGET", "E404"}:
        raise UsageFault(f"npm knows no {release}; `npm view {name} versions` lists them. Known to work: {KNOWN}")
    errors = re.findall(r"^npm (?:error|ERR!) (.*\S)", said, re.MULTILINE) or said.strip().splitlines()[-4:]
    raise AdapterFault(
        f"npm could not install {release} (exit code {run.returncode}): {'; '.join(errors[:4]) or 'it said nothing'}\n"
        f"Check the network and npm's settings; `npm install {release}` in an empty folder shows all of it"
    )
