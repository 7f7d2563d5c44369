"""Decodes bytes into config loads: files in every place that some release reads, variables, folders, platforms.

Each `given` record adds a few members to one file, and sometimes other members to the file of the other layer. The
head chooses the form of each file: half are valid, the others hold a wrong value or are not a config document. Each
`calls` record is one `load_config`.
"""

import json
from collections.abc import Mapping
from typing import NamedTuple

from conformance.json_type import Json
from conformance.search.source import Draft, Table, table
from conformance.wire.calls import PROJECT_FILE, USER_FILE, raw
from conformance.wire.scenario import ROOT
from reference_impl.config.environment import PREFIX, VARIABLES, threshold
from reference_impl.config.keys import KEYS, Kind, OneOf, Range, Switch

Files = dict[str, dict[str, Json]]
Member = tuple[str, str, str]  # group or "", name, value as JSON text
Calls = list[tuple[str, dict[str, Json]]]

Writes = dict[int, Mapping[str, Mapping[str, Json]]]  # files that others write before a call

HOME_AS_PROJECT = "home/.opencode/antigravity.json"
OTHER_PLACES = (
    "home/AppData/Roaming/opencode/antigravity.json",
    "xdg/opencode/antigravity.json",
    "appdata/opencode/antigravity.json",
    "own/antigravity.json",
    "own/opencode/antigravity.json",
    "project/own/antigravity.json",  # where a relative variable would lead
    "project/.opencode/antigravity.local.json",
    HOME_AS_PROJECT,
    "home/xdg/opencode/antigravity.json",  # where a variable with ~ or a relative path would lead
)
PLACES = table(*[USER_FILE] * 24, *[PROJECT_FILE] * 24, *OTHER_PLACES)
BOTH_LAYERS = {USER_FILE: PROJECT_FILE, PROJECT_FILE: USER_FILE}
# Also in the file of the other layer: another key, or the same key, mostly with another value or with one of FALSY.
IN_BOTH = table("", "", "same keys", "other keys", "", "")
FALSY = table("false", "0", '""', "null")
MEMBERS = table(1, 0, 1, 1, 2, 2, 3, 3)  # with 0 the file exists, and is empty unless another record adds members

# The members of a file, as JSON text. A path without a dot is a key or a whole group.

_ODD_NAMES = (
    "__proto__", "constructor", "toString", "unknown", "", "Debug", "prototype", "quietMode", "pidOffsetEnabled",
    "keep-thinking", "DEBUG", "Quiet_Mode", "AUTO_RESUME", "Log_Dir",
)  # fmt: skip
_GROUPS = sorted({key.path.partition(".")[0] for key in KEYS if "." in key.path})
_KINDS: dict[str, Kind] = {key.path: key.kind for key in KEYS}
_IN_GROUPS = tuple(path for path in _KINDS if "." in path)  # keys of one group are adjacent
_TELLING = ("pid_offset_enabled", "account_selection_strategy", "auto_resume", "keep_thinking", "resume_text")
PATHS = table(
    *_TELLING, *_KINDS, *_IN_GROUPS, *_KINDS, *_TELLING, *_IN_GROUPS[:14], *_GROUPS,
    *_ODD_NAMES[:4], *(f"{group}.{name}" for group in _GROUPS for name in _ODD_NAMES[:4]), *_ODD_NAMES[4:],
)  # fmt: skip
_ODD_OBJECT = json.dumps({"quiet_mode": True, "debug": 5, "enabled": False, "initial": 1})
UNKNOWN = table(
    "1", "null", "[]", _ODD_OBJECT, _ODD_OBJECT, '"\\ud83d"', "-0", "[" * 300 + "]" * 300, '""', "1e999",
    "1e15", _ODD_OBJECT,
)  # fmt: skip
_ODD = (
    "null", "true", "false", "0", "1", "-1", "0.5", "-0", "1e999", "-1e999", "5e-324", "1e308", str(2**53 + 1),
    "9" * 400, "4294967297", "1e15", '"1"', '"true"', '"auto"', '"Sticky"', '"hybrid "', '""', "[]", "{}", "[{}]",
    '["sticky"]', '{"0": 1}',
)  # fmt: skip
ODD = table(*_ODD)
_TEXTS = (
    '"go on"', '""', '" \\t"', '"续 🙂"', '"a\\u0000b"', '"__proto__"', '"\\u00e9\\/"', '"continue"', '"on"',
    '"\\ud83d\\ude42"',
)  # fmt: skip


def _fitting(kind: Kind | None) -> Table[str]:
    """Values that the key accepts, mostly its limits. A whole group accepts an empty object."""
    if isinstance(kind, Switch):
        return table("true", "true", "false")
    if isinstance(kind, OneOf):
        return table(*map(json.dumps, kind.words), json.dumps(kind.words[-1]))
    if isinstance(kind, Range):
        low, high = kind.minimum, kind.maximum
        inside = [(low + high) / 2, int(low) + 1, low + 1e-9, high - 1e-9, round(low + (high - low) / 3, 2)]
        spelt = [f"{low:.3f}", f"{high:e}", f"{high:.1f}", f"{low}{'' if '.' in str(low) else '.'}{'0' * 30}1"]
        return table(*map(json.dumps, [low, high, *kind.words, *inside]), *spelt)
    return table("{}") if kind is None else table(*_TEXTS)


def _beside(kind: Kind | None) -> Table[str]:
    """Values that the key mostly does not accept."""
    if not isinstance(kind, Range):
        return ODD
    low, high = kind.minimum, kind.maximum
    near = [low - 1, low - 1e-9, high + 1e-9, high + 1, f"{high}", high * 10]
    return table(*map(json.dumps, near), *_ODD)


FITTING = {path: _fitting(_KINDS.get(path)) for path in (*_KINDS, *_GROUPS)}
BESIDE = {path: _beside(_KINDS.get(path)) for path in (*_KINDS, *_GROUPS)}

# Loads of a session, by the low bits of byte 0 of the head. Other files tell more than further loads of the same.
MOST_LOADS = (14, 2, 2, 2)
IS_REWRITTEN = 15  # low bits of a byte

# The form of a file: how its members are chosen, then how the text is changed.

FORMS = table(
    *["valid"] * 16,
    *["wrong"] * 5,
    "cut",
    "spelt",
    "spelt",
    "replaced",
    "nothing",
    "nothing",
    "encoded",
    "encoded",
    "bytes",
)


class Mix(NamedTuple):
    """The usual choices for the files of a session. Half of the sessions are odd: they draw rare choices often."""

    places: Table[str]
    in_both: Table[str]
    forms: Table[str]
    paths: Table[str] = PATHS
    step: int = 3  # between the bytes of two keys, if the file of the other layer gets another key


ORDINARY = Mix(PLACES, IN_BOTH, FORMS)
# Both layers set keys of one group, mostly of the only group that the oldest release has.
_OLDEST_GROUP = tuple(path for path in _IN_GROUPS if path.startswith("signature_cache."))
_GROUPED = (*_IN_GROUPS, *_OLDEST_GROUP * 3)
ONE_GROUP = Mix(
    table(USER_FILE, PROJECT_FILE),
    table("other keys"),
    table(*["valid"] * 7, "wrong"),
    table(*_GROUPED),
    256 // len(_GROUPED) + 1,
)
ODD_FILES = Mix(
    table(*[USER_FILE] * 6, *[PROJECT_FILE] * 6, *OTHER_PLACES, *OTHER_PLACES[-2:]),
    table("", "same keys", *["falsy in the project"] * 9),
    table(*["valid"] * 6, *["wrong"] * 7, "spelt", "nothing", "encoded", "bytes"),
)
MIXES = table(*[ORDINARY] * 6, *[ONE_GROUP] * 3, *[ODD_FILES] * 9)
SPELLINGS = table(
    "\n{}\n", "\t\r\n {} ", "{}\n\n", "// why\n{}", "{} // why", "/* */{}", "{},", "\xa0{}", "\ufeff{}", "\x0b{}",
    "{}\x00", "{}{}", "\f{}", "{}\n{}", "{}\x00x",
)  # fmt: skip
NO_DOCUMENTS = table(
    "", " ", "null", "[]", "1", '"text"', "true", "NaN", "{", "[" * 5_000, '{"debug": true,}', "{'a': 1}", "[{}]",
    "undefined",
)  # fmt: skip
NOTHING: Table[dict[str, Json]] = table({"folder": True}, {"link": "antigravity.json"}, {"link": "nowhere"})
ENCODINGS = table("utf-8-sig", "utf-16", "utf-16-le", "latin-1", "utf-8-sig")
ODD_BYTES = table(
    b"\xff", b"\x80", b"\xc3", b"\xf0\x9f", b"\xed\xa0\x80", b"\x00", b"\xc0\xaf", b"\xef\xbb\xbf", b"x", b"\n"
)

# The parameters of a call.

PLATFORMS = table("linux", "linux", "darwin", "win32")
VARIABLES_SET = table(0, 1, 1, 2, 2, 3)
_STRATEGIES = ("sticky", "round-robin", "hybrid", "Hybrid")
_NUMBERS = (
    "0", "0.5", "1e400", "1", "2", "-1", "-0", "0.0", "0.25", "0x1", "Infinity", "-Infinity", ".5", ".5x", "0.0e5",
    "5.", "1e-400", "5e", "NaN", "1_0", "0,5", "+.5",
)  # fmt: skip
_WORDS = (
    "1",
    "true",
    "0",
    "false",
    "TRUE",
    "2",
    "auto",
    "off",
    "on",
    "x",
    "sticky",
    "é",
    "🙂",
    "a b",
    "__proto__",
    "",
    "",
    "a:b",
    "A.b",
    "null",
)
_AROUND = (("", ""),) * 20 + (
    (" ", ""),
    ("", " "),
    ("\ufeff", ""),
    ("\t\n", ""),
    ("\xa0", "x"),
    ("\u180e", ""),
    ("+", ""),
    ('"', '"'),
    ("'", "'"),
)
AROUND = table(*_AROUND)


def _words(name: str) -> Table[str]:
    """Values for this variable: mostly those with a meaning, and some without."""
    meaning = next((variable.meaning for variable in VARIABLES if PREFIX + variable.name == name), None)
    own = {"ACCOUNT_SELECTION_STRATEGY": _STRATEGIES, "WEB_SEARCH": ("auto", "off")}.get(name.removeprefix(PREFIX))
    if meaning is threshold:
        return table(*_NUMBERS, *_NUMBERS[:8], *_WORDS[:8])
    return table(*(own or _WORDS[:4]) * 5, *_WORDS, *_NUMBERS[:4])


_NAMES = tuple(PREFIX + variable.name for variable in VARIABLES)
NAMES = table(*_NAMES, *_NAMES, PREFIX + "SCHEDULING_MODE", PREFIX + "debug", _NAMES[0].lower(), "DEBUG")
WORDS = {name: _words(name) for name in NAMES}
UNSET: str | None = None
XDG = table(
    *[UNSET] * 32, *[f"{ROOT}/xdg", f"{ROOT}/xdg", f"{ROOT}/home/../xdg", f"{ROOT}/nowhere", ""] * 2,
    *["xdg", "~/xdg", "~/xdg", f"{ROOT}/xdg/", f"{ROOT}/project", " "],
)  # fmt: skip
APPDATA = table(*[UNSET] * 8, f"{ROOT}/appdata", f"{ROOT}/appdata", f"{ROOT}/appdata//", "")
OWN = table(
    *[UNSET] * 36, f"{ROOT}/own", f"{ROOT}/own", f"{ROOT}/own/", f"{ROOT}/link/../own", "", "own", "~/own", "~/own",
    " ", f"{ROOT}/project/.opencode",
)  # fmt: skip
DIRECTORIES = table(
    *[f"{ROOT}/project"] * 16, f"{ROOT}/project/", f"{ROOT}/home/../project", f"{ROOT}/project/sub", f"{ROOT}/home"
)
HOMES = table(*[f"{ROOT}/home"] * 14, f"{ROOT}/home/", f"{ROOT}/project/../home")


def decode_config(draft: Draft) -> tuple[Files, Calls, Writes]:
    """The files of a session, its calls, all `load_config`, and the files that others write before a call.

    The high bits of byte 0 of the head are unused here.
    """
    files, calls = _files(draft), draft.calls[: MOST_LOADS[draft.head[0] % len(MOST_LOADS)]]
    writes: Writes = {
        position: _rewritten(record)
        for position, record in enumerate(calls)
        if record[1] % 16 == IS_REWRITTEN and not any("link" in each or "folder" in each for each in files.values())
    }
    return files, [_load(record) for record in calls], writes


def _rewritten(record: bytes) -> Files:
    """One of the two usual files, with other members."""
    place = PROJECT_FILE if record[11] % 2 else USER_FILE
    return {place: {"text": _document([_member(PATHS[record[at]], record[at + 1], False) for at in (2, 5)])}}


def _files(draft: Draft) -> Files:
    head, mix = draft.head, _mix(draft.head)
    forms = {USER_FILE: head[1:4], PROJECT_FILE: head[4:7]}
    members: dict[str, list[Member]] = {}
    for record in draft.given:
        place = mix.places[record[0]]
        both = mix.in_both[record[14]]
        other = BOTH_LAYERS.get(place) if both else None
        for each in (place, other):
            if each is None:
                continue
            step = mix.step if each == other and both == "other keys" else 0
            flip = 255 if each == other and both == "same keys" else 0
            falsy = each == PROJECT_FILE and both == "falsy in the project"
            is_wrong = mix.forms[forms.get(each, head[7:10])[0]] == "wrong"
            listed = members.setdefault(each, [])
            for at in range(2, 2 + 3 * MEMBERS[record[1]], 3):
                group, name, value = _member(
                    mix.paths[(record[at] + step) & 255], record[at + 1] ^ flip, is_wrong and record[at + 2] >= 128
                )
                listed.append((group, name, FALSY[record[at + 2]] if falsy else value))
    return {place: _content(listed, mix, forms.get(place, head[7:10])) for place, listed in members.items()}


def _mix(head: bytes) -> Mix:
    return MIXES[head[10]]


def _member(path: str, value_byte: int, is_wrong: bool) -> Member:
    group, _, name = path.rpartition(".")
    return group, name, (BESIDE if is_wrong else FITTING).get(path, UNKNOWN)[value_byte]


def _document(members: list[Member]) -> str:
    """A JSON object. A key may be repeated; consecutive members of one group share one object."""
    parts: list[str] = []
    last = ""
    for group, name, value in members:
        text = f"{json.dumps(name)}: {value}"
        if group and group == last:
            parts[-1] = f"{parts[-1][:-1]}, {text}}}"
        else:
            parts.append(f'"{group}": {{{text}}}' if group else text)
        last = group
    return f"{{{', '.join(parts)}}}"


def _content(members: list[Member], mix: Mix, form: bytes) -> dict[str, Json]:
    """What is stored at the path of a file. Bytes 1 and 2 of the form parametrize byte 0."""
    kind, choice = mix.forms[form[0]], form[1]
    if kind == "nothing":
        return NOTHING[choice]
    document = NO_DOCUMENTS[choice] if kind == "replaced" else _document(members)
    if kind == "encoded":
        return raw(document.encode(ENCODINGS[choice], "replace"))
    if kind == "bytes":
        content = document.encode()
        at = form[2] * len(content) // 256
        return raw(content[:at] + ODD_BYTES[choice] + content[at:])
    if kind == "cut":
        document = document[: choice * len(document) // 256]
    return {"text": SPELLINGS[choice].replace("{}", document) if kind == "spelt" else document}


def _load(record: bytes) -> tuple[str, dict[str, Json]]:
    environment = {}
    for at in range(2, 2 + 3 * VARIABLES_SET[record[1]], 3):
        name = NAMES[record[at]]
        before, after = AROUND[record[at + 2]]
        environment[name] = before + WORDS[name][record[at + 1]] + after
    folders = {"XDG_CONFIG_HOME": XDG, "APPDATA": APPDATA, "OPENCODE_CONFIG_DIR": OWN}
    for byte, (name, folder_of) in zip(record[11:14], folders.items(), strict=True):
        if (folder := folder_of[byte]) is not None:
            environment[name] = folder
    return "load_config", {
        "directory": DIRECTORIES[record[14]],
        "home": HOMES[record[15]],
        "environment": environment,
        "platform": PLATFORMS[record[0]],
    }
