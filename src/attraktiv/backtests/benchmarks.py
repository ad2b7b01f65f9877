r"""Benchmarks that need no model: no change, and each place's own trend.

Mathematical details
--------------------
Let :math:`r_{it} = \log(P_{i,t+1} / P_{it})` be the growth of place i in year t, of the last ten
years before the origin, or of as many as are known, at least three. A draw gives the years
weights from the flat Dirichlet distribution (the Bayesian bootstrap, Rubin 1981: so the mean is
as unsure as so few years make it), and for every year to come takes one of them, the same for
all places, so that what moves places together stays together:

.. math::

    \text{trend:}\quad \log P_{i,t+1} = \log P_{it} + r_{i,s(t)}, \qquad
    \text{no change:}\quad \log P_{i,t+1} = \log P_{it} \pm r_{i,s(t)},

the sign drawn at even odds for the whole nation. Draws of *no change* come in pairs of opposite
signs, so that its middle is the population of the origin.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.errors import ForecastError

YEARS, _LEAST_YEARS = 10, 3


def draw_years(known: int, horizon: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Draw for every year to come one of the known years, (draw, horizon)."""
    weight = rng.dirichlet(np.ones(known), size=draws).cumsum(axis=1)
    drawn = (rng.random((draws, horizon, 1)) > weight[:, None, :]).sum(axis=2)
    return np.minimum(drawn, known - 1)


def trend(panel: xr.Dataset, horizon: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Let each place grow as in its last ten years.

    Parameters
    ----------
    panel : xarray.Dataset
        Cut at the origin.
    horizon, draws : int
    rng : numpy.random.Generator

    Returns
    -------
    (draw, horizon, place) float
        Persons on 1 January.

    Raises
    ------
    ForecastError
        Fewer than three years of growth are known.
    """
    growth, now = _growth(panel)
    drawn = growth[draw_years(len(growth), horizon, draws, rng)]
    return now * np.exp(drawn.cumsum(axis=1))


def no_change(panel: xr.Dataset, horizon: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Let no place grow, with surprises as large as its growth was; as :func:`trend`."""
    growth, now = _growth(panel)
    half = (draws + 1) // 2
    drawn = growth[draw_years(len(growth), horizon, half, rng)]
    path = (drawn * rng.choice([-1.0, 1.0], size=(half, horizon, 1))).cumsum(axis=1)
    return now * np.exp(np.concatenate([path, -path])[:draws])


def _growth(panel: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Give growth (year, place) in logs, and the population of the origin (place,)."""
    population = panel[names.POPULATION].transpose(names.YEAR, names.PLACE).values
    years = panel[names.YEAR].values
    with np.errstate(divide="ignore", invalid="ignore"):
        growth = np.diff(np.log(population), axis=0)[np.diff(years) == 1][-YEARS:]
    known = np.isfinite(growth)
    growth = growth[known.any(axis=1)]
    known = np.isfinite(growth)
    if len(growth) < _LEAST_YEARS:
        raise ForecastError(
            f"The growth of population is known in {len(growth)} years before {years[-1]}, and a "
            f"trend needs {_LEAST_YEARS}. Add earlier years to population.csv, or take a later "
            "origin."
        )
    # what is not known of a place in a year stands at the mean of its other years
    mean = np.where(known, growth, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return np.where(known, growth, mean), population[-1]
