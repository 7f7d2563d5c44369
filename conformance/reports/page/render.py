"""Self-contained HTML pages, made with Jinja2. A page needs no network and no other file.

Every value is escaped, and `printable` and `redact` are applied to it, wherever a template shows it.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from conformance.json_type import Json
from conformance.reports.page.glossary import GLOSSARY
from conformance.texts import printable, redact

FOLDER = Path(__file__).parent
_POLICY = (
    "default-src 'none'; style-src {style}; script-src {script}; img-src data:; base-uri 'none'; form-action 'none'"
)


def render_page(template: str, values: Mapping[str, object]) -> str:
    """The page from a template of this folder."""
    style, script = _read("page.css"), _read("page.js")
    policy = _POLICY.format(style=_digest(style), script=_digest(script))
    shared = {"style": Markup(style), "script": Markup(script), "policy": policy, "glossary": GLOSSARY}  # noqa: S704 - files of the kit
    return _environment().get_template(template).render(**shared, **values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters["plural"] = _plural
    environment.filters["wrapped"] = _wrapped
    environment.filters["prose"] = _prose
    return environment


def _shown(value: Json) -> Json:
    """A value as the page shows it. Markup, which macros return, was escaped already."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return redact(printable(value))


def _plural(count: int, one: str, many: str = "") -> str:
    """`3 rules`."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def _wrapped(text: str) -> Markup:
    """The text with line breaks allowed after the separators in names."""
    shown = Markup.escape(redact(printable(text)))
    for separator in "+/:@,":
        shown = Markup(shown.replace(separator, Markup(f"{separator}<wbr>")))  # noqa: S704 - the text was escaped above
    return shown


def _prose(text: str) -> Markup:
    """A text of the catalogue, with its words in backticks as code."""
    shown = str(Markup.escape(redact(printable(text))))
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", shown))  # noqa: S704 - the text was escaped above


@cache
def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8").strip() + "\n"


def _digest(text: str) -> str:
    """The source expression of a Content-Security-Policy that allows this inline text and no other."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
