"""The rules of races: the section RACE of the catalogue."""

from collections.abc import Mapping

from conformance.requirements.catalogue import Requirement, load_section

RULES: Mapping[str, Requirement] = {rule.id: rule for rule in load_section("71_races.toml").requirement}
