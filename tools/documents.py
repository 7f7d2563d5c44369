"""The plugin's documents about config, line by line, with the statements that each line makes.

`config_docs_lines.json` has the lines about config of each document of each release: number, fingerprint of the text,
and ids of the statements in `config_docs.toml`. It does not contain the texts. `python -m tools.documents CLONE` reads
the lines again from a clone of the plugin's repository. A new or changed line then has no ids until someone assigns
them.
"""

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from reference_impl.config.keys import KEYS
from reference_impl.releases import NPM_VERSIONS

FILE = Path(__file__).with_name("config_docs_lines.json")
TUTORIAL = "tutorial"  # in place of a release; its lines are maintained by hand
DOCUMENTS = (
    "README.md",
    "CHANGELOG.md",
    "AGENTS.MD",
    "docs/ANTIGRAVITY_API_SPEC.md",
    "docs/ARCHITECTURE.md",
    "docs/CONFIGURATION.md",
    "docs/MODEL-VARIANTS.md",
    "docs/MULTI-ACCOUNT.md",
    "docs/TROUBLESHOOTING.md",
    "assets/antigravity.schema.json",
    "src/plugin/config/schema.ts",
    "src/plugin/config/loader.ts",
)
_NAMES = {key.path.partition(".")[0] for key in KEYS} - {"$schema", "debug"}
_SPEAKS = re.compile(
    rf"\b(?:{'|'.join(sorted(_NAMES))})\b|[`\"]debug[`\"]|OPENCODE_[A-Z_]+|antigravity\.json|APPDATA|XDG_CONFIG"
    r"|\b[Ss]ticky\b|round-robin|\bhybrid\b|[Cc]onfig(?:uration)? (?:file|dir|path)"
    r"|[Dd]isabled accounts|automatic rotation|account rotation|[Ss]oft [Qq]uota"
)
_IN_SCHEMA = re.compile(r'^\s*"[\w$]+": \{$|"description"|"additionalProperties"|"required"')
_NOTHING = re.compile(r"^(#.*|```.*|[-|\s:]*|[\[\]{}(),;\s]*|</?\w+>|<summary>.*)$")


class Line(NamedTuple):
    """One line: the first 8 hex digits of its SHA-256, and the ids of its statements."""

    fingerprint: str
    ids: tuple[str, ...]


Lines = dict[str, dict[str, dict[int, Line]]]  # by release, document and number


def load_lines(file: Path = FILE) -> Lines:
    """The stored lines."""
    stored = json.loads(file.read_text(encoding="utf-8"))
    return {
        release: {
            document: {int(number): Line(*_split(line)) for number, line in lines.items()}
            for document, lines in documents.items()
        }
        for release, documents in stored.items()
    }


def _split(line: str) -> tuple[str, tuple[str, ...]]:
    fingerprint, *ids = line.split(" ")
    return fingerprint, tuple(ids)


def save_lines(lines: Lines, file: Path = FILE) -> None:
    plain = {
        release: {
            document: {str(number): " ".join([line.fingerprint, *line.ids]) for number, line in found.items()}
            for document, found in documents.items()
        }
        for release, documents in lines.items()
    }
    file.write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")


def speaking(document: str, content: str) -> Iterator[tuple[int, str]]:
    """The lines about config, with numbers from 1, without the markup around their text.

    In source code: every comment. In CONFIGURATION.md and the configuration section of the README: every sentence. In
    the schema: every key with its default and range, and every sentence. Elsewhere: lines that name a key, a variable,
    a strategy or a config file.
    """
    if document.endswith(".json"):
        yield from _in_schema(content)
        return
    is_code, in_section = document.endswith(".ts"), document.endswith("CONFIGURATION.md")
    for number, line in enumerate(content.splitlines(), 1):
        if document == "README.md" and line.startswith("## "):
            in_section = line == "## Configuration"
        if is_code:
            says = re.search(r"(^\s*/?\*|//).*\w", line) is not None
        else:
            says = (in_section and not _NOTHING.match(line)) or _SPEAKS.search(line) is not None
        if says:
            yield number, comment(line) if is_code else line.strip()


def _in_schema(content: str) -> Iterator[tuple[int, str]]:
    """Each significant line, joined with the following lines up to the next one."""
    number, found = 0, ""
    for at, line in enumerate(content.splitlines(), 1):
        if _IN_SCHEMA.search(line):
            if number:
                yield number, found
            number, found = at, line.strip()
        else:
            found += " " + line.strip()
    if number:
        yield number, found


def comment(line: str) -> str:
    """The text of a comment. Compilation moves comments but keeps their text."""
    return re.sub(r"^.*?(/\*+|\*|//)", "", line, count=1).removesuffix("*/").strip()


def fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def read(shown: Callable[[str, str], str | None], known: Lines) -> Lines:
    """The lines of all releases. Lines whose text is known keep their ids."""
    lines: Lines = {}
    for release in NPM_VERSIONS:
        for document in DOCUMENTS:
            old = known.get(release, {}).get(document, {})
            found = {
                number: Line(mark := fingerprint(text), _ids(old, number, mark))
                for number, text in speaking(document, shown(release, document) or "")
            }
            if found:
                lines.setdefault(release, {})[document] = found
    return {**lines, TUTORIAL: known.get(TUTORIAL, {})}


def in_clone(clone: Path) -> Callable[[str, str], str | None]:
    """Reads documents at the tags of the releases. Returns None if a release lacks the document."""

    def shown(release: str, document: str) -> str | None:
        command = ["git", "-C", str(clone), "show", f"v{release}:{document}"]
        done = subprocess.run(command, capture_output=True, check=False)
        return None if done.returncode else done.stdout.decode()

    return shown


def _ids(old: dict[int, Line], number: int, mark: str) -> tuple[str, ...]:
    """The ids of the same line, or else of the only line with the same text."""
    if number in old and old[number].fingerprint == mark:
        return old[number].ids
    same = {line.ids for line in old.values() if line.fingerprint == mark}
    return same.pop() if len(same) == 1 else ()


if __name__ == "__main__":
    save_lines(read(in_clone(Path(sys.argv[1])), load_lines()))
