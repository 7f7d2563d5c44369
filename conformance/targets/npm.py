"""`npm:NAME@VERSION`: a published release, installed once into the cache and run with Node."""

import re
from pathlib import Path

from conformance.targets.errors import UsageFault
from conformance.targets.installing import NpmFailedError, install_packages
from conformance.targets.tools import CACHE_VARIABLE, cache_folder, node_path
from reference_impl.releases import NPM_VERSIONS

__all__ = ["ADAPTER", "CACHE_VARIABLE", "command", "install", "parse"]

ADAPTER = Path(__file__).parent / "node" / "adapter.mjs"
KNOWN = ", ".join(NPM_VERSIONS)

_NAME = r"(?:@[a-z0-9][a-z0-9._-]*/)?[a-z0-9][a-z0-9._-]*"
_NUMBER = r"(?:0|[1-9][0-9]*)"
_VERSION = rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-[0-9A-Za-z.-]+)?"


def parse(word: str) -> tuple[str, str]:
    """The name and version in `npm:NAME@VERSION`. Raises UsageFault unless the version is exact."""
    match = re.fullmatch(rf"npm:({_NAME})@({_VERSION})", word)
    if match is None:
        raise UsageFault(
            f"{word!r} names no release; expected npm:NAME@VERSION with an exact version, such as "
            f"npm:opencode-antigravity-auth@1.3.0. Known to work: {KNOWN}"
        )
    return match[1], match[2]


def install(name: str, version: str) -> Path:
    """The folder of the package, installed if necessary.

    Raises UsageFault if the version does not exist, AdapterFault if Node or npm is missing or npm fails.
    """
    release = f"{name}@{version}"
    place = cache_folder() / "npm" / release.replace("/", "+")
    try:
        return install_packages(place, [release], [name]) / "node_modules" / name
    except NpmFailedError as error:
        if error.is_unknown(release):
            raise UsageFault(
                f"npm knows no {release}; `npm view {name} versions` lists them. Known to work: {KNOWN}"
            ) from error
        raise


def command(package: Path) -> list[str]:
    """The command that starts the adapter for a package. Raises AdapterFault if Node is missing or too old."""
    return [node_path(), str(ADAPTER), str(package)]
