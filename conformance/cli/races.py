"""`races`: judges what processes lose that save one pool file at the same moment, crash, or meet an error."""

import argparse
import json
import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from conformance.cli.options import add_env, add_mapping, add_timeout, asking, between, seconds
from conformance.cli.outputs import leave_out, prepare_folder, prepare_outputs, write_report
from conformance.processes.races.exploring import MAX_PREEMPTIONS
from conformance.processes.races.judging import KINDS, Plan, judge_races
from conformance.processes.races.model import MAX_PROCESSES
from conformance.processes.races.results import Judged, verdict
from conformance.processes.races.states import NAMES
from conformance.processes.races.stored import to_json
from conformance.processes.races.subject import NEEDS, Subject
from conformance.reports import races_json, races_svg, races_text
from conformance.reports.describe import command as wrapped_command
from conformance.reports.describe import wrap
from conformance.reports.progress import Progress, Stage
from conformance.reports.verdicts import INTERRUPTED
from conformance.requirements.races import RULES
from conformance.targets.errors import UsageFault
from conformance.targets.gate.support import why_not
from conformance.targets.group import Launch
from conformance.targets.resolve import resolve
from conformance.targets.smoke import greet
from conformance.texts import many

SAMPLES = 200
NOT_CONFORMANT, UNKNOWN, NOTHING_JUDGED = 1, 3, 5
HELP = "find what processes lose that save one pool file at the same moment"
DESCRIPTION = """\
Runs two processes of a target that save the same pool file, in every order of
their file calls with at most two preemptions, and kills one process, or lets a
call fail, at each of its calls (docs/races.md). A schedule that breaks a rule is
run again; if it does not do the same, the verdict is unknown. Needs Linux."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("target", nargs="?", metavar="TARGET", help="Target to judge, or a command after --")
    add(
        "--state",
        action="append",
        default=[],
        choices=NAMES,
        metavar="NAME",
        help=f"Judge only this start state; may be repeated: {', '.join(NAMES)}",
    )
    add(
        "--preemptions",
        type=between(0, 3),
        metavar="N",
        help=f"Largest number of preemptions in a schedule (default: {MAX_PREEMPTIONS})",
    )
    add(
        "--processes",
        type=between(2, MAX_PROCESSES),
        default=2,
        metavar="N",
        help=f"Number of processes, up to {MAX_PROCESSES} (default: 2; with more, schedules are drawn)",
    )
    add(
        "--samples",
        type=between(1),
        metavar="N",
        help=f"Number of schedules to draw for each state (default: {SAMPLES} with more than two processes)",
    )
    add("--seed", metavar="WORD", help="Seed for drawn schedules, as with --samples (default: 0)")
    add("--no-faults", action="store_true", help="Kill no process, and let no call fail")
    add("--time-limit", type=seconds, metavar="S", help="Stop after S seconds; what is left is unknown (default: none)")
    add("--out", type=Path, metavar="FOLDER", help="Write each failed schedule into this folder, for `replay`")
    add("--json", type=Path, metavar="FILE", help="Write the result as JSON")
    add("--html", type=Path, metavar="FILE", help="Write a page with all states and failures")
    add("--svg", type=Path, metavar="FILE", help="Draw the first failed schedule")
    add("--trace-files", type=Path, metavar="FILE", help="List each path outside its home that the target opens")
    add_mapping(parser)
    add_timeout(parser)
    add_env(parser)
    parser.set_defaults(profile=None)  # races compare with no release


def main(options: argparse.Namespace, command: Sequence[str]) -> int:
    outputs = {"--json": options.json, "--html": options.html, "--svg": options.svg}
    outputs["--trace-files"] = options.trace_files
    _check(options)
    prepare_outputs(outputs, {})
    prepare_folder("--out", options.out)
    if reason := why_not():
        return _not_run(options, "not run", reason)
    target = resolve(options.target, command, options.mapping)
    hello = greet(target, timeout_s=options.timeout, pass_environment=options.env).hello
    if missing := [word for word in NEEDS if word not in hello.capabilities]:
        return _not_run(options, "not claimed", f"{target.word} does not claim {', '.join(missing)}")
    judged = _judge(options, Launch(target.argv, target.environment, target.word))
    is_interrupted = any(row.is_interrupted for row in judged)
    for line in _report(judged, options, command):
        print(line)
    write_report(options.json, races_json.render(target.word, hello.version, judged))
    failures = [(rule, found) for row in judged for rule, found in sorted(row.found.items())]
    if failures:
        write_report(options.svg, races_svg.render(failures[0][1].outcome, failures[0][0]))
    code = INTERRUPTED
    if not is_interrupted:
        code = _exit_code({verdict(judged, rule) for rule, about in RULES.items() if about.level == "MUST"})
    if options.html is not None:
        from conformance.reports.page.races_page import render_races_page  # slow: it imports Jinja2

        write_report(options.html, render_races_page(target.word, hello.version, judged, code))
    if is_interrupted:
        raise KeyboardInterrupt  # the message and the exit code are those of every command
    return code


def _check(options: argparse.Namespace) -> None:
    """Raises UsageFault for an option that would have no effect."""
    are_drawn = options.samples is not None or options.processes > 2
    if are_drawn and options.preemptions is not None:
        raise UsageFault("--preemptions is for all orders, and these schedules are drawn; drop it, or drop --samples")
    if options.seed is not None and not are_drawn:
        raise UsageFault("--seed is for drawn schedules, and these are all orders; drop it, or give --samples")


def _not_run(options: argparse.Namespace, word: str, reason: str) -> int:
    for line in leave_out({"--html": options.html, "--svg": options.svg}, "nothing was judged"):
        print(wrap(line, "", 2))
    print(wrap(f"{word}: {reason}", "", 2))
    write_report(options.json, races_json.render_not_run(reason))
    return NOTHING_JUDGED


def _judge(options: argparse.Namespace, launch: Launch) -> list[Judged]:
    ends_s = time.monotonic() + options.time_limit if options.time_limit else None
    samples = options.samples or (SAMPLES if options.processes > 2 else 0)
    plan = Plan(
        options.state,
        MAX_PREEMPTIONS if options.preemptions is None else options.preemptions,
        ("orders",) if options.no_faults or samples else KINDS,
        samples,
        options.seed or "0",
        may_go_on=lambda: ends_s is None or time.monotonic() < ends_s,
    )
    judged: list[Judged] = []
    opened: set[str] = set()
    on_open = opened.add if options.trace_files else None
    stage = Stage("starting two processes")
    with (
        Progress(stage, sys.stderr) as progress,
        Subject(
            launch,
            timeout_s=options.timeout,
            count=options.processes,
            pass_environment=options.env,
            on_open=on_open,
        ) as subject,
    ):
        if absent := set(options.state) - set(subject.states):
            raise UsageFault(f"--state {sorted(absent)[0]} does not apply: {launch.name} has none of it")
        try:
            for row in judge_races(subject, plan):
                judged.append(row)
                progress.note(races_text.render_row(row))
                stage.show(lambda: many(sum(each.explored.schedules for each in judged), "schedule"))
        except KeyboardInterrupt:  # between two states
            if not judged:
                raise
            judged[-1].is_interrupted = True
    if options.trace_files:
        write_report(options.trace_files, "".join(f"{path}\n" for path in sorted(opened)))
    return judged


def _exit_code(verdicts: set[str]) -> int:
    """A proven failure outranks an unknown."""
    for word, code in (("fail", NOT_CONFORMANT), ("unknown", UNKNOWN), ("pass", 0)):
        if word in verdicts:
            return code
    return NOTHING_JUDGED


def _report(judged: Sequence[Judged], options: argparse.Namespace, command: Sequence[str]) -> list[str]:
    lines = ["", *races_text.render_table(judged), ""]
    shown: set[str] = set()
    for row in judged:
        for rule, found in sorted(row.found.items()):
            path = _write(row, rule, options.out) if options.out is not None else None
            if rule in shown:
                continue
            shown.add(rule)
            lines += races_text.render_failure(rule, row, found)
            if path is not None:
                named = f"-- {shlex.join(command)}" if command else shlex.quote(options.target)
                words = ["antigravity-conformance replay", *asking(options), shlex.quote(str(path)), named]
                lines += [*wrapped_command(" ".join(words), "  "), ""]
    if shown:
        lines += [wrap(races_text.LEGEND, "", 0), ""]
    else:
        lines += [wrap(line, "", 2) for line in leave_out({"--svg": options.svg}, "no schedule failed")]
    return [*lines, *races_text.render_summary(judged)]


def _write(row: Judged, rule: str, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{rule}-{row.state}-{row.kind}.json"
    document = to_json(row.state, rule, row.found[rule].outcome)
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return path
