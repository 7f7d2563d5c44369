"""`run --watch`: judges a target again after each change of its files, the rules that failed before first."""

import os
import signal
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from types import FrameType

from conformance.cli.faults import explain
from conformance.targets.errors import TargetError

PAUSE_S = 0.3  # between two looks at the files
LEFT_OUT = ("node_modules", "__pycache__")  # and hidden folders
Files = dict[str, tuple[int, int]]  # time of change and size
Judge = Callable[
    [Sequence[str]], Sequence[str]
]  # judges these rules, or all if there are none; returns the failed ones


def watch(folder: Path, judge: Judge, written: Collection[Path]) -> None:
    """Judge, wait for a change of a file, and so on until Ctrl-C. `written` are files that the kit itself writes."""
    failed: Sequence[str] = []
    ignored = {str(path.resolve()) for path in written}
    look = partial(_files, folder, ignored)
    with _kept_interrupts() as check:
        while True:
            files = look()
            failed = _judge_failed_first(judge, failed, lambda: look() != files)  # noqa: B023 - not called later
            print(f"\nwaiting for a change in {folder}; Ctrl-C ends", flush=True)
            _wait(files, look, check)
            print(f"\n{'-' * 80}\n", flush=True)


@contextmanager
def _kept_interrupts() -> Iterator[Callable[[], None]]:
    """Yields a function that raises KeyboardInterrupt after a signal whose exception was lost.

    Python drops what a signal raises in a finalizer, and an explanation of failures ends at Ctrl-C without a word.
    """
    seen = False

    def note(_number: int, _frame: FrameType | None) -> None:
        nonlocal seen
        seen = True
        raise KeyboardInterrupt

    def check() -> None:
        if seen:
            raise KeyboardInterrupt

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield check
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _judge_failed_first(judge: Judge, failed: Sequence[str], has_changed: Callable[[], bool]) -> Sequence[str]:
    """The rules that fail now. If a file changes meanwhile, rules that had not failed are left for later."""
    if failed:
        many = "the rule that" if len(failed) == 1 else f"the {len(failed)} rules that"
        print(f"first, {many} failed: {', '.join(failed)}\n", flush=True)
        failed = _judge(judge, failed, failed)
        if has_changed():
            return failed
        print("\nnow all rules\n", flush=True)
    return _judge(judge, [], failed)


def _judge(judge: Judge, rules: Sequence[str], failed: Sequence[str]) -> Sequence[str]:
    """The rules that fail now; if the target cannot be judged, as in the middle of an edit, those that failed."""
    try:
        return judge(rules)
    except TargetError as error:
        print(explain(error)[0], flush=True)
        return failed


def _wait(files: Files, look: Callable[[], Files], check: Callable[[], None]) -> None:
    """Return after a change, when the files have not changed for a moment: editors and compilers write several."""
    while (now := look()) == files:
        time.sleep(PAUSE_S)
        check()
    while True:
        time.sleep(PAUSE_S)
        if (later := look()) == now:
            return
        now = later


def _files(folder: Path, ignored: Collection[str]) -> Files:
    found: Files = {}
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in LEFT_OUT]
        for path in (os.path.join(place, name) for name in names):
            with suppress(OSError):  # removed meanwhile
                if path not in ignored:
                    state = os.stat(path)
                    found[path] = state.st_mtime_ns, state.st_size
    return found
