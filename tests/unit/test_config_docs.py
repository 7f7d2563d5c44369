"""The statements of the plugin's documents about config: every line is assigned, and every statement has rules."""

import pytest

from conformance.requirements import load_catalogue
from conformance.requirements.errata import load_errata
from tools.config_docs import PAGE, Statement, load_config_docs, places, render
from tools.documents import load_lines

DOCS, LINES, CATALOGUE = load_config_docs(), load_lines(), load_catalogue()


def test_every_line_about_config_has_a_statement() -> None:
    known = {it.id for it in DOCS.statements} | {it.id for it in DOCS.beyond} | {it.id for it in load_errata()}
    unread = [
        f"{release} {document}:{number}"
        for release, documents in LINES.items()
        for document, numbered in documents.items()
        for number, line in numbered.items()
        if not line.ids or not known.issuperset(line.ids)
    ]
    assert unread == [], "assign these lines to statements in config_docs_lines.json"


@pytest.mark.parametrize("statement", DOCS.statements, ids=lambda it: it.id)
def test_statement_has_lines_rules_and_evidence(statement: Statement) -> None:
    assert {*statement.wrong} <= {*places(LINES, statement.id)} != set()
    assert [id_ for id_ in statement.rules if id_ not in CATALOGUE.by_id] == []
    assert [*statement.runs()] or statement.shown_by or not statement.wrong


def test_every_config_rule_is_stated_or_listed() -> None:
    stated = {id_ for statement in DOCS.statements for id_ in statement.rules}
    rules = {rule.id for rule in CATALOGUE if rule.id.partition("-")[0] in {"CFG", "ENV", "PATH", "LAY"}}
    assert rules - stated == {*DOCS.unstated}


def test_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(DOCS, LINES), "run `make docs`"
