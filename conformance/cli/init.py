"""`init`: starts a port in one of five languages."""

import argparse
import shlex
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.targets.errors import UsageFault

HELP = "start a port in Python, JavaScript, TypeScript, Go or Rust"
DESCRIPTION = """\
Writes a port that runs: a stub to fill in, a file that reads calls and writes
answers, and a CI job. Each run of the port prints the next step."""
TEMPLATES = Path(__file__).parents[1] / "templates"


@dataclass(frozen=True)
class Language:
    """How a port is built and judged. `port` is the file to fill in."""

    port: str
    run: str  # the target, for `run`
    build: tuple[str, ...] = ()


LANGUAGES = {
    "python": Language("port.py", "python:port:Port"),
    "javascript": Language("port.mjs", "-- node adapter.mjs"),
    "typescript": Language("port.ts", "-- node build/adapter.js", ("npm install", "npx tsc")),
    "go": Language("port.go", "-- ./adapter", ("go build -o adapter .",)),
    "rust": Language("src/port.rs", "-- target/release/adapter", ("cargo build --release",)),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "folder", nargs="?", type=Path, default=Path(), metavar="FOLDER", help="Empty or new folder (default: this one)"
    )
    add("--language", required=True, choices=LANGUAGES, help="Language of the port")


def main(options: argparse.Namespace, command: Sequence[str]) -> int:
    if command:
        raise UsageFault("init takes no command after --")
    language = LANGUAGES[options.language]
    _check(options.folder)
    template = TEMPLATES / options.language
    _copy(template, options.folder)
    for line in _described(options.folder, language):
        print(line)
    return 0


def _copy(template: Path, folder: Path) -> None:
    """Copy the files, but not the times of the kit's installation."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(template, folder, ignore=ignored, copy_function=shutil.copyfile, dirs_exist_ok=True)


def _check(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise UsageFault(f"{folder} is not a folder; name a new one: init --language LANGUAGE FOLDER")
    try:
        if folder.is_dir() and any(folder.iterdir()):
            raise UsageFault(f"{folder.absolute()} is not empty; name a new folder: init --language LANGUAGE FOLDER")
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageFault(f"cannot create the folder {folder}: {error.strerror}") from error


def _described(folder: Path, language: Language) -> Iterator[str]:
    yield f"A port that runs is in {folder.absolute()}. Fill in {language.port}."
    yield ""
    if folder.absolute() != Path.cwd():
        yield f"  cd {shlex.quote(str(folder))}"
    for line in (*language.build, f"antigravity-conformance run {language.run}"):
        yield f"  {line}"
    yield ""
    again = "Build and run it" if language.build else "Run it"
    yield f"{again} again after each change. Each run prints the next step."
