"""The way in: a panel folder or a built panel becomes a Dataset."""

from __future__ import annotations

from pathlib import Path

import xarray as xr

from attraktiv.errors import PanelError
from attraktiv.panels.build import build_panel
from attraktiv.panels.checks import check_tables, warn_about
from attraktiv.panels.faults import Faults
from attraktiv.panels.stores import is_store, read_store
from attraktiv.panels.tables import read_tables


def read_panel(path: str | Path, *, ages_on_disk: bool = False) -> xr.Dataset:
    """Read a panel folder, or a built panel.

    Parameters
    ----------
    path : str or Path
        A folder with at least panel.csv and places.csv, or a store that
        :func:`~attraktiv.panels.write_panel` wrote.
    ages_on_disk : bool
        Leave the population by sex and age of a built panel where it is until it is used: of
        100,000 places it is a gigabyte for every six years.

    Returns
    -------
    xarray.Dataset
        Dims ``place`` (text codes) and ``year`` (int64); every variable has ``units`` and
        ``long_name``; missing is NaN, never zero. See
        :func:`~attraktiv.panels.build.build_panel`.

    Raises
    ------
    PanelError
        If anything in the folder is wrong; the message names every fault with its place, year
        and column (the first ten, then their count).

    Warns
    -----
    PanelWarning
        If something is doubtful: populations that do not follow from their flows, places that
        begin late or end early.
    """
    folder = Path(path)
    if not folder.exists():
        raise PanelError(
            f"{folder} does not exist. Give a panel folder (with panel.csv and places.csv) or a "
            "built panel; `attraktiv simulate OUT_FOLDER` writes an example."
        )
    if not folder.is_dir():
        raise PanelError(
            f"{folder} is a file, not a panel folder or a built panel. Give the folder that holds "
            f"panel.csv and places.csv, such as {folder.parent}."
        )
    if is_store(folder):
        return read_store(folder, ages_on_disk=ages_on_disk)
    faults = Faults(str(folder))
    tables = read_tables(folder, faults)
    if tables is not None:
        check_tables(tables, faults)
    faults.raise_any()
    if tables is None:
        raise faults.error()
    result = build_panel(tables)
    warn_about(result, tables)
    return result
