"""Orders failed rules: those that fail for one reason are together, the most specific one first.

Measured, not guessed: `fixtures/behaviours.json` has the rules that each known wrong implementation fails.
"""

from collections.abc import Collection, Mapping, Sequence

from conformance.reports.story import Likeness, Reason
from conformance.requirements.behaviours import Behaviour, most_alike

ALIKE = 0.5  # of the wrong answers are shared, at least, if a behaviour is named


def group_failures(
    failed: Sequence[str], wrong_answers: Collection[str], behaviours: Sequence[Behaviour], judged: Collection[str]
) -> list[Reason]:
    """The failed rules by reason. `wrong_answers` are digests of the target's answers to vectors.

    Of rules that are equally specific, the first one of `failed` leads.
    """
    alike = most_alike(frozenset(wrong_answers), behaviours, judged)
    named = Likeness(alike.behaviour.name, alike.behaviour.text, alike.score) if alike else None
    left, reasons = list(failed), list[Reason]()
    how_common = commonness(behaviours)
    best = alike.behaviour if alike else None
    while left:
        found = best or _nearest(left, behaviours)
        together = [id_ for id_ in left if found is not None and id_ in found.fails]
        if not together:
            together, found = _specific_first(left, how_common)[:1], None
        first = found.rule if found is not None and found.rule in together else None
        lead = first or _specific_first(together, how_common)[0]
        further = [id_ for id_ in together if id_ != lead]
        like = named if best is not None and named is not None and named.score >= ALIKE else None
        reasons.append(Reason(lead, further, like=like))
        left = [id_ for id_ in left if id_ not in together]
        best = None
    return reasons


def commonness(behaviours: Sequence[Behaviour]) -> Mapping[str, int]:
    """How many wrong implementations fail each rule. A rule that few of them fail says more about the cause."""
    counts: dict[str, int] = {}
    for behaviour in behaviours:
        for id_ in behaviour.fails:
            counts[id_] = counts.get(id_, 0) + 1
    return counts


def _specific_first(ids: Sequence[str], how_common: Mapping[str, int]) -> list[str]:
    return sorted(ids, key=lambda id_: how_common.get(id_, len(how_common) + 1))


def _nearest(failed: Sequence[str], behaviours: Sequence[Behaviour]) -> Behaviour | None:
    """The behaviour whose failed rules are the most like these."""
    wanted = set(failed)

    def likeness(behaviour: Behaviour) -> float:
        rules = set(behaviour.fails)
        return len(rules & wanted) / len(rules | wanted)

    best = max(behaviours, key=likeness, default=None)
    return best if best is not None and likeness(best) > 0 else None
