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

It is smoothed over age, little among the young, and κ_a is what is left.

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

from dataclasses import dataclass

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.errors import PanelError
from attraktiv.forecasts.known import Known
from attraktiv.forecasts.mortality import older, probability_of_death
from attraktiv.forecasts.vital import RECENT_YEARS, Vital
from attraktiv.panels.checks import tolerance

_LEAST_YEARS = 3
_YOUNG, _STEADY = 30, 55  # smoothing over age grows from the one to the other
_NARROW, _WIDE = 0.7, 3.0  # standard deviation of its kernel, years of age
_FLOOR = 0.05  # of the mean spread
_FADING, _GONE = 85, 100
_MOST_ALONG_AGE, _MOST_ACROSS_SEX = 0.97, 0.9
_STEPS = 30


@dataclass(frozen=True)
class Profile:
    """The ages of net migrants.

    Attributes
    ----------
    mean, sd : numpy.ndarray
        (place, sex, age) net migrants per person and year by age on 1 January: mean and standard
        deviation of the posterior.
    spread : numpy.ndarray
        (sex, age) how net migrants beyond the profile are spread, per person of the cell; above
        zero, and 1 for the average person.
    """

    mean: np.ndarray
    sd: np.ndarray
    spread: np.ndarray


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
    cells = known.start.shape[2:]
    persons, migrants = migrants_by_age(panel, known, vital)
    spread = _spread(persons, migrants, cells)
    noise = _noise(persons, migrants, spread, cells)
    exposure, moved = persons.sum(axis=1), migrants.sum(axis=1)
    fade = np.tile(_fade(cells[1]), cells[0])
    nation = fade * _ratio(moved.sum(axis=0), exposure.sum(axis=0))
    beyond = _ratio((moved - exposure * nation).sum(axis=1), exposure @ spread)
    common = nation + fade * spread * beyond[:, None]
    own, sd = _own(_ratio(moved, exposure) - common, exposure, noise, fade, cells)
    shape = (len(exposure), *cells)
    return Profile((common + own).reshape(shape), sd.reshape(shape), spread.reshape(cells))


def migrants_by_age(panel: xr.Dataset, known: Known, vital: Vital) -> tuple[np.ndarray, np.ndarray]:
    """Give persons at the start of the year and their net migrants, (place, year, cell).

    A cell is a sex and an age on 1 January; both are zero where a border moved people.
    """
    probability = probability_of_death(vital.mortality)
    expected = known.start.reshape(*known.deaths.shape, -1) @ probability.ravel()
    expected = expected * vital.mortality_of_place.mean(axis=0, dtype=np.float64)[:, None]
    told = np.isfinite(known.deaths) & (expected > 0)
    nation = _ratio(
        np.where(told, known.deaths, 0.0).sum(axis=0), np.where(told, expected, 0.0).sum(axis=0)
    )
    expected = expected * np.where(nation > 0, nation, 1.0)
    # what a count with an error of measurement tells beside chance
    weight = np.where(told, _ratio(expected, expected + known.deaths_variance), 0.0)
    deaths = expected + weight * (np.where(told, known.deaths, 0.0) - expected)
    own = _ratio(
        np.maximum(deaths, 0.0), known.start.reshape(*deaths.shape, -1) @ probability.ravel()
    )
    dying = np.minimum(own[..., None, None] * probability, 1.0)
    survivors = older(known.start * (1.0 - dying))
    arrived = known.end - survivors
    # those who end in the open age come from two ages, which share what is left by persons
    arrived[..., 0] = 0.0
    migrants = np.zeros_like(arrived)
    migrants[..., :-1] = arrived[..., 1:]
    last = known.start[..., -2:]
    migrants[..., -2:] = arrived[..., -1:] * _ratio(last, last.sum(axis=-1, keepdims=True))
    kept = _undisturbed(panel, known)[..., None]
    flat = (*deaths.shape, -1)
    return kept * known.start.reshape(flat), kept * migrants.reshape(flat)


def _undisturbed(panel: xr.Dataset, known: Known) -> np.ndarray:
    """Say in which places and years (place, year) no border moved people."""
    at = np.searchsorted(panel[names.YEAR].values, known.years)
    before, after = known.start.sum(axis=(2, 3)), known.end.sum(axis=(2, 3))

    def flow(name: str) -> np.ndarray:
        if name not in panel:
            return np.full(before.shape, np.nan)
        return panel[name].transpose(names.PLACE, names.YEAR).values[:, at]

    moved = np.nan_to_num(flow(names.BOUNDARY_TRANSFER))
    change = known.births - known.deaths + flow(names.NET_MIGRATION)
    unexplained = np.nan_to_num(after - before - change - moved)
    limit = tolerance(before)
    result: np.ndarray = (before > 0) & (np.abs(moved) <= limit) & (np.abs(unexplained) <= limit)
    return result


def _spread(persons: np.ndarray, migrants: np.ndarray, cells: tuple[int, ...]) -> np.ndarray:
    """Give ω, (cell,)."""
    off, mean = _beside_mean(persons, migrants)
    above = np.einsum("ity,ity->y", off[..., None], migrants - persons * mean[:, None])
    below = np.einsum("ity,it->y", persons, off**2)
    raw = _smooth(above, below, cells) * np.tile(_fade(cells[1]), cells[0])
    # one for the average person, so that ω says the same in every country
    share = persons.sum(axis=(0, 1))
    average = _ratio(share @ raw, share.sum())
    if average <= 0:
        return np.ones_like(raw)
    return np.maximum(raw / average, _FLOOR)


def _noise(
    persons: np.ndarray, migrants: np.ndarray, spread: np.ndarray, cells: tuple[int, ...]
) -> np.ndarray:
    """Give κ, the variance of migrants per person of a cell in a year, (cell,)."""
    off, mean = _beside_mean(persons, migrants)
    left = migrants - persons * (mean[:, None] + spread * off[..., None])
    squares = _ratio(left**2, persons).sum(axis=(0, 1))
    told = persons > 0
    # a mean for every cell and one d for every year of a place have been fitted
    free = np.maximum(told.sum(axis=1) - 1.0, 0.0).sum(axis=0)
    # at least as if each person moved by himself, once in two hundred years
    return np.maximum(_smooth(squares, free, cells), 0.005)


def _beside_mean(persons: np.ndarray, migrants: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give the net migration rate less its mean (place, year), and mean rates (place, cell)."""
    total, moved = persons.sum(axis=2), migrants.sum(axis=2)
    mean = _ratio(moved.sum(axis=1), total.sum(axis=1))
    off = np.where(total > 0, _ratio(moved, total) - mean[:, None], 0.0)
    return off, _ratio(migrants.sum(axis=1), persons.sum(axis=1))


def _own(
    residual: np.ndarray,
    exposure: np.ndarray,
    noise: np.ndarray,
    fade: np.ndarray,
    cells: tuple[int, ...],
) -> tuple[np.ndarray, np.ndarray]:
    """Give what is a place's own, mean and SD (place, cell), from residual rates."""
    told = exposure > 0
    variance = np.where(told, _ratio(noise, exposure), np.inf)
    tau2 = np.maximum(_between(residual, variance), 0.0)
    tau2 = fade**2 * _smooth(tau2 * told.sum(axis=0), told.sum(axis=0).astype(float), cells)
    tau2 = np.maximum(tau2, 1e-12)
    weighted = residual / (tau2 + variance)
    pull = np.sqrt(tau2) / (tau2 + variance)
    split = (len(residual), *cells)
    value, weight = weighted.reshape(split), pull.reshape(split)
    along = _ratio(
        np.sum(value[..., 1:] * value[..., :-1]), np.sum(weight[..., 1:] * weight[..., :-1])
    )
    across = _ratio(np.sum(value[:, 0] * value[:, 1]), np.sum(weight[:, 0] * weight[:, 1]))
    r, c = np.clip(along, 0.0, _MOST_ALONG_AGE), np.clip(across, 0.0, _MOST_ACROSS_SEX)
    ages = np.arange(cells[1])
    # the precision of z is known in closed form, but this is done once
    prior = np.kron(
        np.linalg.inv(np.array([[1.0, c], [c, 1.0]])),
        np.linalg.inv(r ** np.abs(ages[:, None] - ages)),
    )
    information = tau2 / variance
    precision = np.broadcast_to(prior, (len(residual), *prior.shape)).copy()
    cell = np.arange(prior.shape[0])
    precision[:, cell, cell] += information
    cov = np.linalg.inv(precision)
    mean = np.einsum("iab,ib->ia", cov, np.sqrt(tau2) * residual / variance)
    return np.sqrt(tau2) * mean, np.sqrt(tau2 * cov[:, cell, cell])


def _between(residual: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Solve Paule and Mandel's equation for τ², (cell,), by Newton's steps from zero."""
    tau2 = np.zeros(residual.shape[1])
    degrees = np.maximum(np.isfinite(variance).sum(axis=0) - 1.0, 0.0)
    for _ in range(_STEPS):
        share = 1.0 / (tau2 + variance)
        over = np.sum(residual**2 * share, axis=0) - degrees
        # the sum is convex and falls with τ²: steps from below never pass the solution
        tau2 = tau2 + np.maximum(_ratio(over, np.sum(residual**2 * share**2, axis=0)), 0.0)
    return tau2


def _smooth(above: np.ndarray, below: np.ndarray, cells: tuple[int, ...]) -> np.ndarray:
    """Give above / below, (cell,), smoothed over age within each sex, weights ``below``."""
    ages = np.arange(cells[1], dtype=np.float64)
    width = _NARROW + (_WIDE - _NARROW) * np.clip((ages - _YOUNG) / (_STEADY - _YOUNG), 0.0, 1.0)
    kernel = np.exp(-0.5 * ((ages[:, None] - ages) / width[:, None]) ** 2)
    return _ratio(above.reshape(cells) @ kernel.T, below.reshape(cells) @ kernel.T).ravel()


def _fade(ages: int) -> np.ndarray:
    """Give the factor, (age,), that leads the highest ages to zero."""
    gone = min(_GONE, ages - 2)
    start = min(_FADING, gone - 5)
    return np.clip((gone - np.arange(ages)) / (gone - start), 0.0, 1.0)


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Divide; zero where the divisor is not above zero."""
    above, below = np.broadcast_arrays(above, below)
    return np.divide(above, below, out=np.zeros(above.shape), where=below > 0)
