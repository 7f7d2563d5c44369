"""Scenarios as lines of the wire: sent to a process of mutants, and compared as bytes."""

import hashlib
import itertools
import json
import os
import pickle
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from conformance.json_type import Json
from conformance.targets.exchange import RequestLine, ask_batch, read_answers
from conformance.wire.answers import Answer, Result
from conformance.wire.files import begins, read_file, write_files
from conformance.wire.scenario import READ_FILE, ROOT, Scenario
from tools.mutation.process import MutantProcess

FOLDER_COST = 2000  # of a scenario with a folder, in bytes to send
KIT_FILES = (".py", ".mjs", ".json", ".toml")
DIFFERENT_EACH_TIME = re.compile(rb'"pid":\d+|"(?:deviceId|sessionToken)": "[^"]*"')
Files = Mapping[str, Mapping[str, Json]]


@dataclass(frozen=True)
class FileRead:
    """The kit reads this file after the calls before. `read_file` is not sent to the adapter."""

    path: str
    line = b""


@dataclass(frozen=True)
class Lines:
    """A scenario: in turn files to write and lines to send. `{root}` stands for a folder that is made for it."""

    steps: Sequence[tuple[Files, Sequence[RequestLine | FileRead]]]
    needs_folder: bool

    @property
    def cost(self) -> int:
        """About how long it takes, in bytes to send."""
        folder = FOLDER_COST if self.needs_folder else 0
        return folder + sum(len(line.line) for _, lines in self.steps for line in lines)

    @classmethod
    def of(cls, scenario: Scenario) -> "Lines":
        calls = [(call.method, dict(call.params)) for call in scenario.calls]
        steps: list[tuple[Files, list[RequestLine | FileRead]]] = [(scenario.files, [])] if scenario.files else []
        for begin, end in itertools.pairwise([*begins(scenario.calls), len(calls)]):
            method, params = calls[begin]
            part = [FileRead(params["path"])] if method == READ_FILE else ask_batch(calls[begin:end], begin + 1)
            steps.append((scenario.calls[begin].files, list(part)))
        every = [line for _, lines in steps for line in lines]
        has_root = any(isinstance(line, FileRead) or ROOT.encode() in line.line for line in every)
        return cls(steps, has_root or any(files for files, _ in steps))

    def ask(self, process: MutantProcess) -> list[bytes]:
        """The lines of the answers, with `{root}` for the folder. Raises HangsError."""
        return ask_all([self], process)[0]

    def read(self, answers: Sequence[bytes]) -> list[Answer]:
        """The answers in these lines. Raises AnswerError if they are malformed."""
        found: list[Answer] = []
        for line, given in zip((line for _, lines in self.steps for line in lines), answers, strict=True):
            found += [Result(json.loads(given))] if isinstance(line, FileRead) else read_answers(line, given)
        return found


@dataclass(frozen=True)
class Recorded:
    """A scenario of a case, the answers of the original code, and the mutants that it reaches, with counts."""

    lines: Lines
    answers: list[bytes]
    reached: dict[str, int]

    def has_answers(self, given: Sequence[bytes]) -> bool:
        """Whether these answers are the recorded ones. Values that differ from process to process do not count."""
        return list(map(_comparable, given)) == list(map(_comparable, self.answers))


@dataclass
class Recording:
    """What the cases of a run ask, by the name of the case."""

    cases: dict[str, list[Recorded]] = field(default_factory=dict)
    by_run: list[str] = field(default_factory=list)  # the cases that start processes: only `run` can judge them
    failing: list[str] = field(default_factory=list)  # the cases that fail for the original code
    static: set[str] = field(default_factory=set)  # the mutants that are reached while modules are loaded

    def scenarios_by_mutant(self) -> Counter[str]:
        """How many scenarios can show each mutant. A mutant that none reaches is not in it."""
        every = [each for recorded in self.cases.values() for each in recorded]
        found = Counter(mutant for each in every for mutant in each.reached)
        return found | Counter(dict.fromkeys(self.static, len(every)))

    def asked_of(self, mutant: str) -> list[tuple[str, Recorded]]:
        """The scenarios that can show a mutant, with their case, the shortest first. All of them, if it is static."""
        every = [(case, each) for case, recorded in self.cases.items() for each in recorded]
        reached = [(case, each) for case, each in every if mutant in self.static or mutant in each.reached]
        return sorted(reached, key=lambda entry: entry[1].lines.cost)


def ask_all(scenarios: Sequence[Lines], process: MutantProcess) -> list[list[bytes]]:
    """The answers to scenarios in turn, with few changes between this process and that one. Raises HangsError."""
    folder = tempfile.mkdtemp(dir=process.folder)
    answers: list[list[bytes]] = [[] for _ in scenarios]
    waiting: list[tuple[int, bytes, bytes]] = []  # the scenario, its folder, and the line

    def send() -> None:
        given = process.ask_all([line for _, _, line in waiting])
        for (number, root, _), answer in zip(waiting, given, strict=True):
            answers[number].append(answer.replace(root, ROOT.encode()) if root else answer)
        waiting.clear()

    try:
        for number, scenario in enumerate(scenarios):
            root = Path(folder) / str(number) if scenario.needs_folder else None
            for name in ("home", "project") if root else ():
                (Path(folder) / str(number) / name).mkdir(parents=True)
            for files, lines in scenario.steps:
                if root and files:
                    if any(number == other for other, _, _ in waiting):  # files are written after the calls before
                        send()
                    write_files(root, files)
                where = str(root).encode() if root else b""
                for line in lines:
                    if root and isinstance(line, FileRead):
                        send()
                        read = json.dumps(read_file(root / line.path).value).encode()
                        answers[number].append(read.replace(where, ROOT.encode()))
                    else:
                        waiting.append((number, where, line.line.replace(ROOT.encode(), where) if root else line.line))
        send()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return answers


def _comparable(answer: bytes) -> bytes:
    return DIFFERENT_EACH_TIME.sub(b"", answer)


def stored(file: Path, record: Callable[[], Recording]) -> Recording:
    """The recording in this file. If there is none, make it and store it, so that a continued run starts at once."""
    if file.exists():
        recording: Recording = pickle.loads(file.read_bytes())  # noqa: S301 - the kit wrote it into its own cache
        return recording
    recording = record()
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_suffix(f".{os.getpid()}")
    new.write_bytes(pickle.dumps(recording))
    new.replace(file)
    return recording


def digest_of(folders: Iterable[Path], *parts: str) -> str:
    """The digest of all files in these folders, and of the parts."""
    digest = hashlib.sha256("\0".join(parts).encode())
    for path in sorted(path for folder in folders for path in folder.rglob("*") if path.suffix in KIT_FILES):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
