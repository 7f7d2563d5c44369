"""`compare`: what fails now and did not."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from conformance.cli.options import (
    DEFAULT_PROCESSES,
    DEFAULT_TIMEOUT_S,
    add_mapping,
    add_profile,
    between,
    day,
    given_for_runs,
    seconds,
)
from conformance.cli.outputs import prepare_outputs, write_report
from conformance.cli.survey_runs import Finished, Job, run_jobs
from conformance.processes.fitting import MAX_ACCOUNTS
from conformance.reports.compare import Comparison
from conformance.reports.compare_text import render_comparison_markdown, render_terminal
from conformance.reports.report import Report, ReportError, read_report
from conformance.requirements import load_catalogue
from conformance.targets.errors import UsageFault
from conformance.targets.resolve import is_word
from conformance.targets.self_removing import self_removing_folder
from conformance.texts import printable

HELP = "show what fails now and did not, between two runs or targets"
DESCRIPTION = """\
Compares two runs: what fails now and did not, what was repaired, what was
added. OLD and NEW are JSON reports of `run`, targets of `run`, or paths of
checkouts: `compare npm:opencode-antigravity-auth@1.6.0 plugin:.`. The exit code
is 1 for regressions only: rules that held and fail now, or that are no longer
claimed."""
GIVE_UP_S = 1800.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("old", metavar="OLD", help="The JSON report of a run, or a target")
    add("new", metavar="NEW", help="The JSON report of a run, or a target")
    add("--only", action="append", default=[], metavar="ID|SECTION", help="Judge only these; may be repeated")
    add_profile(parser, "Release to judge both as")
    add_mapping(parser)
    add("--deviations", metavar="FILE|NAME", help="Known deviations of both targets, as for `run`")
    add("--strict", action="store_true", help="Count a SHOULD that fails now as a regression")
    add("--today", type=day, metavar="DATE", help="Date for the expiry of deviations (default: today)")
    add("--timeout", type=seconds, default=DEFAULT_TIMEOUT_S, metavar="S", help="Time limit of one answer in seconds")
    add(
        "--processes",
        type=between(2, MAX_ACCOUNTS),
        default=DEFAULT_PROCESSES,
        metavar="N",
        help=f"Number of real processes to start at once (default: {DEFAULT_PROCESSES})",
    )
    add("--env", action="append", default=[], metavar="NAME", help="Pass this environment variable to the targets")
    add("--give-up", type=seconds, default=GIVE_UP_S, metavar="S", help="Time limit of one target in seconds")
    add("--html", type=Path, metavar="FILE", help="Write one HTML page, which needs no network")
    add("--markdown", type=Path, metavar="FILE", help="Write Markdown for a pull request")


def main(options: argparse.Namespace, command: Sequence[str]) -> int:  # noqa: ARG001 - takes no command
    sides: list[Report | Job] = [_read(options, word) for word in (options.old, options.new)]
    if all(isinstance(side, Report) for side in sides):
        of_runs = ("--give-up", GIVE_UP_S), ("--mapping", None), ("--deviations", None)
        for name in given_for_runs(options, *of_runs):  # no refusal: the action hands all its options to both commands
            print(f"note: {name} has no effect: OLD and NEW are reports")
    prepare_outputs({"--html": options.html, "--markdown": options.markdown}, {"--mapping": options.mapping})
    old, new = _judge(options, sides)
    comparison = Comparison(old, new, strict=options.strict)
    if options.html is not None:
        from conformance.reports.page.compare_page import render_compare_page  # with Jinja2, slow to import

        write_report(options.html, render_compare_page(comparison, load_catalogue()))
    write_report(options.markdown, render_comparison_markdown(comparison))
    for line in render_terminal(comparison):
        print(line)
    return comparison.exit_code


def _read(options: argparse.Namespace, word: str) -> Report | Job:
    """The report in a file, or the `run` of a target."""
    path = Path(word)
    if is_word(word):
        return Job(word, _handed(options))
    if path.is_dir():
        return Job(f"plugin:{word.rstrip('/') or word}", _handed(options))
    if not path.is_file():
        raise UsageFault(f"there is no file or folder {word!r}; expected the --json of a run, a target, or a checkout")
    try:
        return read_report(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise UsageFault(f"cannot read {path}: {error.strerror}; expected the --json of a run, or a target") from error
    except ReportError as error:
        raise UsageFault(f"{path}: {error}") from error
    except (ValueError, RecursionError) as error:
        raise UsageFault(f"{path} is not JSON: {error}; expected the --json of a run, or a target") from error


def _judge(options: argparse.Namespace, sides: Sequence[Report | Job]) -> list[Report]:
    """Both reports. Targets are judged one after the other."""
    jobs = [side for side in sides if isinstance(side, Job)]
    if not jobs:
        return [side for side in sides if isinstance(side, Report)]

    def show_progress(position: int, finished: Finished) -> None:
        line = f"{jobs[position].word}: {finished.report.conclusion} ({finished.seconds:.0f} s)"
        print(printable(line), file=sys.stderr, flush=True)

    with self_removing_folder() as folder:
        judged = iter(run_jobs(jobs, folder, workers=1, bound_s=options.give_up, on_end=show_progress))
    return [side if isinstance(side, Report) else next(judged).report for side in sides]


def _handed(options: argparse.Namespace) -> list[str]:
    words = ["--timeout", str(options.timeout), "--processes", str(options.processes)]
    for name, value in (
        ("--profile", options.profile),
        ("--mapping", options.mapping),
        ("--deviations", options.deviations),
        ("--today", options.today),
    ):
        words += [name, str(value)] if value is not None else []
    for name, values in (("--only", options.only), ("--env", options.env)):
        words += [part for value in values for part in (name, value)]
    return [*words, *(["--strict"] if options.strict else [])]
