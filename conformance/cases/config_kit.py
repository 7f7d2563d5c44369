"""What cases of the config share: a document in the user's file, and what is made of it."""

from collections.abc import Mapping

from conformance.json_type import Json
from conformance.wire.calls import PROJECT_FILE, USER_FILE, config, load_config, text
from conformance.wire.scenario import Scenario

File = dict[str, Json]


def defaults(**keys: Json) -> Scenario:
    """Without any file, these keys have these values."""
    return Scenario([load_config().gives(config(**keys))])


def in_file(document: Json, **keys: Json) -> Scenario:
    """With this document as the user's file, these keys have these values."""
    return Scenario([load_config().gives(config(**keys))], files={USER_FILE: text(document)})


def accepted(document: dict[str, Json]) -> Scenario:
    """A file gives what it says."""
    return in_file(document, **document)


def ignored(document: dict[str, Json]) -> Scenario:
    """The file has no effect: it does not even set what it says beside this."""
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
