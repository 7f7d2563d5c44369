"""The nearest release of each release, of mixtures, and of targets that claim nothing."""

from collections.abc import Sequence

import pytest

from conformance.cli.identify import describe_identification
from conformance.json_type import Json
from conformance.requirements.quirks import load_distinguishing_scenarios
from conformance.search.attribution import config_rows
from conformance.search.identify import Identification, NearestRelease, find_nearest, restarting
from conformance.search.steps import GeneratedSession
from conformance.targets.errors import AdapterFault, GivenUp
from conformance.targets.patience import Patience
from conformance.targets.resolve import Target
from conformance.vectors.predict import send_to
from conformance.wire.answers import Answer, NotSupported, Raised
from conformance.wire.files import Send
from reference_impl.adapter import CAPABILITIES, ReferenceAdapter
from reference_impl.profiles import BY_NAME, Profile, profile
from reference_impl.releases import RECOMMENDED, VERSIONS


def identified(adapter: ReferenceAdapter) -> NearestRelease:
    return find_nearest(send_to(adapter), [word for word in CAPABILITIES if adapter.profile.knows(word)])


@pytest.mark.parametrize("release", VERSIONS)
def test_release_is_nearest_to_itself(release: str) -> None:
    found = identified(ReferenceAdapter(release))
    assert release in (found.nearest, *found.equals)
    assert (found.differences, found.between) == ([], None)
    scenarios = {
        name for name, distinguishing in load_distinguishing_scenarios().items() if release in distinguishing.releases
    }
    shown = {name: word for name, word in found.quirks.items() if name in scenarios and word != "not asked"}
    assert {name for name, word in shown.items() if word == "with"} == profile(release).quirks
    assert set(shown.values()) == {"with", "without"}


def test_mended_quirk_of_a_fork_is_named() -> None:
    adapter = ReferenceAdapter("1.4.3")
    mended = "wait-ignores-cooldown"
    adapter.profile = Profile("1.4.3", adapter.profile.quirks - {mended})
    found = identified(adapter)
    assert (found.nearest, found.differences, found.quirks[mended]) == ("1.4.3", [mended], "without")
    assert found.between is None
    assert found.reason == (
        "nearest: 40 of 41 distinguishing scenarios, 14 of 14 capabilities, 18 of 18 config keys agree; "
        "equally near: 1.3.2; differs in wait-ignores-cooldown"
    )


def test_target_with_signs_of_two_releases_lies_between() -> None:
    adapter = ReferenceAdapter("1.3.0")
    adapter.profile = Profile("1.3.0", adapter.profile.quirks - {"keep-thinking-variable-unread"})
    found = identified(adapter)
    assert (found.nearest, found.between) == ("1.3.0", ("1.2.8", "1.3.0"))
    assert found.reason.endswith("the target lies between 1.2.8 and 1.3.0: like 1.2.8 in keep-thinking-variable-unread")


def test_a_target_may_lie_beyond_the_nearest_release() -> None:
    adapter = ReferenceAdapter("1.4.5")
    adapter.profile = Profile("1.4.5", adapter.profile.quirks - {"disabled-account-kept"})
    assert identified(adapter).between == ("1.4.5", "1.5.5")


def first_line(found: NearestRelease) -> str:
    return next(describe_identification(Identification(Target("a-port", []), [], found, (), (), 1, 0)))


def test_releases_that_agree_too_are_named() -> None:
    assert first_line(identified(ReferenceAdapter("1.3.2"))) == "a-port behaves like 1.3.2 and 1.4.3"
    assert first_line(identified(ReferenceAdapter("1.6.0"))) == "a-port behaves like 1.6.0"
    assert first_line(find_nearest(send_to(object()), [])) == "a-port behaves like recommended"


def test_releases_on_both_sides_are_named() -> None:
    adapter = ReferenceAdapter(Profile("1.3.0", profile("1.3.0").quirks - {"keep-thinking-variable-unread"}))
    line = "a-port lies between 1.2.8 and 1.3.0, and behaves like 1.3.0, except"
    assert first_line(identified(adapter)) == line


def test_a_tie_goes_to_the_newer_release() -> None:
    found = identified(ReferenceAdapter("1.3.2"))
    assert (found.nearest, found.equals) == ("1.4.3", ["1.3.2"])


def test_target_without_capabilities_has_no_nearest_release() -> None:
    found = find_nearest(send_to(object()), [])
    assert (found.nearest, found.signs) == (RECOMMENDED, ())
    assert set(found.quirks) == set(BY_NAME)
    assert set(found.quirks.values()) == {"not asked"}


def test_config_alone_identifies_a_release() -> None:
    found = find_nearest(send_to(ReferenceAdapter("1.3.0")), ["config", "environment", "platform"])
    assert found.nearest == "1.3.0"
    assert {sign.kind for sign in found.signs} == {"scenario", "config key"}


def test_unexpected_answer_shows_neither_behaviour() -> None:
    def send(calls: Sequence[tuple[str, Json]]) -> list[Answer]:
        return [NotSupported(method) for method, _ in calls]

    found = find_nearest(send, CAPABILITIES)
    assert set(found.quirks.values()) == {"neither"}


def test_crash_during_call_restarts_target() -> None:
    started: list[ReferenceAdapter] = []

    def start(_: Patience) -> Send:
        started.append(ReferenceAdapter("1.6.0"))
        answer = send_to(started[-1])

        def send(calls: Sequence[tuple[str, Json]]) -> list[Answer]:
            if any(method == "remove" for method, _ in calls):
                raise AdapterFault("it ended")
            return answer(calls)

        return send

    found = find_nearest(restarting(start, "it"), CAPABILITIES)
    assert found.nearest == "1.6.0"
    assert found.quirks["trackers-by-index"] == "neither"
    assert found.quirks["offset-counts-from-minus-one"] == "neither"
    assert found.quirks["wait-ignores-cooldown"] == "with"
    assert len(started) > 1


def test_target_that_always_crashes_has_no_release() -> None:
    started = []

    def start(_: Patience) -> Send:
        def send(_: Sequence[tuple[str, Json]]) -> list[Answer]:
            raise AdapterFault("it ended")

        started.append(send)
        return send

    with pytest.raises(GivenUp, match=r"it failed 3 times and is not started again\. The last time: it ended"):
        find_nearest(restarting(start, "it"), CAPABILITIES)
    assert len(started) == 3


def test_no_agreement_means_no_release() -> None:
    def send(calls: Sequence[tuple[str, Json]]) -> list[Answer]:
        return [Raised("no")] * len(calls)

    found = find_nearest(send, CAPABILITIES)
    assert (found.nearest, found.differences, found.equals, found.between) == ("recommended", [], [], None)
    assert found.reason.startswith("no release is near: the target agrees with none in any of ")


def test_move_of_pool_file_is_named() -> None:
    rows = list(config_rows(profile("1.4.3"), profile("1.4.5")))
    assert "pool file on win32: moved from APPDATA in 1.4.5 only" in rows
    assert not [row for row in config_rows(profile("1.4.5"), profile("1.6.0")) if row.startswith("pool file")]


def test_session_that_moves_files_runs_alone() -> None:
    """Its answers depend on files that the first run has moved, so they cannot be computed again in the same folder."""
    calls: list[tuple[str, dict[str, Json]]] = [("pool_path", {"home": "{root}/home"})]
    assert GeneratedSession(calls, {"roaming/opencode/antigravity-accounts.json": {"text": ""}}).saves
    assert not GeneratedSession(calls).saves
