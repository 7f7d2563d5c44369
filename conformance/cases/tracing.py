"""Lists the paths outside their folder that processes of the target open, for `run --trace-files`."""

from collections.abc import Callable
from pathlib import Path

from conformance.targets.gate.gated import Gates
from conformance.targets.group import Group, Launch


class Tracer:
    """Starts processes behind an open gate, which tells what they open. `file` gets one path a line."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._opened: set[str] = set()
        self._gates: list[Gates] = []

    @property
    def note(self) -> Callable[[str], object]:
        """To be called with each path."""
        return self._opened.add

    def start(self, group: Group, launch: Launch) -> None:
        """Start a process in the group. Raises AdapterFault if it does not reach its gate."""
        gates = Gates(group, group.folder, on_open=self.note)
        self._gates.append(gates)
        gates.start(launch)

    def forget(self) -> None:
        """Close the gates, before their group ends."""
        while self._gates:
            self._gates.pop().close()

    def write(self) -> None:
        """Append the paths to the file, which several judges of a run share."""
        with self._file.open("a", encoding="utf-8", errors="surrogateescape") as file:
            file.write("".join(f"{path}\n" for path in sorted(self._opened)))


def read_paths(file: Path) -> list[str]:
    """All paths that the judges of a run have written, without duplicates."""
    try:
        return sorted(set(file.read_text(encoding="utf-8", errors="surrogateescape").splitlines()))
    except FileNotFoundError:
        return []
