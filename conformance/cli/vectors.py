"""`vectors check|list|write`: checks, lists and completes the stored vectors."""

import argparse
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from conformance.cli.options import add_env, add_profile, add_timeout
from conformance.cli.profile import profile_of
from conformance.targets.errors import UsageFault
from conformance.targets.group import Group, Launch
from conformance.targets.resolve import resolve
from conformance.targets.smoke import greet
from conformance.vectors import Vector, read_vectors
from conformance.vectors.asking import reason_not_asked
from conformance.vectors.load import vectors_folder
from conformance.vectors.model import render_schema, schema_file
from conformance.vectors.predict import differences, drift
from conformance.vectors.write import write_vectors
from conformance.wire.files import ask

NOT_CONFORMANT, SUITE_FAULT, NOTHING_JUDGED = 1, 4, 5
HELP = "check, list and complete the stored vectors"
DESCRIPTION = """\
check  check that each vector is valid and that the reference answers as
       expected; with --target, also ask the target
list   print id, title, requirements and profiles of each vector
write  complete vectors that lack expectations, range or needs, and format all"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["check", "list", "write"])
    parser.add_argument("--target", metavar="TARGET", help="check: Also ask this target, or a command after --")
    add_profile(parser)
    add_timeout(parser)
    add_env(parser)
    parser.add_argument(
        "--folder", type=Path, default=vectors_folder(), help="Folder of vectors (default: that of the kit)"
    )


def main(options: argparse.Namespace, command: Sequence[str]) -> int:
    if options.action != "check" and (options.target or command):
        raise UsageFault(f"vectors {options.action} takes no target; use `vectors check --target TARGET`")
    if not options.folder.is_dir():
        raise UsageFault(f"there is no folder {options.folder}; expected a folder with SECTION/ID.json")
    if not any(options.folder.glob("*/*.json")):
        raise UsageFault(f"there is no vector in {options.folder}; expected a folder with SECTION/ID.json")
    if options.action == "write":
        return _write(options.folder)
    vectors, problems = read_vectors(options.folder)
    if options.action == "list":
        for vector in vectors:
            shown = ", ".join(vector.profiles) + (f"; quirk {vector.quirk}" if vector.quirk else "")
            print(f"{vector.id}\n    {vector.document['title']}\n    {', '.join(vector.requirements)}; {shown}")
        return _tell(problems)
    if options.folder == vectors_folder() and schema_file().read_text(encoding="utf-8") != render_schema():
        problems.append("schema.json: out of date; run `make vectors`")
    problems += [problem for vector in vectors for problem in drift(vector)]
    code = _tell(problems)
    print(f"{len(vectors)} valid vectors, {len(problems)} problems")
    if code or not (options.target or command):
        return code
    return _ask(options, command, vectors)


def _write(folder: Path) -> int:
    changed, problems = write_vectors(folder)
    if folder == vectors_folder():
        schema_file().write_text(render_schema(), encoding="utf-8")
    print("\n".join([*changed, f"{len(changed)} vectors written"]))
    return _tell(problems)


def _tell(problems: Sequence[str]) -> int:
    for problem in problems:
        print(problem)
    return SUITE_FAULT if problems else 0


def _ask(options: argparse.Namespace, command: Sequence[str], vectors: Sequence[Vector]) -> int:
    """Ask every vector that holds for the target's profile, including those of quirks."""
    target = resolve(options.target, command)
    asking = {"timeout_s": options.timeout, "pass_environment": options.env}
    hello = greet(target, **asking).hello
    profile = profile_of(options.profile, target, hello, **asking).name
    by_id = {vector.id: vector for vector in vectors}
    asked = differing = left_out = 0
    with Group([Launch(target.argv, target.environment, target.word)], **asking) as group:
        answers = partial(ask, send=group.connections[0].batch, within=group.folder)
        for vector in vectors:
            if profile not in vector.profiles:
                continue
            if reason := reason_not_asked(vector, by_id, hello.capabilities, answers):
                print(f"{vector.place}: {reason}")
                left_out += 1
                continue
            asked += 1
            found = list(differences(vector, answers(vector.scenario)))
            differing += bool(found)
            for difference in found:
                print(f"{vector.place}: {difference}")
    print(f"{target.word} as {profile}: {asked} vectors asked, {differing} differ, {left_out} not asked")
    if differing:
        return NOT_CONFORMANT
    return 0 if asked else NOTHING_JUDGED
