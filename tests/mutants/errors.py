"""Mutants of the reason of an error: the reference with one change."""

from conformance.json_type import Json
from reference_impl.adapter import ReferenceAdapter
from reference_impl.reasons import (
    CAPACITY,
    CAPACITY_WORDS,
    QUOTA,
    QUOTA_WORDS,
    RATE,
    RATE_WORDS,
    read_reason,
)


class ReadsReasonsWrongly(ReferenceAdapter):
    """Changes what is read."""

    def read_reason(self, reason: str | None = None, message: str | None = None, status: int | None = None) -> Json:
        return {"reason": self.read(reason, message, status)}

    def read(self, reason: str | None, message: str | None, status: int | None) -> str:
        return read_reason(reason, message, status, self.profile)


class MessageBeforeReason(ReadsReasonsWrongly):
    def read(self, reason: str | None, message: str | None, status: int | None) -> str:
        by_message = super().read(None, message, status)
        return super().read(reason, message, status) if by_message == "UNKNOWN" else by_message


class ReasonByCase(ReadsReasonsWrongly):
    def read(self, reason: str | None, message: str | None, status: int | None) -> str:
        return super().read(reason if reason in (QUOTA, RATE, CAPACITY) else None, message, status)


class OtherReasonTakenOver(ReadsReasonsWrongly):
    def read(self, reason: str | None, message: str | None, status: int | None) -> str:
        return reason.upper() if reason else super().read(reason, message, status)


def has_any(words: tuple[str, ...], message: str | None) -> bool:
    return any(word in (message or "").lower() for word in words)


class QuotaBeforeRate(ReadsReasonsWrongly):
    def read(self, reason: str | None, message: str | None, status: int | None) -> str:
        found = super().read(reason, message, status)
        return QUOTA if found == RATE and not reason and has_any(QUOTA_WORDS, message) else found


class MessageByCase(ReadsReasonsWrongly):
    def read(self, reason: str | None, message: str | None, status: int | None) -> str:
        found = super().read(reason, message, status)
        is_seen = any(word in (message or "") for word in QUOTA_WORDS)
        return found if found != QUOTA or reason or is_seen else "UNKNOWN"


class UnknownErrorIsQuota(ReadsReasonsWrongly):
    def read(self, reason: str | None, message: str | None, status: int | None) -> str:
        found = super().read(reason, message, status)
        return QUOTA if found == "UNKNOWN" and status == 429 else found


class RateBeforeCapacity(ReadsReasonsWrongly):
    def read(self, reason: str | None, message: str | None, status: int | None) -> str:
        found = super().read(reason, message, status)
        both = has_any(RATE_WORDS, message) and has_any(CAPACITY_WORDS, message)
        return RATE if both and found == CAPACITY and not reason and not status else found


class CapacityStatusAfterReason(ReadsReasonsWrongly):
    def read(self, reason: str | None, message: str | None, status: int | None) -> str:
        return super().read(reason, message, None if reason and status in (503, 529) else status)


class Every5xxIsAServerError(ReadsReasonsWrongly):
    def read(self, reason: str | None, message: str | None, status: int | None) -> str:
        others = status in range(501, 600) and status not in (503, 529)
        return super().read(reason, message, 500 if others else status)


class PresqueUnknown(ReadsReasonsWrongly):
    def read(self, reason: str | None, message: str | None, status: int | None) -> str:
        return super().read(reason, message and message.lower().replace("presque", ""), status)
