"""How much of a league table of one half of the years returns in the other half."""

from __future__ import annotations

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.evaluation.cells import mean_attractiveness
from attraktiv.evaluation.refits import refitted


def halves(run: xr.DataTree, panel: xr.Dataset, first: int, last: int) -> xr.Dataset:
    """Fit a run's model to each half of the years apart.

    Parameters
    ----------
    run : xarray.DataTree
    panel : xarray.Dataset
        The panel of the run.
    first, last : int
        The years that are halved; where their number is odd, the later half has one more.

    Returns
    -------
    xarray.Dataset
        ``attractiveness`` (half, place): the mean of each place that both halves fitted.
    """
    middle = first + (last - first + 1) // 2
    parts = [
        mean_attractiveness(refitted(run, panel, *half)).reset_coords(drop=True)
        for half in ((first, middle - 1), (middle, last))
    ]
    one, other = xr.align(*parts, join="inner")
    both = np.stack([one.values, other.values])
    known = np.isfinite(both).all(axis=0)
    return xr.Dataset(
        {names.ATTRACTIVENESS: (("half", names.PLACE), both[:, known])},
        coords={"half": [1, 2], names.PLACE: one[names.PLACE].values[known]},
    )


def stability(two: xr.Dataset, top: int) -> tuple[float, float]:
    """Return the share of the first half's highest that return, and the rank correlation.

    Parameters
    ----------
    two : xarray.Dataset
        From :func:`halves`.
    top : int
        How many places are the highest.

    Returns
    -------
    returning : float
        Share of the `top` highest of one half that are among those of the other.
    correlation : float
        Spearman's, over all places.
    """
    from scipy.stats import spearmanr

    one, other = two[names.ATTRACTIVENESS].values
    best = [set(np.argsort(-half, kind="stable")[:top]) for half in (one, other)]
    return len(best[0] & best[1]) / top, float(spearmanr(one, other).statistic)
