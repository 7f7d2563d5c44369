"""Recording sends the stored scenarios to a target, and a release on npm still answers as recorded."""

import pytest

from conformance.targets.group import Group, Launch
from conformance.targets.resolve import resolve
from reference_impl.releases import NPM_VERSIONS
from tools import recordings
from tools.recordings_files import differences, load_recordings, load_scenarios

SCENARIOS = load_scenarios()
STORED = load_recordings(SCENARIOS)
SOME = {
    id_: SCENARIOS[id_] for id_ in ("quirk-version-4-unknown", "quirk-file-resets-other-group-keys", "drawn-1.5.5-0")
}


@pytest.mark.needs_node
def test_a_release_answers_as_it_was_recorded() -> None:
    """The newest release on npm; `make recordings` asks the others."""
    version = NPM_VERSIONS[-1]
    target = resolve(f"npm:opencode-antigravity-auth@{version}", [])
    with Group([Launch(target.argv, target.environment, target.word)], timeout_s=60) as group:
        found = list(differences(STORED[version], SCENARIOS, group.connections[0].batch, group.folder))
    assert STORED[version].not_asked_yet(SCENARIOS) == []
    assert found == []


def test_recording_asks_what_the_target_claims() -> None:
    old = recordings.record("1.2.8", "reference@1.2.8", SOME)
    assert set(old.answers) == {"quirk-version-4-unknown", "quirk-file-resets-other-group-keys"}
    assert old.defaults == STORED["1.2.8"].defaults
    assert recordings.describe(old, STORED["1.2.8"], SOME) == "1.2.8: 2 calls in 2 scenarios, 0 of them new"


def test_changed_answers_are_reported() -> None:
    changed = recordings.record("1.6.0", "reference@1.4.3", SOME)
    text = recordings.describe(changed, STORED["1.6.0"], SOME)
    assert text.endswith(
        "; its answers differ from the stored ones in: quirk-version-4-unknown, quirk-file-resets-other-group-keys"
    )
    assert recordings.describe(changed, None, SOME).endswith("2 of them new")
