"""Quirks: the named ways in which releases behave, as data over one reference.

A profile is a set of quirks. A release has those whose range includes it; `recommended` has none. A quirk is a row
here, a few lines of code where the rule is, and the scenario in `fixtures/quirks/NAME.json` that distinguishes it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from reference_impl.releases import NEWEST, RECOMMENDED, VERSIONS, versions_between


@dataclass(frozen=True)
class Quirk:
    """One way of behaving. `until` is the last release that has it.

    A quirk that the newest release still has says so in `still_in`, so that a release that is added inherits nothing
    unseen: it has the quirk once somebody has confirmed it there and moved `still_in`.
    """

    name: str
    text: str
    since: str
    until: str | None = None
    still_in: str | None = None

    def __post_init__(self) -> None:
        if (self.until is None) == (self.still_in is None):
            raise ValueError(f"the quirk {self.name!r} must have either `until` or `still_in`")

    @property
    def releases(self) -> tuple[str, ...]:
        """The versions of the releases that have it, oldest first."""
        return versions_between(self.since, self.until or self.still_in)

    @property
    def is_unconfirmed(self) -> bool:
        """Was a release added after the last one in which the quirk was confirmed?"""
        return self.still_in is not None and self.still_in != NEWEST


QUIRKS = (
    # Loading the pool
    Quirk(
        "index-is-stored-position",
        "Indices keep the gaps of entries that were left out.",
        since="1.2.8",
        still_in="1.6.0",
    ),
    Quirk(
        "family-index-lost-in-the-file",
        "Reading a pool file drops each family's own index.",
        since="1.2.8",
        until="1.4.5",
    ),
    Quirk("version-4-unknown", "A pool file of version 4 is ignored.", since="1.2.8", until="1.4.5"),
    Quirk(
        "empty-token-counts-in-a-file",
        "In a pool file, an entry with an empty token counts, and can displace the account with its email.",
        since="1.2.8",
        still_in="1.6.0",
    ),
    Quirk(
        "null-entry-voids-old-file",
        "A pool file of version 1 or 2 is ignored for an entry that is null.",
        since="1.2.8",
        still_in="1.6.0",
    ),
    Quirk(
        "malformed-pool-fatal",
        "Loading a parsed pool fails for an entry that is null, or without a list.",
        since="1.2.8",
        still_in="1.6.0",
    ),
    Quirk(
        "stored-times-coerced",
        "Stored times that are no numbers are compared as JavaScript does.",
        since="1.2.8",
        still_in="1.6.0",
    ),
    Quirk(
        "active-account-not-followed",
        "In a pool file, the active index keeps its number when an entry before it is left out.",
        since="1.2.8",
        still_in="1.6.0",
    ),
    # Saving, when others have written the file since it was read
    Quirk(
        "accounts-only-added",
        "Saving takes no account out of the file, and puts back those that are gone from it.",
        since="1.2.8",
        still_in="1.6.0",
    ),
    Quirk(
        "limits-laid-over",
        "Saving lays the session's limits over those of the file: none goes away, an older end replaces a newer.",
        since="1.2.8",
        still_in="1.6.0",
    ),
    Quirk(
        "cooldown-and-email-overwritten",
        "Saving writes the session's cooldown, or none, and what it has read of the email over those in the file.",
        since="1.2.8",
        still_in="1.6.0",
    ),
    Quirk(
        "enabled-overwritten",
        "Saving enables accounts that others have disabled, and the reverse.",
        since="1.5.5",
        still_in="1.6.0",
    ),
    Quirk(
        "saved-index-not-followed",
        "Saving writes active indices as the session counts its accounts.",
        since="1.2.8",
        still_in="1.6.0",
    ),
    # Which accounts can be used
    Quirk("disabled-accounts-selected", "Disabled accounts are selected like others.", since="1.2.8", until="1.3.0"),
    Quirk("disabled-account-kept", "A family keeps its account although it is disabled.", since="1.2.8", until="1.4.5"),
    Quirk(
        "gemini-limited-by-both-styles",
        "Gemini is limited only when both header styles are.",
        since="1.2.8",
        until="1.2.8",
    ),
    # Selection
    Quirk(
        "turn-lost-after-the-first-round",
        "Removal compares a place with a counter that was never wrapped.",
        since="1.2.8",
        still_in="1.6.0",
    ),
    Quirk(
        "offset-from-nowhere",
        "A family that stands nowhere gets the PID offset from one before account 0.",
        since="1.2.8",
        still_in="1.6.0",
    ),
    Quirk("selection-counts-as-use", "Every selection sets the time of last use.", since="1.2.8", until="1.3.0"),
    Quirk(
        "fresh-account-first",
        "Hybrid takes the first account not yet used for the quota.",
        since="1.2.8",
        until="1.2.8",
    ),
    Quirk(
        "no-bonus-for-the-current-account", "Hybrid gives the current account no bonus.", since="1.3.0", until="1.3.0"
    ),
    Quirk(
        "hybrid-ignores-header-style",
        "Hybrid asks whether both header styles are limited.",
        since="1.2.8",
        still_in="1.6.0",
    ),
    Quirk(
        "health-floor-fixed", "Hybrid wants a health of 50, whatever is configured.", since="1.3.0", still_in="1.6.0"
    ),
    Quirk(
        "trackers-by-index",
        "Health and tokens stay at the index when an account is removed, and pass to another account.",
        since="1.3.0",
        still_in="1.6.0",
    ),
    Quirk(
        "clock-set-back-costs",
        "A clock that is set back takes points and tokens away, as its running on gives them.",
        since="1.3.0",
        still_in="1.6.0",
    ),
    Quirk(
        "used-share-in-binary",
        "The used share is worked out in binary, and can miss a soft quota that is reached exactly.",
        since="1.4.5",
        still_in="1.6.0",
    ),
    # Backoff and waiting
    Quirk("capacity-backoff-fixed", "A lack of capacity is waited out for exactly 15 s.", since="1.3.0", until="1.3.0"),
    Quirk(
        "failures-never-expire",
        "Failures in a row count however long ago the last one was.",
        since="1.3.0",
        until="1.3.0",
    ),
    Quirk(
        "cooldown-not-waited-for",
        "The minimum wait is 0 although every account is cooling down.",
        since="1.2.8",
        still_in="1.6.0",
    ),
    Quirk(
        "wait-ignores-base-limit",
        "With a model, the minimum wait looks at the model's limit alone.",
        since="1.2.8",
        still_in="1.6.0",
    ),
    Quirk(
        "disabled-accounts-waited-for",
        "The minimum wait counts limits of disabled accounts.",
        since="1.2.8",
        still_in="1.6.0",
    ),
    Quirk(
        "reset-leaves-base-limit",
        "With a model, forgetting limits leaves the one above it.",
        since="1.3.0",
        still_in="1.6.0",
    ),
    # Config
    Quirk(
        "group-filled-by-a-file",
        "A file that names a group sets all keys in it: those that it leaves out, to their defaults.",
        since="1.2.8",
        still_in="1.6.0",
    ),
    Quirk(
        "file-filled-with-defaults",
        "A file sets all keys outside of groups: those that it leaves out, to their defaults.",
        since="1.3.2",
        still_in="1.6.0",
    ),
    Quirk(
        "auto-resume-on-without-files",
        "Where no file sets it, auto_resume is true, though its default is false.",
        since="1.3.0",
        still_in="1.6.0",
    ),
    Quirk("variables-unread", "No variable of the plugin's own sets a key.", since="1.6.0", still_in="1.6.0"),
    Quirk("keep-thinking-variable-unread", "The variable KEEP_THINKING has no effect.", since="1.3.0", until="1.5.5"),
    Quirk("threshold-of-zero-is-default", "WEB_SEARCH_THRESHOLD=0 means the default.", since="1.3.0", until="1.3.0"),
)

BY_NAME = {quirk.name: quirk for quirk in QUIRKS}
PROFILES = (*VERSIONS, RECOMMENDED)

# The release in which a capability appeared. The reference at an older profile does not claim it.
SINCE = {
    "backoff": "1.3.0",
    "health": "1.3.0",
    "tokens": "1.3.0",
    "reset-limits": "1.3.0",
    "used": "1.3.2",
    "strict-wait": "1.3.2",
    "enabled": "1.5.5",
    "other-account": "1.4.5",
    "soft-quota": "1.4.5",
}


class UnknownProfile(ValueError):  # noqa: N818 - it names what is wrong
    """No profile has this name. The message lists all profiles."""


@dataclass(frozen=True)
class Profile:
    """A named set of quirks."""

    name: str
    quirks: frozenset[str]

    def has(self, quirk: str) -> bool:
        return quirk in self.quirks

    def is_in(self, since: str, until: str | None = None) -> bool:
        """Is it a release from `since` to `until`, or to the newest? `recommended` is in every range."""
        return self.name == RECOMMENDED or self.name in versions_between(since, until)

    def knows(self, capability: str) -> bool:
        """Returns whether the release has the capability at all."""
        since = SINCE.get(capability)
        return since is None or self.is_in(since)


class Row(Protocol):
    """A row of a table that holds for a range of releases."""

    @property
    def since(self) -> str: ...
    @property
    def until(self) -> str | None: ...


AnyRow = TypeVar("AnyRow", bound=Row)


def rows_of(profile: Profile, table: Iterable[AnyRow], name: Callable[[AnyRow], str]) -> tuple[AnyRow, ...]:
    """Returns the rows that hold for a release; for `recommended`, the last row of each name."""
    return tuple({name(row): row for row in table if profile.is_in(row.since, row.until)}.values())


def profile(name: str) -> Profile:
    """Returns the profile with this name. Raises UnknownProfile."""
    if name not in PROFILES:
        raise UnknownProfile(f"there is no profile {name!r}; profiles are {', '.join(PROFILES)}")
    return Profile(name, frozenset(quirk.name for quirk in QUIRKS if name in quirk.releases))
