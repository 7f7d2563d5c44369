"""The settings that `run` passes to pytest: a JSON file, named by a variable that workers of pytest-xdist inherit."""

import dataclasses
import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from conformance.requirements.deviations import Waiver

VARIABLE = "ANTIGRAVITY_CONFORMANCE_RUN"
DRAW_VARIABLE = "ANTIGRAVITY_CONFORMANCE_DRAW"  # number of fresh examples per property; tests set it too


@dataclass(frozen=True)
class RunSettings:
    """The settings of a run, passed to pytest as JSON. `run` has validated them."""

    name: str  # the target, as messages name it
    argv: list[str]
    environment: dict[str, str]
    folder: str  # working directory of the target: that of the user
    pass_environment: list[str]
    capabilities: list[str]
    judged: list[str]  # ids of the requirements to judge
    waivers: list[Waiver]
    events: str  # file to append events to
    profile: str = "recommended"  # the profile to judge the target as
    pool_version: int = 4  # of the pool files that the target saves
    timeout_s: float = 30  # of one answer
    time_limit_s: float = 600  # of the run
    wire_log: str | None = None
    opened: str | None = None  # file for the paths that the target opens outside its folder
    processes: int = 8  # real processes started at the same moment
    namespaces: bool = True  # whether cases may choose PIDs
    python_host: list[str] = field(default_factory=list)  # the command that serves a Python port; else empty
    fail_fast: bool = False
    decisive: list[str] = field(default_factory=list)  # ids whose failure decides the run, and ends it if `fail_fast`

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(dataclasses.asdict(self)), encoding="utf-8")


def read_settings() -> RunSettings:
    """The settings of this run. Raises KeyError if pytest was not started by `run`."""
    settings = json.loads(Path(os.environ[VARIABLE]).read_text(encoding="utf-8"))
    waivers = [Waiver(**waiver) for waiver in settings.pop("waivers")]
    return RunSettings(**settings, waivers=waivers)
