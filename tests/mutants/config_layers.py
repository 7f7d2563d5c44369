"""Mutants of layers and files: the config loading of the reference with one change."""

import json
import os
import re

from conformance.json_type import Json
from reference_impl.config import json_text
from reference_impl.config.keys import NotValid
from tests.mutants.config import DEFAULTS, NOT_VALID, Layer, WrongConfig, merge, valid


def is_group(value: Json) -> bool:
    return isinstance(value, dict)


class UserFileOverProjectFile(WrongConfig):
    def combine(self, user: Layer | None, project: Layer | None, variables: Layer) -> Layer:
        return super().combine(project, user, variables)


class ProjectFileNeedsUserFile(WrongConfig):
    def combine(self, user: Layer | None, project: Layer | None, variables: Layer) -> Layer:
        return super().combine(user, None if user is None else project, variables)


class ProjectFileResetsOtherKeys(WrongConfig):
    def combine(self, user: Layer | None, project: Layer | None, variables: Layer) -> Layer:
        groups = {k: v for k, v in (user or {}).items() if is_group(v)}
        return super().combine(user if project is None else groups, project, variables)


class SignatureCacheReplaced(WrongConfig):
    groups: tuple[str, ...] = ("signature_cache",)

    def combine(self, user: Layer | None, project: Layer | None, variables: Layer) -> Layer:
        kept = {k: v for k, v in (user or {}).items() if k not in self.groups or k not in (project or {})}
        return super().combine(kept, project, variables)


class GroupsReplaced(SignatureCacheReplaced):
    groups = ("health_score", "token_bucket")


class GroupWithoutDefaults(WrongConfig):
    def finish(self, merged: Layer) -> Layer:
        return {**DEFAULTS, **merged}


class ProjectFileResetsGroups(WrongConfig):
    def combine(self, user: Layer | None, project: Layer | None, variables: Layer) -> Layer:
        kept = {k: v for k, v in (user or {}).items() if not is_group(v) or k in (project or {})}
        return super().combine(user if project is None else kept, project, variables)


class DefaultsDoNotOverride(WrongConfig):
    def combine(self, user: Layer | None, project: Layer | None, variables: Layer) -> Layer:
        kept = {k: v for k, v in (project or {}).items() if v != DEFAULTS.get(k)}
        return super().combine(user, kept, variables)


class FilesOverVariables(WrongConfig):
    def combine(self, user: Layer | None, project: Layer | None, variables: Layer) -> Layer:
        return merge(variables, super().combine(user, project, {}))


class VariablesResetOtherKeys(WrongConfig):
    def combine(self, user: Layer | None, project: Layer | None, variables: Layer) -> Layer:
        return variables or super().combine(user, project, {})


class ProjectFileOverVariables(WrongConfig):
    def combine(self, user: Layer | None, project: Layer | None, variables: Layer) -> Layer:
        return merge(merge(user or {}, variables), project or {})


class UserFileUnreadUnderVariables(WrongConfig):
    def combine(self, user: Layer | None, project: Layer | None, variables: Layer) -> Layer:
        return super().combine(None if variables else user, project, variables)


class VariableReplacesGroup(WrongConfig):
    def combine(self, user: Layer | None, project: Layer | None, variables: Layer) -> Layer:
        return {**super().combine(user, project, {}), **variables}


class IgnoredFileDropsVariables(WrongConfig):
    def combine(self, user: Layer | None, project: Layer | None, variables: Layer) -> Layer:
        return super().combine(user, project, {} if project is None else variables)


class WrongProjectFileDropsUserFile(WrongConfig):
    def load_config(
        self, directory: str, home: str, environment: dict[str, str] | None = None, platform: str = "linux"
    ) -> Json:
        content = self.read(self.project_file(directory))
        wrong = content is not None and self.layer(content) is None
        return {"config": DEFAULTS} if wrong else super().load_config(directory, home, environment, platform)


class WrongUserFileDropsProjectFile(WrongConfig):
    def load_config(
        self, directory: str, home: str, environment: dict[str, str] | None = None, platform: str = "linux"
    ) -> Json:
        content = self.read(self.user_file(home, environment or {}, platform))
        wrong = content is not None and self.layer(content) is None
        return {"config": DEFAULTS} if wrong else super().load_config(directory, home, environment, platform)


class UnreadableFileDropsAll(WrongConfig):
    def load_config(
        self, directory: str, home: str, environment: dict[str, str] | None = None, platform: str = "linux"
    ) -> Json:
        files = (self.user_file(home, environment or {}, platform), self.project_file(directory))
        unreadable = any(os.path.lexists(path) and self.read(path) is None for path in files)
        return {"config": DEFAULTS} if unreadable else super().load_config(directory, home, environment, platform)


class ConfigReadOnce(WrongConfig):
    def __init__(self) -> None:
        super().__init__()
        self.first: dict[str, Json] = {}

    def load_config(
        self, directory: str, home: str, environment: dict[str, str] | None = None, platform: str = "linux"
    ) -> Json:
        if directory not in self.first:
            self.first[directory] = super().load_config(directory, home, environment, platform)
        return self.first[directory]


class ValidKeysKept(WrongConfig):
    def document(self, document: Layer) -> Layer:
        return {k: v for k, v in document.items() if self.is_valid(k, v)}

    def is_valid(self, key: str, value: Json) -> bool:
        try:
            valid({key: value})
        except NotValid:
            return False
        return True


class Reads(WrongConfig):
    """Also accepts text that is not JSON."""

    def parse(self, content: bytes) -> Json:
        return json_text.parse(self.text(json_text.decode(content)))

    def text(self, text: str) -> str:
        """The JSON text that is read instead."""
        raise NotImplementedError


class BrokenJsonMended(Reads):
    def text(self, text: str) -> str:
        return text + "}" * (text.count("{") - text.count("}"))


class JsonWithComments(Reads):
    def text(self, text: str) -> str:
        without = re.sub(r"//.*|/\*.*?\*/", "", text)
        return re.sub(r",(\s*[}\]])", r"\1", without)


class NumbersOfJavascript(Reads):
    def text(self, text: str) -> str:
        return re.sub(r": *\+?\.?0*([0-9]+)\.?\s*}", r": \1}", text)


class ListOfObjectsAsFile(WrongConfig):
    def parse(self, content: bytes) -> Json:
        value = super().parse(content)
        return value[0] if isinstance(value, list) and value else value


class FirstOfEqualKeys(WrongConfig):
    def parse(self, content: bytes) -> Json:
        super().parse(content)
        return json.loads(json_text.decode(content), object_pairs_hook=lambda pairs: dict(reversed(pairs)))


class Latin1Files(WrongConfig):
    def parse(self, content: bytes) -> Json:
        try:
            return json_text.parse(content.decode("utf-8"))
        except UnicodeDecodeError:
            return json_text.parse(content.decode("latin-1"))


class ByteOrderMarkSkipped(WrongConfig):
    def parse(self, content: bytes) -> Json:
        return super().parse(content.removeprefix(b"\xef\xbb\xbf"))


class Utf16Files(WrongConfig):
    def parse(self, content: bytes) -> Json:
        marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
        return json_text.parse(content.decode("utf-16")) if marked else super().parse(content)


class DeepFilesRefused(WrongConfig):
    def parse(self, content: bytes) -> Json:
        too_deep = content.count(b"[") > 500 or content.count(b"{") > 500
        return NOT_VALID if too_deep else super().parse(content)
