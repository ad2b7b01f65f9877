"""Projections of others, as forecasters in a backtest."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from attraktiv import names
from attraktiv.panels import read_projection


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
        return {int(origin) for origin in self.table[names.ORIGIN]}

    def values(self, column: str, origin: int, horizon: int, places: np.ndarray) -> np.ndarray:
        """Give a column (horizon, place); NaN where the file has nothing."""
        rows = self.table[self.table[names.ORIGIN] == origin]
        wide = rows.pivot(index=names.YEAR, columns=names.PLACE, values=column)
        years = range(origin + 1, origin + horizon + 1)
        return wide.reindex(index=years, columns=[str(p) for p in places]).to_numpy(np.float64)


def read_official(path: str | Path) -> Official:
    """Read a projection; the file is that of :func:`attraktiv.panels.read_projection`."""
    return Official(*read_projection(path))
