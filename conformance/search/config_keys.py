"""The config keys that some release has, and those that a target adds, at any depth."""

from collections.abc import Iterator

from conformance.json_type import Json
from reference_impl.config.keys import KEYS

MOST_LISTED = 40
MOST_CHARACTERS = 60

_KEYS = {tuple(key.path.split(".")) for key in KEYS}
_GROUPS = {path[:length] for path in _KEYS for length in range(1, len(path))}
_Path = tuple[str, ...]


def known_keys(config: Json, group: _Path = ()) -> Json:
    """The config without keys and groups that no release has; a fork may add them."""
    if not isinstance(config, dict):
        return config
    return {
        key: value if path in _KEYS else known_keys(value, path)
        for key, value in config.items()
        if (path := (*group, key)) in _KEYS or path in _GROUPS
    }


def added_keys(config: Json) -> list[str]:
    """The keys and groups that no release has, sorted. A long list is cut, with a count of the others."""
    added = sorted(_shortened(".".join(path)) for path in _added(config, ()))
    more = len(added) - MOST_LISTED
    return added if more <= 0 else [*added[:MOST_LISTED], f"… and {more} more"]


def _added(config: Json, group: _Path) -> Iterator[_Path]:
    if not isinstance(config, dict):
        return
    for key, value in config.items():
        path = (*group, key)
        if path in _GROUPS:
            yield from _added(value, path)
        elif path not in _KEYS:
            yield path


def _shortened(key: str) -> str:
    return key if len(key) <= MOST_CHARACTERS else f"{key[:MOST_CHARACTERS]}…"
