"""What a session leaves in the pool file: the reference and each release write and read back the same."""

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.json_type import Json
from conformance.targets.connection import Connection
from conformance.targets.group import Group, Launch
from conformance.targets.resolve import resolve
from conformance.wire.answers import Refusal, Refused, Result
from conformance.wire.calls import NOW_MS, POOL_FILE, label, pool
from conformance.wire.files import write_files
from reference_impl.adapter import ReferenceAdapter
from reference_impl.releases import NPM_VERSIONS

Calls = list[tuple[str, dict[str, Json]]]
DAY_MS = 86_400_000
LABELS = st.integers(0, 3).map(label)
FAMILIES = st.sampled_from(["claude", "gemini"])
DURATIONS_MS = st.sampled_from([1, DAY_MS])
TIMES = st.sampled_from([NOW_MS - DAY_MS, NOW_MS + 1000, NOW_MS + DAY_MS])


@st.composite
def stored_pools(draw: st.DrawFn) -> Json:
    """Pools as releases write them, with what processes leave in them."""
    fields = st.fixed_dictionaries(
        {},
        optional={
            "email": st.sampled_from(["one", "two"]),
            "enabled": st.booleans(),
            "lastUsed": TIMES,
            "rateLimitResetTimes": st.dictionaries(st.sampled_from(["claude", "gemini-cli"]), TIMES),
            "coolingDownUntil": TIMES,
        },
    )
    return pool(draw(st.lists(fields, min_size=1, max_size=4)), activeIndex=draw(st.integers(0, 4)))


@st.composite
def events(draw: st.DrawFn) -> Calls:
    """What happens in one process between reading the file and writing it."""
    request = {"family": FAMILIES, "strategy": st.sampled_from(["sticky", "round-robin"])}
    kinds: list[st.SearchStrategy[tuple[str, Json]]] = [
        st.tuples(st.just("select"), st.fixed_dictionaries({**request, "pid_offset_enabled": st.booleans()})),
        st.tuples(
            st.just("mark_rate_limited"),
            st.fixed_dictionaries(
                {"label": LABELS, "family": FAMILIES, "retry_after_ms": st.sampled_from([1, DAY_MS])}
            ),
        ),
        st.tuples(
            st.just("mark_cooling_down"),
            st.fixed_dictionaries({"label": LABELS, "cooldown_ms": st.just(DAY_MS), "reason": st.just("auth-failure")}),
        ),
        st.tuples(st.just("remove"), st.fixed_dictionaries({"label": LABELS})),
        st.tuples(st.just("set_enabled"), st.fixed_dictionaries({"label": LABELS, "enabled": st.booleans()})),
        st.tuples(st.just("reset_limits"), st.fixed_dictionaries({"family": FAMILIES})),
    ]
    return draw(st.lists(st.one_of(kinds), max_size=6))


@dataclass(frozen=True)
class Two:
    """Two processes of one implementation, which share a home."""

    one: Connection
    other: Connection

    def leave(self, stored: Json, of_one: Calls, of_other: Calls) -> tuple[Json, list[Json]]:
        """Both read the file; then one works and saves, then the other. The file, and what is read back."""
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
    """The document without what no method of the wire shows, and without limits that are over."""
    hidden = ("projectId", "managedProjectId", "fingerprint", "fingerprintHistory")
    for account in document["accounts"]:
        for key in hidden:
            account.pop(key, None)
        limits = account.get("rateLimitResetTimes") or {}
        account["rateLimitResetTimes"] = {key: end for key, end in limits.items() if end > NOW_MS}
        if account.get("coolingDownUntil", 0) <= NOW_MS:  # it is forgotten when it is next looked at
            account.pop("coolingDownUntil", None)
            account.pop("cooldownReason", None)
    return document


def shown(value: Json) -> Json:
    if not isinstance(value, dict) or "active_index_by_family" not in value:
        return value
    accounts = [(account["label"], account["last_used_ms"]) for account in value["accounts"]]
    return accounts, value["active_index_by_family"]


@pytest.fixture(scope="module", params=NPM_VERSIONS)
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

    @settings(max_examples=60, derandomize=True, database=None, deadline=None)  # five folders and locks each
    @given(stored=stored_pools(), one=events(), other=events())
    def compare(stored: Json, one: Calls, other: Calls) -> None:
        assert reference.leave(stored, asked(one), asked(other)) == release.leave(stored, asked(one), asked(other))

    compare()


@settings(max_examples=100, derandomize=True, database=None, deadline=None)
@given(stored=stored_pools(), one=events(), other=events())
def test_whichever_process_saves_first_the_file_says_the_same_of_every_account(
    stored: Json, one: Calls, other: Calls
) -> None:
    def left_by(*sessions: Calls) -> Json:
        with tempfile.TemporaryDirectory() as folder:
            write_files(Path(folder), {POOL_FILE: {"text": json.dumps(stored)}})
            adapters = [ReferenceAdapter() for _ in sessions]
            for adapter in adapters:
                adapter.open(home=f"{folder}/home", pid=5, now_ms=NOW_MS)
            for adapter, calls in zip(adapters, sessions, strict=True):
                for method, params in calls:
                    with suppress(Refusal):  # the account was removed before
                        getattr(adapter, method)(**params)
                adapter.save()
            return json.loads(Path(folder, POOL_FILE).read_text(encoding="utf-8"))["accounts"]

    assert left_by(one, other) == left_by(other, one)


def test_a_pool_that_was_handed_over_cannot_be_saved() -> None:
    target = resolve("reference", [])
    with Group([Launch(target.argv)], timeout_s=60) as group:
        refused = group.connections[0].batch([("save", {}), ("open", {"pool": pool(1)}), ("save", {})])
    assert [answer.kind for answer in refused if isinstance(answer, Refused)] == ["not_open", "no_folder"]


def test_saving_makes_the_folder_and_keeps_what_cannot_be_read_out_of_it(tmp_path: Path) -> None:
    adapter = ReferenceAdapter()
    adapter.open(home=str(tmp_path))
    adapter.save()
    file = tmp_path / ".config/opencode/antigravity-accounts.json"
    assert json.loads(file.read_text(encoding="utf-8"))["accounts"] == []
    file.write_text("{ half", encoding="utf-8")
    adapter.save()
    assert json.loads(file.read_text(encoding="utf-8"))["version"] == 4
