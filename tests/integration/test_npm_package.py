"""The npm package of the vectors judges a port inside node:test and vitest."""

import json
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from conformance.targets.installing import install_packages
from conformance.targets.tools import cache_folder
from conformance.vectors import load_vectors
from tests.support.command import CHECKOUT
from tools.npm_package import MANIFEST, NAME, pack

pytestmark = [pytest.mark.needs_node]
VITEST, TYPESCRIPT = "vitest@3.2.4", "typescript@5.8.3"
EXAMPLE = CHECKOUT / "docs" / "examples" / "javascript" / "port.mjs"
SUITE = """\
import {{ runVectors }} from "{name}/{framework}";
import {{ Port, capabilities }} from "./port.mjs";

runVectors(() => new Port(), {{ capabilities }});
"""
SELECTION = """\
import {{ select }} from "{name}";
select({arguments});
"""
OWN_VECTOR = {
    "id": "own",
    "title": "files are written",
    "needs": [],
    "files": {
        "project/a/text": {"text": "é"},
        "home/bytes": {"base64": "/w=="},
        "home/link": {"link": "bytes"},
        "home/lock": {"folder": True},
    },
    "calls": [
        {
            "method": "read",
            "params": {"at": "{root}"},
            "expect": {"text": "é", "bytes": [255], "lock": 0, "at": "{root}", "gone": {"$": "absent"}},
        }
    ],
}
READER = """\
import {{ readFileSync, statSync }} from "node:fs";
import {{ ask }} from "{name}";
const read = ({{ at }}) => ({{
  text: readFileSync(`${{at}}/project/a/text`, "utf8"), bytes: [...readFileSync(`${{at}}/home/link`)],
  lock: statSync(`${{at}}/home/lock`).mtimeMs, at, ...JSON.parse(process.argv[2]),
}});
await ask(() => ({{ read }}), {vector});
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packed and unpacked package."""
    folder = tmp_path_factory.mktemp("package")
    with tarfile.open(pack(folder)) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    return folder / "unpacked" / "package"


@pytest.fixture
def project(package: Path, tmp_path: Path) -> Path:
    """A project with the JavaScript example, the package and vitest."""
    (tmp_path / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    modules = tmp_path / "node_modules"
    shutil.copytree(package, modules / NAME)
    vitest = install_packages(cache_folder() / "npm" / VITEST, [VITEST], ["vitest"])
    (modules / "vitest").symlink_to(vitest / "node_modules" / "vitest")
    shutil.copy(EXAMPLE, tmp_path)
    return tmp_path


def node(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["node", *arguments], cwd=folder, capture_output=True, text=True, check=False)


def run_suite(project: Path, framework: str) -> subprocess.CompletedProcess[str]:
    (project / "port.test.mjs").write_text(SUITE.format(name=NAME, framework=framework), encoding="utf-8")
    runner = ["--test"] if framework == "node" else ["node_modules/vitest/vitest.mjs", "run"]
    return node(project, *runner, "port.test.mjs")


def asked() -> int:
    """The number of vectors for the capabilities of the example."""
    claimed = set(EXAMPLE.read_text(encoding="utf-8").partition("];")[0].split('"')[1::2])
    return sum(
        "recommended" in vector.profiles and claimed >= set(vector.document["needs"]) for vector in load_vectors()
    )


def test_package_has_its_files_and_every_vector(package: Path) -> None:
    assert {path.name for path in package.iterdir()} >= {"package.json", "README.md", "LICENSE", "wire.d.ts"}
    exports = MANIFEST["exports"].values()
    places = [place for entry in exports for place in (entry.values() if isinstance(entry, dict) else [entry])]
    assert [place for place in places if not (package / place).is_file()] == []
    packed = json.loads((package / "vectors.json").read_text(encoding="utf-8"))
    assert [vector["id"] for vector in packed] == [vector.id for vector in load_vectors()]


@pytest.mark.parametrize("framework", ["node", "vitest"])
def test_right_port_passes_each_vector(project: Path, framework: str) -> None:
    done = run_suite(project, framework)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"pass {asked()}\n" in done.stdout or f"{asked()} passed" in done.stdout


@pytest.mark.parametrize("framework", ["node", "vitest"])
def test_wrong_port_fails_the_vectors_of_the_rule(project: Path, framework: str) -> None:
    """A vector that repeats the calls of a failed one is skipped."""
    text = (project / "port.mjs").read_text(encoding="utf-8")
    (project / "port.mjs").write_text(text.replace("this.pid) % count", "this.pid + 1) % count"), encoding="utf-8")
    done = run_suite(project, framework)
    assert done.returncode == 1
    assert "pid-offset-of-0 (PID-001)" in done.stdout
    assert "skipped 0" not in done.stdout
    assert "skipped" in done.stdout


@pytest.mark.parametrize("wrong", ['["stikky"]', '["sticky"], "9.9.9"'])
def test_unknown_capability_or_release_is_refused(project: Path, wrong: str) -> None:
    (project / "own.mjs").write_text(SELECTION.format(name=NAME, arguments=wrong), encoding="utf-8")
    done = node(project, "own.mjs")
    assert done.returncode == 1
    assert "TypeError: no such" in done.stderr


@pytest.mark.parametrize(
    ("port", "message"),
    [
        ("() => ({ hello: async () => ({ capabilities: [] }) })", "hello() returned a promise; pass { capabilities"),
        ("class Port {}", "got a class; pass a function: () => new Port()"),
        ("() => ({})", "pass { capabilities: [...] }, or return them in hello()"),
    ],
    ids=["promise", "class", "no hello"],
)
def test_wrong_use_says_what_to_pass(project: Path, port: str, message: str) -> None:
    (project / "own.mjs").write_text(f'import {{ define }} from "{NAME}";\ndefine(() => 0, {port});', encoding="utf-8")
    assert message in node(project, "own.mjs").stderr


def test_files_of_a_vector_are_written(project: Path) -> None:
    script = READER.format(name=NAME, vector=json.dumps(OWN_VECTOR))
    (project / "own.mjs").write_text(script, encoding="utf-8")
    assert node(project, "own.mjs", "{}").returncode == 0
    for wrong in ({"text": "e"}, {"gone": None}, {"bytes": [255, 0]}):
        done = node(project, "own.mjs", json.dumps(wrong))
        assert (done.returncode, "AssertionError" in done.stderr) == (1, True)


@pytest.mark.exhaustive
def test_types_accept_a_typescript_port(project: Path) -> None:
    typescript = install_packages(cache_folder() / "npm" / TYPESCRIPT, [TYPESCRIPT], ["typescript"])
    port = 'class Port { select(params: { family: "claude" | "gemini" }) { return params.family ? null : null } }'
    use = f'import {{ runVectors }} from "{NAME}/node";\nrunVectors(() => new Port(), {{ release: "1.6.0" }});'
    options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "right.ts", "wrong.ts"]
    (project / "right.ts").write_text(f"{use}\n{port}\nexport {{}};", encoding="utf-8")
    (project / "wrong.ts").write_text(f"{use}\n{port.replace('null }', '7 }')}\nexport {{}};", encoding="utf-8")
    done = node(project, str(typescript / "node_modules/typescript/bin/tsc"), *options)
    assert "right.ts" not in done.stdout
    assert "wrong.ts(2," in done.stdout
