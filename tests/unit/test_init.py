"""`init` writes a port, and refuses a folder that has files."""

from pathlib import Path

import pytest
import yaml

from conformance.cli.init import LANGUAGES, TEMPLATES, Language
from conformance.json_type import Json
from tests.support.command import Kit

EACH = pytest.mark.parametrize(("name", "language"), LANGUAGES.items(), ids=LANGUAGES)
MAX_LINES = 60


def test_every_template_is_a_language() -> None:
    assert {folder.name for folder in TEMPLATES.iterdir()} == set(LANGUAGES)


@EACH
def test_init_writes_every_file_and_names_the_commands(kit: Kit, tmp_path: Path, name: str, language: Language) -> None:
    folder = tmp_path / "new" / "port"
    done = kit("init", "--language", name, str(folder))
    assert done.returncode == 0, done.stderr
    files = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    expected = {path.relative_to(TEMPLATES / name) for path in (TEMPLATES / name).rglob("*") if path.is_file()}
    assert files == {path for path in expected if "__pycache__" not in path.parts}
    for line in (f"cd {folder}", *language.build, f"antigravity-conformance run {language.run}"):
        assert f"  {line}\n" in done.stdout
    assert f"Fill in {language.port}." in done.stdout
    assert done.stdout.splitlines()[-1].startswith("Build and run it again" if language.build else "Run it again")


@EACH
def test_stub_has_at_most_60_lines(name: str, language: Language) -> None:
    assert len((TEMPLATES / name / language.port).read_text(encoding="utf-8").splitlines()) <= MAX_LINES


@EACH
def test_readme_and_job_have_the_commands(name: str, language: Language) -> None:
    commands = [*language.build, f"antigravity-conformance run {language.run}"]
    assert "```\n" + "\n".join(commands) + "\n```" in (TEMPLATES / name / "README.md").read_text(encoding="utf-8")
    job: Json = yaml.safe_load((TEMPLATES / name / ".github/workflows/conformance.yml").read_text(encoding="utf-8"))
    steps = [
        step["run"].replace("--junit report.xml ", "") for step in job["jobs"]["conformance"]["steps"] if "run" in step
    ]
    assert steps[1:] == commands


def test_init_refuses_folder_with_files(kit: Kit, tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("mine", encoding="utf-8")
    done = kit("init", "--language", "go", str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"antigravity-conformance: {tmp_path} is not empty; name a new folder: init --language LANGUAGE FOLDER\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["notes"]


def test_init_refuses_file_as_folder(kit: Kit, tmp_path: Path) -> None:
    file = tmp_path / "notes"
    file.write_text("mine", encoding="utf-8")
    done = kit("init", "--language", "go", str(file))
    assert done.returncode == 2
    assert done.stderr == (
        f"antigravity-conformance: {file} is not a folder; name a new one: init --language LANGUAGE FOLDER\n"
    )
