"""How many cases are planned, and which run: files of the engines, for the progress line."""

from pathlib import Path

from conformance.cases.engine import PLANNED, RUNNING, engine_state


def test_cases_of_both_engines_are_counted(tmp_path: Path) -> None:
    assert engine_state(tmp_path) == (0, [])
    for number, planned in enumerate(("3", "40")):
        (tmp_path / f"engine-{number}").mkdir()
        assert engine_state(tmp_path)[0] == 0  # one of them has not collected its cases
        (tmp_path / f"engine-{number}" / PLANNED).write_text(planned)
    (tmp_path / "engine-1" / RUNNING).write_text("test_a.py::test_b")
    assert engine_state(tmp_path) == (43, ["test_a.py::test_b"])
