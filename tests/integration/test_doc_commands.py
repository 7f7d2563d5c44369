"""Every command of the kit on the pages runs, with a small amount of work and the reference for the reader's targets.

`tests/unit/test_doc_commands.py` checks each command as typed. Tests of the README and of checkouts run those with
releases and checkouts.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import CHECKOUT, Kit
from tests.support.doc_commands import KIT, arguments, commands, json_on, port_on_the_page
from tests.support.tiers import sampled

# What makes a command quick: more words, or another value of an option.
MORE = {
    "run": ["--only", "PID-001"],
    "compare": ["--only", "PID-001"],
    "survey": ["--only", "PID-001"],
    "identify": ["--calls", "200"],
    "fuzz": ["--calls", "200"],
    "spread": ["--processes", "4"],
    "races": ["--no-faults", "--preemptions", "0"],
}
LESS = {"--calls": "200", "--seconds": "1", "--processes": "4"}
GIVEN = {  # what the reader gives, and what stands for it
    **dict.fromkeys(("TARGET", "TARGET...", "PATH", "FORK", "plugin:PATH", "plugin:."), "reference"),
    "REPORT.json": "report.json", "found/FOUND.json": "scenario.json", "SCENARIO.json": "scenario.json",
    "FAILURE.json": "race.json",
    "ID": "PID-001", "FILE": "written", "AGENT.mjs": "agent.mjs", "reference@VERSION": "reference@1.6.0",
    "../docs/examples/mappings": str(CHECKOUT / "docs/examples/mappings"),
    "../docs/survey/board.json": "board.json",
}  # fmt: skip
ELSEWHERE = {  # commands that other tests run
    "--mapping": "tests/integration/test_checkout_mapping.py",
    "diff": "tests/integration/test_search_commands.py",
    "--watch": "tests/integration/test_watch.py",
    **dict.fromkeys(("./adapter", "adapter.ts"), "tests/integration/test_init_templates.py"),
    **dict.fromkeys(("--merge", "--database"), "tests/integration/test_shared_database.py"),
    **dict.fromkeys(("agent.py", "threads.py", "npm", "npx", "unshare"), "tests/integration/test_evidence.py"),
}
AGENT = "setInterval(() => {}, 1e9)\n"


def quick(command: str) -> tuple[str, ...]:
    """The words of the command, with what the reader gives, and little work."""
    words = [GIVEN.get(word, word) for word in arguments(command)]
    words = [re.sub(r"^npm:opencode-antigravity-auth@", "reference@", word) for word in words]
    words = [word.replace("reference@1.7.0", "reference@1.6.0") for word in words]
    words = [LESS.get(before, word) for before, word in zip(["", *words], words, strict=False)]
    more = MORE.get(words[0], [])
    if not more or more[0] in words or {"--help", "--pids", "--from", "--seconds"} & set(words):
        return tuple(words)
    return (words[0], *more, *words[1:]) if "--" in words else (*words, *more)


def is_run_here(command: str) -> bool:
    """A name without arguments, as in a sentence, is no command, except for those that take none."""
    words = arguments(command) if command.startswith(KIT) else []
    return not set(ELSEWHERE) & set(words) and (len(words) > 1 or words in (["doctor"], ["--version"]))


RUN = sorted({quick(command) for command in commands() if is_run_here(command)})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what the pages say that the reader has."""
    files = {"agent.mjs": AGENT, "port.py": port_on_the_page(), "written": json_on("release-with-confidence.md")}
    files["scenario.json"] = (CHECKOUT / "fixtures/vectors/pid/pid-offset-of-n.json").read_text(encoding="utf-8")
    files["race.json"] = (CHECKOUT / "fixtures/races/RACE-001-missing-orders.json").read_text(encoding="utf-8")
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    for name in ("docs", "tests"):
        (tmp_path / name).symlink_to(CHECKOUT / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.needs_node
@pytest.mark.parametrize("words", sampled(RUN), ids=" ".join)
@pytest.mark.usefixtures("folder")
def test_command_on_a_page_runs(words: tuple[str, ...], kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    if "report.json" in words:
        assert kit("run", "reference", "--only", "PID-001", "-q", "--json", "report.json").returncode == 0
    read, write = os.pipe()
    os.write(write, f"{os.getpid()}\n".encode())
    os.close(write)
    with os.fdopen(read) as pids:
        monkeypatch.setattr(sys, "stdin", pids)
        done = kit(*words)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    assert done.stdout


@pytest.mark.usefixtures("folder")
def test_accepted_deviation_on_the_page_waives(kit: Kit) -> None:
    done = kit("run", "reference@1.6.0", "--profile", "recommended", "--only", "CFG-009", "--deviations", "written")
    assert "1 waived" in done.stdout, done.stdout


@pytest.mark.parametrize("release", ["1.5.5", "1.6.0"])
def test_pool_file_on_the_page_loads(release: str, tmp_path: Path) -> None:
    """Of the three accounts, one is disabled, and one is limited for Claude."""
    calls = [
        {"method": "open", "params": {"home": str(tmp_path), "now_ms": 1700000300000}},
        {"method": "select", "params": {"family": "claude", "strategy": "sticky"}},
        {"method": "select", "params": {"family": "gemini", "strategy": "sticky"}},
    ]
    file = tmp_path / ".config/opencode/antigravity-accounts.json"
    file.parent.mkdir(parents=True)
    file.write_text(json_on("port.md"), encoding="utf-8")
    lines = [json.dumps({"jsonrpc": "2.0", "id": i} | call) for i, call in enumerate(calls)]
    reference = [sys.executable, "-m", "reference_impl", release]
    served = subprocess.run(reference, input="\n".join(lines), capture_output=True, text=True, check=True)
    opened, claude, gemini = (json.loads(line)["result"] for line in served.stdout.splitlines())
    assert opened["accounts"] == ["plum", "fig", "pear"]
    assert (claude["label"], gemini["label"]) == ("plum", "pear")
