"""A temporary folder that disappears with its process, however the process ends."""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from conformance.targets.self_removing import self_removing_folder
from tests.support.command import CHECKOUT
from tests.support.kit_runs import wait_until

HOLDER = """\
import time
from conformance.targets.self_removing import self_removing_folder
with self_removing_folder() as folder:
    (folder / "file").write_text("a")
    print(folder, flush=True)
    time.sleep(3600)
"""


def test_folder_is_gone_after_an_error() -> None:
    with suppress(LookupError), self_removing_folder() as folder:
        (folder / "file").write_text("a", encoding="utf-8")
        raise LookupError
    assert not folder.exists()


def test_folder_is_gone_after_sigkill() -> None:
    command = [sys.executable, "-c", HOLDER]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        folder = Path(holder.stdout.readline().strip())
        assert (folder / "file").exists()
        holder.kill()
    wait_until(lambda: not folder.exists(), "the removal of the folder")
