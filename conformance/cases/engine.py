"""Starts pytest on the cases; of the project around it, no ini file, conftest or plugin is seen."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

from conformance.cases.settings import DRAW_VARIABLE, VARIABLE, RunSettings
from conformance.reports.events import append_event

CASES = Path(__file__).parent
VECTORS = CASES / "test_90_vectors.py"
AGAIN_S = 0.05  # between two attempts to interrupt
STOP_BOUND_S = 60.0  # for an engine that was interrupted
INTERRUPTED = 2  # pytest's exit codes
# Plugins of pytest that do nothing for cases, each at a cost for every one of them.
UNUSED = (
    *("cacheprovider", "doctest", "junitxml", "legacypath", "logging", "monkeypatch", "pastebin", "recwarn"),
    *("setuponly", "setupplan", "stepwise", "subtests", "threadexception", "unittest", "unraisableexception", "warnings"),
)
USUAL = (0, 1, 5)  # all pass, some fail, no case was chosen
RUNNER_VARIABLE = "ANTIGRAVITY_CONFORMANCE_RUNNER"  # descriptor of a pipe that ends when the runner does


def run_cases(settings: RunSettings, folder: Path, *, workers: int = 0, draw: int = 0) -> None:
    """Judge; events go to the file that the settings name, the end last, unless a pytest was interrupted or killed.

    Real processes have a pytest of their own beside that of all other cases: while the one waits for processes to
    start, the other asks. Not so with `--fail-fast`, for which of both fails first is chance.
    """
    settings_file = folder / "settings.json"
    settings.write(settings_file)
    first = ["--maxfail", "1"] if settings.fail_fast else []
    variables = {VARIABLE: str(settings_file), DRAW_VARIABLE: str(draw)}
    modules = modules_judging(settings.judged)
    shares = [modules] if settings.fail_fast or workers > 1 else _shares(modules)
    with ExitStack() as running:
        engines = []
        for number, share in enumerate(shares):
            own = folder / f"engine-{number}"
            own.mkdir()
            engine = pytest_process(share, "conformance.cases.plugin", own, variables, workers, first)
            engines.append(running.enter_context(engine))
        codes = [engine.wait() for engine in engines]
    if all(code >= 0 and code != INTERRUPTED for code in codes):
        worst = next((code for code in codes if code not in USUAL), codes[0])
        append_event(Path(settings.events), {"event": "end", "pytest_exit": worst})


def _shares(modules: Sequence[Path]) -> list[list[Path]]:
    """Those of real processes, and the others; the vectors, of which there may be none, make no share alone."""
    processes = [module for module in modules if module.name.startswith("test_70_")]
    others = [module for module in modules if module not in processes]
    return [processes, others] if processes and others != [VECTORS] else [list(modules)]


def engine_log(folder: Path) -> str:
    """What each pytest of a run wrote."""
    return "".join(log.read_text(encoding="utf-8", errors="replace") for log in sorted(folder.glob("*/engine.log")))


def run_pytest(
    modules: Sequence[Path],
    plugin: str,
    folder: Path,
    variables: Mapping[str, str],
    workers: int,
) -> int:
    """`pytest_process`, to its end. Returns its exit code."""
    with pytest_process(modules, plugin, folder, variables, workers) as process:
        return process.wait()


@contextmanager
def pytest_process(
    modules: Sequence[Path],
    plugin: str,
    folder: Path,
    variables: Mapping[str, str],
    workers: int,
    options: Sequence[str] = (),
) -> Iterator[subprocess.Popen[bytes]]:
    """pytest on these modules of one folder, with this plugin of ours and no other. It is stopped at the end.

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
        yield process
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
        *(word for unused in UNUSED for word in ("-p", f"no:{unused}")),
        "--capture",
        "no",
        "--assert",
        "plain",  # cases compare through their judge
        "--tb",
        "native",
        "-q",
    ]
    several = ["-p", "xdist.plugin", "-n", str(workers)] if workers > 1 else []
    return [*fixed, *ours, *several, *map(str, modules)]


def modules_judging(requirements: Collection[str]) -> list[Path]:
    """The case modules that name any of these ids, and the vectors: what is not judged is not even imported."""
    words = [f'"{id_}"' for id_ in requirements]
    modules = [(module, module.read_text(encoding="utf-8")) for module in sorted(CASES.glob("test_*.py"))]
    return [module for module, text in modules if module == VECTORS or any(word in text for word in words)]
