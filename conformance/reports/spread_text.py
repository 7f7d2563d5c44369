"""The terminal output of `spread`, at 80 columns: the answer, the figures, the reasons and advice."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from conformance.processes.spread import Spread, best, better_numbers, drifted_counts
from conformance.reports.describe import wrap

MAX_BARS = 32  # for more accounts, a histogram is shown
MAX_REASONS = 6  # under a table
MAX_ACCOUNTS_TRIED = 16  # in the search for a better number of accounts
BAR_WIDTH = 40
VERDICTS = {
    "even": "as evenly as possible",
    "better": "better than random choice",
    "chance": "no better or worse than random choice",
    "worse": "worse than random choice",
}


def answer(spread: Spread) -> str:
    """One sentence that says whether the offset helps."""
    processes, accounts = len(spread.pids), spread.accounts
    fullest, even = int(spread.found.fullest), int(spread.even.fullest)
    if accounts == 1:
        return f"There is nothing to choose: 1 account carries {_all(processes)}."
    if processes == 1:
        return f"There is nothing to spread: 1 process starts on 1 of {accounts} accounts."
    if spread.verdict == "even":
        if processes <= accounts:
            return f"Spreads as evenly as possible: each of {processes} processes has its own account."
        least = min(spread.counts)
        each = f"{fullest}" if least == fullest else f"{least} or {fullest}"
        return f"Spreads as evenly as possible: {each} processes on each of {accounts} accounts."
    if spread.found.unused > spread.even.unused:
        carry = f"{spread.used} of {accounts} accounts carr{'ies' if spread.used == 1 else 'y'} {_all(processes)}"
    else:
        carry = f"The fullest of {accounts} accounts has {fullest} of {processes} processes ({even} in an even spread)"
    return f"{carry}: {VERDICTS[spread.verdict]}."


def advice(spread: Spread) -> list[str]:
    """What helps, by kind of limit. Empty for an even spread, and if there is only one process or account."""
    if spread.verdict == "even" or spread.accounts == 1 or len(spread.pids) == 1:
        return []
    at_once = ['scheduling_mode "balance"']
    if better := better_numbers(spread, max(MAX_ACCOUNTS_TRIED, spread.accounts + 2)):
        at_once.append(f"{' or '.join(map(str, better))} accounts, over which these PIDs spread as evenly as possible")
    if spread.reasons[0].kind == "equal-ids":
        at_once.append("one PID namespace for all agents, so that their PIDs differ (docker run --pid=host)")
    return [
        "Against a limit of requests a minute: the strategy round-robin. Every process uses all accounts in turn, "
        "whatever its PID.",
        f"Against a limit of requests at once: {'; and '.join(at_once)}.",
    ]


def render(spread: Spread) -> Iterator[str]:
    """The output for one number of accounts."""
    yield wrap(answer(spread), "")
    yield ""
    yield from _bars(spread) if spread.accounts <= MAX_BARS else _loads(spread)
    yield ""
    yield f"{'':36}{'here':>8}{'even':>8}{'random':>10}"
    for title, name in (
        ("processes on the fullest account", "fullest"),
        ("accounts without a process", "unused"),
        ("pairs of processes on one account", "pairs"),
    ):
        found, even, chance = (float(getattr(each, name)) for each in (spread.found, spread.even, spread.chance))
        yield f"{title:36}{found:8.0f}{even:8.0f}{chance:10.1f}"
    yield ""
    for word, texts in (("why", [reason.text for reason in spread.reasons]), ("try", advice(spread))):
        for number, text in enumerate(texts):
            yield wrap(f"{word if number == 0 else '':6}{text}", "", 6)


def render_many(spreads: Sequence[Spread]) -> Iterator[str]:
    """The output for several numbers of accounts, with the best of them."""
    chosen = best(spreads)
    if are_alike(spreads):
        yield wrap("The processes spread equally well over all these numbers of accounts.", "")
    else:
        yield wrap(
            f"Best with {chosen.accounts} account{'s' * (chosen.accounts > 1)}, where {len(chosen.pids)} processes "
            f"spread {VERDICTS[chosen.verdict]}.",
            "",
        )
    yield ""
    yield f"{'':20}{' processes on the fullest ':-^26}  {' pairs on one account ':-^26}"
    yield f"{'accounts':10}{'unused':>8}  {'here':>8}{'even':>8}{'random':>10}  {'here':>8}{'even':>8}{'random':>10}"
    for each in spreads:
        mark = " best" if each is chosen and not are_alike(spreads) else ""
        yield (
            f"{each.accounts:8}  {each.found.unused:8.0f}"
            f"  {each.found.fullest:8.0f}{each.even.fullest:8.0f}{each.chance.fullest:10.1f}"
            f"  {each.found.pairs:8.0f}{each.even.pairs:8.0f}{each.chance.pairs:10.1f}{mark}"
        )
    yield from _why_uneven([each for each in spreads if each.verdict != "even"])


def _why_uneven(spreads: Sequence[Spread]) -> Iterator[str]:
    numbers: defaultdict[str, list[str]] = defaultdict(list)
    for each in spreads:
        numbers[each.reasons[0].text].append(str(each.accounts))
    for place, (text, accounts) in enumerate([*numbers.items()][:MAX_REASONS]):
        if place == 0:
            yield ""
        yield wrap(f"{'' if place else 'why':6}{', '.join(accounts)} accounts: {text}", "", 6)


def render_notes(spreads: Sequence[Spread], sessions: int, viewers: int) -> Iterator[str]:
    """What the figures leave out: agents that share a process, viewers, saved accounts, and the kind of limit."""
    first = spreads[0]
    if viewers:
        shows = "1 viewer (`opencode attach`) was" if viewers == 1 else f"{viewers} viewers (`opencode attach`) were"
        yield wrap(f"{shows} left out: a viewer selects no account; its server does.", "      ", 0)
    if sessions > 1:
        yield wrap(
            f"The {sessions} agents of a process share its PID and its account, so the offset cannot spread them. On "
            f"the fullest account there are {int(first.found.fullest) * sessions} agents. Round-robin selects anew for "
            "each request.",
            "      ",
            0,
        )
    if len(first.pids) > 1 and first.accounts > 1:
        if len(spreads) == 1 and (drifted := drifted_counts(first.pids, first.accounts, first.base)) != first.counts:
            unused = drifted.count(0), first.counts.count(0)
            more = f", and the number of accounts without a process is {unused[0]} instead of {unused[1]}"
            also = more if unused[0] != unused[1] else ""
            yield wrap(
                f"If each process saves before the next one starts, the fullest account has {_processes(max(drifted))} "
                f"instead of {max(first.counts)}{also}.",
                "      ",
                0,
            )
        holds = (
            "Where processes start matters most against a limit of requests at once. Against a limit of requests a "
            "minute, round-robin is better, whatever the PIDs. "
        )
        told_by_advice = len(spreads) == 1 and advice(first)
        yield wrap(
            f"{'' if told_by_advice else holds}`advise` compares the settings for your agents.",
            "      ",
            0,
        )


def are_alike(spreads: Sequence[Spread]) -> bool:
    """Do all numbers of accounts have the same number of pairs on one account?"""
    return len(spreads) > 1 and len({each.found.pairs for each in spreads}) == 1


def _processes(count: int) -> str:
    return f"{count} process{'' if count == 1 else 'es'}"


def _all(processes: int) -> str:
    return "the only process" if processes == 1 else f"all {processes} processes"


def _bars(spread: Spread) -> Iterator[str]:
    most = max(spread.found.fullest, 1)
    mark = round(len(spread.pids) / spread.accounts / most * BAR_WIDTH) - 1
    yield f"account  processes; | is an even share, {len(spread.pids) / spread.accounts:.3g}"
    for index, count in enumerate(spread.counts):
        bar = list("#" * round(count / most * BAR_WIDTH)) + [" "] * BAR_WIDTH
        bar[max(mark, 0)] = "|"
        yield f"{index:7}  {''.join(bar[: BAR_WIDTH + 1]).rstrip():{BAR_WIDTH + 1}} {count}"


def _loads(spread: Spread) -> Iterator[str]:
    loads = Counter(spread.counts)
    most = max(loads.values())
    yield "processes  accounts with this number"
    for load in sorted(loads):
        bar = "#" * max(1, round(loads[load] / most * BAR_WIDTH))
        yield f"{load:9}  {bar:{BAR_WIDTH}} {loads[load]}"
