"""Scenarios for cases of the config: files, variables and the expected values of keys."""

from collections.abc import Iterator, Mapping

from conformance.json_type import Json
from conformance.wire.calls import PROJECT_FILE, USER_FILE, config, load_config, text
from conformance.wire.scenario import Scenario

File = dict[str, Json]


def defaults(**keys: Json) -> Scenario:
    """Expect these values of these keys without any file."""
    return Scenario([load_config().gives(config(**keys))])


def unset(**keys: Json) -> Iterator[Scenario]:
    """Expect these values of these keys without any file, and with files that set other keys."""
    yield defaults(**keys)
    for path in (USER_FILE, PROJECT_FILE):
        yield Scenario([load_config().gives(config(**keys))], files={path: text({"log_dir": "logs"})})


def in_file(document: Json, **keys: Json) -> Scenario:
    """Expect these values of these keys with this document as the user file."""
    return Scenario([load_config().gives(config(**keys))], files={USER_FILE: text(document)})


def accepted(document: dict[str, Json]) -> Scenario:
    """Expect that the user file sets all of its keys."""
    return in_file(document, **document)


def ignored(document: dict[str, Json]) -> Scenario:
    """Expect that the user file has no effect: not even its other, valid key is set."""
    return in_file({**document, "quiet_mode": True}, quiet_mode=False)


def in_group(group: str | None, key: str, value: Json) -> dict[str, Json]:
    return {key: value} if group is None else {group: {key: value}}


def layers(
    *,
    user: File | None = None,
    project: File | None = None,
    environment: Mapping[str, str] | None = None,
    **keys: Json,
) -> Scenario:
    """Expect these values of these keys with these files and environment variables."""
    given = {USER_FILE: user, PROJECT_FILE: project}
    files = {path: content for path, content in given.items() if content is not None}
    return Scenario([load_config(environment).gives(config(**keys))], files=files)
