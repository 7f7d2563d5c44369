"""Searches on several machines share one Redis: what one finds, the others repeat at their start."""

import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from redis import Redis, RedisError

from conformance.search.databases import open_database
from conformance.search.fuzz import KEY
from tests.support.command import Kit, run_kit
from tests.support.kit_runs import BOUND_S, Bench, wait_until

COMMAND = "fuzz"  # of the fixture `bench`
WRONG = "python:tests.fakes.searched:OffsetAgain"
pytestmark = pytest.mark.skipif(shutil.which("redis-server") is None, reason="redis-server is not installed")


@pytest.fixture
def redis_url() -> Iterator[str]:
    """A Redis server of its own, which writes no file."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:  # the path of a socket has at most 108 bytes
        command = ["redis-server", "--port", "0", "--unixsocket", f"{folder}/socket", "--save", "", "--dir", folder]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
            try:
                url = f"unix://{folder}/socket"
                _wait_for(Redis.from_url(url))
                yield url
            finally:
                server.terminate()


def _wait_for(client: Redis) -> None:
    deadline_s = time.monotonic() + BOUND_S
    while True:
        try:
            client.ping()
            return
        except RedisError:
            assert time.monotonic() < deadline_s
            time.sleep(0.05)


def stored(url: str) -> set[bytes]:
    return set(open_database(url, Path()).fetch(KEY))


def fuzz(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_kit("fuzz", WRONG, "--out", str(folder / "found"), *arguments)


@pytest.mark.exhaustive
def test_other_shard_repeats_a_find(redis_url: str, kit: Kit, tmp_path: Path) -> None:
    """Two shards with two workers each. The second makes one call of its own at most."""
    shared = ["--seed", "a", "-n", "2", "--database", redis_url]
    first_report, second_report = tmp_path / "1.json", tmp_path / "2.json"
    first = fuzz(tmp_path, *shared, "--shard", "1/2", "--discrepancies", "1", "--json", str(first_report))
    assert first.returncode == 1, first.stdout + first.stderr
    assert stored(redis_url)
    second = fuzz(tmp_path, *shared, "--shard", "2/2", "--calls", "1", "--json", str(second_report))
    assert second.returncode == 1, second.stdout + second.stderr
    alone = kit("fuzz", WRONG, "--seed", "a", "--shard", "2/2", "--calls", "1", "--no-database")
    assert "none differs" in alone.stdout
    new, repeated = (json.loads(file.read_text(encoding="utf-8")) for file in (first_report, second_report))
    assert False in {one["from_database"] for one in new["discrepancies"]}  # the second worker may repeat the first's
    assert {one["from_database"] for one in repeated["discrepancies"]} == {True}
    merged = kit(
        "fuzz",
        "--out",
        str(tmp_path / "found"),
        "--merge",
        str(first_report),
        str(second_report),
        "--issue",
        str(tmp_path / "issue.md"),
    )
    assert merged.returncode == 1
    assert "## 1. `" in (tmp_path / "issue.md").read_text(encoding="utf-8")


def test_killed_search_loses_no_find(redis_url: str, bench: Bench, tmp_path: Path) -> None:
    """Four workers are killed as soon as one has found something. The next search repeats it."""
    with bench.started(WRONG, "-n", "4", "--database", redis_url, "--out", str(tmp_path / "found")) as run:
        wait_until(lambda: stored(redis_url), "the first find")
        for process in bench.workers():
            with suppress(psutil.Error):  # it has ended by itself
                process.kill()
        run.wait(BOUND_S)
    assert stored(redis_url)
    again = fuzz(tmp_path, "--calls", "1", "--database", redis_url)
    assert again.returncode == 1, again.stdout + again.stderr
    assert "\n1. select" in again.stdout


def test_server_that_does_not_answer_is_named(kit: Kit) -> None:
    done = kit("fuzz", WRONG, "--database", "redis://127.0.0.1:1")
    assert done.returncode == 2
    assert done.stderr.startswith("antigravity-conformance: cannot use the Redis server redis://127.0.0.1:1: ")
    assert done.stderr.count("\n") == 1
