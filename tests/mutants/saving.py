"""Mutants of saving: the reference with one change."""

from pathlib import Path
from typing import Any

from conformance.json_type import Json
from reference_impl.adapter import ReferenceAdapter
from reference_impl.pool_file import POOL_FILE
from reference_impl.selection import Selector
from tests.mutants.storage import WithQuirk


class RemovedAccountWrittenBack(WithQuirk):
    quirk = "save-never-removes-accounts"


class OwnRemovalNotStored(WithQuirk):
    quirk = "save-never-removes-accounts"


class ForgottenLimitComesBack(WithQuirk):
    quirk = "save-overwrites-rate-limits"


class OlderLimitLaidOver(WithQuirk):
    quirk = "save-overwrites-rate-limits"


class CooldownOverwritten(WithQuirk):
    quirk = "save-overwrites-cooldown-and-email"


class EnabledOverwritten(WithQuirk):
    quirk = "save-overwrites-enabled"


class SavedIndexNotFollowed(WithQuirk):
    quirk = "saved-index-not-remapped"


# The saved file itself


class SavesOtherwise(ReferenceAdapter):
    """The reference with a changed document, or another way to write it."""

    def path(self) -> Path:
        return Path(self.home or "", POOL_FILE)

    def saved(self, selector: Selector, content: bytes | None) -> Json:
        document = super().saved(selector, content)
        if document is not None:
            self.change(document)
        return document

    def change(self, document: Json) -> None:
        """Change the document that is saved."""


class UnknownFieldsDropped(SavesOtherwise):
    def change(self, document: Json) -> None:
        for entry in document["accounts"]:
            for name in ("note", "tier", "colour"):
                entry.pop(name, None)


class ProjectOfTheSession(SavesOtherwise):
    def change(self, document: Json) -> None:
        loaded = {account.label: account.stored for account in self._opened().pool.accounts}
        for entry in document["accounts"]:
            for name in ("projectId", "managedProjectId"):
                if name not in loaded.get(entry["refreshToken"], entry):
                    entry.pop(name, None)


class PoolFileWrittenInPlace(SavesOtherwise):
    def save(self) -> None:
        path = self.path()
        old = path.open("rb+") if path.exists() else None
        super().save()
        if old is not None:
            with old:
                old.truncate()
                old.write(path.read_bytes())


class SavedFileForEveryone(SavesOtherwise):
    def save(self) -> None:
        super().save()
        self.path().chmod(0o644)


class OldFileOverwritten(SavesOtherwise):
    def saved(self, selector: Selector, content: bytes | None) -> Json:
        is_old = b'"version": 1' in (content or b"") or b'"version": 2' in (content or b"")
        return super().saved(selector, None if is_old else content)


class LaterVersionWiped(SavesOtherwise):
    def saved(self, selector: Selector, content: bytes | None) -> Json:
        document = super().saved(selector, content)
        return super().saved(selector, None) if document is None else document


class OneIndexForBothFamilies(SavesOtherwise):
    def change(self, document: Json) -> None:
        document["activeIndexByFamily"] = {"claude": document["activeIndex"], "gemini": document["activeIndex"]}


class StaleLockFatal(SavesOtherwise):
    def save(self) -> None:
        if self.home is not None and Path(f"{self.path()}.lock").exists():
            raise OSError("Lock file is already being held")
        super().save()


class PoolFileMoved(SavesOtherwise):
    def open(self, pool: Json = None, home: str | None = None, *args: Any, **params: Any) -> Json:
        path = Path(home or "", POOL_FILE)
        moved = Path(home or "", ".local/share/opencode/antigravity-accounts.json")
        if home is not None and path.exists():
            moved.parent.mkdir(parents=True, exist_ok=True)
            path.replace(moved)
        if home is None or not moved.exists():
            return super().open(pool, home, *args, **params)
        path.parent.mkdir(parents=True, exist_ok=True)
        moved.replace(path)
        opened = super().open(pool, home, *args, **params)
        path.replace(moved)
        return opened


class LastUseOfTheSession(SavesOtherwise):
    def change(self, document: Json) -> None:
        known = {account.label: account.last_used_ms for account in self._opened().pool.accounts}
        for entry in document["accounts"]:
            entry["lastUsed"] = known.get(entry["refreshToken"], entry.get("lastUsed"))


class ModelLimitsNotSaved(SavesOtherwise):
    def change(self, document: Json) -> None:
        for entry in document["accounts"]:
            limits = entry.get("rateLimitResetTimes", {})
            entry["rateLimitResetTimes"] = {key: end for key, end in limits.items() if ":" not in key}


class Version3Saved(SavesOtherwise):
    def change(self, document: Json) -> None:
        document["version"] = 3


class OwnAccountsSavedFirst(SavesOtherwise):
    def change(self, document: Json) -> None:
        entries, own = document["accounts"], self.before
        ordered = sorted(entries, key=lambda entry: entry["refreshToken"] not in own)
        families = {family: at and ordered.index(entries[at]) for family, at in document["activeIndexByFamily"].items()}
        document |= {"accounts": ordered, "activeIndex": families["claude"], "activeIndexByFamily": families}
