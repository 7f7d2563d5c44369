"""Colour is for terminals, and texts are never markup."""

import io

import pytest

from conformance.reports.writer import split, styled, wants_colour, write_lines


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "environment", "expected"),
    [
        (Terminal(), {}, True),
        (Terminal(), {"TERM": "dumb"}, False),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        (io.StringIO(), {}, False),
        (io.StringIO(), {"FORCE_COLOR": "1"}, True),
        (Terminal(), {"FORCE_COLOR": "0"}, False),
    ],
)
def test_variables_decide_about_colour(stream: io.StringIO, environment: dict[str, str], *, expected: bool) -> None:
    assert wants_colour(stream, environment) is expected


def test_text_with_markup_is_shown_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    stream = io.StringIO()
    text = "[bold]x[/bold] :smile: [link=http://a]y[/link] 127.0.0.1 'quoted'"
    write_lines([styled(text, "red"), text], stream)
    assert stream.getvalue() == f"\x1b[31m{text}\x1b[0m\n{text}\n"


def test_long_lines_are_not_wrapped_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    stream = io.StringIO()
    write_lines(["word " * 60], stream)
    assert stream.getvalue().count("\n") == 1


def test_plain_lines_have_no_control_characters() -> None:
    stream = io.StringIO()
    write_lines([styled("a", "bold red")], stream)
    assert stream.getvalue() == "a\n"


def test_wrapped_text_keeps_its_style() -> None:
    assert [getattr(line, "style", "") for line in split([styled("a\nb", "red"), "c"])] == ["red", "red", ""]
