"""The scenarios of the recordings: vectors, scenarios of quirks, and drawn sessions."""

from collections.abc import Iterable, Iterator
from itertools import chain, count, islice

from conformance.requirements.quirks import load_distinguishing_scenarios
from conformance.search.sessions import decode
from conformance.search.source import stream
from conformance.vectors import load_vectors
from conformance.wire.needs import needs
from conformance.wire.scenario import Call, Scenario
from reference_impl.profiles import profile
from reference_impl.releases import VERSIONS
from tools.quirk_effects import quirk_effects
from tools.recordings_files import Scenarios
from tools.release_targets import claimed_capabilities

SEED = "recordings"
SAMPLE = 30  # sessions for each set of capabilities
MOST = 5_000  # sessions to search for a quirk; one that another quirk of the release hides is never found


def written() -> Iterator[tuple[str, Scenario]]:
    """The hand-written scenarios by id: those of vectors and of quirks."""
    for vector in load_vectors():
        yield f"vector-{vector.id}", unexpecting(vector.scenario)
    for name, distinguishing in load_distinguishing_scenarios().items():
        yield f"quirk-{name}", unexpecting(distinguishing.present)


def unexpecting(scenario: Scenario) -> Scenario:
    """The scenario without expectations."""
    return Scenario([Call(call.method, call.params, files=call.files) for call in scenario.calls], scenario.files)


def added(stored: Scenarios, asked: Iterable[tuple[str, Scenario]]) -> dict[str, Scenario]:
    """The scenarios that are not stored yet, under free ids. Scenarios stored under another id are left out."""
    new: dict[str, Scenario] = {}
    for id_, scenario in asked:
        if scenario not in stored.values():
            numbered = (f"{id_}-{number}" for number in count(2))
            new[next(each for each in chain([id_], numbered) if each not in stored)] = scenario
    return new


def drawn() -> Iterator[tuple[str, Scenario]]:
    """Sessions by id: a sample for each set of capabilities, and sessions that show the other quirks of each release.

    Sessions of an older release are also sent to newer ones. The drawn sessions are stored, because they depend on the
    generator.
    """
    kept: dict[str, Scenario] = {}
    for version in VERSIONS:
        capabilities = claimed_capabilities(version)
        if version == first_with(capabilities):
            for number, scenario in _stream(version, SAMPLE):
                kept[f"drawn-{version}-{number}"] = scenario
        for number, scenario in _showing(version, list(kept.values())):
            kept[f"drawn-{version}-{number}"] = scenario
    yield from kept.items()


def first_with(capabilities: list[str]) -> str:
    """The oldest release that claims exactly these capabilities."""
    return next(version for version in VERSIONS if claimed_capabilities(version) == capabilities)


def _stream(version: str, count: int) -> Iterator[tuple[int, Scenario]]:
    capabilities = claimed_capabilities(version)
    seed = f"{SEED}/{first_with(capabilities)}"
    for number, draft in enumerate(islice(stream(seed), count)):
        yield number, decode(draft, capabilities).to_scenario()


def _showing(version: str, kept: list[Scenario]) -> Iterator[tuple[int, Scenario]]:
    """The first sessions that show the release's quirks which no kept session shows."""
    missing = set(profile(version).quirks)
    for scenario in kept:
        if needs(scenario.calls) <= set(claimed_capabilities(version)):
            missing -= _shown(scenario, version, missing)
    for number, scenario in _stream(version, MOST):
        if not missing:
            return
        if shown := _shown(scenario, version, missing):
            missing -= shown
            yield number, scenario


def _shown(scenario: Scenario, version: str, quirks: set[str]) -> set[str]:
    return {name for name, changes in quirk_effects(scenario, profile(version), quirks) if changes}
