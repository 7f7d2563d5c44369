"""Tests that cannot run on this machine are skipped with a reason; `--no-missing` turns each skip into a failure."""

import shutil
import subprocess
from contextlib import suppress

import pytest

from conformance.cli.main import main
from conformance.targets.errors import AdapterFault
from conformance.targets.tools import node_path
from tests.support.command import Kit, Spread
from tests.support.judging import Case, load_cases


@pytest.fixture(scope="session")
def cases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    """The cases of a run, without those of real processes."""
    return load_cases(request.session, tmp_path_factory.mktemp("cases"))


@pytest.fixture
def kit(capsys: pytest.CaptureFixture[str]) -> Kit:
    """Runs the kit as a command in this process."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        capsys.readouterr()
        code = main(list(arguments))
        return subprocess.CompletedProcess(arguments, code, *capsys.readouterr())

    return run


@pytest.fixture
def spread(kit: Kit) -> Spread:
    """Runs `spread` in this process."""

    def run(*arguments: str) -> str:
        done = kit("spread", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-missing", action="store_true", help="fail if a test is skipped")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if _node_is_here():
        return
    for item in items:
        if item.get_closest_marker("needs_node"):
            item.add_marker(pytest.mark.skip(reason="Node 20 and npm are not installed"))


def _node_is_here() -> bool:
    with suppress(AdapterFault):
        return bool(node_path() and shutil.which("npm"))
    return False


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped:
        terminalreporter.section(f"{len(skipped)} not run")
        for report in skipped:
            terminalreporter.write_line(f"{report.nodeid}: {report.longrepr[2]}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    missing = len(reporter.stats.get("skipped", [])) if reporter else 0
    if missing and session.config.getoption("--no-missing") and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
