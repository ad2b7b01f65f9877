"""What a border moved is not migration, and a move inside a merged place is none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from attraktiv import names
from attraktiv.errors import BorderError
from attraktiv.panels.faults import listed
from attraktiv.sources.borders.mapping import WEIGHT, need_columns, of_years

FROM_PLACE = "from_place"
TO_PLACE = "to_place"
SPOT = [names.PLACE, names.YEAR]


def take_out_transfers(
    frame: pd.DataFrame,
    transfers: pd.DataFrame,
    *,
    counted_in: Sequence[str] = (names.NET_MIGRATION,),
) -> pd.DataFrame:
    """Take persons whom a change of borders moved out of migration.

    Parameters
    ----------
    frame : pandas.DataFrame
        A row for each ``place`` and ``year``, with the columns of ``counted_in`` (persons in the
        year).
    transfers : pandas.DataFrame
        Columns ``from_place``, ``to_place``, ``year`` and ``persons`` (0 or more): who were
        moved between 1 January of the year and 1 January of the next. Both places are of the
        borders of ``frame``.
    counted_in : sequence of str
        Columns of net flows that hold the transfers, as flows do that were computed from
        populations. Empty where the source counts moves of persons alone.

    Returns
    -------
    pandas.DataFrame
        ``frame`` with ``boundary_transfer`` (persons, moved in minus moved out, added to what
        stood there) and with ``counted_in`` less that. Sums over all places do not change.

    Raises
    ------
    BorderError
        If a column is absent, a place and year is unknown, or a number is not 0 or more.
    """
    need_columns(frame, [*SPOT, *counted_in], "figures")
    need_columns(transfers, [FROM_PLACE, TO_PLACE, names.YEAR, names.PERSONS], "transfers")
    persons = transfers[names.PERSONS].astype(float)
    if not (persons >= 0).all():
        raise BorderError(
            f"transfers: persons is {listed(persons[~(persons >= 0)])}. It is 0 or more: for "
            "persons who went the other way exchange from_place and to_place."
        )
    ends = [
        transfers.rename(columns={end: names.PLACE})[SPOT].assign(moved=sign * persons)
        for end, sign in ((TO_PLACE, 1.0), (FROM_PLACE, -1.0))
    ]
    moved = pd.concat(ends, ignore_index=True).groupby(SPOT)["moved"].sum()
    index = pd.MultiIndex.from_frame(frame[SPOT])
    unknown = moved.index.difference(index)
    if len(unknown):
        raise BorderError(
            f"transfers: {listed(f'place {p}, year {y}' for p, y in unknown)} is not among the "
            "figures. Give places of the borders that the figures have."
        )
    net = moved.reindex(index, fill_value=0.0).to_numpy()
    result = frame.copy()
    stood = result.get(names.BOUNDARY_TRANSFER, 0.0)
    result[names.BOUNDARY_TRANSFER] = stood + net
    for column in counted_in:
        result[column] = result[column] - net
    return result


def balance_splits(frame: pd.DataFrame, mapping: pd.DataFrame) -> pd.DataFrame:
    """Call what does not add up in the year in which a place was divided a transfer.

    Until a place was divided its parts are known by a stated share alone; on the day it was
    divided they are counted. The difference of the two is nobody's move, and neither growth nor
    migration of the parts.

    Parameters
    ----------
    frame : pandas.DataFrame
        A row for each ``place`` and ``year``: ``population`` (persons on 1 January),
        ``natural_increase`` and ``net_migration`` (persons in the year).
    mapping : pandas.DataFrame
        With which ``frame`` was brought to its borders.

    Returns
    -------
    pandas.DataFrame
        ``frame`` with ``boundary_transfer`` (persons): in the year before a place's shares of
        divided codes change it is the population of the next year less that of this year, natural
        increase and net migration; in all other years what stood there, or 0.

    Raises
    ------
    BorderError
        If a column is absent or the mapping is not sound.

    Notes
    -----
    Mathematical details: with :math:`P` population, :math:`N` natural increase and :math:`M` net
    migration, :math:`B_t = P_{t+1} - P_t - N_t - M_t` for the places whose divided codes and
    weights at :math:`t` are not those at :math:`t+1`. Where the sources agree with each other
    :math:`B_t` sums to zero over the parts of a place.
    """
    columns = [names.POPULATION, names.NATURAL_INCREASE, names.NET_MIGRATION]
    need_columns(frame, [*SPOT, *columns], "figures")
    rows = of_years(mapping, frame[names.YEAR].unique())
    rows = rows[rows[WEIGHT] < 1]
    divided = zip(rows["code"], rows[WEIGHT], strict=True)
    # of text even where nothing is divided
    key = pd.Series([f"{code} {share!r}" for code, share in divided], rows.index, dtype=object)
    made_of = key.groupby([rows[names.PLACE], rows[names.YEAR]]).agg("; ".join)
    here = pd.MultiIndex.from_frame(frame[SPOT])
    following = pd.MultiIndex.from_arrays([frame[names.PLACE], frame[names.YEAR] + 1])
    now, then = (made_of.reindex(at).fillna("").to_numpy() for at in (here, following))
    population = frame.set_index(SPOT)[names.POPULATION].astype(float)
    later = population.reindex(following).to_numpy()
    left = later - frame[columns].astype(float).sum(axis=1, skipna=False).to_numpy()
    stood = frame.get(names.BOUNDARY_TRANSFER, 0.0)
    settled = (now != then) & np.isfinite(later)
    return frame.assign(**{names.BOUNDARY_TRANSFER: np.where(settled, left, stood)})


def migration_of_moves(moves: pd.DataFrame) -> pd.DataFrame:
    """Sum moves between places; a move inside a place is no migration.

    Gross flows of codes that are merged cannot be summed: who moved from the one to the other
    would be counted. From the moves between all pairs they follow exactly.

    Parameters
    ----------
    moves : pandas.DataFrame
        Columns ``from_place``, ``to_place``, ``year`` and ``persons``, in the borders wanted: see
        :func:`attraktiv.pairs_to_borders`.

    Returns
    -------
    pandas.DataFrame
        ``place``, ``year``, ``in_migration``, ``out_migration`` and ``net_domestic_migration``
        (persons in the year), sorted. Net migration of a year sums to zero.

    Raises
    ------
    BorderError
        If a column is absent.

    Examples
    --------
    >>> moves = pd.DataFrame(
    ...     {"from_place": ["A", "A"], "to_place": ["A", "B"], "year": 2019, "persons": [9, 2]}
    ... )
    >>> migration_of_moves(moves)["net_domestic_migration"].tolist()
    [-2, 2]
    """
    need_columns(moves, [FROM_PLACE, TO_PLACE, names.YEAR, names.PERSONS], "moves")
    left = moves[FROM_PLACE] != moves[TO_PLACE]
    persons = moves[names.PERSONS].where(left, 0)
    flows = {
        flow: persons.groupby([moves[end].rename(names.PLACE), moves[names.YEAR]]).sum()
        for flow, end in ((names.IN_MIGRATION, TO_PLACE), (names.OUT_MIGRATION, FROM_PLACE))
    }
    result = pd.concat(flows, axis=1)
    whole = pd.api.types.is_integer_dtype(moves[names.PERSONS])
    result = result.fillna(0).astype(np.int64 if whole else float)
    net = result[names.IN_MIGRATION] - result[names.OUT_MIGRATION]
    return (
        result.assign(**{names.NET_DOMESTIC_MIGRATION: net})
        .reset_index()
        .sort_values(SPOT, ignore_index=True)
    )
