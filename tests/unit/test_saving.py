"""What a session saves into the pool file. The order in which two processes save makes no difference."""

import json
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings

from conformance.json_type import Json
from conformance.wire.answers import Refusal, Refused
from conformance.wire.calls import NOW_MS, POOL_FILE, pool
from conformance.wire.files import write_files
from reference_impl.adapter import ReferenceAdapter
from tests.support.in_process import InProcessConnection
from tests.support.saving import Calls, events, stored_pools


@settings(max_examples=100, derandomize=True, database=None, deadline=None)
@given(stored=stored_pools(), one=events(), other=events())
def test_order_of_saves_does_not_matter(stored: Json, one: Calls, other: Calls) -> None:
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


def test_pool_without_a_file_cannot_be_saved() -> None:
    refused = InProcessConnection(ReferenceAdapter()).batch([("save", {}), ("open", {"pool": pool(1)}), ("save", {})])
    assert [answer.kind for answer in refused if isinstance(answer, Refused)] == ["not_open", "no_folder"]


def test_saving_creates_the_folder(tmp_path: Path) -> None:
    adapter = ReferenceAdapter()
    adapter.open(home=str(tmp_path))
    adapter.save()
    file = tmp_path / ".config/opencode/antigravity-accounts.json"
    assert json.loads(file.read_text(encoding="utf-8"))["accounts"] == []
    file.write_text("{ half", encoding="utf-8")
    adapter.save()
    assert json.loads(file.read_text(encoding="utf-8"))["version"] == 4


@pytest.mark.parametrize(("is_new", "left"), [(False, ["fig", "mango"]), (True, ["mango", "fig"])])
def test_opened_file_counts_as_migrated(tmp_path: Path, is_new: bool, left: list[str]) -> None:
    """Release 1.6.0 writes version 4 when it opens version 3, and 1e999 becomes null. So fig is the newest of `a`."""
    accounts = (
        '{"refreshToken": "mango", "addedAt": 1e999, "email": "a"}, {"refreshToken": "fig", "addedAt": 5, "email": "a"}'
    )
    text = f'{{"version": 3, "accounts": [{accounts}]}}'
    adapter = ReferenceAdapter("1.6.0")
    write_files(tmp_path, {POOL_FILE: {"text": text}})
    adapter.open(home=f"{tmp_path}/home", pid=5, now_ms=NOW_MS)
    write_files(tmp_path, {POOL_FILE: {"text": text + " " * is_new}})
    adapter.save()
    saved = json.loads(Path(tmp_path, POOL_FILE).read_text(encoding="utf-8"))
    assert [account["refreshToken"] for account in saved["accounts"]] == left
