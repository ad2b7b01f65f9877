"""From draws to bands."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import xarray as xr

from attraktiv.errors import InputError
from attraktiv.names import CHAIN, DRAW

Interval = Literal["eti", "hdi"]
MEAN, MEDIAN, LOWER, UPPER = "mean", "median", "lower", "upper"
SAMPLE = (CHAIN, DRAW)


def bands(draws: xr.DataArray, prob: float = 0.8, kind: Interval = "eti") -> xr.Dataset:
    """Summarise draws by mean, median and an interval.

    Parameters
    ----------
    draws
        Dims (chain, draw, …).
    prob
        Probability that the interval holds, between 0 and 1.
    kind
        ``eti``: equal-tailed, the same probability on either side. ``hdi``: highest
        density, the shortest interval.

    Returns
    -------
    Dataset
        ``mean``, ``median``, ``lower``, ``upper`` over the remaining dims, in the unit of
        the draws; attrs ``prob`` and ``interval``. NaN where the draws are.

    Raises
    ------
    InputError
        ``prob`` or ``kind`` is not valid.
    """
    check_interval(prob, kind)
    sample = [dim for dim in SAMPLE if dim in draws.dims]
    rest = [dim for dim in draws.dims if dim not in sample]
    arranged = draws.transpose(*rest, *sample)
    shape = arranged.shape[: len(rest)]
    values = np.ascontiguousarray(arranged.values.reshape(*shape, -1))
    numbers = {MEAN: values.mean(axis=-1, dtype=np.float64), **_quantiles(values, prob, kind)}
    coords = {name: c for name, c in draws.coords.items() if not set(c.dims) & set(sample)}
    out = xr.Dataset({name: (rest, number) for name, number in numbers.items()}, coords)
    return out.assign_attrs({**draws.attrs, "prob": prob, "interval": kind})


def check_interval(prob: float, kind: str) -> None:
    """Raise if a band of this probability and kind cannot be given.

    Raises
    ------
    InputError
        ``prob`` is not between 0 and 1, or ``kind`` is neither ``eti`` nor ``hdi``.
    """
    if not 0 < prob < 1:
        raise InputError(
            f"The probability of a band is {prob}; valid are numbers between 0 and 1, for example "
            "--prob 0.8 (prob=0.8)."
        )
    if kind not in get_args(Interval):
        raise InputError(
            f"The kind of interval is {kind!r}; valid are 'eti' (equal-tailed) and 'hdi' (highest "
            "density)."
        )


def _quantiles(values: np.ndarray, prob: float, kind: Interval) -> dict[str, np.ndarray]:
    tail = (1 - prob) / 2
    if kind == "eti":
        lower, median, upper = np.quantile(values, [tail, 0.5, 1 - tail], axis=-1)
        return {MEDIAN: median, LOWER: lower, UPPER: upper}
    # arviz_stats costs a second to import, and most questions ask for equal tails
    from arviz_stats.base import array_stats

    flat = values.reshape(-1, values.shape[-1])
    interval = np.full((flat.shape[0], 2), np.nan)
    known = np.isfinite(flat).all(axis=-1)
    if known.any():
        interval[known] = array_stats.hdi(flat[known], prob, axis=-1)
    lower, upper = interval.T.reshape(2, *values.shape[:-1])
    return {MEDIAN: np.median(values, axis=-1), LOWER: lower, UPPER: upper}
