"""Writes `docs/vectors.md`: what a vector is, and how anyone runs them, with the kit or without."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from conformance.requirements import load_catalogue
from conformance.vectors.load import Vector, load_vectors
from reference_impl.profiles import PROFILES

PAGE = Path(__file__).parents[2] / "docs" / "vectors.md"

HEAD = """\
# The vectors

A vector is a stored scenario: what is given, the calls, and what each must answer. There are {count}, one a file, in
`fixtures/vectors/SECTION/ID.json` (in the installed package: `conformance/_fixtures/vectors`). They need no kit: read
the JSON and call your port. The reference predicts every expectation, and the published releases were asked too.

```json
{
  "id": "pid-offset-of-n",
  "title": "PID 3 with 3 accounts starts at account 0",
  "why": "Boundary: the PID 3.",
  "requirements": ["PID-001"],
  "since": "1.2.8",
  "needs": ["pid", "sticky"],
  "calls": [
    {"method": "open", "params": {"pid": 3, "pool": {"accounts": [{"refreshToken": "plum"}, ...], "activeIndex": 0}}},
    {"method": "select", "params": {"family": "claude", "strategy": "sticky", "pid_offset_enabled": true},
     "expect": {"label": "plum", "index": 0}}
  ]
}
```

`fixtures/vectors/schema.json` is the JSON Schema (2020-12) of a file, and [wire.md](wire.md) tells what each method
takes and answers. Ids never change.

| key | says |
|-|-|
| `requirements` | the rules of [requirements.md](requirements.md) that it judges |
| `since`, `until` | the releases it holds for, both included; no `until`: up to the newest; no `since`: none |
| `recommended` | `false` where it does not hold for a port that follows every current rule |
| `needs` | the capabilities without which a port cannot be asked |
| `quirk` | only where it shows what releases do in place of a rule; a port that follows the rules leaves these out |
| `given` | the vector whose calls come first; where that one fails, this one says nothing more |
| `files` | what lies in a folder made for the vector; see below |
| `calls` | at most 12, in this order, in one session |

## Which to run

Take those without `"recommended": false` (or those whose range includes the release that your port follows) whose
`needs` your port can all do. Count what you ran: a run of no vector must not pass.

## How to compare

- `expect` that is an object: each key that is listed must be there and match; other keys do not matter.
- `{"$": "absent"}` matches a key that is not there.
- `expect` that is a list: as long as the answer, and each item matches.
- Anything else is equal: numbers by value (1 equals 1.0, -0 equals 0), `true` is no number, `null` is a value.
- `refusal` in place of `expect`: the call is refused in that way (`not_open`, `unknown_account`), and changes nothing.
- With neither, any result will do, but no refusal and no failure.
- An account is named by its `refreshToken`, the **label**. `now_ms` is the clock until `advance`, `pid` the process id,
  `random` the draws. Each `open` starts afresh.

## Files

Before the calls, make an empty folder with the folders `home` and `project` in it, and lay out `files`: a path below it
and one of `text` (UTF-8), `base64` (bytes), `link` (a symbolic link to this path) and `folder`. `{root}` in a
parameter stands for that folder.

## In any test framework

One test a file, named by `id`. In JavaScript, without any package, that is `docs/examples/javascript`: a port of some
130 lines, and the runner; `node --test docs/examples/javascript/vectors.test.mjs`. In Python:

```python
@pytest.mark.parametrize("vector", [v for v in vectors if v.get("recommended", True) and CAN >= set(v["needs"])])
def test_vector(vector):
    port = Port()
    for call in vector["calls"]:
        answer = getattr(port, call["method"])(**call["params"])
        if "expect" in call:
            assert matches(call["expect"], answer)
```

## With the kit

`antigravity-conformance run TARGET` judges the vectors of rules along with its cases: one that fails is named by its
id, with the command that repeats it. `antigravity-conformance vectors check` checks every file and asks the reference;
with `--target TARGET` it asks that target every vector of its profile, those of quirks included, and shows what
differs. `vectors list` lists them.

A vector of a rule expects no more than its rule says, so that a port that fails one has broken that rule.

To add one, write a file with `id`, `title`, `why`, `requirements` and `calls`, and run `make vectors`: the reference
fills in expectations, range and needs. Read what it filled in. `python -m tools.vectors` tells whether the vector is
good for anything that no other is: a branch of the reference, a wrong implementation of a rule it judges, or a
boundary, which `why` then names.

## What there is
"""


def render(vectors: Sequence[Vector]) -> str:
    """The whole page."""
    return "\n".join([HEAD.replace("{count}", str(len(vectors))), *_table(vectors)]) + "\n"


def _table(vectors: Sequence[Vector]) -> Iterator[str]:
    yield "| section | vectors | of quirks | " + " | ".join(PROFILES) + " |"
    yield "|-|-|-|" + "-|" * len(PROFILES)
    for section in load_catalogue().sections:
        here = [vector for vector in vectors if vector.path.parent.name == section.prefix.lower()]
        if here:
            quirks = sum(vector.quirk is not None for vector in here)
            counts = [sum(name in vector.profiles for vector in here) for name in PROFILES]
            yield f"| {section.title} | {len(here)} | {quirks or ''} | " + " | ".join(map(str, counts)) + " |"


if __name__ == "__main__":
    PAGE.write_text(render(load_vectors()), encoding="utf-8")
