r"""National levels of years to come.

Mathematical details
--------------------
A level α is an autoregression around its mean, continued from its last fitted year in every draw:

.. math::

    \alpha_{t+1} = \mu + \rho (\alpha_t - \mu) + \sigma z_t .

A hierarchical model has draws of (μ, ρ, σ). A model with free levels of years, as a regression,
has none: they are drawn from the posterior of the autoregression of the T levels themselves, on a
grid of ρ with the prior Beta(2, 2), flat in μ and with 1/σ²: given ρ and z_t = α_t − ρα_{t−1},
σ² is scaled inverse χ² with T − 2 degrees of freedom and μ(1 − ρ) normal around the mean of z.
"""

from __future__ import annotations

import numpy as np

_GRID = np.linspace(0.005, 0.995, 100)


def continue_level(
    level: np.ndarray,
    mean: np.ndarray,
    rho: np.ndarray,
    sigma: np.ndarray,
    normal: np.ndarray,
) -> np.ndarray:
    """Continue a national level.

    Parameters
    ----------
    level : (draw,) float
        Of the last fitted year.
    mean, rho, sigma : (draw,) float
        Of the autoregression.
    normal : (draw, year) float
        Standard normal numbers.

    Returns
    -------
    (draw, year) float
    """
    out = np.empty(normal.shape)
    now = level
    for t in range(normal.shape[1]):
        now = mean + rho * (now - mean) + sigma * normal[:, t]
        out[:, t] = now
    return out


def autoregression_of(
    levels: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw mean, autocorrelation and innovation SD of levels that have no model of their own.

    Parameters
    ----------
    levels : (draw, year) float
        At least four years.
    rng : numpy.random.Generator

    Returns
    -------
    tuple of (draw,) float
        μ, ρ, σ.
    """
    draws, years = levels.shape
    left = levels[:, 1:, None] - _GRID * levels[:, :-1, None]
    around = left - left.mean(axis=1, keepdims=True)
    square = (around**2).sum(axis=1)
    freedom = years - 2
    log_density = np.log(_GRID * (1 - _GRID)) - np.log(1 - _GRID) - 0.5 * freedom * np.log(square)
    weight = np.exp(log_density - log_density.max(axis=1, keepdims=True))
    cumulative = np.cumsum(weight, axis=1)
    chosen = (cumulative < rng.random((draws, 1)) * cumulative[:, -1:]).sum(axis=1)
    rho, rows = _GRID[chosen], np.arange(draws)
    sigma = np.sqrt(square[rows, chosen] / rng.chisquare(freedom, draws))
    of_left = left.mean(axis=1)[rows, chosen]
    of_left = of_left + sigma / np.sqrt(years - 1) * rng.standard_normal(draws)
    return of_left / (1 - rho), rho, sigma
