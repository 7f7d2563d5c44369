"""The lines of `docs/capabilities.md`: what each capability claims, and what is asked because of it."""

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby

from conformance.requirements.build_order import STEPS
from conformance.requirements.catalogue import Catalogue, Requirement, applies
from conformance.wire.methods import CAPABILITIES, METHODS
from conformance.wire.needs import need_of_parameter
from reference_impl.releases import RECOMMENDED

# What a claim means beyond its methods and parameters.
NOTES = {
    "sticky": "Claim this first. Most rules observe the target through selections with `sticky` or `round-robin`.",
    "pid": "Without this capability, the offset is tested only with real processes (section PROC).",
    "clock": "Without it, the target uses the clock of its machine. The kit then sends no stored times, no limit "
    "shorter than 60 s, and no call whose answer changes with every millisecond.",
    "random": "Without it, the kit sends no error of the reason `MODEL_CAPACITY_EXHAUSTED`, whose backoff is random.",
    "header-styles": "Without it, the kit sends no limits of Gemini, because they belong to a header style.",
    "stored-state": "Without it, no pool that the kit sends contains such state.",
    "soft-quota": "Without it, no pool that the kit sends contains `cachedQuota`.",
    "used": "No rule needs it. With it, some cases and the generated sessions also call `mark_used`.",
    "snapshot": "No rule needs it. With it, some cases and `fuzz` also compare the state.",
    "storage": "With it, the pool is also read from `.config/opencode/antigravity-accounts.json` in the home folder.",
    "config": "With it, the processes of section PROC load strategy and offset from a config file.",
    "fork": "For ports in Python, the kit implements the method.",
}


def lines(catalogue: Catalogue) -> Iterator[str]:
    """The page, line by line."""
    yield "# Capabilities\n"
    yield (
        "A target lists its capabilities in its answer to `hello`. The kit judges a rule only if the target claims all "
        "capabilities that the rule needs. It never asks for more, and never shows a rule as passed that it did not "
        "judge. So begin with one capability, and claim the next when it works.\n"
    )
    yield "## The order in which to build\n"
    yield (
        "**rules**: the recommended rules that a port is judged by after this step. [Port the selection](port.md) "
        "describes the steps.\n"
    )
    yield "| step | | claim | what to write | rules |\n|-|-|-|-|-|"
    rules = [rule for rule in catalogue if applies(rule, RECOMMENDED)]
    claimed: set[str] = set()
    for number, step in enumerate(STEPS, 1):
        claimed |= set(step.capabilities)
        count = sum(set(rule.needs) <= claimed for rule in rules)
        yield f"| {number} | {step.title} | {_words(step.capabilities)} | {step.text} | {count} |"
    yield "\n## All capabilities\n"
    yield "A rule that needs several capabilities is listed under each of them.\n"
    for name, text in CAPABILITIES.items():
        yield from _capability(name, text, [rule for rule in catalogue if name in rule.needs])


def _capability(name: str, text: str, rules: list[Requirement]) -> Iterator[str]:
    yield f"### `{name}`\n"
    yield f"- claims: {text}" + (f". {NOTES[name]}" if name in NOTES else "")
    methods = [f"[`{method}`](wire.md#{method})" for method, row in METHODS.items() if row.needs == name]
    if methods:
        yield f"- methods: {', '.join(methods)}"
    parameters = [
        f"`{parameter}` of [`{method}`](wire.md#{method})"
        for method, row in METHODS.items()
        for parameter in row.params.model_fields
        if need_of_parameter(method, parameter) == name
    ]
    if parameters:
        yield f"- parameters: {', '.join(parameters)}"
    yield f"- rules: {', '.join(_links(rules)) or 'none'}\n"


def _links(rules: Collection[Requirement]) -> Iterator[str]:
    """The rules by section, as ranges of numbers."""
    by_section: dict[str, list[int]] = {}
    for rule in rules:
        prefix, _, number = rule.id.partition("-")
        by_section.setdefault(prefix, []).append(int(number))
    for prefix, numbers in by_section.items():
        yield f"[{prefix}](requirements/{prefix.lower()}.md) {', '.join(_ranges(numbers))}"


def _ranges(numbers: Sequence[int]) -> Iterator[str]:
    """The numbers; three or more in a row as a range."""
    for _, group in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        run = [f"{number:03}" for _, number in group]
        if len(run) > 2:
            yield f"{run[0]} to {run[-1]}"
        else:
            yield from run


def _words(names: Collection[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
