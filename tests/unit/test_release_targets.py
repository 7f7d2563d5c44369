"""Where to get a release: from npm, or from a checkout of the right version."""

import argparse
import json
from pathlib import Path

import pytest

from reference_impl.releases import NPM_VERSIONS, VERSIONS
from tools.release_targets import checkout, claimed_capabilities, release_targets


def folder_of(version: str, folder: Path) -> Path:
    (folder / "package.json").write_text(json.dumps({"version": version}))
    return folder


def test_a_checkout_stands_beside_npm(tmp_path: Path) -> None:
    given = checkout(f"1.5.5={folder_of('1.5.5', tmp_path)}")
    targets = release_targets([given])
    assert targets["1.5.5"] == f"plugin:{tmp_path}"
    assert list(targets) == [version for version in VERSIONS if version in {*NPM_VERSIONS, "1.5.5"}]
    assert set(release_targets([])) == set(NPM_VERSIONS)


def test_a_version_with_the_same_code_will_do(tmp_path: Path) -> None:
    assert checkout(f"1.3.2={folder_of('1.4.1', tmp_path)}") == ("1.3.2", tmp_path)


@pytest.mark.parametrize(
    ("version", "text", "message"),
    [
        ("1.4.3", "1.3.2={}", r"is version 1\.4\.3; expected 1\.3\.2 or 1\.4\.0 or 1\.4\.1"),
        ("1.3.9", "1.3.9={}", r"'1\.3\.9=.*' is not VERSION=PATH; the versions are 1\.2\.8, 1\.3\.0"),
        ("1.3.2", "{}", r"is not VERSION=PATH"),
        ("1.3.2", "1.3.2={}/nowhere", r"cannot read a version from .*nowhere/package\.json"),
    ],
)
def test_another_checkout_is_refused(version: str, text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=message):
        checkout(text.format(folder_of(version, tmp_path)))


def test_a_javascript_target_claims_no_fork() -> None:
    assert "enabled" in claimed_capabilities("1.6.0")
    assert {"fork", "enabled"} & set(claimed_capabilities("1.2.8")) == set()
