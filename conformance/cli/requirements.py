"""`requirements list` and `requirements show ID`: prints the catalogue."""

import argparse
from collections.abc import Sequence

from conformance.cli.nearest import near_rule
from conformance.reports.describe import wrap
from conformance.requirements import load_catalogue
from conformance.requirements.quirks import check_quirks
from conformance.targets.errors import UsageFault

HELP = "print the catalogue"
DESCRIPTION = """\
Prints the catalogue of rules.

list  print id, level and title of each rule
show  print also its text, source, releases, needs and mutant"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["list", "show"])
    parser.add_argument("ids", nargs="*", metavar="ID|SECTION", help="Rules or sections (default: all)")


def main(options: argparse.Namespace, command: Sequence[str]) -> int:
    if command:
        raise UsageFault("requirements takes no command after --")
    catalogue = load_catalogue()
    check_quirks()
    try:
        chosen = catalogue.choose(options.ids)
    except KeyError as error:
        near = near_rule(error.args[0], catalogue)
        raise UsageFault(
            f"there is no requirement or section {error}{near} `requirements list` prints all of them"
        ) from error
    for section in catalogue.sections:
        listed = [r for r in section.requirement if r in chosen]
        if listed:
            print(f"{section.title}\n{wrap(section.about, '  ')}")
        for requirement in listed:
            print(f"  {requirement.id:9}{requirement.level:8}{requirement.title}")
            if options.action == "show":
                print(wrap(requirement.text, " " * 11))
                print(wrap(f"source: {requirement.source}", " " * 11))
                print(wrap(f"releases: {', '.join(requirement.releases)}", " " * 11))
                print(wrap(f"needs: {', '.join(requirement.needs) or 'only `open`'}", " " * 11))
                print(wrap(f"mutant: {requirement.mutant}: {requirement.mutant_text}", " " * 11))
                if requirement.superseded_by:
                    print(wrap(f"superseded by {requirement.superseded_by}", " " * 11))
    return 0
