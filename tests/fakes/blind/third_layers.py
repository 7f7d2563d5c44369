"""A third round of faults: layers, several loads of a config, and real processes."""

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from unittest import mock

from conformance.json_type import Json
from reference_impl import stateless
from reference_impl.adapter import ReferenceAdapter
from reference_impl.config import json_text, loader
from reference_impl.config import keys as reference_keys
from reference_impl.config.files import read_file
from reference_impl.config.keys import Key, NotValid
from reference_impl.config.paths import project_file as path_of_project
from reference_impl.selection import Selector
from tests.fakes.blind.calls import USER_PATH, call, config, offset, opened, project_file, user_file
from tests.fakes.blind.ports import Original, Section

section = Section("layers")
processes = Section("processes")


def changed(files: Mapping[str, Any]) -> Any:
    """A load after other files were written."""
    return replace(config(), files=files)


class Reading(ReferenceAdapter):
    """Reads config files with `read`."""

    def read(self, path: str) -> bytes | None:
        return read_file(path)

    def load_config(self, *args: Any, **params: Any) -> Json:
        with mock.patch.object(stateless, "read_file", self.read):
            return super().load_config(*args, **params)


@section.port(config(), changed(user_file("{")), files=user_file({"debug": True}))
class LastGoodFileIsKept(Reading):
    """Uses the last valid content of a file while it is not JSON."""

    def __init__(self) -> None:
        super().__init__()
        self.good: dict[str, bytes] = {}

    def read(self, path: str) -> bytes | None:
        content = read_file(path)
        try:
            json_text.parse(json_text.decode(content or b""))
        except json_text.JsonError:
            return content and self.good.get(path, content)
        self.good[path] = content or b""
        return content


@section.port(config(), changed(user_file({"debug": True})))
class MissingFileIsRemembered(Reading):
    """Does not look again for a file that was missing."""

    def __init__(self) -> None:
        super().__init__()
        self.missing: set[str] = set()

    def read(self, path: str) -> bytes | None:
        content = None if path in self.missing else read_file(path)
        if content is None:
            self.missing.add(path)
        return content


@section.port(config(), changed({USER_PATH: {"removed": True}}), files=user_file({"debug": True}))
class RemovedFileIsRemembered(Reading):
    """Uses the last content of a file that was removed."""

    def __init__(self) -> None:
        super().__init__()
        self.contents: dict[str, bytes] = {}

    def read(self, path: str) -> bytes | None:
        content = read_file(path)
        if content is not None:
            self.contents[path] = content
        return self.contents.get(path)


@section.patch(
    loader,
    "load_config",
    config(),
    files={**user_file({"debug": 1, "quiet_mode": True}), **project_file({"debug": True})},
)
def overridden_mistakes_are_forgiven(
    original: Original, directory: str, home: str, variables: Any, platform: str, read: Any, profile: Any
) -> Any:
    """Ignores an invalid value of the user file if the project file sets the key."""
    project_path = path_of_project(directory)

    def document_of(content: bytes | None) -> Json:
        try:
            return json_text.parse(json_text.decode(content or b""))
        except json_text.JsonError:
            return None

    project = document_of(read(project_path))

    def check(document: Json, keys: tuple[Key, ...], checked: Original = reference_keys.check) -> Any:
        try:
            return checked(document, keys)
        except NotValid:
            if not isinstance(document, dict) or not isinstance(project, dict) or document == project:
                raise
            checked(project, keys)
            return checked({name: value for name, value in document.items() if name not in project}, keys)

    with mock.patch.object(loader, "check", check):
        return original(directory, home, variables, platform, read, profile)


@processes.port(
    config(), environment={"OPENCODE_ANTIGRAVITY_PID_OFFSET_ENABLED": "1"}
)  # fmt: skip
class NoVariablesMeansItsOwn(ReferenceAdapter):
    """Uses the variables of the process if a call gives none at all."""

    def load_config(self, *args: Any, **params: Any) -> Json:
        return super().load_config(*args, **{**params, "environment": params.get("environment") or dict(os.environ)})


@processes.port(
    config(),
    files=user_file({"debug": True}),
    environment={"OPENCODE_CONFIG_DIR": "nowhere"},
)
class FolderOfTheProcess(ReferenceAdapter):
    """Reads the user file in the folder that the process inherits as OPENCODE_CONFIG_DIR."""

    def load_config(self, *args: Any, **params: Any) -> Json:
        own = {key: os.environ[key] for key in ("OPENCODE_CONFIG_DIR",) if key in os.environ}
        return super().load_config(*args, **{**params, "environment": own | (params.get("environment") or {})})


@processes.patch(
    Selector,
    "_move_by_pid",
    call("use_session", session=0),
    opened("a", "b", "c", pid=1),
    offset("claude"),
    call("use_session", session=1),
    opened("a", pid=2),
    call("use_session", session=0),
    offset("gemini"),
)
def pid_of_the_first_family(original: Original, self: Selector, family: Any, pid: int) -> None:
    """Reads its PID once for each session, so that a forked child adds its parent's PID to the other family."""
    original(self, family, vars(self).setdefault("first_pid", pid))
