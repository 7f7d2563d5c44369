"""The mapping file: valid entries, and the messages for invalid ones."""

from pathlib import Path

import pytest

from conformance.targets.checkout.mapping import Mapping, read_mapping
from conformance.targets.errors import UsageFault

SMALL = '[plugin.selection]\nmodule = "lib/pool.ts"\n'


def write(folder: Path, text: str) -> Path:
    file = folder / "mapping.toml"
    file.write_text(text)
    return file


def test_no_file_means_the_plugins_own_names(tmp_path: Path) -> None:
    assert read_mapping(tmp_path, None) == (Mapping(), None)


def test_named_file_replaces_the_checkouts_own(tmp_path: Path) -> None:
    own = tmp_path / "antigravity-conformance.toml"
    own.write_text(SMALL.replace("pool", "own") + "[run]\nstrict = true\n")
    assert read_mapping(tmp_path, None)[0].module("selection") == "lib/own.ts"
    named = write(tmp_path, SMALL)
    mapping, file = read_mapping(tmp_path, named)
    assert (mapping.module("selection"), file) == ("lib/pool.ts", named)


def test_a_file_with_other_settings_only_maps_nothing(tmp_path: Path) -> None:
    (tmp_path / "antigravity-conformance.toml").write_text("[run]\nstrict = true\n")
    assert read_mapping(tmp_path, None)[0] == Mapping()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[plugin]\nx\ny = 1", r"mapping\.toml: not TOML: .*line 2"),
        ("[other]\na = 1", r"mapping\.toml: there is no table \[plugin\]; expected a table such as"),
        ("[plugin]\nselect = 1", r"mapping\.toml: plugin\.select: there is no such key"),
        ("[plugin.selection]\nmodul = 'x'", r"plugin\.selection\.modul: there is no such key"),
        ("[plugin]\nselection = true", r"plugin\.selection: .*got True"),
        ("[plugin.selection]\nmodule = 7", r"plugin\.selection\.module: .*string, got 7"),
        ("[plugin.selection.calls.slect]", r"there is no call 'slect'; known: open, load, select, "),
        ("[plugin.selection.calls.select]\nparameters = ['famly']", r"there is no value 'famly'; known: account, auth"),
        ("[plugin.selection.calls.select]\nparameters = [{a = 'b'}]", r"there is no value 'b'; known: account, auth"),
        ("[plugin.selection.calls.select]\nparameters = 'family'", r"select\.parameters: .*list"),
        ("[plugin.config]\nparameters = ['?options']", r"there is no value '\?options'"),
        ("[plugin.selection.calls]\nload = true", r"plugin\.selection\.calls\.load: .*got True"),
        ("[plugin.selection.calls]\nselect = false", r"calls: select cannot be left out; selection = false below"),
        ("[plugin.selection.calls]\nopen = false", r"calls: open cannot be left out; selection = false below"),
    ],
)
def test_wrong_file_is_refused_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UsageFault, match=message):
        read_mapping(tmp_path, write(tmp_path, text))


def test_unreadable_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageFault, match=r"cannot read .*gone\.toml: No such file"):
        read_mapping(tmp_path, tmp_path / "gone.toml")
