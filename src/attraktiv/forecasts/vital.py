"""Births and deaths: national rates at the origin, how they drift, and how places differ.

Mathematical details
--------------------
Someone aged a on 1 January, of sex s in place i, dies in year t with probability
m/(1 + m/2), m the central rate m(s, a) of the nation times the factors of the year and the place;
survivors are a + 1 on the next 1 January, and the last age is open. Births are the rates by the
mother's age times women on 1 January, times factors likewise.

National patterns are those of :mod:`.mortality` and :mod:`.fertility`, or supplied. The levels of
the years go on as :mod:`.levels` says: for mortality a drift of 1.5 percent a year down, SD 1, is
believed beforehand; fertility has none, but a change of it may go on for some years.

With O_i observed and E_i expected events of a place over the last ten years its factor has the
prior Gamma(k, k) and the posterior Gamma(k + O_i, k + E_i); k is at the maximum of the marginal,
negative binomial, likelihood. Where deaths have an error of measurement with variance v, a year
counts with the weight E/(E + v): so much a count with that error tells beside one without.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from scipy.optimize import minimize_scalar
from scipy.special import gammaln

from attraktiv import names
from attraktiv.errors import PanelError
from attraktiv.forecasts.fertility import pattern_of_fertility
from attraktiv.forecasts.known import Known
from attraktiv.forecasts.levels import LevelPrior, carried_on
from attraktiv.forecasts.mortality import pattern_of_mortality, probability_of_death
from attraktiv.panels.schedules import Schedules

RECENT_YEARS = 10
_SHARE_OF_BOYS, _BOYS_COUNTED_BEFORE = 0.513, 10_000.0
_MORTALITY = LevelPrior(drift=-0.015, drift_sd=0.01, innovation=0.01, irregular=0.015)
_FERTILITY = LevelPrior(
    drift=0.0,
    drift_sd=0.0,
    innovation=0.03,
    irregular=0.005,
    persistence=(0.0, 0.3, 0.6, 0.9),
)
_LOG_K = (np.log(2.0), np.log(1e5))


@dataclass(frozen=True)
class Vital:
    """What births and deaths of a forecast are drawn from.

    Attributes
    ----------
    mortality : numpy.ndarray
        (sex, age) central death rates per year of the nation at the origin, sexes in the order of
        the panel.
    fertility : numpy.ndarray
        (age,) births per woman and year of the nation at the origin, by age on 1 January.
    share_of_boys : float
        Of births.
    mortality_of_place, fertility_of_place : numpy.ndarray
        (draw, place) factors, float32.
    mortality_level, fertility_level : numpy.ndarray
        (draw, year) national factors of each year of the forecast, 1 at the level of the origin.
    """

    mortality: np.ndarray
    fertility: np.ndarray
    share_of_boys: float
    mortality_of_place: np.ndarray
    fertility_of_place: np.ndarray
    mortality_level: np.ndarray
    fertility_level: np.ndarray


def estimate_vital(
    panel: xr.Dataset,
    known: Known,
    *,
    years: int,
    draws: int,
    rng: np.random.Generator,
    supplied: Schedules | None = None,
) -> Vital:
    """Estimate what births and deaths of a forecast are drawn from.

    Parameters
    ----------
    panel : xarray.Dataset
        With ``population_by_age``, and deaths or natural increase unless mortality is supplied.
    known : Known
        What of it was known at the origin, from :func:`~.known.known_at`.
    years, draws : int
        Years of the forecast from the origin, and draws.
    rng : numpy.random.Generator
        Source of chance.
    supplied : Schedules, optional
        Rates to use as the national pattern at the origin. Places and years are still compared
        with what the panel knows.

    Returns
    -------
    Vital

    Raises
    ------
    PanelError
        If the panel lacks both deaths and natural increase, or if supplied rates lack an age.
    """
    recent = known.latest(RECENT_YEARS)
    mortality = None if supplied is None else supplied.mortality
    fertility = None if supplied is None else supplied.fertility
    if mortality is None and not np.isfinite(known.deaths).any():
        raise PanelError(
            f"Deaths before {int(known.years[-1]) + 1} are not known, so that a forecast has no "
            "mortality. Add the column deaths or natural_increase (births less deaths) to "
            "panel.csv, persons in the year, or put mortality.csv (sex, age, rate) into the panel "
            "folder."
        )
    death_rates = (
        pattern_of_mortality(recent) if mortality is None else _mortality_of(mortality, panel)
    )
    birth_rates = (
        pattern_of_fertility(recent) if fertility is None else _fertility_of(fertility, panel)
    )
    dying, bearing, exact = (np.zeros(known.births.shape) for _ in range(3))
    probability = probability_of_death(death_rates).ravel()
    for where, start, _ in known.blocks():
        dying[where] = start.reshape(*start.shape[:2], -1) @ probability
        bearing[where] = start[:, :, known.women] @ birth_rates
    death_level, death_paths = carried_on(
        *_national(known.deaths, dying, known.deaths_variance),
        _MORTALITY,
        years=years,
        draws=draws,
        rng=rng,
    )
    birth_level, birth_paths = carried_on(
        *_national(known.births, bearing, exact), _FERTILITY, years=years, draws=draws, rng=rng
    )
    return Vital(
        mortality=death_rates * (death_level if mortality is None else 1.0),
        fertility=birth_rates * (birth_level if fertility is None else 1.0),
        share_of_boys=_share_of_boys(known),
        mortality_of_place=_of_places(known.deaths, dying, known.deaths_variance, draws, rng),
        fertility_of_place=_of_places(known.births, bearing, exact, draws, rng),
        mortality_level=death_paths,
        fertility_level=birth_paths,
    )


def _national(
    observed: np.ndarray, expected: np.ndarray, variance: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Add up places (place, year), those alone of which the year is known."""
    told = np.isfinite(observed)
    return (
        np.where(told, observed, 0.0).sum(axis=0),
        np.where(told, expected, 0.0).sum(axis=0),
        np.where(told, variance, 0.0).sum(axis=0),
    )


def _of_places(
    observed: np.ndarray,
    expected: np.ndarray,
    variance: np.ndarray,
    draws: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Draw the factors of places, (draw, place), from the last years of (place, year)."""
    observed, expected, variance = (
        item[:, -RECENT_YEARS:] for item in (observed, expected, variance)
    )
    nation, pattern, _ = _national(observed, expected, variance)
    expected = expected * (nation / np.maximum(pattern, 1e-300))
    told = np.isfinite(observed) & (expected > 0)
    weight = np.where(told, expected / np.maximum(expected + variance, 1e-300), 0.0)
    # births less natural increase can fall below zero where natural increase is rounded
    count = np.maximum((weight * np.where(told, observed, 0.0)).sum(axis=1), 0.0)
    mean = (weight * expected).sum(axis=1)

    def loss(log_k: float) -> float:
        k = np.exp(log_k)
        terms = gammaln(k + count) - gammaln(k) + k * log_k - (k + count) * np.log(k + mean)
        return float(-np.sum(terms))

    # places of which nothing is known have factors of mean 1, as unlike as the others' are
    k = np.exp(minimize_scalar(loss, bounds=_LOG_K, method="bounded").x) if told.any() else np.inf
    if not np.isfinite(k):
        return np.ones((draws, len(count)), dtype=np.float32)
    factors = np.empty((draws, len(count)), dtype=np.float32)
    for factor in factors:  # draw by draw: in double precision all would be a lot
        factor[:] = rng.standard_gamma(k + count) / (k + mean)
    return factors


def _share_of_boys(known: Known) -> float:
    """Give the share of boys among those aged 0; few of them are weighed against 51.3 percent."""
    aged_0 = known.end_of_nation[..., 0].sum(axis=0)
    boys = aged_0[1 - known.women] + _BOYS_COUNTED_BEFORE * _SHARE_OF_BOYS
    return float(boys / (aged_0.sum() + _BOYS_COUNTED_BEFORE))


def _mortality_of(supplied: xr.DataArray, panel: xr.Dataset) -> np.ndarray:
    """Put supplied mortality in the order of the panel, (sex, age)."""
    sexes, ages = panel[names.SEX].values, panel[names.AGE].values
    rates = supplied.reindex({names.SEX: sexes, names.AGE: ages}).transpose(names.SEX, names.AGE)
    missing = np.argwhere(np.isnan(rates.values))
    if len(missing):
        first = missing[0]
        raise PanelError(
            f"mortality.csv has no rate for {len(missing)} of the sexes and ages of "
            f"population_by_age, the first of them {sexes[first[0]]}, {ages[first[1]]}. Give a row "
            f"for each of {', '.join(map(str, sexes))} and every age from 0 to {ages[-1]}."
        )
    return rates.values


def _fertility_of(supplied: xr.DataArray, panel: xr.Dataset) -> np.ndarray:
    """Put supplied fertility in the order of the panel, (age,); an age without a rate has none."""
    return supplied.reindex({names.AGE: panel[names.AGE].values}).fillna(0.0).values
