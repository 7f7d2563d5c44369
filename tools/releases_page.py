"""`python -m tools.releases_page` writes docs/releases.md: what each release is, and how the releases differ."""

import json
import textwrap
from collections.abc import Collection, Iterator, Sequence

from conformance.generated import MARKDOWN_NOTE
from conformance.json_type import Json
from conformance.requirements import Catalogue, load_catalogue
from conformance.requirements.deviations import ReleaseDeviation, release_deviations
from conformance.wire.methods import CAPABILITIES
from reference_impl.capabilities import SINCE
from reference_impl.config.keys import KEYS, keys_of
from reference_impl.profiles import QUIRKS, profile
from reference_impl.releases import RELEASES, VERSIONS, Release
from tests.support.command import CHECKOUT

PAGE = CHECKOUT / "docs" / "releases.md"
INTRO = """\
# The releases

The kit knows {count} releases of `opencode-antigravity-auth`. `reference@VERSION` behaves as that release does.
Versions with the same code for selection and config are judged as one release. [The requirements](requirements.md) have
every rule, and every known deviation with its evidence.
"""
SOURCES = """
- `antigravity-conformance run npm:opencode-antigravity-auth@{npm}` judges a release on npm.
- The other releases exist only as git tags of the plugin's repository. `antigravity-conformance run plugin:PATH` judges
  a checkout of such a tag, for example of `v{tag}`.
- "Rules" counts the rules that a release is judged by. "Known deviations" counts its departures from them.
- `fixtures/recordings` stores what each release answers to one set of scenarios. The tests compare the reference with
  it, and `make recordings` asks the releases again.
"""
QUIRKS_INTRO = """
## Quirks

A quirk is a named way in which one or more releases behave. A dot: the release has the quirk.
`antigravity-conformance identify TARGET` reports the quirks of any target.
"""
CAPABILITIES_INTRO = """
## Capabilities

{common}
"""
KEYS_INTRO = """
## Config keys

The default of each key in each release. Empty: the release does not know the key. None: the key has no default.
"""


def render(catalogue: Catalogue, deviations: Sequence[ReleaseDeviation]) -> str:
    """The whole page."""
    return "\n".join(_page(catalogue, deviations)) + "\n"


def _page(catalogue: Catalogue, deviations: Sequence[ReleaseDeviation]) -> Iterator[str]:
    yield MARKDOWN_NOTE + INTRO.format(count=len(RELEASES))
    yield "| release | date | source | versions with the same code | rules | known deviations | quirks |"
    yield "|-|-|-|-|-|-|-|"
    for release in RELEASES:
        yield _release(release, catalogue, deviations)
    newest = {source: [r.version for r in RELEASES if r.source == source][-1] for source in ("npm", "git tag")}
    yield SOURCES.format(npm=newest["npm"], tag=newest["git tag"])[:-1]
    yield QUIRKS_INTRO
    yield _head("quirk", "what it does")
    for quirk in QUIRKS:
        yield _row(f"`{quirk.name}`", quirk.text, *_dots(quirk.releases))
    yield CAPABILITIES_INTRO.format(common=textwrap.fill(_common_capabilities(), 120, break_on_hyphens=False))
    yield _head("capability", "what it covers")
    for word in sorted(SINCE, key=lambda word: (VERSIONS.index(SINCE[word]), [*CAPABILITIES].index(word))):
        yield _row(f"`{word}`", CAPABILITIES[word], *_dots([v for v in VERSIONS if profile(v).knows(word)]))
    yield KEYS_INTRO
    yield _head("key")
    defaults = [{key.path: key.default for key in keys_of(profile(version))} for version in VERSIONS]
    for path in dict.fromkeys(key.path for key in KEYS):
        yield _row(f"`{path}`", *(_default(known[path]) if path in known else "" for known in defaults))


def _release(release: Release, catalogue: Catalogue, deviations: Sequence[ReleaseDeviation]) -> str:
    version = release.version
    counts = (
        sum(version in requirement.releases for requirement in catalogue),
        sum(version in deviation.releases for deviation in deviations),
        len(profile(version).quirks),
    )
    return _row(version, str(release.date), release.source, ", ".join(release.same_code), *map(str, counts))


def _head(*columns: str) -> str:
    return f"{_row(*columns, *VERSIONS)}\n|{'-|' * (len(columns) + len(VERSIONS))}"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _dots(releases: Collection[str]) -> list[str]:
    return ["·" if version in releases else "" for version in VERSIONS]


def _default(value: Json) -> str:
    return "none" if value is None else f"`{json.dumps(value)}`"


def _common_capabilities() -> str:
    *first, last = [f"`{word}`" for word in CAPABILITIES if word not in {*SINCE, "fork"}]
    return (
        f"Adapters of all releases claim {', '.join(first)} and {last}. Only ports in Python can claim `fork`. "
        "The others depend on the release:"
    )


if __name__ == "__main__":
    rules = load_catalogue()
    PAGE.write_text(render(rules, release_deviations(rules)), encoding="utf-8")
