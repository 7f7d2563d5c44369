"""Simulates the sensible settings for given agents, and recommends one of them, or says that it makes no difference."""

from collections.abc import Mapping
from dataclasses import dataclass

from conformance.advice.criterion import best_of, best_over
from conformance.json_type import Json
from conformance.simulation.experiment import ALL_CORES, Decider, seeds_of, simulate
from conformance.simulation.model import Agents, Limits, Load, Settings, Situation, setting
from conformance.simulation.outcome import Outcome

NOW = "as now"
STRATEGY, OFFSET, MODE = "account_selection_strategy", "pid_offset_enabled", "scheduling_mode"
STRATEGIES = ("sticky", "sticky+offset", "round-robin", "hybrid")
BALANCED = tuple(f"{word}+balance" for word in STRATEGIES)
PATIENT = "cache_first"
SEEDS, MINUTES = 30, 5


@dataclass(frozen=True)
class Case:
    """One kind of limit, and the outcome of each setting under it. `base` is the first one: the settings as now."""

    name: str
    situation: Situation
    outcomes: tuple[Outcome, ...]

    @property
    def base(self) -> Outcome:
        return self.outcomes[0]

    def of(self, name: str) -> Outcome:
        return next(each for each in self.outcomes if each.settings.name == name)


@dataclass(frozen=True)
class Recommendation:
    """The chosen settings, the cases, and the best settings of each case."""

    chosen: Settings
    cases: tuple[Case, ...]
    best: Mapping[str, str]

    @property
    def matters(self) -> bool:
        """Whether the chosen settings are better than those as now."""
        return self.chosen.name != NOW


def recommend(
    decider: Decider, config: Mapping[str, Json], agents: Agents, load: Load, cases: Mapping[str, Limits]
) -> Recommendation:
    """Simulate every case with every alternative."""
    alternatives = alternatives_to(config, agents)
    found = []
    for name, limits in cases.items():
        situation = Situation(agents, limits, load)
        outcomes = simulate(decider, situation, alternatives, seeds_of("advise", SEEDS), ALL_CORES)
        found.append(Case(name, situation, tuple(outcomes)))
    best = {case.name: best_of(case.outcomes).settings.name for case in found}
    return Recommendation(best_over(found), tuple(found), best)


def alternatives_to(config: Mapping[str, Json], agents: Agents) -> list[Settings]:
    """The settings as now, and the sensible others: without the offset if it cannot spread these agents."""
    words = [*STRATEGIES, *(BALANCED if MODE in config else ())]
    others = [_changed(word, config) for word in words if "offset" not in word or offset_spreads(agents)]
    return [Settings(NOW, dict(config)), *(each for each in others if not _same(each.config, config))]


def _changed(word: str, config: Mapping[str, Json]) -> Settings:
    """The config as a word says. Only sticky applies the offset to every start, so the others leave it as it is."""
    named = setting(word).config
    mode = {MODE: named.get(MODE, PATIENT)} if MODE in config else {}
    offset = {OFFSET: named[OFFSET]} if named[STRATEGY] == "sticky" else {}
    return Settings(word, {**config, **mode, **offset, STRATEGY: named[STRATEGY]})


def _same(config: Mapping[str, Json], now: Mapping[str, Json]) -> bool:
    """Whether the settings are those in force. The plugin treats mode performance_first as balance."""
    patient = [each.get(MODE) == PATIENT for each in (config, now)]
    return all(config.get(key) == now.get(key) for key in (STRATEGY, OFFSET)) and patient[0] == patient[1]


def offset_spreads(agents: Agents) -> bool:
    """Whether the offset can move agents apart.

    It cannot within one process. Equal PIDs get equal offsets, so it moves them apart only if a process loads the index
    that an earlier one has stored.
    """
    if agents.processes == 1:
        return False
    is_one_pid = agents.pids.pattern == "equal" or len(set(agents.pids.given)) == 1
    starts_later = bool(agents.gap_s or agents.restart_s)
    return not is_one_pid or (agents.pool == "shared" and starts_later)
