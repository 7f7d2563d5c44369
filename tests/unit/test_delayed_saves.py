"""Delayed saves of the reference: what requests a save, and what discards the request."""

from pathlib import Path

import pytest

from conformance.wire.calls import label, pool
from reference_impl.adapter import ReferenceAdapter
from reference_impl.pool_file import POOL_FILE, replace

FIRST = label(0)


def is_written(adapter: ReferenceAdapter, home: Path) -> bool:
    """Does a flush write the pool file again?"""
    file = home / POOL_FILE
    file.unlink()
    adapter.flush_save()
    return file.exists()


def opened(home: Path, *, enabled: bool = True, verification: object = None) -> ReferenceAdapter:
    entry = {"enabled": enabled} | ({} if verification is None else {"verificationUrl": verification})
    (home / POOL_FILE).parent.mkdir(parents=True, exist_ok=True)
    replace(str(home), pool([entry]))
    adapter = ReferenceAdapter()
    adapter.open(home=str(home))
    return adapter


def test_flush_without_request_writes_nothing(tmp_path: Path) -> None:
    assert not is_written(opened(tmp_path), tmp_path)


def test_save_leaves_the_request(tmp_path: Path) -> None:
    adapter = opened(tmp_path)
    adapter.request_save()
    adapter.save()
    assert is_written(adapter, tmp_path)
    assert not is_written(adapter, tmp_path)


def test_open_discards_the_request(tmp_path: Path) -> None:
    adapter = opened(tmp_path)
    adapter.request_save()
    adapter.open(home=str(tmp_path))
    assert not is_written(adapter, tmp_path)


def test_request_belongs_to_its_session(tmp_path: Path) -> None:
    adapter = opened(tmp_path)
    adapter.request_save()
    adapter.use_session(1)
    adapter.open(home=str(tmp_path))
    assert not is_written(adapter, tmp_path)
    replace(str(tmp_path), pool(1))
    adapter.use_session(0)
    assert is_written(adapter, tmp_path)


@pytest.mark.parametrize("enabled", [False, True])
def test_verification_requests_a_save(tmp_path: Path, enabled: bool) -> None:
    adapter = opened(tmp_path, enabled=enabled)
    adapter.require_verification(FIRST)
    assert is_written(adapter, tmp_path)
    adapter.clear_verification(FIRST)
    assert is_written(adapter, tmp_path)


@pytest.mark.parametrize(("url", "requested"), [(None, False), ("https://example.com", True)])
def test_only_what_verification_clears_requests_a_save(tmp_path: Path, url: str | None, requested: bool) -> None:
    adapter = opened(tmp_path, verification=url)
    adapter.clear_verification(FIRST)
    assert is_written(adapter, tmp_path) is requested
