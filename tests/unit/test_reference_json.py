"""The JSON of config files: what the reference reads, refuses and replaces."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.json_type import Json
from reference_impl.config import json_text

SAME_DRAWS = settings(deadline=None, database=None, derandomize=True)
NUMBERS = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
DATA = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@SAME_DRAWS
@given(value=DATA)
def test_json_is_read_as_it_was_written(value: Json) -> None:
    assert json_text.parse(json.dumps(value)) == value
    assert json_text.parse(json.dumps(value, ensure_ascii=False, indent=1)) == value


@SAME_DRAWS
@given(text=st.text(alphabet='[]{}:,"\\/ \n\t0123456789.eE+-truefalsn') | st.text())
def test_json_parser_agrees_with_python(text: str) -> None:
    def no_constant(name: str) -> None:
        raise ValueError(name)

    try:
        expected = json.loads(text, parse_constant=no_constant, parse_int=float)
    except ValueError:
        with pytest.raises(json_text.JsonError):
            json_text.parse(text)
    else:
        assert json_text.parse(text) == expected


@pytest.mark.parametrize(
    ("text", "value"), [("9007199254740993", 2**53), ("1e2", 100), ("-0", 0), ("1e999", float("inf")), ("1e-400", 0)]
)
def test_numbers_are_binary64(text: str, value: float) -> None:
    assert json_text.parse(text) == value


def test_exact_whole_numbers_are_integers() -> None:
    assert [type(json_text.parse(text)) for text in ("1", "1.0", "-0", "9007199254740992", "1e17", "0.5")] == [
        int, int, int, int, float, float,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "", "010", "-", "+1", ".5", "5.", "1e", "NaN", "Infinity", "True", "[1,]", "[1 2]", '{"a":1,}', '{"a" 1}',
        "{a:1}", "{1:1}", "'a'", '"a', '"\t"', '"\\x41"', '"\\u12"', "\ufeff1", "\x0b1", "\xa01", "1 1", "[", "]", "{",
    ],
)  # fmt: skip
def test_invalid_json_is_refused(text: str) -> None:
    with pytest.raises(json_text.JsonError, match="line 1, column"):
        json_text.parse(text)


def test_invalid_utf_8_is_replaced_per_sequence() -> None:
    assert json_text.decode(b"a\xffb\xf0\x9f\x98!\xed\xa0\x80") == "a\ufffdb\ufffd!\ufffd\ufffd\ufffd"


def test_nesting_has_no_limit() -> None:
    value = json_text.parse("[" * 100_000 + "]" * 100_000)
    depth = 0
    while value:
        value, depth = value[0], depth + 1
    assert depth == 99_999
