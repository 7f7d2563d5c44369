"""What a vector's file holds. `fixtures/vectors/schema.json` is made from this by `make vectors`."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from conformance.fixtures import fixtures_folder
from conformance.generated import drop_null, json_note, schema_text
from conformance.json_type import Json
from conformance.wire.methods import METHODS, REFUSALS
from reference_impl.profiles import BY_NAME
from reference_impl.releases import VERSIONS

LONGEST = 12  # calls
Id = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Sentence = Annotated[str, Field(min_length=5, max_length=160)]
NEVER_ASKED = ("hello", "save", "fork")  # they depend on the machine


class Strict(BaseModel):
    """An unknown key is refused, so that a misspelt one is seen."""

    model_config = ConfigDict(extra="forbid", strict=True)


class FileDocument(Strict):
    """What lies at a path: exactly one of these."""

    text: str | None = None
    base64: str | None = None
    link: str | None = Field(default=None, description="a symbolic link to this path, relative to where it lies")
    folder: Literal[True] | None = None


class CallDocument(Strict):
    """One call. With neither `expect` nor `refusal` any result will do."""

    method: str
    params: dict[str, Any]
    expect: Any = Field(default=None, description="the result expected; see the rules of matching in docs/vectors.md")
    refusal: str | None = Field(default=None, description="the refusal expected instead")


class VectorDocument(Strict):
    """One file."""

    id: Id = Field(description="never changes; equals the name of the file")
    title: Sentence
    why: Sentence = Field(description="why it is there; `Boundary: ...` for an edge that no branch marks")
    requirements: list[str] = Field(min_length=1, description="ids of docs/requirements.md that it judges")
    since: str | None = Field(default=None, description="first release it holds for; without it, it holds for none")
    until: str | None = Field(default=None, description="last release it holds for; without it, all newer ones too")
    recommended: Literal[False] | None = Field(
        default=None, description="false where it does not hold for a port that follows every current rule"
    )
    needs: list[str] = Field(description="capabilities without which a target cannot be asked")
    quirk: str | None = Field(
        default=None, description="it shows how the releases with this quirk behave, in place of a rule"
    )
    given: Id | None = Field(
        default=None,
        description="the vector whose calls come first; where that one fails, this one says nothing more",
    )
    files: dict[str, FileDocument] | None = None
    calls: list[CallDocument] = Field(min_length=1, max_length=LONGEST)


def build_schema() -> dict[str, Json]:
    """JSON Schema (2020-12) of a file: the model, with the words that are known."""
    schema = VectorDocument.model_json_schema()
    definitions = schema["$defs"]
    for model in (schema, *definitions.values()):
        for field in model["properties"].values():
            drop_null(field)
    definitions["FileDocument"] |= {"minProperties": 1, "maxProperties": 1}
    call = definitions["CallDocument"]
    call["properties"]["method"]["enum"] = [name for name in METHODS if name not in NEVER_ASKED]
    call["properties"]["refusal"]["enum"] = sorted(REFUSALS)
    call["not"] = {"required": ["expect", "refusal"]}
    for bound in ("since", "until"):
        schema["properties"][bound]["enum"] = list(VERSIONS)
    schema["properties"]["quirk"]["enum"] = list(BY_NAME)
    head = {
        **json_note("vectors"),
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "antigravity-conformance vector",
    }
    return {**head, **{key: value for key, value in schema.items() if key != "title"}}


def render_schema() -> str:
    return schema_text(build_schema())


def schema_file() -> Path:
    return fixtures_folder() / "vectors" / "schema.json"
