"""Printed texts, and where they are written."""

import re

from tests.integration.errata.evidence import (
    VARIABLE,
    Release,
    shows,
)


@shows("E-23")
def test_no_release_prints_the_log_lines(release: Release) -> None:
    text = "".join(release.sources().values())
    for printed in ("[accounts]", "Starting account index", "(process.pid % accounts.length)"):
        assert printed not in text
    lines = re.findall(r"`.*Applying PID offset.*`", text)
    pids = "pid=${process.pid} offset=${pidOffset} family=${family} index=${baseIndex}->${newIndex}"
    assert lines == ([f"`[Account] Applying PID offset: {pids}`"] if release.is_from("1.6.0") else [])


@shows("E-30")
def test_line_numbers_are_those_of_1_3_0(release: Release) -> None:
    line = release.original_line("src/plugin/accounts.js", "const pidOffset = process.pid % this.accounts.length")
    assert (line in range(388, 394)) == (release.version == "1.3.0")
    if release.version == "1.3.0":
        assert line == 389
    assert (VARIABLE in release.sources()["src/plugin/config/loader.js"]) == (not release.is_from("1.6.0"))
