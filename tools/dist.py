"""`python -m tools.dist [FOLDER]` builds what a release has into FOLDER (default: `dist`), and publishes nothing.

It builds the wheel, the source distribution, the npm package if the project has one, and `SHA256SUMS`. It fails if the
versions of the packages, the changelog and, in a job that runs for a tag, the tag are not the same.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

from conformance import __version__
from tests.support.command import CHECKOUT

NPM_PACKAGE = CHECKOUT / "npm"
SUMS = "SHA256SUMS"


def main(folder: Path) -> None:
    if problems := list(different_versions()):
        sys.exit("\n".join(problems))
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    subprocess.run([sys.executable, "-m", "build", "--outdir", folder, CHECKOUT], check=True)
    if NPM_PACKAGE.is_dir():
        subprocess.run(["npm", "pack", "--pack-destination", folder.absolute()], cwd=NPM_PACKAGE, check=True)
    (folder / SUMS).write_text(sums(folder), encoding="ascii")


def different_versions(tag: str | None = os.environ.get("GITHUB_REF_NAME")) -> list[str]:
    """What does not name the version of the kit."""
    found = {
        "CHANGELOG.md begins with": _first_in(CHECKOUT / "CHANGELOG.md", r"^## (\S+)"),
        "docs/ci.md names": _first_in(CHECKOUT / "docs" / "ci.md", r"antigravity-conformance@v(\S+)"),
    }
    if NPM_PACKAGE.is_dir():
        found["npm/package.json has"] = json.loads((NPM_PACKAGE / "package.json").read_text(encoding="utf-8"))["version"]
    if tag and re.match(r"v\d", tag):
        found["the tag is"] = tag.removeprefix("v")
    return [f"{place} {version}, but the kit is {__version__}" for place, version in found.items() if version != __version__]


def _first_in(file: Path, pattern: str) -> str:
    named = re.search(pattern, file.read_text(encoding="utf-8"), re.MULTILINE)
    return named[1] if named else "no version"


def sums(folder: Path) -> str:
    """The checksums, as `sha256sum --check` reads them."""
    files = sorted(file for file in folder.iterdir() if file.name != SUMS)
    return "".join(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else CHECKOUT / "dist")
