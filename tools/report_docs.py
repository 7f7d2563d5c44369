"""`python -m tools.report_docs` writes docs/report.schema.json and the tables of docs/report.md from the model."""

import json
from collections.abc import Iterator

from pydantic.json_schema import GenerateJsonSchema

from conformance.generated import drop_null, json_note, schema_text
from conformance.json_type import Json
from conformance.reports.report import FORMAT, Report
from tests.support.command import CHECKOUT

SCHEMA = CHECKOUT / "docs" / "report.schema.json"
PAGE = CHECKOUT / "docs" / "report.md"
HEADING = "## Keys\n"
NEVER_NULL = ("Hello", "Observed")  # their optional keys are left out instead of null
PLACES = {  # where the objects of each kind are
    "Report": "the document",
    "Hello": "`hello`",
    "RequirementResult": "`requirements[]`",
    "CaseResult": "`requirements[].cases[]`",
    "Finding": "`requirements[].cases[].findings[]` and `observed.findings.*[]`",
    "Entry": "`record[]` of a finding",
    "ReasonOfFailures": "`reasons[]`",
    "ShortestScenario": "`reasons[].shortest`",
    "KnownBehaviour": "`reasons[].like`",
    "PlaceInSource": "`reasons[].places[]`",
    "StaleDeviation": "`stale_deviations[]`",
    "Observed": "`observed`",
}


class _WithoutTitles(GenerateJsonSchema):
    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002
        return False


def build_schema() -> dict[str, Json]:
    """JSON Schema (2020-12) of the report."""
    schema = Report.model_json_schema(schema_generator=_WithoutTitles)
    for name in NEVER_NULL:
        for field in schema["$defs"][name]["properties"].values():
            drop_null(field)
    head = {
        **json_note(),
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"antigravity-conformance report, format {FORMAT}",
    }
    return head | {key: value for key, value in schema.items() if key != "title"}


def render_schema() -> str:
    return schema_text(build_schema())


def fill(page: str) -> str:
    """The page with current tables."""
    written, heading, _ = page.partition(HEADING)
    return written + heading + "".join(_tables(build_schema()))


def _tables(schema: dict[str, Json]) -> Iterator[str]:
    models = {"Report": schema} | schema["$defs"]
    for name, place in PLACES.items():
        model = models[name]
        yield f"\n### {place[0].upper()}{place[1:]}\n\n{model['description']}\n\n| key | type | meaning |\n|-|-|-|\n"
        for key, field in model["properties"].items():
            optional = "" if key in model.get("required", []) else ", optional"
            yield f"| `{key}` | {_type(field)}{optional} | {field['description']} |\n"


def _type(field: dict[str, Json]) -> str:
    """The type of a key in words."""
    if "anyOf" in field:
        return " or ".join(_type(part) for part in field["anyOf"])
    if "enum" in field or "const" in field:
        return " or ".join(f"`{json.dumps(value)}`" for value in field.get("enum", [field.get("const")]))
    if "prefixItems" in field:
        return f"list of {len(field['prefixItems'])} {_type(field['prefixItems'][0])}s"
    if field.get("type") == "array":
        return f"list of {_type(field['items'])}s"
    if "$ref" in field:
        return "object"
    return str(field.get("type", "any JSON"))


if __name__ == "__main__":
    SCHEMA.write_text(render_schema(), encoding="utf-8")
    PAGE.write_text(fill(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
