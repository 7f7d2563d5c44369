"""A release on npm still answers as it was recorded; the others are the same code asked in the same way."""

import pytest

from conformance.targets.group import Group, Launch
from conformance.targets.resolve import resolve
from reference_impl.releases import NPM_VERSIONS
from tools.recordings_files import differences, load_recordings, load_scenarios

pytestmark = [pytest.mark.needs_node]


def test_a_release_answers_as_it_was_recorded() -> None:
    scenarios, version = load_scenarios(), NPM_VERSIONS[-1]
    target = resolve(f"npm:opencode-antigravity-auth@{version}", [])
    with Group([Launch(target.argv, target.environment, target.word)], timeout_s=60) as group:
        recording = load_recordings(scenarios)[version]
        assert recording.not_asked_yet(scenarios) == []
        assert list(differences(recording, scenarios, group.connections[0].batch, group.folder)) == []
