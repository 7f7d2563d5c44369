"""Finds the cache folder, Node and npm, and runs programs."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import platformdirs

from conformance.targets.errors import AdapterFault

CACHE_VARIABLE = "ANTIGRAVITY_CONFORMANCE_CACHE"
SOURCES = Path(__file__).parents[2]
OLDEST_NODE = 20
NODE_BOUND_S = 60.0

_HOW = (
    f"install Node {OLDEST_NODE} or newer with npm: on Debian `apt-get install nodejs npm`, "
    "elsewhere from the Node.js site"
)
# With npm's defaults, it retries for many minutes if there is no network.
_PATIENCE = {"npm_config_fetch_retries": "1", "npm_config_fetch_timeout": "60000"}


def cache_folder() -> Path:
    """The folder for installed packages and bundles. Apart from temporary folders, the kit writes nowhere else."""
    if named := os.environ.get(CACHE_VARIABLE):
        return Path(named).absolute()
    if (SOURCES / "Makefile").is_file():  # a clone: `make` and the command share one cache
        return SOURCES / ".cache"
    return platformdirs.user_cache_path("antigravity-conformance", False)


def node_path() -> str:
    """The path of Node. Raises AdapterFault if it is not on the PATH or too old."""
    node = tool_path("node")
    try:
        version = run_tool([node, "--version"], NODE_BOUND_S).stdout.strip()
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AdapterFault(f"`{node} --version` cannot be run ({error}); {_HOW}") from error
    major = version.removeprefix("v").partition(".")[0]
    if not major.isdigit() or int(major) < OLDEST_NODE:
        raise AdapterFault(f"{node} is Node {version or 'unknown'}, too old to run a release; {_HOW}")
    return node


def tool_path(name: str) -> str:
    """The path of a program. Raises AdapterFault if it is not on the PATH."""
    found = shutil.which(name)
    if found is None:
        raise AdapterFault(f"releases and checkouts need Node, but there is no `{name}` on the PATH; {_HOW}")
    return found


def run_tool(
    argv: list[str], bound_s: float, folder: Path | None = None, given: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a program. After a timeout or an error, kill it with all processes of its session.

    Raises TimeoutExpired, and OSError if the program cannot be started.
    """
    environment = {name: value for name, value in os.environ.items() if name != "NODE_OPTIONS"}
    with subprocess.Popen(
        argv,
        cwd=folder,
        env=_PATIENCE | environment,
        stdin=subprocess.PIPE if given else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    ) as process:
        try:
            said, complained = process.communicate(given or None, timeout=bound_s)
        except BaseException:
            with contextlib.suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
    return subprocess.CompletedProcess(argv, process.returncode, said, complained)


def npm_errors(run: subprocess.CompletedProcess[str]) -> str:
    """The error messages of npm, on one line."""
    said = run.stderr + run.stdout
    errors = re.findall(r"^npm (?:error|ERR!) (.*\S)", said, re.MULTILINE) or said.strip().splitlines()[-4:]
    return "; ".join(errors[:4]) or "it printed nothing"
