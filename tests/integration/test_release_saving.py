"""What a session saves into the pool file: a release and the reference at its profile write and read the same."""

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings

from conformance.json_type import Json
from conformance.targets.connection import Connection
from conformance.targets.group import Group, Launch
from conformance.targets.resolve import resolve
from conformance.wire.answers import Result
from conformance.wire.calls import NOW_MS, POOL_FILE
from conformance.wire.files import write_files
from tests.support.saving import Calls, events, stored_pools
from tests.support.tiers import releases_on_npm


@dataclass(frozen=True)
class Two:
    """Two processes of one implementation with the same home."""

    one: Connection
    other: Connection

    def leave(self, stored: Json, of_one: Calls, of_other: Calls) -> tuple[Json, list[Json]]:
        """Both read the file, then each works and saves in turn. Returns the file and the accounts read back."""
        with tempfile.TemporaryDirectory() as folder:
            write_files(Path(folder), {POOL_FILE: {"text": json.dumps(stored)}})
            home = f"{folder}/home"
            opening = ("open", {"home": home, "pid": 5, "now_ms": NOW_MS})
            for each in (self.one, self.other):
                each.batch([opening])
            for each, calls in ((self.one, of_one), (self.other, of_other)):
                *_, saved = each.batch([*calls, ("save", {})])
                assert saved == Result(None)
            document = json.loads(Path(folder, POOL_FILE).read_text(encoding="utf-8"))
            answers = self.one.batch(
                [opening, ("snapshot", {}), ("select", {"family": "gemini", "strategy": "sticky"})]
            )
            return normal(document), [shown(answer.value) for answer in answers if isinstance(answer, Result)]


def normal(document: Json) -> Json:
    """The document without keys that no wire method shows, and without ended limits."""
    hidden = ("projectId", "managedProjectId", "fingerprint", "fingerprintHistory")
    for account in document["accounts"]:
        for key in hidden:
            account.pop(key, None)
        limits = account.get("rateLimitResetTimes") or {}
        account["rateLimitResetTimes"] = {key: end for key, end in limits.items() if end > NOW_MS}
        if account.get("coolingDownUntil", 0) <= NOW_MS:  # releases delete it at the next access
            account.pop("coolingDownUntil", None)
            account.pop("cooldownReason", None)
    return document


def shown(value: Json) -> Json:
    if not isinstance(value, dict) or "active_index_by_family" not in value:
        return value
    accounts = [(account["label"], account["last_used_ms"]) for account in value["accounts"]]
    return accounts, value["active_index_by_family"]


@pytest.fixture(scope="module", params=releases_on_npm())
def pair(request: pytest.FixtureRequest) -> Iterator[tuple[Two, Two]]:
    words = [f"reference@{request.param}", f"npm:opencode-antigravity-auth@{request.param}"]
    targets = [target for word in words for target in [resolve(word, [])] * 2]
    with Group([Launch(t.argv, t.environment, t.word) for t in targets], timeout_s=60) as group:
        yield Two(*group.connections[:2]), Two(*group.connections[2:])


@pytest.mark.needs_node
def test_the_reference_saves_what_the_release_saves(pair: tuple[Two, Two]) -> None:
    reference, release = pair
    can = set(release.one.hello().capabilities)
    needs = {"set_enabled": "enabled", "reset_limits": "reset-limits"}

    def asked(calls: Sequence[tuple[str, Json]]) -> Calls:
        return [call for call in calls if needs.get(call[0], "sticky") in can]

    @settings(max_examples=60, derandomize=True, database=None, deadline=None)  # each needs five folders and locks
    @given(stored=stored_pools(), one=events(), other=events())
    def compare(stored: Json, one: Calls, other: Calls) -> None:
        assert reference.leave(stored, asked(one), asked(other)) == release.leave(stored, asked(one), asked(other))

    compare()
