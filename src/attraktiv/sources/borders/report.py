"""What was merged, split or left unreliable when figures were brought to other borders."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from attraktiv import names
from attraktiv.sources.borders.mapping import CODE, FROM_YEAR, TO_YEAR, WEIGHT

KIND: Final = "kind"
CODES: Final = "codes"
SPLIT_SHARE: Final = "split_share"
ABSENT: Final = "absent"
RELIABLE: Final = "reliable"
SPOT: Final = [names.PLACE, names.YEAR]


def report_of(rows: pd.DataFrame, pieces: pd.DataFrame, count: str) -> pd.DataFrame:
    """Say how each place was put together, a row for each span of years that are alike.

    Parameters
    ----------
    rows : pandas.DataFrame
        The mapping that was used: ``code``, ``year``, ``place``, ``weight`` and ``present``
        (whether the figures have the code).
    pieces : pandas.DataFrame
        What each code brought: ``place``, ``year``, ``split`` and the column ``count``.
    count : str
        The column by which the share of divided codes is measured.

    Returns
    -------
    pandas.DataFrame
        As the second result of :func:`attraktiv.to_borders`.

    Notes
    -----
    Mathematical details: ``split_share`` is the sum of the absolute counts that came from divided
    codes over that of all, both over the years of the span; NaN where the sum is zero.
    """
    rows = rows.sort_values([*SPOT, CODE], ignore_index=True)
    divided = rows[WEIGHT] < 1
    percent = rows[WEIGHT].map(lambda weight: f" ({100 * weight:.4g} %)")
    text = rows[CODE].where(~divided, rows[CODE] + percent)
    spots = rows.assign(text=text, divided=divided, other=rows[CODE] != rows[names.PLACE]).groupby(
        SPOT
    )
    found = spots.agg(
        **{CODES: ("text", ", ".join)},
        several=(CODE, "size"),
        divided=("divided", "any"),
        other=("other", "any"),
    )
    gone = rows[~rows["present"]].groupby(SPOT)[CODE].agg(", ".join)
    found[ABSENT] = gone.reindex(found.index).fillna("")
    found[KIND] = np.select(
        [found["divided"], found["several"] > 1, found["other"]],
        ["split", "merged", "renamed"],
        default="same",
    )
    size = pieces[count].abs()
    found["part"] = size.where(pieces["split"], 0.0).groupby([pieces[k] for k in SPOT]).sum()
    found["whole"] = size.groupby([pieces[k] for k in SPOT]).sum()
    found = found[found[KIND] != "same"].reset_index()
    return _spans(found)


def _spans(found: pd.DataFrame) -> pd.DataFrame:
    """Join years in which a place was put together in the same way."""
    alike = [names.PLACE, KIND, CODES, ABSENT]
    before = found.shift()
    goes_on = (found[alike] == before[alike]).all(axis=1) & (
        found[names.YEAR] == before[names.YEAR] + 1
    )
    spans = found.groupby((~goes_on).cumsum())
    result = spans[alike].first()
    result[FROM_YEAR], result[TO_YEAR] = spans[names.YEAR].min(), spans[names.YEAR].max()
    whole = spans["whole"].sum()
    result[SPLIT_SHARE] = spans["part"].sum() / whole.where(whole > 0)
    result[RELIABLE] = (result[KIND] != "split") & (result[ABSENT] == "")
    order = [names.PLACE, FROM_YEAR, TO_YEAR, KIND, CODES, SPLIT_SHARE, ABSENT, RELIABLE]
    return result[order].reset_index(drop=True)
