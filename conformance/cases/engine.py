"""Starts pytest on the cases; of the project around it, no ini file, conftest or plugin is seen."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import FrameType

from conformance.cases.settings import DRAW_VARIABLE, VARIABLE, RunSettings

CASES = Path(__file__).parent
INDEX = CASES / "index.json"  # the requirements of each module; made by `conformance.cases.index`
VECTORS = CASES / "test_90_vectors.py"
AGAIN_S = 0.05  # between two attempts to interrupt
STOP_BOUND_S = 60.0  # for an engine that was interrupted
RUNNER_VARIABLE = "ANTIGRAVITY_CONFORMANCE_RUNNER"  # descriptor of a pipe that ends when the runner does


def run_cases(settings: RunSettings, folder: Path, *, workers: int = 0, draw: int = 0) -> int:
    """Judge; events go to the file that the settings name. Returns pytest's exit code."""
    settings_file = folder / "settings.json"
    settings.write(settings_file)
    first = ["--maxfail", "1"] if settings.fail_fast else []
    variables = {VARIABLE: str(settings_file), DRAW_VARIABLE: str(draw)}
    modules = modules_judging(settings.judged)
    return run_pytest(modules, "conformance.cases.plugin", folder, variables, workers, first)


def run_pytest(
    modules: Sequence[Path],
    plugin: str,
    folder: Path,
    variables: Mapping[str, str],
    workers: int,
    options: Sequence[str] = (),
) -> int:
    """pytest on these modules of one folder, with this plugin of ours and no other. Returns its exit code.

    `folder` is temporary: pytest's working directory, ini file and output (`engine.log`) lie there.
    """
    ini = folder / "pytest.ini"
    ini.write_text("[pytest]\n", encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PYTHON"))}
    environment |= {
        **variables,
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONSAFEPATH": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "hypothesis"),
    }
    reader, writer = os.pipe()
    environment[RUNNER_VARIABLE] = str(reader)
    with (folder / "engine.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "pytest", *_arguments(modules, plugin, ini, workers), *options],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            pass_fds=(reader,),
            start_new_session=True,  # Ctrl-C is for us; the pipe then tells it to stop
        )
        os.close(reader)
        try:
            return process.wait()
        finally:
            os.close(writer)
            process.wait()  # it ends its targets


def stop_with_runner() -> None:
    """In the engine: behave as on Ctrl-C once the runner is interrupted or gone, however it came to its end."""
    reader, main_thread = int(os.environ[RUNNER_VARIABLE]), threading.main_thread().ident
    assert main_thread is not None
    interrupted = threading.Event()

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        if not interrupted.is_set():
            interrupted.set()
            raise KeyboardInterrupt

    def wait() -> None:
        os.read(reader, 1)  # nothing is ever written there
        while not interrupted.wait(AGAIN_S):  # a signal just before the main thread begins to wait does not wake it
            signal.pthread_kill(main_thread, signal.SIGINT)
        time.sleep(STOP_BOUND_S)
        os._exit(1)  # the targets end all the same: their supervisors see us go

    signal.signal(signal.SIGINT, interrupt)
    threading.Thread(target=wait, daemon=True).start()


def _arguments(modules: Sequence[Path], plugin: str, ini: Path, workers: int) -> list[str]:
    folder = modules[0].parent if modules else CASES
    fixed = [
        "-c",
        str(ini),
        "--rootdir",
        str(folder),
        "--confcutdir",
        str(folder),
        "--import-mode",
        "importlib",
        "--basetemp",
        str(ini.with_name("temporary")),
    ]
    ours = [
        "-p",
        plugin,
        "-p",
        "no:cacheprovider",
        "-p",
        "no:junitxml",
        "--assert",
        "plain",  # cases compare through their judge
        "--tb",
        "native",
        "-q",
    ]
    several = ["-p", "xdist.plugin", "-n", str(workers)] if workers > 1 else []
    return [*fixed, *ours, *several, *map(str, modules)]


def modules_judging(requirements: Collection[str]) -> list[Path]:
    """The case modules with a case for any of these, and the vectors: what is not judged is not even imported."""
    index: dict[str, list[str]] = json.loads(INDEX.read_text(encoding="utf-8"))
    modules = [CASES / f"{module}.py" for module, ids in index.items() if not set(ids).isdisjoint(requirements)]
    return [*modules, VECTORS]
