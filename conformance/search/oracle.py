"""The reference in this process. It predicts the answers of a target."""

from collections.abc import Sequence

from conformance.json_type import Json
from conformance.wire.answers import Answer, NotSupported, Raised, Refusal, Refused, Result
from reference_impl.adapter import ReferenceAdapter
from reference_impl.profiles import BY_NAME, Profile, profile

CALL_FAILED: Json = object()  # equals no answer, so a failure always gets the full comparison


class Oracle:
    """Predicts answers by direct calls. `vectors.predict` sends lines instead, which is too slow for a search."""

    def __init__(self, profile_: Profile) -> None:
        self.profile = profile_
        self.adapter = ReferenceAdapter(profile_)

    def values(self, calls: Sequence[tuple[str, dict[str, Json]]]) -> list[Json]:
        """The result of each call, or CALL_FAILED."""
        adapter = self.adapter
        values = []
        for method, params in calls:
            try:
                values.append(getattr(adapter, method)(**params))
            except Exception:  # a refusal or a quirk that raises; `answers` returns which
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
    """The profile of a release with these quirks toggled."""
    assert all(name in BY_NAME for name in flipped)
    return Profile(nearest, profile(nearest).quirks ^ set(flipped))
