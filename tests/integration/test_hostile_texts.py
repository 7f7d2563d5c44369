"""Texts of a target stay data in every format: a report differs from that of an ordinary text in these texts only."""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from conformance.cli.main import main
from conformance.json_type import Json
from conformance.reports.formats import FORMATS
from tests.fakes.attacks import ATTACKS, SECRETS

pytestmark = pytest.mark.exhaustive

RULES = "ENV-017,PID-003,COOL-001,STK-001"
NAMES = ("Ordinary", *ATTACKS)
WORDS = ("text", "text_special", "code_inline")


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """The reports of each target by format, with the standard output as `terminal`."""
    return {name: judged(name, tmp_path_factory.mktemp(name)) for name in NAMES}


def judged(name: str, folder: Path) -> dict[str, str]:
    files = {report.name: folder / report.name for report in FORMATS} | {"events": folder / "events"}
    options = [word for option, path in files.items() for word in (f"--{option}", str(path))]
    with pytest.MonkeyPatch.context() as patch, (folder / "terminal").open("w", encoding="utf-8") as stream:
        patch.setattr("sys.stdout", stream)
        assert main(["run", "-v", "--only", RULES, *options, f"python:tests.fakes.attacks:{name}"]) == 1
    return {path.name: path.read_text(encoding="utf-8") for path in (*files.values(), folder / "terminal")}


class Shape(HTMLParser):
    """The tags and attributes of a page. `aria-label` and `title` are texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[Json] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "wbr":
            self.tags.append((tag, [(name, value) for name, value in attrs if name != "aria-label"]))

    def handle_endtag(self, tag: str) -> None:
        self.tags.append(tag)


def xml_shape(text: str) -> list[Json]:
    return [(element.tag, sorted(element.attrib)) for element in ET.fromstring(text).iter()]  # noqa: S314 - our own document


def json_shape(value: Json) -> Json:
    if isinstance(value, dict):
        keys = sorted(key for key in value if key != "actual")
        return [(key if key.isidentifier() else "", json_shape(value[key])) for key in keys]
    return [json_shape(item) for item in value] if isinstance(value, list) else type(value).__name__


def markdown_shape(text: str) -> Iterator[Json]:
    for token in MarkdownIt("gfm-like", {"linkify": False}).parse(text):
        yield token.type, token.info
        yield [child.type for child in token.children or () if child.type not in WORDS]


@pytest.mark.parametrize("name", ATTACKS)
def test_page_has_the_same_elements(reports: dict[str, dict[str, str]], name: str) -> None:
    assert Shape(reports[name]["html"]).tags == Shape(reports["Ordinary"]["html"]).tags


@pytest.mark.parametrize("name", ATTACKS)
@pytest.mark.parametrize("format_", ["junit", "badge"])
def test_xml_has_the_same_elements(reports: dict[str, dict[str, str]], name: str, format_: str) -> None:
    assert xml_shape(reports[name][format_]) == xml_shape(reports["Ordinary"][format_])


@pytest.mark.parametrize("name", ATTACKS)
def test_json_has_the_same_keys(reports: dict[str, dict[str, str]], name: str) -> None:
    for format_ in ("json", "events"):
        lines = [json.loads(line) for line in documents(reports[name][format_], format_)]
        ordinary = [json.loads(line) for line in documents(reports["Ordinary"][format_], format_)]
        assert json_shape(lines) == json_shape(ordinary)


def documents(text: str, format_: str) -> list[str]:
    return [text] if format_ == "json" else text.splitlines()


@pytest.mark.parametrize("name", ATTACKS)
def test_markdown_has_the_same_blocks(reports: dict[str, dict[str, str]], name: str) -> None:
    assert list(markdown_shape(reports[name]["markdown"])) == list(markdown_shape(reports["Ordinary"]["markdown"]))


@pytest.mark.parametrize("name", ATTACKS)
def test_annotations_are_the_same_commands(reports: dict[str, dict[str, str]], name: str) -> None:
    def commands(which: str) -> list[str]:
        return [line.partition("::")[2].partition("::")[0] for line in reports[which]["annotations"].splitlines()]

    assert commands(name) == commands("Ordinary")
    assert commands(name)
    assert all(line.startswith("::") for line in reports[name]["annotations"].splitlines())


@pytest.mark.parametrize("name", ATTACKS)
def test_no_text_has_a_control_character(reports: dict[str, dict[str, str]], name: str) -> None:
    for format_, text in reports[name].items():
        found = re.findall("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\ud800-\udfff]", text)
        assert not found, format_


def test_secrets_are_redacted_in_every_format(reports: dict[str, dict[str, str]]) -> None:
    for format_, text in reports["Terminal"].items():
        assert not [secret for secret in SECRETS if secret in text], format_
    assert "[redacted]" in reports["Terminal"]["json"]


@pytest.mark.parametrize("name", ATTACKS)
def test_attacking_text_changes_no_verdict(reports: dict[str, dict[str, str]], name: str) -> None:
    def verdicts(which: str) -> list[tuple[str, str]]:
        return [(entry["id"], entry["verdict"]) for entry in json.loads(reports[which]["json"])["requirements"]]

    assert verdicts(name) == verdicts("Ordinary")
    assert {word for _, word in verdicts(name)} >= {"fail", "unknown", "pass"}
