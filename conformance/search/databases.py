"""Opens a database of sessions: a folder, a Redis server, or the artifact of a GitHub repository."""

import re
import sys
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from hypothesis.database import (
    DirectoryBasedExampleDatabase,
    ExampleDatabase,
    GitHubArtifactDatabase,
    MultiplexedDatabase,
    ReadOnlyDatabase,
)

from conformance.targets.errors import UsageFault

REDIS = ("redis://", "rediss://", "unix://")
GITHUB = "github:"
ARTIFACT = "antigravity-conformance-sessions"  # name of the artifact of a GitHub workflow
KEPT = timedelta(days=365)  # a session in Redis; each search that reads it starts this time again


class FallibleDatabase(ExampleDatabase):
    """A database on a server. If the server fails during a search, the search goes on without it and says so once."""

    def __init__(self, database: ExampleDatabase, errors: type[Exception]) -> None:
        super().__init__()
        self._database, self._errors, self._failed = database, errors, False

    def fetch(self, key: bytes) -> Iterable[bytes]:
        try:
            yield from self._database.fetch(key)
        except self._errors as error:
            self._warn(error)

    def save(self, key: bytes, value: bytes) -> None:
        try:
            self._database.save(key, value)
        except self._errors as error:
            self._warn(error)

    def delete(self, key: bytes, value: bytes) -> None:
        try:
            self._database.delete(key, value)
        except self._errors as error:
            self._warn(error)

    def _warn(self, error: Exception) -> None:
        if not self._failed:
            print(f"the database failed; new finds are only in the report: {error}", file=sys.stderr, flush=True)
        self._failed = True


def absolute(word: str) -> str:
    """The word with an absolute path, if it is one. Workers may run in another folder."""
    return word if word.startswith((*REDIS, GITHUB)) else str(Path(word).absolute())


def open_database(word: str, folder: Path) -> ExampleDatabase:
    """Open `redis://...`, `github:OWNER/REPO` or a path.

    An artifact is read-only, so sessions that are saved go to `folder`. Raises UsageFault if the word is wrong, or if
    the server does not answer.
    """
    if word.startswith(REDIS):
        return _open_redis(word)
    if word.startswith(GITHUB):
        own = DirectoryBasedExampleDatabase(str(folder / "sessions"))
        return MultiplexedDatabase(own, _open_artifact(word, folder))
    return DirectoryBasedExampleDatabase(word)


def open_to_read(word: str, folder: Path) -> ExampleDatabase:
    """Open a database that is never written to."""
    return _open_artifact(word, folder) if word.startswith(GITHUB) else ReadOnlyDatabase(open_database(word, folder))


def _open_redis(url: str) -> ExampleDatabase:
    try:
        from hypothesis.extra.redis import RedisExampleDatabase
        from redis import Redis, RedisError
    except ImportError as error:
        raise UsageFault(f"{url} needs the package redis: pip install 'antigravity-conformance[redis]'") from error
    try:
        server = Redis.from_url(url)
        server.ping()
    except (RedisError, ValueError) as error:
        raise UsageFault(f"cannot use the Redis server {url}: {error}") from error
    return FallibleDatabase(RedisExampleDatabase(server, expire_after=KEPT), RedisError)


def _open_artifact(word: str, folder: Path) -> ExampleDatabase:
    found = re.fullmatch(r"github:([\w.-]+)/([\w.-]+)", word)
    if found is None:
        raise UsageFault(f"{word!r} names no repository; expected github:OWNER/REPO")
    owner, repository = found.groups()
    kept = folder / "artifacts" / f"{owner}+{repository}"
    return ReadOnlyDatabase(GitHubArtifactDatabase(owner, repository, ARTIFACT, path=kept))
