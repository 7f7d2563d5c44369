"""Judges what one schedule did by the rules of races: `conformance/requirements/71_races.toml`."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from conformance.json_type import Json
from conformance.processes.races.folder import POOL, Names, parse, pool_in, read_files, shorten
from conformance.processes.races.model import Files, FileState, Finding, Outcome
from conformance.wire.answers import Answer, Result, in_words

TOKEN = "token-"  # noqa: S105 - every label begins with it, so that files with labels can be found
OTHERS = 0o077
_PATH = re.compile(r"/[^\s'\"]*/home/([^\s'\"]+)")
JUDGED_KEYS = ("refreshToken", "addedAt", "lastUsed", "enabled", "rateLimitResetTimes")


@dataclass(frozen=True)
class Change:
    """The change that a process saves: a limit of an account with its end, or its removal (no end)."""

    label: str
    end_ms: float | None

    def is_in(self, document: Json) -> bool:
        account = _accounts(document).get(self.label)
        if self.end_ms is None:
            return account is None
        limits = account.get("rateLimitResetTimes") if isinstance(account, dict) else None
        return isinstance(limits, dict) and self.end_ms in limits.values()

    @property
    def what(self) -> str:
        return f"the removal of {self.label}" if self.end_ms is None else f"the rate limit of {self.label}"


def labels_in(document: Json) -> set[str]:
    """The labels of the accounts in a pool file."""
    return set(_accounts(document))


def _accounts(document: Json) -> dict[str, Json]:
    if not isinstance(document, dict):
        return {}
    accounts = [account for account in document["accounts"] if isinstance(account, dict)]
    return {token: account for account in accounts if isinstance(token := account.get("refreshToken"), str)}


@dataclass
class Watcher:
    """Looks at the folder after each step. Keeps the first finding of each rule."""

    before: Files
    findings: dict[str, Finding] = field(default_factory=dict)
    seen: list[Files] = field(default_factory=list)
    _places: dict[str, str] = field(default_factory=dict)

    def __call__(self, home: Path, step: int) -> None:
        files: Files = read_files(home)
        if self.seen:  # most files are as before: keep each content once
            before = self.seen[-1]
            files = {place: before[place] if before.get(place) == file else file for place, file in files.items()}
        self.seen.append(files)
        content = pool_in(files)
        if content != (start := pool_in(self.before)) and parse(content) is None:
            was = (
                "there is no pool file" if content is None else f"the pool file has {len(content)} bytes and is no pool"
            )
            if content is not None or start is not None:
                self._note("RACE-002", f"after this call, {was}", step)
        for place, file in files.items():
            if self.before.get(place) != file and is_exposed(files, place):
                self._note("RACE-008", f"after this call, {{}} has tokens and the mode {file.mode:04o}", step, place)

    def found(self, outcome: Outcome) -> list[Finding]:
        """The findings, with repeatable names."""
        return [
            replace(finding, text=finding.text.format(_name(outcome, self._places[rule])))
            for rule, finding in self.findings.items()
        ]

    def _note(self, rule: str, text: str, step: int, place: str = "") -> None:
        if rule not in self.findings:
            self.findings[rule], self._places[rule] = Finding(rule, text, step), place


def _name(outcome: Outcome, place: str) -> str:
    return shorten(outcome.names.get(place, place))


def is_exposed(files: Files, place: str) -> bool:
    """Whether others can read this file, and it has tokens."""
    file = files[place]
    if file.kind != "file" or not file.mode & OTHERS or TOKEN.encode() not in file.content:
        return False
    folder = place.rpartition("/")[0]
    while folder:
        if not files.get(folder, FileState("folder", 0)).mode & OTHERS:
            return False
        folder = folder.rpartition("/")[0]
    return True


def succeeded(answers: Sequence[Answer] | None) -> bool:
    return answers is not None and all(isinstance(answer, Result) for answer in answers)


def judge_saves(outcome: Outcome, changes: Mapping[int, Change]) -> None:
    """Acknowledged changes are in the file, and no temporary file with tokens stays."""
    document = parse(pool_in(outcome.after))
    for process, change in changes.items():
        if succeeded(outcome.answers.get(process)) and not change.is_in(document):
            rule = "RACE-007" if change.end_ms is None else "RACE-001"
            lost = _lost_at(outcome, change)
            who = "" if lost is None else f"; this call of process {outcome.steps[lost].process + 1} has undone it"
            _find(
                outcome, rule, f"`save` of process {process + 1} succeeded, but {change.what} is not there{who}", lost
            )
    judge_left(outcome, outcome.before)


def _lost_at(outcome: Outcome, change: Change) -> int | None:
    """The last step after which the change was not in the file any more."""
    there = [change.is_in(parse(pool_in(files))) for files in outcome.seen]
    return next((step for step in range(len(there) - 1, 0, -1) if there[step - 1] and not there[step]), None)


def judge_order(outcome: Outcome, results: Mapping[frozenset[int], Sequence[Json]]) -> None:
    """What is stored equals the result of some order of the saves that succeeded."""
    if outcome.findings and any(finding.rule in ("RACE-001", "RACE-007") for finding in outcome.findings):
        return  # report a lost save only once
    acknowledged = frozenset(process for process, answers in outcome.answers.items() if succeeded(answers))
    allowed = [result for saved, found in results.items() if saved >= acknowledged for result in found]
    if judged(pool_in(outcome.after)) not in allowed:
        _find(outcome, "RACE-003", "the stored pool is not that of any order of these saves, one after another")


def judged(content: bytes | None) -> Json:
    """What the stored pool says about its accounts. Other fields, such as a fingerprint, may be drawn for each save."""
    document = parse(content)
    if not isinstance(document, dict):
        return None
    accounts = [
        {key: account.get(key) for key in JUDGED_KEYS} for account in document["accounts"] if isinstance(account, dict)
    ]
    return {
        **{key: document.get(key) for key in ("version", "activeIndex", "activeIndexByFamily")},
        "accounts": accounts,
    }


def judge_left(outcome: Outcome, before: Files) -> None:
    for place in sorted(_others_with_tokens(outcome.after) - _others_with_tokens(before)):
        _find(outcome, "RACE-009", f"{_name(outcome, place)} has tokens and was left behind")


def _others_with_tokens(files: Files) -> set[str]:
    return {place for place, file in files.items() if place != POOL and TOKEN.encode() in file.content}


def judge_failure(outcome: Outcome, change: Change, before: Json, *, is_reading: bool) -> None:
    """After an error in the save of process 0: either the file is as it was, or everything is in it."""
    document = parse(pool_in(outcome.after))
    answers = outcome.answers[0]
    rule = "RACE-010" if is_reading else "RACE-004"
    kept = _keeps(document, before)
    if succeeded(answers):
        if not change.is_in(document):
            _find(outcome, "RACE-004", f"`save` returned a result, but {change.what} is not in the file")
        elif not kept:
            _find(outcome, rule, "`save` returned a result, but what another process had saved is not in the file")
    elif not kept or (not change.is_in(before) and change.is_in(document)):
        said = _said(answers[-1]) if answers else "no answer"
        _find(outcome, rule, f"`save` answered with {said}, but the file has changed")


def judge_crash(outcome: Outcome, before: Json) -> None:
    document = parse(pool_in(outcome.after))
    if not _keeps(document, before):
        _find(outcome, "RACE-005", "what had been saved before the crash is not in the file any more")


def judge_next(outcome: Outcome, change: Change, answers: Sequence[Answer], after: Files) -> None:
    """After a crash or an error, the save of another process succeeds, and loses nothing of what was left."""
    left = parse(pool_in(outcome.after))
    outcome.next_answers = list(answers)
    if not succeeded(answers):
        wrong = next(answer for answer in answers if not isinstance(answer, Result))
        _find(outcome, "RACE-006", f"the next save answered with {_said(wrong)}")
    elif not change.is_in(parse(pool_in(after))) or not _keeps(parse(pool_in(after)), left):
        _find(outcome, "RACE-006", "the next save succeeded, but it or an earlier save is not in the file")
    outcome.after = after
    judge_left(outcome, outcome.before)


def judge_loading(outcome: Outcome, loaded: Sequence[Json], wanted: set[str], word: str, step: int) -> None:
    """After a power failure, the target loads every account that was saved."""
    if lost := wanted - set(loaded):
        text = f"after a power failure, the pool file can be {word}; the next load has lost {len(lost)} accounts"
        _find(outcome, "RACE-011", text, step)


def _said(answer: Answer) -> str:
    """The answer in words, without what differs from run to run: the folder of the run, and drawn names."""
    names = Names("")
    return _PATH.sub(lambda path: shorten(names.place("/" + path[1], 0)), in_words(answer))


def _keeps(document: Json, before: Json) -> bool:
    """Whether every account is there with the limits that it had."""
    now = _accounts(document)
    for label, account in _accounts(before).items():
        if label not in now or not _limits(account).items() <= _limits(now[label]).items():
            return False
    return True


def _limits(account: Json) -> dict[str, Json]:
    limits = account.get("rateLimitResetTimes")
    return {key: end for key, end in limits.items() if isinstance(end, int | float)} if isinstance(limits, dict) else {}


def _find(outcome: Outcome, rule: str, text: str, step: int | None = None) -> None:
    if rule not in {finding.rule for finding in outcome.findings}:
        outcome.findings.append(Finding(rule, text, step))
