"""Each sequence of the search shows the quirk or the faulty port that it was written for."""

from dataclasses import replace
from itertools import product

import pytest

from conformance.search.configs import decode_config
from conformance.search.focus import kinds_of
from conformance.search.further_steps import FURTHER_KINDS
from conformance.search.sequences import SEQUENCES
from conformance.search.source import PLAIN, Draft
from conformance.search.steps import KINDS, GeneratedSession
from conformance.wire.calls import NOW_MS, pool
from conformance.wire.scenario import Call, Scenario
from reference_impl.profiles import profile
from tests.fakes.blind.ports import all_ports
from tests.support.blind import is_proven
from tools.quirk_effects import quirk_effects

OLDEST = profile("1.2.8")
STEPS = {step.__name__: step for step, *_ in SEQUENCES}
QUIRKS = {
    "_wait_for_base_limits": "wait-ignores-base-limit",
    "_remove_after_rotation": "cursor-not-wrapped-on-removal",
    "_offset_without_current": "offset-counts-from-minus-one",
}
PORTS = {  # with a record for which the sequence shows the fault
    "_look_then_set_back": ("pool/snapshot-forgets", bytes(6) + bytes([128]) + bytes(9)),
    "_verify_in_turns": ("verification/enabling-verifies", bytes(6) + bytes([1, 2]) + bytes(8)),
}


def fresh_session(accounts: int, pid: int) -> GeneratedSession:
    stored = pool(accounts)
    opened = {"pool": stored, "pid": pid, "now_ms": NOW_MS}
    labels = [entry["refreshToken"] for entry in stored["accounts"]]
    return GeneratedSession([("open", opened)], opened=opened, labels=labels, all_labels=tuple(labels))


def shown(scenario: Scenario, quirk: str) -> bool:
    return any(changed for _, changed in quirk_effects(scenario, OLDEST, [quirk]))


@pytest.mark.parametrize("pid", [0, 1, 2, 12])
@pytest.mark.parametrize("sequence", QUIRKS)
def test_sequence_shows_its_quirk(sequence: str, pid: int) -> None:
    session = fresh_session(4, pid)
    STEPS[sequence](session, PLAIN)
    assert shown(session.to_scenario(), QUIRKS[sequence])


@pytest.mark.parametrize("sequence", PORTS)
def test_sequence_shows_its_faulty_port(sequence: str) -> None:
    name, record = PORTS[sequence]
    session = fresh_session(4, 0)
    STEPS[sequence](session, record)
    assert is_proven(replace(all_ports()[name], proof=session.to_scenario()))


def test_every_sequence_shows_something() -> None:
    assert STEPS.keys() == QUIRKS.keys() | PORTS.keys()


@pytest.mark.parametrize("place", [1, 2])
def test_nothing_moves_into_the_users_folder(place: int) -> None:
    """On Windows the pool file moves, and a blank folder is relative to where the user starts the search."""
    session = fresh_session(2, 0)
    step = next(step for step, *_ in FURTHER_KINDS if step.__name__ == "_find_pool")
    for folder, platform in product(range(256), repeat=2):
        record = bytearray(16)
        record[place], record[4] = folder, platform
        step(session, bytes(record))
    blank = [params["platform"] for _, params in session.calls if " " in params.get("environment", {}).values()]
    assert set(blank) == {"linux"}


def test_generator_draws_every_kind_of_step() -> None:
    """A table has 256 entries, and there are more steps than that if each counts by its weight."""
    every = (*KINDS, *FURTHER_KINDS, *SEQUENCES)
    needed = frozenset(word for *_, needs in every for word in needs.split())
    assert set(kinds_of(needed)) == {step for step, *_ in every}


@pytest.mark.parametrize("count", [0, 1, 12])
def test_sequences_accept_every_pool(count: int) -> None:
    session = fresh_session(count, 0)
    for step, *_ in SEQUENCES:
        step(session, PLAIN)
    assert len(session.calls) < 20


def test_both_layers_set_keys_of_one_group() -> None:
    """Byte 10 of the head chooses files of one group; byte 1 of the record gives each file one key."""
    head, record = bytes(10) + bytes([100]) + bytes(5), bytes([0, 0, 0, 200]) + bytes(12)
    files, calls, _ = decode_config(Draft(head, (record,), (PLAIN,)))
    assert len(files) == 2
    assert shown(Scenario([Call(*call) for call in calls], files), "file-resets-other-group-keys")
