"""Reads the hypotheses and turns them into situations and settings to simulate."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Literal

from conformance.advice.cases import cases_of
from conformance.json_type import Json
from conformance.simulation.model import Limits, Load, Settings, Situation, agents_of, setting

FILE = Path(__file__).with_name("hypotheses.toml")
DOCUMENT: Json = tomllib.loads(FILE.read_text(encoding="utf-8"))
RELEASE, SEEDS = DOCUMENT["release"], DOCUMENT["seeds"]
LOAD = Load(minutes=DOCUMENT["minutes"])
LOOKUP_ACCOUNTS = (2, 4, 8)
LOOKUP_SETTINGS = (  # the defaults first: they stay unless others are better
    "hybrid",
    "sticky",
    "sticky+offset",
    "round-robin",
    "hybrid+balance",
    "sticky+balance",
    "sticky+offset+balance",
    "round-robin+balance",
)
VARIATIONS: Mapping[str, tuple[Mapping[str, Json], Mapping[str, Json]]] = {  # changes of the limits, of the load
    "as assumed": ({}, {}),
    "429s always name 5 s": ({"retry_after": 5.0}, {}),
    "requests run half as long": ({}, {"latency_s": LOAD.latency_s / 2}),
    "requests run twice as long": ({}, {"latency_s": LOAD.latency_s * 2}),
    "pauses of 20 s": ({}, {"pause_s": 20.0}),
}


@dataclass(frozen=True)
class Side:
    """One side of a comparison in a cell."""

    situation: Situation
    settings: Settings


@dataclass(frozen=True)
class Cell:
    """One cell of the grid of a hypothesis."""

    kind: str
    limit: str
    better: Side
    than: Side


@dataclass(frozen=True)
class Hypothesis:
    """One claim, and the comparison that decides it."""

    id: str
    claim: str
    source: str
    measure: str
    direction: Literal["lower", "higher", "equal"]
    margin: float
    cells: tuple[Cell, ...]
    note: str = ""


def hypotheses() -> list[Hypothesis]:
    """All hypotheses, in order."""
    return [_hypothesis(row) for row in DOCUMENT["hypotheses"]]


def situation(kind: str, limit: str, agents: int, accounts: int, load: Load = LOAD) -> Situation:
    """Agents of a kind, and accounts with a limit that an even spread just keeps."""
    return Situation(agents_of(kind, agents), limits_of(limit, agents, accounts, load), load)


def limits_of(limit: str, agents: int, accounts: int, load: Load) -> Limits:
    if limit == "in hours":  # half of what the agents ask for in the run
        demand = agents * load.minutes * 60 / (load.latency_s * math.exp(load.latency_sigma**2 / 2) + load.pause_s)
        return Limits(accounts, per_window=math.ceil(demand / accounts / 2))
    minute, at_once = cases_of(Limits(accounts), agents, load).values()
    return {"a minute": minute, "at once": at_once}[limit]


def named(word: str, config: Mapping[str, Json] | None = None) -> Settings:
    """The settings of a word such as `sticky+offset`, with more config keys."""
    plain = setting(word, config)
    more = ", ".join(f"{key} {value}" for key, value in (config or {}).items())
    return replace(plain, name=plain.name + (f" with {more}" if more else ""))


def lookup() -> list[tuple[str, str, int, Situation]]:
    """The rows of the table to look up: kind, limit, accounts and the situation."""
    return [
        (kind, limit, accounts, situation(kind, limit, DOCUMENT["agents"], accounts))
        for kind, limit, accounts in product(DOCUMENT["kinds"], DOCUMENT["limits"], LOOKUP_ACCOUNTS)
    ]


def lookup_settings() -> list[Settings]:
    return [setting(word) for word in LOOKUP_SETTINGS]


def variations() -> list[tuple[str, str, str, Situation]]:
    """The rows of the sensitivity table: what is varied, kind, limit and the situation. The limits stay."""
    rows = []
    for name, (of_limits, of_load) in VARIATIONS.items():
        for kind, limit in product(("server", "jobs"), DOCUMENT["limits"]):
            plain = situation(kind, limit, DOCUMENT["agents"], DOCUMENT["accounts"])
            changed = replace(plain, limits=replace(plain.limits, **of_limits), load=replace(plain.load, **of_load))
            rows.append((name, kind, limit, changed))
    return rows


def _hypothesis(row: Json) -> Hypothesis:
    cells = [
        Cell(kind, limit, _side(row, row["better"], kind, limit), _side(row, row["than"], kind, limit))
        for kind, limit in product(_of(row, "kinds"), _of(row, "limits"))
    ]
    texts = {name: row[name] for name in ("id", "claim", "source", "measure", "direction")}
    return Hypothesis(**texts, margin=row.get("margin", 0.0), cells=tuple(cells), note=row.get("note", ""))


def _side(row: Json, side: Json, kind: str, limit: str) -> Side:
    """The limits are those of the row's number of accounts, also if a side has more."""
    load = replace(LOAD, minutes=_of(row, "minutes"))
    found = situation(kind, limit, _of(row, "agents"), _of(row, "accounts"), load)
    if accounts := side.get("accounts"):
        found = replace(found, limits=replace(found.limits, accounts=accounts))
    return Side(found, named(side["settings"], side.get("set")))


def _of(row: Json, name: str) -> Json:
    return row.get(name, DOCUMENT[name])
