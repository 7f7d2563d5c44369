"""The GitHub action, a runner for its steps, and the page about CI."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import yaml

from conformance.json_type import Json
from tests.support.command import CHECKOUT

ACTION: Json = yaml.safe_load((CHECKOUT / "action.yml").read_text(encoding="utf-8"))
STEPS: list[Json] = ACTION["runs"]["steps"]
PAGE = (CHECKOUT / "docs" / "ci.md").read_text(encoding="utf-8")
INPUTS = {name: entry["default"] for name, entry in ACTION["inputs"].items()}


def blocks(language: str) -> list[str]:
    """The code blocks of the page with this language."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


class Runner:
    """Runs the shell steps of the action like GitHub: fills in expressions, reads outputs from a file."""

    def __init__(self, folder: Path, **inputs: str) -> None:
        self.folder = folder
        self.inputs = INPUTS | inputs
        self.outputs: dict[str, str] = {}
        self.summary = folder / "summary.md"
        self.summary.touch()

    def run(self, id_: str, path: str = os.environ["PATH"]) -> subprocess.CompletedProcess[str]:
        (step,) = [step for step in STEPS if step.get("id") == id_]
        written = self.folder / "output"
        written.write_text("", encoding="utf-8")
        environment = {name: self._fill(value) for name, value in step.get("env", {}).items()}
        done = subprocess.run(
            [str(shutil.which("bash")), "--noprofile", "--norc", "-eu", "-c", step["run"]],
            cwd=CHECKOUT,
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith("PYTHON")},
                "PATH": path,
                "GITHUB_ACTION_PATH": str(CHECKOUT),
                "GITHUB_OUTPUT": str(written),
                "GITHUB_STEP_SUMMARY": str(self.summary),
                "RUNNER_TEMP": str(self.folder),
                **environment,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        for line in written.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition("=")
            self.outputs[f"steps.{id_}.outputs.{name}"] = value
        return done

    def _fill(self, text: str) -> str:
        known = self.outputs | {f"inputs.{name}": value for name, value in self.inputs.items()}
        return re.sub(r"\$\{\{ (.*?) \}\}", lambda expression: known.get(expression[1], ""), text)
