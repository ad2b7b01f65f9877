"""Figures by pairs of codes, such as home and work, or where from and where to."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from attraktiv import names
from attraktiv.errors import BorderError
from attraktiv.sources.borders.mapping import CODE
from attraktiv.sources.borders.recode import divided_pieces, summed


def pairs_to_borders(
    frame: pd.DataFrame,
    mapping: pd.DataFrame,
    counts: Sequence[str],
    *,
    pair: tuple[str, str] = ("home", "work"),
    by: Sequence[str] = (),
) -> pd.DataFrame:
    r"""Bring counts of pairs of places to the borders that a mapping leads to.

    Parameters
    ----------
    frame : pandas.DataFrame
        A row for each pair of codes and ``year``; a pair without a row is nobody.
    mapping : pandas.DataFrame
        As for :func:`attraktiv.to_borders`.
    counts : sequence of str
        Columns of persons.
    pair : tuple of two str
        The columns that hold the codes, such as ``("home", "work")`` of commuting.
    by : sequence of str, optional
        Columns that tell rows of one pair and year apart.

    Returns
    -------
    pandas.DataFrame
        The columns of ``pair`` with places in them, ``year``, ``by`` and ``counts``, sorted; pairs
        without anybody are left out. The counts of every year sum to what they summed to. Those
        who went between two codes of one place stand at the pair of the place with itself.

    Raises
    ------
    BorderError
        As :func:`attraktiv.to_borders`.

    Notes
    -----
    Mathematical details: with :math:`N_t` the matrix of pairs of codes and :math:`W_t` that of
    the weights, the matrix of pairs of places is :math:`W_t^\top N_t W_t`: first the one code of
    each pair is brought to places, then the other, each in whole persons.
    """
    if len(set(pair)) != 2:
        raise BorderError(f"pair names {pair!r}; give two columns, such as ('home', 'work').")
    counts = list(counts)
    for end, other in (pair, pair[::-1]):
        one = frame.rename(columns={end: CODE})
        keys = [names.YEAR, other, *by]
        _, pieces = divided_pieces(one, mapping, counts, keys)
        moved = summed(pieces, counts, keys)
        frame = moved.rename(columns={names.PLACE: end})
    order = [*pair, names.YEAR, *by]
    somebody = (frame[counts] != 0).any(axis=1)
    return frame.loc[somebody, [*order, *counts]].sort_values(order, ignore_index=True)
