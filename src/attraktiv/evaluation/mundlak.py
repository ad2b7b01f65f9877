"""Slopes of factors within places and between places.

A factor that acts has much the same slope both ways; one that marks where a place stands has not.

Mathematical details
--------------------
Three least-squares regressions on all factors at once, over the used cells:

- pooled: y_it on x_it and a level for each year;
- within: y and x less their place's mean and a level for each year (two-way fixed effects), for
  factors that change over time;
- between: a place's mean of y on its means of x, both first centred within the year.

The pooled slope mixes the other two (Mundlak 1978, *Econometrica*). Each estimator is a sum over
places of an influence ψ_i (:mod:`attraktiv.evaluation.clustered`), so variances clustered by place,
and the covariance of within and between that their difference needs, are c·Σ ψ_i ψ_i',
c = N/(N − 1).
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.evaluation.cells import cells
from attraktiv.evaluation.clustered import regress

SLOPES = ("pooled", "within", "between", "difference")
_FIXED = 1e-9


def slopes(run: xr.DataTree) -> xr.Dataset:
    """Return pooled, within and between slopes of every factor of a run.

    Parameters
    ----------
    run : xarray.DataTree
        Of any model; only its data are used, and of several equations those of the first:
        :func:`attraktiv.store.equation_of` gives the others.

    Returns
    -------
    xarray.Dataset
        ``slope_mean``, ``slope_se`` (term, slope), percentage points per standard deviation of the
        factor; slope is ``pooled``, ``within``, ``between`` or ``difference`` (between less
        within). NaN within, and for the difference, where a factor does not change over time.
    """
    data = cells(run)
    terms = [str(term) for term in data[names.TERM].values]
    place, year = np.nonzero(data[names.USED].values)
    x = data[names.FACTORS].transpose(names.PLACE, names.YEAR, names.TERM).values[place, year]
    y = data[names.OUTCOME].values[place, year]
    moving = _changes(data)
    levels = np.eye(data.sizes[names.YEAR])[year]
    size = data.sizes[names.PLACE]

    mean, influence = np.full((3, len(terms)), np.nan), np.zeros((3, size, len(terms)))
    everything = np.ones(len(terms), dtype=bool)
    for row, chosen in enumerate((everything, moving, everything)):
        if row == 0:
            w, outcome, owner = np.hstack([x, levels]), y, place
        elif row == 1:
            w = _less_mean(np.hstack([x[:, moving], levels[:, 1:]]), place, size)
            outcome, owner = _less_mean(y[:, None], place, size)[:, 0], place
        else:
            years = data.sizes[names.YEAR]
            centred = _less_mean(np.column_stack([x, y]), year, years)
            of_place = _means(centred, place, size)
            w = np.column_stack([of_place[:, :-1], np.ones(size)])
            outcome, owner = of_place[:, -1], np.arange(size)
        found, of_place = regress(w, outcome, owner, size)
        k = int(chosen.sum())
        mean[row, chosen], influence[row][:, chosen] = found[:k], of_place[:, :k]
    influence[1][:, ~moving] = np.nan
    mean = np.vstack([mean, mean[2] - mean[1]])
    influence = np.concatenate([influence, (influence[2] - influence[1])[None]])
    se = np.sqrt(size / (size - 1) * (influence**2).sum(axis=1))
    dims = (names.TERM, names.SLOPE)
    units = {"units": names.PERCENTAGE_POINTS}
    return xr.Dataset(
        {names.SLOPE_MEAN: (dims, mean.T, units), names.SLOPE_SE: (dims, se.T, units)},
        coords={names.TERM: terms, names.SLOPE: list(SLOPES)},
    )


def _means(values: np.ndarray, group: np.ndarray, size: int) -> np.ndarray:
    total = np.zeros((size, values.shape[1]))
    np.add.at(total, group, values)
    return total / np.maximum(np.bincount(group, minlength=size), 1)[:, None]


def _less_mean(values: np.ndarray, group: np.ndarray, size: int) -> np.ndarray:
    return values - _means(values, group, size)[group]


def _changes(data: xr.Dataset) -> np.ndarray:
    """Say of each factor whether it changes over the years of any place."""
    raw = data[names.FACTORS] * data[names.SCALE] + data[names.CENTRE]
    known = data[names.USED] & ~data[names.FACTOR_MISSING]
    spread = raw.where(known).max(names.YEAR) - raw.where(known).min(names.YEAR)
    size = np.abs(raw.where(known)).max()
    return (spread.max(names.PLACE) > _FIXED * size).transpose(names.TERM).values
