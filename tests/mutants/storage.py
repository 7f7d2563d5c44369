"""Mutants of reading pools and pool files: the reference with one change."""

import json
from typing import Any

from conformance.json_type import Json
from reference_impl import pool_file
from reference_impl.adapter import ReferenceAdapter
from reference_impl.profiles import Profile
from reference_impl.releases import RECOMMENDED
from reference_impl.storage import parse_pool_file

LATEST = 4
UNKNOWN_VERSION = 99


class WithQuirk(ReferenceAdapter):
    """The reference with one quirk of the releases."""

    quirk = ""

    def __init__(self) -> None:
        super().__init__()
        self.profile = Profile(RECOMMENDED, frozenset({self.quirk}))


class StoredTimesCoerced(WithQuirk):
    quirk = "stored-times-coerced"


class LastUseComparedAsText(WithQuirk):
    quirk = "stored-times-coerced"


class MalformedPoolFatal(WithQuirk):
    quirk = "malformed-pool-fatal"


class EmptyTokenTakesAPlace(WithQuirk):
    quirk = "empty-token-displaces-account"


class MisreadsTheFile(ReferenceAdapter):
    """The reference with a changed pool file."""

    def misread(self, document: Json) -> None:
        """Change a document that has a list of accounts."""

    def open(self, pool: Json = None, home: str | None = None, now_ms: float = 0, *args: Any, **params: Any) -> Json:
        if home is None:
            return super().open(pool, home, now_ms, *args, **params)
        document = json.loads(pool_file.load(home) or b"{}")
        if isinstance(document.get("accounts"), list):
            self.misread(document)
        stored = parse_pool_file(json.dumps(document).encode(), self.profile, now_ms)
        return super().open(stored, None, now_ms, *args, **params)


def objects(document: Json) -> list[Json]:
    return [entry for entry in document["accounts"] if isinstance(entry, dict)]


class FileIndexWrapped(MisreadsTheFile):
    def misread(self, document: Json) -> None:
        active = document["activeIndex"]
        count = len(document["accounts"])
        if isinstance(active, int) and active > 0 and count > 0:
            document["activeIndex"] = active % count


class FirstOfAnEmailKept(MisreadsTheFile):
    def misread(self, document: Json) -> None:
        for entry in objects(document):
            entry["lastUsed"] = entry["addedAt"] = 0


class AccountsWithoutEmailMerged(MisreadsTheFile):
    def misread(self, document: Json) -> None:
        for entry in objects(document):
            entry["email"] = entry.get("email") or "nobody"


class Version1LimitsDropped(MisreadsTheFile):
    def misread(self, document: Json) -> None:
        for entry in objects(document):
            entry.pop("isRateLimited", None)


class Version2QuotaKeysKept(MisreadsTheFile):
    def misread(self, document: Json) -> None:
        document["version"] = max(3, document["version"])


class LimitsLostInTheFile(MisreadsTheFile):
    def misread(self, document: Json) -> None:
        for entry in objects(document):
            entry.pop("rateLimitResetTimes", None)
            entry.pop("coolingDownUntil", None)


class Version4Ignored(MisreadsTheFile):
    def misread(self, document: Json) -> None:
        if document["version"] == LATEST:
            document["version"] = UNKNOWN_VERSION


class OnlyVersion3Read(MisreadsTheFile):
    def misread(self, document: Json) -> None:
        if document["version"] in (1, 2):
            document["version"] = UNKNOWN_VERSION


class OddEntryVoidsTheFile(MisreadsTheFile):
    def misread(self, document: Json) -> None:
        if len(objects(document)) < len(document["accounts"]):
            document["accounts"] = []


class ActiveAccountNotFollowed(WithQuirk):
    quirk = "active-index-not-remapped"


class MigrationKeepsEveryField(MisreadsTheFile):
    def misread(self, document: Json) -> None:
        is_old = document["version"] in (1, 2)
        for entry in objects(document) if is_old else []:
            if "enabled" in entry or "coolingDownUntil" in entry:
                document["version"] = 3


class InvalidUtf8VoidsThePool(ReferenceAdapter):
    def open(self, pool: Json = None, home: str | None = None, now_ms: float = 0, *args: Any, **params: Any) -> Json:
        try:
            ((pool_file.load(home) if home else None) or b"").decode()
        except UnicodeDecodeError:
            return super().open({"accounts": []}, None, now_ms, *args, **params)
        return super().open(pool, home, now_ms, *args, **params)
