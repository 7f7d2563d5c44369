"""Runs pytest on the case modules, isolated from the ini files, conftests and plugins of the user's project."""

import json
import os
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath

from conformance.cases.interference import interference, wait_for
from conformance.cases.settings import DRAW_VARIABLE, VARIABLE, RunSettings
from conformance.reports.events import RunEnded, append_event
from conformance.targets.interrupt import interrupt_at_end_of

CASES = Path(__file__).parent
INDEX = CASES / "index.json"  # the requirements of each module; written by `conformance.cases.index`
VECTORS = CASES / "test_90_vectors.py"
RUNNER_VARIABLE = "ANTIGRAVITY_CONFORMANCE_RUNNER"  # descriptor of a pipe that ends when the runner does
PLANNED, RUNNING = "planned", "running"  # files in the folder of an engine: number of cases, name of the current one
OF_PROCESSES = ("test_70_", "test_71_")  # beginnings of the names of modules that start real processes
MIDDLE = "test_60_"  # the other modules before and from this one take about as long
FEW = 6  # modules; to judge fewer takes less than to start a pytest for them
NOT_STARTED = 4  # exit code of pytest for wrong usage; without pytest, Python itself ends with 1
USUAL = (0, 1, 5)  # exit codes of pytest: all passed, some failed, no case was selected
# Plugins of pytest that cases do not use; each costs some time per case.
UNUSED = (
    *("cacheprovider", "doctest", "junitxml", "legacypath", "logging", "monkeypatch", "pastebin", "recwarn"),
    *("setuponly", "setupplan", "stepwise", "subtests", "threadexception", "unittest", "unraisableexception"),
    "warnings",
)


def run_cases(settings: RunSettings, folder: Path, *, workers: int = 0, draw: int = 0) -> None:
    """Judge the target and append events to `settings.events`. `folder` is temporary.

    The last event is the end of the run. It is missing if the run was interrupted, or if pytest crashed. The cases with
    real processes, those of races, and two halves of the others run in a pytest each, at the same time: a pytest and
    its target wait for each other. With `--fail-fast` there is only one pytest, because the case that fails first must
    not depend on timing.
    """
    settings_file = folder / "settings.json"
    settings.write(settings_file)
    variables = {VARIABLE: str(settings_file), DRAW_VARIABLE: str(draw)}
    options = ["-p", "xdist.plugin", "-n", str(workers), "--max-worker-restart", "0"] if workers > 1 else []
    modules = modules_judging(settings.judged)
    shares = [modules] if settings.fail_fast or workers > 1 else _shares(modules)
    with ExitStack() as running:
        engines = [
            running.enter_context(_pytest(share, folder / f"engine-{number}", variables, options))
            for number, share in enumerate(shares)
        ]
        codes = wait_for(engines)
    folders = [folder / f"engine-{number}" for number in range(len(shares))]
    if what := interference(codes, folders, settings.name):
        append_event(Path(settings.events), RunEnded(pytest_exit=1, interference=what))
        return
    started = [(engine_folder / RUNNING).exists() for engine_folder in folders]
    codes = [NOT_STARTED if code in USUAL and not begun else code for code, begun in zip(codes, started, strict=True)]
    if all(code >= 0 for code in codes):
        worst = next((code for code in codes if code not in USUAL), codes[0])
        append_event(Path(settings.events), RunEnded(pytest_exit=worst))


def case_name(node_id: str) -> str:
    """The name of a case in reports: module and test. A parameter may contain slashes."""
    path, colons, test = node_id.partition("::")
    return PurePosixPath(path).name + colons + test


def engine_log(folder: Path) -> str:
    """Return the output of all pytest processes of a run."""
    return "".join(log.read_text(encoding="utf-8", errors="replace") for log in sorted(folder.glob("*/engine.log")))


def engine_state(folder: Path) -> tuple[int, list[str]]:
    """The number of planned cases, 0 while it is not known, and the names of the running ones."""
    planned = [_text(file) for file in sorted(folder.glob(f"*/{PLANNED}"))]
    known = len(planned) == len(list(folder.glob("engine-*"))) and all(text.isdigit() for text in planned)
    running = [name for file in sorted(folder.glob(f"*/{RUNNING}")) if (name := _text(file))]
    return (sum(map(int, planned)) if known else 0), running


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def stop_with_runner() -> None:
    """In pytest: stop as on Ctrl-C when the runner is interrupted or has ended, for whatever reason."""
    interrupt_at_end_of(int(os.environ[RUNNER_VARIABLE]))


def modules_judging(requirements: Collection[str]) -> list[Path]:
    """Return the modules with a case for any of these requirements, and the vectors. Others are not imported."""
    index: dict[str, list[str]] = json.loads(INDEX.read_text(encoding="utf-8"))
    del index["$comment"]
    modules = [CASES / f"{module}.py" for module, ids in index.items() if not set(ids).isdisjoint(requirements)]
    return [*modules, VECTORS]


def _shares(modules: Sequence[Path]) -> list[list[Path]]:
    """Split the modules: those with real processes, those of races, and two halves of the others.

    The module of vectors is never alone in a part, because there may be no vectors to judge.
    """
    kinds = [[module for module in modules if module.name.startswith(kind)] for kind in OF_PROCESSES]
    shares = [kind for kind in kinds if kind]
    others = [module for module in modules if not module.name.startswith(OF_PROCESSES)]
    if shares and others == [VECTORS]:
        shares[-1] += others
        return shares
    halves = (
        [module for module in others if module.name < MIDDLE],
        [module for module in others if module.name >= MIDDLE],
    )
    return [*shares, *(halves if min(map(len, halves)) >= FEW else [others])]


@contextmanager
def _pytest(
    modules: Sequence[Path], folder: Path, variables: Mapping[str, str], options: Sequence[str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Run pytest on these modules, and stop it on exit. Its ini file and output (`engine.log`) are in `folder`."""
    folder.mkdir()
    ini = folder / "pytest.ini"
    ini.write_text("[pytest]\n", encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PYTHON"))}
    environment |= {
        **variables,
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONSAFEPATH": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "HYPOTHESIS_NO_PLUGINS": "1",  # it would look for them in all installed packages
        "HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "hypothesis"),
    }
    reader, writer = os.pipe()
    environment[RUNNER_VARIABLE] = str(reader)
    with (folder / "engine.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "pytest", *_options(ini), *options, *_only(modules)],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            pass_fds=(reader,),
            start_new_session=True,  # Ctrl-C must reach only this process, which then closes the pipe
        )
    os.close(reader)
    try:
        yield process
    finally:
        os.close(writer)
        wait_for([process])  # pytest ends its targets first


def _only(modules: Sequence[Path]) -> list[str]:
    """Name folders, because pytest lists the whole folder again for each file that it is given."""
    folders = dict.fromkeys(module.parent for module in modules)
    others = (file for folder in folders for file in folder.glob("test_*.py") if file not in modules)
    return [*map(str, folders), *(f"--ignore={file}" for file in others)]


def _options(ini: Path) -> list[str]:
    return [
        *("-c", str(ini)),
        *("--rootdir", str(CASES)),
        *("--confcutdir", str(CASES)),
        *("--import-mode", "importlib"),
        *("--basetemp", str(ini.with_name("temporary"))),
        *("-p", "conformance.cases.plugin"),
        *(word for unused in UNUSED for word in ("-p", f"no:{unused}")),
        *("--capture", "no"),
        *("--assert", "plain"),  # cases compare with their judge, so assertions need no rewriting
        *("--tb", "native"),
        "-q",
    ]
