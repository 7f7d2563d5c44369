"""The container image, the packages and the workflow of a release fit the project."""

import hashlib
import re
from pathlib import Path

import pytest
import yaml

from conformance import __version__
from conformance.cli.init import LANGUAGES, TEMPLATES
from tests.support.command import CHECKOUT
from tools import dist

DOCKERFILE = (CHECKOUT / "Dockerfile").read_text(encoding="utf-8")
WORKFLOW = yaml.safe_load((CHECKOUT / ".github/workflows/release.yml").read_text(encoding="utf-8"))


def test_image_copies_what_exists_and_is_not_ignored() -> None:
    copied = {word for line in re.findall(r"^COPY (.+)$", DOCKERFILE, re.MULTILINE) for word in line.split()[:-1]}
    ignored = (CHECKOUT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert copied == {line.removeprefix("!") for line in ignored if line.startswith("!")}
    assert all((CHECKOUT / name).exists() for name in copied)


def test_image_has_node_that_the_kit_accepts() -> None:
    from conformance.targets.tools import OLDEST_NODE

    (version,) = re.findall(r"^FROM node:(\d+)-", DOCKERFILE, re.MULTILINE)
    assert int(version) >= OLDEST_NODE


def test_versions_of_packages_and_pages_are_equal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert dist.different_versions(tag=None) == []
    assert dist.different_versions(tag=f"v{__version__}") == []
    assert dist.different_versions(tag="v9.9.9") == [f"the tag is 9.9.9, but the kit is {__version__}"]
    monkeypatch.setattr(dist, "__version__", "9.9.9")
    assert len(dist.different_versions(tag=None)) >= 2


def test_pages_name_one_version() -> None:
    pages = [CHECKOUT / "docs" / page for page in ("install.md", "release-with-confidence.md", "ci.md")]
    jobs = [*TEMPLATES.glob("*/.github/workflows/*.yml"), *(CHECKOUT / "docs" / "examples" / "github").glob("*.yml")]
    assert len(jobs) > len(LANGUAGES)
    for page in [*pages, *jobs]:
        text = page.read_text(encoding="utf-8")
        assert set(re.findall(r"antigravity-conformance@v(\d[\w.]*)", text)) == {__version__}, page


def test_checksums_are_those_of_the_files(tmp_path: Path) -> None:
    (tmp_path / "kit.whl").write_bytes(b"wheel")
    (tmp_path / dist.SUMS).write_text("old", encoding="ascii")
    assert dist.sums(tmp_path) == f"{hashlib.sha256(b'wheel').hexdigest()}  kit.whl\n"


def test_workflow_runs_goals_and_publishes_nothing() -> None:
    steps = WORKFLOW["jobs"]["build"]["steps"]
    scripts = "\n".join(step.get("run", "") for step in steps)
    makefile = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    assert all(f"\n{goal}:" in makefile for goal in re.findall(r"make (\w+)", scripts))
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert not re.search(r"twine|npm publish|docker push|gh release", scripts)
