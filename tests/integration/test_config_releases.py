"""Config of every release: the reference at its profile loads the same config as the release."""

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings

from conformance.json_type import Json
from conformance.search.configs import Calls, decode_config
from conformance.search.source import Draft, drafts
from conformance.targets.connection import Connection
from conformance.targets.group import Group, Launch
from conformance.targets.resolve import resolve
from conformance.wire.answers import Result
from conformance.wire.files import replace_text, write_files
from conformance.wire.scenario import ROOT
from tests.support.tiers import releases_on_npm

pytestmark = [pytest.mark.needs_node]
# To run more examples: CONFIG_EXAMPLES=8000
EXAMPLES = int(os.environ.get("CONFIG_EXAMPLES", "500"))


@pytest.fixture(scope="module", params=releases_on_npm())
def pair(request: pytest.FixtureRequest) -> Iterator[list[Connection]]:
    words = (f"reference@{request.param}", f"npm:opencode-antigravity-auth@{request.param}")
    launches = [Launch(target.argv, target.environment, target.word) for target in (resolve(w, []) for w in words)]
    with Group(launches, timeout_s=60) as group:
        yield group.connections


def configs(connection: Connection, calls: Calls, root: str) -> list[str]:
    """The whole configs as JSON text. Unlike Python's comparison, it distinguishes 1 and true, but not 1 and 1.0."""
    answers = connection.batch([(method, replace_text(params, ROOT, root)) for method, params in calls])
    assert all(isinstance(answer, Result) for answer in answers), answers
    return [json.dumps(_plain(answer.value), sort_keys=True) for answer in answers if isinstance(answer, Result)]


def _plain(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return int(value) if isinstance(value, float) and value.is_integer() else value


def test_the_reference_loads_config_as_the_release_does(pair: list[Connection]) -> None:
    reference, release = pair

    @settings(max_examples=EXAMPLES, derandomize=True, database=None, deadline=None)
    @given(draft=drafts)
    def compare(draft: Draft) -> None:
        files, calls, _ = decode_config(draft)
        with tempfile.TemporaryDirectory() as root:
            write_files(Path(root), files)
            assert configs(reference, calls, root) == configs(release, calls, root)

    compare()
