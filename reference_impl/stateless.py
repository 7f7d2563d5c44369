"""The methods of the reference that need no pool. `file_in_use` moves a file."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Literal

from conformance.json_type import Json
from reference_impl.config.files import read_file
from reference_impl.config.loader import load_config
from reference_impl.pool_place import Place, pool_place
from reference_impl.profiles import Profile
from reference_impl.reasons import read_reason
from reference_impl.soft_quota import cache_ttl_ms


class StatelessMethods:
    """Part of `ReferenceAdapter`. `conformance.wire.methods` lists parameters and results."""

    profile: Profile

    def pool_path(self, home: str, environment: dict[str, str] | None = None, platform: str = "linux") -> Json:
        return {"path": file_in_use(pool_place(home, environment or {}, platform, self.profile))}

    def read_reason(self, reason: str | None = None, message: str | None = None, status: int | None = None) -> Json:
        self._claims("reason")
        return {"reason": read_reason(reason, message, status, self.profile)}

    def soft_quota_ttl(
        self,
        soft_quota_cache_ttl_minutes: float | Literal["auto"] = "auto",
        quota_refresh_interval_minutes: float = 15,
    ) -> Json:
        self._claims("soft-quota-ttl")
        return {"ttl_ms": cache_ttl_ms(soft_quota_cache_ttl_minutes, quota_refresh_interval_minutes)}

    def load_config(
        self, directory: str, home: str, environment: dict[str, str] | None = None, platform: str = "linux"
    ) -> Json:
        variables = environment or {}
        return {"config": load_config(directory, home, variables, platform, read_file, self.profile).config}

    def _claims(self, capability: str) -> None:
        if not self.profile.knows(capability):
            raise NotImplementedError(capability)


def file_in_use(place: Place) -> str:
    """Moves the file from its old place unless there is a new one (PLACE-009 to PLACE-011).

    Returns the path of the file that is in use: the old one if it cannot be moved.
    """
    if place.old is None or Path(place.path).exists() or not Path(place.old).exists():
        return place.path
    with suppress(OSError):
        Path(place.path).parent.mkdir(parents=True, exist_ok=True)
        try:
            os.rename(place.old, place.path)
        except OSError:  # another file system
            import shutil  # slow to import, and needed here only

            shutil.copyfile(place.old, place.path)
            os.unlink(place.old)
    return place.path if Path(place.path).exists() else place.old
