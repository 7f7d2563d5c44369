"""The rules of races."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    level: str
    title: str
    text: str


RULES: Mapping[str, Rule] = {
    "RACE-001": Rule(
        "MUST",
        "An acknowledged save is in the file",
        "If `save` returns a result, the change is in the pool file when all processes are done, in whatever order "
        "their file calls are made.",
    ),
    "RACE-002": Rule(
        "MUST",
        "The pool file can be parsed at every moment",
        "Between any two file calls, the pool file has its old content or a whole new one. If there was a file, there "
        "always is one.",
    ),
    "RACE-003": Rule(
        "MUST",
        "The file equals the result of some order of the saves",
        "The stored pool is one that the same processes leave if they save one after another.",
    ),
    "RACE-004": Rule(
        "MUST",
        "A save that fails says so and leaves the file as it was",
        "If a file call fails, `save` either answers with an error and leaves the pool file as it was, or it saves in "
        "another way.",
    ),
    "RACE-005": Rule(
        "MUST",
        "A crash loses nothing that was acknowledged",
        "If a process is killed before any of its file calls, all earlier saves are in the pool file, and it can be "
        "parsed.",
    ),
    "RACE-006": Rule(
        "MUST",
        "The next save succeeds after a crash or an error",
        "What a killed process or a failed save leaves behind, such as a lock, does not make the next save fail.",
    ),
    "RACE-007": Rule(
        "MUST",
        "A removal is not undone by a save that began before it",
        "If one process removes an account and saves, the save of another process that has read the account does not "
        "write it again.",
    ),
    "RACE-008": Rule(
        "MUST",
        "Files with tokens are readable only by the user, at every moment",
        "No file that contains a refresh token, temporary files included, ever gives others permission to read it.",
    ),
    "RACE-009": Rule(
        "SHOULD",
        "Temporary files with tokens do not stay",
        "After the last save, no file with tokens is left beside the pool file, even if a process was killed before.",
    ),
    "RACE-010": Rule(
        "MUST",
        "A pool file that cannot be read is not overwritten",
        "If the system refuses to open or to read the pool file, a save does not replace it by the accounts that this "
        "process knows.",
    ),
    "RACE-011": Rule(
        "SHOULD",
        "A power failure leaves a pool file that can be loaded",
        "The content of the new file is on the disk (fsync) before the file gets the name of the pool file. Otherwise, "
        "the file can be empty or half after a power failure, although the process had replaced it in one step.",
    ),
}
