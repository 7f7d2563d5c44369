"""`--require all` leaves out rules that only Python ports can claim, if the target is known not to be one."""

from pathlib import Path

import pytest

from conformance.cli.run_plan import required_of
from conformance.requirements import load_catalogue
from conformance.targets.resolve import Target


@pytest.mark.parametrize(("without_fork", "required"), [(False, ["PID-001", "PID-010"]), (True, ["PID-001"])])
def test_fork_is_required_unless_left_out(without_fork: bool, required: list[str]) -> None:
    chosen = load_catalogue().choose(["PID"])
    assert required_of(["PID-001", "PID-010"], chosen, without_fork=without_fork) == required


@pytest.mark.parametrize(
    ("target", "is_node"),
    [
        (Target("npm:opencode-antigravity-auth@1.6.0", []), True),
        (Target("plugin:.", [], checkout=Path(".")), True),
        (Target("python:port:Port", []), False),
        (Target("-- ./port", []), False),
        (Target("reference", []), False),
    ],
)
def test_only_targets_started_in_node_lack_fork(target: Target, is_node: bool) -> None:
    assert target.is_node is is_node
