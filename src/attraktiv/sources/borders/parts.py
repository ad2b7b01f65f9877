"""Parts of a sum, such as migration within the country and across its border."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from attraktiv.sources.borders.recode import to_borders

_SUM = "sum_of_parts"


def parts_to_borders(
    frame: pd.DataFrame,
    mapping: pd.DataFrame,
    counts: Sequence[str],
    parts: Sequence[str],
    *,
    by: Sequence[str] = (),
) -> tuple[pd.DataFrame, pd.DataFrame]:
    r"""Bring counts to other borders, some of which are the parts of a sum.

    Parameters
    ----------
    frame, mapping : pandas.DataFrame
        As for :func:`attraktiv.to_borders`.
    counts : sequence of str
        Columns that are counts, those of ``parts`` among them.
    parts : sequence of str
        Two columns or more whose sum means something.
    by : sequence of str, optional
        As for :func:`attraktiv.to_borders`.

    Returns
    -------
    frame, report : pandas.DataFrame
        As of :func:`attraktiv.to_borders`, but that in every place the parts sum to what their
        sum is divided into. A place of which one part is missing has no part.

    Raises
    ------
    BorderError
        As :func:`attraktiv.to_borders`.

    Notes
    -----
    Mathematical details: each rounded by itself, the parts of a divided code could miss its sum
    by a person. With :math:`S = \sum_k n_k` the sum and all parts but the first are divided in
    whole persons, and the first is what is left, :math:`S_p - \sum_{k>1} n_{kp}`. Its sum over
    places is :math:`n_1`, for those of the others are :math:`S` and :math:`n_k`.

    Examples
    --------
    >>> frame = pd.DataFrame({"code": ["X"], "year": [2019], "home": [1], "abroad": [1]})
    >>> mapping = pd.DataFrame(
    ...     {"code": "X", "year": 2019, "place": ["A", "B"], "weight": [0.6, 0.4]}
    ... )
    >>> found, _ = parts_to_borders(frame, mapping, ["home", "abroad"], ["home", "abroad"])
    >>> found[["home", "abroad"]].to_numpy().tolist()
    [[0, 1], [1, 0]]
    """
    first, *others = parts
    rest = [column for column in counts if column not in parts]
    whole = frame.assign(**{_SUM: frame[list(parts)].sum(axis=1, skipna=False)})
    # the report measures by what comes first, as of the counts
    divided = [*rest, _SUM, *others]
    moved, report = to_borders(whole.drop(columns=first), mapping, divided, by=by)
    moved[first] = moved[_SUM] - moved[others].sum(axis=1, skipna=False)
    known = moved[[first, *others]].notna().all(axis=1)
    if not known.all():
        moved[others] = moved[others].where(known)
    order = [column for column in moved if column not in (*counts, _SUM)]
    return moved[[*order, *counts]], report
