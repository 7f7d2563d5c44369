"""`survey`: judge several targets and show them side by side."""

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from conformance import __version__
from conformance.cli.checkouts import checkout_of
from conformance.cli.options import (
    DEFAULT_PROCESSES,
    DEFAULT_TIMEOUT_S,
    MAX_WORKERS,
    between,
    day,
    given_for_runs,
    seconds,
)
from conformance.cli.outputs import prepare_outputs, write_report
from conformance.cli.survey_runs import Finished, Job, run_jobs
from conformance.processes.fitting import MAX_ACCOUNTS
from conformance.reports.board import (
    BoardError,
    Observed,
    Row,
    is_board,
    make_board,
    make_row,
    read_board,
    write_board,
)
from conformance.reports.board_html import render_html
from conformance.reports.board_markdown import render_markdown
from conformance.reports.board_terminal import render_board
from conformance.reports.progress import Progress
from conformance.reports.report import ReportError, read_report
from conformance.reports.verdicts import NOT_CONFORMANT
from conformance.requirements import load_catalogue
from conformance.targets.errors import UsageFault
from conformance.targets.resolve import is_word
from conformance.targets.self_removing import self_removing_folder
from reference_impl.releases import RECOMMENDED, VERSIONS

HELP = "judge several targets and compare them on one board"
DESCRIPTION = """\
Judges several targets and shows them on one board. A target is one of `run`, or
the path of a checkout: `survey reference forks/*`. The board also shows targets
that cannot be judged, with the reason. The exit code is the first of 130, 4, 1,
2, 3, 6, 5, 0 that a target ends with."""
GIVE_UP_S = 1800.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("targets", nargs="*", metavar="TARGET", help="A target, or the path of a checkout (plugin:PATH)")
    add(
        "--from",
        dest="reports_read",
        action="append",
        type=Path,
        default=[],
        metavar="FILE",
        help="Also show an earlier run or survey, from its --json file; may be repeated",
    )
    add(
        "-n",
        dest="workers",
        type=between(1, MAX_WORKERS),
        default=2,
        metavar="N",
        help="Number of targets to judge at once (default: 2)",
    )
    add(
        "--give-up",
        type=seconds,
        default=GIVE_UP_S,
        metavar="S",
        help="Time limit of one target in seconds (default: 1800)",
    )
    add("--mappings", type=Path, metavar="FOLDER", help="Folder of mapping files: NAME.toml for the checkout NAME")
    add("--reports", type=Path, metavar="FOLDER", help="Keep the JSON report of each run in this folder")
    add("--json", type=Path, metavar="FILE", help="Write the board as JSON")
    add("--markdown", type=Path, metavar="FILE", help="Write the board as Markdown")
    add("--html", type=Path, metavar="FILE", help="Write the board as HTML")
    handed = parser.add_argument_group("options of each run, as for `run`")
    add = handed.add_argument
    add("--profile", choices=[*VERSIONS, RECOMMENDED], metavar="RELEASE")
    add("--only", action="append", default=[], metavar="ID|SECTION")
    add("--require", action="append", default=[], metavar="SECTION|all")
    add("--strict", action="store_true")
    add("--today", type=day, metavar="DATE")
    add("--timeout", type=seconds, default=DEFAULT_TIMEOUT_S, metavar="S")
    add("--processes", type=between(2, MAX_ACCOUNTS), default=DEFAULT_PROCESSES, metavar="N")
    add("--env", action="append", default=[], metavar="NAME")


def main(options: argparse.Namespace, command: Sequence[str]) -> int:
    if command:
        raise UsageFault(
            "survey takes no command after --; judge it with `run --json FILE -- COMMAND`, and show FILE with --from"
        )
    if not options.targets and not options.reports_read:
        raise UsageFault("no target was given; expected target words, paths of checkouts, or --from FILE")
    if not options.targets:
        others: list[tuple[str, object]] = [("--give-up", GIVE_UP_S), ("--strict", False), ("--require", [])]
        for name in given_for_runs(options, *others, ("--mappings", None)):
            raise UsageFault(f"{name} is for targets, and only reports were given; drop it")
    catalogue = load_catalogue()
    earlier = [row for path in options.reports_read for row in _read_rows(path)]
    prepare_outputs({"--json": options.json, "--markdown": options.markdown, "--html": options.html}, {})
    jobs = [Job(word, _handed(options, word)) for word in map(_word, options.targets)]
    board = make_board(__version__, catalogue, [*_judge(options, jobs), *earlier])
    write_report(options.json, json.dumps(write_board(board), indent=2, ensure_ascii=False) + "\n")
    write_report(options.markdown, render_markdown(board))
    write_report(options.html, render_html(board))
    for line in render_board(board):
        print(line)
    return board.exit_code


def _judge(options: argparse.Namespace, jobs: Sequence[Job]) -> list[Row]:
    ended: dict[int, Finished] = {}

    def line() -> str:
        failed = sum(each.report.exit_code == NOT_CONFORMANT for each in ended.values())
        waiting = [job.word for position, job in enumerate(jobs) if position not in ended]
        return (
            f"{len(ended)} of {len(jobs)} judged, {failed} not conformant: {', '.join(waiting[: options.workers])} ..."
        )

    with _folder(options.reports) as folder, Progress(line, sys.stderr) as progress:

        def note(position: int, finished: Finished) -> None:
            ended[position] = finished
            conclusion = finished.report.conclusion
            progress.note(f"{len(ended)}/{len(jobs)} {jobs[position].word}: {conclusion} ({finished.seconds:.0f} s)")

        finished = run_jobs(jobs, folder, workers=options.workers, bound_s=options.give_up, on_end=note)
    return [_row(job, each) for job, each in zip(jobs, finished, strict=True)]


def _row(job: Job, finished: Finished) -> Row:
    kind, _, path = job.word.partition(":")
    checkout = checkout_of(Path(path)) if kind == "plugin" else None
    return make_row(finished.report, Observed(checkout=checkout, seconds=finished.seconds))


def _word(given: str) -> str:
    """A word that names no other target is a path."""
    return given if is_word(given) else f"plugin:{given.rstrip('/') or given}"


def _handed(options: argparse.Namespace, word: str) -> list[str]:
    words = ["--timeout", str(options.timeout), "--processes", str(options.processes)]
    for name, values in (
        ("--profile", [options.profile] if options.profile else []),
        ("--today", [str(options.today)] if options.today else []),
        ("--only", options.only),
        ("--require", options.require),
        ("--env", options.env),
    ):
        words += [part for value in values for part in (name, value)]
    if options.strict:
        words.append("--strict")
    kind, _, path = word.partition(":")
    if options.mappings is not None and kind == "plugin":
        mapping = options.mappings / f"{Path(path).resolve().name}.toml"
        words += ["--mapping", str(mapping)] if mapping.is_file() else []
    return words


def _read_rows(path: Path) -> list[Row]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return list(read_board(document).rows) if is_board(document) else [make_row(read_report(document))]
    except OSError as error:
        raise UsageFault(f"cannot read {path}: {error.strerror}; expected the --json of a run or survey") from error
    except (BoardError, ReportError) as error:
        raise UsageFault(f"{path}: {error}") from error
    except (ValueError, RecursionError) as error:
        raise UsageFault(f"{path} is not JSON: {error}; expected the --json of a run or survey") from error


def _folder(kept: Path | None) -> AbstractContextManager[Path]:
    if kept is None:
        return self_removing_folder()
    try:
        kept.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageFault(f"cannot write {kept}: {error.strerror}; expected a folder") from error
    return nullcontext(kept)
