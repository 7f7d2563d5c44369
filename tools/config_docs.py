"""Reads the statements of the plugin's documents about config, and writes `docs/config-docs.md`.

`config_docs.toml` has the statements, `config_docs_lines.json` the lines that make them (`tools/documents.py`).
`tests/integration/test_config_docs_run.py` checks that each statement holds, or is wrong, as the page says.
`python -m tools.config_docs` writes the page.
"""

import tomllib
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from conformance.generated import MARKDOWN_NOTE
from conformance.json_type import Json
from reference_impl.releases import NPM_VERSIONS
from tests.support.command import CHECKOUT
from tools.documents import DOCUMENTS, Lines, load_lines

FILE = Path(__file__).with_name("config_docs.toml")
PAGE = CHECKOUT / "docs" / "config-docs.md"
MISSING = object()

HEAD = """\
# What the plugin's documents state about config

This page covers these documents of `opencode-antigravity-auth`, at the tags {tags}:
`README.md`, `CHANGELOG.md`, `AGENTS.MD`, everything in `docs/`, `assets/antigravity.schema.json`, and the comments in
`src/plugin/config/schema.ts` and `loader.ts`. It also covers the PID offset tutorial; [errata.md](errata.md) lists its
errors. {lines} lines are about config and make {statements} statements.
`pytest tests/integration/test_config_docs_run.py` runs each statement against the published releases that make it.
Requirements cover statements about what selection does with a key.

A rule is a requirement of the [catalogue](requirements.md). Line numbers refer to the file named before them.
"""

UNSTATED = """\
Rules that releases follow but no document states. Most are about `XDG_CONFIG_HOME`, which replaces `~/.config` (on
Windows from 1.4.5 on), and about files and values that are not accepted."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Run(_Model):
    """One config load: the files, the variables, and the expected config."""

    user: dict[str, Json] | None = None
    project: dict[str, Json] | None = None
    appdata: dict[str, Json] | None = None
    own: dict[str, Json] | None = None
    variables: dict[str, str] = {}
    platform: str = "linux"
    says: Annotated[dict[str, Json], Field(description="values by the key's path")] = {}
    lacks: Annotated[list[str], Field(description="keys that the config does not have")] = []

    def denied_by(self, config: Json) -> bool:
        """Does the config contradict the statement?"""
        said = all(_same(_at(config, path), value) for path, value in self.says.items())
        return not said or any(_at(config, path) is not MISSING for path in self.lacks)


class Statement(_Model):
    """One statement of the documents. `wrong` has the releases that behave differently, and how."""

    id: str
    text: str
    rules: Annotated[list[str], Field(min_length=1)]
    wrong: dict[str, str] = {}
    run: list[Run] = []
    defaults: dict[str, Json] = {}
    values: dict[str, list[str]] = {}
    ranges: dict[str, list[float]] = {}
    shown_by: str | None = None

    def runs(self) -> Iterator[Run]:
        """All config loads that check the statement."""
        yield from self.run
        if self.defaults:
            yield Run(says=self.defaults)
        for path, words in self.values.items():
            yield from (Run(user=_document(path, word), says={path: word}) for word in words)
            yield _refused(path, "another word")
        for path, (low, high) in self.ranges.items():
            middle = (low + high) / 2 + 1 / 4  # numbers need not be whole
            yield from (Run(user=_document(path, number), says={path: number}) for number in (low, middle, high))
            yield from (_refused(path, number) for number in (low - 1 / 4, high + 1 / 4))


class Section(_Model):
    title: str
    statement: list[Statement]


class Beyond(_Model):
    """Lines that are outside the scope of this kit, or make no statement."""

    id: str
    text: str


class ConfigDocs(_Model):
    unstated: list[str]
    section: list[Section]
    beyond: list[Beyond]

    @property
    def statements(self) -> list[Statement]:
        return [statement for section in self.section for statement in section.statement]


def load_config_docs(file: Path = FILE) -> ConfigDocs:
    """Read the statements. Raises pydantic's ValidationError for a wrong entry."""
    return ConfigDocs.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))


def places(lines: Lines, id_: str) -> dict[str, dict[str, list[int]]]:
    """The places of a statement: line numbers by release and document."""
    found = {
        release: {
            document: [number for number, line in numbered.items() if id_ in line.ids]
            for document, numbered in documents.items()
        }
        for release, documents in lines.items()
    }
    return {
        release: {document: numbers for document, numbers in documents.items() if numbers}
        for release, documents in found.items()
        if any(documents.values())
    }


def render(docs: ConfigDocs, lines: Lines) -> str:
    """The whole page: wrong statements by release, correct ones by section, and what is out of scope."""
    count = sum(len(numbered) for documents in lines.values() for numbered in documents.values())
    tags = ", ".join(f"v{release}" for release in _read_releases(lines))
    head = HEAD.format(tags=tags, lines=f"{count:,}", statements=len(docs.statements))
    page = [MARKDOWN_NOTE + head, *_overview(docs, lines)]
    page += ["## What is wrong, by release", ""]
    for release in _read_releases(lines):
        wrong = [statement for statement in docs.statements if release in statement.wrong]
        page += [f"### {release}: {len(wrong)} statements", ""]
        page += ["| statement | document and lines | the release | rule |", "|-|-|-|-|"]
        for it in wrong:
            where = _places(places(lines, it.id)[release])
            page.append(f"| {it.text} | {where} | {it.wrong[release]} | {', '.join(it.rules)} |")
        page.append("")
    for section in docs.section:
        page += [f"## {section.title}", "", "The statements that hold, and the rules that cover them.", ""]
        page += ["| statement | document and lines | rule |", "|-|-|-|"]
        for it in section.statement:
            right = {release: where for release, where in places(lines, it.id).items() if release not in it.wrong}
            if right:
                stands = "; ".join(f"**{release}** {_places(where)}" for release, where in right.items())
                page.append(f"| {it.text} | {stands} | {', '.join(it.rules)} |")
        page.append("")
    page += ["## Not documented", "", UNSTATED, "", ", ".join(docs.unstated), ""]
    page += ["## Out of scope", "", "The kit does not judge these topics of lines about config:", ""]
    page += [f"- {it.text} ({_count(lines, it.id)} lines)" for it in docs.beyond]
    return "\n".join(page) + "\n"


def _read_releases(lines: Lines) -> list[str]:
    """The releases whose documents were read, oldest first."""
    return [release for release in NPM_VERSIONS if release in lines]


def _overview(docs: ConfigDocs, lines: Lines) -> list[str]:
    """A table of the number of wrong lines in each document."""
    numbers: dict[str, dict[str, set[int]]] = {}
    for it in docs.statements:
        for release, where in places(lines, it.id).items():
            for document, found in where.items() if release in it.wrong else ():
                numbers.setdefault(document, {}).setdefault(release, set()).update(found)
    releases = _read_releases(lines)
    rows = ["| wrong lines in | " + " | ".join(releases) + " |", "|-|" + "-|" * len(releases)]
    for document in DOCUMENTS:
        if document in numbers:
            wrong = [str(len(numbers[document].get(release, ())) or "") for release in releases]
            rows.append(f"| `{document}` | " + " | ".join(wrong) + " |")
    return [*rows, ""]


def _count(lines: Lines, id_: str) -> int:
    return sum(len(numbers) for where in places(lines, id_).values() for numbers in where.values())


def _places(where: dict[str, list[int]]) -> str:
    return ", ".join(f"`{_short(document)}` {_numbers(numbers)}" for document, numbers in where.items())


def _short(document: str) -> str:
    return document.rpartition("/")[2].replace("antigravity.schema.json", "schema.json")


def _numbers(numbers: list[int]) -> str:
    """1 2 3 5 as 1-3, 5."""
    spans = []
    for _, group in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        span = [number for _, number in group]
        spans.append(str(span[0]) if len(span) == 1 else f"{span[0]}-{span[-1]}")
    return ", ".join(spans)


def _document(path: str, value: Json) -> dict[str, Json]:
    group, _, key = path.rpartition(".")
    return {group: {key: value}} if group else {key: value}


def _refused(path: str, value: Json) -> Run:
    """The value is not valid, so the release ignores the whole file."""
    return Run(user={**_document(path, value), "debug": True}, says={"debug": False})


def _at(config: Json, path: str) -> Json:
    for key in path.split("."):
        config = config.get(key, MISSING) if isinstance(config, dict) else MISSING
    return config


def _same(found: Json, said: Json) -> bool:
    """Equal, where a boolean never equals a number."""
    return bool(found == said) and isinstance(found, bool) == isinstance(said, bool)


if __name__ == "__main__":
    PAGE.write_text(render(load_config_docs(), load_lines()), encoding="utf-8")
