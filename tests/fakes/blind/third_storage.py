"""A third round of faults: reading the pool file, and its place."""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest import mock

from conformance.json_type import Json
from reference_impl import pool_file as reference_file
from reference_impl import pool_place as reference_place
from reference_impl import stateless, storage
from reference_impl.adapter import ReferenceAdapter
from reference_impl.limits import forget_ended
from reference_impl.pool import Pool
from reference_impl.pool_place import FILE_NAME, OLD_FOLDER, Place
from tests.fakes.blind.calls import (
    HOME,
    POOL_PATH,
    account,
    advance,
    call,
    changed_by_another,
    opened,
    opened_home,
    pool,
    pool_file,
    saved,
    select,
)
from tests.fakes.blind.ports import Original, Section

section = Section("pool-file")
place = Section("place")

OLD_PATH = f"home/{OLD_FOLDER}/opencode/{FILE_NAME}"
APPDATA_PATH = f"data/opencode/{FILE_NAME}"


def windows(**environment: Json) -> Any:
    return call("pool_path", home=HOME, environment=environment, platform="win32")


def read(path: str = POOL_PATH) -> Any:
    return call("read_file", path=path)


def old_file(document: Json = None, path: str = OLD_PATH) -> Any:
    return pool_file(document or pool("a"), path)


@section.patch(
    storage,
    "_is_newer",
    opened_home(),
    files=pool_file(pool(account("a", email="e", lastUsed=1900), account("b", email="e", lastUsed=1100, addedAt=5))),
)
def times_of_use_in_seconds(original: Original, one: Any, other: Any, *args: Any) -> Any:
    """Compares the times of last use of duplicates in whole seconds."""
    first, second = ({**each, "lastUsed": storage.time_of(each, "lastUsed") // 1000} for each in (one, other))
    return original(first, second, *args)


@section.patch(
    storage,
    "_is_newer",
    opened_home(),
    files=pool_file(pool(account("a", email="e", lastUsed=1), account("b", email="e", lastUsed=2, enabled=False))),
)
def disabled_duplicate_loses(original: Original, one: Any, other: Any, *args: Any) -> Any:
    """Of accounts with the same email, prefers an enabled one to a disabled one that was used later."""
    is_on, other_is_on = (each.get("enabled") is not False for each in (one, other))
    return original(one, other, *args) if is_on == other_is_on else is_on


@section.patch(
    storage,
    "_email",
    opened_home(),
    files=pool_file(pool(account("a", email="e", projectId="p"), account("b", email="e", projectId="q"))),
)
def projects_are_accounts(original: Original, entry: Mapping[str, Json]) -> Json:
    """Keeps accounts with the same email in different projects apart."""
    email = original(entry)
    return email and (*email, json.dumps(entry.get("projectId")))


@section.patch(
    storage,
    "parse_pool_file",
    opened_home(),
    select("gemini"),
    files=pool_file(pool(account("a", rateLimitResetTimes={"gemini": 1000}), "b")),
)
def old_quota_keys_in_every_version(original: Original, *args: Any) -> Json:
    """Renames the quota `gemini` of version 2 in files of every version."""
    stored = original(*args)
    for entry in stored["accounts"] if stored else []:
        limits = entry.get("rateLimitResetTimes")
        if isinstance(limits, Mapping) and "gemini" in limits:
            renamed = {"gemini-antigravity": limits["gemini"], **limits}
            entry["rateLimitResetTimes"] = {key: end for key, end in renamed.items() if key != "gemini"}
    return stored


@section.patch(
    reference_file, "load", opened_home(), files=pool_file(pool(account("a", fingerprint={"x": "y" * 70_000})))
)
def one_block_of_the_file(original: Original, home: str) -> bytes | None:
    """Reads at most 64 KiB of the pool file."""
    content: bytes | None = original(home)
    return content and content[: 64 * 1024]


@section.port(opened_home(), changed_by_another(opened_home(), pool("b")), files=pool_file(pool("a")))
class FileOfTheSameSizeIsTheSame(ReferenceAdapter):
    """Does not read a file again that has the size that it had when it was last opened."""

    kept: bytes | None = None

    def open(self, *args: Any, **params: Any) -> Json:
        def load(home: str, original: Original = reference_file.load) -> bytes | None:
            content: bytes | None = original(home)
            if content is None or self.kept is None or len(content) != len(self.kept):
                self.kept = content
            return self.kept

        with mock.patch.object(reference_file, "load", load):
            return super().open(*args, **params)


@section.port(
    opened_home(),
    saved(),
    changed_by_another(opened_home(), "{"),
    files=pool_file(pool("a")),
)
class BackupOfTheFile(ReferenceAdapter):
    """Copies each file that it saves, and loads the copy if the file is not JSON."""

    def store(self, home: str, *args: Any) -> None:
        super().store(home, *args)
        path = Path(home, reference_file.POOL_FILE)
        if path.exists():
            path.with_suffix(".bak").write_bytes(path.read_bytes())

    def open(self, *args: Any, **params: Any) -> Json:
        def load(home: str, original: Original = reference_file.load) -> bytes | None:
            content: bytes | None = original(home)
            copy = Path(home, reference_file.POOL_FILE).with_suffix(".bak")
            is_broken = content is not None and storage.parse(content) is None
            return copy.read_bytes() if is_broken and copy.exists() else content

        with mock.patch.object(reference_file, "load", load):
            return super().open(*args, **params)


@section.port(
    opened(account("a", rateLimitResetTimes={"claude": 1000}), "b", now_ms=2000),
    advance(-1500),
    select(),
)
class EndedLimitsAreNotLoaded(ReferenceAdapter):
    """Leaves out limits and cooldowns that have ended when the pool is opened."""

    def load(self, stored: Json) -> Pool:
        loaded = super().load(stored)
        for each in loaded.accounts:
            forget_ended(each.reset_times_ms, self.now_ms)
            if each.cooling_down_until_ms is not None and each.cooling_down_until_ms <= self.now_ms:
                each.cooling_down_until_ms = None
        return loaded


@section.patch(storage, "parse", opened_home(), files=pool_file(json.dumps(pool("a")) + "\0" * 16))
def zeros_at_the_end(original: Original, content: bytes | None) -> Json:
    """Reads a file that ends with null bytes, as some file systems leave it after a power failure."""
    return original(content and content.rstrip(b"\0"))


@place.patch(reference_place, "pool_place", windows(APPDATA=""), read(), files=old_file())
def empty_variable_is_a_folder(original: Original, home: str, environment: Mapping[str, str], *args: Any) -> Place:
    """Looks for the old file in the folder that an empty APPDATA names."""
    found: Place = original(home, environment, *args)
    if found.old is not None and environment.get("APPDATA") == "":
        return Place(found.path, f"/opencode/{FILE_NAME}")
    return found


@place.patch(stateless, "file_in_use", windows(), read(OLD_PATH), files=old_file('{"version": 3, "acc'))
def broken_file_is_not_moved(original: Original, found: Place) -> str:
    """Moves an old file only if it can be read."""
    if found.old is None or not Path(found.old).exists() or storage.parse(Path(found.old).read_bytes()) is not None:
        return str(original(found))
    return found.path


@place.patch(
    stateless,
    "file_in_use",
    windows(APPDATA="{root}/data"),
    read("data/opencode/antigravity.json"),
    files={**old_file(path=APPDATA_PATH), "data/opencode/antigravity.json": {"text": "{}"}},
)
def whole_folder_is_moved(original: Original, found: Place) -> str:
    """Moves the old folder with all its files if there is no new folder."""
    old = None if found.old is None else Path(found.old)
    if old is not None and old.exists() and not Path(found.path).parent.exists():
        with suppress(OSError):
            Path(found.path).parent.parent.mkdir(parents=True, exist_ok=True)
            old.parent.rename(Path(found.path).parent)
    return str(original(found))


@place.patch(
    stateless,
    "file_in_use",
    windows(),
    read(),
    files={**old_file(), POOL_PATH: {"link": "nowhere"}},
)
def link_counts_as_a_file(original: Original, found: Place) -> str:
    """Takes a link that leads nowhere for a pool file at the new path, and does not move the old one."""
    return found.path if os.path.lexists(found.path) else str(original(found))
