"""`replay`: sends one stored scenario to a target: a discrepancy, a vector or a scenario from a bug report."""

import argparse
import json
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from conformance.cli.options import add_env, add_mapping, add_profile, add_timeout
from conformance.cli.profile import profile_of
from conformance.cli.replay_race import replay_race
from conformance.json_type import Json
from conformance.processes.races.stored import is_stored_race
from conformance.reports.describe import describe, describe_params, wrap
from conformance.reports.progress import Progress, Stage
from conformance.search.compare import are_same, instants
from conformance.search.oracle import Oracle, flip_quirks
from conformance.targets.errors import UsageFault
from conformance.targets.group import Group, Launch
from conformance.targets.resolve import resolve
from conformance.targets.smoke import greet
from conformance.wire.files import ask
from conformance.wire.methods import METHODS
from conformance.wire.scenario import READ_FILE, Scenario, ScenarioError, show_answer

DIFFERENT = 1
HELP = "send one stored scenario to a target"
DESCRIPTION = """\
Sends the calls of a file to a target: a vector, a discrepancy of `fuzz`, or any
scenario (docs/vectors.md). Compares the answers with the expectations in the
file or, if it has none, with the reference at the target's profile. The exit
code is 1 if an answer differs. A file of `races` has a schedule of two processes
instead (docs/races.md); the exit code is 1 if it breaks its rule again."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("file", type=Path, metavar="FILE", help="JSON file with a list `calls` and optional `files`")
    add("target", nargs="?", metavar="TARGET", help="Target, or a command after --")
    add_profile(parser)
    add_mapping(parser)
    add_timeout(parser)
    add_env(parser)


def main(options: argparse.Namespace, command: Sequence[str]) -> int:
    document = _read(options.file)
    if is_stored_race(document):
        return replay_race(document, options, command)
    scenario = read_scenario(options.file)
    asking = {"timeout_s": options.timeout, "pass_environment": options.env}
    with Progress(Stage(f"sending {len(scenario.calls)} calls"), sys.stderr):
        target = resolve(options.target, command, options.mapping)
        hello = greet(target, **asking).hello
        profile = profile_of(options.profile, target, hello, **asking).name
        with Group([Launch(target.argv, target.environment, target.word)], **asking) as group:
            answers = ask(scenario, partial(group.connections[0].batch), group.folder)
    predicted = ask(scenario, Oracle(flip_quirks(profile), strict=False).answers)
    is_judged = any({"expect", "refusal"} & set(call.to_json()) for call in scenario.calls)
    calls = [(call.method, call.params) for call in scenario.calls]
    differing = 0
    for call, answer, expected, now_ms in zip(scenario.calls, answers, predicted, instants(calls), strict=True):
        same = call.accepts(answer) if is_judged else are_same(call.method, expected, answer, now_ms)
        differing += not same
        print(wrap(f"{call.method} {describe_params(call.method, call.params)}", "  " if same else "> ", 6))
        print(wrap(f"answered {describe(show_answer(answer))}", "    ", 2))
        if not same:
            wanted = call.expected if is_judged else show_answer(expected)
            print(
                wrap(f"expected {describe(wanted) if wanted is not None or not is_judged else 'a result'}", "    ", 2)
            )
    by = "the file" if is_judged else f"the reference at {profile}"
    print(f"{len(answers)} calls sent to {target.word}; answers that differ from {by}: {differing}")
    return DIFFERENT if differing else 0


def _read(path: Path) -> Json:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageFault(f"cannot read {path}: {error.strerror}; expected a vector or a scenario") from error
    except (ValueError, RecursionError) as error:
        raise UsageFault(f"{path} is not JSON in UTF-8: {error}; expected a vector or a scenario") from error


def read_scenario(path: Path) -> Scenario:
    """Returns the scenario of a file; ignores the other keys of a vector. Raises UsageFault."""
    document = _read(path)
    if isinstance(document, dict):
        document = {key: document[key] for key in ("files", "calls") if key in document}
    try:
        scenario = Scenario.from_json(document)
    except ScenarioError as error:
        raise UsageFault(f"{path}: {error}") from error
    if unknown := [call.method for call in scenario.calls if call.method not in (*METHODS, READ_FILE)]:
        raise UsageFault(f"{path}: there is no method {unknown[0]!r}; docs/wire.md lists them")
    return scenario
