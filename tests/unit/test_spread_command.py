"""`spread` with given PIDs: reproducible output, and one message for wrong usage."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import psutil
import pytest

from conformance.cli import spread as spread_module
from conformance.cli.main import main
from conformance.json_type import Json
from conformance.processes.starts import _is_at_rest
from conformance.processes.viewers import is_viewer
from conformance.targets.pids import numbers_in
from tests.support.command import Kit, Spread

SVG = "{http://www.w3.org/2000/svg}"


def observed(file: Path) -> Json:
    return json.loads(file.read_text())["observed"]


def test_innermost_pid_of_a_container_counts() -> None:
    assert numbers_in("Name:\tnode\nNSpid:\t4711\t12\t1\nNSpgid:\t0\n") == [4711, 12, 1]
    assert numbers_in("Name:\tnode\n") == []


def test_given_ids_give_the_same_document_every_time(tmp_path: Path, spread: Spread) -> None:
    files = [tmp_path / name for name in ("a.json", "b.json")]
    for file in files:
        spread("--accounts", "3", "--pids", "123,456,789", "--json", str(file))
    assert files[0].read_bytes() == files[1].read_bytes()
    document = json.loads(files[0].read_text())
    assert document["observed"] == {}
    assert document["pids"] == [123, 456, 789]
    (only,) = document["spreads"]
    assert only["counts"] == [3, 0, 0]
    assert only["found"] == {"fullest": 3, "unused": 2, "pairs": 3}
    assert only["random"] == {"fullest": 1.888889, "unused": 0.888889, "pairs": 1.0}


@pytest.mark.parametrize(
    ("arguments", "first", "last"),
    [
        (
            ("--accounts", "8", "--pids", "100-352/4"),
            "2 of 8 accounts carry all 64 processes: worse than random choice.",
            "next  antigravity-conformance spread --accounts 7,8,9 --pids 100-352/4",
        ),
        (
            ("--accounts", "3", "--pids", "100-163"),
            "Spreads as evenly as possible: 21 or 22 processes on each of 3 accounts.",
            "next  antigravity-conformance spread --accounts 2-8 --pids 100-163",
        ),
        (
            ("--accounts", "4", "--pids", "123,456,789", "--base", "2"),
            "Spreads as evenly as possible: each of 3 processes has its own account.",
            "          123,456,789",
        ),
        (
            ("--accounts", "3", "--pids", "1,1"),
            "1 of 3 accounts carries all 2 processes: no better or worse than random choice.",
            "next  antigravity-conformance requirements show RR",
        ),
        (
            ("--accounts", "2,3,4,5,8", "--pids", "100-352/4"),
            "Best with 5 accounts, where 64 processes spread as evenly as possible.",
            "next  antigravity-conformance spread --accounts 5 --pids 100-352/4",
        ),
        (
            ("--accounts", "2-4", "--pids", "1,1"),
            "The processes spread equally well over all these numbers of accounts.",
            "next  antigravity-conformance requirements show RR",
        ),
    ],
)
def test_answer_is_first_and_next_command_last(
    spread: Spread, arguments: tuple[str, ...], first: str, last: str
) -> None:
    lines = spread(*arguments).splitlines()
    assert (lines[0], lines[-1]) == (first, last)
    assert max(map(len, lines)) <= 80


def test_histogram_shows_every_account_and_even_share(spread: Spread) -> None:
    lines = spread("--accounts", "3", "--pids", "3,6,4,1,7,10", "--base", "1").splitlines()
    bars = [(line.split()[0], line.count("#"), line.split()[-1]) for line in lines[3:6]]
    assert bars == [("0", 0, "0"), ("1", 19, "2"), ("2", 39, "4")]  # the mark replaces one sign of each bar
    assert {line.index("|") for line in lines[3:6]} == {len("      0  ") + 19}
    assert "2 of 3 accounts carry all 6" in lines[0]


def test_many_accounts_are_shown_as_loads(spread: Spread) -> None:
    text = spread("--accounts", "60", "--pids", "100-300/3")
    assert "        0  ######################################## 40\n" in text
    assert "        4  #######                                  7\n" in text


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--pids", "1"), 2, ""),  # argparse reports that --accounts is missing
        (
            ("--accounts", "0", "--pids", "1"),
            2,
            "--accounts: '0' is not a valid number of accounts; expected 1 to 1009",
        ),
        (("--accounts", "1010", "--pids", "1"), 2, "--accounts: '1010' is not a valid number of accounts"),
        (("--accounts", "1-33", "--pids", "1"), 2, "--accounts: '1-33' exceeds the maximum of 32 numbers"),
        (("--accounts", "three", "--pids", "1"), 2, "--accounts: 'three' is not a valid number of accounts"),
        (("--accounts", "3", "--pids", "-1"), 2, "--pids: '-1' is not a valid PID"),
        (("--accounts", "3", "--pids", "1,x"), 2, "--pids: 'x' is not a valid PID"),
        (("--accounts", "3", "--pids", ""), 2, "--pids: there is no PID; expected numbers"),
        (("--accounts", "3", "--pids", "1-1000000"), 2, "--pids: '1-1000000' exceeds the maximum of 1009 numbers"),
        (("--accounts", "3", "--pids", "4294967296"), 2, "--pids: '4294967296' is not a valid PID"),
        (("--accounts", "3", "--pids", "@nowhere"), 2, "--pids @nowhere: No such file or directory"),
        (("--accounts", "3", "--pids", "@."), 2, "--pids @.: Is a directory"),
        (("--accounts", "3"), 2, "no PIDs were given; give one of them"),
        (("--accounts", "3", "--pids", "1", "--", "true"), 2, "both --pids and a command after -- were given"),
        (("--accounts", "3", "--pids", "1", "--at-once"), 2, "--at-once applies only to started processes"),
        (("--accounts", "3", "--pids", "1", "--env", "A"), 2, "--env applies only to started processes"),
        (("--accounts", "3", "--gap", "1", "--at-once", "--", "true"), 2, "--at-once and --gap exclude each other"),
        (("--accounts", "3", "--processes", "0", "--", "true"), 2, ""),
        (("--accounts", "3", "node", "agent.mjs"), 2, "put -- before the command: -- node agent.mjs"),
        (("--accounts", "3", "--", "docker", "run", "x"), 2, "docker starts its processes elsewhere"),
        (("--accounts", "3,4", "--pids", "1", "--svg", "a.svg"), 2, "--svg draws one number of accounts"),
        (("--accounts", "65", "--pids", "1", "--svg", "a.svg"), 2, "--svg draws up to 64 accounts, not 65"),
        (("--accounts", "3", "--pids", "1", "--svg", "no/a.svg"), 2, "cannot write no/a.svg: No such file"),
        (("--accounts", "3", "--pids", "1", "--svg", "a", "--json", "a"), 2, "--json and --svg both name a"),
        (("--accounts", "3", "--pids", "@ids", "--json", "ids"), 2, "--json and --pids both name ids"),
    ],
)
def test_misuse_is_one_message(
    arguments: tuple[str, ...],
    code: int,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("ids").write_text("1 2 3")
    assert main(["spread", *arguments]) == code
    output = capsys.readouterr()
    assert output.out == ""
    if message:
        assert output.err.startswith(f"antigravity-conformance: {message}")
        assert len(output.err.splitlines()) == 1
    assert Path("ids").read_text() == "1 2 3"


def drawn(tmp_path: Path, spread: Spread, *arguments: str) -> ET.Element:
    file = tmp_path / "a.svg"
    spread(*arguments, "--svg", str(file))
    return ET.parse(file).getroot()  # noqa: S314 - our own


def test_the_picture_shows_each_account_and_says_why(tmp_path: Path, spread: Spread) -> None:
    svg = drawn(tmp_path, spread, "--accounts", "8", "--pids", "100-352/4")
    assert svg.get("role") == "img"
    named = [svg.find(f"*[@id='{name}']") for name in (svg.get("aria-labelledby") or "").split()]
    assert [element.tag for element in named if element is not None] == [f"{SVG}title", f"{SVG}desc"]
    assert "account 0: 32, account 1: 0" in (svg.findtext(f"{SVG}desc") or "")
    texts = [element.text or "" for element in svg.iter(f"{SVG}text")]
    why = "The PIDs are 4 apart, and 4 and 8 share the factor 4: only 2 of 8 accounts can be reached."
    assert why in " ".join(texts)
    assert "even share: 8" in texts
    assert "fullest under random choice: 12.2 on average" in texts
    bars = [element for element in svg.iter(f"{SVG}rect") if element.get("class") in ("bar", "over")]
    counts = [element.text for element in svg.iter(f"{SVG}text") if element.get("class") == "count"]
    assert counts == ["32", "0", "0", "0", "32", "0", "0", "0"]
    assert len(bars) == 2
    style = svg.findtext(f"{SVG}style") or ""
    assert "prefers-color-scheme:dark" in style
    assert "url(" not in style


@pytest.mark.parametrize(
    ("accounts", "pids"), [(1, "1-9"), (3, "1"), (3, "100-163"), (64, "1-900/7"), (5, "5,9,20,33,50,51,60,80,81,82")]
)
def test_picture_contains_bars_of_the_right_height(tmp_path: Path, spread: Spread, accounts: int, pids: str) -> None:
    svg = drawn(tmp_path, spread, "--accounts", str(accounts), "--pids", pids)
    width, height = (float(size) for size in (svg.get("viewBox") or "").split()[2:])
    places = [
        (float(element.get("x") or 0), float(element.get("y") or 0), element)
        for element in svg.iter()
        if element.tag in (f"{SVG}text", f"{SVG}rect")
    ]
    for x, y, element in places:
        assert 0 <= x <= width
        assert 0 <= y <= height
        assert len(element.text or "") <= 78
    bars = [float(e.get("height") or 0) for _, _, e in places if e.get("class") in ("bar", "over")]
    counts = json_counts(tmp_path, spread, accounts, pids)
    scale = max(bars) / max(counts)
    assert bars == [pytest.approx(count * scale, abs=0.2) for count in counts if count]


def json_counts(tmp_path: Path, spread: Spread, accounts: int, pids: str) -> list[int]:
    spread("--accounts", str(accounts), "--pids", pids, "--json", str(tmp_path / "a.json"))
    counts: list[int] = json.loads((tmp_path / "a.json").read_text())["spreads"][0]["counts"]
    return counts


def test_running_or_waiting_process_is_at_work() -> None:
    """This process runs while it checks itself. Processor time cannot show a process that waits for a core."""
    assert not _is_at_rest(psutil.Process())


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (["opencode", "attach", "http://localhost:4096"], True),
        (["/usr/bin/node", "/usr/lib/opencode.js", "attach", "http://localhost:4096"], True),
        (["bun", "/opt/opencode", "--print-logs", "attach"], True),
        (["opencode", "run", "attach"], False),
        (["opencode", "serve"], False),
        (["tmux", "attach"], False),
        (["opencode"], False),
        ([], False),
    ],
)
def test_viewer_is_recognised(command: list[str], expected: bool) -> None:
    assert is_viewer(command) is expected


def test_viewers_from_pgrep_are_left_out(monkeypatch: pytest.MonkeyPatch, spread: Spread) -> None:
    commands = {"7": ["opencode", "attach", "http://localhost:4096"]}
    monkeypatch.setattr(spread_module, "command_of", lambda pid: commands.get(str(pid), ["opencode"]))
    monkeypatch.setattr(spread_module, "_bytes", lambda _: b"5\n6\n7\n")
    said = spread("--accounts", "2", "--pids", "-")
    assert "2 given: 5,6" in said
    assert "1 viewer (`opencode attach`) was left out" in said


def test_only_viewers_is_wrong_usage(monkeypatch: pytest.MonkeyPatch, kit: Kit) -> None:
    monkeypatch.setattr(spread_module, "command_of", lambda _: ["opencode", "attach"])
    monkeypatch.setattr(spread_module, "_bytes", lambda _: b"5\n6\n")
    done = kit("spread", "--accounts", "2", "--pids", "-")
    assert done.returncode == 2
    assert "all 2 processes are viewers" in done.stderr
    assert "selects no account" in kit("spread", "--accounts", "2", "--", "opencode", "attach", "x").stderr


@pytest.mark.parametrize(
    ("pids", "at_once"),
    [
        ("7,7,7,7", 'scheduling_mode "balance"; and one PID namespace for all agents'),
        ("1000-1252/4", 'scheduling_mode "balance"; and 7 or 9 accounts'),
    ],
    ids=["equal", "a factor in common"],
)
def test_advice_names_the_kind_of_limit(spread: Spread, pids: str, at_once: str) -> None:
    said = " ".join(spread("--accounts", "8", "--pids", pids).split())
    assert "a limit of requests a minute: the strategy round-robin." in said
    assert f"a limit of requests at once: {at_once}" in said
    assert said.count("round-robin") == 1


def test_sessions_share_the_account_of_their_process(spread: Spread) -> None:
    said = " ".join(spread("--accounts", "3", "--pids", "4711", "--sessions", "8").split())
    assert "The 8 agents of a process share its PID and its account" in said
    assert "there are 8 agents" in said
    assert "agents of a process" not in spread("--accounts", "3", "--pids", "4711")


def test_drift_of_saving_processes_is_shown(tmp_path: Path, spread: Spread) -> None:
    """123 mod 5 = 3, 456 mod 5 = 1, 789 mod 5 = 4: with saves the accounts are 3, 4 and 3."""
    file = tmp_path / "a.json"
    said = " ".join(spread("--accounts", "5", "--pids", "123,456,789", "--json", str(file)).split())
    assert "the fullest account has 2 processes instead of 1, and the number of accounts without a process is 3" in said
    assert json.loads(file.read_text())["spreads"][0]["counts_if_saved"] == [0, 0, 0, 2, 1]
    assert "Where processes start matters most against a limit of requests at once" in said


@pytest.mark.parametrize(
    "printed",
    [
        "  PID TTY           TIME CMD\n 1234 ttys000    0:00.03 opencode\n",
        "PID   USER     TIME  COMMAND\n    1 root      0:00 opencode\n",
        "1234 opencode\n",
    ],
    ids=["ps of macOS", "ps of BusyBox", "pgrep -a"],
)
def test_output_of_ps_is_refused_with_the_way_out(printed: str, kit: Kit, tmp_path: Path) -> None:
    (tmp_path / "pids").write_text(printed, encoding="utf-8")
    done = kit("spread", "--accounts", "3", "--pids", f"@{tmp_path / 'pids'}")
    assert done.returncode == 2
    assert "Give only PIDs, as `pgrep opencode` prints them" in done.stderr
