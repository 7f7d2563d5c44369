"""`python -m tools.dist [FOLDER]` builds what a release has into FOLDER (default: `dist`), and publishes nothing.

It builds the wheel, the source distribution, the npm package if the project has one, and `SHA256SUMS`. It fails if the
changelog, the pages or, in a job that runs for a tag, the tag have another version than the kit.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from conformance import __version__
from tests.support.command import CHECKOUT

NPM_PACKAGE = CHECKOUT / "tools" / "npm_package.py"
SUMS = "SHA256SUMS"


def main(folder: Path) -> None:
    if problems := list(different_versions()):
        sys.exit("\n".join(problems))
    folder.mkdir(parents=True, exist_ok=True)
    for old in filter(Path.is_file, folder.iterdir()):
        old.unlink()
    subprocess.run([sys.executable, "-m", "build", "--outdir", folder, CHECKOUT], check=True)
    if NPM_PACKAGE.exists():
        with tempfile.TemporaryDirectory() as packed:
            subprocess.run([sys.executable, "-m", "tools.npm_package", packed], cwd=CHECKOUT, check=True)
            (archive,) = Path(packed).glob("*.tgz")
            shutil.copy(archive, folder)
    (folder / SUMS).write_text(sums(folder), encoding="ascii")


def different_versions(tag: str | None = os.environ.get("GITHUB_REF_NAME")) -> list[str]:
    """What does not name the version of the kit."""
    found = {
        "CHANGELOG.md begins with": _first_in(CHECKOUT / "CHANGELOG.md", r"^## (\S+)"),
        "docs/ci.md names": _first_in(CHECKOUT / "docs" / "ci.md", r"antigravity-conformance@v(\S+)"),
    }
    if tag and re.match(r"v\d", tag):
        found["the tag is"] = tag.removeprefix("v")
    wrong = {place: version for place, version in found.items() if version != __version__}
    return [f"{place} {version}, but the kit is {__version__}" for place, version in wrong.items()]


def _first_in(file: Path, pattern: str) -> str:
    named = re.search(pattern, file.read_text(encoding="utf-8"), re.MULTILINE)
    return named[1] if named else "no version"


def sums(folder: Path) -> str:
    """The checksums, as `sha256sum --check` reads them."""
    files = sorted(file for file in folder.iterdir() if file.is_file() and file.name != SUMS)
    return "".join(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else CHECKOUT / "dist")
