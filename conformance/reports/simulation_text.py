"""The terminal output of `simulate`: a table of measures, and the differences to the first setting."""

from collections.abc import Iterator, Sequence

from conformance.simulation.measures import Estimate
from conformance.simulation.outcome import Outcome

COLUMNS = (  # measure, head, second line of the head, digits, factor
    ("rejections", "429s per", "100 requests", 1, 1),
    ("goodput", "answered", "a minute", 1, 1),
    ("wait_p95_s", "wait s", "95th pct.", 1, 1),
    ("given_up", "failed", "per 100", 1, 1),
    ("even_accounts", "accounts", "even", 2, 1),
    ("even_agents", "agents", "even", 2, 1),
    ("switches", "switches", "per 100", 0, 1),
    ("resent_tokens", "k tokens", "a request", 1, 1e-5),
)
WIDE = ("rejections", "goodput", "wait_p95_s")  # shown with their interval
NAME, COLUMN, WIDE_COLUMN = 22, 11, 18


def render(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """The lines of the table."""
    yield ""
    yield f"{'':{NAME}}" + "".join(f"{head:>{_width(name)}}" for name, head, *_ in COLUMNS[:3])
    yield f"{'mean +- 95 %':{NAME}}" + "".join(f"{second:>{_width(name)}}" for name, _, second, *_ in COLUMNS[:3])
    for each in outcomes:
        yield f"{each.settings.name:{NAME}}" + "".join(_cell(each, *column) for column in COLUMNS[:3])
    yield ""
    yield f"{'':{NAME}}" + "".join(f"{head:>{_width(name)}}" for name, head, *_ in COLUMNS[3:])
    yield f"{'mean':{NAME}}" + "".join(f"{second:>{_width(name)}}" for name, _, second, *_ in COLUMNS[3:])
    for each in outcomes:
        yield f"{each.settings.name:{NAME}}" + "".join(_cell(each, *column) for column in COLUMNS[3:])
    if len(outcomes) > 1:
        yield ""
        yield from differences(outcomes[0], outcomes[1:])
    yield ""


def differences(base: Outcome, others: Sequence[Outcome]) -> Iterator[str]:
    """The paired differences of 429s and answers. An interval with 0 means that no difference was found."""
    yield f"compared with {base.settings.name}, run by run"
    for each in others:
        rejections, goodput = (each.against(base, name) for name in ("rejections", "goodput"))
        yield (
            f"  {each.settings.name:{NAME - 2}}{interval(rejections):>18} 429s"
            f"{interval(goodput):>16} a minute{same(rejections, goodput)}"
        )


def same(*differences: Estimate) -> str:
    """A mark if no difference was found."""
    return "  (alike)" if all(each.is_zero for each in differences) else ""


def interval(estimate: Estimate, digits: int = 1) -> str:
    """A signed difference with half the width of its interval."""
    return f"{estimate.mean:+.{digits}f} +- {estimate.half:.{digits}f}"


def _cell(outcome: Outcome, name: str, _head: str, _second: str, digits: int, factor: float) -> str:
    estimate = outcome.estimate(name)
    text = f"{estimate.mean * factor:.{digits}f}"
    if name in WIDE:
        text += f" +- {estimate.half * factor:.{digits}f}"
    return f"{text:>{_width(name)}}"


def _width(name: str) -> int:
    return WIDE_COLUMN if name in WIDE else COLUMN
