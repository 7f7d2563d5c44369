"""Texts in Markdown. Nothing in a text of a target becomes markup, a mention or a link."""

import re

from conformance.texts import printable, redact

_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#|~&!@$])")


def escape(text: str) -> str:
    """The text on one line, with every character escaped that may be markup."""
    return _MARKUP.sub(r"\\\1", " ".join(printable(redact(text)).split()))


def code(text: str) -> str:
    """The text as code on one line, also in a table. It may contain backticks."""
    plain = printable(" ".join(redact(text).split())) or " "
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", plain)), default=0))
    pad = " " if plain[0] in "` " or plain[-1] in "` " else ""
    return f"{fence}{pad}{plain}{pad}{fence}"


def block(text: str, language: str = "") -> str:
    """The text as a block of code."""
    plain = redact(printable(text))
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", plain)), default=0))
    return f"{fence}{language}\n{plain}\n{fence}"
