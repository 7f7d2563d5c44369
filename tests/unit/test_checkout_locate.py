"""Where the kit looks for modules, and the mapping that it proposes if it does not find them."""

import re
import tomllib
from pathlib import Path

import pytest

from conformance.targets.checkout.guess import SHOWN, explain_missing
from conformance.targets.checkout.locate import locate
from conformance.targets.checkout.mapping import Mapping
from conformance.targets.errors import UsageFault

SELECTING = "export class {} {{\n  getCurrentOrNextForFamily(family) {{ }}\n}}\n"
LOADING = "export function {}() {{\n  return JSON.parse(readFileSync(path));\n}}\n"


def lay_out(folder: Path, *files: str, **texts: str) -> Path:
    for name, text in {**dict.fromkeys(files, ""), **texts}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def found(folder: Path, **tables: object) -> dict[str, str]:
    return locate(folder, Mapping.model_validate(tables)).found


@pytest.mark.parametrize(
    ("before", "ending"),
    [("src/", "ts"), ("dist/src/", "js"), ("dist/", "js"), ("packages/host/src/", "mts"), ("", "js")],
)
def test_modules_are_found_below_a_folder_plugin(tmp_path: Path, before: str, ending: str) -> None:
    names = {"selection": "accounts", "config": "config/loader", "rotation": "rotation", "debug": "debug"}
    expected = {part: f"{before}plugin/{name}.{ending}" for part, name in names.items()}
    assert found(lay_out(tmp_path, *expected.values())) == expected


def test_a_module_may_be_a_folder(tmp_path: Path) -> None:
    lay_out(tmp_path, "src/plugin/accounts/index.ts", "src/plugin/config/loader/index.ts")
    assert found(tmp_path)["selection"] == "src/plugin/accounts/index.ts"


def test_sources_are_preferred_to_built_files(tmp_path: Path) -> None:
    lay_out(tmp_path, "dist/plugin/accounts.js", "packages/a/src/plugin/accounts.ts", "dist/plugin/config/loader.js")
    assert found(tmp_path) == {
        "selection": "packages/a/src/plugin/accounts.ts",
        "config": "dist/plugin/config/loader.js",
    }


@pytest.mark.parametrize(
    "file",
    [
        "node_modules/x/src/plugin/accounts.ts",
        ".cache/src/plugin/accounts.ts",
        "tests/plugin/accounts.ts",
        "src/plugin/accounts.test.ts",
        "src/plugin/accounts.d.ts",
        "src/myplugin/accounts.ts",
        "src/plugin/old-accounts.ts",
    ],
)
def test_similar_file_names_are_no_modules(tmp_path: Path, file: str) -> None:
    assert found(lay_out(tmp_path, file)) == {}


def test_other_modules_are_found_beside_the_selection(tmp_path: Path) -> None:
    lay_out(tmp_path, "packages/b/src/plugin/accounts.ts", "packages/b/src/plugin/rotation.ts", "src/plugin/debug.ts")
    lay_out(tmp_path, "packages/b/src/plugin/config/loader.ts", "packages/a/src/plugin/config/loader.ts")
    beside = "packages/b/src/plugin/"
    expected = {"selection": "accounts.ts", "config": "config/loader.ts", "rotation": "rotation.ts"}
    assert found(tmp_path) == {part: beside + file for part, file in expected.items()}


def test_two_packages_are_ambiguous(tmp_path: Path) -> None:
    both = ["packages/a/src/plugin/accounts.ts", "packages/b/src/plugin/accounts.ts"]
    modules = locate(lay_out(tmp_path, *both), Mapping())
    assert (modules.found, modules.others, modules.missing) == ({}, {"selection": both}, ["selection", "config"])
    explained = explain_missing("x", tmp_path, modules, Mapping())
    assert f'module = "{both[0]}"\n# or {both[1]}' in explained


def test_mapping_names_or_leaves_out_a_module(tmp_path: Path) -> None:
    lay_out(tmp_path, "lib/pool.ts", "src/plugin/config/loader.ts", "src/plugin/debug.ts")
    assert found(tmp_path, selection={"module": "lib/pool.ts"}, debug=False) == {
        "selection": "lib/pool.ts",
        "config": "src/plugin/config/loader.ts",
    }
    assert found(tmp_path, selection=False, config=False) == {"debug": "src/plugin/debug.ts"}


def test_missing_module_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageFault, match=r"plugin\.rotation\.module names 'gone\.ts', but there is no such file in /"):
        found(tmp_path, rotation={"module": "gone.ts"})


# The proposed mapping.


def proposed(folder: Path, **tables: object) -> tuple[str, dict[str, object]]:
    """The message, and the mapping in it."""
    mapping = Mapping.model_validate(tables)
    message = explain_missing("PATH", folder, locate(folder, mapping), mapping)
    tables = tomllib.loads("\n".join(re.split(r"\n\n", message)[1:-1]))["plugin"]
    return message, tables


def test_similar_module_is_proposed_as_a_working_mapping(tmp_path: Path) -> None:
    lay_out(tmp_path, **{"dist/pool.js": SELECTING.format("Pool"), "lib/a/pool.ts": SELECTING.format("AccountPool")})
    lay_out(tmp_path, **{"lib/aa.ts": LOADING.format("readSettings"), "lib/config.ts": LOADING.format("loadConfig")})
    message, tables = proposed(tmp_path)
    assert tables == {
        "selection": {"module": "lib/a/pool.ts", "class": "AccountPool"},
        "config": {"module": "lib/config.ts", "function": "loadConfig"},
    }
    assert "plugin:PATH: selection and config not found; expected src/plugin/accounts.ts" in message
    assert "# or dist/pool.js" in message
    assert Mapping.model_validate(tables) != Mapping()


def test_many_candidates_are_counted(tmp_path: Path) -> None:
    message, _ = proposed(
        lay_out(tmp_path, *(f"{n}/src/plugin/{f}" for n in range(9) for f in ("accounts.ts", "config/loader.ts")))
    )
    assert message.count("# or ") == 2 * SHOWN
    assert message.count("# and 4 more candidates") == 2


def test_missing_part_is_proposed_to_be_left_out(tmp_path: Path) -> None:
    _, tables = proposed(lay_out(tmp_path, "src/plugin/config/loader.ts"))
    assert tables == {"selection": False, "config": {"module": "src/plugin/config/loader.ts"}}
    assert Mapping.model_validate(tables) != Mapping()


def test_unrelated_checkout_is_advised_to_write_an_adapter(tmp_path: Path) -> None:
    message, tables = proposed(lay_out(tmp_path, "src/plugin/debug.ts", **{"lib/a.ts": "export class Manager {}"}))
    assert (
        "The kit found no candidate for either. If this is a port with an adapter, name its command: "
        "run -- COMMAND (docs/adapter.md)" in message
    )
    assert tables == {"selection": {"module": "?"}, "config": {"module": "?"}}
