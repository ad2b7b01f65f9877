"""How the persons of a place that was divided went to its parts, where nobody states it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from attraktiv import names
from attraktiv.sources.recipes import Share


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
    start = population.set_index(["code", names.YEAR])[names.POPULATION].to_dict()
    growth = population.set_index(["code", names.YEAR])["growth"].fillna(0.0).to_dict()
    known = {(share.old, share.new): share.weight for share in stated}
    weights = [float("nan")] * len(changes)
    rows = list(zip(changes["date"], changes["old_code"], changes["new_code"], strict=True))
    for day, old in dict.fromkeys((day, old) for day, old, _ in rows):
        parts = sorted({new for d, o, new in rows if (d, o) == (day, old)})
        if len(parts) == 1:
            continue
        if all((old, new) in known for new in parts):
            sizes = [known[old, new] for new in parts]
        else:
            year = day.year if (day.month, day.day) == (1, 1) else day.year + 1
            here = [(o, new) for d, o, new in rows if d == day]
            told = [_size(old, new, year, here, start, growth) for new in parts]
            sizes = [size for size in told if size is not None]
            if len(sizes) < len(parts):
                sizes = [1.0] * len(parts)
        share = {new: size / sum(sizes) for new, size in zip(parts, sizes, strict=True)}
        for n, (d, o, new) in enumerate(rows):
            if (d, o) == (day, old):
                weights[n] = share[new]
    return changes.assign(weight=weights)


def _size(
    old: str,
    new: str,
    year: int,
    changes: list[tuple[str, str]],
    start: Mapping[Any, float],
    growth: Mapping[Any, float],
) -> float | None:
    """Persons that a new code got of an old one; None where that cannot be told."""
    others = {code for code, to in changes if to == new and code != old}
    before = [(code, year - 1) for code in others]
    whole = all(len({to for code, to in changes if code == other}) == 1 for other in others)
    if not whole or (new, year) not in start or any(code not in start for code in before):
        return None
    return max(1.0, start[new, year] - sum(start[code] + growth[code] for code in before))
