"""Finds the release that OpenCode uses: in its cache of packages, or in the version that an OpenCode config names."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reference_impl.config.files import read_file
from reference_impl.releases import NEWEST, RELEASES, VERSIONS

PACKAGE = "opencode-antigravity-auth"
CONFIG_FILES = ("opencode.json", "opencode.jsonc")
_PINNED = re.compile(re.escape(PACKAGE) + r"@v?(\d{1,9}\.\d{1,9}\.\d{1,9})(?!\d)")


@dataclass(frozen=True)
class Installed:
    """The release to follow, and where the kit found it. `version` is what is installed, if it is another one."""

    release: str
    found_in: str | None
    version: str | None = None

    @property
    def described(self) -> str:
        """One sentence."""
        if self.found_in is None:
            return f"{self.release} (no installed release was found; name yours with --release)"
        if self.version is not None and self.version != self.release:
            return f"{self.release}, the nearest known one to {self.version} in {self.found_in}"
        return f"{self.release}, found in {self.found_in}"


def find_installed(directory: Path, home: Path, environment: Mapping[str, str]) -> Installed:
    """The installed release; the newest one if none is found."""
    cache = Path(environment.get("XDG_CACHE_HOME") or home / ".cache") / "opencode"
    for folder in (cache / "node_modules" / PACKAGE, cache / "packages" / PACKAGE / "node_modules" / PACKAGE):
        if version := _package_version(folder / "package.json"):
            return Installed(nearest(version), str(folder / "package.json"), version)
    user = Path(environment.get("OPENCODE_CONFIG_DIR") or _config_home(home, environment) / "opencode")
    for place in (directory, directory / ".opencode", user):
        for name in CONFIG_FILES:
            text = (read_file(str(place / name)) or b"").decode(errors="replace")
            if pinned := _PINNED.search(text):
                return Installed(nearest(pinned[1]), str(place / name), pinned[1])
    return Installed(NEWEST, None)


def nearest(version: str) -> str:
    """The known release with the code of this version, or else the newest one that is not newer."""
    for release in RELEASES:
        if version == release.version or version in release.same_code:
            return release.version
    older = [each for each in VERSIONS if _parts(each) <= _parts(version)]
    return older[-1] if older else VERSIONS[0]


def _config_home(home: Path, environment: Mapping[str, str]) -> Path:
    return Path(environment.get("XDG_CONFIG_HOME") or home / ".config")


def _package_version(file: Path) -> str | None:
    try:
        version = json.loads((read_file(str(file)) or b"").decode())["version"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return version if isinstance(version, str) and _parts(version) else None


def _parts(version: str) -> tuple[int, ...]:
    match = re.match(r"(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?!\d)", version)
    return tuple(map(int, match.groups())) if match else ()
