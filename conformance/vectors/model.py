"""The format of a vector file. `make vectors` generates `fixtures/vectors/schema.json` from it."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from conformance.fixtures import fixtures_folder
from conformance.generated import drop_null, json_note, schema_text
from conformance.json_type import Json
from conformance.wire.methods import METHODS, REFUSALS
from reference_impl.profiles import BY_NAME
from reference_impl.releases import VERSIONS

MAX_CALLS = 12  # calls
Id = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Sentence = Annotated[str, Field(min_length=5, max_length=160)]
NEVER_ASKED = ("hello", "save", "request_save", "flush_save", "fork")  # they depend on the machine


class Strict(BaseModel):
    """Refuses unknown keys, so that misspelt keys are noticed."""

    model_config = ConfigDict(extra="forbid", strict=True)


class FileDocument(Strict):
    """The content at a path: exactly one of these keys."""

    text: str | None = None
    base64: str | None = None
    link: str | None = Field(default=None, description="target of a symbolic link, relative to the folder of the link")
    folder: Literal[True] | None = None


class CallDocument(Strict):
    """One call. Without `expect` and `refusal`, any result is accepted."""

    method: str
    params: dict[str, Any]
    expect: Any = Field(default=None, description="the result expected; see the rules of matching in docs/vectors.md")
    refusal: str | None = Field(default=None, description="the refusal expected instead")


class VectorDocument(Strict):
    """One vector file."""

    id: Id = Field(description="never changes; equals the name of the file")
    title: Sentence
    why: Sentence = Field(description="why the vector exists; `Boundary: ...` for a boundary that is not a branch")
    requirements: list[str] = Field(min_length=1, description="ids of docs/requirements.md that the vector judges")
    since: str | None = Field(default=None, description="first release for which the vector holds; default: none")
    until: str | None = Field(default=None, description="last release for which the vector holds; default: the newest")
    recommended: Literal[False] | None = Field(
        default=None, description="false if the vector does not hold for a port that follows every current rule"
    )
    needs: list[str] = Field(description="capabilities that the calls need")
    quirk: str | None = Field(default=None, description="the quirk whose behaviour the vector shows, instead of a rule")
    given: Id | None = Field(
        default=None,
        description="a vector with the same first calls; if it fails, this vector is not judged",
    )
    files: dict[str, FileDocument] | None = None
    calls: list[CallDocument] = Field(min_length=1, max_length=MAX_CALLS)


def build_schema() -> dict[str, Json]:
    """JSON Schema (2020-12) of a vector file: the model with its enumerations."""
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
