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

TRACKED = ("record_health", "consume_token", "refund_token", "mark_used")  # what they change is worth showing


def reasons(session: GeneratedSession, position: int, profile: Profile) -> Iterator[str]:
    """The state of the pool before the call, one line for each account. Empty if no pool is open."""
    return state_before(session.to_scenario(), position, profile)


def state_before(scenario: Scenario, position: int, profile: Profile) -> Iterator[str]:
    """The same for any scenario."""
    oracle = Oracle(profile, strict=False)
    ask(Scenario(scenario.calls[:position], scenario.files), oracle.answers)
    method, params = scenario.calls[position].method, scenario.calls[position].params
    selector = oracle.adapter.selector
    if selector is None or method in ("open", "load_config"):
        return
    is_hybrid = params.get("strategy") == "hybrid" or method in TRACKED
    for account in selector.pool.accounts:
        facts = list(_facts(account, selector, oracle.adapter.now_ms, is_hybrid))
        yield f"{account.index} {account.label}: {', '.join(facts) or 'free'}"
    if method == "select":
        family = params["family"]
        offset = "spent" if selector.moved[family] else "pending"
        count = len(selector.pool.accounts)
        remainder = f", pid mod {count} is {oracle.adapter.process_id() % count}" if count else ""
        stands = ", ".join(f"{name} on {selector.current[name]}" for name in FAMILIES)
        yield f"{stands}; cursor {selector.cursor}; PID offset of {family} {offset}{remainder}"


def _facts(account: Account, selector: Selector, now_ms: float, is_hybrid: bool) -> Iterator[str]:
    if not account.enabled:
        yield "disabled"
    for key, end_ms in account.reset_times_ms.items():
        if now_ms < end_ms:
            yield f"{key} limited for {_duration(end_ms - now_ms)}"
    rest_ms = account.cooling_down_until_ms
    if rest_ms is not None and now_ms < rest_ms:
        yield f"cools down for {_duration(rest_ms - now_ms)}"
    if is_hybrid:
        health, tokens = selector.health.score(account.index, now_ms), selector.tokens.tokens(account.index, now_ms)
        used = f"last used {_duration(now_ms - account.last_used_ms)} ago" if account.last_used_ms else "never used"
        yield f"health {health:g}, tokens {tokens:g}, {used}"


def _duration(ms: float) -> str:
    return f"{ms / 1000:g} s" if abs(ms) >= 1000 and ms % 1000 == 0 else f"{ms:.12g} ms"


def explaining_quirks(session: GeneratedSession, position: int, answered: Answer, profile: Profile) -> list[str]:
    """The quirks that, if toggled, make the reference give the target's answer and change no earlier answer."""
    calls = session.calls[: position + 1]
    part = Scenario(session.to_scenario().calls[: position + 1], session.files)
    expected = ask(part, Oracle(profile, strict=False).answers)
    found = []
    for quirk in QUIRKS:
        other = Profile(profile.name, profile.quirks ^ {quirk.name})
        answers = ask(part, Oracle(other, strict=False).answers)
        at = first_difference(calls, expected, answers)
        if at == position and are_same(calls[-1][0], answers[-1], answered, list(instants(calls))[-1]):
            found.append(quirk.name)
    return found
