"""What a target behaves like: the nearest release, the quirks in which it differs, and what no name is known for."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from conformance.requirements.quirks import load_tellings
from conformance.search.asker import Asker
from conformance.search.find import Find
from conformance.search.fuzz import Bounds, Search
from conformance.search.identify import Identification, identify, restarting
from conformance.search.oracle import Oracle, fitted
from conformance.targets.connection import Group, Launch
from conformance.targets.resolve import Target
from conformance.wire.files import Send
from reference_impl.profiles import Profile, profile

SEED = "likeness"  # the same target is always found to be like the same


@dataclass(frozen=True)
class Likeness:
    """`flipped` are quirks that the nearest release has and the target has not, or the other way round."""

    target: Target
    capabilities: list[str]
    identification: Identification
    flipped: tuple[str, ...]
    finds: tuple[Find, ...]
    calls: int
    differing: int

    @property
    def nearest(self) -> str:
        return self.identification.nearest

    @property
    def profile(self) -> Profile:
        """The nearest release, but for the quirks in which the target differs."""
        return fitted(self.nearest, self.flipped)

    @property
    def other_signs(self) -> list[str]:
        """Capabilities, config keys, and quirks that show neither way."""
        signs = self.identification.signs
        differing = [s for s in signs if not s.agrees.get(self.nearest, True)]
        return [f"{s.kind} {s.name}" for s in differing if s.kind != "scenario" or s.name not in self.flipped]


def liken(target: Target, capabilities: list[str], *, calls: int, timeout_s: float, finds: int = 5) -> Likeness:
    """Find out what a target behaves like: ask what tells releases apart, then search beside it."""
    with ExitStack() as groups:

        def start() -> Send:
            launch = Launch(target.argv, target.environment, target.word)
            return groups.enter_context(Group([launch], timeout_s=timeout_s)).connections[0].batch

        found = identify(restarting(start), capabilities)
    flipped = tuple(_flipped(found))
    with Asker(target, Oracle(fitted(found.nearest, flipped)), timeout_s=timeout_s) as asker:
        search = Search(asker, capabilities, SEED, Bounds(calls=calls, finds=finds))
        beyond = tuple(search.run())
        return Likeness(target, capabilities, found, flipped, beyond, asker.tally.calls, search.differences)


def _flipped(found: Identification) -> Iterator[str]:
    quirks = profile(found.nearest).quirks
    tellings = load_tellings()
    for name, shown in found.quirks.items():
        is_asked = found.nearest in tellings[name].releases or found.nearest == "recommended"
        if is_asked and shown in ("with", "without") and (shown == "with") != (name in quirks):
            yield name


def unshared(finds: Sequence[Find], other: Likeness, timeout_s: float) -> list[Find]:
    """Those finds that another target does not answer in the same way."""
    from conformance.search.find import to_session

    left = []
    with Asker(other.target, Oracle(other.profile), timeout_s=timeout_s) as asker:
        for find in finds:
            difference = asker.first(to_session(find.scenario))
            if difference is None or difference.answered != find.answered:
                left.append(find)
    return left
