"""`python -m tools.lab`: decides the hypotheses on all cores, and writes docs/lab.json and the page.

An interrupted run goes on where it was: results are kept in .cache/lab. `page` only writes the page, from
docs/lab.json.
`--factorial` simulates every combination of strategy, offset, agents, accounts, PIDs, load and limit;
`--factorial --help` lists its options.
"""

import json
import os
import sys
from pathlib import Path

import multiprocess

from tools.lab import decide, factorial, page, plan
from tools.lab.results import Results

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache" / "lab"


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["page"]:
        page.write(ROOT)
        return
    results = Results(CACHE / "results.jsonl", plan.RELEASE, plan.SEEDS)
    with multiprocess.get_context("spawn").Pool(os.cpu_count() or 1) as pool:
        if arguments[:1] == ["--factorial"]:
            factorial.run(arguments[1:], CACHE, pool)
            return
        results.simulate(decide.pairs(), pool)
    document = decide.document(results)
    (ROOT / "docs" / "lab.json").write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    page.draw(ROOT, document)
    page.write(ROOT)


if __name__ == "__main__":
    main(sys.argv[1:])
