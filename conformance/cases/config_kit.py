"""Scenarios for cases of the config: files, variables and the expected values of keys."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from conformance.cases.kit import Judge, values
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


def check_without_effect(judge: Judge, document: dict[str, Json]) -> None:
    """Expect that the user file leaves its keys as they are without a file.

    The default is the target's own: another rule judges it. A target without the key passes.
    """
    calls = [load_config(), replace(load_config(), files={USER_FILE: text(document)})]
    expected, actual = (_named_in(document, value) for value in values(judge.ask(calls)))
    judge.expect(expected, actual, Scenario(calls), "the keys of the file, with and without it")


def check_unknown(judge: Judge, document: dict[str, Json]) -> None:
    """Expect that unknown keys in the user file change no key that the target has."""
    known: dict[str, Json] = {"log_dir": "logs"}
    contents = (known, {**known, **document})
    calls = [replace(load_config(), files={USER_FILE: text(content)}) for content in contents]
    without, loaded = (result["config"] if isinstance(result, dict) else {} for result in values(judge.ask(calls)))
    kept = {key: loaded[key] for key in without if key in loaded}
    judge.expect(without, kept, Scenario(calls), "the config, without and with the key")


def _named_in(document: Json, result: Json) -> Json:
    """The values of the keys of the document, and of its groups, in a loaded config."""
    loaded = result["config"] if isinstance(result, dict) else {}
    found: dict[str, Json] = {}
    for key, value in document.items():
        if isinstance(value, dict) and isinstance(loaded.get(key), dict):
            found[key] = {inner: loaded[key][inner] for inner in value if inner in loaded[key]}
        elif key in loaded:
            found[key] = loaded[key]
    return found


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
