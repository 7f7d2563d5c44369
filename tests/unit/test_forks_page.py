"""docs/forks.md: its examples are valid mappings, and its tables list every call and value."""

import re
import tomllib

import pytest

from conformance.targets.checkout.mapping import CALLS, INJECTED, LOAD_CONFIG, OF_ACCOUNTS, OF_CONFIG, Mapping
from tests.support.command import CHECKOUT

PAGE = (CHECKOUT / "docs" / "forks.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_an_example_is_a_mapping(example: str) -> None:
    assert Mapping.model_validate(tomllib.loads(example)["plugin"]) != Mapping()


@pytest.mark.parametrize("name", CALLS)
def test_table_lists_every_call_with_its_parameters(name: str) -> None:
    row = re.search(rf"^\| {'config' if name == LOAD_CONFIG else f'`{name}`'} \| (.*) \| (.*) ?\|$", PAGE, re.MULTILINE)
    assert row is not None
    assert row[1] == "the constructor" if name == "open" else f"`{CALLS[name]['name']}`" in row[1]
    assert re.findall(r"`(\w+)`", row[2]) == CALLS[name]["parameters"]


@pytest.mark.parametrize("value", [*INJECTED, *OF_ACCOUNTS, *OF_CONFIG])
def test_each_other_value_is_named(value: str) -> None:
    assert f"`{value}`" in PAGE
