"""Several sessions in one process."""

from typing import Any

from reference_impl.adapter import ReferenceAdapter
from reference_impl.saving import remember
from tests.fakes.blind.calls import (
    account,
    advance,
    call,
    changed_by_another,
    limit,
    opened,
    opened_home,
    pool,
    pool_file,
    rotate,
    saved,
    select,
)
from tests.fakes.blind.ports import Section

section = Section("sessions")
ONE = pool_file(pool("a"))


def use(number: int) -> Any:
    return call("use_session", session=number)


class _PerSession(ReferenceAdapter):
    """Keeps one attribute for each session, where all sessions share it."""

    shared: tuple[str, ...] = ()

    def use_session(self, session: int) -> None:
        self.__dict__.setdefault("kept", {})[self.session_number] = {key: getattr(self, key) for key in self.shared}
        super().use_session(session)
        for key, value in self.__dict__["kept"].get(session, {}).items():
            setattr(self, key, value)


@section.port(opened("a"), limit("a", 1000), use(1), opened("b"), advance(1000), use(0), select())
class ClockOfTheSession(_PerSession):
    """Keeps a clock in each session."""

    shared = ("now_ms",)


@section.port(opened("a"), use(0), select())
class ChosenAgainIsNew(ReferenceAdapter):
    """Begins a session anew when the chosen one is chosen again."""

    def use_session(self, session: int) -> None:
        if session == self.session_number:
            self.selector, self.home, self.before = None, None, {}
        else:
            super().use_session(session)


@section.port(opened("a"), use(1), select())
class NewSessionHasThePool(ReferenceAdapter):
    """Begins a session with the pool of the one before, until it opens its own."""

    def use_session(self, session: int) -> None:
        known = session in self.other_sessions or session == self.session_number
        before = (self.selector, self.home, self.before)
        super().use_session(session)
        if not known:
            self.selector, self.home, self.before = before


@section.port(opened("a", "b"), use(1), opened("a", "b"), use(256), rotate(), use(0), rotate())
class NumberOf8Bits(ReferenceAdapter):
    """Keeps the number of a session in a byte."""

    def use_session(self, session: int) -> None:
        super().use_session(session & 0xFF)


_LIMITED = pool(account("a", rateLimitResetTimes={"claude": 9000}))


@section.port(
    opened_home(),
    limit("a", 5000),
    use(1),
    changed_by_another(opened_home(), _LIMITED),
    use(0),
    saved(),
    use(1),
    opened_home(),
    advance(6000),
    select(),
    files=ONE,
)
class LastReadingIsTheBase(ReferenceAdapter):
    """Remembers one reading of the file for all sessions, so that a save compares with that of another session."""

    def use_session(self, session: int) -> None:
        before = self.before
        super().use_session(session)
        self.before = before

    def save(self) -> None:
        missing = {each.label: each for each in self._opened().pool.accounts if each.label not in self.before}
        self.before = {**self.before, **remember(list(missing.values()))}
        super().save()


@section.port(opened("a"), use(1), opened("b"), call("close"), use(0), select())
class CloseEndsTheOther(ReferenceAdapter):
    """Closes the session that was chosen before as well."""

    def close(self) -> None:
        super().close()
        if self.other_sessions:
            last = next(reversed(self.other_sessions))
            self.other_sessions[last] = (None, None, {})
