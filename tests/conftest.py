"""What all tests share: the real panel, and how hypothesis searches."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import xarray as xr
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]

# A first call may compile, so time says nothing about the example it happened in. In CI the
# same examples are tried every time: what fails there can be repeated.
settings.register_profile("attraktiv", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("attraktiv")


@pytest.fixture(scope="session")
def root() -> Path:
    """Top of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of real data that lies outside the repository; skips where it is absent."""
    folder = Path(os.environ.get("ATTRAKTIV_REAL_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "norway" / "panel.csv").is_file():
        pytest.skip(
            "the real data are not beside the checkout; set ATTRAKTIV_REAL_DATA to their folder"
        )
    return folder


@pytest.fixture(scope="session")
def norway(real_data: Path) -> xr.Dataset:
    """The Norwegian panel. Shared by all tests of a process: do not change it."""
    import attraktiv
    from attraktiv.errors import PanelWarning

    # border changes that the sources do not give
    with pytest.warns(PanelWarning, match="population does not follow"):
        return attraktiv.read_panel(real_data / "norway")
