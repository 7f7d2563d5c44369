"""`python -m tools.recordings [VERSION=PATH ...]`: sends the stored scenarios to the releases and stores the answers.

Releases on npm are always asked. A release that exists only as a git tag is asked if a checkout is given; otherwise it
keeps its stored answers. The stored scenarios never change; those of new vectors and quirks are added. A release is
asked only what it claims.
"""

import argparse
import json
import sys
from collections.abc import Sequence

from conformance.search.identify import DEFAULTS
from conformance.targets.group import Group, Launch
from conformance.targets.resolve import resolve
from conformance.wire.answers import Answer, Result
from conformance.wire.files import ask
from reference_impl.releases import VERSIONS
from tools.recordings_draw import added, drawn, written
from tools.recordings_files import Recording, Scenarios, first_change, load_recordings, load_scenarios, store
from tools.release_targets import add_checkouts, release_targets


def record(version: str, word: str, scenarios: Scenarios) -> Recording:
    """Send a release every scenario whose capabilities it claims."""
    target = resolve(word, [])
    with Group([Launch(target.argv, target.environment, target.word)], timeout_s=60) as group:
        connection = group.connections[0]

        def answers(scenario_id: str) -> list[Answer]:
            return ask(scenarios[scenario_id], connection.batch, group.folder)

        (loaded,) = ask(DEFAULTS, connection.batch, group.folder)
        assert isinstance(loaded, Result), f"{word} answered {loaded} to a load of the config without any file"
        recording = Recording(version, connection.hello().capabilities, loaded.value["config"])
        recording.answers.update({id_: answers(id_) for id_ in recording.not_asked_yet(scenarios)})
    return recording


def describe(recording: Recording, before: Recording | None, scenarios: Scenarios) -> str:
    """One line about a new recording, with the changes since the stored one."""
    calls = sum(map(len, recording.answers.values()))
    old = before.answers if before else {}
    changed = [
        id_
        for id_, answers in recording.answers.items()
        if id_ in old and first_change(scenarios[id_], old[id_], answers) is not None
    ]
    changes = f"; its answers differ from the stored ones in: {', '.join(changed)}" if changed else ""
    added = len(recording.answers.keys() - old.keys())
    return f"{recording.version}: {calls:,} calls in {len(recording.answers)} scenarios, {added} of them new{changes}"


def describe_kept(version: str, stored: Recording | None, scenarios: Scenarios) -> str:
    """One line about a release that was not asked."""
    give = f"give a checkout of its tag, {version}=PATH"
    if stored is None:
        return f"{version}: not recorded; {give}"
    missing = len(stored.not_asked_yet(scenarios))
    return f"{version}: keeps its stored answers, {missing} scenarios not asked yet; to ask it, {give}"


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser("python -m tools.recordings", description="Record what the releases answer.")
    parser.add_argument("--draw", action="store_true", help="Draw new sessions; needs a checkout of every git tag.")
    parser.add_argument(
        "--show", metavar="ID", help="Print a stored scenario, as `replay` reads it, and record nothing."
    )
    add_checkouts(parser)
    options = parser.parse_args(arguments)
    stored = load_scenarios()
    if options.show:
        if options.show not in stored:
            parser.error(f"there is no scenario {options.show!r}")
        print(json.dumps(stored[options.show].to_json(), indent=1))
        return 0
    targets = release_targets(options.checkouts)
    if options.draw and (missing := [version for version in VERSIONS if version not in targets]):
        parser.error(f"--draw replaces all recordings; give a checkout of the tag of {', '.join(missing)}")
    scenarios = dict(drawn()) if options.draw else stored
    scenarios |= added(scenarios, written())
    recordings = {} if options.draw else load_recordings(scenarios)
    for version in VERSIONS:
        before = recordings.get(version)
        if version in targets:
            recordings[version] = record(version, targets[version], scenarios)
            print(describe(recordings[version], before, scenarios), flush=True)
        else:
            print(describe_kept(version, before, scenarios), flush=True)
    store(scenarios, recordings)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
