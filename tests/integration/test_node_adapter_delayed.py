"""Delayed saves in the Node adapter: the timers of a release wait until `flush_save`."""

import json
from pathlib import Path

import pytest

from reference_impl.releases import NPM_VERSIONS, versions_between
from tests.support.node_adapter import LIMIT_A, POOL, Adapter, Call, write_pool

pytestmark = pytest.mark.needs_node

NEWEST = "1.6.0"
REQUEST: Call = ("request_save", {})
FLUSH: Call = ("flush_save", {})


def stored_in(home: Path) -> Call:
    return ("open", {"home": str(home), "now_ms": 5000})


def limits_in(file: Path) -> list[object]:
    return [account.get("rateLimitResetTimes") for account in json.loads(file.read_text())["accounts"]]


@pytest.mark.parametrize("version", [version for version in NPM_VERSIONS if version in versions_between("1.3.0")])
def test_requested_save_is_written_at_the_flush(adapter: Adapter, version: str) -> None:
    file = write_pool(adapter.home, POOL)
    results = adapter.results(version, stored_in(adapter.home), REQUEST, LIMIT_A, REQUEST, FLUSH, FLUSH)
    assert results[-2:] == [None, None]
    assert limits_in(file)[0] == {"claude": 6000}


def test_release_without_delayed_saves_claims_none(adapter: Adapter) -> None:
    (hello,) = adapter.results("1.2.8", ("hello", {}))
    assert "delayed-save" not in hello["capabilities"]


def test_flush_writes_a_save_requested_while_loading(adapter: Adapter) -> None:
    """Without its timer, the flush would wait forever."""
    outdated = {"refreshToken": "a", "fingerprint": {"userAgent": "antigravity/0.0.1 linux/x64"}}
    file = write_pool(adapter.home, {"version": 4, "accounts": [outdated], "activeIndex": 0})
    adapter.results(NEWEST, stored_in(adapter.home), LIMIT_A, REQUEST, FLUSH)
    assert limits_in(file) == [{"claude": 6000}]


def test_each_session_has_its_delayed_save(adapter: Adapter, tmp_path: Path) -> None:
    files = [write_pool(home, POOL) for home in (adapter.home, tmp_path / "other")]
    other: list[Call] = [("use_session", {"session": 1}), stored_in(tmp_path / "other"), LIMIT_A, FLUSH]
    first: list[Call] = [stored_in(adapter.home), LIMIT_A, REQUEST]
    adapter.results(NEWEST, *first, *other, ("use_session", {"session": 0}), FLUSH)
    assert [limits_in(file)[0] for file in files] == [{"claude": 6000}, {}]


def test_open_discards_a_requested_save(adapter: Adapter) -> None:
    file = write_pool(adapter.home, POOL)
    opened = stored_in(adapter.home)
    adapter.results(NEWEST, opened, LIMIT_A, REQUEST, opened, REQUEST, FLUSH)
    assert limits_in(file)[0] in (None, {})
