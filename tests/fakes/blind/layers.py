"""Layers of the config and the text of its files."""

import re
from pathlib import Path
from typing import Any

from conformance.json_type import Json
from conformance.wire.scenario import Call
from reference_impl.adapter import ReferenceAdapter
from reference_impl.config import json_text, loader
from reference_impl.config.keys import group_of
from tests.fakes.blind.calls import PROJECT_PATH, config, project_file, user_file
from tests.fakes.blind.ports import Original, Section

section = Section("layers")
TRUE = '{"debug": true, "x": %s}'
TWICE = '{"signature_cache": {"enabled": false}, "signature_cache": {"memory_ttl_seconds": 90}}'


@section.patch(json_text._Reader, "_add", config(), files=user_file(TWICE))
def equal_groups_merged(original: Original, self: Any, value: Json) -> Json:
    """Merges two objects under one key, as a merge of parsed events does."""
    container, key = self.open[-1]
    if isinstance(container, dict) and isinstance(value, dict) and isinstance(container.get(key), dict):
        value = {**container[key], **value}
    return original(self, value)


@section.patch(json_text, "parse", config(), files=user_file(TRUE % ("[" * 200 + "]" * 200)))
def depth_of_128(original: Original, text: str) -> Json:
    """Refuses more than 128 levels, the limit of serde_json."""
    depth = 0
    for mark in re.findall(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(mark, 0)
        if depth > 128:
            raise json_text.JsonError("recursion limit exceeded")
    return original(text)


@section.patch(json_text, "decode", config(), files=user_file(TRUE % f'"{"y" * 70_000}"'))
def first_64_kib(original: Original, content: bytes) -> str:
    """Reads a file into a buffer of 64 KiB, once."""
    return str(original(content[:65_536]))


@section.patch(json_text, "decode", config(), files=user_file("\f" + TRUE % 1))
def white_space_of_python(original: Original, content: bytes) -> str:
    """Strips the text before it parses it, which also removes white space that JSON does not have."""
    return str(original(content)).strip()


@section.patch(json_text, "parse", config(), files=user_file(TRUE % '"\\ud800"'))
def lone_surrogates_refused(original: Original, text: str) -> Json:
    """Refuses an escape of half a surrogate pair, as parsers of languages with UTF-8 strings do."""
    if re.search(r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])", text):
        raise json_text.JsonError("lone surrogate")
    return original(text)


@section.patch(json_text, "decode", config(), files=user_file(TRUE % 1 + "\0rest"))
def text_ends_at_a_null(original: Original, content: bytes) -> str:
    """Reads a file as a C string, which ends at the first null character."""
    return str(original(content.partition(b"\0")[0]))


@section.patch(json_text, "decode", config(), files=user_file("\ufeff" + TRUE % 1))
def byte_order_mark_removed(original: Original, content: bytes) -> str:
    """Decodes with `utf-8-sig`, which removes a byte order mark."""
    return str(original(content.removeprefix(b"\xef\xbb\xbf")))


@section.port(
    config(), config(directory="{root}/other"), files=project_file({"signature_cache": {"memory_ttl_seconds": 90}})
)
class DefaultsOfGroupsChange(ReferenceAdapter):
    """Merges a group into the object of its defaults, which the next load uses again."""

    def __init__(self) -> None:
        super().__init__()
        self.cache: Json = None

    def load_config(self, *args: Any, **params: Any) -> Json:
        answer = super().load_config(*args, **params)
        fresh = answer["config"]["signature_cache"]
        usual = {"enabled": True, "memory_ttl_seconds": 3600, "disk_ttl_seconds": 172_800, "write_interval_seconds": 60}
        kept = self.cache or usual
        self.cache = {key: kept[key] if value == usual[key] else value for key, value in fresh.items()}
        return {"config": {**answer["config"], "signature_cache": self.cache}}


_ON, _OFF = '{"debug": true }', '{"debug": false}'


@section.port(
    config(),
    Call("load_config", config().params, files={PROJECT_PATH: {"text": _OFF}}),
    files={PROJECT_PATH: {"text": _ON}},
)
class CachedBySize(ReferenceAdapter):
    """Caches a config while the size of its files stays the same."""

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, Json] = {}

    def load_config(self, directory: str, home: str, *args: Any, **params: Any) -> Json:
        places = [Path(directory, ".opencode/antigravity.json"), Path(home, ".config/opencode/antigravity.json")]
        sizes = [place.stat().st_size if place.is_file() else 0 for place in places]
        key = f"{directory} {home} {sizes} {sorted(params.items(), key=str)}"
        if not any(sizes):
            return super().load_config(directory, home, *args, **params)
        if key not in self.known:
            self.known[key] = super().load_config(directory, home, *args, **params)
        return self.known[key]


@section.patch(
    loader,
    "file_layers",
    config(),
    files={
        **user_file({"health_score": {"initial": 80, "max_score": 90}}),
        **project_file({"health_score": {"initial": 70}}),
    },
)
def defaults_are_not_said(original: Original, name: str, content: Any, keys: Any, profile: Any) -> Any:
    """Skips values of a file that equal the default, so that the project cannot restore one."""
    usual = {key.path: key.default for key in keys}
    return [
        loader.Layer(
            layer.name,
            {path: value for path, value in layer.values.items() if not group_of(path) or value != usual[path]},
        )
        for layer in original(name, content, keys, profile)
    ]


@section.patch(loader, "file_layers", config(), files=user_file('{"debug": true}\n{"debug": false}'))
def first_of_several_values(original: Original, name: str, content: bytes | None, *args: Any) -> Any:
    """Reads the first value of a file with a streaming parser, and ignores what follows."""
    lines = (content or b"").splitlines()
    if len(lines) > 1 and lines[0].startswith(b"{") and lines[0].endswith(b"}"):
        content = lines[0]
    return original(name, content, *args)


@section.patch(json_text, "_binary64", config(), files=user_file('{"max_rate_limit_wait_seconds": 12.3456789}'))
def numbers_of_32_bits(original: Original, text: str) -> float:
    """Keeps fractions with six digits, the precision of a 32-bit float."""
    number = original(text)
    return number if isinstance(number, int) or number in (float("inf"), float("-inf")) else float(f"{number:.6g}")
