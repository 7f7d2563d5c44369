"""Environment variables of the config."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conformance.json_type import Json
from reference_impl.adapter import ReferenceAdapter
from reference_impl.config import environment
from reference_impl.config.environment import PREFIX
from tests.fakes.blind.calls import config, project_file, user_file
from tests.fakes.blind.ports import Original, Section

section = Section("environment")
Variables = Mapping[str, str]


@section.port(config(), environment={PREFIX + "QUIET": "1"})
class VariablesOfTheMachine(ReferenceAdapter):
    """Looks in the environment of the process for a variable that it was not given."""

    def load_config(self, *args: Any, **params: Any) -> Json:
        own = {key: value for key, value in os.environ.items() if key.startswith(PREFIX)}
        return super().load_config(*args, **{**params, "environment": {**own, **(params.get("environment") or {})}})


@section.patch(environment, "set_by_variables", config({PREFIX + "DEBUG": "00"}))
def zero_in_any_form(original: Original, variables: Variables, *args: Any) -> Json:
    """Converts DEBUG to a number before it compares it with 0."""
    name = PREFIX + "DEBUG"
    zero = variables.get(name, "").strip("0. ") == "" and "0" in variables.get(name, "")
    return original({**variables, name: "0"} if zero else variables, *args)


@section.patch(environment, "set_by_variables", config({PREFIX + "LOG_DIR": "~/logs"}))
def log_dir_expanded(original: Original, variables: Variables, *args: Any) -> Json:
    """Expands `~` in LOG_DIR."""
    name = PREFIX + "LOG_DIR"
    text = variables.get(name, "")
    return original({**variables, name: str(Path(text).expanduser())} if text.startswith("~/") else variables, *args)


@section.patch(environment, "set_by_variables", config({PREFIX + "QUIET": '"1"'}))
def quotes_removed(original: Original, variables: Variables, *args: Any) -> Json:
    """Removes quotes around a value, as for `.env` files."""
    return original(
        {key: text[1:-1] if len(text) > 2 and text[0] == text[-1] == '"' else text for key, text in variables.items()},
        *args,
    )


@section.patch(environment, "set_by_variables", config({PREFIX + "AUTO_RESUME": "True"}))
def true_of_python(original: Original, variables: Variables, *args: Any) -> Json:
    """Accepts True and False, as Python prints them."""
    words = {"True": "true", "False": "false"}
    return original({key: words.get(text, text) for key, text in variables.items()}, *args)


@section.patch(environment, "set_by_variables", config({PREFIX + "RESUME_TEXT": "go on \n"}))
def text_without_line_ends(original: Original, variables: Variables, *args: Any) -> Json:
    """Removes the line end that a shell or a file may have left in a value."""
    return original({key: text.rstrip("\r\n") for key, text in variables.items()}, *args)


@section.patch(
    environment,
    "set_by_variables",
    config({PREFIX + "SESSION_RECOVERY": "1"}),
    files=user_file({"session_recovery": False}),
)
def session_recovery_can_be_enabled(original: Original, variables: Variables, *args: Any) -> Json:
    """Lets SESSION_RECOVERY=1 enable what 0 disables."""
    found = original(variables, *args)
    if variables.get(PREFIX + "SESSION_RECOVERY") == "1":
        row = next(row for row in environment.VARIABLES if row.name == "SESSION_RECOVERY")
        found[row] = True
    return found


@section.port(
    config({PREFIX + "QUIET": "1"}, directory="{root}/project"),
    config({}, directory="{root}/project"),
    files=project_file({"debug": True}),
)
class VariablesOfTheFirstLoad(ReferenceAdapter):
    """Keeps the variables of the first load of a project."""

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, Json] = {}

    def load_config(self, directory: str, *args: Any, **params: Any) -> Json:
        variables = self.known.setdefault(directory, params.get("environment"))
        return super().load_config(directory, *args, **{**params, "environment": variables})
