"""Makes output of a target safe to show: short, printable and without secrets. Uses only the standard library."""

import re

from conformance.json_type import Json

MAX_CHARACTERS = 400  # of one text of a target in a message
NAME_CHARACTERS = 80  # of the name, version and language of a target
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
# C1 controls, and characters that hide or reorder text; JSON escapes C0 controls itself.
_ACTIVE = re.compile("[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
REDACTED = "[redacted]"
# Not `token` and `refreshToken`, which are the labels of accounts.
_SECRET_KEY = re.compile(
    "(?:access_?token|id_?token|client_?secret|secret|password|api_?key|authorization)", re.IGNORECASE
)


def redact(text: str) -> str:
    """The text with tokens, keys and e-mail addresses replaced. Addresses at example domains stay."""
    return _NAMED.sub(rf"\1{REDACTED}", _SECRET.sub(REDACTED, text))


def redact_json(value: Json) -> Json:
    """The value with `redact` applied to every text in it. A text under the name of a secret is replaced as a whole."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list | tuple):
        return [redact_json(item) for item in value]
    if isinstance(value, dict):
        return {redact(key): REDACTED if _is_secret(key, item) else redact_json(item) for key, item in value.items()}
    return value


def _is_secret(key: str, value: Json) -> bool:
    return isinstance(value, str) and len(value) >= 8 and _SECRET_KEY.fullmatch(key) is not None


def clip(text: str, most: int = MAX_CHARACTERS) -> str:
    """The start of a long text, and the number of characters that were cut."""
    return text if len(text) <= most else f"{text[:most]} [{len(text) - most} more characters]"


def many(count: int, noun: str) -> str:
    """`1 agent`, `2 agents`."""
    return f"{count} {noun}{'s' * (count != 1)}"


def printable(text: str) -> str:
    """The text with control characters escaped, because a target may send them and XML does not allow them."""
    if text.isprintable():
        return text
    return "".join(c if c in "\n\t" or c.isprintable() else repr(c)[1:-1] for c in text)


def inert(document: str) -> str:
    """The JSON document with those characters escaped that a terminal or an editor interprets."""
    return _ACTIVE.sub(lambda found: f"\\u{ord(found[0]):04x}", document)


def safe(text: str, most: int = MAX_CHARACTERS) -> str:
    """A text of a target, made safe for messages and reports."""
    return redact(printable(clip(text, most)))
