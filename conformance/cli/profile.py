"""Chooses the profile that a target is judged by."""

import re
from collections.abc import Sequence

from conformance.reports.run import ChosenProfile
from conformance.targets.errors import AdapterFault
from conformance.targets.resolve import Target
from conformance.wire.messages import HelloResult
from reference_impl.releases import OLDEST, RECOMMENDED, RELEASES, VERSIONS

_VERSION = re.compile(r"([0-9]+)\.([0-9]+)\.([0-9]+)(-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?", re.ASCII)


def choose_profile(asked: str | None, claimed: str | None) -> ChosenProfile:
    """The profile to judge by. For an unlisted release: the one with the same code, or the nearest older one.

    Raises AdapterFault if the claimed profile is not a release.
    """
    if asked is not None:
        return ChosenProfile(asked, "chosen with --profile")
    if claimed is None or claimed == RECOMMENDED:
        return ChosenProfile(RECOMMENDED, "the target claims no release")
    if claimed in VERSIONS:
        return ChosenProfile(claimed, "claimed by the target")
    for release in RELEASES:
        if claimed in release.same_code:
            return ChosenProfile(release.version, f"the target claims {claimed}, which has the same code")
    place = _place(claimed)
    if place is None:
        raise AdapterFault(
            f"the target claims the profile {claimed!r} in hello; expected a release such as {VERSIONS[-1]}, "
            f"or {RECOMMENDED!r}, or no profile"
        )
    older = [version for version in VERSIONS if (_place(version) or place) <= place]
    if not older:
        return ChosenProfile(OLDEST, f"the oldest listed release; the target claims {claimed}, which is older")
    reason = f"the nearest older release to {claimed}, which the target claims and which is not listed"
    return ChosenProfile(older[-1], reason)


def profile_of(
    asked: str | None, target: Target, hello: HelloResult, *, timeout_s: float, pass_environment: Sequence[str]
) -> ChosenProfile:
    """The profile to judge a target by. A checkout claims none, so the kit detects the nearest release."""
    if not target.is_checkout or asked is not None:
        return choose_profile(asked, hello.profile)
    from conformance.search.identify import nearest_release  # slow to import, and needed for checkouts only

    found = nearest_release(target, hello.capabilities, timeout_s=timeout_s, pass_environment=pass_environment)
    return ChosenProfile(found.nearest, found.reason, found.between)


def _place(version: str) -> tuple[int, int, int, bool] | None:
    """The sort key of a version. A pre-release sorts before its release."""
    match = _VERSION.fullmatch(version)
    return None if match is None else (int(match[1]), int(match[2]), int(match[3]), match[4] is None)
