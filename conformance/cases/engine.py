"""Starts pytest on the cases; of the project around it, no ini file, conftest or plugin is seen."""

import json
import os
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

from conformance.cases.settings import DRAW_VARIABLE, VARIABLE, RunSettings
from conformance.targets.interrupt import interrupt_at_end_of

CASES = Path(__file__).parent
INDEX = CASES / "index.json"  # the requirements of each module; made by `conformance.cases.index`
VECTORS = CASES / "test_90_vectors.py"
RUNNER_VARIABLE = "ANTIGRAVITY_CONFORMANCE_RUNNER"  # descriptor of a pipe that ends when the runner does


def run_cases(settings: RunSettings, folder: Path, *, workers: int = 0, draw: int = 0) -> int:
    """Judge; events go to the file that the settings name. Returns pytest's exit code.

    `folder` is temporary: pytest's settings, working directory and output (`engine.log`) lie there.
    """
    settings_file, ini = folder / "settings.json", folder / "pytest.ini"
    settings.write(settings_file)
    ini.write_text("[pytest]\n", encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PYTHON"))}
    environment |= {
        VARIABLE: str(settings_file),
        DRAW_VARIABLE: str(draw),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONSAFEPATH": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "hypothesis"),
    }
    arguments = [*_options(ini, workers, settings.fail_fast), *map(str, modules_judging(settings.judged))]
    reader, writer = os.pipe()
    environment[RUNNER_VARIABLE] = str(reader)
    with (folder / "engine.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "pytest", *arguments],
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
    interrupt_at_end_of(int(os.environ[RUNNER_VARIABLE]))


def _options(ini: Path, workers: int, fail_fast: bool) -> list[str]:
    fixed = [
        "-c",
        str(ini),
        "--rootdir",
        str(CASES),
        "--confcutdir",
        str(CASES),
        "--import-mode",
        "importlib",
        "--basetemp",
        str(ini.with_name("temporary")),
    ]
    ours = [
        "-p",
        "conformance.cases.plugin",
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
    return [*fixed, *ours, *several, *(["--maxfail", "1"] if fail_fast else [])]


def modules_judging(requirements: Collection[str]) -> list[Path]:
    """The case modules with a case for any of these, and the vectors: what is not judged is not even imported."""
    index: dict[str, list[str]] = json.loads(INDEX.read_text(encoding="utf-8"))
    modules = [CASES / f"{module}.py" for module, ids in index.items() if not set(ids).isdisjoint(requirements)]
    return [*modules, VECTORS]
