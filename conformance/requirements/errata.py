"""Reads the errata of the PID offset tutorial and writes `docs/errata.md`.

`tests/integration/errata` checks the evidence.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from conformance.generated import MARKDOWN_NOTE
from reference_impl.releases import NPM_VERSIONS

FILE = Path(__file__).with_name("errata.json")
PAGE = Path(__file__).parents[2] / "docs" / "errata.md"

Text = Annotated[str, Field(min_length=5)]

HEAD = """\
# Errata of the PID offset tutorial

This page lists the statements of the PID offset tutorial, "PID Offset: Parallel Agents" (2026-01-23), that are
**false**, are in **contradiction** to another statement, or leave something **open**. The tutorial describes how
`opencode-antigravity-auth` spreads processes over accounts; its line numbers are those of release 1.3.0. The catalogue
has the rules that hold: `antigravity-conformance requirements list`.

`tests/integration/errata` executes all evidence: calculations, and the npm releases {releases}.
Accounts are counted from 0, and n is their number. Unless the text says otherwise, the strategy is
`sticky`, the stored index 0, and a PID is given with the offset on. Quotes are shortened with "…".

Agents of oh-my-opencode are sessions of one OpenCode server: one process, one PID, so the offset cannot spread them.
Agents in several terminals, containers or CI jobs are processes: see [which-settings.md](which-settings.md).

This page does not judge what no run of the plugin can show: the behaviour of OpenCode and oh-my-opencode (`opencode
chat`), what a provider caches or limits, and claims without a measure ("significantly improves").
[does-the-advice-hold.md](does-the-advice-hold.md) simulates the claims about limits.
"""


class Erratum(BaseModel):
    """One statement of the tutorial that is wrong, contradictory or incomplete. Ids never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    id: Annotated[str, Field(pattern=r"^E-[0-9]{2}$")]
    kind: Literal["false", "contradiction", "open"]
    where: Annotated[Text, Field(description="headings in the tutorial, separated by semicolons")]
    statement: Annotated[Text, Field(description="a short quote")]
    problem: Text
    evidence: Annotated[Text, Field(description="what `tests/integration/errata` computes or runs")]
    holds_instead: Text
    requirements: Annotated[list[str], Field(description="related requirement ids that the text does not name")]


def load_errata(file: Path = FILE) -> tuple[Erratum, ...]:
    """Read the errata, by id. Raises pydantic's ValidationError for a wrong entry."""
    return tuple(TypeAdapter(list[Erratum]).validate_json(file.read_bytes()))


def render_markdown(errata: Sequence[Erratum]) -> str:
    """The whole page: an introduction, a table of contents by kind, a section for each erratum."""
    return "\n".join(
        [
            MARKDOWN_NOTE + HEAD.replace("{releases}", ", ".join(NPM_VERSIONS)),
            *_contents(errata),
            *map(_section, errata),
        ]
    )


def _contents(errata: Sequence[Erratum]) -> list[str]:
    lines = ["| kind | errata |", "|-|-|"]
    for kind in ("false", "contradiction", "open"):
        links = [f"[{erratum.id}](#{erratum.id.lower()})" for erratum in errata if erratum.kind == kind]
        lines.append(f"| {kind} ({len(links)}) | {', '.join(links)} |")
    return [*lines, ""]


def _section(erratum: Erratum) -> str:
    places = ", ".join(f'"{place}"' for place in erratum.where.split("; "))
    lines = [
        f"## {erratum.id}",
        f"**{erratum.kind.capitalize()}**, in {places}:",
        "\n".join(f"> {part}  " for part in _parts(erratum.statement)).rstrip(),
        erratum.problem,
        f"**Evidence.** {erratum.evidence}",
        f"**Instead.** {erratum.holds_instead}",
    ]
    if erratum.requirements:
        lines.append(f"**Requirements.** {', '.join(erratum.requirements)}")
    return "\n\n".join(lines) + "\n"


def _parts(statement: str) -> list[str]:
    """The parts of a quote that joins several places, one line each."""
    first, *others = statement.split(" … ")
    return [first, *(f"… {other}" for other in others)]


if __name__ == "__main__":
    PAGE.write_text(render_markdown(load_errata()), encoding="utf-8")
