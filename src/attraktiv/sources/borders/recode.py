"""Figures by code and year become figures by place."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from attraktiv import names
from attraktiv.errors import BorderError
from attraktiv.panels.faults import listed
from attraktiv.sources.borders.mapping import (
    CODE,
    WEIGHT,
    need_columns,
    need_text,
    of_years,
    whole_years,
)
from attraktiv.sources.borders.persons import divide
from attraktiv.sources.borders.report import report_of

WHOLE = 1e-9  # how near a whole number a count is whole


def to_borders(
    frame: pd.DataFrame,
    mapping: pd.DataFrame,
    counts: Sequence[str],
    *,
    by: Sequence[str] = (),
) -> tuple[pd.DataFrame, pd.DataFrame]:
    r"""Bring counts to the borders that a mapping leads to.

    Parameters
    ----------
    frame : pandas.DataFrame
        A row for each ``code`` (text) and ``year``, and each of what ``by`` names. A code that
        has rows in a year has a count of zero where it lacks one of what ``by`` names.
    mapping : pandas.DataFrame
        Columns ``code``, ``place``, ``weight``, and ``year`` or ``from_year`` and ``to_year``,
        as :func:`attraktiv.mapping_from_changes` gives it.
    counts : sequence of str
        Columns that are counts (persons, jobs, births, net migration): what can be summed. A rate
        or a share cannot; count first and divide afterwards.
    by : sequence of str, optional
        Columns that tell rows of one code and year apart, such as ``["sex", "age"]``.

    Returns
    -------
    frame : pandas.DataFrame
        Columns ``place``, ``year``, those of ``by`` and ``counts``, sorted by the former. The
        counts of every year and ``by`` sum to what they summed to. A column of whole numbers
        stays whole. A place is missing (NaN) in a year for which one of its codes is missing.
    report : pandas.DataFrame
        A row for each place and span of years in which it was not simply itself: ``place``,
        ``from_year``, ``to_year``, ``kind`` (``renamed``, ``merged``, ``split``), ``codes`` (with
        the share of a code that is divided), ``split_share`` (share of the first of ``counts``
        that comes from divided codes, 0 to 1), ``absent`` (codes that ``frame`` lacks) and
        ``reliable`` (nothing divided, nothing absent).

    Raises
    ------
    BorderError
        If a column is neither a count nor a key, a row is there twice, or the mapping lacks a
        code or a year of ``frame``.

    Notes
    -----
    Mathematical details: with :math:`n_{ct}` the count of code :math:`c` and
    :math:`w_{ctp}` its weight in place :math:`p`, the count of the place is
    :math:`\sum_c w_{ctp} n_{ct}`. As the weights of a code sum to one the sum over places is
    that over codes. A column of whole numbers is divided in whole persons by the rule of
    Webster, along the cells of a code and year in the order of ``by``, so that the total of a
    code and year is divided in the same way in a table of totals and in one by age.

    Examples
    --------
    >>> frame = pd.DataFrame({"code": ["0104", "0136"], "year": 2019, "population": [32726, 16145]})
    >>> mapping = pd.DataFrame({"code": ["0104", "0136"], "year": 2019, "place": "3103"})
    >>> moss, report = to_borders(frame, mapping.assign(weight=1), ["population"])
    >>> moss["population"].tolist(), report["kind"].tolist()
    ([48871], ['merged'])
    """
    rows, pieces = divided_pieces(frame, mapping, list(counts), [names.YEAR, *by])
    result = summed(pieces, list(counts), [names.YEAR, *by])
    absent = rows.loc[~rows["present"], [names.PLACE, names.YEAR]].drop_duplicates()
    spot = pd.MultiIndex.from_frame(result[[names.PLACE, names.YEAR]])
    hidden = spot.isin(pd.MultiIndex.from_frame(absent))
    if hidden.any():
        result[list(counts)] = result[list(counts)].astype(float).mask(hidden[:, None])
    return result, report_of(rows, pieces, counts[0])


def divided_pieces(
    frame: pd.DataFrame, mapping: pd.DataFrame, counts: list[str], keys: list[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give what each row of figures brings to each place, and the part of the mapping used.

    Parameters
    ----------
    frame, mapping : pandas.DataFrame
        As :func:`to_borders`.
    counts : list of str
    keys : list of str
        ``year``, and what tells rows of a code and year apart.

    Returns
    -------
    rows : pandas.DataFrame
        ``code``, ``year``, ``place``, ``weight`` and ``present`` (whether ``frame`` has the code
        in the year), of the places of which ``frame`` has anything.
    pieces : pandas.DataFrame
        ``place``, ``code``, ``keys``, ``counts`` and ``split`` (whether the code is divided).

    Raises
    ------
    BorderError
        As :func:`to_borders`.
    """
    frame = _read(frame, counts, keys)
    rows = of_years(mapping, frame[names.YEAR].unique())
    _need_codes(frame, rows)
    present = frame[[CODE, names.YEAR]].drop_duplicates().assign(present=True)
    rows = rows.merge(present, on=[CODE, names.YEAR], how="left")
    rows["present"] = rows["present"].notna()
    # A place of which no code is there is outside the figures, such as another county.
    some = rows.groupby([names.PLACE, names.YEAR])["present"].transform("any")
    rows = rows[some].reset_index(drop=True)
    return rows, _divided(frame, rows, counts, keys)


def summed(pieces: pd.DataFrame, counts: list[str], keys: list[str]) -> pd.DataFrame:
    """Sum pieces by place: missing where one is, whole where all are.

    Parameters
    ----------
    pieces : pandas.DataFrame
        As :func:`divided_pieces` gives them.
    counts, keys : list of str

    Returns
    -------
    pandas.DataFrame
        ``place``, ``keys`` and ``counts``, sorted.
    """
    result = pieces.groupby([names.PLACE, *keys], as_index=False)[counts].sum(skipna=False)
    for column in counts:
        if _is_whole(pieces[column]) and result[column].notna().all():
            result[column] = result[column].round().astype(np.int64)
    return result


def _divided(
    frame: pd.DataFrame, rows: pd.DataFrame, counts: list[str], keys: list[str]
) -> pd.DataFrame:
    """Give what each row of figures brings to each place."""
    pieces = frame.merge(rows[rows["present"]], on=[CODE, names.YEAR])
    split = pieces[WEIGHT] < 1
    pieces["split"] = split
    cells = frame.merge(pieces.loc[split, [CODE, names.YEAR]].drop_duplicates())
    for column in counts:
        value = pieces[column].astype(float)
        if split.any():
            value = value.where(~split, value * pieces[WEIGHT])
            if _is_whole(frame[column]):
                parts = _whole_parts(cells, rows, column, keys)
                at = [names.PLACE, CODE, *keys]
                found = pieces.loc[split, at].merge(parts, on=at, how="left")["part"]
                value = value.where(~split, pd.Series(found.to_numpy(), value.index[split]))
        pieces[column] = value
    return pieces


def _whole_parts(
    cells: pd.DataFrame, rows: pd.DataFrame, column: str, keys: list[str]
) -> pd.DataFrame:
    """Divide the cells of each divided code and year in whole numbers."""
    parts = []
    weights = dict(list(rows.groupby([CODE, names.YEAR])))
    for spot, group in cells.sort_values(keys).groupby([CODE, names.YEAR]):
        shares = weights[spot]
        known = group[column].notna().to_numpy()
        counts = group[column].fillna(0).to_numpy(dtype=float)
        part = divide(np.rint(counts).astype(np.int64), shares[WEIGHT].to_numpy()).astype(float)
        part[~known] = np.nan
        for place, of_place in zip(shares[names.PLACE], part.T, strict=True):
            parts.append(group[[CODE, *keys]].assign(**{names.PLACE: place, "part": of_place}))
    return pd.concat(parts, ignore_index=True)


def _read(frame: pd.DataFrame, counts: list[str], keys: list[str]) -> pd.DataFrame:
    """Check the figures and give their columns one form."""
    what = "figures"
    if not counts:
        raise BorderError(f"{what}: no counts are named. Say which, such as counts=['population'].")
    need_columns(frame, [CODE, *keys, *counts], what)
    need_text(frame, [CODE], what)
    other = [column for column in frame if column not in {CODE, *keys, *counts}]
    if other:
        raise BorderError(
            f"{what}: column {listed(other)} is neither a count nor a key, so that it is not known "
            "what becomes of it when places merge. Add it to counts, or to by where it tells rows "
            f"of a code and year apart, or leave it out: frame.drop(columns={other!r})."
        )
    result = frame[[CODE, *keys, *counts]].reset_index(drop=True)
    result[names.YEAR] = whole_years(result[names.YEAR], what)
    for column in counts:
        if not pd.api.types.is_numeric_dtype(result[column]):
            raise BorderError(
                f"{what}, column {column}: its values are not numbers. Read the table with an "
                "empty cell for what is missing; missing is not zero."
            )
    twice = result.duplicated([CODE, *keys])
    if twice.any():
        found = result.loc[twice, [CODE, *keys]].drop_duplicates()
        rows = listed(", ".join(map(str, row)) for row in found.to_numpy())
        raise BorderError(
            f"{what}: the row of {', '.join([CODE, *keys])} = {rows} is there more than once. Name "
            "in by what tells the rows apart, or sum them."
        )
    return result


def _need_codes(frame: pd.DataFrame, rows: pd.DataFrame) -> None:
    """Say which codes or years of the figures the mapping lacks."""
    years = sorted(set(frame[names.YEAR]) - set(rows[names.YEAR]))
    if years:
        raise BorderError(
            f"the mapping has no year {listed(years)}, which the figures have. Make it of changes "
            f"that reach as far: mapping_from_changes(…, from_year={frame[names.YEAR].min()}, "
            f"to_year={frame[names.YEAR].max()})."
        )
    known = rows[[CODE, names.YEAR]].drop_duplicates().assign(known=True)
    found = frame[[CODE, names.YEAR]].drop_duplicates().merge(known, how="left")
    unknown = found[found["known"].isna()].sort_values([CODE, names.YEAR])
    if len(unknown):
        spots = (f"{c} in {y}" for c, y in zip(unknown[CODE], unknown[names.YEAR], strict=True))
        raise BorderError(
            f"the mapping does not know code {listed(spots)}. Make the mapping with the list of "
            "codes, mapping_from_changes(changes, year, codes), correct the code, or take its rows "
            "out of the figures."
        )


def _is_whole(column: pd.Series) -> bool:
    values = column.dropna().to_numpy(dtype=float)
    return bool((np.abs(values - np.rint(values)) < WHOLE).all())
