"""What to write into a mapping, as far as it can be told from the sources."""

from pathlib import Path

from conformance.targets.checkout.locate import Modules


def explain_missing(path: str, checkout: Path, modules: Modules) -> str:
    return f"plugin:{path}: {' and '.join(modules.missing)} not found in {checkout}"
