"""Projections by others, which a forecast is laid beside: tables in a folder of the panel."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from attraktiv import names
from attraktiv.panels.faults import Faults, cells
from attraktiv.panels.files import SUFFIXES, numbers, read_table, whole_years

FOLDER: Final = "projections"
PROJECTION: Final = "projection"
_COLUMNS: Final = (names.PLACE, names.YEAR, names.POPULATION)
_KEYS: Final = (names.PLACE, names.YEAR)
_QUANTILE: Final = re.compile(r"q(\d+(?:\.\d+)?)")


def read_projections(folder: Path, origin: int) -> pd.DataFrame | None:
    """Read the projections of a panel folder that know no more than a forecast did.

    Parameters
    ----------
    folder : Path
        A panel folder, or a built panel, which has none. Tables are in its folder
        ``projections``, each as :func:`read_projection` reads it.
    origin : int
        Of the forecast. Rows of a later ``origin`` are left out, and those of an earlier one than
        the newest that is left: whoever made them knows better by now.

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
    frames = []
    for path in _tables(folder / FOLDER):
        frame = _read(path, faults)
        if frame is None:
            continue
        stated = frame[names.ORIGIN].isna() | (frame[names.ORIGIN] <= origin)
        kept = frame.loc[stated & (frame[names.YEAR] >= origin), [*_COLUMNS, names.ORIGIN]]
        frames.append(kept.assign(**{PROJECTION: _stem(path).replace("_", " ")}))
    faults.raise_any()
    found = [frame for frame in frames if len(frame)]
    if not found:
        return None
    table = pd.concat(found, ignore_index=True)
    stated = table[names.ORIGIN]
    newest = table[stated.isna() | (stated == stated.max())]
    return newest[[PROJECTION, *_COLUMNS]].reset_index(drop=True)


def read_projection(path: str | Path) -> tuple[str, pd.DataFrame, dict[float, str]]:
    """Read one projection.

    Parameters
    ----------
    path : str or Path
        A .csv, .csv.gz or .parquet file with ``place``, ``year`` and ``population`` (persons on
        1 January), ``origin``, the year of the last population it knew, if there are several
        (else the year before the first), and quantiles as ``q10``, ``q90``.

    Returns
    -------
    name : str
        Of the file.
    table : pandas.DataFrame
        ``place``, ``year``, ``origin``, ``population`` and the columns of quantiles.
    quantiles : dict of float to str
        Those columns by probability.

    Raises
    ------
    PanelError
        There is no such file, it lacks a column, a cell is no number, or a row is there twice.
    """
    path = Path(path)
    faults = Faults(str(path))
    if not path.is_file():
        faults.add("there is no such file. Give a table of a projection: --benchmark FILE.csv")
    frame = _read(path, faults) if path.is_file() else None
    faults.raise_any()
    assert frame is not None
    if frame[names.ORIGIN].isna().all():
        frame[names.ORIGIN] = frame[names.YEAR].min() - 1
    keys = [*_KEYS, names.ORIGIN]
    twice = frame.duplicated(keys).to_numpy()
    if twice.any():
        where = cells(frame, twice, keys, None)
        faults.add(
            f"{path.name}: a place has a year twice from one origin ({where}). Valid is one row "
            "for each."
        )
    faults.raise_any()
    return _stem(path), frame, _quantiles(frame)


def _read(path: Path, faults: Faults) -> pd.DataFrame | None:
    """Read a table; the origin is missing where none is stated, faulty rows are left out."""
    frame = read_table(path, _COLUMNS, lambda column: column == names.PLACE, faults)
    if frame is None:
        return None

    def years(column: str) -> np.ndarray:
        return whole_years(frame, column, _KEYS, path.name, faults)

    read = pd.DataFrame(
        {
            names.PLACE: frame[names.PLACE].astype(object),
            names.YEAR: years(names.YEAR),
            names.ORIGIN: years(names.ORIGIN) if names.ORIGIN in frame else np.nan,
        }
        | {
            column: numbers(frame, column, _KEYS, path.name, faults)
            for column in (names.POPULATION, *_quantiles(frame).values())
        }
    )
    kept = read[list(_COLUMNS)].notna().all(axis=1)
    return read.loc[kept].astype({names.YEAR: np.int64})


def _quantiles(frame: pd.DataFrame) -> dict[float, str]:
    matches = {str(column): _QUANTILE.fullmatch(str(column)) for column in frame}
    return {float(match[1]) / 100: column for column, match in matches.items() if match}


def _tables(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.name.endswith(SUFFIXES))


def _stem(path: Path) -> str:
    # of x.csv.gz no shorter ending is left over
    ending = next(e for e in sorted(SUFFIXES, key=len, reverse=True) if path.name.endswith(e))
    return path.name.removesuffix(ending)
