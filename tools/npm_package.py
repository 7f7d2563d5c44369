"""Builds the npm package of the vectors in dist/: `python -m tools.npm_package [FOLDER]`."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import TypeAdapter

from conformance import __version__
from conformance.json_type import Json
from conformance.vectors import load_vectors
from conformance.wire.methods import CAPABILITIES, METHODS

NAME = "antigravity-conformance-vectors"
SOURCE = Path(__file__).parent / "npm"
ROOT = Path(__file__).parents[1]
MANIFEST: Mapping[str, Json] = {
    "name": NAME,
    "version": __version__,
    "description": "Vectors for ports of the account selection of opencode-antigravity-auth, for vitest and node:test",
    "license": "MIT",
    "type": "module",
    "engines": {"node": ">=20"},
    "exports": {
        ".": {"types": "./index.d.ts", "default": "./index.mjs"},
        "./vitest": {"types": "./vitest.d.ts", "default": "./vitest.mjs"},
        "./node": {"types": "./node.d.ts", "default": "./node.mjs"},
        "./vectors.json": "./vectors.json",
    },
    "peerDependencies": {"vitest": "*"},
    "peerDependenciesMeta": {"vitest": {"optional": True}},
}


def write_package(folder: Path) -> None:
    """Write the files of the package into a new folder."""
    shutil.copytree(SOURCE, folder)
    shutil.copy(ROOT / "LICENSE", folder)
    _write(folder / "package.json", json.dumps(MANIFEST, indent=2))
    documents = [{**vector.document, "profiles": vector.profiles} for vector in load_vectors()]
    _write(folder / "vectors.json", json.dumps(documents, ensure_ascii=False, separators=(",", ":")))
    _write(folder / "capabilities.json", json.dumps(list(CAPABILITIES)))
    _write(folder / "wire.d.ts", "\n".join(_types()))


def pack(folder: Path) -> Path:
    """Write the package and pack it. Returns the archive."""
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / NAME
    shutil.rmtree(source, ignore_errors=True)
    write_package(source)
    command = ["npm", "pack", "--silent", "--pack-destination", str(folder.absolute())]
    subprocess.run(command, cwd=source, check=True, stdout=subprocess.DEVNULL)
    return folder / f"{NAME}-{__version__}.tgz"


def _write(file: Path, text: str) -> None:
    file.write_text(text + "\n", encoding="utf-8")


def _types() -> Iterator[str]:
    """The methods of the wire as TypeScript."""
    yield "/** The methods of the wire. An adapter has those that its capabilities need. */"
    yield "export interface Adapter {"
    for name, method in METHODS.items():
        params = _typescript(TypeAdapter(method.params).json_schema())
        result = _typescript(method.result_adapter.json_schema(mode="serialization"))
        yield f"  /** {method.text} */"
        yield f"  {name}?(params: {params}): Answer<{result}>;"
    yield "}"
    yield ""
    yield "/** A result, now or later. Undefined is null on the wire. */"
    yield "export type Answer<Result> = Maybe<Result> | (null extends Result ? Maybe<void> : never);"
    yield "type Maybe<Value> = Value | Promise<Value>;"
    yield "export type Method = keyof Adapter;"
    yield f"export type Capability = {' | '.join(map(json.dumps, CAPABILITIES))};"


def _typescript(schema: Json, definitions: Json = None) -> str:
    """A JSON Schema, as pydantic writes it, as a type."""
    definitions = schema.get("$defs", definitions or {})
    match schema:
        case {"$ref": reference}:
            shown = _typescript(definitions[reference.rpartition("/")[2]], definitions)
        case {"anyOf": parts}:
            shown = " | ".join(dict.fromkeys(_typescript(part, definitions) for part in parts))
        case {"const": value}:
            shown = json.dumps(value)
        case {"enum": values}:
            shown = " | ".join(map(json.dumps, values))
        case {"type": "array", "items": items}:
            shown = f"Array<{_typescript(items, definitions)}>"
        case {"type": "object", "properties": fields}:
            required = schema.get("required", [])
            keys = (f"{k}{'' if k in required else '?'}: {_typescript(v, definitions)}" for k, v in fields.items())
            shown = f"{{ {'; '.join(keys)} }}"
        case {"type": kind}:
            shown = {"object": "Record<string, unknown>", "integer": "number"}.get(kind, kind)
        case _:
            shown = "unknown"
    return shown


if __name__ == "__main__":
    print(pack(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "dist"))
