"""The Node adapter alone: the `hello` of each release, and the answers to calls and invalid messages."""

import json
import subprocess
from pathlib import Path

import pytest

from conformance.targets import npm
from conformance.wire.messages import HelloResult
from conformance.wire.methods import CAPABILITIES, METHODS
from reference_impl.profiles import profile
from reference_impl.releases import NPM_VERSIONS
from tests.support.node_adapter import LIMIT_A, POOL, SNAPSHOT, STICKY, Adapter, Call, opening, write_pool

pytestmark = pytest.mark.needs_node


# Hello.


@pytest.mark.parametrize("version", NPM_VERSIONS)
def test_hello_names_release_and_claims(adapter: Adapter, version: str) -> None:
    hello = HelloResult.model_validate(adapter.results(version, ("hello", {"wire": 1}))[0])
    assert (hello.name, hello.version, hello.profile) == ("opencode-antigravity-auth", version, version)
    assert set(hello.capabilities) <= set(CAPABILITIES)
    claimed = {name for name, method in METHODS.items() if method.needs in ("", *hello.capabilities)}
    answers = adapter.answers(version, *[(name, {}) for name in METHODS])
    answered = {
        name for name, answer in zip(METHODS, answers, strict=True) if answer.get("error", {}).get("code") != -32601
    }
    assert answered == claimed


@pytest.mark.parametrize("version", NPM_VERSIONS)
def test_a_release_claims_what_its_profile_has(adapter: Adapter, version: str) -> None:
    """`SINCE` in reference_impl/capabilities.py has the release of each capability."""
    claimed = adapter.results(version, ("hello", {}))[0]["capabilities"]
    assert {*claimed, "fork"} == {word for word in CAPABILITIES if profile(version).knows(word)}


def test_a_fork_under_another_name_claims_no_release(packages: dict[str, Path], tmp_path: Path) -> None:
    fork = tmp_path / "node_modules" / "renamed"
    fork.mkdir(parents=True)
    (fork / "package.json").write_text('{"name": "renamed", "version": "0.1.0", "type": "module"}')
    (fork / "dist").symlink_to(packages["1.3.0"] / "dist")
    (hello,) = Adapter({"fork": fork}, tmp_path).results("fork", ("hello", {}))
    assert (hello["name"], hello["version"]) == ("renamed", "0.1.0")
    assert "profile" not in hello


def test_a_folder_without_a_release_is_named(tmp_path: Path) -> None:
    run = subprocess.run(npm.command(tmp_path), input="", capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 1
    assert f"{tmp_path}/package.json is missing" in run.stderr
    assert run.stdout == ""


# The wire.


def test_batch_keeps_order_with_slow_calls(adapter: Adapter) -> None:
    write_pool(adapter.home, POOL)
    stored = ("open", {"home": str(adapter.home)})
    results = adapter.results("1.6.0", stored, LIMIT_A, ("save", {}), STICKY, opening(), STICKY)
    assert [r and r.get("label") for r in results] == [None, None, None, "b", None, "a"]


def test_invalid_request_is_answered_and_survived(adapter: Adapter) -> None:
    lines = [b"{nope", b"", b'"\xff"', b'"word"', b"[]", b"null", b'{"jsonrpc":"2.0","id":5}']
    answers = adapter.lines("1.3.0", b"\n".join(lines) + b"\n")
    assert [answer["error"]["code"] for answer in answers] == [-32700] * 3 + [-32600] * 4
    assert [answer["id"] for answer in answers] == [None] * 7


def test_invalid_item_does_not_affect_its_batch(adapter: Adapter) -> None:
    line = b'[7,{"id":1,"method":"hello","params":[]},{"id":2,"method":"constructor"},{"id":3,"method":"close"}]\n'
    (answers,) = adapter.lines("1.3.0", line)
    assert [answer.get("error", {}).get("code") for answer in answers] == [-32600, -32602, -32601, None]


def test_overlong_line_is_answered_once_and_skipped(adapter: Adapter) -> None:
    longest = b'"' + b"x" * (8 * 1024 * 1024 - 2) + b'"'
    answers = adapter.lines("1.3.0", longest + b"\n" + longest + b"x\n" + b'{"id":1,"method":"close"}\n')
    assert [answer.get("error", {}).get("code") for answer in answers] == [-32600, -32700, None]
    assert "a line above 8388608 bytes" in answers[1]["error"]["message"]


def test_a_last_line_without_an_end_is_answered(adapter: Adapter) -> None:
    assert adapter.lines("1.3.0", b'{"id":1,"method":"close"}') == [{"jsonrpc": "2.0", "id": 1, "result": None}]


def test_method_the_release_lacks_is_not_supported(adapter: Adapter) -> None:
    calls: list[Call] = [
        ("set_enabled", {"label": "a", "enabled": False}),
        ("fork", {"calls": []}),
        ("min_wait", {"family": "gemini", "header_style": "gemini-cli", "strict": True}),
        ("select", {**STICKY[1], "soft_quota_threshold_percent": 90}),
    ]
    answers = adapter.answers("1.3.0", opening(), *calls)
    assert [answer["error"]["code"] for answer in answers[1:]] == [-32601] * 4


@pytest.mark.parametrize("version", NPM_VERSIONS)
def test_refusals_have_their_kind(adapter: Adapter, version: str) -> None:
    unknown = ("mark_rate_limited", {**LIMIT_A[1], "label": "z"})
    answers = adapter.answers(
        version, STICKY, LIMIT_A, opening(), unknown, ("save", {}), ("close", {}), ("advance", {"ms": 1})
    )
    refusals = [answer.get("error", {}).get("data", {}).get("refusal") for answer in answers]
    assert refusals == ["not_open", "not_open", None, "unknown_account", "no_folder", None, "not_open"]


def test_label_disables_the_right_account_despite_gaps(adapter: Adapter) -> None:
    pool = {"accounts": [{"refreshToken": label} for label in ("", "b", "c")]}
    disable = ("set_enabled", {"label": "b", "enabled": False})
    *_, snapshot = adapter.results("1.6.0", opening(pool=pool), disable, SNAPSHOT)
    assert [(account["label"], account["enabled"]) for account in snapshot["accounts"]] == [("b", False), ("c", True)]


def test_exception_of_the_release_is_an_internal_error(adapter: Adapter) -> None:
    _, thrown, then = adapter.answers("1.3.0", opening(), opening(pool={"accounts": [None]}), STICKY)
    assert thrown["error"]["code"] == -32603
    assert "TypeError" in thrown["error"]["message"]
    assert then["error"]["data"] == {"refusal": "not_open"}


def test_non_finite_number_is_an_internal_error(adapter: Adapter) -> None:
    beyond = ("advance", {"ms": 1.7e308})
    _, finite, infinite, then = adapter.answers("1.3.0", opening(), beyond, beyond, STICKY)
    assert finite["result"] == {"now_ms": 1.7e308}
    assert infinite["error"]["code"] == -32603
    assert then["result"]["label"] == "a"


def test_overlong_line_of_answers_is_an_error(adapter: Adapter) -> None:
    long_label = opening(pool={"accounts": [{"refreshToken": "a" * 1_000_000}]})
    batch = [{"id": n, "method": m, "params": p} for n, (m, p) in enumerate([long_label, *[SNAPSHOT] * 8])]
    (answer,) = adapter.lines("1.3.0", json.dumps(batch).encode())
    assert answer["error"]["code"] == -32603
    assert "send smaller batches" in answer["error"]["message"]
