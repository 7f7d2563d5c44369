"""`run`: judge a target."""

import argparse
import shlex
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from conformance import __version__
from conformance.cli.deviations import file_of
from conformance.cli.faults import explain
from conformance.cli.options import add_arguments
from conformance.cli.outputs import prepare_outputs, write_report
from conformance.cli.run_judging import judge
from conformance.cli.run_plan import Selection, Subject, find_subject, make_plan, select
from conformance.reports.fault import Fault
from conformance.reports.formats import FORMATS
from conformance.reports.run import Run
from conformance.reports.terminal import render, summary
from conformance.reports.verdicts import not_claimed_reason
from conformance.reports.writer import write_lines
from conformance.requirements import load_catalogue
from conformance.requirements.catalogue import applies
from conformance.targets.errors import UsageFault
from conformance.targets.gate.support import why_not
from conformance.targets.resolve import FORMS, resolve
from reference_impl.releases import RECOMMENDED

__all__ = ["DESCRIPTION", "HELP", "add_arguments", "main"]

HELP = "judge a target"
DESCRIPTION = f"Judges a target. A target is one of\n{FORMS}"


def main(options: argparse.Namespace, command: Sequence[str]) -> int:
    selection = select(load_catalogue(), options.only, options.require)
    if options.list and options.target is None and not command:
        return _list(selection, options.profile or RECOMMENDED, None)
    if options.fail_fast and options.workers > 1:
        raise UsageFault("--fail-fast needs one core, because on several cores the first failure is random; drop -n")
    written = {report.option: getattr(options, report.name) for report in FORMATS}
    written |= {"--events": options.events, "--wire-log": options.wire_log}
    written |= {"--trace-files": options.trace_files}
    read = {"--deviations": file_of(options.deviations, selection.catalogue), "--mapping": options.mapping}
    prepare_outputs(written, read)
    if options.trace_files is not None and (reason := why_not()):
        raise UsageFault(f"--trace-files: {reason}")
    if options.watch:
        return _watch(options, command, selection, [path for path in written.values() if path is not None])
    try:
        subject = find_subject(options, command)
        if options.list:
            return _list(selection, subject.profile.name, subject)
        run = judge(make_plan(options, selection, subject))
    except BaseException as error:
        _write_fault(options, command, error)
        raise
    _show(options, run)
    return run.outcome.exit_code


def _show(options: argparse.Namespace, run: Run) -> None:
    for report in FORMATS:
        if (path := getattr(options, report.name)) is not None:
            write_report(path, report.render(run))
    lines = summary(run) if options.quiet else render(run, verbose=options.verbose)
    write_lines(lines, sys.stdout)


def _watch(options: argparse.Namespace, command: Sequence[str], selection: Selection, written: Sequence[Path]) -> int:
    from conformance.cli.watch import watch

    if options.list:
        raise UsageFault("--list and --watch exclude each other; drop one of them")

    def judge_these(rules: Sequence[str]) -> Sequence[str]:
        if options.events is not None:
            options.events.write_bytes(b"")
        chosen = select(selection.catalogue, rules, options.require) if rules else selection
        run = judge(make_plan(options, chosen, find_subject(options, command)))
        _show(options, run)
        if run.outcome.interrupted:
            raise KeyboardInterrupt
        return [verdict.requirement.id for verdict in run.outcome.verdicts if verdict.word in ("fail", "unknown")]

    checkout = resolve(options.target, command, options.mapping).checkout
    watch(checkout or Path.cwd(), judge_these, written)
    return 0


def _write_fault(options: argparse.Namespace, command: Sequence[str], error: BaseException) -> None:
    message, code = explain(error)
    fault = Fault(options.target or f"-- {shlex.join(command)}", __version__, code, message)
    with suppress(OSError):  # the first error is the one to report
        for report in FORMATS:
            if (path := getattr(options, report.name)) is not None:
                write_report(path, report.render_fault(fault))


def _list(selection: Selection, profile: str, subject: Subject | None) -> int:
    for requirement in selection.named:
        capabilities = requirement.needs if subject is None else subject.hello.capabilities
        reason = not_claimed_reason(requirement, capabilities)
        if not applies(requirement, profile):
            reason = f"does not apply to {profile}, only to {', '.join(requirement.releases)}"
        print(f"{requirement.id:9}{requirement.level:8}{requirement.title}")
        if reason:
            print(f"{'':17}not judged: {reason}")
    return 0
