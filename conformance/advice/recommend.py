"""Simulates the sensible settings for given agents, and recommends one of them, or says that it makes no difference."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from conformance.json_type import Json
from conformance.simulation.experiment import Decider, seeds_of, simulate
from conformance.simulation.measures import Estimate
from conformance.simulation.model import Agents, Limits, Load, Settings, Situation, setting
from conformance.simulation.outcome import Outcome

NOW = "as now"
WORDS = ("sticky", "sticky+offset", "round-robin", "hybrid")
STRATEGY, OFFSET, MODE = "account_selection_strategy", "pid_offset_enabled", "scheduling_mode"
SLACK = 1.4  # a limit that an even spread keeps, with 40 % to spare
SMALL_GOODPUT = 0.02  # of the better one: a smaller loss makes no difference
SMALL_REJECTIONS = 1.0  # per 100 requests
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
    """The chosen setting, the cases, and the best setting of each case. `matters` says if it is better than now."""

    chosen: Settings
    cases: tuple[Case, ...]
    best: Mapping[str, str]
    matters: bool


def recommend(
    decider: Decider, config: Mapping[str, Json], agents: Agents, cases: Mapping[str, Limits]
) -> Recommendation:
    """Simulate every case with every alternative."""
    alternatives = alternatives_to(config, agents)
    load = Load(minutes=MINUTES)
    found = []
    for name, limits in cases.items():
        situation = Situation(agents, limits, load)
        found.append(
            Case(name, situation, tuple(simulate(decider, situation, alternatives, seeds_of("advise", SEEDS))))
        )
    best = {case.name: best_of(case.outcomes).settings.name for case in found}
    name = min([each.name for each in alternatives], key=lambda name: max(_loss(case, name) for case in found))
    if len(set(best.values())) == 1:
        name = next(iter(best.values()))
    chosen = next(each for each in alternatives if each.name == name)
    return Recommendation(chosen, tuple(found), best, any(differs(case.base, case.of(name)) for case in found))


def alternatives_to(config: Mapping[str, Json], agents: Agents) -> list[Settings]:
    """The settings as now, and the sensible others: without the offset if all agents have one PID."""
    words = [word for word in WORDS if "offset" not in word or not shares_pid(agents)]
    now = Settings(NOW, dict(config))
    others = [setting(word, config) for word in words]
    if config.get(MODE) == "cache_first":
        patient = [words[1] if words[1] == "sticky+offset" else "sticky", "round-robin"]
        others += [replace(setting(word, {**config, MODE: "balance"}), name=f"{word}, balance") for word in patient]
    return [now, *(each for each in others if _sets_more(each.config, config))]


def _sets_more(config: Mapping[str, Json], now: Mapping[str, Json]) -> bool:
    """Whether the settings differ from those in force. Only sticky applies the offset to every start."""
    same = config[STRATEGY] == now.get(STRATEGY) and config.get(MODE) == now.get(MODE)
    return not same or (config[STRATEGY] == "sticky" and config[OFFSET] != now.get(OFFSET))


def shares_pid(agents: Agents) -> bool:
    """Whether all agents have one PID."""
    return agents.processes == 1 or agents.pids.pattern == "equal" or len(set(agents.pids.given)) == 1


def cases_of(limits: Limits, agents: int, load: Load) -> dict[str, Limits]:
    """The case that is given, or else one for each common kind of limit, at which an even spread just suffices."""
    if any((limits.per_minute, limits.at_once, limits.tokens_per_minute, limits.per_window)):
        return {"your limit": limits}
    runs_s = load.latency_s * math.exp(load.latency_sigma**2 / 2)
    quotas = min(limits.projects or limits.accounts, limits.accounts)
    per_minute = math.ceil(SLACK * agents * 60 / (runs_s + load.pause_s) / quotas)
    at_once = math.ceil(SLACK * agents * runs_s / (runs_s + load.pause_s) / quotas)
    return {
        f"{per_minute} requests a minute": replace(limits, per_minute=per_minute),
        f"{at_once} request{'s' * (at_once > 1)} at once": replace(limits, at_once=at_once),
    }


def best_of(outcomes: Sequence[Outcome]) -> Outcome:
    """The best outcome: the most answers; of those that lose little, the fewest 429s, then the fewest re-sent tokens.

    The first outcome is kept unless another one differs from it.
    """
    most = max(each.estimate("goodput").mean for each in outcomes)
    good = [each for each in outcomes if each.estimate("goodput").mean >= most * (1 - SMALL_GOODPUT)]
    fewest = min(each.estimate("rejections").mean for each in good)
    good = [each for each in good if each.estimate("rejections").mean <= fewest + SMALL_REJECTIONS]
    best = min(good, key=lambda each: each.estimate("resent_tokens").mean)
    return best if differs(outcomes[0], best) else outcomes[0]


def differs(base: Outcome, other: Outcome) -> bool:
    """Whether a difference was found that is large enough to matter."""
    goodput, rejections = other.against(base, "goodput"), other.against(base, "rejections")
    return _is_clear(goodput, SMALL_GOODPUT * base.estimate("goodput").mean) or _is_clear(rejections, SMALL_REJECTIONS)


def _is_clear(difference: Estimate, small: float) -> bool:
    return not difference.is_zero and abs(difference.mean) > small


def _loss(case: Case, name: str) -> float:
    """The share of the answers that a setting loses against the best one of the case."""
    most = max(each.estimate("goodput").mean for each in case.outcomes)
    return 1 - case.of(name).estimate("goodput").mean / most if most else 0.0
