"""Unit tests start no process and need no Node, so they run everywhere and within seconds."""

import _posixsubprocess
import os
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import hypothesis  # noqa: F401 - its first import loads trio, which runs ldconfig
import pytest

FOLDER = Path(__file__).parent
WAYS = [
    (subprocess.Popen, "__init__"),
    (os, "fork"),
    (os, "forkpty"),
    (os, "posix_spawn"),
    (os, "system"),
    (_posixsubprocess, "fork_exec"),  # spawn and forkserver of multiprocess
]


@contextmanager
def no_processes() -> Generator[None]:
    """Refuse every way to start a process. The test fails even if the tested code caught the refusal."""
    tried: list[str] = []

    def refuse(*args: Any, **_options: Any) -> None:
        command = [argument for argument in args if not isinstance(argument, subprocess.Popen)]
        tried.append(f"a test in tests/unit started a process, {command!r:.200}; move it to tests/integration")
        raise PermissionError(tried[-1])

    with pytest.MonkeyPatch.context() as patch:
        for owner, name in WAYS:
            patch.setattr(owner, name, refuse)
        yield
    if tried:
        pytest.fail(tried[0])


# Fixtures are set up and torn down inside these hooks, including session fixtures.


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Generator[None, Any, Any]:
    with no_processes():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, Any, Any]:
    with no_processes():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Generator[None, Any, Any]:
    with no_processes():
        return (yield)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    mine = [item for item in items if FOLDER in item.path.parents]
    if found := [item.nodeid for item in mine if item.get_closest_marker("needs_node")]:
        raise pytest.UsageError(f"{found[0]} needs Node; move it to tests/integration")
