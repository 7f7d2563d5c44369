"""The config in force: defaults, user file, project file, environment, each over those before it.

Sources: release 1.3.0, `dist/src/plugin/config/loader.js`, `loadConfig`; LAY-001 to LAY-022. There the
project file resets the user's nested keys; here a key overrides only itself (LAY-003, LAY-004, LAY-005).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from reference_impl.config import json_text
from reference_impl.config.environment import environment_layer
from reference_impl.config.model import Config
from reference_impl.config.paths import project_file, user_file

Json = Any
ReadFile = Callable[[str], bytes | None]  # the content; None where there is no file that can be read


@dataclass(frozen=True)
class IgnoredFile:
    """A config file that has no effect, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class LoadedConfig:
    config: dict[str, Json]  # keys without a value are left out
    ignored: tuple[IgnoredFile, ...]


class Ignored(Exception):  # noqa: N818 - not an error of the loader's
    """The file has no effect; the message says why."""


def load_config(
    directory: str, home: str, environment: Mapping[str, str], platform: str, read: ReadFile
) -> LoadedConfig:
    """The config of the project in `directory`. Whatever the files hold, there is one."""
    merged: dict[str, Json] = {}
    ignored: list[IgnoredFile] = []
    for path in (user_file(home, environment, platform), project_file(directory)):
        try:
            merged = merge(merged, file_layer(read(path)))
        except Ignored as reason:
            ignored.append(IgnoredFile(path, str(reason)))
    merged = merge(merged, environment_layer(environment))
    config = Config.model_validate(merged).model_dump(by_alias=True, exclude_none=True)
    return LoadedConfig(config, tuple(ignored))


def file_layer(content: bytes | None) -> dict[str, Json]:
    """The known keys that a file sets. One wrong value and the whole file is ignored (LAY-012)."""
    if content is None:
        raise Ignored("there is no file that can be read")
    try:
        config = Config.model_validate(json_text.parse(json_text.decode(content)))
    except json_text.JsonError as error:
        raise Ignored(f"not JSON: {error}") from None
    except ValidationError as error:
        raise Ignored(f"not valid: {_describe(error)}") from None
    return config.model_dump(by_alias=True, exclude_unset=True)


def merge(below: Mapping[str, Json], above: Mapping[str, Json]) -> dict[str, Json]:
    """Both layers; where both set a key the upper one wins, and groups are merged in the same way."""
    merged = dict(below)
    for key, value in above.items():
        merged[key] = merge(merged.get(key, {}), value) if isinstance(value, Mapping) else value
    return merged


def _describe(error: ValidationError) -> str:
    """The first problem, as `key: what is wrong`. The value is left out: it may be long, or private."""
    problem = error.errors()[0]
    place = ".".join(str(part) for part in problem["loc"])
    return f"{place}: {problem['msg']}" if place else str(problem["msg"])
