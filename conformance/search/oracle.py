"""The reference in this process. It predicts the answers of a target."""

import math
from collections.abc import Sequence

from conformance.json_type import Json
from conformance.wire.answers import Answer, NotSupported, Raised, Refusal, Refused, Result
from reference_impl.adapter import ReferenceAdapter
from reference_impl.javascript import QuirkFailure
from reference_impl.profiles import BY_NAME, Profile, profile

WITHOUT_NUMBERS = "stored-times-coerced"  # the quirk by which a wait can be no finite number
CALL_FAILED: Json = object()  # equals no answer, so a failure always gets the full comparison


class ReferenceFault(RuntimeError):  # noqa: N818 - it names what is wrong
    """The reference failed on a valid call, and no quirk of its profile explains it: a fault of the suite."""


class Oracle:
    """Predicts answers by direct calls. `vectors.predict` sends lines instead, which is too slow for a search.

    The reference may only fail where a quirk says so. Otherwise a target that fails there, too, would count as equal.
    With `strict=False`, for calls that a user wrote, a failure is an answer.
    """

    def __init__(self, profile_: Profile, *, strict: bool = True) -> None:
        self.profile, self.strict = profile_, strict
        self.adapter = ReferenceAdapter(profile_)

    def values(self, calls: Sequence[tuple[str, dict[str, Json]]]) -> list[Json]:
        """The result of each call, the refusal, or CALL_FAILED."""
        adapter = self.adapter
        values = []
        for method, params in calls:
            try:
                values.append(getattr(adapter, method)(**params))
            except Refusal as refusal:
                values.append(Refused(refusal.kind, str(refusal)))
            except Exception:  # `answers` decides whether it may fail
                values.append(CALL_FAILED)
        return values

    def answers(self, calls: Sequence[tuple[str, dict[str, Json]]]) -> list[Answer]:
        """The answer to each call."""
        return [self._answer(method, params) for method, params in calls]

    def _answer(self, method: str, params: dict[str, Json]) -> Answer:
        try:
            value = getattr(self.adapter, method)(**params)
            if self.strict and not is_finite(value) and not self.profile.has(WITHOUT_NUMBERS):
                raise ReferenceFault(f"the reference as {self.profile.name} answered {method} with {value!r}")
            return Result(value)
        except Refusal as refusal:
            return Refused(refusal.kind, str(refusal))
        except NotImplementedError:
            return NotSupported(method)
        except QuirkFailure as failure:
            return Raised(f"{type(failure).__name__}: {failure}")
        except ReferenceFault:
            raise
        except Exception as error:
            name = self.profile.name
            if not self.strict:
                return Raised(f"{type(error).__name__}: {error}")
            raise ReferenceFault(
                f"the reference as {name} failed on {method}: {type(error).__name__}: {error}"
            ) from error


def is_finite(value: Json) -> bool:
    """Can JSON express all numbers in this value?"""
    if isinstance(value, dict):
        return all(is_finite(item) for item in value.values())
    if isinstance(value, list):
        return all(is_finite(item) for item in value)
    return not isinstance(value, float) or math.isfinite(value)


def flip_quirks(nearest: str, flipped: Sequence[str] = ()) -> Profile:
    """The profile of a release with these quirks toggled."""
    assert all(name in BY_NAME for name in flipped)
    return Profile(nearest, profile(nearest).quirks ^ set(flipped))
