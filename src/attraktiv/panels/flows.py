"""What follows from other columns of panel.csv: net migration and natural increase."""

from __future__ import annotations

import pandas as pd

from attraktiv import names


def net_migration_of(panel: pd.DataFrame) -> pd.Series:
    """Give net migration, persons per year.

    Where the column ``net_migration`` is empty or absent it is ``net_domestic_migration`` +
    ``net_international_migration``, else ``in_migration`` − ``out_migration``, else NaN.
    """
    result = _column(panel, names.NET_MIGRATION)
    parts = _column(panel, names.NET_DOMESTIC_MIGRATION) + _column(
        panel, names.NET_INTERNATIONAL_MIGRATION
    )
    gross = _column(panel, names.IN_MIGRATION) - _column(panel, names.OUT_MIGRATION)
    return result.fillna(parts).fillna(gross)


def natural_increase_of(panel: pd.DataFrame) -> pd.Series:
    """Give natural increase, persons per year: as given, else ``births`` − ``deaths``."""
    difference = _column(panel, names.BIRTHS) - _column(panel, names.DEATHS)
    return _column(panel, names.NATURAL_INCREASE).fillna(difference)


def _column(panel: pd.DataFrame, name: str) -> pd.Series:
    if name in panel:
        return panel[name]
    return pd.Series(float("nan"), index=panel.index)
