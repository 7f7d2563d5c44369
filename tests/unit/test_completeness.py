"""Code, rules, help and pages have everything that a table has. Each test names the incomplete file."""

import argparse
import ast
import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.cli.main import COMMANDS, _parser, main
from conformance.reports.formats import FORMATS, ReportFormat
from conformance.requirements import load_catalogue
from conformance.vectors import load_vectors
from conformance.vectors.model import NEVER_ASKED
from conformance.wire.methods import CAPABILITIES, METHODS
from reference_impl.config.environment import PREFIX, VARIABLES
from reference_impl.config.keys import KEYS, Key
from reference_impl.profiles import BY_NAME
from reference_impl.releases import versions_between
from tests.support.command import CHECKOUT
from tests.support.forgotten import assert_none
from tests.support.judging import needs_processes
from tools import vectors as worth

CATALOGUE = load_catalogue()
REFERENCE = sorted((CHECKOUT / "reference_impl").rglob("*.py"))
PAGES = [CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").glob("*.md"))]


def arguments_of(methods: set[str]) -> Iterator[ast.expr]:
    """The first argument of each call to these methods in the reference."""
    for path in REFERENCE:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                name = getattr(node.func, "attr", getattr(node.func, "id", None))
                if name in methods:
                    yield node.args[0]


# Quirks and capabilities


def test_every_quirk_is_asked_for_in_the_reference() -> None:
    asked = {argument.value if isinstance(argument, ast.Constant) else "" for argument in arguments_of({"has"})}
    assert_none(asked - set(BY_NAME), "`has` in reference_impl queries names that are not quirks in profiles.py")
    assert_none(set(BY_NAME) - asked, "no line of reference_impl asks `has` for the quirk; write it where the rule is")


def test_every_capability_that_is_asked_for_exists() -> None:
    asked = {argument.value for argument in arguments_of({"_claims"}) if isinstance(argument, ast.Constant)}
    assert asked
    assert_none(asked - set(CAPABILITIES), "`_claims` in reference_impl/adapter.py queries unknown capabilities")


# Rules


def test_every_rule_has_a_vector() -> None:
    named = {id_ for vector in load_vectors() for id_ in vector.requirements}
    without = {METHODS[method].needs for method in NEVER_ASKED} - {""}
    rules = {rule.id for rule in CATALOGUE if not without & set(rule.needs) and not needs_processes(rule)}
    assert_none(rules - named, "write fixtures/vectors/SECTION/ID.json for the rule, then run `make vectors`")


@pytest.mark.parametrize("key", KEYS, ids=lambda key: f"{key.path}-{key.since}")
def test_every_config_key_has_a_rule(key: Key) -> None:
    """The rule must apply to a release that has the key, and name key and value."""
    *group, name = key.path.split(".")
    words = [f"`{word}`" for word in group] + [name if group else f"`{name}`"]
    releases = set(versions_between(key.since, key.until))
    rules = [rule for rule in CATALOGUE if releases & set(rule.releases)]
    named = any(all(word in f"{rule.title} {rule.text}" for word in words) for rule in rules)
    assert named, f"no rule in conformance/requirements/60_config.toml names {' and '.join(words)}"


def test_every_variable_has_a_rule() -> None:
    said = " ".join(f"{rule.title} {rule.text}" for rule in CATALOGUE)
    missing = [row.name for row in VARIABLES if f"{PREFIX}{row.name}" not in said]
    assert_none(missing, "no rule in conformance/requirements/61_environment.toml names the variable")


@pytest.mark.parametrize("text", [*worth.LEFT_OUT, *worth.EXCLUDED])
def test_exclusions_from_coverage_exclude_something(text: str) -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in REFERENCE)
    names = {path.name for path in REFERENCE}
    assert text in names or re.search(text, code), f"remove {text!r} from tools/vectors.py: it excludes nothing"


# Commands and pages


def options_of(command: str) -> list[tuple[argparse.Action, str]]:
    """Each option of a command, with the title of its group."""
    (commands,) = (a for a in _parser("")._actions if isinstance(a, argparse._SubParsersAction))
    groups = commands.choices[command]._action_groups
    return [(action, group.title or "") for group in groups for action in group._group_actions if action.option_strings]


def test_every_module_with_a_command_is_listed() -> None:
    folder = CHECKOUT / "conformance" / "cli"
    modules = {path.stem for path in folder.glob("*.py") if "\nDESCRIPTION = " in path.read_text(encoding="utf-8")}
    modules |= {"requirements"}  # HELP = DESCRIPTION = ...
    assert_none(modules ^ set(COMMANDS), "COMMANDS in conformance/cli/main.py differ from the modules beside it")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_has_help(command: str) -> None:
    silent = [a.option_strings[0] for a, group in options_of(command) if not a.help and "as for `run`" not in group]
    assert_none(silent, f"write `help` in conformance/cli/{command}.py")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_the_readme(command: str) -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert f"antigravity-conformance {command}" in text, f"README.md or a page of docs must show `{command}`"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_written_file_is_on_a_page(command: str) -> None:
    """Report formats in particular."""
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    files = {action.option_strings[-1] for action, _ in options_of(command) if action.metavar in ("FILE", "FOLDER")}
    assert_none({file for file in files if file not in text}, "README.md and the pages of docs do not name")


FILES = [(name, a.option_strings[-1]) for name in ("run", "survey", "spread") for a, _ in options_of(name)
         if a.metavar == "FILE" and a.option_strings[-1] != "--deviations"]  # fmt: skip


@pytest.mark.parametrize(("command", "option"), FILES)
def test_file_that_cannot_be_opened_ends_the_command(
    command: str, option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command fails before it starts anything, because `prepare_outputs` knows every output file.

    Deviations are read after the target has named its release: tests/integration/test_run_command.py.
    """
    missing = tmp_path / "no folder" / "file"
    target = ["--accounts", "2", "--pids", "1-4"] if command == "spread" else ["reference"]
    assert main([command, *target, option, str(missing)]) == 2, f"{option} of conformance/cli/{command}.py"
    assert "\n" not in capsys.readouterr().err.strip()


def test_every_report_is_written_by_a_command() -> None:
    code = "".join(p.read_text(encoding="utf-8") for p in (CHECKOUT / "conformance").rglob("*.py"))
    modules = [path.stem for path in (CHECKOUT / "conformance" / "reports").glob("[a-z]*.py")]
    unused = [m for m in modules if not re.search(rf"reports\.{m} import|reports import [\w, ]*\b{m}\b", code)]
    assert_none(unused, "no command uses the module of conformance/reports")


def test_recipes_name_files_and_goals_that_exist() -> None:
    recipes = (CHECKOUT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## A release")[2]
    files = re.findall(r"`((?:\w+/)+[\w.]+)`", recipes)
    invented = ("NN_", "SECTION", "NAME", "TOPIC", "ID.")
    real = {file for file in files if not any(word in file for word in invented)}
    assert_none(
        {file for file in real if not (CHECKOUT / file).exists()}, "CONTRIBUTING.md names files that are not there"
    )
    goals = set(re.findall(r"`make ([a-z-]+)", recipes))
    known = set(re.findall(r"^([a-z-]+):", (CHECKOUT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert_none(goals - known, "CONTRIBUTING.md names goals that are not in the Makefile")


def test_every_tool_is_named() -> None:
    pages = [CHECKOUT / "Makefile", CHECKOUT / "ARCHITECTURE.md", CHECKOUT / "CONTRIBUTING.md", *PAGES]
    text = "".join(page.read_text(encoding="utf-8") for page in pages if page.exists())
    tools = [path for path in (CHECKOUT / "tools").glob("*.py") if "__main__" in path.read_text(encoding="utf-8")]
    assert_none({p.stem for p in tools if f"tools.{p.stem}" not in text}, "no goal of the Makefile and no page names")


@pytest.mark.parametrize("report", FORMATS, ids=lambda report: report.name)
def test_a_fault_is_written_in_every_format(report: ReportFormat, tmp_path: Path) -> None:
    file = tmp_path / "report"
    assert main(["run", "refrence", report.option, str(file)]) == 2
    assert "unknown target 'refrence'" in html.unescape(file.read_text(encoding="utf-8")), (
        "`render_fault` in conformance/reports/formats.py"
    )
