"""Projections of others, from files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from attraktiv import names
from attraktiv.errors import PanelError

_QUANTILE = re.compile(r"q(\d+(?:\.\d+)?)")


@dataclass(frozen=True)
class Official:
    """A projection.

    Attributes
    ----------
    name : str
        Of its file.
    table : pandas.DataFrame
        ``place``, ``year``, ``origin``, ``population``.
    quantiles : dict of float to str
        Columns of ``table`` with quantiles, by probability.
    """

    name: str
    table: pd.DataFrame
    quantiles: dict[float, str]

    def origins(self) -> set[int]:
        """Give the origins that it has a projection from."""
        return set(self.table[names.ORIGIN])

    def values(self, column: str, origin: int, horizon: int, places: np.ndarray) -> np.ndarray:
        """Give a column (horizon, place); NaN where the file has nothing."""
        rows = self.table[self.table[names.ORIGIN] == origin]
        wide = rows.pivot(index=names.YEAR, columns=names.PLACE, values=column)
        years = range(origin + 1, origin + horizon + 1)
        return wide.reindex(index=years, columns=[str(p) for p in places]).to_numpy(np.float64)


def read_official(path: str | Path) -> Official:
    """Read a projection.

    Parameters
    ----------
    path : str or Path
        A csv file with ``place``, ``year`` and ``population`` (persons on 1 January), ``origin``
        if there are several (else the year before the first), and quantiles as ``q10``, ``q90``.

    Returns
    -------
    Official

    Raises
    ------
    PanelError
        There is no such file, a column is missing, or a row is there twice.
    """
    path = Path(path)
    if not path.is_file():
        raise PanelError(f"There is no file {path} with a projection: --benchmark FILE.csv")
    try:
        table = pd.read_csv(path, dtype={names.PLACE: str})
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise PanelError(f"{path} is not a csv file in UTF-8: {error}") from None
    needed = [names.PLACE, names.YEAR, names.POPULATION]
    missing = [column for column in needed if column not in table]
    if missing:
        raise PanelError(
            f"{path} lacks the column {', '.join(missing)}; it has {', '.join(table.columns)}. "
            f"Valid are {', '.join(needed)}, and origin and quantiles (q10, q90) if known."
        )
    if names.ORIGIN not in table:
        table[names.ORIGIN] = int(table[names.YEAR].min()) - 1
    quantiles = {
        float(match[1]) / 100: str(column)
        for column in table
        if (match := _QUANTILE.fullmatch(str(column)))
    }
    numeric = [names.YEAR, names.ORIGIN, names.POPULATION, *quantiles.values()]
    for column in numeric:
        as_number = pd.to_numeric(table[column], errors="coerce")
        bad = np.flatnonzero((as_number.isna() & table[column].notna()).to_numpy())
        if len(bad):
            position = int(bad[0])
            value = table[column].tolist()[position]
            raise PanelError(
                f"{path}, line {position + 2}, column {column}: {value!r} is not a number; "
                "valid is 5120 or 5120.5."
            )
        table[column] = as_number
    keys = [names.PLACE, names.YEAR, names.ORIGIN]
    empty = table[keys].isna().any(axis=1).to_numpy()
    if empty.any():
        raise PanelError(f"{path}, line {int(empty.argmax()) + 2}: place, year or origin is empty.")
    twice = table.duplicated(keys)
    if twice.any():
        row = table[twice].iloc[0]
        raise PanelError(
            f"{path}: place {row[names.PLACE]} has the year {row[names.YEAR]:g} twice from the "
            f"origin {row[names.ORIGIN]:g}. Valid is one row for each."
        )
    table = table.astype({names.YEAR: int, names.ORIGIN: int})
    return Official(path.stem, table, quantiles)
