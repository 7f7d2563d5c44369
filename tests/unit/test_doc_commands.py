"""Every command on the pages is well formed, and its placeholders are recognisable. The integration tests run them."""

import shlex

import pytest

from conformance.cli.main import full_parser
from tests.support.command import CHECKOUT
from tests.support.doc_commands import KIT, OF_THE_KIT, PLACEHOLDERS, arguments, commands, is_file, words_in_capitals

COMMANDS = sorted(commands())
# Files that the page of the command says how to make, and programs of the reader's in measurements.
MADE = {"agent.mjs", "agent.py", "threads.py", "../docs/survey/board.json", "shard-1.json", "shard-2.json"}
WRITTEN_BY = ("--html", "--issue", "--json", "--junit", "--markdown", "--wire-log", "--svg")


def test_pages_have_commands() -> None:
    assert len(COMMANDS) > 60


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith(KIT) and not c.endswith("--version")])
def test_command_of_the_kit_parses(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = arguments(command)
    own = words[: words.index("--")] if "--" in words else words
    code: object = 0
    try:
        full_parser().parse_args(own)
    except SystemExit as end:  # also after --help
        code = end.code
    assert code == 0, f"{command}: {capsys.readouterr().err}"


@pytest.mark.parametrize("command", COMMANDS)
def test_placeholders_are_recognisable(command: str) -> None:
    unknown = words_in_capitals(command) - PLACEHOLDERS - OF_THE_KIT
    assert not unknown, f"{command}: add the placeholder to tests/support/doc_commands.py, or write it in lower case"
    words = shlex.split(command)
    for before, word in zip(["", *words], words, strict=False):
        is_own = words_in_capitals(word) & PLACEHOLDERS or word in MADE or before in WRITTEN_BY
        if is_file(word) and not is_own:
            assert (CHECKOUT / word).exists(), f"{command}: there is no {word}; write its name in capitals"


def test_goals_and_variables_of_make_exist() -> None:
    makefile = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    for command in (c for c in COMMANDS if c.startswith("make ")):
        words = [word for word in shlex.split(command)[1:] if word not in ("-C", "..")]
        for word in words:
            name = word.partition("=")[0]
            wanted = f"$({name})" if "=" in word else f"\n{name}:"
            assert wanted in makefile, f"{command}: the Makefile has no {name}"
