"""`make recordings` reports what it keeps, and refuses impossible requests."""

import pytest

from tools import recordings
from tools.recordings_files import load_recordings, load_scenarios

SCENARIOS = load_scenarios()
STORED = load_recordings(SCENARIOS)
SOME = {
    id_: SCENARIOS[id_] for id_ in ("quirk-version-4-unknown", "quirk-file-resets-other-group-keys", "drawn-1.5.5-0")
}


def test_a_kept_recording_is_reported() -> None:
    asked = "to ask it, give a checkout of its tag, 1.5.5=PATH"
    text = recordings.describe_kept("1.5.5", STORED["1.5.5"], SCENARIOS)
    assert text == f"1.5.5: keeps its stored answers, 0 scenarios not asked yet; {asked}"
    assert recordings.describe_kept("1.5.5", None, SOME) == (
        "1.5.5: not recorded; give a checkout of its tag, 1.5.5=PATH"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--draw"], "--draw replaces all recordings; give a checkout of the tag of 1.3.2, 1.4.5, 1.5.5"),
        (["--show", "nothing"], "there is no scenario 'nothing'"),
    ],
)
def test_wrong_usage_ends_with_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recordings, "record", None)  # the stored answers stay even if recording fails
    with pytest.raises(SystemExit, match="2"):
        recordings.main(arguments)
    assert message in capsys.readouterr().err
