"""`tools/site.py` adapts Markdown for GitHub to the site."""

import pytest

from tools.site import adapted


@pytest.mark.parametrize(("is_at_root", "link", "on_site"), [
    (True, "docs/run.md#exit-codes", "run.md#exit-codes"),
    (True, "CONTRIBUTING.md", "CONTRIBUTING.md"),
    (True, "README.md", "index.md"),
    (True, "docs/pictures/failing-run.svg", "pictures/failing-run.svg"),
    (False, "../README.md", "index.md"),
    (False, "../CONTRIBUTING.md", "CONTRIBUTING.md"),
    (False, "requirements/pid.md#PID-001", "requirements/pid.md#PID-001"),
    (False, "https://example.com/docs/page", "https://example.com/docs/page"),
])  # fmt: skip
def test_links_lead_to_pages_of_the_site(is_at_root: bool, link: str, on_site: str) -> None:
    assert adapted(f"see [it]({link}).", is_at_root=is_at_root) == f"see [it]({on_site})."


def test_nested_items_have_four_spaces() -> None:
    assert adapted("1. one\n   - two\n- three\n  - four\n", is_at_root=False) == (
        "1. one\n    - two\n- three\n    - four\n"
    )


def test_code_stays_as_it_is() -> None:
    code = "```\n  - a\n[x](../README.md)\n```"
    assert adapted(f"text\n\n{code}\n\n  - b", is_at_root=False) == f"text\n\n{code}\n\n    - b"
