"""Writes docs/does-the-advice-hold.md from docs/lab.json, lab-plugin.json and lab-factorial.json; draws its picture."""

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from conformance.generated import MARKDOWN_NOTE
from conformance.json_type import Json
from conformance.reports import simulation_plot
from tools.lab.decide import SOMETIMES
from tools.lab.factorial import LOADS, SHOWN

PAGE, DATA, PICTURE = "docs/does-the-advice-hold.md", "docs/lab.json", "docs/pictures/lab.svg"
PLUGIN_DATA, FACTORIAL_DATA = "docs/lab-plugin.json", "docs/lab-factorial.json"
MEASURES = {
    "rejections": ("429s per 100 requests", 1.0, 1),
    "goodput": ("answered requests a minute", 1.0, 1),
    "wait_p95_s": ("95th percentile of the wait, s", 1.0, 1),
    "resent_tokens": ("thousand tokens sent again per request", 1e-5, 2),
    "even_accounts": ("evenness over accounts (1 is even)", 1.0, 2),
}
DRAWN = ("hybrid", "sticky", "sticky+offset", "round-robin", "hybrid+balance", "sticky+offset+balance")
HEAD = """\
# Does the advice hold?

The tutorial and the documents of the plugin recommend settings. This page puts each claim that can be simulated to the
test: {count} hypotheses, written down in `tools/lab/hypotheses.toml` before the first run. One was changed later: H-19
runs for 45 minutes, because the plugin reads the quota only every 15. **Hold: {holds}. Hold only in some situations:
{sometimes}. Do not hold: {fails}.** For a recommendation for your agents, read [which-settings.md](which-settings.md).

The selection code of release {release} decides (the reference at its profile, which answers call by call as the release
does). Each comparison has {seeds} runs of {minutes:g} minutes with equal loads on both sides, 8 agents and 4 accounts
unless a row says otherwise. A limit is one that an even spread just keeps, with 40 % to spare. A claim holds in a
situation if the whole 95 % interval of the paired difference lies on its side. `make lab` makes this page anew.

![429s and answered requests of eight agents on four accounts, by settings](pictures/lab.svg)
"""
AFTER = """\
## Where the model is weakest

- **The provider is unknown.** Nobody outside knows the real limits, or how they combine. The simulation has sliding
  windows, and counts rejected requests against no limit.
- **The agents are regular.** Real agents come in bursts, and one that waits may hold up agents that need its answer.
- **A failed request is not repeated.** OpenCode may retry what the plugin gives up. The simulated agent pauses, and
  sends its next request.
- **Only Claude models, with one header style.** Gemini requests can fall back to another quota.
- **The loop is that of release 1.6.0**: `conformance/simulation/loop.toml` has each step and line.
- **Expired tokens, network errors and 5xx answers are left out.** The plugin gets a token at the first use of an
  account, and that does not fail.
"""
FACTORIAL = """\
## Every combination

Release {release} in all 82,944 combinations of strategy, offset, 1 to 64 agents, 1 to 9 accounts, four patterns of
PIDs, three loads and two kinds of limit. Each agent has its own process and pool, all start at once, and the limit has
40 % to spare. Otherwise the config is the default, so without `balance`. Each combination has {seeds} runs of
{minutes} minutes.

In each cell: the part of the 504 combinations of 2 to 64 agents and 2 to 9 accounts in which these settings are among
the best, and the mean of their 429s per 100 requests. Among the best are settings with at least 95 % of the most
answered requests and, of those, at most one 429 in 100 requests more than the fewest. **Bold**: the most often.
"""
FACTORIAL_AFTER = """\
The load is the mean pause of an agent between two requests: {pauses}.
The offset changes nothing under `round-robin`, nor under `hybrid`, except in a process without a candidate.

`make lab ARGS=--factorial` makes this table anew, in half an hour on two cores (26 minutes when this page was made). An
interrupted run continues. `.cache/lab/factorial-rows.jsonl` gets a row for each combination: the mean of every measure,
and half the width of its 95 % interval. More runs make the interval narrower: `--seeds 30`.

Combinations that must have equal results are simulated once, in 21,888 groups:

- With one account, every strategy selects it.
- PIDs have an effect only with the offset, and the offset has none under round-robin.
- Under hybrid, a process applies the offset only when no account is a candidate. Without such a process in a run, PIDs
  and offset change nothing.
"""
PLUGIN = """\
## Does the model behave like the plugin?

**{verdict}.**

Release {release} ran whole: the plugin that OpenCode loads, in real processes of Node. Its `fetch` reached a quota
server on the loopback interface, and nothing else: the processes were in a network namespace without any other
interface. Accounts and tokens were synthetic. The processes shared one virtual clock, so a wait of a minute took no
time, and the order of events is the same in every run.

The model got equal loads, PIDs and limits: {agents} agents on {accounts} accounts for {minutes} minutes, {runs} times
at each point. A run is equal if the server got the same requests, from the same agents for the same accounts at the
same milliseconds, and gave the same answers. Brackets have the 95 % interval of the paired difference.
"""
PLUGIN_AFTER = """\
`python -m tools.lab.plugin` does it again in some minutes (it needs Node, and installs the release from npm once).
`tests/integration/test_plugin_quota.py` repeats three of the points with two runs each. Other comparisons:

- **Scripted answers**: for 40 random plans of configs, accounts and answers, the whole plugin and the model send the
  same requests (`tests/integration/test_plugin_loop.py`).
- **Selections**: at 20 points, each selection of 64 real processes of release {release} with chosen PIDs equals that of
  the reference, which selects in the simulation (`tests/integration/test_simulation_release.py`).

The comparison changed the model twice. The plugin saves the pool file at once when it first uses an account
(`plugin.js:1380`), and one second after a reading of a quota, even if the server told none (`plugin.js:104`). Both
decide which account a process reads that starts soon afterwards, so the model does both now.

Not compared: the limits themselves (the same code decides on both sides), a quota of hours, and failures other than
429s. No real provider was asked."""


def write(root: Path) -> None:
    """Write the page, if the lab has run."""
    sources = [json.loads((root / data).read_text(encoding="utf-8")) for data in (DATA, PLUGIN_DATA, FACTORIAL_DATA)]
    (root / PAGE).write_text(render(*sources), encoding="utf-8")


def render(document: Json, plugin: Json, factorial: Json) -> str:
    """The page."""
    return MARKDOWN_NOTE + "\n".join(_lines(document, plugin, factorial)) + "\n"


def _lines(document: Json, plugin: Json, factorial: Json) -> Iterator[str]:
    rows = document["hypotheses"]
    counts = {name: sum(row["verdict"] == name for row in rows) for name in ("holds", SOMETIMES, "does not hold")}
    holds, sometimes, fails = counts.values()
    yield HEAD.format(count=len(rows), holds=holds, sometimes=sometimes, fails=fails, **_settings(document))
    yield "## Verdicts"
    yield ""
    yield "| | claim | source | verdict |"
    yield "|-|-|-|-|"
    for row in rows:
        yield f"| [{row['id']}](#{row['id'].lower()}) | {row['claim']} | {row['source']} | {_verdict(row)} |"
    yield ""
    yield "## The best setting by situation"
    yield ""
    yield from _lookup(document["lookup"])
    yield ""
    yield "## If the assumptions are wrong"
    yield ""
    yield from _sensitivity(document["sensitivity"])
    yield ""
    yield from _plugin(plugin)
    yield ""
    yield AFTER
    yield from _factorial(factorial)
    yield "## The comparisons"
    for row in rows:
        yield ""
        yield from _comparison(row)


def _settings(document: Json) -> dict[str, Json]:
    return {name: document[name] for name in ("release", "seeds", "minutes")}


def _verdict(row: Json) -> str:
    """The verdict; in words, where the claim holds."""
    if row["verdict"] != SOMETIMES:
        return f"**{row['verdict']}**"
    held = [cell for cell in row["cells"] if cell["holds"]]
    by_limit = {limit: [cell["kind"] for cell in held if cell["limit"] == limit] for limit in _limits(row["cells"])}
    where = "; ".join(f"{', '.join(kinds)} with {_limit(limit)}" for limit, kinds in by_limit.items() if kinds)
    return f"**holds only if** {where} ({len(held)} of {len(row['cells'])})"


def _limits(cells: Sequence[Json]) -> list[str]:
    return list(dict.fromkeys(cell["limit"] for cell in cells))


def _limit(limit: str) -> str:
    return {"a minute": "requests a minute", "at once": "requests at once", "in hours": "requests in 5 hours"}[limit]


def _comparison(row: Json) -> Iterator[str]:
    title, factor, digits = MEASURES[row["measure"]]
    yield f"### {row['id']}"
    yield ""
    yield f"{row['claim']} Compared: {title}. {_verdict(row)[0].upper()}{_verdict(row)[1:]}."
    yield ""
    if row["note"]:
        yield row["note"]
        yield ""
    better, than = row["better"], row["than"]
    if row["accounts"][0] != row["accounts"][1]:
        better, than = f"{better}, {row['accounts'][0]} accounts", f"{than}, {row['accounts'][1]} accounts"
    yield f"| agents | limit | {better} | {than} | difference (95 % interval) | holds |"
    yield "|-|-|-:|-:|-|-|"
    for cell in row["cells"]:
        mean, low, high = (value * factor for value in cell["difference"])
        yield (
            f"| {cell['kind']} | {_limit(cell['limit'])} | {cell['better'] * factor:.{digits}f} "
            f"| {cell['than'] * factor:.{digits}f} | {mean:+.{digits}f} ({low:+.{digits}f} to {high:+.{digits}f}) "
            f"| {'yes' if cell['holds'] else 'no'} |"
        )


def _lookup(rows: Sequence[Json]) -> Iterator[str]:
    yield "Eight agents. The best settings have the most answered requests; of those within 5 %, the fewest 429s;"
    yield "of those within 1 in 100, the fewest keys to change from the defaults. A difference within its interval does"
    yield "not count. In brackets: answered requests a minute, and 429s per 100 requests."
    yield ""
    accounts = sorted({row["accounts"] for row in rows})
    yield "| agents | limit | " + " | ".join(f"{number} accounts" for number in accounts) + " |"
    yield "|-|-|" + "-|" * len(accounts)
    for (kind, limit), same in groupby(rows, key=lambda row: (row["kind"], row["limit"])):
        cells = [f"{row['best']} ({_mean(row, 'goodput')}, {_mean(row, 'rejections')})" for row in same]
        yield f"| {kind} | {_limit(limit)} | {' | '.join(cells)} |"


def _sensitivity(rows: Sequence[Json]) -> Iterator[str]:
    yield "The best setting for eight agents on four accounts, if one assumption is changed and the limits stay."
    yield ""
    columns = list(dict.fromkeys((row["kind"], row["limit"]) for row in rows))
    yield "| changed | " + " | ".join(f"{kind}, {_limit(limit)}" for kind, limit in columns) + " |"
    yield "|-|" + "-|" * len(columns)
    for name, same in groupby(rows, key=lambda row: row["varied"]):
        yield f"| {name} | {' | '.join(str(row['best']) for row in same)} |"


def _plugin(document: Json) -> Iterator[str]:
    rows, runs = document["rows"], document["runs"]
    equal, total = sum(row["equal_runs"] for row in rows), runs * len(rows)
    requests = sum(row["requests"] for row in rows)
    word = "Yes" if equal == total else "Not always"
    verdict = f"{word}: {equal} of {total} runs are equal request by request ({requests:,} requests)"
    names = ("release", "agents", "accounts", "minutes", "runs")
    yield PLUGIN.format(verdict=verdict, **{name: document[name] for name in names})
    titles = [MEASURES[name][0] for name in ("rejections", "wait_p95_s")]
    yield f"| agents, settings, limit of an account | equal runs | requests | {' | '.join(titles)} |"
    yield "|-|-:|-:|-|-|"
    for row in rows:
        measures = " | ".join(_both(row[name]) for name in ("rejections", "wait_p95_s"))
        yield f"| {row['point']} | {row['equal_runs']} of {runs} | {row['requests']:,} | {measures} |"
    yield ""
    yield PLUGIN_AFTER.format(release=document["release"])


def _factorial(document: Json) -> Iterator[str]:
    yield FACTORIAL.format(**{name: document[name] for name in ("release", "seeds", "minutes")})
    yield f"| limit | load | PIDs | {' | '.join(f'`{name}`' for name in SHOWN)} |"
    yield "|-|-|-|" + "-|" * len(SHOWN)
    for row in document["rows"]:
        most = max(row["settings"].values(), key=itemgetter("best"))["best"]
        cells = [_share(row["settings"][name], most) for name in SHOWN]
        yield f"| {_limit(row['limit'])} | {row['load']} | {row['pids']} | {' | '.join(cells)} |"
    yield ""
    yield FACTORIAL_AFTER.format(pauses=", ".join(f"{name} {pause_s:g} s" for name, pause_s in LOADS.items()))


def _share(cell: Json, most: float) -> str:
    best = f"{100 * cell['best']:.0f} %"
    return f"{f'**{best}**' if cell['best'] == most else best}, {cell['rejections']:.0f}"


def _both(measure: Json) -> str:
    """A measure of the plugin and of the model, and the interval of their difference."""
    _, low, high = measure["difference"]
    return f"plugin {measure['plugin']:.1f}, model {measure['model']:.1f} ({low:+.1f} to {high:+.1f})"


def _mean(row: Json, measure: str) -> str:
    return f"{row['settings'][row['best']][measure][0]:.1f}"


def draw(root: Path, document: Json) -> None:
    """The picture: 429s and answers of eight agents on four accounts, by kind of agents, limit and settings."""
    import altair

    rows = [
        {
            "situation": f"{row['kind']}, {_limit(row['limit'])}",
            "settings": name,
            "measure": MEASURES[measure][0],
            **dict(zip(("mean", "low", "high"), ends, strict=True)),
        }
        for row in document["lookup"]
        if row["accounts"] == 4
        for name in DRAWN
        for measure, ends in row["settings"][name].items()
        if measure in ("rejections", "goodput")
    ]
    situations = list(dict.fromkeys(row["situation"] for row in rows))
    colours = altair.Scale(domain=list(DRAWN), range=[*simulation_plot.SERIES, simulation_plot.QUIET])
    panels = []
    for measure in ("rejections", "goodput"):
        title = MEASURES[measure][0]
        shown = altair.Chart.from_dict(
            {"data": {"values": [row for row in rows if row["measure"] == title]}, "mark": "point"}
        ).properties(width=260, height=8 * 62)
        y = altair.Y("situation:N", sort=situations, title=None, axis=altair.Axis(labelLimit=240))
        offset = altair.YOffset("settings:N", sort=list(DRAWN))
        colour = altair.Color(
            "settings:N", sort=list(DRAWN), scale=colours, legend=altair.Legend(orient="bottom", title=None, columns=3)
        )
        x = altair.X("mean:Q", title=title)
        bars = shown.mark_rule(strokeWidth=2).encode(
            y=y, yOffset=offset, color=colour, x=altair.X("low:Q", title=title), x2="high:Q"
        )
        points = shown.mark_point(filled=True, size=45, opacity=1).encode(y=y, yOffset=offset, color=colour, x=x)
        panels.append(bars + points)
    heading = altair.Title("Eight agents on four accounts", anchor="start", fontSize=14, offset=12)
    simulation_plot.save(root / PICTURE, altair.hconcat(*panels, title=heading))
