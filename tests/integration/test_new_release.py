"""Adds a release to a copy of the project as CONTRIBUTING.md describes; commands, pages and tests then know it.

The invented release lacks one quirk of the newest one. Updating `still_in` confirms all other rows.
"""

import json
import re

import pytest

from conformance.json_type import Json
from conformance.requirements import load_catalogue
from conformance.requirements.deviations import release_deviations
from reference_impl.profiles import QUIRKS
from reference_impl.releases import NEWEST
from tests.support.project_copy import ProjectCopy

pytestmark = pytest.mark.exhaustive

RELEASES = "reference_impl/releases.py"
PROFILES = "reference_impl/profiles.py"
DEVIATIONS = "fixtures/deviations.json"
_major, _minor, _ = NEWEST.split(".")
INVENTED = f"{_major}.{int(_minor) + 1}.0"
KEPT_QUIRKS = [quirk.name for quirk in QUIRKS if quirk.still_in == NEWEST]
KEPT_DEVIATIONS = [deviation for deviation in release_deviations(load_catalogue()) if deviation.still_in == NEWEST]
MENDED, RULE = next((it.id, it.requirement) for it in KEPT_DEVIATIONS if it.id in KEPT_QUIRKS)
CONFIRMING = ("tests/unit/test_quirks.py", "tests/unit/test_deviations.py")


def append_release(copy: ProjectCopy) -> None:
    row = f'    Release("{INVENTED}", datetime.date(2030, 1, 1), "git tag"),\n'
    copy.replace(RELEASES, ")\nVERSIONS = ", f"{row})\nVERSIONS = ")


def confirm_rows(copy: ProjectCopy) -> None:
    """Confirm every quirk and deviation except the one that the release lacks."""
    copy.replace(PROFILES, f'still_in="{NEWEST}"', f'still_in="{INVENTED}"', times=len(KEPT_QUIRKS))
    copy.replace(DEVIATIONS, f'"still_in": "{NEWEST}"', f'"still_in": "{INVENTED}"', times=len(KEPT_DEVIATIONS))
    for file, kept, ended in (
        (PROFILES, f'still_in="{INVENTED}"', f'until="{NEWEST}"'),
        (DEVIATIONS, f'"still_in": "{INVENTED}"', f'"until": "{NEWEST}"'),
    ):
        (row,) = re.findall(rf'"{MENDED}",[^()]*?{kept}', (copy.root / file).read_text(encoding="utf-8"))
        copy.replace(file, row, row.replace(kept, ended))


@pytest.fixture(scope="module")
def appended(tmp_path_factory: pytest.TempPathFactory) -> ProjectCopy:
    """After the first step of the instructions."""
    copy = ProjectCopy(tmp_path_factory.mktemp("appended"))
    append_release(copy)
    return copy


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory: pytest.TempPathFactory) -> ProjectCopy:
    """After all manual steps."""
    copy = ProjectCopy(tmp_path_factory.mktemp("added"))
    append_release(copy)
    confirm_rows(copy)
    return copy


@pytest.fixture(scope="module")
def added(by_hand: ProjectCopy) -> ProjectCopy:
    """After all steps. The pages of `make docs` that need Node are left out."""
    assert by_hand.edited() == {RELEASES, PROFILES, DEVIATIONS}, "CONTRIBUTING.md must name all files to edit by hand"
    by_hand.kit("vectors", "write")
    pages = ("conformance.requirements.page", "conformance.vectors.page", "tools.releases_page", "tools.config_docs")
    for page in pages:
        by_hand.output("-m", page)
    return by_hand


def test_an_appended_release_inherits_nothing(appended: ProjectCopy) -> None:
    code = f"""if True:
        import json
        from conformance.requirements import load_catalogue
        from conformance.requirements.deviations import shipped_deviations
        from reference_impl.profiles import profile
        print(json.dumps([sorted(profile("{INVENTED}").quirks), shipped_deviations("{INVENTED}", load_catalogue())]))
    """
    assert json.loads(appended.output("-c", code)) == [[], []]


def test_unconfirmed_rows_are_named(appended: ProjectCopy) -> None:
    output = appended.output("-m", "pytest", "-q", *CONFIRMING, "-k", "confirmed", exit_code=1)
    assert [name for name in (*KEPT_QUIRKS, *(it.id for it in KEPT_DEVIATIONS)) if name not in output] == []
    assert "2 failed" in output


def test_recipe_satisfies_the_tests_of_the_tables(added: ProjectCopy) -> None:
    tests = (*CONFIRMING, "tests/unit/test_pages.py")
    added.output("-m", "pytest", "-q", *tests, "-m", "not needs_node")
    assert "0 problems" in added.kit("vectors", "check")


def verdict_of_rule(copy: ProjectCopy, release: str) -> Json:
    report = copy.root / "report.json"
    copy.kit("run", f"reference@{release}", "--only", RULE, "--json", str(report))
    (entry,) = json.loads(report.read_text(encoding="utf-8"))["requirements"]
    return entry["verdict"]


def test_run_judges_the_new_release(added: ProjectCopy) -> None:
    assert [verdict_of_rule(added, release) for release in (NEWEST, INVENTED)] == ["waived", "pass"]


def test_identify_names_the_new_release(added: ProjectCopy) -> None:
    output = added.kit("identify", f"reference@{INVENTED}", "--calls", "200")
    assert f"behaves like {INVENTED} every answer is the same" in output


def test_diff_names_the_mended_quirk(added: ProjectCopy) -> None:
    output = added.kit("diff", f"reference@{NEWEST}", f"reference@{INVENTED}", "--calls", "0", exit_code=1)
    named = re.findall(r"(\S+) \(\d+\), in (\S+):", output)
    assert named == [(MENDED, f"reference@{NEWEST}")]


def test_pages_have_a_column_for_the_new_release(added: ProjectCopy) -> None:
    page = (added.root / "docs" / "requirements.md").read_text(encoding="utf-8")
    headings = [line for line in page.splitlines() if line.startswith("| section | ids | rules |")]
    assert headings
    assert all(line.endswith(f" {NEWEST} | {INVENTED} |") for line in headings)
    schema = json.loads((added.root / "fixtures" / "vectors" / "schema.json").read_text(encoding="utf-8"))
    assert INVENTED in json.dumps(schema)


def test_recordings_name_the_release_until_it_is_recorded(added: ProjectCopy) -> None:
    """The reference replaces the release, which does not exist."""
    judged = ("-m", "pytest", "-q", "tests/unit/test_recordings.py", "-k", f"answers_as_recorded and {INVENTED}")
    assert f"there is no recording of {INVENTED}; run `make recordings`" in added.output(*judged, exit_code=1)
    code = f"""if True:
        from tools.recordings import record
        from tools.recordings_files import load_recordings, load_scenarios, store
        scenarios = load_scenarios()
        recordings = load_recordings(scenarios)
        recordings["{INVENTED}"] = record("{INVENTED}", "reference@{INVENTED}", scenarios)
        store(scenarios, recordings)
    """
    added.output("-c", code)
    assert "1 passed" in added.output(*judged)
