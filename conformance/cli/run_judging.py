"""Carries out the plan of a run: starts the engine, reads its events, and works out the verdicts."""

import os
import platform
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from conformance import __version__
from conformance.cases.engine import USUAL, engine_log, engine_state, run_cases
from conformance.cases.settings import RunSettings
from conformance.cases.tracing import read_paths
from conformance.cli.deviations import find_known, only_inherited
from conformance.cli.evidence import find_evidence
from conformance.cli.options import repeated
from conformance.cli.outputs import write_report
from conformance.cli.run_plan import Plan
from conformance.reports import events
from conformance.reports.causes import Cause
from conformance.reports.events import Event, EventError, RunEnded, RunStarted, append_event, read_events
from conformance.reports.progress import Progress, Stage, progress_line
from conformance.reports.run import Machine, Run
from conformance.reports.story import Reason
from conformance.reports.verdicts import Outcome, conclude
from conformance.search.config_keys import added_keys
from conformance.targets.errors import AdapterFault
from conformance.targets.self_removing import self_removing_folder
from conformance.texts import printable
from conformance.wire.files import FULL
from reference_impl.profiles import profile
from reference_impl.releases import RECOMMENDED

ENGINE_LINES = 40  # of what pytest said, where it did not end as usual
OPENED = "opened"  # file in the folder of a run, for --trace-files
ROOM_BYTES = 32_768  # with less space on the disk, pytest may fail anywhere, even at writing its log
LOST = (
    "{folder} of the kit was removed, emptied or changed while {target} ran. If nobody else did that, the target did: "
    "a target must write only below its home and its temporary folder"
)


def judge(plan: Plan) -> Run:
    """Run the cases. After Ctrl-C, the result has what was judged so far."""
    started_s, user_folder = time.monotonic(), str(Path.cwd())  # a target may remove it
    with self_removing_folder() as folder:
        try:
            seen, interrupted = _run_engine(plan, folder)
        except (OSError, EventError) as error:
            if isinstance(error, OSError) and folder.is_dir():
                raise
            raise AdapterFault(LOST.format(folder=folder, target=plan.subject.target.word)) from error
        if plan.options.trace_files is not None:
            write_report(plan.options.trace_files, "".join(f"{path}\n" for path in read_paths(folder / OPENED)))
    subject, options = plan.subject, plan.options
    if plan.criteria.inherited:
        accepted = {deviation.id for deviation in plan.criteria.own_deviations}
        seen = [only_inherited(event, plan.subject.profile.name, accepted) for event in seen]
    outcome = conclude(plan.criteria, seen, interrupted=interrupted)
    causes, reasons = _explain(plan, outcome) if outcome.count("fail") and not interrupted else ([], [])
    return Run(
        target_word=subject.target.word,
        notes=subject.target.notes,
        hello=subject.hello,
        is_port=not subject.target.is_node and subject.profile.name == RECOMMENDED,
        added_config_keys=added_keys(subject.greeting.config),
        profile=subject.profile,
        kit_version=__version__,
        catalogue=plan.catalogue,
        left_out=plan.left_out,
        criteria=plan.criteria,
        today=options.today,
        options=repeated(options),
        outcome=outcome,
        causes=causes,
        reasons=reasons,
        known=find_known(outcome, plan.criteria, plan.catalogue),
        evidence=find_evidence(plan, outcome),
        machine=Machine(
            pid=subject.hello.pid,
            pid_status=subject.greeting.pid_status,
            seconds=round(time.monotonic() - started_s, 3),
            python=platform.python_version(),
            system=platform.platform(),
            folder=user_folder,
        ),
    )


def _explain(plan: Plan, outcome: Outcome) -> tuple[Sequence[Cause], Sequence[Reason]]:
    from conformance.cli.stories import explain_failures  # slow: it imports the search

    with Progress(Stage("explaining the failures"), sys.stderr):
        return explain_failures(plan, outcome)


def _run_engine(plan: Plan, folder: Path) -> tuple[Sequence[Event], bool]:
    """Returns the events, and whether Ctrl-C interrupted the engine."""
    options = plan.options
    file = (options.events or folder / "events.jsonl").absolute()
    started = RunStarted(
        format=events.FORMAT,
        target=plan.subject.target.word,
        hello=plan.subject.hello,
        judged=plan.criteria.judged,
    )
    append_event(file, started)
    interrupted = False
    try:
        with Progress(lambda: progress_line(file.read_bytes(), *engine_state(folder)), sys.stderr):
            run_cases(settings_of(plan, file, folder), folder, workers=options.workers, draw=options.draw)
    except KeyboardInterrupt:
        interrupted = True
    seen = read_events(file)
    if not any(isinstance(event, RunStarted) for event in seen):  # the verdicts before are lost too
        raise AdapterFault(LOST.format(folder=file, target=plan.subject.target.word))
    if not interrupted and not any(isinstance(event, RunEnded) and event.pytest_exit in USUAL for event in seen):
        log = engine_log(folder)
        lines = printable(log).splitlines()[-ENGINE_LINES:]
        # By now, there may be room again: the folders of the targets are removed.
        if shutil.disk_usage(folder).free < ROOM_BYTES or any(os.strerror(number) in log for number in FULL):
            lines = [f"{folder.parent} is full; free some space, or name another folder in TMPDIR"]
        sys.stderr.write("\n".join(lines) + "\n")
    return seen, interrupted


def settings_of(plan: Plan, events_file: Path, folder: Path) -> RunSettings:
    target, options = plan.subject.target, plan.options
    return RunSettings(
        name=target.word,
        argv=target.argv,
        environment=target.environment,
        folder=str(Path.cwd()),
        pass_environment=options.env,
        capabilities=plan.subject.hello.capabilities,
        judged=plan.criteria.judged,
        waivers=[deviation.waiver for deviation in plan.criteria.current_deviations],
        events=str(events_file),
        profile=plan.subject.profile.name,
        pool_version=profile(plan.subject.profile.name).pool_version,
        timeout_s=options.timeout,
        time_limit_s=options.time_limit,
        opened=str(folder / OPENED) if options.trace_files else None,
        wire_log=str(options.wire_log.absolute()) if options.wire_log else None,
        processes=options.processes,
        namespaces=not options.no_namespaces,
        python_host=target.python_host,
        fail_fast=options.fail_fast,
        decisive=plan.criteria.decisive,
    )
