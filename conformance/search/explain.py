"""Explains an expected answer: the state before the call, and the quirks that would change the answer."""

from collections.abc import Iterator

from conformance.search.compare import are_same, first_difference, instants
from conformance.search.oracle import Oracle
from conformance.search.steps import GeneratedSession
from conformance.wire.answers import Answer
from conformance.wire.files import ask
from conformance.wire.scenario import Scenario
from reference_impl.limits import FAMILIES
from reference_impl.pool import Account
from reference_impl.profiles import QUIRKS, Profile
from reference_impl.selection import Selector


def reasons(session: GeneratedSession, position: int, profile: Profile) -> Iterator[str]:
    """The state of the pool before the call, one line for each account. Empty if no pool is open."""
    oracle = Oracle(profile)
    before = Scenario(session.to_scenario().calls[:position], session.files)
    ask(before, oracle.answers)
    method, params = session.calls[position]
    selector = oracle.adapter.selector
    if selector is None or method in ("open", "load_config"):
        return
    is_hybrid = params.get("strategy") == "hybrid"
    for account in selector.pool.accounts:
        facts = list(_facts(account, selector, oracle.adapter.now_ms, is_hybrid))
        yield f"{account.index} {account.label}: {', '.join(facts) or 'free'}"
    if method == "select":
        family = params["family"]
        offset = "spent" if selector.moved[family] else "to come"
        count = len(selector.pool.accounts)
        remainder = f", pid mod {count} is {oracle.adapter.process_id() % count}" if count else ""
        stands = ", ".join(f"{name} on {selector.current[name]}" for name in FAMILIES)
        yield f"{stands}; cursor {selector.cursor}; PID offset of {family} {offset}{remainder}"


def _facts(account: Account, selector: Selector, now_ms: float, is_hybrid: bool) -> Iterator[str]:
    if not account.enabled:
        yield "disabled"
    for key, end_ms in account.reset_times_ms.items():
        if now_ms < end_ms:
            yield f"{key} limited for {end_ms - now_ms:g} ms"
    rest_ms = account.cooling_down_until_ms
    if rest_ms is not None and now_ms < rest_ms:
        yield f"cools down for {rest_ms - now_ms:g} ms"
    if is_hybrid:
        health, tokens = selector.health.score(account.index, now_ms), selector.tokens.tokens(account.index, now_ms)
        yield f"health {health:g}, tokens {tokens:g}, last used {now_ms - account.last_used_ms:g} ms ago"


def explaining_quirks(session: GeneratedSession, position: int, answered: Answer, profile: Profile) -> list[str]:
    """The quirks that, if toggled, make the reference give the target's answer and change no earlier answer."""
    calls = session.calls[: position + 1]
    part = Scenario(session.to_scenario().calls[: position + 1], session.files)
    expected = ask(part, Oracle(profile).answers)
    found = []
    for quirk in QUIRKS:
        other = Profile(profile.name, profile.quirks ^ {quirk.name})
        answers = ask(part, Oracle(other).answers)
        at = first_difference(calls, expected, answers)
        if at == position and are_same(calls[-1][0], answers[-1], answered, list(instants(calls))[-1]):
            found.append(quirk.name)
    return found
