"""Texts of a target are short, printable and without secrets, whatever it sends."""

import json

import pytest

from conformance.texts import clip, inert, printable, redact, safe

SECRETS = [
    "ya29.a0AfH6SMBxyz-1234567890",
    "1//0gABCDEFGHIJKLMNOPQRSTUV",
    "AIzaSyA1234567890abcdefghijklmnopqrstuv",
    "ghp_0123456789abcdefghijABCDEFGHIJ",
    "sk-proj-0123456789abcdef",
    "xoxb-1234567890-abc",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.sflKxwRJSMeKKF2QT4",
    "somebody.else@corp.co.uk",
]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("around", ["{}", "refused: {}, sorry", '{{"a": "{}"}}', "({})"])
def test_secrets_are_redacted(secret: str, around: str) -> None:
    assert redact(around.format(secret)) == around.format("[redacted]")


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("Authorization: Bearer abcdefgh1234", "Authorization: Bearer [redacted]"),
        ('{"refresh_token": "not-a-known-shape"}', '{"refresh_token": "[redacted]"}'),
        ("password=hunter2hunter2&x=1", "password=[redacted]&x=1"),
        ("api_key: 0123456789", "api_key: [redacted]"),
    ],
)
def test_values_of_secret_names_are_redacted(text: str, redacted: str) -> None:
    assert redact(text) == redacted


@pytest.mark.parametrize(
    "text",
    [
        "mark-2769abcdef0123456789 is no key",
        "/home/x/risk-analysis-of-all-pools",
        "a@example.com and b@mail.example.org",
        "a@host",
        "refreshToken: a",
        "account-1@x.test",
    ],
)
def test_ordinary_words_are_not_redacted(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize("unit", ["e", "eyJ", "a@", "token=", "1//", "a.", "é"])
def test_a_safe_text_is_short_whatever_is_sent(unit: str) -> None:
    assert len(safe(unit * 1_000_000)) < 800


def test_clipped_text_says_how_much_is_missing() -> None:
    assert clip("abcdef", 4) == "abcd [2 more characters]"
    assert clip("abcd", 4) == "abcd"


def test_control_characters_are_escaped() -> None:
    assert printable("a\x1b[2J\r\x9b\tb\n") == "a\\x1b[2J\\r\\x9b\tb\n"


def test_json_holds_no_active_characters() -> None:
    value = "a\x9b2Jb\u202ec\ufeffd é\x1b"
    document = inert(json.dumps(value, ensure_ascii=False))
    assert document == '"a\\u009b2Jb\\u202ec\\ufeffd é\\u001b"'
    assert json.loads(document) == value
