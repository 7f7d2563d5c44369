"""The action and the jobs of docs/ci.md are well formed."""

import re
from collections.abc import Iterator

import yaml
from jsonschema import Draft202012Validator

from conformance import __version__
from conformance.json_type import Json
from tests.support.action import ACTION, INPUTS, PAGE, STEPS, blocks

WORD = {"type": "string", "minLength": 1}
WORDS = {"type": "object", "additionalProperties": {"type": "string"}}
STEP = {
    "type": "object",
    "properties": {"id": WORD, "name": WORD, "if": WORD, "env": WORDS, "with": WORDS}
    | {"run": WORD, "shell": {"const": "bash"}, "uses": {"type": "string", "pattern": "^[a-z-]+/[a-z-]+@v[0-9]+$"}},
    "additionalProperties": False,
    "oneOf": [{"required": ["run", "shell"]}, {"required": ["uses"]}],
}
COMPOSITE = {
    "type": "object",
    "required": ["name", "description", "inputs", "outputs", "runs"],
    "properties": {
        "name": WORD,
        "description": WORD,
        "author": WORD,
        "branding": {"type": "object", "required": ["icon", "color"]},
        "inputs": {
            "additionalProperties": {
                "required": ["description", "default"],
                "properties": {"description": WORD, "default": {"type": "string"}, "required": {"type": "boolean"}},
                "additionalProperties": False,
            }
        },
        "outputs": {
            "additionalProperties": {
                "required": ["description", "value"],
                "properties": {"description": WORD, "value": WORD},
                "additionalProperties": False,
            }
        },
        "runs": {
            "required": ["using", "steps"],
            "properties": {"using": {"const": "composite"}, "steps": {"type": "array", "items": STEP}},
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
}


def test_the_action_is_a_composite_action() -> None:
    Draft202012Validator.check_schema(COMPOSITE)
    Draft202012Validator(COMPOSITE).validate(ACTION)


def expressions(node: Json) -> Iterator[str]:
    """The texts in `${{ }}`, and the conditions, which are expressions without braces."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "if":
                yield value
            yield from expressions(value)
    elif isinstance(node, list):
        for value in node:
            yield from expressions(value)
    elif isinstance(node, str):
        yield from re.findall(r"\$\{\{ (.*?) \}\}", node)


def test_inputs_declared_and_used_are_the_same() -> None:
    used = {found for text in expressions(ACTION) for found in re.findall(r"\binputs\.([\w-]+)", text)}
    assert used == set(INPUTS)


def test_every_used_output_is_written_by_its_step() -> None:
    used = {found for text in expressions(ACTION) for found in re.findall(r"\bsteps\.(\w+)\.outputs\.([\w-]+)", text)}
    assert used
    for id_, name in used:
        (step,) = [step for step in STEPS if step.get("id") == id_]
        assert re.search(rf'"{name}=.*GITHUB_OUTPUT', step["run"], re.DOTALL), f"{id_} writes no {name}"


def test_no_expression_is_inside_shell_code() -> None:
    """The shell would run an input inside the code."""
    assert all("${{" not in step.get("run", "") for step in STEPS)


def test_every_step_uses_its_environment_variables() -> None:
    for step in STEPS:
        for name in step.get("env", {}):
            assert re.search(rf"\${{?{name}\b", step["run"]), f"{step['id']}: {name}"


def test_the_page_has_every_input_with_its_default() -> None:
    rows = re.findall(r"^\| `([\w-]+)` \| (?:`(.*?)`)? ?\|", PAGE, re.MULTILINE)
    assert dict(rows) == INPUTS


def test_jobs_on_the_page_are_valid_yaml() -> None:
    for block in blocks("yaml"):
        assert yaml.safe_load(block)
    assert {found for block in blocks("yaml") for found in re.findall(r"uses: (OWNER\S+)", block)} == {
        f"OWNER/antigravity-conformance@v{__version__}"
    }
