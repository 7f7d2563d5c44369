"""The answers of docs/faq.md hold for the reference at the releases that they name."""

import json
from pathlib import Path

import pytest

from reference_impl.adapter import ReferenceAdapter
from reference_impl.releases import VERSIONS

POOL_FILE = ".config/opencode/antigravity-accounts.json"
NOW_MS = 1_700_000_000_000
SOFT = {"soft_quota_threshold_percent": 40, "soft_quota_cache_ttl_ms": 600_000}


def accounts(*names: str, **fields: object) -> list[dict[str, object]]:
    """Accounts with these tokens; `fields` belong to the first."""
    entries: list[dict[str, object]] = [{"refreshToken": name, "addedAt": 0, "lastUsed": 0} for name in names]
    entries[0].update(fields)
    return entries


def opened(release: str, pid: int = 0, pool: list[dict[str, object]] | None = None) -> ReferenceAdapter:
    target = ReferenceAdapter(release)
    target.open({"accounts": pool or accounts("plum", "fig", "pear")}, pid=pid, now_ms=NOW_MS)
    return target


def starts(release: str, strategy: str, pids: range = range(3)) -> list[str]:
    """The first account of each process, with the PID offset on."""
    return [opened(release, pid).select("claude", strategy, pid_offset_enabled=True)["label"] for pid in pids]  # type: ignore[arg-type]


@pytest.mark.parametrize("release", ["1.3.0", "1.6.0"])
def test_offset_needs_sticky(release: str) -> None:
    assert ReferenceAdapter(release).load_config("/none", "/none")["config"]["account_selection_strategy"] == "hybrid"
    assert starts(release, "hybrid") == ["plum"] * 3
    assert starts(release, "sticky") == ["plum", "fig", "pear"]


def test_round_robin_ignores_offset() -> None:
    assert starts("1.6.0", "round-robin") == ["plum"] * 3


@pytest.mark.parametrize(("release", "strategy", "selected"), [
    ("1.2.8", "sticky", "plum"),
    ("1.3.0", "sticky", "fig"),
    ("1.3.0", "round-robin", "fig"),
    ("1.6.0", "hybrid", "plum"),
])  # fmt: skip
def test_gemini_limit_of_one_style(release: str, strategy: str, selected: str) -> None:
    limited = accounts("plum", "fig", rateLimitResetTimes={"gemini-antigravity": NOW_MS + 60_000})
    assert opened(release, pool=limited).select("gemini", strategy)["label"] == selected  # type: ignore[arg-type]


@pytest.mark.parametrize(("release", "rotated", "kept"), [
    ("1.2.8", "plum", "plum"),
    ("1.3.0", "plum", "plum"),
    ("1.3.2", "fig", "plum"),
    ("1.4.5", "fig", "plum"),
    ("1.5.5", "fig", "fig"),
    ("1.6.0", "fig", "fig"),
])  # fmt: skip
def test_disabled_account_by_release(release: str, rotated: str, kept: str) -> None:
    pool = accounts("plum", "fig", enabled=False)
    assert opened(release, pool=pool).select("claude", "round-robin")["label"] == rotated
    assert opened(release, pool=pool).select("claude", "sticky")["label"] == kept


def saved_after(release: str, home: Path, written: list[dict[str, object]]) -> list[dict[str, object]]:
    """The accounts of the pool file after a session that read two accounts saves over `written`."""
    file = home / POOL_FILE
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"version": 3, "accounts": accounts("plum", "fig"), "activeIndex": 0}))
    target = ReferenceAdapter(release)
    target.open(home=str(home), now_ms=NOW_MS)
    file.write_text(json.dumps({"version": 3, "accounts": written, "activeIndex": 0}))
    target.save()
    saved: list[dict[str, object]] = json.loads(file.read_text())["accounts"]
    return saved


@pytest.mark.parametrize("release", VERSIONS)
def test_save_restores_removed_account(release: str, tmp_path: Path) -> None:
    saved = saved_after(release, tmp_path, accounts("plum"))
    assert [account["refreshToken"] for account in saved] == ["plum", "fig"]


@pytest.mark.parametrize(("release", "enabled"), [("1.4.5", False), ("1.5.5", True), ("1.6.0", True)])
def test_save_may_enable_account(release: str, enabled: bool, tmp_path: Path) -> None:
    saved = saved_after(release, tmp_path, accounts("plum", "fig", enabled=False))
    assert saved[0]["enabled"] is enabled


@pytest.mark.parametrize(("age_ms", "selected"), [(0, "fig"), (600_001, "plum"), (None, "plum")])
def test_old_or_missing_reading_does_not_count(age_ms: int | None, selected: str) -> None:
    reading = {"cachedQuota": {"claude": {"remainingFraction": 0.2, "modelCount": 1}}}
    pool = accounts("plum", "fig", **({} if age_ms is None else reading | {"cachedQuotaUpdatedAt": NOW_MS - age_ms}))
    assert opened("1.6.0", pool=pool).select("claude", "sticky", **SOFT)["label"] == selected  # type: ignore[arg-type]
    assert not ReferenceAdapter("1.4.3").profile.knows("soft-quota")


def loaded(release: str, root: Path, user: str, project: str = "", **arguments: object) -> dict[str, object]:
    for file, text in (("home/.config/opencode", user), ("project/.opencode", project)):
        (root / file).mkdir(parents=True)
        if text:
            (root / file / "antigravity.json").write_text(text)
    target = ReferenceAdapter(release)
    config: dict[str, object] = target.load_config(str(root / "project"), str(root / "home"), **arguments)["config"]  # type: ignore[arg-type]
    return config


@pytest.mark.parametrize("user", [
    '{"pid_offset_enabled": true, "quiet_mode": "true"}',
    '{"pid_offset_enabled": true} // on',
    '{"pid_offset_enabled": true,}',
])  # fmt: skip
@pytest.mark.parametrize("release", VERSIONS)
def test_one_wrong_value_voids_the_file(release: str, user: str, tmp_path: Path) -> None:
    assert loaded(release, tmp_path, user)["pid_offset_enabled"] is False


@pytest.mark.parametrize(("release", "kept"), [("1.3.0", True), ("1.3.2", False), ("1.6.0", False)])
def test_project_file_resets_user_keys(release: str, kept: bool, tmp_path: Path) -> None:
    assert loaded(release, tmp_path, '{"pid_offset_enabled": true}', "{}")["pid_offset_enabled"] is kept


@pytest.mark.parametrize(("release", "read"), [("1.4.3", False), ("1.4.5", True)])
def test_windows_reads_another_folder(release: str, read: bool, tmp_path: Path) -> None:
    config = loaded(release, tmp_path, '{"pid_offset_enabled": true}', platform="win32")
    assert config["pid_offset_enabled"] is read


@pytest.mark.parametrize(("release", "read"), [("1.5.5", True), ("1.6.0", False)])
def test_variables_until_1_5_5(release: str, read: bool, tmp_path: Path) -> None:
    config = loaded(release, tmp_path, "", environment={"OPENCODE_ANTIGRAVITY_PID_OFFSET_ENABLED": "1"})
    assert config["pid_offset_enabled"] is read


@pytest.mark.parametrize("release", VERSIONS)
def test_web_search_only_in_1_3_0(release: str, tmp_path: Path) -> None:
    config = loaded(release, tmp_path, '{"pid_offset_enabled": true, "web_search": {"default_mode": "auto"}}')
    assert config["pid_offset_enabled"] is True
    assert ("web_search" in config) is (release == "1.3.0")
