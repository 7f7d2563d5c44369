"""`run`: judge a target."""

import argparse
import datetime
import platform
import shlex
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from conformance import __version__
from conformance.cases.engine import run_cases
from conformance.cases.settings import RunSettings
from conformance.reports.documents import render_json, render_junit
from conformance.reports.events import append_event, read_events
from conformance.reports.run import Run
from conformance.reports.terminal import render
from conformance.reports.verdicts import conclude, not_claimed_reason
from conformance.requirements import Catalogue, Requirement, load_catalogue
from conformance.requirements.catalogue import RECOMMENDED, RELEASES, applies
from conformance.requirements.deviations import Deviation, load_deviations, shipped_deviations
from conformance.targets.errors import UsageFault
from conformance.targets.resolve import FORMS, Target, resolve
from conformance.targets.smoke import greet
from conformance.wire.methods import HelloResult

DEFAULT_TIMEOUT_S = 60
DEFAULT_PROCESSES = 8
HELP = "judge a target"
DESCRIPTION = f"Judge a target. A target is one of\n{FORMS}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("target", nargs="?", metavar="TARGET", help="what to judge; or a command after --")
    add("--only", action="append", default=[], metavar="ID|SECTION", help="judge these alone; may be repeated")
    add("--list", action="store_true", help="print what would be judged, and judge nothing")
    add(
        "--profile",
        choices=[*RELEASES, RECOMMENDED],
        help="judge as this release; default: the one it claims",
    )
    add(
        "--require",
        action="append",
        default=[],
        metavar="SECTION|all",
        help="not claimed and not run are failures",
    )
    add("--strict", action="store_true", help="a SHOULD that fails counts too")
    add("--fail-fast", action="store_true", help="stop at the first case that fails")
    add("--deviations", type=Path, metavar="FILE", help="known deviations of this target")
    add("--today", type=_day, metavar="DATE", help="judge expiry against this day")
    add("--json", type=Path, metavar="FILE", help="write everything as JSON")
    add("--junit", type=Path, metavar="FILE", help="write JUnit XML")
    add("--events", type=Path, metavar="FILE", help="keep the log of events, written as they happen")
    add("--wire-log", type=Path, metavar="FILE", help="write every message to and from the target")
    add("--timeout", type=_positive, default=DEFAULT_TIMEOUT_S, metavar="S", help="seconds to wait for an answer (60)")
    add("--env", action="append", default=[], metavar="NAME", help="let the target see this variable")
    add("--processes", type=_several, default=DEFAULT_PROCESSES, metavar="N", help="real processes started at once (8)")
    add(
        "--draw",
        type=_count,
        default=0,
        metavar="N",
        help="draw N fresh examples a property, beside the stored ones",
    )
    add("-n", dest="workers", type=_count, default=0, metavar="N", help="run the cases on N cores")


def main(options: argparse.Namespace, command: Sequence[str]) -> int:
    catalogue = load_catalogue()
    named = _choose(catalogue, options.only, "--only")
    required = _required(catalogue, options.require)
    if options.list and options.target is None and not command:
        return _list(named, options.profile or RECOMMENDED, None)
    if options.fail_fast and options.workers > 1:
        raise UsageFault("--fail-fast goes with one core only: on several, which case fails first is chance; drop -n")
    for path in filter(None, (options.json, options.junit, options.events, options.wire_log)):
        _start_empty(path)
    target = resolve(options.target, command)
    hello = greet(target, timeout_s=options.timeout, wire_log=options.wire_log, pass_environment=options.env)
    profile, reason = choose_profile(options.profile, hello.profile)
    if options.list:
        return _list(named, profile, hello)
    deviations = _deviations(catalogue, options.deviations, target, profile)
    run = _judge(options, target, hello, (profile, reason), catalogue, named, required, deviations)
    if options.json:
        options.json.write_text(render_json(run), encoding="utf-8")
    if options.junit:
        options.junit.write_text(render_junit(run), encoding="utf-8")
    for line in render(run):
        print(line)
    return run.outcome.exit_code


def choose_profile(asked: str | None, claimed: str | None) -> tuple[str, str]:
    """The profile to judge by, and why: an unlisted release is judged as the nearest older one."""
    if asked is not None:
        return asked, "asked for"
    if claimed is None or claimed == RECOMMENDED:
        return RECOMMENDED, "the target claims no release"
    if claimed in RELEASES:
        return claimed, "claimed by the target"
    older = [release for release in RELEASES if _version(release) <= _version(claimed)]
    nearest = older[-1] if older else RELEASES[0]
    return nearest, f"the listed release nearest to {claimed}, which the target claims"


def _judge(
    options: argparse.Namespace,
    target: Target,
    hello: HelloResult,
    profile: tuple[str, str],
    catalogue: Catalogue,
    named: Sequence[Requirement],
    required: Sequence[str],
    deviations: Sequence[Deviation],
) -> Run:
    started_s = time.monotonic()
    chosen = [requirement for requirement in named if applies(requirement, profile[0])]
    judged = [requirement.id for requirement in chosen if not not_claimed_reason(requirement, hello.capabilities)]
    with tempfile.TemporaryDirectory(prefix="antigravity-conformance-") as name:
        folder = Path(name)
        events_file = (options.events or folder / "events.jsonl").absolute()
        append_event(
            events_file,
            {"event": "run", "target": target.word, "hello": hello.model_dump(), "judged": judged},
        )
        settings = _settings(options, target, hello.capabilities, judged, deviations, events_file, profile[0])
        interrupted = False
        try:
            run_cases(settings, folder, workers=options.workers, draw=options.draw)
        except KeyboardInterrupt:
            interrupted = True
        events = read_events(events_file)
        if not interrupted and not any(event["event"] == "end" for event in events):
            sys.stderr.write((folder / "engine.log").read_text(encoding="utf-8", errors="replace"))
    outcome = conclude(
        chosen,
        events,
        hello.capabilities,
        deviations,
        options.today,
        required=required,
        strict=options.strict,
        cut_short=options.fail_fast,
    )
    observed: dict[str, Any] = {
        "pid": hello.pid,
        "seconds": round(time.monotonic() - started_s, 3),
        "python": platform.python_version(),
        "system": platform.platform(),
        "folder": str(Path.cwd()),
    }
    word, claims = target.word, hello.model_dump(exclude_none=True)
    left_out = [requirement.id for requirement in named if requirement not in chosen]
    return Run(
        word,
        claims,
        *profile,
        __version__,
        catalogue,
        left_out,
        deviations,
        str(options.today),
        _repeated(options),
        outcome,
        observed,
    )


def _repeated(options: argparse.Namespace) -> list[str]:
    """The options that shape verdicts, as words that a shell reads back."""
    words: list[str] = []
    for name, value, default in (
        ("--profile", options.profile, None),
        ("--deviations", options.deviations, None),
        ("--timeout", options.timeout, DEFAULT_TIMEOUT_S),
        ("--processes", options.processes, DEFAULT_PROCESSES),
        ("--draw", options.draw, 0),
    ):
        if value != default:
            words += [name, shlex.quote(str(value))]
    for name in options.env:
        words += ["--env", shlex.quote(name)]
    return words


def _settings(
    options: argparse.Namespace,
    target: Target,
    capabilities: list[str],
    judged: list[str],
    deviations: Sequence[Deviation],
    events_file: Path,
    profile: str,
) -> RunSettings:
    return RunSettings(
        name=target.word,
        argv=target.argv,
        environment=target.environment,
        folder=str(Path.cwd()),
        pass_environment=options.env,
        capabilities=capabilities,
        judged=judged,
        deviations=[d.model_dump(mode="json") for d in deviations if not d.is_expired(options.today)],
        events=str(events_file),
        profile=profile,
        timeout_s=options.timeout,
        wire_log=str(options.wire_log.absolute()) if options.wire_log else None,
        processes=options.processes,
        fail_fast=options.fail_fast,
    )


def _choose(catalogue: Catalogue, words: Sequence[str], option: str) -> list[Requirement]:
    try:
        return catalogue.choose([part for word in words for part in word.split(",")])
    except KeyError as error:
        raise UsageFault(
            f"{option} {error}: there is no such requirement or section; `run --list` prints all of them"
        ) from error


def _required(catalogue: Catalogue, words: Sequence[str]) -> list[str]:
    if not words:
        return []
    named = [] if "all" in words else words
    return [requirement.id for requirement in _choose(catalogue, named, "--require")]


def _deviations(catalogue: Catalogue, path: Path | None, target: Target, profile: str) -> list[Deviation]:
    """The user's file; for a published release judged as itself, those that the kit knows."""
    if path is not None:
        return load_deviations(path, catalogue)
    is_release = target.word == f"npm:opencode-antigravity-auth@{profile}"
    return shipped_deviations(profile, catalogue) if is_release else []


def _list(chosen: Sequence[Requirement], profile: str, hello: HelloResult | None) -> int:
    for requirement in chosen:
        capabilities = requirement.needs if hello is None else hello.capabilities
        reason = not_claimed_reason(requirement, capabilities)
        if not applies(requirement, profile):
            reason = f"a rule of other releases than {profile}: {', '.join(requirement.releases)}"
        print(f"{requirement.id:9}{requirement.level:8}{requirement.title}")
        if reason:
            print(f"{'':17}not judged: {reason}")
    return 0


def _start_empty(path: Path) -> None:
    """What an earlier run left there is never taken for a part of this one."""
    try:
        path.write_bytes(b"")
    except OSError as error:
        raise UsageFault(
            f"cannot write {path}: {error.strerror}; expected a file in a folder that exists and may be written"
        ) from error


def _version(text: str) -> tuple[int, ...]:
    parts = text.partition("-")[0].split(".")
    return tuple(int(part) if part.isdigit() else 0 for part in parts)


def _positive(text: str) -> float:
    with suppress(ValueError):
        if 0 < (value := float(text)) < float("inf"):
            return value
    raise argparse.ArgumentTypeError(f"expected a number of seconds above 0, got {text!r}")


def _count(text: str) -> int:
    return _at_least(0, text)


def _several(text: str) -> int:
    return _at_least(2, text)


def _at_least(least: int, text: str) -> int:
    with suppress(ValueError):
        if (value := int(text)) >= least:
            return value
    raise argparse.ArgumentTypeError(f"expected a whole number of {least} or more, got {text!r}")


def _day(text: str) -> datetime.date:
    with suppress(ValueError):
        return datetime.date.fromisoformat(text)
    raise argparse.ArgumentTypeError(f"expected a day such as 2026-12-31, got {text!r}")
