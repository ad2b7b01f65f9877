"""Which codes are in use between changes: as a list of codes says, or as the changes imply."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from attraktiv.errors import BorderError
from attraktiv.panels.faults import listed
from attraktiv.sources.borders.mapping import CODE, need_columns, need_text

OLD: Final = "old_code"
NEW: Final = "new_code"
DATE: Final = "date"
VALID_FROM: Final = "valid_from"
VALID_TO: Final = "valid_to"

# Period k is the time from the k-th change to the next; period 0 is that before the first.
Periods = list[frozenset[str]]


def first_of(year: int) -> pd.Timestamp:
    """Give 1 January, the day of the stocks of a year."""
    return pd.Timestamp(year, 1, 1)


def first_year_after(dates: pd.Series) -> np.ndarray:
    """Give the first year whose 1 January is on or after each date."""
    return (dates.dt.year + (dates.dt.day_of_year > 1)).to_numpy(dtype=np.int64)


def as_dates(column: pd.Series, what: str) -> pd.Series:
    """Read dates; an empty cell is a date that is not known.

    Raises
    ------
    BorderError
        If a value is not a date.
    """
    dates = pd.to_datetime(column, errors="coerce", format="ISO8601")
    wrong = dates.isna() & column.notna() & (column != "")
    if wrong.any():
        raise BorderError(
            f"{what}, column {column.name}: {listed(map(repr, column[wrong].unique()))} is not a "
            'date. Write dates as year-month-day, such as "2020-01-01".'
        )
    return dates


def listed_periods(codes: pd.DataFrame, dates: list[pd.Timestamp], start: pd.Timestamp) -> Periods:
    """Read from a list of codes which are in use in each period.

    Parameters
    ----------
    codes : pandas.DataFrame
        Columns ``code`` (text), ``valid_from`` and ``valid_to`` (dates; the first day on which
        the code is not valid any more, empty where it still is). A code may have several rows.
    dates : list of pandas.Timestamp
        Days of change, ascending.
    start : pandas.Timestamp
        First day of period 0.

    Returns
    -------
    list of frozenset of str
        Codes in use in each of the ``len(dates) + 1`` periods.

    Raises
    ------
    BorderError
        If a column is absent or a value is not a code or a date.
    """
    need_columns(codes, (CODE, VALID_FROM, VALID_TO), "codes")
    need_text(codes, [CODE], "codes")
    begins = as_dates(codes[VALID_FROM], "codes")
    ends = as_dates(codes[VALID_TO], "codes")
    return [frozenset(codes.loc[~(begins > day) & ~(ends <= day), CODE]) for day in [start, *dates]]


def implied_periods(changes: pd.DataFrame, dates: list[pd.Timestamp]) -> Periods:
    """Conclude from changes alone which of their codes are in use in each period.

    A code that a change names as new is in use after it, one that a change names as old alone is
    not. Before its first change a code was in use if that change names it as old.

    Parameters
    ----------
    changes : pandas.DataFrame
        Columns ``old_code``, ``new_code`` and ``date``.
    dates : list of pandas.Timestamp
        Days of change, ascending.

    Returns
    -------
    list of frozenset of str
        As :func:`listed_periods`.
    """
    if not dates:
        return [frozenset()]
    codes = np.array(sorted({*changes[OLD], *changes[NEW]}), dtype=object)
    position = {day: k for k, day in enumerate(dates)}
    when = changes[DATE].map(position).to_numpy(dtype=np.int64)
    old, new = (np.zeros((len(codes), len(dates)), dtype=bool) for _ in range(2))
    old[np.searchsorted(codes, changes[OLD].to_numpy()), when] = True
    new[np.searchsorted(codes, changes[NEW].to_numpy()), when] = True
    used = np.full((len(codes), len(dates) + 1), np.nan)
    first = (old | new).argmax(axis=1)
    used[:, 0] = old[np.arange(len(codes)), first]
    used[:, 1:][old] = 0.0
    used[:, 1:][new] = 1.0
    in_use = pd.DataFrame(used).ffill(axis=1).to_numpy() > 0
    return [frozenset(codes[in_use[:, k]]) for k in range(len(dates) + 1)]
