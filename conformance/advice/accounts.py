"""Counts the accounts of a pool file that a release can really use."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from conformance.json_type import Json
from conformance.texts import many
from reference_impl.pool import Account, load_pool
from reference_impl.profiles import Profile
from reference_impl.storage import parse, parse_pool_file


@dataclass(frozen=True)
class Accounts:
    """The accounts of a pool file. `usable` can be selected; `projects` is the number of quotas that they share."""

    stored: int
    loaded: int
    usable: int
    projects: int
    findings: tuple[str, ...]


def count_accounts(content: bytes | None, profile: Profile, now_ms: float) -> Accounts:
    """Count the accounts as the release loads them."""
    document = parse_pool_file(content, profile, now_ms)
    loaded = load_pool(document, profile).accounts
    stored = len(document["accounts"] or parse(content)["accounts"]) if document is not None else 0
    usable = [each for each in loaded if each.enabled or profile.has("disabled-accounts-selected")]
    projects = [project for each in usable if (project := _project(each))]
    distinct = len(set(projects)) + len(usable) - len(projects)
    findings = [*_unread(content, document, profile), *_unusable(stored, loaded, usable, profile)]
    if shared := [name for name, count in Counter(projects).items() if count > 1]:
        findings.append(
            f"{sum(projects.count(name) for name in shared)} accounts share {many(len(shared), 'project')}, so they "
            f"share its limits: {many(len(usable), 'account')} count as {distinct}."
        )
    return Accounts(stored, len(loaded), len(usable), distinct, tuple(findings))


def _unread(content: bytes | None, document: Json, profile: Profile) -> list[str]:
    """Why the release reads no account of the file."""
    raw = parse(content)
    entries = raw.get("accounts") if isinstance(raw, dict) else None
    if content is None or document is not None or entries == []:
        return []
    if not isinstance(entries, list):
        why = "is not JSON" if raw is None else "has no list `accounts`"
        return [f"The pool file {why}, so {profile.name} reads no account: repair it."]
    version = raw.get("version") if isinstance(raw, dict) else None
    counted = f"The pool file has {many(len(entries), 'account')}, but version {version!r}"
    return [f"{counted}, which {profile.name} does not read: name the release that wrote it with --release."]


def _unusable(stored: int, loaded: Sequence[Account], usable: Sequence[Account], profile: Profile) -> list[str]:
    found = []
    if stored > len(loaded):
        found.append(f"{many(stored - len(loaded), 'stored account')} without a refresh token: never selected.")
    if disabled := [each for each in loaded if not each.enabled]:
        waiting = sum(each.verification.get("verificationRequired") is True for each in disabled)
        why = f" ({waiting} until its user verifies it)" if waiting else ""
        if profile.has("disabled-accounts-selected"):
            found.append(
                f"{many(len(disabled), 'disabled account')}: release {profile.name} selects them all the same."
            )
        else:
            found.append(
                f"{many(len(disabled), 'disabled account')}{why}: never selected. The PID offset still counts every "
                f"loaded account: modulo {len(loaded)}, not {len(usable)} (PID-007)."
            )
    return found


def _project(account: Account) -> str | None:
    ids = [account.stored.get(key) for key in ("projectId", "managedProjectId")]
    return next((each for each in ids if isinstance(each, str) and each), None)
