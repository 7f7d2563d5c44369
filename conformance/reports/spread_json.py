"""The JSON output of `spread`. Values that depend on the machine are under `observed`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from conformance.json_type import Json
from conformance.processes.spread import Figures, Spread, best, drifted_counts
from conformance.reports.spread_text import advice, answer

FORMAT = 1


def render(kit_version: str, question: Mapping[str, Json], spreads: Sequence[Spread], started: Json) -> str:
    """The JSON text. `started` describes the processes that were started.

    With started processes, all results are under `observed`. If it is None, the PIDs were given and every run writes
    the same document.
    """
    document: dict[str, Json] = {"format": FORMAT, "kit": kit_version, "question": question}
    result = {"best": best(spreads).accounts, "spreads": [_spread(each) for each in spreads]}
    if started is None:
        document |= {"pids": list(spreads[0].pids), **result, "observed": {}}
    else:
        document["observed"] = {"pids": list(spreads[0].pids), **started, **result}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _spread(spread: Spread) -> Json:
    return {
        "accounts": spread.accounts,
        "answer": answer(spread),
        "verdict": spread.verdict,
        "counts": list(spread.counts),
        "counts_if_saved": list(drifted_counts(spread.pids, spread.accounts, spread.base)),
        "found": _figures(spread.found),
        "even": _figures(spread.even),
        "random": _figures(spread.chance),
        "why": [asdict(reason) for reason in spread.reasons],
        "try": advice(spread),
    }


def _figures(figures: Figures) -> Json:
    """Rounded, so that all machines give the same figures."""
    return {name: round(value, 6) for name, value in asdict(figures).items()}
