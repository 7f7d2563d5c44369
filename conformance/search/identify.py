"""Detects which release a target behaves like, and how it differs from that release.

`find_nearest` runs the distinguishing scenarios and compares capabilities and config keys. `identify` then searches
for differences that no quirk explains.

The input is a `send` function; the caller starts and stops the target. Names and versions of the target are ignored,
because a fork numbers its versions as it likes.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Literal

from conformance.json_type import Json
from conformance.requirements.quirks import DistinguishingScenario, load_distinguishing_scenarios
from conformance.search.config_keys import known_keys
from conformance.search.differential import DifferentialRunner
from conformance.search.discrepancy import Discrepancy, to_session
from conformance.search.fuzz import Bounds, Search
from conformance.search.oracle import Oracle, flip_quirks
from conformance.targets.errors import AdapterFault, GivenUp, WrongAnswer
from conformance.targets.group import Group, Launch
from conformance.targets.patience import Patience
from conformance.targets.resolve import Target
from conformance.vectors.predict import answers_of
from conformance.wire.answers import Answer, Result
from conformance.wire.files import Send, ask
from conformance.wire.scenario import Call, Scenario
from reference_impl.adapter import ReferenceAdapter
from reference_impl.capabilities import SINCE
from reference_impl.profiles import Profile, profile
from reference_impl.releases import RECOMMENDED, VERSIONS

NAMED = 4  # differences in one sentence
IDENTIFY_SEED = "likeness"  # fixed, so that the same target always gets the same answer
Shown = Literal["with", "without", "neither", "not asked"]
DEFAULTS = Scenario(
    [
        Call(
            "load_config",
            {"directory": "{root}/project", "home": "{root}/home", "environment": {}, "platform": "linux"},
        )
    ]
)
_UNKNOWN: Json = object()  # no such key


@dataclass(frozen=True)
class Sign:
    """One property that can distinguish releases, and whether the target agrees with each release in it."""

    name: str
    kind: Literal["scenario", "capability", "config key"]
    agrees: dict[str, bool]  # by release; without the releases that have no such property


@dataclass(frozen=True)
class NearestRelease:
    """The result. `nearest` is a release, or `recommended` if the target claims too little to compare."""

    nearest: str
    quirks: dict[str, Shown]
    signs: tuple[Sign, ...]

    @property
    def differences(self) -> list[str]:
        """The signs in which the target differs from the nearest release."""
        if self.nearest == RECOMMENDED:
            return []
        return [sign.name for sign in self.signs if not sign.agrees.get(self.nearest, True)]

    @property
    def equals(self) -> list[str]:
        """The other releases that no sign distinguishes from the nearest one."""
        if self.nearest == RECOMMENDED:
            return []
        return [other for other in VERSIONS if other != self.nearest and self._same_signs(other)]

    @property
    def between(self) -> tuple[str, str] | None:
        """The two releases that the target lies between, older first. None if one release explains its behaviour.

        A target lies between the nearest release and its neighbour if it agrees with the neighbour in a sign in which
        it differs from the nearest release.
        """
        if self.nearest == RECOMMENDED:
            return None
        place = VERSIONS.index(self.nearest)
        older = next((other for other in reversed(VERSIONS[:place]) if not self._same_signs(other)), None)
        newer = next((other for other in VERSIONS[place + 1 :] if not self._same_signs(other)), None)
        sides = [(len(self.shared_with(other)), other) for other in (older, newer) if other is not None]
        shared, neighbour = max(sides, key=lambda side: side[0], default=(0, ""))
        if not shared:
            return None
        return (neighbour, self.nearest) if neighbour == older else (self.nearest, neighbour)

    def shared_with(self, neighbour: str) -> list[str]:
        """The signs in which the target agrees with the neighbour and differs from the nearest release."""
        return [s.name for s in self.signs if not s.agrees.get(self.nearest, True) and s.agrees.get(neighbour, False)]

    def _same_signs(self, other: str) -> bool:
        return all(sign.agrees.get(other) == sign.agrees.get(self.nearest) for sign in self.signs)

    @property
    def reason(self) -> str:
        """Why this release is the nearest, in one sentence."""
        if self.nearest == RECOMMENDED and self.signs:
            count = sum(sign.kind == "scenario" for sign in self.signs)
            return f"no release is near: the target agrees with none in any of {count} distinguishing scenarios"
        if self.nearest == RECOMMENDED:
            return "the target claims no capability that distinguishes the releases"
        kinds = [
            ("scenario", "distinguishing scenarios"),
            ("capability", "capabilities"),
            ("config key", "config keys"),
        ]
        counts = []
        for kind, words in kinds:
            asked = [
                sign.agrees[self.nearest] for sign in self.signs if sign.kind == kind and self.nearest in sign.agrees
            ]
            if asked:
                counts.append(f"{sum(asked)} of {len(asked)} {words}")
        differs = self.differences
        more = f" and {len(differs) - NAMED} more" if len(differs) > NAMED else ""
        named = f"; differs in {', '.join(differs[:NAMED])}{more}" if differs else ""
        equals = f"; equally near: {' and '.join(self.equals)}" if self.equals else ""
        return f"nearest: {', '.join(counts)} agree{equals}{named}{self._between_in_words()}"

    def _between_in_words(self) -> str:
        if self.between is None:
            return ""
        older, newer = self.between
        neighbour = older if newer == self.nearest else newer
        shared = self.shared_with(neighbour)
        return f"; the target lies between {older} and {newer}: like {neighbour} in {', '.join(shared[:NAMED])}"


def find_nearest(send: Send, capabilities: Sequence[str]) -> NearestRelease:
    """Run the scenarios that distinguish releases. A scenario that makes the adapter fail shows "neither"."""
    quirks: dict[str, Shown] = {}
    signs: list[Sign] = []
    for name, distinguishing in load_distinguishing_scenarios().items():
        quirks[name] = _shown(distinguishing, send, capabilities)
        if quirks[name] != "not asked":
            expected = {r: "with" if r in distinguishing.quirk.releases else "without" for r in distinguishing.releases}
            signs.append(Sign(name, "scenario", {r: quirks[name] == word for r, word in expected.items()}))
    if signs:
        signs += [
            Sign(word, "capability", {r: profile(r).knows(word) == (word in capabilities) for r in VERSIONS})
            for word in SINCE
            if "sticky" in capabilities
        ]
    if "config" in capabilities:
        signs += _config_signs(send)
    return NearestRelease(_nearest(signs), quirks, tuple(signs))


def _nearest(signs: Sequence[Sign]) -> str:
    if not signs:
        return RECOMMENDED

    def score(release: str) -> tuple[int, int]:
        agreed = [sign.agrees[release] for sign in signs if release in sign.agrees]
        return 2 * sum(agreed) - len(agreed), VERSIONS.index(release)

    scenarios = [sign for sign in signs if sign.kind == "scenario"]
    nearest = max(VERSIONS, key=score)
    return nearest if not scenarios or any(sign.agrees.get(nearest) for sign in scenarios) else RECOMMENDED


def _shown(distinguishing: DistinguishingScenario, send: Send, capabilities: Sequence[str]) -> Shown:
    if not distinguishing.needs <= set(capabilities):
        return "not asked"
    answers = _asked(distinguishing.present, send)
    for word, scenario in (("with", distinguishing.present), ("without", distinguishing.absent)):
        if answers is not None and _expected(scenario, answers):
            return "with" if word == "with" else "without"
    return "neither"


def _expected(scenario: Scenario, answers: Sequence[Answer]) -> bool:
    """Is the judged answer as expected? Other calls may fail: some quirks do exactly that."""
    pairs = zip(scenario.calls, answers, strict=True)
    return all(call.accepts(answer) for call, answer in pairs if {"expect", "refusal"} & set(call.to_json()))


def _config_signs(send: Send) -> Iterator[Sign]:
    """A sign for each config key that some release lacks or gives another default."""
    own = _keys(_asked(DEFAULTS, send))
    by_release = {r: _keys(answers_of(ReferenceAdapter(r), DEFAULTS)) for r in VERSIONS}
    for key in sorted({key for keys in by_release.values() for key in keys}):
        values = {release: keys.get(key, _UNKNOWN) for release, keys in by_release.items()}
        if any(value != values[VERSIONS[0]] for value in values.values()):
            yield Sign(key, "config key", {r: own.get(key, _UNKNOWN) == value for r, value in values.items()})


def _keys(answers: Sequence[Answer] | None) -> dict[str, Json]:
    if not answers or not isinstance(answers[0], Result):
        return {}
    config = known_keys(answers[0].value.get("config"))
    return config if isinstance(config, dict) else {}


def _asked(scenario: Scenario, send: Send) -> list[Answer] | None:
    try:
        return ask(scenario, send)
    except GivenUp:
        raise
    except AdapterFault:
        return None


Start = Callable[[Patience], Send]


def restarting(start: Start, name: str) -> Send:
    """A `send` for targets that may crash: after a fault, the next call starts a new target.

    Raises GivenUp after too many faults.
    """
    current: list[Send] = []
    patience = Patience()

    def send(calls: Sequence[tuple[str, Json]]) -> list[Answer]:
        patience.check(name)
        if not current:
            current.append(start(patience))
        try:
            answers = current[0](calls)
        except WrongAnswer:
            raise
        except AdapterFault as fault:
            patience.note(fault)
            current.clear()
            raise
        patience.note_answer()
        return answers

    return send


@dataclass(frozen=True)
class Identification:
    """`flipped` names the quirks that the nearest release has and the target lacks, or the reverse."""

    target: Target
    capabilities: list[str]
    release: NearestRelease
    flipped: tuple[str, ...]
    discrepancies: tuple[Discrepancy, ...]
    calls: int
    differing: int

    @property
    def nearest(self) -> str:
        return self.release.nearest

    @property
    def profile(self) -> Profile:
        """The profile of the nearest release, with the flipped quirks."""
        return flip_quirks(self.nearest, self.flipped)

    @property
    def other_signs(self) -> list[str]:
        """Differing capabilities, config keys, and quirks whose scenario shows neither behaviour."""
        signs = self.release.signs
        differing = [s for s in signs if not s.agrees.get(self.nearest, True)]
        return [f"{s.kind} {s.name}" for s in differing if s.kind != "scenario" or s.name not in self.flipped]


def nearest_release(
    target: Target, capabilities: Sequence[str], *, timeout_s: float, pass_environment: Sequence[str] = ()
) -> NearestRelease:
    """Start the target, restart it after each fault, and find the release that it behaves like.

    Raises AdapterFault after too many faults.
    """
    with ExitStack() as groups:

        def start(patience: Patience) -> Send:
            groups.close()
            launch = Launch(target.argv, target.environment, target.word)
            group = Group([launch], timeout_s=timeout_s, pass_environment=pass_environment, patience=patience)
            return groups.enter_context(group).connections[0].batch

        return find_nearest(restarting(start, target.word), capabilities)


def identify(
    target: Target,
    capabilities: list[str],
    *,
    calls: int,
    timeout_s: float,
    discrepancies: int = 5,
    pass_environment: Sequence[str] = (),
    show: Callable[[Callable[[], str]], None] = lambda _: None,
) -> Identification:
    """Find the nearest release, then search for differences from it. `show` gets what describes the progress."""
    show(lambda: f"{target.word}: asking the distinguishing scenarios")
    found = nearest_release(target, capabilities, timeout_s=timeout_s, pass_environment=pass_environment)
    flipped = tuple(_flipped(found))
    oracle = Oracle(flip_quirks(found.nearest, flipped))
    with DifferentialRunner(target, oracle, timeout_s=timeout_s, pass_environment=pass_environment) as runner:
        search = Search(runner, capabilities, IDENTIFY_SEED, Bounds(calls=calls, discrepancies=discrepancies))
        show(lambda: f"{target.word}: {runner.tally.calls:,} of {calls:,} calls, {search.differences} sessions differ")
        beyond = tuple(search.run())
        return Identification(target, capabilities, found, flipped, beyond, runner.tally.calls, search.differences)


def _flipped(found: NearestRelease) -> Iterator[str]:
    quirks = profile(found.nearest).quirks
    scenarios = load_distinguishing_scenarios()
    for name, shown in found.quirks.items():
        is_asked = found.nearest in scenarios[name].releases or found.nearest == "recommended"
        if is_asked and shown in ("with", "without") and (shown == "with") != (name in quirks):
            yield name


def unshared(
    discrepancies: Sequence[Discrepancy],
    other: Identification,
    *,
    timeout_s: float,
    pass_environment: Sequence[str] = (),
) -> list[Discrepancy]:
    """The discrepancies that another target does not share."""
    left = []
    oracle = Oracle(other.profile)
    with DifferentialRunner(other.target, oracle, timeout_s=timeout_s, pass_environment=pass_environment) as runner:
        for discrepancy in discrepancies:
            difference = runner.first(to_session(discrepancy.scenario))
            if difference is None or difference.answered != discrepancy.answered:
                left.append(discrepancy)
    return left
