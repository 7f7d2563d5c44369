"""Failed rules are grouped by what known wrong implementations fail, the most specific rule first."""

from conformance.reports.reasons import group_failures
from conformance.requirements import load_catalogue
from conformance.requirements.behaviours import Behaviour, digest, load_behaviours, most_alike


def behaviour(name: str, fails: str, answers: str = "", rule: str | None = None) -> Behaviour:
    rules = tuple(fails.split())
    return Behaviour(name=name, kind="mutant", text="Is wrong.", rule=rule, fails=rules, answers=answers)


KNOWN = [
    behaviour("one", "A-001 A-002 B-001", "a1 a2 b1", rule="A-002"),
    behaviour("two", "B-001 B-002", "b7 b8", rule="B-002"),
    behaviour("three", "B-001", "b9"),
]
JUDGED = ["A-001", "A-002", "B-001", "B-002", "C-001"]


def test_rule_of_nearest_mutant_leads_its_group() -> None:
    (reason,) = group_failures(["A-001", "A-002", "B-001"], ["a1", "a2", "b1"], KNOWN, JUDGED)
    assert (reason.rule, list(reason.further)) == ("A-002", ["A-001", "B-001"])
    assert reason.like is not None
    assert (reason.like.name, reason.like.score) == ("one", 1)


def test_behaviour_with_few_common_answers_is_not_named() -> None:
    (reason,) = group_failures(["A-001", "A-002", "B-001"], ["a1", "x", "y", "z"], KNOWN, JUDGED)
    assert reason.like is None


def test_rule_that_few_mutants_fail_leads() -> None:
    """B-001 fails for three behaviours, A-001 for one."""
    (reason,) = group_failures(["B-001", "A-001"], [], KNOWN, JUDGED)
    assert (reason.rule, list(reason.further)) == ("A-001", ["B-001"])


def test_broken_rule_leads_for_most_behaviours() -> None:
    catalogue, known = load_catalogue(), load_behaviours()
    own = [behaviour for behaviour in known if behaviour.rule in behaviour.fails]
    named = 0
    for behaviour in own:
        rules = catalogue.choose(behaviour.fails)
        musts_first = [rule.id for rule in sorted(rules, key=lambda rule: rule.level != "MUST")]
        named += group_failures(musts_first, [], known, JUDGED)[0].rule == behaviour.rule
    assert named >= 0.75 * len(own) > 200


def test_rule_unknown_to_all_mutants_stays_alone() -> None:
    reasons = group_failures(["C-001", "B-002"], [], KNOWN, JUDGED)
    assert [(reason.rule, list(reason.further)) for reason in reasons] == [("B-002", []), ("C-001", [])]


def test_every_failed_rule_is_in_one_group() -> None:
    rules = ["A-001", "A-002", "B-001", "B-002", "C-001"]
    reasons = group_failures(rules, ["b9"], KNOWN, JUDGED)
    assert sorted(rule for reason in reasons for rule in reason.rules) == rules


def test_alikeness_is_share_of_common_answers() -> None:
    alike = most_alike(frozenset({"a1", "a2"}), KNOWN, JUDGED)
    assert alike is not None
    assert (alike.behaviour.name, round(alike.score, 2)) == ("one", 0.67)
    assert most_alike(frozenset({"x"}), KNOWN, JUDGED) is None


def test_rules_not_judged_do_not_count() -> None:
    alike = most_alike(frozenset({"a1"}), KNOWN, ["A-001"])
    assert alike is not None
    assert (alike.behaviour.name, alike.score) == ("one", 1)


def test_behaviour_that_breaks_a_failed_rule_is_preferred() -> None:
    known = [
        behaviour("other", "A-001 B-001", "a1", rule="B-001"),
        behaviour("same", "A-001 A-002", "a1 a2", rule="A-002"),
    ]
    for failed, name in ((["A-001"], "other"), (["A-001", "A-002"], "same")):
        alike = most_alike(frozenset({"a1"}), known, ["A-001"], failed)
        assert alike is not None
        assert alike.behaviour.name == name


def test_digest_ignores_messages_of_exceptions() -> None:
    assert digest("v", 1, {"raised": "one"}) == digest("v", 1, {"raised": "other"})
    assert digest("v", 1, {"label": "a"}) != digest("v", 1, {"label": "b"})
    assert digest("v", 1, None) != digest("v", 2, None)


def test_stored_behaviours_name_known_rules() -> None:
    stored = load_behaviours()
    assert len({each.name for each in stored}) == len(stored) > 300
    assert all(each.wrong_answers and each.fails for each in stored)
