"""Config keys that a target adds, at any depth, are ignored and listed."""

from collections.abc import Sequence

import pytest

from conformance.json_type import Json
from conformance.search.compare import are_same
from conformance.search.config_keys import MOST_CHARACTERS, MOST_LISTED, added_keys, known_keys
from conformance.wire.answers import Result
from reference_impl.config.keys import KEYS

CACHE = {"enabled": True}


@pytest.mark.parametrize(
    ("config", "known", "added"),
    [
        ({"debug": True, "mine": 1}, {"debug": True}, ["mine"]),
        ({"debug": True, "mine": {"a": {"debug": 1}}}, {"debug": True}, ["mine"]),
        ({"mine": [1]}, {}, ["mine"]),
        (
            {"signature_cache": {"enabled": True, "mine": {"b": 1}}},
            {"signature_cache": CACHE},
            ["signature_cache.mine"],
        ),
        ({"signature_cache.enabled": True}, {}, ["signature_cache.enabled"]),
        ({"signature_cache": False}, {"signature_cache": False}, []),
        ({"debug": {"level": 1}}, {"debug": {"level": 1}}, []),
        (None, None, []),
    ],
)
def test_added_keys_and_groups_are_told_apart(config: Json, known: Json, added: Sequence[str]) -> None:
    assert known_keys(config) == known
    assert added_keys(config) == added


@pytest.mark.parametrize(
    ("given", "same"),
    [
        ({"debug": True, "mine": {"a": 1}}, True),
        ({"debug": True, "signature_cache": {"enabled": True, "mine": {"a": 1}}}, False),  # no such group in reference
        ({"debug": {"mine": True}}, False),
    ],
)
def test_added_group_is_no_difference(given: Json, same: bool) -> None:
    expected, answered = Result({"config": {"debug": True}}), Result({"config": given})
    assert are_same("load_config", expected, answered, 0) is same


def test_added_key_in_group_is_no_difference() -> None:
    expected = Result({"config": {"signature_cache": CACHE}})
    answered = Result({"config": {"signature_cache": CACHE | {"mine": {"deep": [1]}}}})
    assert are_same("load_config", expected, answered, 0)


def test_every_key_of_the_releases_is_known() -> None:
    assert added_keys({key.path: 1 for key in KEYS if "." not in key.path}) == []


def test_list_of_added_keys_is_bounded() -> None:
    listed = added_keys({f"{number:03}{'x' * 1000}": 1 for number in range(500)})
    assert len(listed) == MOST_LISTED + 1
    assert listed[-1] == f"… and {500 - MOST_LISTED} more"
    assert max(map(len, listed)) == MOST_CHARACTERS + 1
