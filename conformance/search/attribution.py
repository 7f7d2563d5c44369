"""What tells two profiles apart, by name: quirks, and what one of the releases does not have at all."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice

from conformance.search.compare import first_difference
from conformance.search.oracle import Oracle
from conformance.search.sessions import decode
from conformance.search.source import stream
from conformance.search.steps import GeneratedSession
from conformance.wire.answers import Answer
from conformance.wire.files import ask
from reference_impl.config.environment import VARIABLES
from reference_impl.config.keys import KEYS
from reference_impl.config.paths import OWN_FOLDER, OWN_FOLDER_SINCE, ROOTS
from reference_impl.profiles import Profile, rows_of

SEED = "named"


@dataclass(frozen=True)
class QuirkAttribution:
    """How often each quirk changed a session's answers, of `sessions`; `unnamed` of them changed for another reason.

    Sessions that load configs or save have many: keys, variables and folders, which `config_rows` names, and what a
    release keeps of an account, which its capabilities name. They are not counted among the unnamed.
    """

    sessions: int
    by_quirk: dict[str, int]
    unnamed: int


def attribute_differences(
    one: Profile, other: Profile, capabilities: Collection[str], sessions: int
) -> QuirkAttribution:
    """Generate sessions, and ask the reference with each of the quirks that tell the two apart, one at a time."""
    if one == other:
        return QuirkAttribution(sessions, {}, 0)
    quirks = sorted(one.quirks ^ other.quirks)
    counts: Counter[str] = Counter(dict.fromkeys(quirks, 0))
    unnamed = 0
    mixed = Profile(one.name, other.quirks)  # all that has a name is the other's
    for draft in islice(stream(SEED), sessions):
        session = decode(draft, capabilities)
        first = _answers(session, one)
        for quirk in quirks:
            changed = _answers(session, Profile(one.name, one.quirks ^ {quirk}))
            counts[quirk] += first_difference(session.calls, first, changed) is not None
        if session.saves or not session.opened:
            continue
        unnamed += first_difference(session.calls, _answers(session, mixed), _answers(session, other)) is not None
    return QuirkAttribution(sessions, dict(counts.most_common()), unnamed)


def _answers(session: GeneratedSession, profile: Profile) -> list[Answer]:
    return ask(session.to_scenario(), Oracle(profile).answers)


def config_rows(one: Profile, other: Profile) -> Iterator[str]:
    """Keys, variables and folders of the config that are not the same for both."""
    keys, others = ({key.path: key for key in rows_of(p, KEYS, lambda key: key.path)} for p in (one, other))
    yield from _missing("key", keys, others, one, other)
    for path in keys.keys() & others.keys():
        before, after = keys[path], others[path]
        if before.default != after.default:
            yield f"key {path}: default {before.default!r} in {one.name}, {after.default!r} in {other.name}"
        if before.kind != after.kind:
            yield f"key {path}: other values in {one.name} than in {other.name}"
    read, read_by_other = ({v.name: v for v in rows_of(p, VARIABLES, lambda v: v.name)} for p in (one, other))
    yield from _missing("variable", read, read_by_other, one, other)
    roots, other_roots = ({r.platform: r for r in rows_of(p, ROOTS, lambda r: r.platform)} for p in (one, other))
    for platform in roots.keys() & other_roots.keys():
        if roots[platform].variable != other_roots[platform].variable:
            yield (
                f"folder on {platform}: of {roots[platform].variable} in {one.name}, "
                f"of {other_roots[platform].variable} in {other.name}"
            )
    if one.is_in(OWN_FOLDER_SINCE) != other.is_in(OWN_FOLDER_SINCE):
        has = one if one.is_in(OWN_FOLDER_SINCE) else other
        yield f"variable {OWN_FOLDER}: in {has.name} only"


def _missing(kind: str, rows: Collection[str], others: Collection[str], one: Profile, other: Profile) -> Iterator[str]:
    for name in rows:
        if name not in others:
            yield f"{kind} {name}: in {one.name} only"
    for name in others:
        if name not in rows:
            yield f"{kind} {name}: in {other.name} only"
