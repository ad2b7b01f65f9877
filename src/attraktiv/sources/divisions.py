"""How the persons of a place that was divided went to its parts, where nobody states it."""

from __future__ import annotations

import pandas as pd

from attraktiv import names
from attraktiv.sources.recipes import Share

_STATED = "weight"


def with_shares(
    changes: pd.DataFrame, population: pd.DataFrame, stated: tuple[Share, ...]
) -> pd.DataFrame:
    """Give each part of a code that was divided its share.

    Parameters
    ----------
    changes : pandas.DataFrame
        As :func:`attraktiv.sources.klass.changes` gives them.
    population : pandas.DataFrame
        ``code``, ``year``, ``population`` (persons on 1 January) and ``growth`` (persons in the
        year; NaN where not known).
    stated : tuple of Share
        Shares that a recipe states.

    Returns
    -------
    pandas.DataFrame
        ``changes`` with ``weight``: stated, or from populations; NaN for a code with one
        successor.

    Notes
    -----
    Mathematical details: let a code :math:`c` be divided on 1 January of year :math:`t`. What a
    new code :math:`d` got of it is the population of :math:`d` on that day less that of the codes
    that went to :math:`d` whole, at the end of :math:`t-1`, but at least one person; its share is
    that over the sum of such numbers of all parts. Where another divided code went to :math:`d`
    too, or a population is not known, the parts are taken as alike.
    """
    result = changes.copy()
    result[_STATED] = float("nan")
    start = population.set_index(["code", names.YEAR])[names.POPULATION]
    growth = population.set_index(["code", names.YEAR])["growth"].fillna(0.0)
    known = {(share.old, share.new): share.weight for share in stated}
    on = ["date", "old_code"]
    divided = result.groupby(on)["new_code"].transform("nunique") > 1
    for (date, old), rows in result[divided].groupby(on):
        year = date.year if (date.month, date.day) == (1, 1) else date.year + 1
        parts = list(rows["new_code"])
        if all((old, new) in known for new in parts):
            result.loc[rows.index, _STATED] = [known[old, new] for new in parts]
            continue
        here = result[result["date"] == date]
        sizes = []
        for new in parts:
            others = here[(here["new_code"] == new) & (here["old_code"] != old)]
            before = [(code, year - 1) for code in others["old_code"]]
            alone = not divided[others.index].any()
            if not alone or (new, year) not in start or any(b not in start for b in before):
                sizes = [1.0] * len(parts)
                break
            sizes.append(max(1.0, start[new, year] - sum(start[b] + growth[b] for b in before)))
        result.loc[rows.index, _STATED] = [size / sum(sizes) for size in sizes]
    return result
