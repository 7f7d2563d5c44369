"""Explains how two profiles differ: by quirks, config keys, variables, folders and the place of the pool file."""

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
from reference_impl.pool_place import MOVES_SINCE, OLD_VARIABLE
from reference_impl.profiles import Profile, rows_of

SEED = "named"


@dataclass(frozen=True)
class QuirkAttribution:
    """How often each quirk changed the answers of a session.

    `sessions` counts the generated sessions. `unnamed` counts those that differ although all quirks are equal.
    Sessions that load configs, save or ask for the pool file are left out of `unnamed`: `config_rows` and the
    capabilities explain those.
    """

    sessions: int
    by_quirk: dict[str, int]
    unnamed: int


def attribute_differences(
    one: Profile, other: Profile, capabilities: Collection[str], sessions: int
) -> QuirkAttribution:
    """Generate sessions, then toggle one differing quirk at a time and count the sessions that it changes."""
    if one == other:
        return QuirkAttribution(sessions, {}, 0)
    quirks = sorted(one.quirks ^ other.quirks)
    counts: Counter[str] = Counter(dict.fromkeys(quirks, 0))
    unnamed = 0
    mixed = Profile(one.name, other.quirks)  # only differences that no quirk explains remain
    for draft in islice(stream(SEED), sessions):
        session = decode(draft, capabilities)
        first = _answers(session, one)
        for quirk in quirks:
            changed = _answers(session, Profile(one.name, one.quirks ^ {quirk}))
            counts[quirk] += first_difference(session.calls, first, changed) is not None
        if session.saves or not session.opened or any(method == "pool_path" for method, _ in session.calls):
            continue
        unnamed += first_difference(session.calls, _answers(session, mixed), _answers(session, other)) is not None
    return QuirkAttribution(sessions, dict(counts.most_common()), unnamed)


def _answers(session: GeneratedSession, profile: Profile) -> list[Answer]:
    return ask(session.to_scenario(), Oracle(profile).answers)


def config_rows(one: Profile, other: Profile) -> Iterator[str]:
    """One line for each config key, variable or folder that differs between the two profiles."""
    keys, others = ({key.path: key for key in rows_of(p, KEYS, lambda key: key.path)} for p in (one, other))
    yield from _missing("key", keys, others, one, other)
    for path in keys.keys() & others.keys():
        before, after = keys[path], others[path]
        if before.default != after.default:
            yield f"key {path}: default {before.default!r} in {one.name}, {after.default!r} in {other.name}"
        if before.kind != after.kind:
            yield f"key {path}: {one.name} and {other.name} accept different values"
    read, read_by_other = ({v.name: v for v in rows_of(p, VARIABLES, lambda v: v.name)} for p in (one, other))
    yield from _missing("variable", read, read_by_other, one, other)
    roots, other_roots = ({r.platform: r for r in rows_of(p, ROOTS, lambda r: r.platform)} for p in (one, other))
    for platform in roots.keys() & other_roots.keys():
        if roots[platform].variable != other_roots[platform].variable:
            yield (
                f"folder on {platform}: {one.name} reads {roots[platform].variable}, "
                f"{other.name} reads {other_roots[platform].variable}"
            )
    if one.is_in(OWN_FOLDER_SINCE) != other.is_in(OWN_FOLDER_SINCE):
        has = one if one.is_in(OWN_FOLDER_SINCE) else other
        yield f"variable {OWN_FOLDER}: in {has.name} only"
    if one.is_in(MOVES_SINCE) != other.is_in(MOVES_SINCE):
        has = one if one.is_in(MOVES_SINCE) else other
        yield f"pool file on win32: moved from {OLD_VARIABLE} in {has.name} only"


def _missing(kind: str, rows: Collection[str], others: Collection[str], one: Profile, other: Profile) -> Iterator[str]:
    for name in rows:
        if name not in others:
            yield f"{kind} {name}: in {one.name} only"
    for name in others:
        if name not in rows:
            yield f"{kind} {name}: in {other.name} only"
