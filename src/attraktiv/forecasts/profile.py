"""The ages of migrants: what each place keeps in every year, and how the rest is spread.

Mathematical details
--------------------
Net migrants of a cell (place i, sex and age a on 1 January) in year t are a residual of the
cohort, M = pop(a + 1, t + 1) − survivors(a, t). Deaths that are known in a place and year are
spread over its ages as expected, so that an error of mortality is not taken for migration. The
model is

    M_iat = pop_iat (π_ia + ω_a d_it) + error,    Var error = κ_a pop_iat

*Spread.* Within places, over years, the migrants of a cell are regressed on the place's total net
migration rate with weights 1/pop:

    ω_a = Σ_it (r_it − r̄_i)(M_iat − pop_iat M̄_ia) / Σ_it pop_iat (r_it − r̄_i)²

It is smoothed over age, little among the young, and κ_a is what is left. Less the probability of
dying, for deaths that are spread as expected leave their chance there, it is the chance of a year
by which :mod:`~.cohorts.migrants` moves the ages of migrants.

*Profile.* π_ia = π_a + ω_a d_i + τ_a z_ia: the nation's profile by single year of age, the mean net
migration of the place spread as ω, and what is the place's own. d_i makes the first two add up to
the place's net migration, so that a place that shrinks is not taken for one of old migrants. Along
age z is a stationary autoregression with variance 1 and correlation r, and the two sexes of an age
correlate c. The residual rate has the sampling variance κ_a / (persons times years), which is
large where persons are few: there the neighbouring ages and the other sex decide, and where all
are few, the nation. τ_a is found for each cell by Paule and Mandel's moment equation
Σ_i R²_ia / (τ_a² + V_ia) = places − 1 and smoothed over age; r and c from the products of
neighbouring residuals. Towards the highest ages, where a residual is mostly error of mortality,
the profile is led to zero, and ω to its floor.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import xarray as xr

from attraktiv.errors import PanelError
from attraktiv.forecasts.along_ages import posterior_along_ages
from attraktiv.forecasts.known import Known
from attraktiv.forecasts.mortality import probability_of_death
from attraktiv.forecasts.net_migrants import Sums, migrants_by_age, ratio
from attraktiv.forecasts.vital import RECENT_YEARS, Vital

_LEAST_YEARS = 3
_YOUNG, _STEADY = 30, 55  # smoothing over age grows from the one to the other
_NARROW, _WIDE = 0.7, 3.0  # standard deviation of its kernel, years of age
_FLOOR = 0.05  # of the mean spread
_FADING, _GONE = 85, 100
_MOST_ALONG_AGE, _MOST_ACROSS_SEX = 0.97, 0.9
_STEPS = 30
_AT_ONCE = 2048  # places


@dataclass(frozen=True)
class Profile:
    """The ages of net migrants.

    Attributes
    ----------
    mean : numpy.ndarray
        (place, sex, age) net migrants per person and year by age on 1 January: mean of the
        posterior, float32.
    own : numpy.ndarray
        (sex, age) standard deviation between places of what is their own.
    steps : numpy.ndarray
        (place, age, 7) float32, by which :func:`~.along_ages.draw_along_ages` draws around the
        mean.
    spread : numpy.ndarray
        (sex, age) how net migrants beyond the profile are spread, per person of the cell; above
        zero, and 1 for the average person.
    noise : numpy.ndarray
        (sex, age) variance of the net migrants of a cell in a year, per person of it.
    """

    mean: np.ndarray
    own: np.ndarray
    steps: np.ndarray
    spread: np.ndarray
    noise: np.ndarray


def estimate_profile(panel: xr.Dataset, known: Known, vital: Vital) -> Profile:
    """Estimate the ages of net migrants from the last ten years before the origin.

    Parameters
    ----------
    panel : xarray.Dataset
        With ``population_by_age``.
    known : Known
        What of it was known at the origin, from :func:`~.known.known_at`.
    vital : Vital
        Of the same panel and origin.

    Returns
    -------
    Profile

    Raises
    ------
    PanelError
        If fewer than three years before the origin are known.
    """
    known, origin = known.latest(RECENT_YEARS), int(known.years[-1]) + 1
    if len(known.years) < _LEAST_YEARS:
        raise PanelError(
            f"The ages of migrants are told by at least {_LEAST_YEARS} years with the population "
            f"by age at both ends; before {origin} the panel has {len(known.years)}. Give "
            f"population_by_age.csv for {origin - _LEAST_YEARS} to {origin}, or take a later "
            "origin."
        )
    cells, sums = known.cells, Sums.of(migrants_by_age(panel, known, vital))
    spread = _spread(sums, cells)
    noise = _noise(sums, spread, cells)
    exposure, moved = sums.persons, sums.migrants
    fade = np.tile(_fade(cells[1]), cells[0])
    nation = fade * ratio(moved.sum(axis=0), exposure.sum(axis=0))
    # what is left of the migrants takes their place: at 100,000 places each array is large
    moved -= exposure * nation
    beyond = ratio(moved.sum(axis=1), exposure @ spread)
    residual = ratio(moved, exposure)
    residual -= fade * spread * beyond[:, None]
    mean, own, steps = _own(residual, exposure, noise, fade, cells)
    mean += nation + fade * spread * beyond[:, None]
    shape = (len(exposure), *cells)
    return Profile(
        mean.reshape(shape).astype(np.float32), own.reshape(cells), steps,
        spread.reshape(cells), _of_migrants(noise.reshape(cells), vital),
    )  # fmt: skip


def _of_migrants(noise: np.ndarray, vital: Vital) -> np.ndarray:
    """Take out of κ the chance of who dies, which has numbers of its own."""
    return np.maximum(noise - probability_of_death(vital.mortality), 0.0)


def _spread(sums: Sums, cells: tuple[int, int]) -> np.ndarray:
    """Give ω, (cell,)."""
    raw = _smooth(sums.above, sums.below, cells) * np.tile(_fade(cells[1]), cells[0])
    # one for the average person, so that ω says the same in every country
    share = sums.persons.sum(axis=0)
    average = ratio(share @ raw, share.sum())
    if average <= 0:
        return np.ones_like(raw)
    return np.maximum(raw / average, _FLOOR)


def _noise(sums: Sums, spread: np.ndarray, cells: tuple[int, int]) -> np.ndarray:
    """Give κ, the variance of migrants per person of a cell in a year, (cell,)."""
    # the sum of (A − n ω d)² / n
    squares = sums.square - 2.0 * spread * sums.product + spread**2 * sums.below
    # at least as if each person moved by himself, once in two hundred years
    return np.maximum(_smooth(squares, sums.free, cells), 0.005)


def _own(
    residual: np.ndarray,
    exposure: np.ndarray,
    noise: np.ndarray,
    fade: np.ndarray,
    cells: tuple[int, int],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give what is a place's own from residual rates: mean (place, cell), τ (cell,), and steps."""
    told = (exposure > 0).sum(axis=0).astype(np.float64)
    tau2 = np.maximum(_between(residual, exposure, noise, told), 0.0)
    tau2 = fade**2 * _smooth(tau2 * told, told, cells)
    tau2 = np.maximum(tau2, 1e-12)
    r, c = _alike(residual, exposure, noise, tau2, cells)
    mean = np.empty(residual.shape)
    steps = np.empty((len(residual), cells[1], 7), dtype=np.float32)
    for where in _blocks(len(residual)):
        # 1 / V, which is nothing where nobody lives
        known = exposure[where] / noise
        z, steps[where] = posterior_along_ages(
            (tau2 * known).reshape(-1, *cells),
            (np.sqrt(tau2) * residual[where] * known).reshape(-1, *cells), r, c,
        )  # fmt: skip
        mean[where] = np.sqrt(tau2) * z.reshape(-1, tau2.size)
    return mean, np.sqrt(tau2), steps


def _alike(
    residual: np.ndarray,
    exposure: np.ndarray,
    noise: np.ndarray,
    tau2: np.ndarray,
    cells: tuple[int, int],
) -> tuple[float, float]:
    """Give the correlations r along age and c across sexes, from products of residuals."""
    along, across = np.zeros(2), np.zeros(2)
    for where in _blocks(len(residual)):
        total = tau2 + _variance(exposure[where], noise)
        for k, one in enumerate((residual[where] / total, np.sqrt(tau2) / total)):
            split = one.reshape(-1, *cells)
            along[k] += np.sum(split[..., 1:] * split[..., :-1])
            across[k] += np.sum(split[:, 0] * split[:, 1])
    r, c = np.clip(ratio(along[0], along[1]), 0.0, _MOST_ALONG_AGE), ratio(across[0], across[1])
    return float(r), float(np.clip(c, 0.0, _MOST_ACROSS_SEX))


def _between(
    residual: np.ndarray, exposure: np.ndarray, noise: np.ndarray, told: np.ndarray
) -> np.ndarray:
    """Solve Paule and Mandel's equation for τ², (cell,), by Newton's steps from zero."""
    tau2 = np.zeros(residual.shape[1])
    degrees = np.maximum(told - 1.0, 0.0)
    for _ in range(_STEPS):
        total, slope = -degrees, np.zeros_like(degrees)
        for where in _blocks(len(residual)):
            share = 1.0 / (tau2 + _variance(exposure[where], noise))
            weighted = residual[where] ** 2 * share
            total = total + weighted.sum(axis=0)
            slope += (weighted * share).sum(axis=0)
        # the sum is convex and falls with τ²: steps from below never pass the solution
        tau2 = tau2 + np.maximum(ratio(total, slope), 0.0)
    return tau2


def _variance(exposure: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Give V, the sampling variance of a rate; infinite where nobody lives."""
    return np.where(exposure > 0, ratio(noise, exposure), np.inf)


def _blocks(places: int) -> Iterator[slice]:
    return (slice(first, first + _AT_ONCE) for first in range(0, places, _AT_ONCE))


def _smooth(above: np.ndarray, below: np.ndarray, cells: tuple[int, int]) -> np.ndarray:
    """Give above / below, (cell,), smoothed over age within each sex, weights ``below``."""
    ages = np.arange(cells[1], dtype=np.float64)
    width = _NARROW + (_WIDE - _NARROW) * np.clip((ages - _YOUNG) / (_STEADY - _YOUNG), 0.0, 1.0)
    kernel = np.exp(-0.5 * ((ages[:, None] - ages) / width[:, None]) ** 2)
    return ratio(above.reshape(cells) @ kernel.T, below.reshape(cells) @ kernel.T).ravel()


def _fade(ages: int) -> np.ndarray:
    """Give the factor, (age,), that leads the highest ages to zero."""
    gone = min(_GONE, ages - 2)
    start = min(_FADING, gone - 5)
    return np.clip((gone - np.arange(ages)) / (gone - start), 0.0, 1.0)
