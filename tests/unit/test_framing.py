"""Messages are lines: valid values are unchanged after a round trip, and invalid lines are refused and quoted."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.wire import framing
from conformance.wire.framing import MAX_INTEGER, MAX_LINE_BYTES, FrameError, decode, encode, excerpt

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
SCALARS = st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | st.floats(allow_nan=False) | TEXT
VALUES = st.recursive(
    SCALARS.filter(lambda value: value not in (float("inf"), float("-inf"))),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)
DEEP = 100_000


@given(VALUES)
def test_value_survives_the_round_trip_in_one_line(value: Any) -> None:
    line = encode(value)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert repr(decode(line)) == repr(value)  # repr distinguishes 1, 1.0 and True, and 0.0 and -0.0


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_non_finite_number_is_not_sent(number: float) -> None:
    with pytest.raises(FrameError, match=f"the number {number} is not finite"):
        encode({"result": [number]})


@pytest.mark.parametrize("line", [b"NaN", b'{"wait_ms":Infinity}', b"[-Infinity]"])
def test_the_names_of_such_numbers_are_not_json(line: bytes) -> None:
    with pytest.raises(FrameError, match="is not JSON") as caught:
        decode(line)
    assert excerpt(line) in str(caught.value)


@pytest.mark.parametrize("number", ["1e400", "1E+309", "-2e308", "0.1e0310", "1" + "0" * 309 + ".0", "999e307"])
def test_a_number_too_large_for_binary64_is_refused(number: str) -> None:
    with pytest.raises(FrameError, match=r"the number -?inf is not finite; the line was"):
        decode(f'{{"wait_ms":[{number}]}}'.encode())


@pytest.mark.parametrize("sign", [1, -1])
def test_largest_integer_is_2_to_53_minus_1(sign: int) -> None:
    largest = sign * MAX_INTEGER
    assert decode(encode([largest])) == [largest]
    with pytest.raises(FrameError, match="beyond 2\\^53 - 1"):
        encode([largest + sign])
    with pytest.raises(FrameError, match="beyond 2\\^53 - 1; the line was"):
        decode(b"[%d]" % (largest + sign))


@pytest.mark.parametrize("digits", [1000, 5000])  # Python refuses to print integers of more than 4300 digits
def test_an_enormous_integer_is_refused_in_few_words(digits: int) -> None:
    with pytest.raises(FrameError) as caught:
        encode([10**digits])
    assert len(str(caught.value)) < 300
    with pytest.raises(FrameError) as caught:
        decode(b"9" * digits)
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize("value", ["\ud800", ["a\udfff"], {"\udc80": 1}])
def test_half_a_character_is_neither_sent_nor_read(value: Any) -> None:
    with pytest.raises(FrameError, match="surrogates not allowed"):
        encode(value)
    line = repr(value).replace("'", '"').encode()
    with pytest.raises(FrameError, match="surrogates not allowed; the line was"):
        decode(line)


def test_a_character_sent_as_two_escapes_is_read() -> None:
    assert decode(b'"\\ud83d\\ude00"') == "\N{GRINNING FACE}"


def test_duplicate_key_is_refused_by_name() -> None:
    line = b'{"id":1,"result":{"label":"a","index":0,"label":"b"}}'
    with pytest.raises(FrameError, match="duplicate key 'label'") as caught:
        decode(line)
    assert excerpt(line) in str(caught.value)


def test_duplicate_key_of_many_is_found_fast() -> None:
    """A search for each name compares ten billion pairs, which takes minutes: the run of a hostile target hangs."""

    class Name(str):
        __slots__ = ()
        compared = 0

        def __eq__(self, other: object) -> bool:
            Name.compared += 1
            return str.__eq__(self, other)

        __hash__ = str.__hash__

    names = [Name(f"k{number}") for number in range(1000)]
    with pytest.raises(ValueError, match="duplicate key 'k999'"):
        framing._unique([(name, 0) for name in [*names, Name("k999")]])
    assert Name.compared < 10_000


def test_line_may_have_8_mib_and_no_more() -> None:
    fitting = "x" * (MAX_LINE_BYTES - 3)  # two quotes and the newline
    line = encode(fitting)
    assert len(line) == MAX_LINE_BYTES
    assert decode(line) == fitting
    with pytest.raises(FrameError, match="a line of 8388609 bytes; at most 8388608 are allowed: send smaller batches"):
        encode(fitting + "x")
    with pytest.raises(FrameError, match="a line of 8388609 bytes; at most 8388608 are allowed"):
        decode(b" " + line)


def test_deep_nesting_is_refused_in_both_directions() -> None:
    value: list[Any] = []
    for _ in range(DEEP):
        value = [value]
    with pytest.raises(FrameError, match="cannot be sent"):
        encode(value)
    with pytest.raises(FrameError, match=r"nested more than 64 levels deep.* and 199800 bytes more"):
        decode(b"[" * DEEP + b"]" * DEEP)


@pytest.mark.parametrize(("levels", "is_read"), [(64, True), (65, False), (900, False)])
@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_answers_are_nested_64_levels_at_most(opening: bytes, closing: bytes, levels: int, is_read: bool) -> None:
    line = opening * levels + (b"1" if opening != b"[" else b"") + closing * levels
    if is_read:
        assert decode(line)
    else:
        with pytest.raises(FrameError, match="nested more than 64 levels deep"):
            decode(line)


def test_brackets_in_texts_are_no_levels() -> None:
    assert decode(b'["' + b"[" * 1000 + b'"]') == ["[" * 1000]


def test_line_with_too_many_values_is_refused() -> None:
    with pytest.raises(FrameError, match="more than 200000 values"):
        decode(b"[" + b"1," * 200_000 + b"1]")


@pytest.mark.parametrize(
    ("line", "said"), [(b"\xef\xbb\xbf{}", "begins with a byte order mark"), (b'{"a":1}\0', "contains a NUL byte")]
)
def test_unusual_bytes_are_named(line: bytes, said: str) -> None:
    with pytest.raises(FrameError, match=said):
        decode(line)


def test_a_value_that_holds_itself_is_refused() -> None:
    value: dict[str, Any] = {}
    value["self"] = [value]
    with pytest.raises(FrameError, match="Circular reference"):
        encode(value)


@pytest.mark.parametrize("value", [{"a": {1, 2}}, b"bytes", object()])
def test_value_that_is_not_json_is_not_sent(value: Any) -> None:
    with pytest.raises(FrameError, match=r"this value cannot be sent over the wire: .* not JSON serializable"):
        encode(value)


@pytest.mark.parametrize("line", [b'{"a":\xff}', b"\xc3(", b"\xed\xa0\x80"])
def test_invalid_utf_8_is_refused_and_quoted(line: bytes) -> None:
    with pytest.raises(FrameError, match="can't decode") as caught:
        decode(line)
    assert excerpt(line) in str(caught.value)


@pytest.mark.parametrize("line", [b"", b"\n", b"Listening on port 80\n", b"{} {}", b"{'a':1}", b"\xef\xbb\xbf{}"])
def test_invalid_json_line_is_quoted(line: bytes) -> None:
    with pytest.raises(FrameError, match="not a JSON message") as caught:
        decode(line)
    assert f"the line was {excerpt(line)}" in str(caught.value)


def test_excerpt_is_one_printable_line() -> None:
    assert excerpt(b"\x1b[2J\xff\n") == r"'\x1b[2J\\xff'"
    assert excerpt(b"x" * 200) == repr("x" * 200)
    assert excerpt(b"x" * 203) == f"{'x' * 200!r} and 3 bytes more"
