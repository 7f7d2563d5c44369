"""`config explain`: the layer that set each key, for each release. All homes are temporary."""

import json
from pathlib import Path

import pytest

from conformance.cli.main import main
from reference_impl.profiles import PROFILES

QUIET = "OPENCODE_ANTIGRAVITY_QUIET"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a config file and a user with another one, isolated from the real user."""
    home, folder = tmp_path / "home", tmp_path / "project"
    for name in ("XDG_CONFIG_HOME", "OPENCODE_CONFIG_DIR", "APPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv(QUIET, "1")
    monkeypatch.setattr("sys.platform", "linux")
    write(home / ".config/opencode/antigravity.json", '{"debug": true, "log_dir": "/logs"}')
    write(folder / ".opencode/antigravity.json", '{"signature_cache": {"enabled": false}}')
    return folder


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize(
    ("profile", "debug", "quiet", "ttl"),
    [
        ("recommended", "user file", f"variable {QUIET}", "default"),
        ("1.3.0", "user file", f"variable {QUIET}", "project file: left out, so default"),
        (
            "1.6.0",
            "project file: left out, so default",
            "project file: left out, so default",
            "project file: left out, so default",
        ),
    ],
)
def test_each_key_has_its_layer(
    project: Path, capsys: pytest.CaptureFixture[str], profile: str, debug: str, quiet: str, ttl: str
) -> None:
    assert main(["config", "explain", str(project), "--profile", profile, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    names = ("debug", "quiet_mode", "signature_cache.memory_ttl_seconds", "signature_cache.enabled", "log_dir")
    origins = [shown["keys"][name]["from"] for name in names]
    assert origins == [debug, quiet, ttl, "project file", "user file"]
    assert shown["keys"]["signature_cache.enabled"]["value"] is False
    assert [file["ignored"] for file in shown["files"]] == [None, None]
    assert "$schema" not in shown["keys"]


@pytest.mark.parametrize("profile", PROFILES)
def test_text_has_80_columns_and_every_key(project: Path, capsys: pytest.CaptureFixture[str], profile: str) -> None:
    main(["config", "explain", str(project), "--profile", profile])
    lines = capsys.readouterr().out.splitlines()
    assert max(len(line) for line in lines if str(project.parent) not in line) <= 80
    assert [line.split() for line in lines if line.startswith("log_dir")] == [["log_dir", '"/logs"', "user", "file"]]


def test_default_of_a_file_takes_one_line(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(project / ".opencode/antigravity.json", "{}")
    main(["config", "explain", str(project), "--profile", "1.6.0"])
    lines = capsys.readouterr().out.splitlines()
    (line,) = (line for line in lines if line.startswith("pid_offset_enabled"))
    assert line.split(maxsplit=2) == ["pid_offset_enabled", "false", "default (not in file)"]
    assert max(map(len, lines[6:])) <= 80


def test_an_ignored_file_says_why(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(project / ".opencode/antigravity.json", '{"debug": 1}')
    main(["config", "explain", str(project)])
    output = capsys.readouterr().out
    assert f"project file  {project}/.opencode/antigravity.json\n" in output
    assert "    ignored: not valid: debug: expected true or false\n" in output


def test_missing_folder_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "explain", str(tmp_path / "nowhere")]) == 2
    assert "there is no folder" in capsys.readouterr().err
