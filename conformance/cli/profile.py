"""By which profile a target is judged."""

import re

from conformance.requirements.catalogue import RECOMMENDED, RELEASES
from conformance.targets.errors import AdapterFault

_VERSION = re.compile(r"([0-9]+)\.([0-9]+)\.([0-9]+)(-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?", re.ASCII)


def choose_profile(asked: str | None, claimed: str | None) -> tuple[str, str]:
    """The profile to judge by, and why: an unlisted release is judged as the nearest older one.

    Raises AdapterFault where the target claims what is no release at all.
    """
    if asked is not None:
        return asked, "asked for"
    if claimed is None or claimed == RECOMMENDED:
        return RECOMMENDED, "the target claims no release"
    if claimed in RELEASES:
        return claimed, "claimed by the target"
    place = _place(claimed)
    if place is None:
        raise AdapterFault(
            f"the target claims the profile {claimed!r} in its hello; expected a release such as {RELEASES[-1]}, "
            f"or {RECOMMENDED!r}, or no profile"
        )
    older = [release for release in RELEASES if (_place(release) or place) <= place]
    if not older:
        return RELEASES[0], f"the oldest listed release; the target claims {claimed}, which is older"
    return older[-1], f"the nearest older release to {claimed}, which the target claims and which is not listed"


def _place(version: str) -> tuple[int, int, int, bool] | None:
    """Where a version stands in order; a pre-release stands before its release."""
    match = _VERSION.fullmatch(version)
    return None if match is None else (int(match[1]), int(match[2]), int(match[3]), match[4] is None)
