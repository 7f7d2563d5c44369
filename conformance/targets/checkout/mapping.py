"""The mapping of a fork's renamed, moved or changed modules and methods: `[plugin]` in antigravity-conformance.toml.

    [plugin.selection]
    module = "packages/core/src/pool.ts"
    class = "AccountPool"

    [plugin.selection.calls.select]
    name = "pick"
    parameters = ["family", { model = "model", offset = "pid_offset_enabled" }]

    [plugin.config]
    module = "packages/core/src/settings.ts"
    function = "readSettings"

`false` in place of a table leaves out that part or call. docs/forks.md has the reference and examples.
"""

import json
import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from conformance.json_type import Json
from conformance.targets.errors import UsageFault

FILE = "antigravity-conformance.toml"
TABLE = "plugin"
CALLS: dict[str, Json] = json.loads((Path(__file__).parents[1] / "node" / "calls.json").read_text(encoding="utf-8"))
LOAD_CONFIG = "load_config"
INJECTED = ("auth", "credentials", "clock", "pid", "get_pid", "random")
OF_CONFIG = ("directory", "home", "environment", "platform")
OF_ACCOUNTS = ("account", "index", "position")
NEEDED = ("open", "select")  # without these, selection cannot be judged


def _known(name: str) -> str:
    names = {*INJECTED, *OF_CONFIG, *OF_ACCOUNTS, *(p for call in CALLS.values() for p in call["parameters"])}
    if name not in names:
        raise ValueError(f"there is no value {name!r}; known: {', '.join(sorted(names))}")
    return name


def _call(name: str) -> str:
    if name not in CALLS or name == LOAD_CONFIG:
        raise ValueError(
            f"there is no call {name!r}; known: {', '.join(call for call in CALLS if call != LOAD_CONFIG)}"
        )
    return name


def _all_needed(calls: "dict[str, CallMapping | Literal[False]]") -> "dict[str, CallMapping | Literal[False]]":
    for name in NEEDED:
        if calls.get(name) is False:
            raise ValueError(
                f"{name} cannot be left out; selection = false below [{TABLE}] leaves all of selection out"
            )
    return calls


Value = Annotated[str, AfterValidator(_known)]
Parameter = Value | dict[str, Value]  # one positional value, or an object with the fork's keys


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class CallMapping(_Table):
    """How to call one method: its name in the fork, and its parameters, by the wire's names."""

    name: str | None = None
    parameters: list[Parameter] | None = None


class Selection(_Table):
    """Where the account manager is."""

    module: str | None = None
    class_: str = Field(default="AccountManager", alias="class")
    label: str = "parts.refreshToken"  # path of the refresh token in an account
    calls: Annotated[
        dict[Annotated[str, AfterValidator(_call)], CallMapping | Literal[False]],  # False: the fork has no such method
        AfterValidator(_all_needed),
    ] = {}


class Config(_Table):
    """Where the function that loads the config is."""

    module: str | None = None
    function: str | None = None
    parameters: list[Parameter] | None = None


class Module(_Table):
    """Where a module is that is otherwise like the plugin's own."""

    module: str


class Mapping(_Table):
    """The table `[plugin]`. Parts without a table are expected at the plugin's usual path."""

    selection: Selection | Literal[False] = Selection()
    config: Config | Literal[False] = Config()
    rotation: Module | Literal[False] | None = None
    storage: Module | Literal[False] | None = None
    debug: Module | Literal[False] | None = None

    def module(self, part: str) -> str | Literal[False] | None:
        """The file of a part, relative to the checkout. False: the part is left out. None: the usual path."""
        table = getattr(self, part)
        return False if table is False else table and table.module

    def to_json(self) -> Json:
        """The mapping in the format that the adapter reads."""
        selection = self.selection or Selection()
        calls: dict[str, Json] = {
            name: call and call.model_dump(exclude_none=True) for name, call in selection.calls.items()
        }
        if self.config and (self.config.function or self.config.parameters is not None):
            config = {"name": self.config.function, "parameters": self.config.parameters}
            calls[LOAD_CONFIG] = {key: value for key, value in config.items() if value is not None}
        return {"class": selection.class_, "label": selection.label, "calls": calls}


def read_mapping(checkout: Path, file: Path | None) -> tuple[Mapping, Path | None]:
    """The mapping from `file` or from the checkout, and the file that it was read from (None: there is no file).

    Raises UsageFault, which names the place, if the file cannot be read or is wrong.
    """
    path = file or checkout / FILE
    if file is None and not path.exists():
        return Mapping(), None
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageFault(f"cannot read {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageFault(f"{path}: not TOML: {error}") from error
    if TABLE not in document:
        if file is None:
            return Mapping(), path  # the file has only other settings
        raise UsageFault(f"{path}: there is no table [{TABLE}]; expected a table such as [{TABLE}.selection]")
    try:
        return Mapping.model_validate(document[TABLE]), path
    except ValidationError as error:
        raise UsageFault(f"{path}: {_explain(error)}") from error


def _explain(error: ValidationError) -> str:
    """The first problem. If several forms are allowed, it is the one for the form that fits best."""
    problem = min(error.errors(), key=lambda found: (found["type"] == "literal_error", -len(found["loc"])))
    words = [str(part) for part in problem["loc"] if str(part) not in ("Selection", "Config", "Module", "CallMapping")]
    place = ".".join([TABLE, *(word for word in words if "[" not in word and word != "str")])
    if problem["type"] == "extra_forbidden":
        return f"{place}: there is no such key"
    return f"{place}: {problem['msg'].removeprefix('Value error, ')}, got {problem['input']!r}"
