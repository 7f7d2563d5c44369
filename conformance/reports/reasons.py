"""Orders failed rules: those that fail for one reason are together, and the rule that names it leads.

Measured, not guessed: `fixtures/behaviours.json` has the rules that each known wrong implementation fails.
"""

from collections.abc import Collection, Mapping, Sequence

from conformance.reports.story import Likeness, Reason
from conformance.requirements.behaviours import Behaviour, most_alike

NEARLY_AS_RARE = 3
ALIKE = 0.5  # of the wrong answers are shared, at least, if a behaviour is named


def group_failures(
    failed: Sequence[str],
    wrong_answers: Collection[str],
    behaviours: Sequence[Behaviour],
    judged: Collection[str],
    explained: Collection[str] = (),
) -> list[Reason]:
    """The failed rules by reason. `wrong_answers` are digests of the target's answers to vectors.

    `failed` has the MUSTs first, and else the order of the catalogue, which goes from the general to the special.
    `explained` are failed rules whose cause is known; they are not grouped.
    """
    alike = most_alike(frozenset(wrong_answers), behaviours, judged, {*failed, *explained})
    like = Likeness(alike.behaviour.name, alike.behaviour.text, alike.score) if alike else None
    left, reasons = list(failed), list[Reason]()
    how_common = commonness(behaviours)
    if alike and like and like.score >= ALIKE:
        together = [id_ for id_ in left if id_ in alike.behaviour.fails]
        lead = alike.behaviour.rule if alike.behaviour.rule in together else _leading(together or left, how_common)
        reasons.append(Reason(lead, [id_ for id_ in together if id_ != lead], like=like))
        left = [id_ for id_ in left if id_ != lead and id_ not in together]
    while left:
        lead = _leading(left, how_common)
        found = _nearest(left, [behaviour for behaviour in behaviours if lead in behaviour.fails])
        reasons.append(Reason(lead, [id_ for id_ in left if found and id_ in found.fails and id_ != lead]))
        left = [id_ for id_ in left if id_ not in reasons[-1].rules]
    return reasons


def commonness(behaviours: Sequence[Behaviour]) -> Mapping[str, int]:
    """How many wrong implementations fail each rule. A rule that few of them fail says more about the cause."""
    counts: dict[str, int] = {}
    for behaviour in behaviours:
        for id_ in behaviour.fails:
            counts[id_] = counts.get(id_, 0) + 1
    return counts


def _leading(ids: Sequence[str], how_common: Mapping[str, int]) -> str:
    """The rule that names the cause: the first one of the likeliest section, but none that fails for many causes.

    By the failed rules alone, this names the broken rule of three in four known behaviours.
    """
    sections: dict[str, list[str]] = {}
    for id_ in ids:
        sections.setdefault(id_.partition("-")[0], []).append(id_)
    unknown = len(how_common) + 1  # a rule that no known behaviour fails says nothing
    rare = {id_: 1 / how_common.get(id_, unknown) for id_ in ids}
    likeliest = max(sections.values(), key=lambda section: sum(rare[id_] for id_ in section))
    rarest = max(rare[id_] for id_ in likeliest)
    return next(id_ for id_ in likeliest if rare[id_] >= rarest / NEARLY_AS_RARE)


def _nearest(failed: Sequence[str], behaviours: Sequence[Behaviour]) -> Behaviour | None:
    """The behaviour whose failed rules are the most like these."""
    wanted = set(failed)

    def likeness(behaviour: Behaviour) -> float:
        rules = set(behaviour.fails)
        return len(rules & wanted) / len(rules | wanted)

    best = max(behaviours, key=likeness, default=None)
    return best if best is not None and likeness(best) > 0 else None
