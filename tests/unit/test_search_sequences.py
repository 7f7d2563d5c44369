"""Each sequence of the search shows the quirk that it was written for."""

import pytest

from conformance.search.configs import decode_config
from conformance.search.sequences import SEQUENCES
from conformance.search.source import PLAIN, Draft
from conformance.search.steps import GeneratedSession, Step
from conformance.wire.calls import NOW_MS, pool
from conformance.wire.scenario import Call, Scenario
from reference_impl.profiles import profile
from tools.quirk_effects import quirk_effects

OLDEST = profile("1.2.8")
QUIRKS = ("wait-ignores-base-limit", "cursor-not-wrapped-on-removal", "offset-counts-from-minus-one")


def fresh_session(accounts: int, pid: int) -> GeneratedSession:
    stored = pool(accounts)
    opened = {"pool": stored, "pid": pid, "now_ms": NOW_MS}
    labels = [entry["refreshToken"] for entry in stored["accounts"]]
    return GeneratedSession([("open", opened)], opened=opened, labels=labels, all_labels=tuple(labels))


def shown(scenario: Scenario, quirk: str) -> bool:
    return any(changed for _, changed in quirk_effects(scenario, OLDEST, [quirk]))


@pytest.mark.parametrize("pid", [0, 1, 2, 12])
@pytest.mark.parametrize(("sequence", "quirk"), list(zip(SEQUENCES, QUIRKS, strict=True)), ids=QUIRKS)
def test_sequence_shows_its_quirk(sequence: tuple[Step, int, str], quirk: str, pid: int) -> None:
    session = fresh_session(4, pid)
    sequence[0](session, PLAIN)
    assert shown(session.to_scenario(), quirk)


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
