"""The reference in this process: what a target is expected to answer."""

from collections.abc import Sequence

from conformance.json_type import Json
from conformance.wire.answers import Answer, NotSupported, Raised, Refusal, Refused, Result
from reference_impl.adapter import ReferenceAdapter
from reference_impl.profiles import BY_NAME, Profile, profile

CALL_FAILED: Json = object()  # equals no answer, so that a failure is looked at


class Oracle:
    """Predicts. Not over lines, as `vectors.predict` does, which would cost more than the target itself."""

    def __init__(self, profile_: Profile) -> None:
        self.profile = profile_
        self.adapter = ReferenceAdapter(profile_)

    def values(self, calls: Sequence[tuple[str, dict[str, Json]]]) -> list[Json]:
        """The result of each call; CALL_FAILED for one that has none."""
        adapter = self.adapter
        values = []
        for method, params in calls:
            try:
                values.append(getattr(adapter, method)(**params))
            except Exception:  # by design, or a refusal: `answers` says which
                values.append(CALL_FAILED)
        return values

    def answers(self, calls: Sequence[tuple[str, dict[str, Json]]]) -> list[Answer]:
        """The answer to each call."""
        return [self._answer(method, params) for method, params in calls]

    def _answer(self, method: str, params: dict[str, Json]) -> Answer:
        try:
            return Result(getattr(self.adapter, method)(**params))
        except Refusal as refusal:
            return Refused(refusal.kind, str(refusal))
        except NotImplementedError:
            return NotSupported(method)
        except Exception as error:
            return Raised(f"{type(error).__name__}: {error}")


def flip_quirks(nearest: str, flipped: Sequence[str] = ()) -> Profile:
    """The profile of a release but for these quirks: those that it has are taken away, the others added."""
    assert all(name in BY_NAME for name in flipped)
    return Profile(nearest, profile(nearest).quirks ^ set(flipped))
