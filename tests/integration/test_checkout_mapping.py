"""A mapping file lets the kit judge a fork with other modules or methods."""

from pathlib import Path

import pytest

from conformance.targets.checkout import prepare
from conformance.targets.errors import AdapterFault
from conformance.targets.resolve import resolve
from conformance.targets.smoke import greet
from conformance.wire.answers import NotSupported, Result
from tests.support.checkouts import (
    ACCOUNTS,
    LOADER,
    MANAGER_TEXT,
    MIN_WAIT,
    OPEN,
    SELECT,
    ask_checkout,
    write_checkout,
)

SMALL = '[plugin.selection]\nmodule = "lib/pool.ts"\n'

CALLS = "[plugin.selection.calls]\n"


def write(folder: Path, text: str) -> Path:
    file = folder / "mapping.toml"
    file.write_text(text)
    return file


PORT = """\
export class AccountPool {
  accounts: any[];
  constructor(stored: any, private readonly host: { now: () => number; pid: number; random: () => number }) {
    const account = (entry: any, index: number) => ({ index, token: { value: entry.refreshToken } });
    this.accounts = stored.accounts.map(account);
  }
  pick(family: string, { offset, mode }: { offset: boolean; mode: string }) {
    return this.accounts[offset ? this.host.pid % this.accounts.length : mode === "sticky" ? 0 : 1];
  }
  wait() {
    return this.host.now();
  }
}
export const settings = ({ folder, env, home }: any) => ({ folder, home, shell: env.SHELL });
"""
MAPPING = """\
[plugin.selection]
module = "packages/core/src/pool.ts"
class = "AccountPool"
label = "token.value"

[plugin.selection.calls.open]
parameters = ["pool", { now = "clock", pid = "pid", random = "random" }]

[plugin.selection.calls.select]
name = "pick"
parameters = ["family", { offset = "pid_offset_enabled", mode = "strategy" }]

[plugin.selection.calls.min_wait]
name = "wait"
parameters = []

[plugin.config]
module = "packages/core/src/pool.ts"
function = "settings"
parameters = [{ folder = "directory", env = "environment", home = "home" }]
"""


@pytest.mark.needs_node
def test_mapped_port_with_injected_host_is_judged(tmp_path: Path, own_cache: Path) -> None:
    files: dict[str, str | None] = {"packages/core/src/pool.ts": PORT, ACCOUNTS: None, LOADER: None}
    checkout = write_checkout(tmp_path / "port", files)
    with_offset = ("select", {"family": "claude", "strategy": "sticky", "pid_offset_enabled": True})
    other = ("select", {"family": "claude", "strategy": "round-robin"})
    load = ("load_config", {"directory": "/p", "home": "/h", "environment": {"SHELL": "sh"}})
    hello, _, *answers = ask_checkout(
        checkout, [("hello", {"wire": 1}), OPEN, with_offset, SELECT, other, MIN_WAIT, load], write(tmp_path, MAPPING)
    )
    assert answers == [
        Result({"label": "c", "index": 2}),
        Result({"label": "a", "index": 0}),
        Result({"label": "b", "index": 1}),
        Result({"wait_ms": 1234}),
        Result({"config": {"folder": "/p", "home": "/h", "shell": "sh"}}),
    ]
    assert isinstance(hello, Result)
    assert {"pid", "round-robin", "config"} <= set(hello.value["capabilities"])
    assert not {"soft-quota", "strict-wait", "remove", "storage"} & set(hello.value["capabilities"])


@pytest.mark.needs_node
def test_unknown_family_of_a_fork_is_not_asked(tmp_path: Path, own_cache: Path) -> None:
    text = MANAGER_TEXT.replace(
        "  constructor(", "  currentAccountIndexByFamily = { moon: 2, claude: 1 };\n  constructor("
    )
    checkout = write_checkout(tmp_path / "fork", {ACCOUNTS: text})
    _, snapshot = ask_checkout(checkout, [OPEN, ("snapshot", {})])
    assert isinstance(snapshot, Result)
    assert snapshot.value["active_index_by_family"] == {"claude": 1}


@pytest.mark.needs_node
def test_partial_mapping_claims_its_part(tmp_path: Path, own_cache: Path) -> None:
    checkout = write_checkout(tmp_path / "fork")
    for part, left in (("config", SELECT), ("selection", ("load_config", {"directory": "/", "home": "/"}))):
        mapping = write(tmp_path, f"[plugin]\n{part} = false\n")
        hello, answer = ask_checkout(checkout, [("hello", {"wire": 1}), left], mapping)[:2]
        assert isinstance(hello, Result)
        assert ("sticky" in hello.value["capabilities"], "config" in hello.value["capabilities"]) == (
            part == "config",
            part == "selection",
        )
        assert not isinstance(answer, NotSupported)


@pytest.mark.needs_node
@pytest.mark.parametrize(
    ("method", "left_out", "capabilities", "calls"),
    [
        ("loadFromDisk", "load", {"storage"}, [("open", {"home": "/h"}), ("save", {})]),
        ("removeAccount", "remove", {"remove"}, [("remove", {"label": "a"})]),
    ],
)
def test_call_mapped_to_false_is_not_claimed(
    tmp_path: Path,
    own_cache: Path,
    method: str,
    left_out: str,
    capabilities: set[str],
    calls: list[tuple[str, dict[str, str]]],
) -> None:
    methods = """\
  static async loadFromDisk(auth: unknown) {
    return new AccountManager(auth, { accounts: [] });
  }
  async saveToDisk() {}
  removeAccount() {
    return true;
  }
  getCurrentOrNextForFamily("""
    text = MANAGER_TEXT.replace("  getCurrentOrNextForFamily(", methods)
    checkout = write_checkout(tmp_path / "fork", {ACCOUNTS: text})
    for mapping, claims in ((SMALL.replace("lib/pool.ts", ACCOUNTS), True), (f"{CALLS}{left_out} = false", False)):
        hello, _, *answers = ask_checkout(checkout, [("hello", {"wire": 1}), OPEN, *calls], write(tmp_path, mapping))
        assert isinstance(hello, Result)
        assert (capabilities <= set(hello.value["capabilities"])) is claims
        assert any(isinstance(answer, NotSupported) for answer in answers) is not claims


@pytest.mark.needs_node
def test_part_missing_beside_a_mapping_is_not_claimed(tmp_path: Path, own_cache: Path) -> None:
    checkout = write_checkout(tmp_path / "fork", {LOADER: None})
    with pytest.raises(AdapterFault, match="config not found"):
        prepare(str(checkout))
    mapping = write(tmp_path, f'[plugin.selection]\nmodule = "{ACCOUNTS}"\n')
    assert "config: not found, so not claimed" in prepare(str(checkout), mapping).notes


@pytest.mark.needs_node
def test_renamed_method_is_reported_with_its_mapping(tmp_path: Path, own_cache: Path) -> None:
    text = MANAGER_TEXT.replace(
        "getCurrentOrNextForFamily(family: string, model?: string)", "pickAccount({ family, zone })"
    )
    checkout = write_checkout(tmp_path / "fork", {ACCOUNTS: text})
    with pytest.raises(AdapterFault) as fault:
        ask_checkout(checkout, [OPEN])
    shown = [line.strip() for line in str(fault.value).splitlines()]
    place = shown.index("[plugin.selection.calls.select]")
    assert shown[place + 1 : place + 5] == [
        'name = "pickAccount"',
        'parameters = [{ family = "family", zone = "?zone" }]',
        "[plugin.selection.calls.open]",
        'parameters = ["auth", "pool"]  # its constructor takes (auth, pool)',
    ]


@pytest.mark.needs_node
@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (ACCOUNTS, "class AccountManager", "class Pool", "exports no class AccountManager; it exports Pool"),
        (LOADER, "loadConfig", "readConfig", "exports no function loadConfig; it exports readConfig"),
    ],
)
def test_renamed_export_is_reported(
    tmp_path: Path, own_cache: Path, file: str, old: str, new: str, message: str
) -> None:
    checkout = write_checkout(tmp_path / "fork")
    path = checkout / file
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(AdapterFault, match=message):
        ask_checkout(checkout, [OPEN])


@pytest.mark.needs_node
def test_other_constructor_parameters_print_a_mapping(tmp_path: Path, own_cache: Path) -> None:
    text = MANAGER_TEXT.replace("auth: unknown, pool:", "pool:")
    checkout = write_checkout(tmp_path / "fork", {ACCOUNTS: text})
    with pytest.raises(AdapterFault) as fault:
        greet(resolve(f"plugin:{checkout}", []), timeout_s=60)
    assert "its constructor threw TypeError: " in str(fault.value)
    assert '[plugin.selection.calls.open]\nparameters = ["pool"]  # its constructor takes (pool)' in str(fault.value)


QUOTAS = """\
export class AccountManager {
  accounts: any[];
  constructor(auth: unknown, pool: any) {
    const account = ({ refreshToken, limited }: any, index: number) => ({ index, parts: { refreshToken }, limited });
    this.accounts = pool.accounts.map(account);
  }
  getCurrentOrNextForFamily(family: string) {
    return this.accounts.find((account) => !account.limited) ?? null;
  }
  markRateLimited(account: any, retryAfterMs: number, family: string) {
    account.limited = true;
  }
  updateQuotaCache(refreshToken: string, quota: any) {
    this.accounts.find((account) => account.parts.refreshToken === refreshToken).limited = quota.spent;
  }
}
"""


@pytest.mark.needs_node
def test_account_is_named_by_its_token(tmp_path: Path, own_cache: Path) -> None:
    """A parameter whose name ends in `Token` is given the refresh token, not the position of the account."""
    checkout = write_checkout(tmp_path / "fork", {ACCOUNTS: QUOTAS})
    spent = ("update_quota", {"label": "a", "quota": {"spent": True}})
    assert ask_checkout(checkout, [OPEN, spent, SELECT])[1:] == [Result(None), Result({"label": "b", "index": 1})]


@pytest.mark.needs_node
def test_fork_without_header_styles_claims_none(tmp_path: Path, own_cache: Path) -> None:
    for parameter in ("", ", headerStyle = 'antigravity'"):
        text = QUOTAS.replace("family: string) {\n    account", f"family: string{parameter}) {{\n    account")
        checkout = write_checkout(tmp_path / f"fork{len(parameter)}", {ACCOUNTS: text})
        (hello,) = ask_checkout(checkout, [("hello", {"wire": 1})])
        assert isinstance(hello, Result)
        assert ("header-styles" in hello.value["capabilities"]) == bool(parameter)
