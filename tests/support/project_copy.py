"""A copy of the project that a test may edit, with a Python that imports the copy."""

import subprocess
import sysconfig
import venv
from pathlib import Path
from shutil import copytree, ignore_patterns

from tests.support.command import CHECKOUT

LEFT_OUT = (".git", ".venv", ".cache", ".hypothesis", "__pycache__", ".*_cache", "build", "dist")
BOUND_S = 300


class ProjectCopy:
    """The project in another folder. Targets that start `python` run the copied code as well."""

    def __init__(self, folder: Path) -> None:
        self.root = copytree(CHECKOUT, folder / "project", ignore=ignore_patterns(*LEFT_OUT))
        environment = folder / "environment"
        venv.create(environment, symlinks=True, with_pip=False)
        self.python = environment / "bin" / "python"
        places = sysconfig.get_paths(scheme="venv", vars={"base": str(environment), "platbase": str(environment)})
        Path(places["purelib"], "copy.pth").write_text(f"{self.root}\n{sysconfig.get_path('purelib')}\n")

    def replace(self, file: str, old: str, new: str, *, times: int | None = 1) -> None:
        """Edit a file. `times` is the expected number of occurrences of the old text; None: at least one."""
        path = self.root / file
        text = path.read_text(encoding="utf-8")
        found = text.count(old)
        assert found == times if times is not None else found, f"{file} has {old!r} {found} times"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def edited(self) -> set[str]:
        """The files that differ from the project."""
        files = (path for path in self.root.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
        names = (path.relative_to(self.root) for path in files)
        return {str(n) for n in names if not (CHECKOUT / n).is_file() or _bytes(self.root / n) != _bytes(CHECKOUT / n)}

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `python ARGUMENTS` in the copy."""
        command = [str(self.python), *arguments]
        return subprocess.run(
            command,
            cwd=self.root,
            capture_output=True,
            text=True,
            check=False,
            timeout=BOUND_S,
            stdin=subprocess.DEVNULL,
        )

    def output(self, *arguments: str, exit_code: int = 0) -> str:
        """The output of the command, which must end with the exit code."""
        done = self.run(*arguments)
        assert done.returncode == exit_code, f"{arguments}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def kit(self, *arguments: str, exit_code: int = 0) -> str:
        """The output of `antigravity-conformance ARGUMENTS` on one line, because the kit wraps its lines."""
        return " ".join(self.output("-m", "conformance", *arguments, exit_code=exit_code).split())


def _bytes(path: Path) -> bytes:
    return path.read_bytes()
