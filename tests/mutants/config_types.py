"""Mutants of types and unknown keys: the config loading of the reference with one change."""

from conformance.json_type import Json
from reference_impl.config.keys import KEYS
from tests.mutants.config import DEFAULTS, NOT_VALID, Layer, WrongConfig


class WholeNumbersOnly(WrongConfig):
    def document(self, document: Layer) -> Layer:
        groups = [value if isinstance(value, dict) else {"": value} for value in document.values()]
        values = [value for group in groups for value in group.values()]
        return NOT_VALID if any(isinstance(value, float) and value % 1 for value in values) else document


class Coerces(WrongConfig):
    """Accepts values of other types than the key has."""

    def document(self, document: Layer) -> Layer:
        return {k: self.coerce(DEFAULTS.get(k, ""), v) for k, v in document.items()}

    def coerce(self, default: Json, value: Json) -> Json:
        """The converted value. The type of `default` is the type of the key."""
        raise NotImplementedError


class NumbersAsSwitches(Coerces):
    def coerce(self, default: Json, value: Json) -> Json:
        return bool(value) if isinstance(default, bool) and value in (0, 1) else value


class TextAsSwitches(Coerces):
    def coerce(self, default: Json, value: Json) -> Json:
        return value == "true" if isinstance(default, bool) and value in ("true", "false") else value


class SwitchesAsNumbers(Coerces):
    def coerce(self, default: Json, value: Json) -> Json:
        return int(value) if type(default) is int and isinstance(value, bool) else value


class NumbersAsText(Coerces):
    def coerce(self, default: Json, value: Json) -> Json:
        return str(value) if isinstance(default, str) and type(value) is int else value


class EmptyListAsEmptyGroup(Coerces):
    def coerce(self, default: Json, value: Json) -> Json:
        return {} if isinstance(default, dict) and value == [] else value


class NullCountsAsUnset(WrongConfig):
    def document(self, document: Layer) -> Layer:
        return {k: v for k, v in document.items() if v is not None}


def unknown(document: Layer) -> Layer:
    known = {key.path.partition(".")[0] for key in KEYS}
    return {k: v for k, v in document.items() if k not in known}


class UnknownKeysRefused(WrongConfig):
    def document(self, document: Layer) -> Layer:
        return NOT_VALID if unknown(document) else document


class UnknownKeysKept(WrongConfig):
    def passed(self, document: Layer) -> Layer:
        return unknown(document)


class KeysInAnyCase(WrongConfig):
    def document(self, document: Layer) -> Layer:
        return {k.lower(): v for k, v in document.items()}


class PrototypeInherited(WrongConfig):
    def document(self, document: Layer) -> Layer:
        inherited = document.get("__proto__")
        return {**inherited, **document} if isinstance(inherited, dict) else document
