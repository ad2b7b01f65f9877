"""What a band says of a place: above the average place, below it, or not to be told from it."""

from __future__ import annotations

from typing import Final, Literal

import pandas as pd

from attraktiv.reports.drawing import COLOURS, GREY

Standing = Literal["above", "below", "unclear"]
#: In the order in which legends show them.
STANDINGS: Final[tuple[Standing, ...]] = ("above", "unclear", "below")
COLOUR_OF: Final[dict[Standing, str]] = {
    "above": COLOURS[0],
    "unclear": GREY,
    "below": COLOURS[1],
}


def standing(lower: float, upper: float) -> Standing:
    """Say where a band lies: the average place has an attractiveness of zero.

    Parameters
    ----------
    lower, upper
        The ends of the band. A band that is not known tells nothing.
    """
    if lower > 0:
        return "above"
    return "below" if upper < 0 else "unclear"


def standings(frame: pd.DataFrame) -> pd.Series:
    """Return the standing of each row of a table with the columns ``lower`` and ``upper``."""
    found = [standing(*band) for band in zip(frame["lower"], frame["upper"], strict=True)]
    return pd.Series(found, index=frame.index, dtype=object)
