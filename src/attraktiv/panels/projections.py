"""Projections by others, which a forecast is laid beside: tables in a folder of the panel."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from attraktiv import names
from attraktiv.panels.faults import Faults
from attraktiv.panels.files import SUFFIXES, find_table, numbers, read_table, whole_years

FOLDER: Final = "projections"
PROJECTION, ORIGIN = "projection", "origin"
_COLUMNS: Final = (names.PLACE, names.YEAR, names.POPULATION)
_KEYS: Final = (names.PLACE, names.YEAR)


def read_projections(folder: Path, origin: int) -> pd.DataFrame | None:
    """Read the projections of a panel folder that know no more than a forecast did.

    Parameters
    ----------
    folder : Path
        A panel folder, or a built panel, which has none. Each table in its folder
        ``projections`` has the columns ``place``, ``year``, ``population`` (persons on
        1 January) and perhaps ``origin``, the year of the last population it knew.
    origin : int
        Of the forecast. Rows of a later ``origin`` are left out.

    Returns
    -------
    pandas.DataFrame or None
        ``projection`` (the name of the file, with spaces), ``place``, ``year``,
        ``population``; years from the origin. None if nothing is left.

    Raises
    ------
    PanelError
        A table that cannot be read, lacks a column, or has a cell that is no number.
    """
    faults = Faults(str(folder / FOLDER))
    frames = [_read(folder / FOLDER, stem, origin, faults) for stem in _stems(folder / FOLDER)]
    faults.raise_any()
    found = [frame for frame in frames if frame is not None and len(frame)]
    return pd.concat(found, ignore_index=True) if found else None


def _read(folder: Path, stem: str, origin: int, faults: Faults) -> pd.DataFrame | None:
    path = find_table(folder, stem, faults)
    if path is None:
        return None
    frame = read_table(path, _COLUMNS, lambda column: column == names.PLACE, faults)
    if frame is None:
        return None
    read = pd.DataFrame(
        {
            PROJECTION: stem.replace("_", " "),
            names.PLACE: frame[names.PLACE].astype(object),
            names.YEAR: whole_years(frame, names.YEAR, _KEYS, path.name, faults),
            names.POPULATION: numbers(frame, names.POPULATION, _KEYS, path.name, faults),
        }
    )
    kept = read.notna().all(axis=1) & (read[names.YEAR] >= origin)
    if ORIGIN in frame:
        kept &= whole_years(frame, ORIGIN, _KEYS, path.name, faults) <= origin
    return read.loc[kept].astype({names.YEAR: np.int64})


def _stems(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    # of x.csv.gz no shorter ending is left over
    endings = sorted(SUFFIXES, key=len, reverse=True)
    found = {
        path.name.removesuffix(ending)
        for path in folder.iterdir()
        for ending in endings
        if path.name.endswith(ending)
    }
    return sorted(found)
