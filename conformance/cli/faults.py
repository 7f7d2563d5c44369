"""Turns every error into one message and an exit code."""

import errno
import os
import signal
import tempfile

from conformance.reports.events import EventError
from conformance.reports.verdicts import ADAPTER_FAULT, INTERRUPTED, SUITE_FAULT, WRONG_USAGE
from conformance.requirements import CatalogueError
from conformance.requirements.deviations import DeviationError
from conformance.requirements.quirks import QuirkError
from conformance.targets.errors import SupervisorLostError, TargetError
from conformance.texts import clip

NOBODY_READS = 128 + signal.SIGPIPE
TRACEBACK_VARIABLE = "ANTIGRAVITY_CONFORMANCE_TRACEBACK"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
REMOVED = (
    "the current folder was removed while the kit ran. If nobody else did that, the target did: "
    "a target must write only below its home and its temporary folder"
)


def explain(error: BaseException) -> tuple[str, int]:
    """The message for the user, and the exit code."""
    message, code = str(error), SUITE_FAULT
    match error:
        case SystemExit():  # argparse has printed the message already
            message, code = "", error.code if isinstance(error.code, int) else WRONG_USAGE
        case TargetError():
            code = error.exit_code
        case DeviationError():
            code = WRONG_USAGE
        case KeyboardInterrupt():
            message, code = "interrupted", INTERRUPTED
        case CatalogueError() | QuirkError():
            message = f"the catalogue is wrong: {error}"
        case SupervisorLostError() | EventError():
            pass
        case BrokenPipeError():  # the reader has ended, such as `| head`
            message, code = "", NOBODY_READS
        case FileNotFoundError() if error.filename is None and not _has_current_folder():
            message, code = REMOVED, ADAPTER_FAULT
        case OSError() if error.errno in _FULL:
            where = "output, a log or a temporary file" if error.filename is None else os.fsdecode(error.filename)
            message = (
                f"cannot write {where}: {error.strerror}; free some space "
                f"(temporary files are in {tempfile.gettempdir()}; TMPDIR names another folder)"
            )
        case OSError() if error.errno == errno.ENAMETOOLONG and error.filename is not None:
            message = f"{clip(os.fsdecode(error.filename))} is too long for the name of a file"
            code = WRONG_USAGE
        case OSError() if error.filename is not None:
            message = f"cannot read or write {os.fsdecode(error.filename)}: {error.strerror}"
        case _:
            message = (
                f"a fault of this suite, not of the target: {type(error).__name__}: {error}\n"
                f"Set {TRACEBACK_VARIABLE}=1 to see where, and report it to the maintainers of this kit"
            )
    return message, code


def _has_current_folder() -> bool:
    """`main` has checked it at the start."""
    try:
        return bool(os.getcwd())
    except OSError:
        return False
