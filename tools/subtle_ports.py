"""`python -m tools.subtle_ports [measure [REGEX ...]]` writes docs/subtle-ports.md, which says what finds each port.

The page is made from docs/subtle-ports.json. `measure` judges the ports of `tests/fakes/blind` anew, those whose name a
REGEX finds or all: first with the cases of `run`, in this process, and those that pass with CALLS generated calls, as
`fuzz` makes them.
"""

import json
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from pydantic import BaseModel

from conformance.generated import MARKDOWN_NOTE
from conformance.requirements import load_catalogue
from conformance.requirements.catalogue import applies
from conformance.search.compare import first_difference
from conformance.search.oracle import Oracle
from conformance.search.sessions import decode
from conformance.search.source import stream
from conformance.wire.answers import Answer
from conformance.wire.files import ask
from reference_impl.profiles import profile
from reference_impl.releases import RECOMMENDED
from tests.fakes.blind.ports import Port, all_ports
from tests.support.command import CHECKOUT, run_kit
from tests.support.judging import Case, InProcessJudge, judge_cases, load_cases, needs_processes
from tools.release_targets import claimed_capabilities

TABLE = CHECKOUT / "docs" / "subtle-ports.json"
PAGE = CHECKOUT / "docs" / "subtle-ports.md"
CALLS, SEED = 100_000, "subtle ports"
PREFIXES = {
    "wire": "WIRE",
    "pool": "POOL", "pool-file": "STO", "saving": "STO", "sticky": "STK", "pid": "PID", "round-robin": "RR",
    "hybrid": "HYB", "health": "HEA", "tokens": "TOK", "limits": "LIM", "backoff": "BACK", "cooldown": "COOL",
    "waiting": "WAIT", "other-account": "OTH", "enabling": "ENA", "removal": "REM", "soft-quota": "SOFT",
    "sessions": "SES", "delayed-saves": "STO", "place": "PLACE", "styles": "STYLE", "errors": "ERR",
    "readings": "READ", "verification": "VER",
    "config-keys": "CFG", "environment": "ENV", "paths": "PATH", "layers": "LAY", "processes": "PROC",
}  # fmt: skip
CONFIG = ("CFG-", "ENV-", "PATH-", "LAY-")
INTRO = """\
# Ports with one subtle fault

Each row is the reference with one mistake that a port could have. The ports were written without sight of the cases,
the vectors and the generator. So this table measures how much the kit finds. The mutants of the requirements show only
that each rule can fail.

**run** is the first rule that fails, a MUST if there is one. **fuzz** is the number of generated calls until an answer
differs, for the ports that pass `run`; "no" means that {calls:,} calls did not find the fault. A test judges each port
again by the rule of its row. `make subtle` measures the whole table.
"""


class Found(BaseModel):
    """What finds a port: the first rule that fails and its case, or the calls of the search until an answer differs."""

    rule: str | None = None
    level: str | None = None
    case: str | None = None
    calls: int | None = None


def _of_config(port: Port) -> bool:
    """Whether the fault is in loading a config, which has no state in common with the use of accounts."""
    return f"{PREFIXES[port.section]}-".startswith(CONFIG)


def in_this_process(port: Port) -> bool:
    """Whether the fault shows without a process of the port's own."""
    return port.section != "processes" and not port.environment


def first_failure_of_processes(port: Port) -> Found | None:
    """Runs the rules of real processes on the command line."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "report.json")
        run_kit("run", "--only", "PROC,PID-010", "--json", str(file), f"python:{port.factory}")
        report = json.loads(file.read_text(encoding="utf-8"))
    failed = [each for each in report["requirements"] if each["verdict"] == "fail"]
    return Found(rule=failed[0]["id"], level=failed[0]["level"]) if failed else None


def first_failure(port: Port, cases: Sequence[Case]) -> Found | None:
    """Judges a port, the cases of its own section first."""
    known = {r.id: r.level for r in load_catalogue() if applies(r, RECOMMENDED) and not needs_processes(r)}
    own, loads = PREFIXES[port.section] + "-", _of_config(port)
    related = [case for case in cases if any(id_.startswith(CONFIG) == loads for id_ in case.requirements)]
    ordered = sorted(related, key=lambda case: not any(id_.startswith(own) for id_ in case.requirements))
    lesser = None  # a failed SHOULD, which counts if no MUST fails
    for event in judge_cases(ordered, InProcessJudge(port.create), known):
        if event.outcome == "fail":
            rule = min(event.requirements, key=lambda id_: known[id_] != "MUST")
            found = Found(rule=rule, level=known[rule], case=event.name)
            if found.level == "MUST":
                return found
            lesser = lesser or found
    return lesser


def search(ports: Sequence[Port], calls: int = CALLS, seed: str = SEED) -> Iterator[tuple[Port, int]]:
    """Yields each port with an answer that differs, and the number of calls until then. All get the same sessions."""
    capabilities = claimed_capabilities(RECOMMENDED)
    oracle = Oracle(profile(RECOMMENDED))
    left = {port.name: (port, _oracle_of(port)) for port in ports}
    sent = 0
    for draft in stream(seed):
        if sent >= calls or not left:
            return
        session = decode(draft, capabilities)
        sent += len(session.calls)
        scenario = session.to_scenario()
        expected = ask(scenario, oracle.answers)
        loads = any(method == "load_config" for method, _ in session.calls)
        related = [name for name, (port, _) in left.items() if _of_config(port) == loads]
        for name in related:
            port, asked = left[name]
            answered: list[Answer] = ask(scenario, asked.answers)
            if answered != expected and first_difference(session.calls, expected, answered) is not None:
                del left[name]
                yield port, sent


def _oracle_of(port: Port) -> Oracle:
    """Asks the port as the search asks the reference."""
    oracle = Oracle(profile(RECOMMENDED), strict=False)  # the port may fail
    oracle.adapter = port.create()  # type: ignore[assignment]
    return oracle


def measure(ports: Sequence[Port], cases: Sequence[Case]) -> None:
    table: dict[str, Found] = {}
    passed = []
    for port in ports:
        found = first_failure(port, cases) if in_this_process(port) else first_failure_of_processes(port)
        print(f"{port.name}: {found.rule if found else 'passes run'}", flush=True)
        table[port.name] = found or Found()
        passed += [] if found else [port]
    write_table(read_table() | table)
    for port, calls in search(passed):
        print(f"{port.name}: differs within {calls:,} calls", flush=True)
        table[port.name] = Found(calls=calls)
        write_table(read_table() | table)


def read_table() -> dict[str, Found]:
    stored = json.loads(TABLE.read_text(encoding="utf-8")) if TABLE.exists() else {}
    return {name: Found.model_validate(entry) for name, entry in stored.items()}


def write_table(table: dict[str, Found]) -> None:
    entries = {name: table[name].model_dump(exclude_none=True) for name in all_ports() if name in table}
    lines = ",\n".join(f" {json.dumps(name)}: {json.dumps(entry)}" for name, entry in entries.items())
    TABLE.write_text("{\n" + lines + "\n}\n", encoding="utf-8")


def render(table: dict[str, Found]) -> str:
    ports = all_ports()
    by_run = sum(table[name].rule is not None for name in ports)
    by_search = sum(table[name].calls is not None for name in ports)
    lines = [
        MARKDOWN_NOTE + INTRO.format(calls=CALLS),
        f"{len(ports)} ports: `run` finds {by_run}, `fuzz` finds {by_search} of the rest. "
        f"Not found: {len(ports) - by_run - by_search}.\n",
    ]
    lines += ["| port | fault | run | fuzz |", "|-|-|-|-|"]
    for name, port in ports.items():
        found = table[name]
        searched = "" if found.rule else f"{found.calls:,}" if found.calls else "no"
        fault = port.fault.replace("|", "\\|")
        rule = f"{found.rule}{'' if found.level == 'MUST' else f' ({found.level})'}" if found.rule else "**passes**"
        lines.append(f"| `{name}` | {fault} | {rule} | {searched} |")
    return "\n".join(lines) + "\n"


class _Measuring:
    """Reads the cases as pytest collects them, in place of its collection."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self.patterns = patterns

    def pytest_collection(self, session: pytest.Session) -> bool:
        chosen = [port for name, port in all_ports().items() if any(re.search(p, name) for p in self.patterns)]
        with tempfile.TemporaryDirectory() as folder:
            measure(chosen, load_cases(session, Path(folder)))
        return True


def main(arguments: Sequence[str]) -> None:
    if arguments[:1] == ["measure"]:
        pytest.main(
            ["-q", "-s", "--assert=plain", "-p", "no:cacheprovider"], plugins=[_Measuring(arguments[1:] or [""])]
        )
    if not (missing := all_ports().keys() - read_table().keys()):
        PAGE.write_text(render(read_table()), encoding="utf-8")
    else:
        print(f"not measured yet: {', '.join(sorted(missing))}", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
