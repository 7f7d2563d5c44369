"""Every linked page exists."""

import re

from tests.support.command import CHECKOUT
from tools.readme import README


def test_every_page_that_is_linked_exists() -> None:
    for page in [README, *CHECKOUT.glob("docs/*.md"), CHECKOUT / "ARCHITECTURE.md"]:
        for target in re.findall(r"\]\((?!https:)([^)#:]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
