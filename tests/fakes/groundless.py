"""Targets that do not meet a precondition of many rules: the reference with one fault."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from conformance.json_type import Json
from reference_impl import pool_file
from reference_impl.adapter import ReferenceAdapter
from reference_impl.pool import Pool
from reference_impl.selection import Selector


class ConstructorThrows(ReferenceAdapter):
    """Cannot open any pool."""

    def load(self, _stored: Json) -> Pool:
        raise TypeError("this.accounts is not iterable")


class ConstructorLosesAccounts(ReferenceAdapter):
    """Opens every pool without accounts."""

    def load(self, _stored: Json) -> Pool:
        return super().load(None)


class SelectionThrows(ReferenceAdapter):
    def select(self, *_args: Any, **_params: Any) -> Json:
        raise TypeError("this.next is not a function")


class NothingSelected(ReferenceAdapter):
    def select(self, *args: Any, **params: Any) -> Json:
        super().select(*args, **params)


class StartsAtTheFirst(ReferenceAdapter):
    """Ignores the stored active index."""

    def load(self, stored: Json) -> Pool:
        pool = super().load(stored)
        return replace(pool, active_index=0, active_index_by_family=dict.fromkeys(pool.active_index_by_family, 0))


class StartsOneFurther(ReferenceAdapter):
    """Reads the stored active index one too high."""

    def load(self, stored: Json) -> Pool:
        pool = super().load(stored)
        count = max(1, len(pool.accounts))
        by_family = {family: (index + 1) % count for family, index in pool.active_index_by_family.items()}
        return replace(pool, active_index=(pool.active_index + 1) % count, active_index_by_family=by_family)


@contextmanager
def _another_pool_file() -> Iterator[None]:
    usual, pool_file.POOL_FILE = pool_file.POOL_FILE, ".config/opencode/another-plugin-accounts.json"
    try:
        yield
    finally:
        pool_file.POOL_FILE = usual


class PoolFileElsewhere(ReferenceAdapter):
    """Reads and writes its pool file under another name."""

    def open(self, *args: Any, **params: Any) -> Json:
        with _another_pool_file():
            return super().open(*args, **params)

    def save(self) -> None:
        with _another_pool_file():
            super().save()


class SavesNothing(ReferenceAdapter):
    def save(self) -> None:
        self._opened()


class ConfigThrows(ReferenceAdapter):
    def load_config(self, *_args: Any, **_params: Any) -> Json:
        raise TypeError("schema.parse is not a function")


class ConfigFilesElsewhere(ReferenceAdapter):
    """Reads only variables and no config file."""

    def load_config(self, directory: str, home: str, *args: Any, **params: Any) -> Json:
        return super().load_config(f"{directory}/none", f"{home}/none", *args, **params)


class LimitsWithoutEffect(ReferenceAdapter):
    def mark_rate_limited(self, label: str, *_args: Any, **_params: Any) -> None:
        self._find(label)


class PidIgnored(ReferenceAdapter):
    def new_selector(self, pool: Pool) -> Selector:
        selector = super().new_selector(pool)
        usual = selector.select
        selector.select = lambda *args, **params: usual(*args, **params | {"pid_offset_enabled": False})  # type: ignore[method-assign]
        return selector
