"""`run`: judge a target."""

import argparse
import datetime
import platform
import shlex
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from conformance import __version__
from conformance.cases.engine import engine_log, run_cases
from conformance.cases.settings import RunSettings
from conformance.cli.faults import explain
from conformance.cli.options import add_arguments, repeated
from conformance.cli.outputs import prepare_outputs, write_report
from conformance.cli.profile import ChosenProfile, profile_of
from conformance.reports.documents import render_json, render_junit
from conformance.reports.events import append_event, read_events
from conformance.reports.fault import Fault, render_fault_json, render_fault_junit
from conformance.reports.progress import Progress, progress_line
from conformance.reports.run import Run
from conformance.reports.terminal import render
from conformance.reports.verdicts import conclude, not_claimed_reason
from conformance.requirements import Catalogue, Requirement, load_catalogue
from conformance.requirements.catalogue import applies
from conformance.requirements.deviations import Deviation, load_deviations, shipped_deviations
from conformance.targets.errors import UsageFault
from conformance.targets.group import Group
from conformance.targets.resolve import FORMS, Target, resolve
from conformance.targets.smoke import Greeting, greet
from conformance.wire.messages import HelloResult
from reference_impl.releases import RECOMMENDED

__all__ = ["DESCRIPTION", "HELP", "add_arguments", "main"]

HELP = "judge a target"
DESCRIPTION = f"Judge a target. A target is one of\n{FORMS}"


def main(options: argparse.Namespace, command: Sequence[str]) -> int:
    catalogue = load_catalogue()
    named = _choose(catalogue, options.only, "--only")
    required = _required(catalogue, options.require, named)
    if options.list and options.target is None and not command:
        return _list(named, options.profile or RECOMMENDED, None)
    if options.fail_fast and options.workers > 1:
        raise UsageFault("--fail-fast goes with one core only: on several, which case fails first is chance; drop -n")
    prepare_outputs(
        {f"--{name.replace('_', '-')}": getattr(options, name) for name in ("json", "junit", "events", "wire_log")},
        {"--deviations": options.deviations, "--mapping": options.mapping},
    )
    try:
        target = resolve(options.target, command, options.mapping)
        greeting = greet(target, timeout_s=options.timeout, wire_log=options.wire_log, pass_environment=options.env)
        profile = profile_of(options.profile, target, greeting.hello, options.timeout)
        if options.list:
            return _list(named, profile.name, greeting.hello)
        deviations = _deviations(catalogue, options.deviations, target, profile.name)
        run = _judge(options, target, greeting, profile, catalogue, named, required, deviations)
    except BaseException as error:
        message, code = explain(error)
        fault = Fault(options.target or f"-- {shlex.join(command)}", __version__, code, message)
        with suppress(OSError):  # what went wrong before is what is told
            write_report(options.json, render_fault_json(fault))
            write_report(options.junit, render_fault_junit(fault))
        raise
    write_report(options.json, render_json(run))
    write_report(options.junit, render_junit(run))
    for line in render(run):
        print(line)
    return run.outcome.exit_code


def _judge(
    options: argparse.Namespace,
    target: Target,
    greeting: Greeting,
    profile: ChosenProfile,
    catalogue: Catalogue,
    named: Sequence[Requirement],
    required: Sequence[str],
    deviations: Sequence[Deviation],
) -> Run:
    started_s = time.monotonic()
    today = options.today or datetime.date.today()
    inherited = target.is_checkout and options.deviations is None
    hello = greeting.hello
    chosen = [requirement for requirement in named if applies(requirement, profile.name)]
    judged = [requirement.id for requirement in chosen if not not_claimed_reason(requirement, hello.capabilities)]
    with Group([], timeout_s=options.timeout) as group:  # its supervisor removes the folder, also if we are killed
        folder = group.folder
        events_file = (options.events or folder / "events.jsonl").absolute()
        append_event(
            events_file,
            {"event": "run", "target": target.word, "hello": hello.model_dump(), "judged": judged},
        )
        current = [deviation for deviation in deviations if not deviation.is_expired(today)]
        settings = _settings(options, target, hello.capabilities, judged, current, events_file, profile.name)
        interrupted = False
        try:
            with Progress(lambda: progress_line(events_file.read_bytes()), sys.stderr):
                run_cases(settings, folder, workers=options.workers, draw=options.draw)
        except KeyboardInterrupt:
            interrupted = True
        events = read_events(events_file)
        if not interrupted and not any(event["event"] == "end" for event in events):
            sys.stderr.write(engine_log(folder))
    outcome = conclude(
        chosen,
        events,
        hello.capabilities,
        deviations,
        today,
        required=required_of(hello.language, required, chosen),
        strict=options.strict,
        cut_short=options.fail_fast,
        interrupted=interrupted,
        inherited=inherited,
    )
    observed: dict[str, Any] = {
        "pid": hello.pid,
        "pid_status": greeting.pid_status,
        **({} if options.today else {"today": str(today)}),
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
        profile.name,
        profile.reason,
        __version__,
        catalogue,
        left_out,
        deviations,
        str(options.today) if options.today else None,
        repeated(options),
        outcome,
        observed,
        target.notes,
        inherited and bool(deviations),
        profile.between,
    )


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
        deviations=[deviation.model_dump(mode="json", include=set(Deviation.model_fields)) for deviation in deviations],
        events=str(events_file),
        profile=profile,
        timeout_s=options.timeout,
        wire_log=str(options.wire_log.absolute()) if options.wire_log else None,
        processes=options.processes,
        namespaces=not options.no_namespaces,
        python_host=target.python_host,
        fail_fast=options.fail_fast,
    )


def _choose(catalogue: Catalogue, words: Sequence[str], option: str) -> list[Requirement]:
    try:
        return catalogue.choose([part for word in words for part in word.split(",")])
    except KeyError as error:
        raise UsageFault(
            f"{option} {error}: there is no such requirement or section; `run --list` prints all of them"
        ) from error


def _required(catalogue: Catalogue, words: Sequence[str], named: Sequence[Requirement]) -> list[str]:
    ids: list[str] = []
    for word in (part for given in words for part in given.split(",")):
        chosen = named if word == "all" else _choose(catalogue, [word], "--require")
        judged = [requirement.id for requirement in chosen if requirement in named]
        if not judged:
            raise UsageFault(f"--require {word}: --only leaves it out; choose it there too, or drop one of the two")
        ids += judged
    return ids


def required_of(language: str, required: Sequence[str], chosen: Sequence[Requirement]) -> list[str]:
    """Without what needs `fork` where the target is not in Python: no other language can claim it (docs/wire.md)."""
    beyond = {requirement.id for requirement in chosen if "fork" in requirement.needs and language.lower() != "python"}
    return [id_ for id_ in required if id_ not in beyond]


def _deviations(catalogue: Catalogue, path: Path | None, target: Target, profile: str) -> Sequence[Deviation]:
    """The user's file; for a published release judged as itself, or the reference as that, those that the kit knows.

    A checkout inherits those of the release that it is judged as: what is its own doing then stands out.
    """
    if path is not None:
        return load_deviations(path, catalogue)
    is_release = target.word in (f"npm:opencode-antigravity-auth@{profile}", f"reference@{profile}")
    return shipped_deviations(profile, catalogue) if is_release or target.is_checkout else []


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
