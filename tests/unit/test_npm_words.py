"""`npm:NAME@VERSION`: which words are valid."""

from pathlib import Path

import pytest

from conformance.targets import npm
from conformance.targets import tools as tools_module
from conformance.targets.errors import UsageFault

NAME = "opencode-antigravity-auth"


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        (f"npm:{NAME}@1.3.0", (NAME, "1.3.0")),
        ("npm:@someone/fork.of_it@10.20.30-beta.1", ("@someone/fork.of_it", "10.20.30-beta.1")),
    ],
)
def test_word_names_package_and_exact_version(word: str, expected: tuple[str, str]) -> None:
    assert npm.parse(word) == expected


@pytest.mark.parametrize(
    "rest",
    ["latest", "^1.3.0", "1.3", "1.x", ">=1.3.0", "01.3.0", "1.3.0 ", "1.3.0\n", "v1.3.0", ""],
)
def test_inexact_version_is_refused_with_the_known_ones(rest: str) -> None:
    with pytest.raises(UsageFault, match=r"exact version.*1\.2\.8, 1\.3\.0, 1\.4\.3, 1\.6\.0") as refused:
        npm.parse(f"npm:{NAME}@{rest}")
    assert refused.value.exit_code == 2


@pytest.mark.parametrize("name", ["", "--registry", "../up", "a/b", "@scope", "Upper", "a b", "file:x"])
def test_invalid_package_name_is_refused(name: str) -> None:
    with pytest.raises(UsageFault, match="names no release"):
        npm.parse(f"npm:{name}@1.3.0")


def test_cache_folder_comes_from_variable_or_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(npm.CACHE_VARIABLE, "relative")
    assert tools_module.cache_folder() == tmp_path / "relative"
    monkeypatch.delenv(npm.CACHE_VARIABLE)
    monkeypatch.setattr(tools_module, "SOURCES", tmp_path)
    assert tools_module.cache_folder().name == "antigravity-conformance"
    (tmp_path / "Makefile").touch()  # a clone
    assert tools_module.cache_folder() == tmp_path / ".cache"
