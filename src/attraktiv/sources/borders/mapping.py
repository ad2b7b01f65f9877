"""What a sound mapping is: a code of a year belongs to places, with weights that sum to one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
import pandas as pd

from attraktiv import names
from attraktiv.errors import BorderError
from attraktiv.panels.faults import listed

CODE: Final = "code"
WEIGHT: Final = "weight"
FROM_YEAR: Final = "from_year"
TO_YEAR: Final = "to_year"
COLUMNS: Final = (CODE, FROM_YEAR, TO_YEAR, names.PLACE, WEIGHT)

# Weights are products of a few stated shares: what is left of their sum is the rounding of those.
SUM_OF_WEIGHTS: Final = 1e-9


def need_columns(frame: pd.DataFrame, columns: Iterable[str], what: str) -> None:
    """Say which columns a table lacks.

    Raises
    ------
    BorderError
        If any of ``columns`` is absent.
    """
    absent = [column for column in columns if column not in frame]
    if absent:
        raise BorderError(
            f"{what}: no column {listed(absent)}; found {listed(frame.columns, shown=12)}. "
            f"Rename the columns, such as frame.rename(columns={{'…': {absent[0]!r}}})."
        )


def need_text(frame: pd.DataFrame, columns: Iterable[str], what: str) -> None:
    """Say which codes are not text: a number has lost its leading zeros.

    Raises
    ------
    BorderError
        If a cell of ``columns`` is empty or not text.
    """
    for column in columns:
        wrong = [value for value in frame[column].unique().tolist() if not isinstance(value, str)]
        if wrong:
            raise BorderError(
                f"{what}, column {column}: {listed(map(repr, wrong))} is not text. Codes are text "
                'and keep their zeros, such as "0301": read the file with '
                f"dtype={{{column!r}: str}}, and leave no code empty."
            )


def intervals(mapping: pd.DataFrame) -> pd.DataFrame:
    """Give a mapping one form: a row for each code, place and span of years.

    Parameters
    ----------
    mapping : pandas.DataFrame
        Columns ``code`` and ``place`` (text), ``weight`` (share of the code's count that belongs
        to the place, above 0 and at most 1), and either ``year`` or ``from_year`` and
        ``to_year`` (both included).

    Returns
    -------
    pandas.DataFrame
        Columns ``code``, ``from_year``, ``to_year``, ``place`` and ``weight``.

    Raises
    ------
    BorderError
        If a column is absent, a code is not text, a weight is not a share or a span is empty.
    """
    span = (names.YEAR,) if names.YEAR in mapping else (FROM_YEAR, TO_YEAR)
    need_columns(mapping, (CODE, *span, names.PLACE, WEIGHT), "mapping")
    need_text(mapping, (CODE, names.PLACE), "mapping")
    first, last = mapping[span[0]], mapping[span[-1]]
    result = pd.DataFrame(
        {
            CODE: mapping[CODE].to_numpy(dtype=object),
            FROM_YEAR: whole_years(first, "mapping"),
            TO_YEAR: whole_years(last, "mapping"),
            names.PLACE: mapping[names.PLACE].to_numpy(dtype=object),
            WEIGHT: mapping[WEIGHT].to_numpy(dtype=float),
        }
    )
    share = (result[WEIGHT] > 0) & (result[WEIGHT] <= 1 + SUM_OF_WEIGHTS)
    if not share.all():
        raise BorderError(
            f"mapping: weight {listed(result[WEIGHT][~share])} of code "
            f"{listed(result[CODE][~share])}. A weight is a share above 0 and at most 1; leave "
            "the row of a place that gets nothing out."
        )
    empty = result[FROM_YEAR] > result[TO_YEAR]
    if empty.any():
        raise BorderError(
            f"mapping, code {listed(result[CODE][empty])}: from_year is after to_year. Both years "
            "are included, so that a code of one year has it in both."
        )
    return result


def of_years(mapping: pd.DataFrame, years: Iterable[int]) -> pd.DataFrame:
    """Give the rows of some years.

    Parameters
    ----------
    mapping : pandas.DataFrame
        As :func:`intervals`.
    years : iterable of int

    Returns
    -------
    pandas.DataFrame
        Columns ``code``, ``year``, ``place`` and ``weight``, sorted; the order of the rows of
        ``mapping`` does not matter.

    Raises
    ------
    BorderError
        As :func:`intervals`, and if a place is twice in a code and year or the weights of a code
        and year do not sum to one.
    """
    wanted = pd.DataFrame({names.YEAR: sorted({int(year) for year in years})}, dtype=np.int64)
    rows = intervals(mapping).merge(wanted, how="cross")
    rows = rows[(rows[FROM_YEAR] <= rows[names.YEAR]) & (rows[names.YEAR] <= rows[TO_YEAR])]
    rows = rows[[CODE, names.YEAR, names.PLACE, WEIGHT]]
    rows = rows.sort_values([CODE, names.YEAR, names.PLACE], ignore_index=True)
    twice = rows.duplicated([CODE, names.YEAR, names.PLACE])
    if twice.any():
        raise BorderError(
            f"mapping: {_where(rows[twice])} has the same place more than once. Join the rows "
            "into one, whose weight is their sum."
        )
    codes = rows.groupby([CODE, names.YEAR])
    total = codes[WEIGHT].sum().reset_index()
    off = (total[WEIGHT] - 1).abs() > SUM_OF_WEIGHTS
    if off.any():
        raise BorderError(
            f"mapping: the weights of {_where(total[off])} sum to "
            f"{listed(f'{value:g}' for value in total[WEIGHT][off])}. They sum to 1 in each code "
            "and year, for a person lives in one place: give a row for each place with its share."
        )
    # What all belongs to one place is not divided, be it that its share is a rounded sum.
    return rows.assign(**{WEIGHT: rows[WEIGHT] / codes[WEIGHT].transform("sum")})


def compose_mappings(first: pd.DataFrame, second: pd.DataFrame, year: int) -> pd.DataFrame:
    r"""Go on from the borders of one year to others.

    Parameters
    ----------
    first : pandas.DataFrame
        A mapping to the borders of ``year``: columns ``code``, ``place``, ``weight``, and
        ``year`` or ``from_year`` and ``to_year``.
    second : pandas.DataFrame
        A mapping that has the places of ``first`` as codes of ``year``.
    year : int
        The year whose borders are between.

    Returns
    -------
    pandas.DataFrame
        A mapping from the codes and years of ``first`` to the places of ``second``: columns
        ``code``, ``from_year``, ``to_year``, ``place``, ``weight`` (share, 0 to 1), sorted.

    Raises
    ------
    BorderError
        If ``second`` lacks a place of ``first`` in ``year``, or a mapping is not sound.

    Notes
    -----
    Mathematical details: with :math:`w_{cm}` the share of code :math:`c` that belongs to the
    place :math:`m` between, and :math:`v_{mp}` the share of :math:`m` that belongs to
    :math:`p`, the share of :math:`c` in :math:`p` is :math:`\sum_m w_{cm} v_{mp}`. The shares
    of :math:`c` sum to one where those of both mappings do.

    Examples
    --------
    >>> first = pd.DataFrame({"code": ["0136"], "year": [2019], "place": ["3002"], "weight": [1]})
    >>> second = pd.DataFrame({"code": ["3002"], "year": [2020], "place": ["3103"], "weight": [1]})
    >>> compose_mappings(first, second, 2020)["place"].tolist()
    ['3103']
    """
    left = intervals(first).rename(columns={names.PLACE: "between", WEIGHT: "share"})
    right = of_years(second, [year]).rename(columns={CODE: "between"})
    unknown = sorted(set(left["between"]) - set(right["between"]))
    if unknown:
        raise BorderError(
            f"the second mapping has no code {listed(unknown)} in {year}, which is a place of the "
            "first. Give the year whose borders the first mapping leads to, or add the code to the "
            "second with itself as place and weight 1."
        )
    rows = left.merge(right[["between", names.PLACE, WEIGHT]], on="between")
    rows[WEIGHT] *= rows["share"]
    return joined(rows)


def joined(rows: pd.DataFrame) -> pd.DataFrame:
    """Sum what reaches a place by several ways, and join spans of years that say the same."""
    keys = [CODE, names.PLACE, FROM_YEAR, TO_YEAR]
    rows = rows.groupby(keys)[WEIGHT].sum().reset_index()
    before = rows.shift()
    goes_on = (
        (rows[CODE] == before[CODE])
        & (rows[names.PLACE] == before[names.PLACE])
        & (rows[WEIGHT] == before[WEIGHT])
        & (rows[FROM_YEAR] == before[TO_YEAR] + 1)
    )
    result = rows.groupby((~goes_on).cumsum()).agg(
        {CODE: "first", FROM_YEAR: "first", TO_YEAR: "last", names.PLACE: "first", WEIGHT: "first"}
    )
    return result.sort_values([CODE, FROM_YEAR, names.PLACE], ignore_index=True)


def whole_years(years: pd.Series, what: str) -> np.ndarray:
    """Give years as whole numbers.

    Raises
    ------
    BorderError
        If a year is not a whole number.
    """
    numbers = pd.to_numeric(years, errors="coerce").to_numpy(dtype=float)
    wrong = ~np.isfinite(numbers) | (numbers != np.rint(numbers))
    if wrong.any():
        found = listed(map(repr, years[wrong].unique().tolist()))
        raise BorderError(
            f"{what}, column {years.name}: {found} is not a "
            "year. Years are whole numbers, such as 2020."
        )
    return numbers.astype(np.int64)


def _where(rows: pd.DataFrame) -> str:
    return listed(f"code {c} in {y}" for c, y in zip(rows[CODE], rows[names.YEAR], strict=True))
