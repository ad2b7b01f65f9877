"""Net migration of a simulated country: the dynamic model, and departures from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

import numpy as np

from attraktiv.panels.simulation.geography import nearest_places

TERMS = (
    "own_job_growth",
    "lag(own_job_growth, 1)",
    "lag(own_job_growth, 2)",
    "neighbour_job_growth",
    "centrality",
    "log(population)",
    "share_20_39",
)
"""The structural factors, as a formula writes them."""
OWN_LAGS = 3
"""How many of them, the first, are the job growth of the place itself."""

_SPATIAL_PLACES = 25
_T_DEGREES = 3


def _default_beta() -> Mapping[str, float]:
    values = (0.15, 0.08, 0.08, 0.10, 0.0008, 0.10, 2.0)
    return MappingProxyType(dict(zip(TERMS, values, strict=True)))


@dataclass(frozen=True)
class Parameters:
    """The truth that a country is drawn from; rates in percent of population per year.

    Attributes
    ----------
    mu_alpha, rho_alpha, sigma_alpha : float
        The national level: its mean, autocorrelation and standard deviation of innovations.
    tau : float
        Standard deviation of lasting attractiveness between places.
    rho, sigma_u : float
        Attractiveness that moves: its autocorrelation and standard deviation of innovations.
    sigma, phi, turnover : float
        The noise of one year has variance sigma² + phi · 1e4 · turnover / population.
    beta : mapping
        Effect per raw unit of each factor of :data:`TERMS`.
    """

    mu_alpha: float = 0.3
    rho_alpha: float = 0.6
    sigma_alpha: float = 0.2
    tau: float = 0.22
    rho: float = 0.69
    sigma_u: float = 0.23
    sigma: float = 0.2
    phi: float = 2.6
    turnover: float = 0.09
    beta: Mapping[str, float] = field(default_factory=_default_beta)


@dataclass(frozen=True)
class Departures:
    """Ways in which a country breaks the assumptions of the model.

    Attributes
    ----------
    t3_noise : bool
        The noise of one year is Student-t with three degrees of freedom, of the same variance.
    national_shock : bool
        The national level of the middle year lies three of its standard deviations lower.
    rho_after : float or None
        The autocorrelation of attractiveness from the middle year on.
    spatial : bool
        Lasting attractiveness is alike among nearby places.
    centrality_correlation : float
        Correlation of lasting attractiveness with centrality.
    """

    t3_noise: bool = False
    national_shock: bool = False
    rho_after: float | None = None
    spatial: bool = False
    centrality_correlation: float = 0.0


@dataclass(frozen=True)
class Attractiveness:
    """What is drawn before the years pass.

    Attributes
    ----------
    alpha : numpy.ndarray
        (year,) national level.
    theta : numpy.ndarray
        (place,) lasting attractiveness.
    u : numpy.ndarray
        (place, year) attractiveness that moves.
    noise : numpy.ndarray
        (place, year) noise of one year with unit variance.
    theta_draws, u_draws : numpy.ndarray
        (place,) and (place, year) draws of unit variance that theta and the innovations of u are
        made of.
    """

    alpha: np.ndarray
    theta: np.ndarray
    u: np.ndarray
    noise: np.ndarray
    theta_draws: np.ndarray
    u_draws: np.ndarray


def draw_attractiveness(
    rng: np.random.Generator,
    truth: Parameters,
    departures: Departures,
    points: np.ndarray,
    centrality: np.ndarray,
    years: int,
    middle: int,
) -> Attractiveness:
    """Draw levels, attractiveness and noise.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of chance.
    truth : Parameters
        The truth.
    departures : Departures
        What differs from the model.
    points : numpy.ndarray
        (place, 2) longitude and latitude, degrees.
    centrality : numpy.ndarray
        (place,).
    years : int
        Years to draw, those before the panel included.
    middle : int
        Index of the year in which shocks and changes come.
    """
    places = len(points)
    # the order of the draws is fixed, so that a departure changes nothing but itself
    alpha = (
        truth.mu_alpha
        + autoregression(
            rng.normal(size=(1, years)), np.full(years, truth.rho_alpha), truth.sigma_alpha
        ).ravel()
    )
    theta_draws = _theta(rng.normal(size=places), departures, points, centrality)
    rho = np.full(years, truth.rho)
    if departures.rho_after is not None:
        rho[middle:] = departures.rho_after
    u_draws = rng.normal(size=(places, years))
    u = autoregression(u_draws, rho, truth.sigma_u)
    normal, chi = rng.normal(size=(places, years)), rng.chisquare(_T_DEGREES, (places, years))
    noise = normal / np.sqrt(chi) if departures.t3_noise else normal
    if departures.national_shock:
        alpha[middle] -= 3 * truth.sigma_alpha / np.sqrt(1 - truth.rho_alpha**2)
    return Attractiveness(alpha, truth.tau * theta_draws, u, noise, theta_draws, u_draws)


class SizedNoise(Protocol):
    """The parameters of noise that depends on size."""

    @property
    def sigma(self) -> float: ...
    @property
    def phi(self) -> float: ...
    @property
    def turnover(self) -> float: ...


def noise_variance(truth: SizedNoise, size: np.ndarray) -> np.ndarray:
    """Give the variance of one year's noise in a place of this size, percentage points squared."""
    return truth.sigma**2 + truth.phi * 1e4 * truth.turnover / size


def autoregression(draws: np.ndarray, rho: np.ndarray, sigma: float) -> np.ndarray:
    """Turn standard normal draws (series, year) into stationary AR(1) paths."""
    path = np.empty_like(draws)
    path[:, 0] = draws[:, 0] * sigma / np.sqrt(1 - rho[0] ** 2)
    for t in range(1, draws.shape[1]):
        path[:, t] = rho[t] * path[:, t - 1] + sigma * draws[:, t]
    return path


def _theta(
    draws: np.ndarray, departures: Departures, points: np.ndarray, centrality: np.ndarray
) -> np.ndarray:
    """Give lasting attractiveness with unit variance."""
    if departures.spatial:
        distance, index = nearest_places(points, _SPATIAL_PLACES)
        weight = np.exp(-distance / max(float(np.median(distance)), 1e-9))
        draws = (weight * draws[index]).sum(axis=1) / np.sqrt((weight**2).sum(axis=1))
    r = departures.centrality_correlation
    if r:
        score = (centrality - centrality.mean()) / max(float(centrality.std()), 1e-9)
        draws = r * score + np.sqrt(1 - r**2) * draws
    return draws
