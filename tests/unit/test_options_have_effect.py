"""Every option of `simulate`, `advise` and `spread` changes what is computed and what is printed, or is refused."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from conformance.advice import recommend
from conformance.cli import advise, simulate, spread
from conformance.simulation.experiment import Decider
from conformance.simulation.measures import NAMES, Measures
from conformance.simulation.model import Settings, Situation
from conformance.simulation.outcome import Outcome
from tests.support.command import Kit

SIMULATE = ("simulate", "--agents", "8", "--accounts", "4", "--per-minute", "9")
ADVISE = ("advise", "project", "--agents", "8", "--accounts", "4", "--per-minute", "9")
SPREAD = ("spread", "--accounts", "3", "--pids", "1-8")
SHARED = {  # changes of the input that both commands simulate
    "--agents": ("9",),
    "--accounts": ("5",),
    "--as": ("jobs",),
    "--processes": ("2",),
    "--pids": ("stride:4",),
    "--gap": ("0",),
    "--restart": ("60",),
    "--pool": ("own",),
    "--per-minute": ("8",),
    "--at-once": ("3",),
    "--tokens-per-minute": ("90000",),
    "--per-window": ("300/4",),
    "--projects": ("2",),
    "--retry-after": ("5",),
    "--minutes": ("4",),
    "--pause": ("0",),
    "--latency": ("9",),
    "--prompt-tokens": ("20000",),
    "--growth-tokens": ("0",),
}
INPUT = {
    simulate: {**SHARED, "--settings": ("hybrid",), "--set": ("request_jitter_max_ms=9",), "--seed": ("2",)}
    | {"--seeds": ("31",)},
    advise: {**SHARED, "--release": ("1.4.3",)},
}
OUTPUT_ONLY = {
    simulate: {
        "--limit": "tested below",
        "--workers": "the result does not depend on it",
        "--json": "writes a file",
        "--plot": "draws a file",
        "--mapping": "of a checkout, where it decides what is started",
        "--timeout": "of one answer",
    },
    advise: {"--limit": "tested below", "--json": "prints the same as JSON", "--platform": "where files are"},
}
OF_SPREAD = {
    "--accounts": ("4",),
    "--pids": ("1-9",),
    "--base": ("1",),
    "--sessions": ("2",),
    "--json": ("a.json",),
    "--svg": ("a.svg",),
    "--processes": ("9",),
    "--at-once": (),
    "--gap": ("1",),
    "--read": ("node",),
    "--env": ("HOME",),
}


@dataclass
class Asked:
    """What the command asked to simulate."""

    inputs: list[Any]

    def simulate(
        self,
        decider: Decider,
        situation: Situation,
        settings: Sequence[Settings],
        seeds: Sequence[str],
        _workers: int = 1,
    ) -> list[Outcome]:
        self.inputs.append((decider.profile, situation, settings, list(seeds)))
        return [Outcome(each, (Measures(**dict.fromkeys(NAMES, 1.0)),) * 30) for each in settings]


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Asked:
    """A home folder without files, and a simulation that only notes its input."""
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "OPENCODE_CONFIG_DIR", "APPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "project").mkdir()
    found = Asked([])
    for module in (simulate, recommend):
        monkeypatch.setattr(module, "simulate", found.simulate)
    return found


def options_of(module: Any) -> set[str]:
    parser = argparse.ArgumentParser(add_help=False)
    module.add_arguments(parser)
    named = [action for action in parser._actions if action.option_strings]
    return {"--workers" if each.dest == "workers" else each.option_strings[0] for each in named}


@pytest.mark.parametrize("module", [simulate, advise])
def test_every_option_is_in_the_table(module: Any) -> None:
    assert options_of(module) == {*INPUT[module], *OUTPUT_ONLY[module]}
    assert options_of(spread) == set(OF_SPREAD)


@pytest.mark.parametrize(
    ("plain", "option", "values"),
    [
        (plain, option, values)
        for module, plain in ((simulate, SIMULATE), (advise, ADVISE))
        for option, values in INPUT[module].items()
    ],
)
def test_option_changes_input_and_output(
    kit: Kit, asked: Asked, plain: Sequence[str], option: str, values: Sequence[str]
) -> None:
    before, after = kit(*plain), kit(*plain, option, *values)
    assert after.returncode == 0, after.stderr
    assert asked.inputs[0] != asked.inputs[1], f"{option} is ignored"
    assert before.stdout != after.stdout, f"{option} cannot be seen in the output"


@pytest.mark.parametrize("plain", [SIMULATE[:-2], ADVISE[:-2]])
def test_kind_of_limit_needs_no_number(kit: Kit, asked: Asked, plain: Sequence[str]) -> None:
    """Eight agents ask for 33 requests a minute and 5 at once: four accounts get 40 % more than an even share."""
    for kind, expected, limits in (
        ("a-minute", "12 requests a minute", (12, None)),
        ("at-once", "2 requests at once", (None, 2)),
    ):
        asked.inputs.clear()
        done = kit(*plain, "--limit", kind)
        assert f"4 accounts, {expected} for each account" in done.stdout
        ((_, situation, *_),) = asked.inputs
        assert (situation.limits.per_minute, situation.limits.at_once) == limits


def test_platform_changes_places(kit: Kit, asked: Asked) -> None:
    plain = (*ADVISE, "--release", "1.3.0")
    places = [kit(*plain, "--platform", platform).stdout for platform in ("linux", "win32")]
    assert places[0] != places[1]


@pytest.mark.parametrize(("option", "values"), OF_SPREAD.items())
def test_spread_shows_or_refuses_option(kit: Kit, asked: Asked, option: str, values: Sequence[str]) -> None:
    """An option for started processes is refused with --pids; a file is written; all others change the output."""
    before, after = kit(*SPREAD), kit(*SPREAD, option, *values)
    if option in ("--processes", "--at-once", "--gap", "--read", "--env"):
        assert (after.returncode, after.stdout) == (2, "")
        assert f"{option} applies only to started processes" in " ".join(after.stderr.split())
    elif option in ("--json", "--svg"):
        assert Path(values[0]).is_file()
    else:
        assert before.stdout != after.stdout


@pytest.mark.parametrize("command", ["simulate", "advise"])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--as", "server", "--gap", "5"), "--gap is for several processes, and these 8 agents share one"),
        (("--as", "server", "--pool", "own"), "--pool is for several processes"),
        (("--pids", "1-9"), "--pids names 9 PIDs, and there are 8 processes"),
        (("--gap", "100", "--minutes", "5"), "the last of 8 processes would start after 11.7 minutes"),
        (("--restart", "900", "--minutes", "5"), "--restart 900 would restart nothing"),
        (("--restart", "1e-9"), "expected a number of seconds from 1 to a day"),
        (("--latency", "1e-9"), "expected a number of seconds from 0.01 to a day"),
        (("--limit", "at-once"), "--limit at-once is for a limit whose number you do not know"),
        (("--projects", "5"), "--projects 5 is more than 4 accounts"),
        (("--prompt-tokens", "200000"), "expected a whole number from 1 to 150000"),
    ],
)
def test_option_without_effect_is_refused(
    kit: Kit, asked: Asked, command: str, arguments: Sequence[str], message: str
) -> None:
    done = kit(*{"simulate": SIMULATE, "advise": ADVISE}[command], *arguments)
    assert (done.returncode, done.stdout, asked.inputs) == (2, "", [])
    assert message in " ".join(done.stderr.split())
