"""`--require all` leaves out requirements that only Python targets can claim."""

import pytest

from conformance.cli.run_plan import required_of
from conformance.requirements import load_catalogue


@pytest.mark.parametrize(("language", "required"), [("Python", ["PID-001", "PID-010"]), ("javascript", ["PID-001"])])
def test_fork_is_required_of_python_only(language: str, required: list[str]) -> None:
    chosen = load_catalogue().choose(["PID"])
    assert required_of(language, ["PID-001", "PID-010"], chosen) == required
