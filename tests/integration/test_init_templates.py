"""Each template of `init`, built and run with the tools of its language."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from conformance.cli.init import LANGUAGES
from conformance.json_type import Json
from tests.support.command import run_kit

TOOLS = {"python": [], "javascript": ["node"], "typescript": ["node", "npm"], "go": ["go"], "rust": ["cargo"]}
HELLO = {"jsonrpc": "2.0", "id": 1, "method": "hello", "params": {"wire": 1}}


@dataclass(frozen=True)
class Project:
    """A project made by `init`, in a folder."""

    language: str
    folder: Path

    def build(self) -> None:
        for command in LANGUAGES[self.language].build:
            done = subprocess.run(command.split(), cwd=self.folder, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr

    @property
    def target(self) -> list[str]:
        return LANGUAGES[self.language].run.split()

    @property
    def adapter(self) -> list[str]:
        """The command that serves the port."""
        if self.language != "python":
            return self.target[1:]
        from conformance.targets.resolve import HOST, _module

        return _module([HOST, "port:Port", "--path", str(self.folder)])

    def change(self, old: str, new: str) -> None:
        port = self.folder / LANGUAGES[self.language].port
        text = port.read_text(encoding="utf-8")
        assert text.count(old) == 1
        port.write_text(text.replace(old, new), encoding="utf-8")

    def ask(self, *lines: str) -> list[Json]:
        """The answers to these lines; the adapter must exit when its input ends."""
        given = "".join(f"{line}\n" for line in lines).encode()
        done = subprocess.run(self.adapter, cwd=self.folder, input=given, capture_output=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.decode().split("\n")[:-1]]


SLOW = ("typescript", "rust")
PARAMS = [pytest.param(name, marks=pytest.mark.exhaustive) if name in SLOW else name for name in LANGUAGES]


@pytest.fixture(scope="module", params=PARAMS)
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Project:
    missing = [tool for tool in TOOLS[request.param] if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} is not installed")
    folder = tmp_path_factory.mktemp(request.param)
    assert run_kit("init", "--language", request.param, folder=folder).returncode == 0
    made = Project(request.param, folder)
    made.build()
    return made


def test_new_port_runs(project: Project) -> None:
    done = run_kit("run", "--only", "POOL-002,ENA-006", *project.target, folder=project.folder)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"my-port 0.1.0, {project.language}" in done.stdout
    assert "\n1 pass, 1 fail\n" in done.stdout
    assert "FAIL POOL-002" in done.stdout


def request(number: int, method: str, **params: Json) -> Json:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def test_wire_answers_in_order(project: Project) -> None:
    labels = ['é\u2028\U0001f600\n"\\<&>', "b"]
    pool = {"accounts": [{"refreshToken": label} for label in labels]}
    select = {"family": "claude", "strategy": "sticky"}
    batch = [
        request(2, "open", pool=pool),
        request(3, "select", **select),
        request(4, "toString"),
        request(5, "select", family="claude", strategy="hybrid"),
        request(6, "close"),
        request(7, "select", **select),
    ]
    hello, answers, unreadable, last = project.ask(
        json.dumps(HELLO), json.dumps(batch, ensure_ascii=False), "{", json.dumps(batch[0])
    )
    assert hello["result"]["capabilities"] == ["sticky"]
    assert [answer["id"] for answer in answers] == [2, 3, 4, 5, 6, 7]
    assert answers[0]["result"] == last["result"] == {"accounts": labels}
    assert answers[1]["result"] == {"label": labels[0], "index": 0}
    assert [answer["error"]["code"] for answer in answers[2:4]] == [-32601, -32601]
    assert answers[4]["result"] is None
    assert answers[5]["error"]["code"] == 1
    assert answers[5]["error"]["data"] == {"refusal": "not_open"}
    assert (unreadable["id"], unreadable["error"]["code"]) == (None, -32700)


BROKEN = {
    "python": ("self.accounts = None\n\n    def _", "raise ValueError\n\n    def _"),
    "javascript": ("this.#accounts = null;", 'throw new Error("broken");'),
    "typescript": ("this.#accounts = null;", 'if (this) throw new Error("broken");'),
    "go": ("port.accounts = nil\n\treturn nil, nil", 'panic("broken")'),
    "rust": ("self.accounts = None;\n        Value::Null", 'panic!("broken")'),
}


def test_wire_survives_an_exception_of_the_port(project: Project) -> None:
    project.change(*BROKEN[project.language])
    project.build()
    first, second, third = project.ask(*[json.dumps(r) for r in (request(1, "close"), HELLO, request(3, "close"))])
    assert first["error"]["code"] == third["error"]["code"] == -32603
    assert second["result"]["name"] == "my-port"
