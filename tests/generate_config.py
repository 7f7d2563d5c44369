"""Generated config loads: files in every place that some release looks at, variables, platforms."""

import base64
import json
from typing import Any

from hypothesis import strategies as st

from conformance.wire.calls import PROJECT_FILE, USER_FILE, load_config
from conformance.wire.scenario import ROOT, Call
from reference_impl.config.environment import PREFIX, VARIABLES
from reference_impl.config.keys import KEYS, OneOf, Range, Switch

Json = Any
Files = dict[str, dict[str, Json]]

PLACES = (
    USER_FILE,
    "home/AppData/Roaming/opencode/antigravity.json",
    "xdg/opencode/antigravity.json",
    "appdata/opencode/antigravity.json",
    "own/antigravity.json",
    "own/opencode/antigravity.json",
)
BY_PATH = {key.path: key.kind for key in KEYS}
GROUPS = sorted({path.partition(".")[0] for path in BY_PATH if "." in path})
TEXTS = st.one_of(
    st.sampled_from(["", "go on", " \t", "续 🙂", "a\x00b", "__proto__"]), st.text(max_size=5)
)  # no half of a surrogate pair: it cannot travel
ODD: st.SearchStrategy[Json] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([10**400, -(10**400), 2**53 + 1, -0.0, 5e-324, 1e308, "1", "true", "auto", "Sticky", [], {}, [{}]]),
    TEXTS,
)


def _fitting(path: str) -> st.SearchStrategy[Json]:
    """Values that the key takes, limits above all, and a few beside them."""
    kind = BY_PATH[path]
    if isinstance(kind, Switch):
        return st.booleans()
    if isinstance(kind, OneOf):
        return st.sampled_from(kind.words)
    if isinstance(kind, Range):
        low, high = kind.minimum, kind.maximum
        limits = st.sampled_from([low, high, (low + high) / 2, *kind.words])
        return st.one_of(limits, limits, st.floats(low, high), st.integers(int(low) + 1, int(high)))
    return TEXTS


def _beside(path: str) -> st.SearchStrategy[Json]:
    kind = BY_PATH[path]
    if not isinstance(kind, Range):
        return ODD
    near = [kind.minimum - 1, kind.minimum - 1e-9, kind.maximum + 1e-9, kind.maximum + 1, True, False]
    return st.one_of(st.sampled_from(near), ODD)


@st.composite
def _members(draw: st.DrawFn, paths: list[str], wrong: bool) -> list[tuple[str, str]]:
    """Members of an object, as texts; keys may come twice, and there may be unknown ones."""
    members = []
    for path in draw(st.lists(st.sampled_from(paths), max_size=12)):
        is_wrong = wrong and draw(st.integers(0, 2)) == 0
        value = draw(_beside(path) if is_wrong else _fitting(path))
        members.append((path.rpartition(".")[2], _number(value)))
    if draw(st.integers(0, 3)) == 0:
        name = draw(st.sampled_from(["__proto__", "constructor", "toString", "unknown", "", "Debug", "prototype"]))
        document = {"quiet_mode": True, "debug": 5, "enabled": False, "initial": 1}
        members.append((name, draw(st.sampled_from(["1", "null", "[]", json.dumps(document), "[" * 300 + "]" * 300]))))
    return members


def _number(value: Json) -> str:
    """JSON; whole numbers may be written in other ways."""
    return "1e999" if value == 10**400 else "-1e999" if value == -(10**400) else json.dumps(value, ensure_ascii=False)


def _object(members: list[tuple[str, str]]) -> str:
    return "{" + ", ".join(f"{json.dumps(name)}: {value}" for name, value in members) + "}"


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A config file that is JSON: three of four times a valid one."""
    wrong = draw(st.integers(0, 3)) == 0
    members = draw(_members([path for path in BY_PATH if "." not in path], wrong))
    for group in draw(st.lists(st.sampled_from(GROUPS), max_size=3)):
        if wrong and draw(st.integers(0, 5)) == 0:
            members.append((group, _number(draw(ODD))))
            continue
        inner = draw(_members([path for path in BY_PATH if path.startswith(f"{group}.")], wrong))
        members.append((group, _object(inner)))
    return _object(draw(st.permutations(members)))


NO_DOCUMENTS = ["", " ", "null", "[]", "1", '"text"', "true", "NaN", "{", "[" * 5_000, '{"debug": true,}', "{'a': 1}"]


@st.composite
def contents(draw: st.DrawFn) -> dict[str, Json]:
    """What lies in the place of a file."""
    kind = draw(st.sampled_from([*["document"] * 9, "nothing", "cut", "commented", *["encoded"] * 2, "bytes", "odd"]))
    if kind == "nothing":
        return draw(st.sampled_from([{"folder": True}, {"link": "antigravity.json"}, {"link": "nowhere"}]))
    if kind == "odd":
        return _bytes(draw(st.sampled_from(NO_DOCUMENTS)).encode())
    written = draw(documents())
    if kind == "cut":
        written = written[: draw(st.integers(0, len(written)))]
    if kind == "commented":
        written = draw(
            st.sampled_from(["// why\n{}", "{} // why", "{}\n\n", "\ufeff{}", "{},", "\t\r\n{}", "\xa0{}"])
        ).replace("{}", written)
    if kind == "encoded":
        encoding = draw(st.sampled_from(["utf-8-sig", "utf-8-sig", "utf-16", "utf-16-le", "latin-1"]))
        return _bytes(json.dumps(json.loads(written), ensure_ascii=False).encode(encoding, "replace"))
    content = written.encode("utf-8")
    if kind == "bytes":
        at = draw(st.integers(0, len(content)))
        content = content[:at] + draw(st.binary(min_size=1, max_size=3)) + content[at:]
    return _bytes(content)


def _bytes(content: bytes) -> dict[str, Json]:
    return {"base64": base64.b64encode(content).decode("ascii")}


WORDS = st.one_of(
    st.sampled_from(["1", "true", "0", "false"]),
    st.sampled_from(["", "0", "1", "2", "true", "false", "TRUE", " 1", "auto", "off", "sticky", "round-robin", "x"]),
    st.sampled_from(
        ["hybrid", "Hybrid", "0.5", "-1", "1e400", "0x1", "Infinity", " .5x", "-0", "0.0e5", "\ufeff.25", "5."]
    ),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=5),
)
NAMES = [*(PREFIX + variable.name for variable in VARIABLES), PREFIX + "SCHEDULING_MODE", PREFIX + "debug"]
FOLDERS: dict[str, st.SearchStrategy[str]] = {
    "XDG_CONFIG_HOME": st.sampled_from(["", f"{ROOT}/xdg", f"{ROOT}/home/../xdg", f"{ROOT}/nowhere"]),
    "APPDATA": st.sampled_from(["", f"{ROOT}/appdata", f"{ROOT}/appdata//"]),
    "OPENCODE_CONFIG_DIR": st.sampled_from(["", f"{ROOT}/own", f"{ROOT}/own/", f"{ROOT}/link/../own"]),
}


@st.composite
def environments(draw: st.DrawFn) -> dict[str, str]:
    variables = draw(
        st.dictionaries(st.sampled_from([*NAMES, PREFIX + "SCHEDULING_MODE", NAMES[0].lower()]), WORDS, max_size=6)
    )
    return {**variables, **draw(st.fixed_dictionaries({}, optional=FOLDERS))}


@st.composite
def config_loads(draw: st.DrawFn) -> tuple[Files, list[Call]]:
    """A folder with files, and five loads from it."""
    files: Files = draw(st.dictionaries(st.sampled_from(PLACES), contents(), max_size=3))
    if draw(st.integers(0, 3)):
        files[USER_FILE] = draw(contents())
    if draw(st.integers(0, 3)):
        files[PROJECT_FILE] = draw(contents())
    platforms = st.sampled_from(["linux", "linux", "darwin", "win32"])
    return files, [load_config(draw(environments()), draw(platforms)) for _ in range(5)]
