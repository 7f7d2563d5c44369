"""Where to get each release: on npm, or from a checkout of its git tag, given as `VERSION=PATH`."""

import argparse
import json
from collections.abc import Iterable
from pathlib import Path

from reference_impl.adapter import ReferenceAdapter
from reference_impl.releases import NPM_VERSIONS, RELEASES, VERSIONS

Checkout = tuple[str, Path]  # the version of a release, and the folder


def add_checkouts(parser: argparse.ArgumentParser) -> None:
    """Add the arguments for checkouts of releases."""
    parser.add_argument(
        "checkouts",
        nargs="*",
        type=checkout,
        metavar="VERSION=PATH",
        help="Checkout of the git tag of a release that is not on npm, for example 1.5.5=../plugin-1.5.5.",
    )


def checkout(text: str) -> Checkout:
    """Read `VERSION=PATH`. Raises ArgumentTypeError unless PATH is a checkout of that release."""
    version, _, path = text.partition("=")
    release = next((release for release in RELEASES if release.version == version), None)
    if release is None or not path:
        raise argparse.ArgumentTypeError(f"{text!r} is not VERSION=PATH; the versions are {', '.join(VERSIONS)}")
    try:
        found = json.loads((Path(path) / "package.json").read_text(encoding="utf-8"))["version"]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise argparse.ArgumentTypeError(f"cannot read a version from {path}/package.json: {error}") from error
    if found not in (version, *release.same_code):
        raise argparse.ArgumentTypeError(
            f"{path} is version {found}; expected {' or '.join((version, *release.same_code))}"
        )
    return version, Path(path)


def release_targets(checkouts: Iterable[Checkout]) -> dict[str, str]:
    """The target word of each available release, by version, oldest first."""
    words = {version: f"npm:opencode-antigravity-auth@{version}" for version in NPM_VERSIONS}
    words |= {version: f"plugin:{path}" for version, path in checkouts}
    return {version: words[version] for version in VERSIONS if version in words}


def claimed_capabilities(profile: str) -> list[str]:
    """The capabilities that a JavaScript target of this profile claims: those of the reference, without `fork`."""
    claimed: list[str] = ReferenceAdapter(profile).hello(1)["capabilities"]
    return [word for word in claimed if word != "fork"]
