"""The reason of an error response."""

import re
from typing import Any

from conformance.json_type import Json
from reference_impl import reasons
from tests.fakes.blind.calls import call
from tests.fakes.blind.ports import Original, Section

section = Section("errors")


def reason(**params: Json) -> Any:
    return call("read_reason", **params)


Read = tuple[str | None, str | None, float | None]


@section.patch(reasons, "read_reason", reason(status=501))
def status_501_is_a_server_error(original: Original, named: Any, message: Any, status: Any, profile: Any) -> str:
    """Accepts the status 501 with 500."""
    return str(original(named, message, 500 if status == 501 else status, profile))


@section.patch(reasons, "read_reason", reason(status=530))
def statuses_above_529(original: Original, named: Any, message: Any, status: Any, profile: Any) -> str:
    """Writes `status >= 529` for an overloaded server."""
    return str(original(named, message, 529 if (status or 0) > 529 else status, profile))


@section.patch(reasons, "read_reason", reason(message="2 quotas"))
def quota_is_a_word(original: Original, named: Any, message: Any, *args: Any) -> str:
    """Looks for whole words in a message."""
    return str(original(named, re.sub(r"(?i)quota(?=\w)|(?<=\w)quota", "", message or ""), *args))


@section.patch(reasons, "read_reason", reason(message="rate\nlimit"))
def any_white_space_in_messages(original: Original, named: Any, message: Any, *args: Any) -> str:
    """Replaces runs of white space in a message by one space."""
    return str(original(named, " ".join((message or "").split()), *args))


@section.patch(reasons, "read_reason", reason(message="rate-limit"))
def dash_in_rate_limit(original: Original, named: Any, message: Any, *args: Any) -> str:
    """Matches `rate.?limit`, which accepts `rate-limit` and `ratelimit`."""
    return str(original(named, re.sub(r"(?i)rate.?limit", "rate limit", message or ""), *args))


@section.patch(reasons, "read_reason", reason(message="exhau\u017fted"))
def messages_folded(original: Original, named: Any, message: Any, *args: Any) -> str:
    """Folds the case of a message, which makes an `s` of the long s."""
    return str(original(named, (message or "").casefold(), *args))


_BOTH = "Quota exceeded: too many requests"


@section.patch(reasons, "read_reason", reason(message=_BOTH))
def first_word_decides(original: Original, named: Any, message: Any, status: Any, profile: Any) -> str:
    """Takes the reason of the word that comes first in the message, not the first reason in order."""
    text = (message or "").lower()
    words = (*reasons.CAPACITY_WORDS, *reasons.RATE_WORDS, *reasons.QUOTA_WORDS)
    found = sorted((text.find(word), -len(word), word) for word in words if word in text)
    return str(original(named, found[0][2] if found else text, status, profile))


@section.patch(reasons, "read_reason", reason(reason="server_error"))
def named_reason_of_the_status(original: Original, named: Any, message: Any, *args: Any) -> str:
    """Takes over every reason that it knows, SERVER_ERROR included."""
    return str(original(named, message, *args)) if (named or "").upper() != "SERVER_ERROR" else "SERVER_ERROR"


@section.patch(reasons, "read_reason", reason(reason="RATE_LIMIT_EXCEEDED", message="model overloaded"))
def capacity_before_the_named_reason(original: Original, named: Any, message: Any, *args: Any) -> str:
    """Looks for the words of capacity before the named reason."""
    text = (message or "").lower()
    if any(word in text for word in reasons.CAPACITY_WORDS):
        named = None
    return str(original(named, message, *args))
