"""A release on npm is installed once and completely."""

import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from conformance.targets import installing, npm
from conformance.targets import tools as tools_module
from conformance.targets.errors import AdapterFault, UsageFault
from tests.support.kit_runs import wait_until

NAME = "opencode-antigravity-auth"
# A fake npm: records each call, then does what the test specifies.
NPM = """#!{python}
import os, pathlib, sys
log = open({log!r}, "a"); log.write(" ".join(sys.argv[1:]) + "\\n"); log.close()
release = sys.argv[-1]
name = release.rpartition("@")[0]
{action}
"""
INSTALLS = 'folder = pathlib.Path("node_modules", name); folder.mkdir(parents=True); (folder / "x").touch()'


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv(npm.CACHE_VARIABLE, str(folder))
    return folder


class Tools:
    """A PATH that has only fakes of node and npm."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.log = folder, folder / "log"
        folder.mkdir()

    def add(self, name: str, text: str) -> None:
        file = self.folder / name
        file.write_text(text)
        file.chmod(0o755)

    def add_node(self, version: str = "v20.0.0") -> None:
        self.add("node", f"#!/bin/sh\necho {version}\n")

    def add_npm(self, action: str = INSTALLS) -> None:
        self.add("npm", NPM.format(python=sys.executable, log=str(self.log), action=action))

    def calls(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tools:
    folder = tmp_path / "tools"
    monkeypatch.setenv("PATH", str(folder))
    return Tools(folder)


def prints(*lines: str, code: int = 1) -> str:
    """A behaviour of npm: print these lines and exit with this code."""
    return "\n".join([*[f"print({line!r}, file=sys.stderr)" for line in lines], f"sys.exit({code})"])


# Installing.


def test_installed_release_needs_no_npm(cache: Path, tools: Tools) -> None:
    tools.add_node()
    tools.add_npm()
    package = npm.install(NAME, "1.3.0")
    assert package == cache / "npm" / f"{NAME}@1.3.0" / "node_modules" / NAME
    assert (package / "x").is_file()
    (call,) = tools.calls()
    assert call.startswith("install --ignore-scripts --no-package-lock --omit=peer ")
    assert call.endswith(f" {NAME}@1.3.0")
    # Each of these user settings would make npm install elsewhere, or not at all.
    assert {"--no-global", "--location=project", "--no-dry-run", "--no-package-lock-only"} <= set(call.split())
    shutil.rmtree(tools.folder)
    assert npm.install(NAME, "1.3.0") == package


def test_scoped_release_has_its_own_folder(cache: Path, tools: Tools) -> None:
    tools.add_node()
    tools.add_npm()
    package = npm.install("@someone/fork", "1.0.0")
    assert package == cache / "npm" / "@someone+fork@1.0.0" / "node_modules" / "@someone" / "fork"
    assert package.is_dir()


def test_runs_at_the_same_time_install_once(cache: Path, tools: Tools) -> None:
    tools.add_node()
    tools.add_npm()
    with ThreadPoolExecutor(4) as runs:
        packages = set(runs.map(lambda _: npm.install(NAME, "1.3.0"), range(4)))
    assert len(packages) == len(tools.calls()) == 1


def test_leftovers_of_a_killed_install_are_removed(cache: Path, tools: Tools) -> None:
    tools.add_node()
    tools.add_npm()
    releases = cache / "npm"
    leftover = releases / f".installing-{NAME}@1.3.0-abc" / "package"
    other = releases / f".installing-{NAME}@1.6.0-abc"  # another run may still use it
    half = releases / f"{NAME}@1.3.0" / "node_modules" / "zod"
    for folder in (leftover, other, half):
        folder.mkdir(parents=True)
    assert npm.install(NAME, "1.3.0").is_dir()
    assert not leftover.exists()
    assert not half.exists()
    assert other.exists()


@pytest.mark.parametrize(
    "damage", [Path.unlink, lambda file: file.write_text("cut short"), shutil.rmtree], ids=range(3)
)
def test_a_damaged_installation_is_made_anew(cache: Path, tools: Tools, damage: Callable[[Path], object]) -> None:
    tools.add_node()
    tools.add_npm()
    package = npm.install(NAME, "1.3.0")
    damage(package if damage is shutil.rmtree else package / "x")
    assert npm.install(NAME, "1.3.0") == package
    assert (package / "x").read_text() == ""
    assert npm.install(NAME, "1.3.0") == package
    assert len(tools.calls()) == 2
    assert {path.name for path in (cache / "npm").iterdir()} == {f"{NAME}@1.3.0", f"{NAME}@1.3.0.lock"}


def test_npm_gets_harmless_user_settings_only(cache: Path, tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NODE_OPTIONS", "--require=/none/such.js")
    monkeypatch.setenv("npm_config_registry", "http://mirror/")
    monkeypatch.setenv("npm_config_fetch_retries", "7")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy/")
    names = ["NODE_OPTIONS", "npm_config_registry", "HTTPS_PROXY", "npm_config_fetch_retries"]
    tools.add("node", '#!/bin/sh\n[ -z "$NODE_OPTIONS" ] && echo v20.0.0\n')
    tools.add_npm(f"print([os.environ.get(name) for name in {names}], file=sys.stderr); sys.exit(1)")
    with pytest.raises(AdapterFault, match=re.escape("[None, 'http://mirror/', 'http://proxy/', '7']")):
        npm.install(NAME, "1.3.0")


@pytest.mark.parametrize("tool", ["node", "npm"])
def test_hanging_tool_is_ended_with_its_children(
    cache: Path, tools: Tools, monkeypatch: pytest.MonkeyPatch, tool: str
) -> None:
    tools.add_node()
    tools.add_npm()
    child = tools.folder / "child"
    lines = ["import os, time", f"if pid := os.fork(): open({str(child)!r}, 'w').write(str(pid))", "time.sleep(3600)"]
    tools.add(tool, "\n".join([f"#!{sys.executable}", *lines]))
    monkeypatch.setattr(*((tools_module, "NODE_BOUND_S") if tool == "node" else (installing, "INSTALL_BOUND_S")), 1)
    with pytest.raises(AdapterFault, match="`.*node --version` cannot be run" if tool == "node" else "within 1 s"):
        npm.install(NAME, "1.3.0")
    if child.exists() and (pid := child.read_text()):  # on a busy machine the tool may be ended before it forks
        wait_until(lambda: not is_alive(int(pid)), "the end of what the tool started")


def is_alive(pid: int) -> bool:
    with suppress(psutil.Error):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


def test_failed_install_can_be_repeated(cache: Path, tools: Tools) -> None:
    tools.add_node()
    said = prints("npm error code ECONNREFUSED", f"npm error syscall connect, for {NAME}@1.3.0")
    tools.add_npm(f"{INSTALLS}\n{said}")
    with pytest.raises(AdapterFault) as failed:
        npm.install(NAME, "1.3.0")
    message = str(failed.value)
    assert f"could not install {NAME}@1.3.0 (exit code 1): code ECONNREFUSED; syscall connect" in message
    assert "Check the network" in message
    assert failed.value.exit_code == 3
    assert [path.name for path in (cache / "npm").iterdir() if path.suffix != ".lock"] == []
    tools.add_npm()
    assert npm.install(NAME, "1.3.0").is_dir()


def test_npm_that_installs_nothing_is_a_fault(cache: Path, tools: Tools) -> None:
    tools.add_node()
    tools.add_npm("pass")
    with pytest.raises(AdapterFault, match=r"\(exit code 0\): it printed nothing"):
        npm.install(NAME, "1.3.0")


NOT_FOUND = [
    (
        "npm error code ETARGET",
        f"npm error notarget No matching version found for {NAME}@9.9.9.",
    ),
    (
        "npm ERR! code E404",
        f"npm ERR! 404  The requested resource '{NAME}@9.9.9' could not be found",
    ),
]


@pytest.mark.parametrize("lines", NOT_FOUND)
def test_missing_version_is_wrong_usage(cache: Path, tools: Tools, lines: list[str]) -> None:
    tools.add_node()
    tools.add_npm(prints(*lines))
    with pytest.raises(UsageFault, match=rf"npm knows no {NAME}@9\.9\.9; .*Known to work: 1\.2\.8"):
        npm.install(NAME, "9.9.9")


def test_missing_dependency_is_no_wrong_usage(cache: Path, tools: Tools) -> None:
    tools.add_node()
    line = f"npm error notarget No matching version found for zod@^99 required by {NAME}@9.9.90"
    tools.add_npm(prints("npm error code ETARGET", line))
    with pytest.raises(AdapterFault, match="zod@"):
        npm.install(NAME, "9.9.9")


def test_cache_folder_that_cannot_be_made_is_named(cache: Path, tools: Tools) -> None:
    tools.add_node()
    tools.add_npm()
    cache.write_text("a file stands there")
    with pytest.raises(AdapterFault, match=npm.CACHE_VARIABLE) as failed:
        npm.install(NAME, "1.3.0")
    assert str(cache) in str(failed.value)


# Node.


def test_missing_node_or_npm_is_reported_with_advice(cache: Path, tools: Tools) -> None:
    with pytest.raises(AdapterFault, match=r"no `node` on the PATH; install Node 20 .*apt-get install nodejs npm"):
        npm.install(NAME, "1.3.0")
    with pytest.raises(AdapterFault, match="no `node`"):
        npm.command(Path("anywhere"))
    tools.add_node()
    with pytest.raises(AdapterFault, match="no `npm` on the PATH"):
        npm.install(NAME, "1.3.0")


@pytest.mark.parametrize("version", ["v18.20.4", "v9.0.0", "", "broken"])
def test_an_old_or_broken_node_is_refused(tools: Tools, version: str) -> None:
    tools.add_node(version)
    with pytest.raises(AdapterFault, match="Node 20 or newer"):
        npm.command(Path("anywhere"))


@pytest.mark.parametrize("version", ["v20.0.0", "v100.1.0"])
def test_command_is_node_adapter_and_package(tools: Tools, tmp_path: Path, version: str) -> None:
    tools.add_node(version)
    node, adapter, package = npm.command(tmp_path)
    assert (node, package) == (str(tools.folder / "node"), str(tmp_path))
    assert Path(adapter).name == "adapter.mjs"
    assert stat.S_ISREG(Path(adapter).stat().st_mode)


# With the real npm, without network.


@pytest.mark.needs_node
def test_npm_without_network_is_a_fault(cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    for name in ("global", "dry_run", "package_lock_only"):  # each of these settings would change what npm does
        monkeypatch.setenv(f"npm_config_{name}", "true")
    monkeypatch.setenv("NODE_OPTIONS", "--require=/none/such.js")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm-cache"))
    with pytest.raises(AdapterFault, match="code ECONNREFUSED"):
        npm.install(NAME, "1.3.0")


@pytest.mark.needs_node
def test_adapter_runs_under_the_node_found(tmp_path: Path) -> None:
    run = subprocess.run(
        npm.command(tmp_path), input=b"", capture_output=True, env={"PATH": os.environ["PATH"]}, check=False
    )
    assert b"package.json is missing" in run.stderr
