"""All parts of the project support everything that the wire has. Each test names the incomplete file."""

import inspect
import json
import re
import typing
from itertools import islice

import pytest
from pydantic import BaseModel

from conformance.cases import test_05_wire
from conformance.requirements import load_catalogue
from conformance.search.differential import WITH_SWITCHES
from conformance.search.discrepancy import RULES, RULES_OF_STRATEGIES
from conformance.search.sessions import decode
from conformance.search.source import stream
from conformance.targets.checkout.mapping import CALLS
from conformance.vectors import load_vectors
from conformance.vectors.model import NEVER_ASKED
from conformance.wire import messages
from conformance.wire.methods import CAPABILITIES, METHODS
from conformance.wire.needs import BY_PARAMETER, needs
from conformance.wire.scenario import Call
from reference_impl import adapter as reference
from reference_impl.capabilities import SINCE
from tests.support.command import CHECKOUT
from tests.support.forgotten import assert_none

VECTORS = load_vectors()
SESSIONS = [decode(draft, list(CAPABILITIES)) for draft in islice(stream("complete"), 400)]
ADAPTER = CHECKOUT / "conformance" / "targets" / "node" / "plugin.mjs"
STRATEGIES = typing.get_args(messages.Strategy)
PARAMETERS = [(method, name) for method, row in METHODS.items() for name in row.params.model_fields]
DRAWN = [method for method in METHODS if method not in ("hello", "fork")]  # their results cannot be compared
# Parameters that every adapter of wire version 1 accepts. A new parameter needs a capability.
FIRST = {
    ("hello", "wire"), ("open", "pool"), ("open", "pid"),
    *((method, name) for method in ("load_config", "fork") for name in METHODS[method].params.model_fields),
}  # fmt: skip
OF_THE_CALL = {"family", "strategy", "model", "header_style", "label", "retry_after_ms", "failure_ttl_ms", "reason",
               "cooldown_ms", "enabled", "outcome", "amount", "ms", "quota", "message", "url", "enable", "session",
               "status", "soft_quota_cache_ttl_minutes", "quota_refresh_interval_minutes"}  # fmt: skip


# The adapters


@pytest.mark.parametrize("method", [method for method in METHODS if method != "fork"])  # `serve` implements `fork`
def test_reference_takes_the_parameters(method: str) -> None:
    function = getattr(reference.ReferenceAdapter, method, None)
    assert function is not None, f"write `{method}` in reference_impl/adapter.py"
    taken = {p.name: p.default is p.empty for p in [*inspect.signature(function).parameters.values()][1:]}
    fields = {name: field.is_required() for name, field in METHODS[method].params.model_fields.items()}
    taken |= {"wire": False} if method == "hello" else {}
    assert taken == fields, f"parameters of `{method}`, and whether they are required, in reference_impl/adapter.py"


def test_reference_claims_every_capability() -> None:
    assert_none(set(CAPABILITIES) ^ set(reference.CAPABILITIES), "CAPABILITIES in reference_impl/adapter.py differ")
    assert_none(set(SINCE) - set(CAPABILITIES), "SINCE in reference_impl/capabilities.py has what is not on the wire")


def in_node_adapter(method: str) -> str:
    """The source of one method of the Node adapter, up to the next method."""
    source = ADAPTER.read_text(encoding="utf-8")
    begin = re.search(rf"^ +{method}[(:]", source, re.MULTILINE)
    assert begin, f"write `{method}` in {ADAPTER.relative_to(CHECKOUT)}"
    names = "|".join(other for other in METHODS if other != method)
    end = re.search(rf"^ +(?:{names})[(:]", source[begin.end() :], re.MULTILINE)
    return source[begin.start() : begin.end() + end.start() if end else None]


@pytest.mark.parametrize("method", [method for method in METHODS if method != "fork"])  # Node cannot fork
def test_node_adapter_takes_the_parameters(method: str) -> None:
    source = in_node_adapter(method)
    missing = [name for name in METHODS[method].params.model_fields if not re.search(rf"\b{name}\b", source)]
    assert_none({*missing} - {"wire"}, f"`{method}` in conformance/targets/node/plugin.mjs does not read")


def test_node_adapter_can_claim_every_capability() -> None:
    source = ADAPTER.read_text(encoding="utf-8")
    claims = {word for word in CAPABILITIES if f'"{word}"' in source.partition("const capabilities = [")[2]}
    assert_none({*CAPABILITIES} - claims - {"fork"}, "`capabilities` in conformance/targets/node/plugin.mjs lacks")


@pytest.mark.parametrize("method", [method for method in CALLS if method in METHODS and method != "open"])
def test_plugin_call_is_given_the_parameters(method: str) -> None:
    given = set(CALLS[method]["parameters"])
    by_environment = {"home", "environment", "platform"} if method in ("load_config", "pool_path") else set()
    account = {"label"} if given & {"account", "index", "position"} else set()
    missing = METHODS[method].params.model_fields.keys() - given - by_environment - account
    assert_none(missing, f"`parameters` of `{method}` in conformance/targets/node/calls.json lack")


# What a target must claim


@pytest.mark.parametrize(("method", "name"), PARAMETERS)
def test_new_parameter_needs_a_capability(method: str, name: str) -> None:
    known = {*BY_PARAMETER, *OF_THE_CALL, "header_style" if method == "min_wait" else ""}
    assert name in known or (method, name) in FIRST, (
        f"`{name}` of `{method}`: existing adapters lack it; add it to BY_PARAMETER in conformance/wire/needs.py"
    )


def test_every_capability_is_needed_by_a_call() -> None:
    load = {"directory": "/", "home": "/", "environment": {"A": "1"}, "platform": "darwin"}
    calls = [Call("load_config", load), Call("min_wait", {"family": "claude", "header_style": "antigravity"})]
    calls += [Call("select", {"family": "claude", "strategy": strategy}) for strategy in STRATEGIES]
    calls.append(Call("select", {"family": "claude", "strategy": "sticky", "pid_offset_enabled": True}))
    calls.append(Call("open", {"pool": {"accounts": [{"refreshToken": "a", "enabled": False}]}}))
    needed = needs(calls) | {method.needs for method in METHODS.values()} | set(BY_PARAMETER.values())
    assert_none({*CAPABILITIES} ^ (needed - {""}), "conformance/wire/methods.py and needs.py disagree on")
    assert_none(set(BY_PARAMETER) - {name for _, name in PARAMETERS}, "conformance/wire/needs.py has no such parameter")


def test_every_capability_text_names_its_methods() -> None:
    unnamed = [name for name, row in METHODS.items() if row.needs and f"`{name}`" not in CAPABILITIES[row.needs]]
    assert_none(unnamed, "CAPABILITIES in conformance/wire/methods.py does not name")


def test_every_capability_has_a_rule_or_vector() -> None:
    needed = {word for rule in load_catalogue() for word in rule.needs}
    needed |= {word for vector in VECTORS for word in vector.document["needs"]}
    assert_none({*CAPABILITIES} - needed, "no rule in conformance/requirements and no vector needs")


def test_wire_page_knows_every_type() -> None:
    page = (CHECKOUT / "docs" / "wire.md").read_text(encoding="utf-8")
    unknown = set(re.findall(r"^  - `(\w+)` \(any JSON", page, re.MULTILINE))
    assert_none(unknown - {"pool", "label"}, "add their type to _WORDS in conformance/wire/page.py")


# Cases and vectors


def test_wire_cases_have_a_call_of_every_method() -> None:
    asked = {*test_05_wire.NEED_A_POOL, *test_05_wire.NAME_AN_ACCOUNT}
    assert_none(asked - set(test_05_wire.CALLS), "CALLS in conformance/cases/test_05_wire.py lacks")


def test_every_method_is_asked_by_a_vector() -> None:
    asked = {call["method"] for vector in VECTORS for call in vector.document["calls"]}
    missing = {*METHODS} - asked - {*NEVER_ASKED}
    assert_none(missing, "write a vector, or add to NEVER_ASKED in conformance/vectors/model.py")


def test_every_parameter_is_in_a_vector() -> None:
    given = {(c["method"], name) for vector in VECTORS for c in vector.document["calls"] for name in c["params"]}
    missing = {(method, name) for method, name in PARAMETERS if method not in NEVER_ASKED} - given
    assert_none(missing, "no vector in fixtures/vectors has")


# The search


def test_search_draws_every_method() -> None:
    drawn = {method for session in SESSIONS for method, _ in session.calls}
    assert_none(set(DRAWN) - drawn, "add a step to KINDS in conformance/search/steps.py that asks")


def test_search_draws_every_parameter() -> None:
    drawn = {(method, name) for session in SESSIONS for method, params in session.calls for name in params}
    missing = {(method, name) for method, name in PARAMETERS if method in DRAWN} - drawn
    assert_none(missing, "conformance/search/steps.py never draws")


@pytest.mark.parametrize("name", ["health", "tokens"])
def test_search_draws_every_setting(name: str) -> None:
    opened = [params[name] for session in SESSIONS for method, params in session.calls if name in params]
    settings: dict[str, type[BaseModel]] = {"health": messages.HealthSettings, "tokens": messages.TokenSettings}
    missing = settings[name].model_fields.keys() - {key for given in opened for key in given}
    assert_none(missing, f"`_set_up` in conformance/search/sessions.py never draws, of {name}")


@pytest.mark.parametrize("capability", [word for word in CAPABILITIES if word != "fork"])
def test_search_asks_for_every_capability(capability: str) -> None:
    fewer = [word for word in CAPABILITIES if word != capability]
    sessions = [decode(draft, fewer) for draft in islice(stream("complete"), 400)]
    changed = json.dumps([s.calls for s in sessions]) != json.dumps([s.calls for s in SESSIONS])
    assert changed, f"nothing in conformance/search/steps.py and sessions.py needs {capability}"


def test_a_discrepancy_is_attributed_to_a_rule() -> None:
    assert_none({*DRAWN} - {"select"} ^ set(RULES), "RULES in conformance/search/discrepancy.py is wrong about")
    assert_none({*STRATEGIES} ^ set(RULES_OF_STRATEGIES), "RULES_OF_STRATEGIES in conformance/search/discrepancy.py")
    unknown = {*RULES.values(), *RULES_OF_STRATEGIES.values()} - set(load_catalogue().by_id)
    assert_none(unknown, "conformance/search/discrepancy.py names rules that do not exist")


def test_search_tells_true_from_one() -> None:
    """They are equal in Python, so results with a boolean need another comparison."""
    boolean = {
        name for name, row in METHODS.items() for field in getattr(row.result, "model_fields", {}).values()
        if field.annotation is bool
    }  # fmt: skip
    assert_none({*boolean, "load_config"} ^ set(WITH_SWITCHES), "WITH_SWITCHES in conformance/search/differential.py")
