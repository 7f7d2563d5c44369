"""Which lines of a document are about config, and that a line keeps its statements only while it is unchanged."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tools.documents import Line, load_lines, read, save_lines, speaking

README = """\
# Plugin
Set `pid_offset_enabled` to true.
Nothing of note.
## Configuration
| Option | Default |
|--------|---------|

Defaults work well.
## Support
Defaults work well.
"""
SCHEMA = """\
{
  "properties": {
    "debug": {
      "default": false,
      "type": "boolean"
    }
  },
  "additionalProperties": false
}
"""
CODE = """\
/**
 * Config of the plugin.
 */
export const debug = true
// OPENCODE_ANTIGRAVITY_DEBUG=1
"""


def lines(document: str, content: str) -> list[int]:
    return [number for number, _ in speaking(document, content)]


def test_lines_about_config_are_found() -> None:
    assert lines("README.md", README) == [2, 5, 8]


def test_every_sentence_of_the_configuration_page_counts() -> None:
    assert lines("docs/CONFIGURATION.md", README) == [2, 3, 5, 8, 10]


@pytest.mark.parametrize(
    "sentence",
    [
        "`OPENCODE_CONFIG_DIR` is read",
        "below %APPDATA%",
        "under round-robin",
        "Disabled accounts stay",
        'the "debug" key',
    ],
)
def test_variables_folders_strategies_and_keys_are_names(sentence: str) -> None:
    assert lines("docs/TROUBLESHOOTING.md", sentence) == [1]


def test_schema_key_counts_with_its_default() -> None:
    changed = SCHEMA.replace('"default": false', '"default": true')
    assert lines("assets/antigravity.schema.json", SCHEMA) == [2, 3, 8]
    assert [*speaking("x.json", SCHEMA)][1] != [*speaking("x.json", changed)][1]


def test_comments_count_and_code_does_not() -> None:
    assert lines("src/plugin/config/schema.ts", CODE) == [2, 5]


@pytest.mark.parametrize(
    ("readme", "expected"),
    [
        (README, {2: ("known",), 5: ("known",), 8: ("known",)}),
        (README.replace("to true", "to false"), {2: (), 5: ("known",), 8: ("known",)}),
        ("New: `auto_resume`.\n" + README, {1: (), 3: ("known",), 6: ("known",), 9: ("known",)}),
    ],
    ids=["as it was", "changed", "new"],
)
def test_new_or_changed_line_has_no_statement(
    tmp_path: Path, readme: str, expected: dict[int, tuple[str, ...]]
) -> None:
    file = tmp_path / "lines.json"
    before = read(_documents(README), {})["1.2.8"]["README.md"]
    assert {line.ids for line in before.values()} == {()}
    known = {number: Line(line.fingerprint, ("known",)) for number, line in before.items()}
    save_lines({"1.2.8": {"README.md": known}}, file)
    after = read(_documents(readme), load_lines(file))["1.2.8"]["README.md"]
    assert {number: line.ids for number, line in after.items()} == expected


def _documents(readme: str) -> Callable[[str, str], str | None]:
    """A plugin with one document: the README of one release."""
    return lambda release, document: readme if (release, document) == ("1.2.8", "README.md") else None
