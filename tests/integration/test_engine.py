"""A run imports slow modules only when it needs them."""

import subprocess
import sys

SLOW = ("asyncio", "filelock", "hypothesis", "jsonschema", "pytest", "reference_impl.adapter")


def test_slow_modules_are_imported_late() -> None:
    script = f"import sys, conformance.cli.run; print([name for name in {SLOW} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
