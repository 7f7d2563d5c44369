"""The README and the guides are up to date: their runs are real, and their ports conform as they say."""

import re
from pathlib import Path

import pytest

from conformance.requirements import load_catalogue
from conformance.requirements.catalogue import applies
from conformance.targets.namespaces import why_not
from tests.support.command import run_kit
from tests.support.doc_commands import port_on_the_page
from tools.readme import CHECKED, DOCS, PAGES, PICTURE, README, fill, picture, port_of

MOST_WORDS = 900
SELECTION_SECTIONS = ("WIRE", "POOL", "STK", "PID", "RR", "PROC-001,PROC-006")
# What connects the code of docs/port.md to the wire.
SELECTION_ADAPTER = """
import os
from conformance.wire.answers import Refusal

class Adapter:
    session = None

    def hello(self, wire):
        claimed = ["sticky", "pid", "offset", "round-robin"]
        return {"name": "page", "version": "1", "language": "python", "capabilities": claimed, "pid": os.getpid()}

    def open(self, pool, pid=None, now_ms=0):
        pool = pool if isinstance(pool, dict) else {}
        entries = pool.get("accounts")
        entries = entries if isinstance(entries, list) else []
        tokens = [entry.get("refreshToken") for entry in entries if isinstance(entry, dict)]
        tokens = [token for token in tokens if isinstance(token, str) and token]
        self.session, self.pid = Session(tokens, pool), pid
        return {"accounts": tokens}

    def select(self, family, strategy, pid_offset_enabled=False, model=None):
        if self.session is None:
            raise Refusal("not_open", "no pool is open")
        pid = os.getpid() if self.pid is None else self.pid
        index = self.session.select(family, strategy, pid, pid_offset_enabled, lambda index: True)
        return None if index is None else {"label": self.session.accounts[index], "index": index}

    def close(self):
        self.session = None
"""


def rules_with(*capabilities: str) -> int:
    """The number of recommended rules that need no other capability."""
    return sum(set(rule.needs) <= set(capabilities) for rule in load_catalogue() if applies(rule, "recommended"))


@pytest.mark.needs_node
@pytest.mark.skipif(bool(why_not()), reason=why_not() or "the runs on the page need chosen PIDs")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_runs_on_the_page_are_current(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert fill(text) == text, "run `make docs`"


@pytest.mark.exhaustive
def test_picture_shows_a_current_run() -> None:
    assert PICTURE.read_text(encoding="utf-8") == picture(), "run `make docs`"
    assert "http://" not in picture().replace("http://www.w3.org", "")


def test_readme_is_short() -> None:
    assert len(README.read_text(encoding="utf-8").split()) <= MOST_WORDS


def test_table_of_the_readme_has_every_section() -> None:
    listed = [prefix for prefixes in CHECKED.values() for prefix in prefixes]
    assert sorted(listed) == sorted(section.prefix for section in load_catalogue().sections)


def test_port_of_the_adapter_guide_conforms(tmp_path: Path) -> None:
    (tmp_path / "port.py").write_text(port_on_the_page(), encoding="utf-8")
    run = run_kit("run", "-q", "--strict", "python:port:Port", folder=tmp_path)
    number = rules_with("sticky", "pid", "offset")
    assert run.stdout.splitlines()[1].startswith(f"{number} pass"), run.stdout + run.stderr
    assert f"the {number} rules" in (DOCS / "adapter.md").read_text(encoding="utf-8")


def test_code_of_the_port_guide_conforms(tmp_path: Path) -> None:
    code = port_of((DOCS / "port.md").read_text(encoding="utf-8")) + SELECTION_ADAPTER
    (tmp_path / "port.py").write_text(code, encoding="utf-8")
    only = [word for section in SELECTION_SECTIONS for word in ("--only", section)]
    run = run_kit("run", "-q", "--strict", *only, "python:port:Adapter", folder=tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr
    assert re.search(r"^3\d pass", run.stdout, re.MULTILINE)


@pytest.mark.needs_node
def test_javascript_adapter_conforms() -> None:
    run = run_kit("run", "-q", "--only", "WIRE,POOL,PID", "--", "node", "docs/examples/javascript/adapter.mjs")
    assert run.returncode == 0, run.stdout + run.stderr
    lines = (DOCS / "examples" / "javascript" / "adapter.mjs").read_text(encoding="utf-8").splitlines()
    assert f"an adapter of {len(lines)} lines" in README.read_text(encoding="utf-8")
