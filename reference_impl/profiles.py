"""Quirks: the named behaviours of releases, as data over one reference.

A profile is a set of quirks. A release has the quirks whose range includes it; `recommended` has none. A quirk consists
of a row here, a few lines of code, and the scenario in `fixtures/quirks/NAME.json` that distinguishes it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Protocol, TypeVar

from reference_impl.capabilities import SINCE
from reference_impl.releases import NEWEST, RECOMMENDED, VERSIONS, versions_between


@dataclass(frozen=True)
class Quirk:
    """One behaviour. `until` is the last release that has it.

    `still_in` names the newest release in which the quirk was confirmed. So a release that is added later does not
    inherit the quirk unnoticed: someone must confirm it there and update `still_in`.
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
        """The versions of the releases that have the quirk, oldest first."""
        return versions_between(self.since, self.until or self.still_in)

    @property
    def is_unconfirmed(self) -> bool:
        """Was a release added after the last one in which the quirk was confirmed?"""
        return self.still_in is not None and self.still_in != NEWEST


QUIRKS = (
    # Loading the pool
    Quirk(
        "index-is-stored-position",
        "Skipped entries leave gaps in the indices.",
        since="1.2.8",
        still_in="1.6.0",
    ),
    Quirk(
        "family-index-lost-in-the-file",
        "Reading a pool file drops each family's index.",
        since="1.2.8",
        until="1.4.5",
    ),
    Quirk("version-4-unknown", "A pool file of version 4 is ignored.", since="1.2.8", until="1.4.5"),
    Quirk(
        "empty-token-displaces-account",
        "In a pool file, an entry with an empty token can displace the account with the same email.",
        since="1.2.8",
        still_in="1.6.0",
    ),
    Quirk(
        "null-entry-voids-old-file",
        "A pool file of version 1 or 2 with one null entry is ignored as a whole.",
        since="1.2.8",
        still_in="1.6.0",
    ),
    Quirk(
        "malformed-pool-fatal",
        "Loading a parsed pool fails if it has a null entry or no list of accounts.",
        since="1.2.8",
        still_in="1.6.0",
    ),
    Quirk(
        "stored-times-coerced",
        "Stored times that are not numbers are compared as JavaScript does.",
        since="1.2.8",
        still_in="1.6.0",
    ),
    Quirk(
        "active-index-not-remapped",
        "When an entry of a pool file is skipped, the active index keeps its number and names another account.",
        since="1.2.8",
        still_in="1.6.0",
    ),
    # Saving, when others have written the file since it was read
    Quirk(
        "save-never-removes-accounts",
        "Saving keeps all accounts of the file and restores accounts that another writer has removed.",
        since="1.2.8",
        still_in="1.6.0",
    ),
    Quirk(
        "save-overwrites-rate-limits",
        "Saving merges the session's rate limits over those of the file, so that cleared limits stay.",
        since="1.2.8",
        still_in="1.6.0",
    ),
    Quirk(
        "save-overwrites-cooldown-and-email",
        "Saving overwrites the cooldown, the email and the time of addition in the file with those of the session.",
        since="1.2.8",
        still_in="1.6.0",
    ),
    Quirk(
        "save-overwrites-enabled",
        "Saving overwrites `enabled` and the verification in the file with the values that the session has read.",
        since="1.5.5",
        still_in="1.6.0",
    ),
    Quirk(
        "save-overwrites-quota-readings",
        "Saving overwrites the quota readings in the file with those that the session has read, or with none.",
        since="1.4.5",
        still_in="1.6.0",
    ),
    Quirk(
        "save-keeps-duplicates-of-version-3",
        "Saving over a file of version 3 that was written since `open` keeps accounts with the same email.",
        since="1.5.5",
        still_in="1.6.0",
    ),
    Quirk(
        "saved-index-not-remapped",
        "Saving writes active indices that count the accounts of the session, not those of the file.",
        since="1.2.8",
        still_in="1.6.0",
    ),
    Quirk(
        "save-overwrites-later-version",
        "Saving writes its own version over a pool file of a later version.",
        since="1.2.8",
        still_in="1.6.0",
    ),
    # Which accounts can be used
    Quirk("disabled-accounts-selected", "Disabled accounts are selected like any other.", since="1.2.8", until="1.3.0"),
    Quirk(
        "disabled-account-kept",
        "Sticky keeps a family's current account although it is disabled.",
        since="1.2.8",
        until="1.4.5",
    ),
    Quirk(
        "gemini-limited-by-both-styles",
        "A Gemini account is rate-limited only when both header styles are.",
        since="1.2.8",
        until="1.2.8",
    ),
    # Selection
    Quirk(
        "cursor-not-wrapped-on-removal",
        "Removing an account compares its index with a cursor that was never wrapped.",
        since="1.2.8",
        still_in="1.6.0",
    ),
    Quirk(
        "offset-counts-from-minus-one",
        "If a family has no current account, the PID offset counts from -1.",
        since="1.2.8",
        still_in="1.6.0",
    ),
    Quirk("selection-counts-as-use", "Every selection updates the time of last use.", since="1.2.8", until="1.3.0"),
    Quirk(
        "fresh-account-first",
        "Hybrid selects the first account not yet used for the quota.",
        since="1.2.8",
        until="1.2.8",
    ),
    Quirk(
        "no-bonus-for-the-current-account",
        "Hybrid gives the current account no stickiness bonus.",
        since="1.3.0",
        until="1.3.0",
    ),
    Quirk(
        "hybrid-ignores-header-style",
        "Hybrid treats a Gemini account as rate-limited only when both header styles are.",
        since="1.2.8",
        still_in="1.6.0",
    ),
    Quirk(
        "health-floor-fixed", "Hybrid requires a health of 50, whatever is configured.", since="1.3.0", still_in="1.6.0"
    ),
    Quirk(
        "trackers-by-index",
        "Health and tokens stay at their index when an account is removed, and pass to another account.",
        since="1.3.0",
        still_in="1.6.0",
    ),
    Quirk(
        "clock-set-back-lowers-trackers",
        "Setting the clock back lowers health and tokens.",
        since="1.3.0",
        still_in="1.6.0",
    ),
    Quirk(
        "usage-in-binary",
        "Usage is calculated in binary floating point and can miss a threshold that it equals.",
        since="1.4.5",
        still_in="1.6.0",
    ),
    Quirk(
        "soft-quota-limits-gemini-cli",
        "The soft quota, which is read for the header style antigravity, also blocks requests of gemini-cli.",
        since="1.4.5",
        still_in="1.6.0",
    ),
    # Backoff and waiting
    Quirk("capacity-backoff-fixed", "MODEL_CAPACITY_EXHAUSTED waits exactly 15 s.", since="1.3.0", until="1.3.0"),
    Quirk(
        "failures-never-expire",
        "Consecutive failures do not expire.",
        since="1.3.0",
        until="1.3.0",
    ),
    Quirk(
        "wait-ignores-cooldown",
        "The minimum wait ignores cooldowns.",
        since="1.2.8",
        still_in="1.6.0",
    ),
    Quirk(
        "wait-ignores-base-limit",
        "With a model, the minimum wait ignores the base limit.",
        since="1.2.8",
        still_in="1.6.0",
    ),
    Quirk(
        "wait-counts-disabled-accounts",
        "The minimum wait counts rate limits of disabled accounts.",
        since="1.2.8",
        still_in="1.6.0",
    ),
    Quirk(
        "reset-leaves-base-limit",
        "With a model, `reset_limits` does not clear the base limit.",
        since="1.3.0",
        still_in="1.6.0",
    ),
    Quirk("status-unread", "The HTTP status does not decide the reason of an error.", since="1.3.0", until="1.3.0"),
    Quirk(
        "fewer-words-in-messages",
        "Messages about capacity have no reason of their own.",
        since="1.3.0",
        until="1.3.0",
    ),
    Quirk(
        "trackers-shared",
        "All sessions of a process share health and tokens, by index.",
        since="1.3.0",
        still_in="1.6.0",
    ),
    # Config
    Quirk(
        "file-resets-other-group-keys",
        "A file that sets a group resets all other keys of the group to their defaults.",
        since="1.2.8",
        still_in="1.6.0",
    ),
    Quirk(
        "file-resets-other-keys",
        "A file resets all top-level keys that it does not set to their defaults.",
        since="1.3.2",
        still_in="1.6.0",
    ),
    Quirk(
        "auto-resume-on-without-files",
        "If no file sets it, auto_resume is true, although its default is false.",
        since="1.3.0",
        still_in="1.6.0",
    ),
    Quirk(
        "environment-variables-unread",
        "The plugin's environment variables have no effect on the config.",
        since="1.6.0",
        still_in="1.6.0",
    ),
    Quirk(
        "keep-thinking-variable-unread",
        "The environment variable KEEP_THINKING has no effect.",
        since="1.3.0",
        until="1.5.5",
    ),
    Quirk(
        "web-search-threshold-zero-is-default", "WEB_SEARCH_THRESHOLD=0 sets the default.", since="1.3.0", until="1.3.0"
    ),
)

BY_NAME = {quirk.name: quirk for quirk in QUIRKS}
PROFILES = (*VERSIONS, RECOMMENDED)


class UnknownProfile(ValueError):  # noqa: N818 - it names what is wrong
    """No profile has this name. The message lists all profiles."""


@dataclass(frozen=True)
class Profile:
    """A named set of quirks."""

    name: str
    quirks: frozenset[str]

    def has(self, quirk: str) -> bool:
        return quirk in self.quirks

    @property
    def pool_version(self) -> int:
        """The version of the pool files that it saves."""
        return 3 if self.has("version-4-unknown") else 4

    def is_in(self, since: str, until: str | None = None) -> bool:
        """Is it a release from `since` to `until` (default: the newest)? `recommended` is in every range."""
        return self.name == RECOMMENDED or self.name in versions_between(since, until)

    def knows(self, capability: str) -> bool:
        """Returns whether the release has the capability."""
        return capability not in self._later

    @cached_property
    def _later(self) -> frozenset[str]:
        return frozenset(capability for capability, since in SINCE.items() if not self.is_in(since))


class Row(Protocol):
    @property
    def since(self) -> str: ...
    @property
    def until(self) -> str | None: ...


AnyRow = TypeVar("AnyRow", bound=Row)


def rows_of(profile: Profile, table: Iterable[AnyRow], name: Callable[[AnyRow], str]) -> tuple[AnyRow, ...]:
    """Returns the rows that apply to a release. For `recommended`: the last row of each name."""
    return tuple({name(row): row for row in table if profile.is_in(row.since, row.until)}.values())


@cache
def profile(name: str) -> Profile:
    """Returns the profile with this name. Raises UnknownProfile."""
    if name not in PROFILES:
        raise UnknownProfile(f"there is no profile {name!r}; profiles are {', '.join(PROFILES)}")
    return Profile(name, frozenset(quirk.name for quirk in QUIRKS if name in quirk.releases))
