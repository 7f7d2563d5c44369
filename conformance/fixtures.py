"""Where the fixtures lie: beside the packages in a checkout, inside the package in a wheel."""

from pathlib import Path

PACKAGE = Path(__file__).parent


def fixtures_folder() -> Path:
    """The folder of corpus, deviations, pools and configs."""
    installed = PACKAGE / "_fixtures"
    return installed if installed.is_dir() else PACKAGE.parent / "fixtures"
