"""Writes `docs/vectors.md`: what a vector is, and how to run vectors with the kit or without it."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from conformance.generated import MARKDOWN_NOTE
from conformance.requirements import load_catalogue
from conformance.vectors.load import Vector, load_vectors
from reference_impl.profiles import PROFILES

PAGE = Path(__file__).parents[2] / "docs" / "vectors.md"

HEAD = """\
# The vectors

A vector is a stored scenario: files, calls, and the answer that each call must give. There are {count} vectors, one per
file, in `fixtures/vectors/SECTION/ID.json` (in the installed package: `conformance/_fixtures/vectors`). You can use
them without the kit: read the JSON and call your port, or take the [package for vitest and
node:test](init.md#in-your-own-test-framework). The reference predicts each expectation, and the releases confirm it.

```json
{
  "id": "pid-offset-of-n",
  "title": "PID 3 of 3 accounts starts at 0",
  "why": "Boundary: the PID equals the number of accounts.",
  "requirements": ["PID-001"],
  "since": "1.2.8",
  "needs": ["offset", "pid", "sticky"],
  "calls": [
    {"method": "open", "params": {"pid": 3, "pool": {"accounts": [{"refreshToken": "plum"}, ...], "activeIndex": 0}}},
    {"method": "select", "params": {"family": "claude", "strategy": "sticky", "pid_offset_enabled": true},
     "expect": {"label": "plum", "index": 0}}
  ]
}
```

`fixtures/vectors/schema.json` is the JSON Schema (2020-12) of a file. [The wire](wire.md) describes the methods. Ids
never change.

| key | meaning |
|-|-|
| `requirements` | [requirements](requirements.md) that the vector judges |
| `since`, `until` | first and last release for which the vector holds; no `until`: up to the newest; no `since`: none |
| `recommended` | `false` if the vector does not hold for a port that follows every current rule |
| `needs` | capabilities that a port must have |
| `quirk` | the quirk whose behaviour the vector shows. A port that follows the rules skips these vectors |
| `given` | the vector that has the same first calls; if that one fails, skip this one |
| `files` | files of the scenario; see below |
| `calls` | at most 12 calls of one session, in order |

## Which to run

Take those without `"recommended": false` (or those whose range includes the release that your port follows), if your
port has all capabilities in `needs`. Count the vectors that you run: a run without any must not pass.

## How to compare

- If `expect` is an object, each key in it must exist in the answer and match. Other keys do not matter.
- `{"$": "absent"}` matches a key that does not exist.
- If `expect` is a list, the answer has the same length and each item matches.
- Other values must be equal: numbers by value (1 equals 1.0, -0 equals 0); `true` is not a number; `null` is a value.
- `refusal` instead of `expect` means that the call must be refused with this kind (`not_open`, `unknown_account`) and
  change no state.
- Without either, the call must return a result, but any result is accepted.
- The **label** of an account is its `refreshToken`. `now_ms` is the time until `advance`, `pid` is the PID, and
  `random` are the random numbers. Each `open` starts a new session.

## Files

Create an empty folder with the folders `home` and `project` in it, and then the `files`. Each has a path below that
folder and one of `text` (UTF-8), `base64` (bytes), `link` (target of a symbolic link) and `folder`. `{root}` in a
parameter stands for the path of that folder.

## In any test framework

Write one test per file, and name it by `id`. `docs/examples/javascript` has a port of about 130 lines and a runner that
needs no package: `node --test docs/examples/javascript/vectors.test.mjs`. In Python:

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

`antigravity-conformance run TARGET` judges the vectors of rules together with its cases. It names a vector that fails
by its id and prints the command that repeats it. `antigravity-conformance vectors check` checks all files against the
reference. With `--target TARGET` it also asks that target every vector of its profile, including those of quirks, and
shows what differs. `vectors list` lists them.

A vector of a rule expects no more than the rule says. A port that fails it has broken that rule.

To add a vector, write a file with `id`, `title`, `why`, `requirements` and `calls`, and run `make vectors`. The
reference fills in expectations, range and needs; check them. `python -m tools.vectors` reports whether the vector
covers something that no other covers: a branch of the reference, a mutant of a rule that it judges, or a boundary,
which `why` must name.

## Vectors by section
"""


def render(vectors: Sequence[Vector]) -> str:
    """The whole page."""
    return "\n".join([MARKDOWN_NOTE + HEAD.replace("{count}", str(len(vectors))), *_table(vectors)]) + "\n"


def _table(vectors: Sequence[Vector]) -> Iterator[str]:
    yield "| section | vectors | for quirks | " + " | ".join(PROFILES) + " |"
    yield "|-|-|-|" + "-|" * len(PROFILES)
    for section in load_catalogue().sections:
        here = [vector for vector in vectors if vector.path.parent.name == section.prefix.lower()]
        if here:
            quirks = sum(vector.quirk is not None for vector in here)
            counts = [sum(name in vector.profiles for vector in here) for name in PROFILES]
            yield f"| {section.title} | {len(here)} | {quirks or ''} | " + " | ".join(map(str, counts)) + " |"


if __name__ == "__main__":
    PAGE.write_text(render(load_vectors()), encoding="utf-8")
