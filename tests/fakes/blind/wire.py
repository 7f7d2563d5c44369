"""The wire: labels, refused calls, random numbers."""

import unicodedata
from typing import Any

from conformance.json_type import Json
from conformance.wire.answers import Refusal
from reference_impl.adapter import ReferenceAdapter
from reference_impl.pool import Account
from tests.fakes.blind.calls import call, fails, limit, opened, opened_home, pool, pool_file, rotate, select, switch
from tests.fakes.blind.ports import Section

section = Section("wire")


class _ComparesLabels(ReferenceAdapter):
    """Finds accounts by a comparison of its own."""

    def same(self, one: str, other: str) -> bool:
        raise NotImplementedError

    def _find(self, label: str) -> Account:
        for account in self._opened().pool.accounts:
            if self.same(account.label, label):
                return account
        return super()._find(label)


@section.port(opened("\u00e9", "e\u0301"), limit("e\u0301", 1000), select())
class LabelsInCanonicalForm(_ComparesLabels):
    """Compares labels as Swift does: two spellings of one letter in Unicode are equal."""

    def same(self, one: str, other: str) -> bool:
        return unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)


@section.port(opened("1", "01"), limit("01", 1000), select())
class NumericLabelsAreNumbers(_ComparesLabels):
    """Compares labels with `==` of PHP, for which `1`, `01` and `1.0` are equal."""

    def same(self, one: str, other: str) -> bool:
        try:
            return float(one) == float(other)
        except ValueError:
            return one == other


@section.port(opened("a", "a", "b"), call("remove", label="a"), limit("a", 1000), select())
class RemovedLabelIsUnknown(ReferenceAdapter):
    """Deletes the label of a removed account from its map, although another account has the same label."""

    def __init__(self) -> None:
        super().__init__()
        self.removed: dict[int, set[str]] = {}

    def open(self, *args: Any, **params: Any) -> Json:
        self.removed[self.session_number] = set()
        return super().open(*args, **params)

    def remove(self, label: str) -> None:
        super().remove(label)
        self.removed[self.session_number].add(label)

    def _find(self, label: str) -> Account:
        if label in self.removed.get(self.session_number, ()):
            raise Refusal("unknown_account", "the account was removed")
        return super()._find(label)


@section.port(opened("a", random=[0.0]), opened("a"), fails("a", "MODEL_CAPACITY_EXHAUSTED"))
class RandomNumbersOutliveThePool(ReferenceAdapter):
    """Keeps the random numbers of the pool before, if `open` names none."""

    def open(self, *args: Any, **params: Any) -> Json:
        before = self.draws
        answer = super().open(*args, **params)
        if params.get("random") is None:
            self.draws = before
        return answer


@section.port(
    opened("a", random=[0.0, 0.75]),
    fails("b", "MODEL_CAPACITY_EXHAUSTED"),
    fails("a", "MODEL_CAPACITY_EXHAUSTED"),
)
class RefusedFailureDraws(ReferenceAdapter):
    """Draws the random number of a backoff before it looks the account up."""

    def mark_rate_limited_with_reason(self, label: str, *args: Any, **params: Any) -> Json:
        accounts = self._opened().pool.accounts
        if params.get("reason") == "MODEL_CAPACITY_EXHAUSTED" and all(each.label != label for each in accounts):
            next(self.draws)
        return super().mark_rate_limited_with_reason(label, *args, **params)


@section.port(
    opened_home(),
    limit("a", 1000),
    switch("c", False),
    call("flush_save"),
    opened_home(),
    select(),
    files=pool_file(pool("a", "b")),
)
class RefusedSwitchRequestsSave(ReferenceAdapter):
    """Requests a save when an account is switched, before it looks the account up."""

    def set_enabled(self, label: str, enabled: bool) -> None:
        self._opened().save_is_pending = True
        super().set_enabled(label, enabled)


@section.port(opened("a", "b", "c"), limit("d", 1000), rotate())
class RefusedLimitCountsAsRequest(ReferenceAdapter):
    """Advances the rotation when a rate limit is reported, even of an account that was removed meanwhile."""

    def mark_rate_limited(self, label: str, *args: Any, **params: Any) -> None:
        selector = self._opened()
        if all(each.label != label for each in selector.pool.accounts):
            selector.cursor += 1
        super().mark_rate_limited(label, *args, **params)
