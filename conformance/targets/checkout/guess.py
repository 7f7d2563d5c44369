"""Suggests a mapping, from the sources, if selection or config is not at the plugin's usual path."""

import re
from collections.abc import Iterator
from pathlib import Path

from conformance.targets.checkout.locate import NEEDED, Modules, module_files, rank
from conformance.targets.checkout.mapping import FILE, Mapping
from conformance.texts import many

SHOWN = 4  # candidates of one part, after the first

_USUAL = {"selection": "src/plugin/accounts.ts", "config": "src/plugin/config/loader.ts"}
_KEYS = {"selection": "class", "config": "function"}
_EXPORTS = {
    "selection": re.compile(r"export (?:default |abstract )*class (\w*(?:Account|Pool|Manager|Rotat)\w*)"),
    "config": re.compile(r"export (?:async )?function ((?:load|read|get)\w*(?:Config|Settings))\b"),
}
# A candidate for that part must also contain this.
_MENTIONS = {
    "selection": re.compile(r"\b(?:getCurrentOrNext\w*|(?:select|pick|choose|next)\w*Account\w*) ?\("),
    "config": re.compile(r"readFile|JSON\.parse|safeParse|\.env\b"),
}
_LIKE = re.compile(r"export (?:async )?function load(?:Plugin)?Config\b|\bgetCurrentOrNextForFamily\(")


def explain_missing(path: str, checkout: Path, modules: Modules, mapping: Mapping) -> str:
    """The message about missing modules, with a mapping to complete that lists all candidates."""
    tables = {part: _table(part, checkout, modules, mapping) for part in NEEDED}
    is_hopeless = not any(tables.values())
    lines = [
        f"plugin:{path}: {' and '.join(modules.missing)} not found; expected "
        f"{' and '.join(_USUAL[part] for part in modules.missing)}, built or not, at the root or in a package.",
    ]
    if is_hopeless:
        lines.append(
            "The kit found no candidate for either. If this is a port with an adapter, name its command: "
            "run -- COMMAND (docs/adapter.md)"
        )
    lines += [
        f"Write this into {FILE} in the checkout, or into a file for --mapping, and correct it:",
        "",
    ]
    left_out = [f"{part} = false  # no candidate found" for part in NEEDED if not tables[part]]
    if left_out and not is_hopeless:
        lines += ["[plugin]", *left_out, ""]
    for part in NEEDED:
        table = tables[part] or ([f'module = "?"  # and {_KEYS[part]} = "?"'] if is_hopeless else [])
        lines += [f"[plugin.{part}]", *table, ""] if table else []
    return "\n".join(
        [
            *lines,
            "`false` leaves out a part, so that the kit judges only the other one. docs/forks.md describes all keys",
        ]
    )


def _table(part: str, checkout: Path, modules: Modules, mapping: Mapping) -> list[str]:
    """The lines of one table; empty if there is no candidate."""
    if mapping.module(part) is False:
        return []
    if part in modules.found:
        return [f'module = "{modules.found[part]}"']
    if part in modules.others:
        first, *others = modules.others[part]
        left = len(others) - SHOWN
        rest = [f"# and {many(left, 'more candidate')}"] if left > 0 else []
        return [f'module = "{first}"', *(f"# or {file}" for file in others[:SHOWN]), *rest]
    found = sorted(_candidates(part, checkout))
    if not found:
        return []
    *_, file, name = found[0]
    more = dict.fromkeys(candidate[-2] for candidate in found if candidate[-2] != file)
    return [f'module = "{file}"', f'{_KEYS[part]} = "{name}"', *(f"# or {other}" for other in [*more][:2])]


def _candidates(part: str, checkout: Path) -> Iterator[tuple[bool, tuple[bool, int, str], bool, str, str]]:
    """Candidates, as sort keys (best first): likeness of the code, rank, likeness of the name, file, exported name."""
    for file in module_files(checkout):
        text = (checkout / file).read_text(encoding="utf-8", errors="replace")
        for name in _EXPORTS[part].findall(text):
            if _MENTIONS[part].search(text):
                yield not _LIKE.search(text), rank(file), name != "loadConfig", file, name
