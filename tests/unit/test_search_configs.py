"""Decoding of config loads: they cover all differences between releases, and half of the files are valid."""

import dataclasses
import random
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from conformance.search.configs import Files, decode_config
from conformance.search.source import PLAIN, Draft, draw
from conformance.wire.calls import PROJECT_FILE, USER_FILE
from conformance.wire.scenario import ROOT
from reference_impl.config.loader import LoadedConfig, load_config
from reference_impl.profiles import Profile, profile
from reference_impl.releases import VERSIONS

SESSIONS, CALLS = 200, 3
QUIRKS = (
    "file-resets-other-group-keys",
    "file-resets-other-keys",
    "auto-resume-on-without-files",
    "environment-variables-unread",
    "keep-thinking-variable-unread",
    "web-search-threshold-zero-is-default",
)


@cache
def some_sessions() -> list[tuple[Files, list[dict[str, Any]]]]:
    rng = random.Random(0)  # noqa: S311 - nothing secret
    decoded = [decode_config(draw(rng)) for _ in range(SESSIONS)]
    return [(files, [params for _, params in calls[:CALLS]]) for files, calls, _ in decoded]


def reader(files: Files) -> Callable[[str], bytes | None]:
    def read(path: str) -> bytes | None:
        content = files.get(path.removeprefix(f"{ROOT}/"), {})
        return content["text"].encode() if "text" in content else None

    return read


def answers(release: Profile) -> list[list[LoadedConfig]]:
    return [
        [load_config(**params, read=reader(files), profile=release) for params in calls]
        for files, calls in some_sessions()
    ]


@pytest.mark.parametrize(
    ("release", "quirk"), [(release, quirk) for release in VERSIONS for quirk in QUIRKS if profile(release).has(quirk)]
)
def test_each_quirk_changes_the_answer_of_some_sessions(release: str, quirk: str) -> None:
    with_it = profile(release)
    without = dataclasses.replace(with_it, quirks=with_it.quirks - {quirk})
    pairs = zip(answers(with_it), answers(without), strict=True)
    differing = sum([each.config for each in one] != [each.config for each in two] for one, two in pairs)
    assert differing >= 0.01 * SESSIONS  # half of the sessions mostly have wrong files


def test_files_are_read_and_ignored() -> None:
    """Counts only files in places that the call reads."""
    reasons = [file.ignored for loaded in answers(profile("1.4.3")) for file in loaded[0].files]
    there = [reason or "used" for reason in reasons if reason is None or not reason.startswith("no such file")]
    used = there.count("used")
    assert 0.5 * len(there) <= used <= 0.9 * len(there)
    assert {reason.partition(":")[0] for reason in there} == {"used", "not JSON", "not valid"}


def test_zeros_are_the_plainest_session() -> None:
    assert decode_config(Draft(PLAIN, (), (PLAIN,)))[0] == {}
    files, calls, _ = decode_config(Draft(PLAIN, (PLAIN,), (PLAIN,)))
    assert files == {USER_FILE: {"text": '{"pid_offset_enabled": true}'}}
    params = {"directory": f"{ROOT}/project", "home": f"{ROOT}/home", "environment": {}, "platform": "linux"}
    assert calls == [("load_config", params)]


def test_record_can_set_a_key_in_both_layers() -> None:
    both = bytes([0] * 14 + [128, 0])
    assert set(decode_config(Draft(PLAIN, (both,), ()))[0]) == {USER_FILE, PROJECT_FILE}
