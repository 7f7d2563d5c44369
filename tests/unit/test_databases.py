"""Databases of sessions: the words that name them, and what is saved when."""

import zipfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis.database import DirectoryBasedExampleDatabase, InMemoryExampleDatabase

from conformance.search import fuzz
from conformance.search.databases import FallibleDatabase, absolute, open_database, open_to_read
from conformance.search.differential import Difference, Tally
from conformance.search.fuzz import KEY, Bounds, Search
from conformance.search.source import Draft, stream, to_choices
from conformance.search.steps import GeneratedSession
from conformance.targets.errors import UsageFault
from conformance.wire.answers import Result

DRAFT = next(stream("a"))


def test_folder_keeps_sessions(tmp_path: Path) -> None:
    open_database(str(tmp_path / "sessions"), tmp_path).save(KEY, b"a session")
    assert set(open_database(str(tmp_path / "sessions"), tmp_path).fetch(KEY)) == {b"a session"}


def test_folder_that_is_shared_is_only_read(tmp_path: Path) -> None:
    open_to_read(str(tmp_path), tmp_path).save(KEY, b"a session")
    assert not set(open_database(str(tmp_path), tmp_path).fetch(KEY))


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A cache with the artifact of OWNER/REPO, as a workflow has uploaded it."""
    DirectoryBasedExampleDatabase(str(tmp_path / "uploaded")).save(KEY, b"a session")
    artifacts = tmp_path / "cache" / "artifacts" / "OWNER+REPO"
    artifacts.mkdir(parents=True)
    with zipfile.ZipFile(artifacts / f"{datetime.now(UTC).isoformat().replace(':', '_')}.zip", "w") as archive:
        for path in (tmp_path / "uploaded").rglob("*"):
            archive.write(path, path.relative_to(tmp_path / "uploaded"))
    return tmp_path / "cache"


def test_artifact_of_a_repository_is_read(cache: Path) -> None:
    assert set(open_to_read("github:OWNER/REPO", cache).fetch(KEY)) == {b"a session"}


def test_sessions_beside_an_artifact_stay_here(cache: Path) -> None:
    open_database("github:OWNER/REPO", cache).save(KEY, b"another")
    assert set(open_database("github:OWNER/REPO", cache).fetch(KEY)) == {b"a session", b"another"}
    assert set(open_database(str(cache / "sessions"), cache).fetch(KEY)) == {b"another"}


@pytest.mark.parametrize("word", ["github:OWNER", "github:a/b/c", "github:"])
def test_wrong_repository_is_named(word: str, tmp_path: Path) -> None:
    with pytest.raises(UsageFault, match=rf"'{word}' names no repository; expected github:OWNER/REPO"):
        open_database(word, tmp_path)


def test_only_paths_become_absolute() -> None:
    assert absolute("redis://host:1/0") == "redis://host:1/0"
    assert absolute("github:a/b") == "github:a/b"
    assert absolute("found") == str(Path.cwd() / "found")


class Lost(InMemoryExampleDatabase):
    """A database whose server is gone."""

    def save(self, *_: bytes) -> None:
        raise ConnectionError("gone")

    def delete(self, *_: bytes) -> None:
        raise ConnectionError("gone")


def test_search_goes_on_without_its_server(capsys: pytest.CaptureFixture[str]) -> None:
    database = FallibleDatabase(Lost(), ConnectionError)
    database.save(KEY, b"a session")
    database.delete(KEY, b"a session")
    assert capsys.readouterr().err == "the database failed; new finds are only in the report: gone\n"


class Runner:
    """Finds a difference in the first session."""

    def __init__(self) -> None:
        self.tally = Tally()

    def differences(self, sessions: Iterable[tuple[Draft, GeneratedSession]]) -> Iterator[Difference]:
        draft, _ = next(iter(sessions))
        session = GeneratedSession([("close", {})], {}, {})
        yield Difference(session, 0, Result(None), Result(1), draft)


def test_find_is_saved_before_it_is_shrunk(monkeypatch: pytest.MonkeyPatch) -> None:
    """So a process that is killed meanwhile loses nothing."""

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(fuzz, "investigate", killed)
    database = InMemoryExampleDatabase()
    search = Search(Runner(), [], "a", Bounds(calls=1), database)  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):
        list(search.run())
    assert set(database.fetch(KEY)) == {to_choices(DRAFT)}
