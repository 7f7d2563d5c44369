"""Texts that a target sent, made safe to show: short, printable, and without secrets. Standard library only."""

import re

MOST_CHARACTERS = 400  # of one text of a target in a message
NAME_CHARACTERS = 80  # of its name, version and language
SECRETS = (
    r"ya29\.[\w.-]{10,}",  # access token of Google
    r"1//[\w-]{20,}",  # refresh token of Google
    r"AIza[\w-]{30,}",
    r"gh[a-z]_\w{20,}|github_pat_\w{20,}",
    r"(?:sk|pk|rk)-[\w-]{16,}",
    r"xox[a-z]-[\w-]{10,}",
    r"eyJ[\w-]{8,2000}\.[\w-]{8,2000}(?:\.[\w-]{1,2000})?",  # JSON Web Token
    r"[\w.+-]{1,64}@(?!(?:[\w-]{1,63}\.){0,5}example\.)[\w-]{1,63}(?:\.[\w-]{1,63}){0,5}\.(?!example\b|invalid\b|test\b)[A-Za-z]{2,24}\b",
)
_SECRET = re.compile(rf"(?<![\w.+-])(?:{'|'.join(SECRETS)})")
_NAMED = re.compile(
    r"""\b(bearer |(?:[a-z_]{0,20}token|secret|password|api_?key)["']?\s?[=:]\s?["']?)[^\s"',&;}]{8,}""", re.IGNORECASE
)
REDACTED = "[redacted]"


def redact(text: str) -> str:
    """The same text with tokens, keys and e-mail addresses replaced; addresses at example domains stay."""
    return _NAMED.sub(rf"\1{REDACTED}", _SECRET.sub(REDACTED, text))


def clip(text: str, most: int = MOST_CHARACTERS) -> str:
    """The beginning of a long text, with a mark that says how much was cut."""
    return text if len(text) <= most else f"{text[:most]} [{len(text) - most} more characters]"


def printable(text: str) -> str:
    """The same text with control characters escaped: a target may have sent any, and XML has no place for them."""
    return "".join(c if c in "\n\t" or c.isprintable() else repr(c)[1:-1] for c in text)


def safe(text: str, most: int = MOST_CHARACTERS) -> str:
    """A text of a target as messages and reports show it."""
    return redact(printable(clip(text, most)))
