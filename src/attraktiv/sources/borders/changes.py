"""Changes of codes become a mapping to the borders of one year."""

from __future__ import annotations

from bisect import bisect_right

import numpy as np
import pandas as pd

from attraktiv import names
from attraktiv.errors import BorderError
from attraktiv.panels.faults import listed
from attraktiv.sources.borders.mapping import (
    CODE,
    FROM_YEAR,
    TO_YEAR,
    WEIGHT,
    joined,
    need_columns,
    need_text,
)
from attraktiv.sources.borders.periods import (
    DATE,
    NEW,
    OLD,
    Periods,
    as_dates,
    first_of,
    first_year_after,
    implied_periods,
    listed_periods,
)
from attraktiv.sources.borders.successions import BACK, shares, succession


def mapping_from_changes(
    changes: pd.DataFrame,
    target_year: int,
    codes: pd.DataFrame | None = None,
    *,
    from_year: int | None = None,
    to_year: int | None = None,
) -> pd.DataFrame:
    r"""Say to which place of one year's borders each code of each year belongs.

    Parameters
    ----------
    changes : pandas.DataFrame
        A row for each pair of codes that a change ties together: ``old_code``, ``new_code``
        (text) and ``date``. A code that is divided has a row for each part, and in the column
        ``weight`` the share of its persons that the part has; a code that gives a part away has
        a row to itself for what stays. ``weight_back`` is the share of the new code that came
        from the old one, and needed only where codes of later years than ``target_year`` are
        brought back across a merger. Other columns are left alone.
    target_year : int
        Whose borders, on 1 January.
    codes : pandas.DataFrame, optional
        The codes with the days on which they are valid: ``code``, ``valid_from``, ``valid_to``
        (the first day after, empty where still valid), as
        :func:`attraktiv.sources.klass.municipalities` gives them. Without it the mapping has the
        codes that ``changes`` names, and no other.
    from_year, to_year : int, optional
        The years for which ``changes`` is complete, both included. By default the year before
        the first change, and ``target_year``; changes outside them are left alone.

    Returns
    -------
    pandas.DataFrame
        Columns ``code``, ``from_year``, ``to_year`` (both included), ``place`` and ``weight``
        (share, above 0 and at most 1), sorted. The weights of a code and year sum to one.

    Raises
    ------
    BorderError
        If a change names a code that is not in use, a code ends without a successor, a division
        has no stated shares, or the target lies outside the years.

    Notes
    -----
    Mathematical details: the figures of a year are those of 1 January, so a change counts from
    the first 1 January on or after its date. Let :math:`S_k` be the matrix of the
    :math:`k`-th change, whose element :math:`(c, d)` is the share of the old code :math:`c`
    that the new code :math:`d` has; a code without a change has a one with itself. From a
    period before :math:`m` changes to the target the mapping is the product
    :math:`S_1 S_2 \cdots S_m`. Rows of each factor sum to one, hence those of the product do.
    Towards earlier borders the factors are the matrices of ``weight_back``, in descending order.

    Examples
    --------
    >>> changes = pd.DataFrame(
    ...     {
    ...         "old_code": ["0104", "0136", "3002"],
    ...         "new_code": ["3002", "3002", "3103"],
    ...         "date": ["2020-01-01", "2020-01-01", "2024-01-01"],
    ...     }
    ... )
    >>> mapping = mapping_from_changes(changes, 2024)
    >>> mapping[["code", "from_year", "to_year", "place"]].to_numpy().tolist()[:2]
    [['0104', 2019, 2019, '3103'], ['0136', 2019, 2019, '3103']]
    """
    changes = _read(changes)
    effective = first_year_after(changes[DATE])
    first = min([target_year, *(effective - 1)]) if from_year is None else from_year
    last = target_year if to_year is None else to_year
    if not first <= target_year <= last:
        raise BorderError(
            f"the target year {target_year} is not among the years {first}–{last} for which the "
            "changes are complete. Ask for the changes up to the target, and give from_year and "
            "to_year that hold it."
        )
    changes = changes[(effective > first) & (effective <= last)]
    dates = sorted(changes[DATE].unique())
    if codes is None:
        used = implied_periods(changes, dates)
    else:
        used = listed_periods(codes, dates, first_of(first))
    parts = _towards(changes, dates, used, bisect_right(dates, first_of(target_year)))
    years = np.arange(first, last + 1)
    period = np.array([bisect_right(dates, first_of(int(year))) for year in years])
    rows = [
        part.assign(**{FROM_YEAR: years[period == k][0], TO_YEAR: years[period == k][-1]})
        for k, part in enumerate(parts)
        if (period == k).any()
    ]
    return joined(pd.concat(rows, ignore_index=True))


def _towards(
    changes: pd.DataFrame, dates: list[pd.Timestamp], used: Periods, target: int
) -> list[pd.DataFrame]:
    """Give the mapping of each period to the codes of the period ``target``."""
    own = sorted(used[target])
    parts = {target: pd.DataFrame({CODE: own, names.PLACE: own, WEIGHT: 1.0})}
    rows = [
        succession(changes[changes[DATE] == day], day, used[k], used[k + 1])
        for k, day in enumerate(dates)
    ]
    for k in reversed(range(target)):
        step = shares(rows[k], OLD, WEIGHT, dates[k])
        parts[k] = _step(step, OLD, NEW, parts[k + 1])
    for k in range(target, len(dates)):
        step = shares(rows[k], NEW, BACK, dates[k])
        parts[k + 1] = _step(step, NEW, OLD, parts[k])
    return [parts[k] for k in range(len(dates) + 1)]


def _step(step: pd.DataFrame, far: str, near: str, known: pd.DataFrame) -> pd.DataFrame:
    """Go one change further from the target: a product of two sparse matrices."""
    rows = step.merge(known, left_on=near, right_on=CODE)
    rows = rows.assign(**{CODE: rows[far], WEIGHT: rows["share"] * rows[WEIGHT]})
    return rows.groupby([CODE, names.PLACE])[WEIGHT].sum().reset_index()


def _read(changes: pd.DataFrame) -> pd.DataFrame:
    """Check the table of changes and give its columns one form."""
    need_columns(changes, (OLD, NEW, DATE), "changes")
    need_text(changes, (OLD, NEW), "changes")
    result = changes[[OLD, NEW]].astype(object)
    result[DATE] = as_dates(changes[DATE], "changes")
    if result[DATE].isna().any():
        raise BorderError(
            f"changes: {listed(result[OLD][result[DATE].isna()])} has no date. Every row says on "
            'which day the change came into force, such as "2020-01-01".'
        )
    for column in (WEIGHT, BACK):
        result[column] = changes[column].astype(float) if column in changes else np.nan
    # A code whose name alone changed may be there twice; two rows with shares may not.
    result = result.drop_duplicates(ignore_index=True)
    twice = result.duplicated([OLD, NEW, DATE])
    if twice.any():
        raise BorderError(
            f"changes: {listed(result[OLD][twice])} leads to {listed(result[NEW][twice])} more "
            "than once on the same day, with different shares. Join the rows into one."
        )
    return result
