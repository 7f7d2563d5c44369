"""Every release answers the scenario of each quirk as the table of quirks says."""

import pytest

from conformance.requirements.quirks import DistinguishingScenario, load_distinguishing_scenarios
from conformance.targets.connection import Connection
from conformance.wire.files import ask
from reference_impl.releases import NPM_VERSIONS
from tests.support.quirks import unexpected

SCENARIOS = load_distinguishing_scenarios()


@pytest.mark.needs_node
@pytest.mark.parametrize("version", NPM_VERSIONS)
@pytest.mark.parametrize("distinguishing", SCENARIOS.values(), ids=list(SCENARIOS))
def test_a_release_answers_as_its_row_says(
    distinguishing: DistinguishingScenario, version: str, releases: dict[str, Connection]
) -> None:
    if version not in distinguishing.releases:
        return
    release, scenario = releases[version], distinguishing.of(version)
    if missing := distinguishing.needs - set(release.hello().capabilities):
        assert version not in distinguishing.quirk.releases, (
            f"{version} is listed, and cannot be asked without {missing}"
        )
        return
    assert not unexpected(scenario, ask(scenario, release.batch))
