"""The config loading of the reference in steps. Each mutant replaces one step."""

from collections.abc import Mapping
from typing import ClassVar

from conformance.json_type import Json
from reference_impl.adapter import ReferenceAdapter
from reference_impl.config import json_text, paths
from reference_impl.config.environment import PREFIX, VARIABLES, set_by_variables
from reference_impl.config.files import read_file
from reference_impl.config.keys import NotValid, check, keys_of, nested
from reference_impl.profiles import profile
from reference_impl.releases import RECOMMENDED

Layer = dict[str, Json]
KNOWN = keys_of(profile(RECOMMENDED))
DEFAULTS: Layer = nested({key.path: key.default for key in KNOWN if key.default is not None})
NOT_VALID: Layer = {"quiet_mode": None}


def merge(below: Mapping[str, Json], above: Mapping[str, Json]) -> Layer:
    """Merge two layers. The upper layer takes precedence; groups are merged in the same way."""
    merged = dict(below)
    for key, value in above.items():
        merged[key] = merge(merged.get(key, {}), value) if isinstance(value, Mapping) else value
    return merged


def valid(document: Json) -> Layer:
    """The values that a document sets. Raises NotValid."""
    return nested(check(document, KNOWN))


class WrongConfig(ReferenceAdapter):
    """The loader in steps. Each mutant replaces one step."""

    defaults: ClassVar[Layer] = {}
    unread: ClassVar[str | None] = None  # name of an ignored variable, without the prefix
    unchecked: ClassVar[str | None] = None  # prefix of the keys whose values are not checked

    def load_config(
        self, directory: str, home: str, environment: dict[str, str] | None = None, platform: str = "linux"
    ) -> Json:
        variables = environment or {}
        user = self.layer(self.read(self.user_file(home, variables, platform)))
        project = self.layer(self.read(self.project_file(directory)))
        merged = self.combine(user, project, self.set_by(variables))
        return {"config": self.finish(merge(self.defaults, merged))}

    def user_file(self, home: str, variables: Mapping[str, str], platform: str) -> str:
        return paths.user_file(home, variables, platform, self.profile)

    def project_file(self, directory: str) -> str:
        return paths.project_file(directory)

    def read(self, path: str) -> bytes | None:
        return read_file(path)

    def layer(self, content: bytes | None) -> Layer | None:
        """The values that a file sets, or None if it is ignored."""
        if content is None:
            return None
        try:
            document = self.parse(content)
            document = self.document(document) if isinstance(document, dict) else document
            passed = self.passed(document) if isinstance(document, dict) else {}
            checked = {k: v for k, v in document.items() if k not in passed} if passed else document
            return {**valid(checked), **passed}
        except (json_text.JsonError, NotValid):
            return None

    def parse(self, content: bytes) -> Json:
        return json_text.parse(json_text.decode(content))

    def document(self, document: Layer) -> Layer:
        """The document to check, instead of the given one."""
        return document

    def passed(self, document: Layer) -> Layer:
        """The part of the document that is used without a check."""
        return {k: v for k, v in document.items() if self.unchecked and k.startswith(self.unchecked)}

    def set_by(self, variables: Mapping[str, str]) -> Layer:
        words = {
            variable.name: self.word(variable.name, variables[PREFIX + variable.name])
            for variable in VARIABLES
            if PREFIX + variable.name in variables and variable.name != self.unread
        }
        read = {PREFIX + name: word for name, word in words.items() if word is not None}
        return nested({variable.path: value for variable, value in set_by_variables(read, self.profile).items()})

    def word(self, name: str, word: str) -> str | None:
        """The value used for a variable; None ignores it."""
        return word

    def combine(self, user: Layer | None, project: Layer | None, variables: Layer) -> Layer:
        return merge(merge(user or {}, project or {}), variables)

    def finish(self, merged: Layer) -> Layer:
        return merge(DEFAULTS, merged)
