"""Mutants of the place of the pool file: the reference with one change."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

from conformance.json_type import Json
from reference_impl.adapter import ReferenceAdapter
from reference_impl.config.paths import joined
from reference_impl.pool_place import FILE_NAME, Place, pool_place
from reference_impl.stateless import file_in_use


class PlacesWrongly(ReferenceAdapter):
    """Changes the place that `pool_path` finds, or how a file is moved."""

    def pool_path(self, home: str, environment: dict[str, str] | None = None, platform: str = "linux") -> Json:
        return {"path": self.moved(self.placed(home, environment or {}, platform))}

    def placed(self, home: str, environment: dict[str, str], platform: str) -> Place:
        return pool_place(home, environment, platform, self.profile)

    def moved(self, place: Place) -> str:
        return file_in_use(place)


class PoolInHome(PlacesWrongly):
    def placed(self, home: str, environment: dict[str, str], platform: str) -> Place:
        place = super().placed(home, environment, platform)
        return place if environment or platform == "win32" else Place(joined(f"{home}/.opencode", FILE_NAME))


class PoolWithoutXdg(PlacesWrongly):
    def placed(self, home: str, environment: dict[str, str], platform: str) -> Place:
        unread = {} if platform == "win32" else {"XDG_CONFIG_HOME": ""}
        return super().placed(home, {**environment, **unread}, platform)


class PoolOnWindowsAsOnPosix(PlacesWrongly):
    def placed(self, home: str, environment: dict[str, str], platform: str) -> Place:
        return super().placed(home, environment, "linux")


class PoolStaysInAppdata(PlacesWrongly):
    def placed(self, home: str, environment: dict[str, str], platform: str) -> Place:
        place = super().placed(home, environment, platform)
        is_plain = "APPDATA" in environment and "OPENCODE_CONFIG_DIR" not in environment
        return Place(place.old) if place.old and is_plain and not Path(place.old).exists() else place


class PoolBelowConfigDir(PlacesWrongly):
    def placed(self, home: str, environment: dict[str, str], platform: str) -> Place:
        place, own = super().placed(home, environment, platform), environment.get("OPENCODE_CONFIG_DIR")
        return replace(place, path=joined(f"{own}/opencode", FILE_NAME)) if own else place


class AppdataMovedEverywhere(PlacesWrongly):
    def placed(self, home: str, environment: dict[str, str], platform: str) -> Place:
        return super().placed(home, environment, "win32")


class OldPoolNotMoved(PlacesWrongly):
    def moved(self, place: Place) -> str:
        return place.path


class OldPoolCopied(PlacesWrongly):
    def moved(self, place: Place) -> str:
        is_there = place.old is not None and Path(place.old).exists()
        path = super().moved(place)
        if is_there and place.old and not Path(place.old).exists():
            shutil.copyfile(path, place.old)
        return path


class OldPoolReplacesTheNew(PlacesWrongly):
    def moved(self, place: Place) -> str:
        if place.old and Path(place.old).exists() and Path(place.path).exists():
            os.replace(place.old, place.path)
        return super().moved(place)


class FailedMoveForgetsThePool(PlacesWrongly):
    def moved(self, place: Place) -> str:
        super().moved(place)
        return place.path
