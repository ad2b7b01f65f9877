r"""The cohort method of statistical offices: migration rates by age of the last ten years go on.

Mathematical details
--------------------
With N(s, a) persons of a sex and age on 1 January,

.. math::

    N'(s, a+1) = N(s, a)\,(1 - q(s, a) + \mu_{i,k}(a)), \qquad
    N'(s, 0) = \tfrac{1}{2} \sum_a N(\mathrm{female}, a) F_i(a),

with q and F the national rates at the origin times the factor of the place, and μ the place's
net migrants per person in groups of five years of age, both sexes together, in year k: net
migrants are what is left of a cohort after deaths. There is no model of surprises: for every year
to come one of the last ten years is taken, or of as many as have ages at both ends, at least
three, as :mod:`.benchmarks` takes them. Their mean is what an office would let continue.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.backtests.benchmarks import YEARS, draw_years
from attraktiv.forecasts.known import Known, known_at
from attraktiv.forecasts.mortality import older, probability_of_death
from attraktiv.forecasts.net_migrants import migrants_by_age
from attraktiv.forecasts.vital import Vital, estimate_vital

_WIDTH, _LAST = 5, 85  # years of a group of ages, and the first age of the last
_AT_ONCE = 8  # draws: their cells stay in the cache of a processor


def cohort_method(
    panel: xr.Dataset, horizon: int, draws: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, int]:
    """Project a population by age.

    Parameters
    ----------
    panel : xarray.Dataset
        Cut at the origin, with ``population_by_age``.
    horizon, draws : int
    rng : numpy.random.Generator

    Returns
    -------
    by_age : (draw, horizon, place, age) float32
        Persons on 1 January, both sexes.
    net : (draw, horizon, place) float
        Net migrants of the year before.
    years : int
        Known years that rates are taken from.

    Raises
    ------
    PanelError
        The panel has no ages, or of too few years.
    """
    origin = int(panel[names.YEAR][-1])
    everything = known_at(panel, origin)
    vital = estimate_vital(panel, everything, years=1, draws=draws, rng=rng)
    known = everything.latest(YEARS)
    rates = _rates(panel, known, vital).astype(np.float32)
    mortality = vital.mortality_of_place.mean(axis=0)
    fertility = vital.fertility_of_place.mean(axis=0)
    stay = 1.0 - probability_of_death(vital.mortality * mortality[:, None, None])
    births = vital.fertility * fertility[:, None]
    boys = np.array([vital.share_of_boys, vital.share_of_boys])
    boys[known.women] = 1.0 - vital.share_of_boys
    start = (
        panel[names.POPULATION_BY_AGE]
        .sel({names.YEAR: origin})
        .transpose(names.PLACE, names.SEX, names.AGE)
        .values.astype(np.float32)
    )
    # single precision: twice as many cells in the cache
    stay, births = stay.astype(np.float32), births.astype(np.float32)
    chosen = draw_years(len(rates), horizon, draws, rng)
    by_age = np.empty((draws, horizon, len(start), start.shape[-1]), dtype=np.float32)
    net = np.empty((draws, horizon, len(start)))
    for first in range(0, draws, _AT_ONCE):
        rows = slice(first, first + _AT_ONCE)
        people = np.broadcast_to(start, (len(chosen[rows]), *start.shape))
        for t in range(horizon):
            moved = people * rates[chosen[rows, t]][:, :, None, :]
            born = np.einsum("dpa,pa->dp", people[:, :, known.women], births)
            left = people * stay
            moved = np.maximum(moved, -left)
            people = older(left + moved)
            people[..., 0] = born[..., None] * boys
            net[rows, t] = moved.sum(axis=(2, 3))
            by_age[rows, t] = people.sum(axis=2)
    return by_age, net, len(rates)


def _rates(panel: xr.Dataset, known: Known, vital: Vital) -> np.ndarray:
    """Give net migrants per person (year, place, age), in groups of ages."""
    ages = np.minimum(np.arange(known.cells[1]), _LAST) // _WIDTH
    group = np.eye(ages[-1] + 1)[ages]
    rates = []
    for _, persons, migrants in migrants_by_age(panel, known, vital):
        shape = (*persons.shape[:2], *known.cells)
        inside = persons.reshape(shape).sum(axis=2) @ group
        moved = migrants.reshape(shape).sum(axis=2) @ group
        rates.append(np.divide(moved, inside, out=np.zeros_like(moved), where=inside > 0))
    return np.concatenate(rates)[..., ages].transpose(1, 0, 2)
