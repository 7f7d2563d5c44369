"""Steps beside selection: the pool file's place, reasons, quota readings, verification, sessions, refused calls."""

import json
from collections.abc import Callable
from pathlib import PurePosixPath

from conformance.search.source import Table, table
from conformance.search.step_values import COOLDOWN_REASONS, DURATIONS_MS, OUTCOMES, REASONS, UNKNOWN_LABELS
from conformance.search.steps import GeneratedSession, Params, Step, asked_of, label_of, open_again
from conformance.wire.calls import POOL_FILE
from conformance.wire.scenario import ROOT

PLATFORMS = table("win32", "linux", "win32", "darwin")
FOLDERS: Table[str | None] = table(None, None, "", " ", f"{ROOT}/own", f"{ROOT}/xdg/", f"{ROOT}//home/../xdg/./a")
OLD_FOLDERS: Table[str | None] = table(None, None, "", f"{ROOT}/roaming", f"{ROOT}/xdg/")
OLD_FILES = table(*[""] * 4, "home/AppData/Roaming", "home/AppData/Roaming", "roaming", "xdg", "home/.config", "a file")
WORDS = table(
    *["capacity", "Overloaded", "resource exhausted", "per minute", "RATE LIMIT", "too many requests", "exhausted"],
    *["Quota", "presque", "quota_exhausted", "resource", "Resource has been exhausted", "minute", "429", "", "", " "],
    *["OVERLOADED", "", "", "", "QUOTA", "CAPACITY"],
)
NAMED_REASONS: Table[str | None] = table(
    None, None, None, "", *REASONS[::32], "quota_exhausted", "Rate_Limit_Exceeded", " UNKNOWN"
)
STATUSES: Table[int | None] = table(None, None, 429, 500, 503, 529, 0, 501, 400, 429)
MINUTES: Table[float | str | None] = table(None, "auto", 1, 120, 15, 0.5, 0, -1, 1e300)
INTERVALS: Table[float | None] = table(None, 15, 0, 5, 4.999, 60, -15, 1e300)
NEW_READINGS = table(0.05, 0.9, 0, 1, 0.1, 0.5, None)
QUOTA_GROUPS = table("claude", "gemini-pro", "gemini-flash", "all", "none")
OLD_POOL = json.dumps({"version": 3, "accounts": [{"refreshToken": "moved"}], "activeIndex": 0})
VERIFY_URLS: Table[str | None] = table(None, " https://example.com/verify ", "")


def _find_pool(session: GeneratedSession, record: bytes) -> None:
    """Ask for the path of the pool file, mostly on Windows with a file at an old place; then open what was moved."""
    environment = {
        name: value
        for name, value in (
            ("OPENCODE_CONFIG_DIR", FOLDERS[record[1]]),
            ("XDG_CONFIG_HOME", FOLDERS[record[2]]),
            ("APPDATA", OLD_FOLDERS[record[3]]),
        )
        if value is not None
    }
    # On Windows a file is moved, and to a blank, so relative, folder it would be moved into the user's own folder.
    platform = "linux" if " " in environment.values() else PLATFORMS[record[4]]
    params: Params = {"home": f"{ROOT}/home", "platform": platform}
    if environment:
        params["environment"] = environment
    old = OLD_FILES[record[5]]
    if old == "a file":  # in place of a folder, so that nothing can be moved there
        if not any(name.startswith("xdg/") for name in session.files):
            session.files.setdefault("xdg", {"text": ""})
    elif old and "xdg" not in session.files:
        session.files.setdefault(f"{old}/opencode/{PurePosixPath(POOL_FILE).name}", {"text": OLD_POOL})
    session.calls.append(("pool_path", params))
    if session.opens_folders and "pool" in session.opened and session.files:
        session.calls.append(("open", {"home": f"{ROOT}/home", "now_ms": session.now_ms, "pid": session.opened["pid"]}))
        open_again(session, bytes(16))


def _read_reason(session: GeneratedSession, record: bytes) -> None:
    message = None if record[3] < 32 else WORDS[record[1]]
    if record[3] >= 160:
        message = f"{message} {WORDS[record[2]]}".strip()
    given = {"reason": NAMED_REASONS[record[4]], "message": message, "status": STATUSES[record[5]]}
    session.calls.append(("read_reason", {name: value for name, value in given.items() if value is not None}))


def _ttl(session: GeneratedSession, record: bytes) -> None:
    given = {
        "soft_quota_cache_ttl_minutes": MINUTES[record[1]],
        "quota_refresh_interval_minutes": INTERVALS[record[2]],
    }
    session.calls.append(("soft_quota_ttl", {name: value for name, value in given.items() if value is not None}))


def _style(session: GeneratedSession, record: bytes) -> None:
    if (label := label_of(session, record)) is not None:
        session.calls.append(("available_header_style", {"label": label, **asked_of(session, record)}))


def _update_quota(session: GeneratedSession, record: bytes) -> None:
    if (label := label_of(session, record)) is None:
        return
    group = QUOTA_GROUPS[record[5]]
    groups = {"all": ("claude", "gemini-pro", "gemini-flash"), "none": ()}.get(group, (group,))
    quota = {key: {"remainingFraction": NEW_READINGS[record[6]]} for key in groups}
    session.calls.append(("update_quota", {"label": label, "quota": quota}))


def _require_verification(session: GeneratedSession, record: bytes) -> None:
    if (label := label_of(session, record)) is None:
        return
    params: Params = {"label": label}
    if record[5] >= 128:
        params["message"] = "verify"
    if (url := VERIFY_URLS[record[6]]) is not None:
        params["url"] = url
    session.calls.append(("require_verification", params))


def _clear_verification(session: GeneratedSession, record: bytes) -> None:
    if (label := label_of(session, record)) is None:
        return
    for each in session.labels if record[6] >= 128 else [label]:
        params: Params = {"label": each}
        if record[5] >= 96:
            params["enable"] = True
        session.calls.append(("clear_verification", params))


def _change_session(session: GeneratedSession, record: bytes) -> None:
    """Go to the other of two sessions in the process, and mostly on with what was open there."""
    if "home" in session.opened:
        return
    session.number = 1 - session.number
    session.calls.append(("use_session", {"session": session.number}))
    if session.labels_aside is None or record[5] < 32:
        session.labels_aside = list(session.all_labels)
        session.calls.append(("open", {**session.opened, "now_ms": session.now_ms}))
    session.labels, session.labels_aside = session.labels_aside, session.labels


def return_to_first(session: GeneratedSession) -> None:
    """The last call: the process then serves other scenarios."""
    if session.number != 0:
        session.calls.append(("use_session", {"session": 0}))


def _of_an_unknown_account(method: str) -> Callable[[GeneratedSession, bytes], None]:
    """A call with a label that no account has. The target refuses it; it must change nothing."""

    def add(session: GeneratedSession, record: bytes) -> None:
        label = UNKNOWN_LABELS[record[1] % len(UNKNOWN_LABELS)]
        params: Params = {"label": label if label not in session.labels else "nobody"}
        if method == "mark_rate_limited":
            params |= {"retry_after_ms": DURATIONS_MS[record[5]], **asked_of(session, record)}
        elif method == "mark_cooling_down":
            params |= {"cooldown_ms": DURATIONS_MS[record[5]], "reason": COOLDOWN_REASONS[record[7]]}
        elif method == "set_enabled":
            params["enabled"] = record[5] >= 128
        elif method == "record_health":
            params["outcome"] = OUTCOMES[record[5]]
        session.calls.append((method, params))

    return add


def _save_nowhere(session: GeneratedSession, record: bytes) -> None:
    """Save a pool that was passed as JSON: there is no folder, so the target refuses."""
    if "home" not in session.opened:
        delayed = {240: "flush_save", 224: "request_save"} if session.delays_saves else {}
        session.calls.append((delayed.get(record[1] & 240, "save"), {}))


FURTHER_KINDS: tuple[tuple[Step, int, str], ...] = (
    (_style, 8, "available-style"),
    (_update_quota, 6, "update-quota"),
    (_require_verification, 5, "verification"),
    (_clear_verification, 4, "verification"),
    (_change_session, 5, "sessions"),
    (_find_pool, 3, "pool-path"),
    (_read_reason, 12, "reason"),
    (_ttl, 2, "soft-quota-ttl"),
    (_of_an_unknown_account("remove"), 1, "remove"),
    (_of_an_unknown_account("mark_rate_limited"), 1, "limits"),
    (_of_an_unknown_account("mark_cooling_down"), 1, "cooldown"),
    (_of_an_unknown_account("mark_used"), 1, "used"),
    (_of_an_unknown_account("set_enabled"), 1, "enabled"),
    (_of_an_unknown_account("record_health"), 1, "health"),
    (_save_nowhere, 7, "save"),
)
