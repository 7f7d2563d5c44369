"""Merges the layers of the config: defaults, user file, project file, environment. Later layers override earlier ones.

Sources: `dist/src/plugin/config/loader.js` of each release, `loadConfig`; LAY-001 to LAY-028. In the releases a file
also resets keys that it does not name. Without these quirks, a layer overrides only the keys that it names (LAY-003 to
LAY-005).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from conformance.json_type import Json
from reference_impl.config import json_text
from reference_impl.config.environment import PREFIX, set_by_variables
from reference_impl.config.keys import Key, NotValid, check, group_of, keys_of, nested
from reference_impl.config.paths import project_file, user_file
from reference_impl.profiles import Profile

ReadFile = Callable[[str], bytes | None]  # returns the content, or None if the file cannot be read
DEFAULT, USER_FILE, PROJECT_FILE = "default", "user file", "project file"
FILLED_IN = "{}: left out, so default"  # layer of keys that a release resets because the file does not name them


@dataclass(frozen=True)
class ConfigFile:
    """A config file that the loader tried to read. `ignored` is the reason why it has no effect, or None."""

    layer: str
    path: str
    ignored: str | None


@dataclass(frozen=True)
class LoadedConfig:
    """The config. `origins` is the layer of each key, by path. Keys without a value are left out."""

    config: dict[str, Json]
    origins: dict[str, str]
    files: tuple[ConfigFile, ...]


@dataclass(frozen=True)
class Layer:
    """One layer: values by the path of their key."""

    name: str
    values: Mapping[str, Json]


class Ignored(Exception):  # noqa: N818 - not an error of the loader's
    """The file has no effect. The message is the reason."""


def load_config(
    directory: str, home: str, environment: Mapping[str, str], platform: str, read: ReadFile, profile: Profile
) -> LoadedConfig:
    """Returns the config of the project in `directory`. Malformed files never cause an error."""
    keys = keys_of(profile)
    layers = [Layer(DEFAULT, defaults(keys, profile))]
    files: list[ConfigFile] = []
    places = {USER_FILE: user_file(home, environment, platform, profile), PROJECT_FILE: project_file(directory)}
    for name, path in places.items():
        reason = None
        try:
            layers += file_layers(name, read(path), keys, profile)
        except Ignored as ignored:
            reason = str(ignored)
        files.append(ConfigFile(name, path, reason))
    for variable, value in set_by_variables(environment, profile).items():
        layers.append(Layer(f"variable {PREFIX}{variable.name}", {variable.path: value}))
    values = {path: value for layer in layers for path, value in layer.values.items()}
    origins = {path: layer.name for layer in layers for path in layer.values}
    return LoadedConfig(nested(values), origins, tuple(files))


def defaults(keys: tuple[Key, ...], profile: Profile) -> dict[str, Json]:
    """Returns the config without files and variables, by path."""
    values = {key.path: key.default for key in keys if key.default is not None}
    return values | ({"auto_resume": True} if profile.has("auto-resume-on-without-files") else {})


def file_layers(name: str, content: bytes | None, keys: tuple[Key, ...], profile: Profile) -> list[Layer]:
    """Returns the layers of a file. One invalid value makes the whole file void (LAY-012). Raises Ignored."""
    if content is None:
        raise Ignored("no such file, or it cannot be read")
    try:
        document = json_text.parse(json_text.decode(content))
        said = check(document, keys)
    except json_text.JsonError as error:
        raise Ignored(f"not JSON: {error}") from None
    except NotValid as error:
        raise Ignored(f"not valid: {error}") from None
    left_out = {
        key.path: key.default
        for key in keys
        if key.path not in said and key.default is not None and _is_filled_in(group_of(key.path), document, profile)
    }
    return [Layer(FILLED_IN.format(name), left_out), Layer(name, said)]


def _is_filled_in(group: str, document: Mapping[str, Json], profile: Profile) -> bool:
    """Returns whether a release resets the keys of this group that the file does not name."""
    if group:
        return group in document and profile.has("file-resets-other-group-keys")
    return profile.has("file-resets-other-keys")
