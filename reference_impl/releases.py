"""The releases of the plugin that this project knows, oldest first, and ranges of releases.

To add a release, first append a row here. Rules, quirks, deviations and config rows have a range: `since` and, if it
has ended, `until`. Everything else follows from the list of releases. CONTRIBUTING.md has the instructions.
"""

import datetime
from dataclasses import dataclass
from typing import Literal

RECOMMENDED = "recommended"  # the profile without quirks; not a release


@dataclass(frozen=True)
class Release:
    """One release: its version, the date of its tag, and where its code is available.

    `same_code` lists versions with the same selection and config code. They are judged as this release.
    """

    version: str
    date: datetime.date
    source: Literal["npm", "git tag"]
    same_code: tuple[str, ...] = ()


RELEASES = (
    Release("1.2.8", datetime.date(2026, 1, 8), "npm"),
    Release("1.3.0", datetime.date(2026, 1, 17), "npm", ("1.3.1",)),
    Release("1.3.2", datetime.date(2026, 1, 27), "git tag", ("1.4.0", "1.4.1")),
    Release("1.4.3", datetime.date(2026, 1, 30), "npm", ("1.4.2",)),
    Release("1.4.5", datetime.date(2026, 2, 5), "git tag", ("1.4.6",)),
    Release("1.5.5", datetime.date(2026, 2, 19), "git tag", ("1.5.0", "1.5.1", "1.5.2", "1.5.3", "1.5.4")),
    Release("1.6.0", datetime.date(2026, 2, 20), "npm"),
)
VERSIONS = tuple(release.version for release in RELEASES)
NPM_VERSIONS = tuple(release.version for release in RELEASES if release.source == "npm")
OLDEST, NEWEST = VERSIONS[0], VERSIONS[-1]


def versions_between(since: str, until: str | None = None) -> tuple[str, ...]:
    """The versions from `since` to `until`, both included; without `until`, up to the newest.

    Raises ValueError for an unknown version, and for a range that ends before it begins.
    """
    for version in (since, until):
        if version is not None and version not in VERSIONS:
            raise ValueError(f"unknown release {version!r}; known: {', '.join(VERSIONS)}")
    first, last = VERSIONS.index(since), VERSIONS.index(until or NEWEST)
    if last < first:
        raise ValueError(f"the range {since} to {until} ends before it begins; swap `since` and `until`")
    return VERSIONS[first : last + 1]
