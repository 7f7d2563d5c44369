"""A temporary folder that is removed even if this process is killed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from conformance.targets.group import Group

NO_TIMEOUT_S = 0.0  # not used, because no target is started


@contextmanager
def self_removing_folder() -> Iterator[Path]:
    """Create a folder. A supervisor without targets removes it when this block or this process ends."""
    with Group([], timeout_s=NO_TIMEOUT_S) as group:
        yield group.folder
