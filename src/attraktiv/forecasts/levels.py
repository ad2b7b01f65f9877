"""A national level that moves from year to year, known from its past and carried on.

Mathematical details
--------------------
With O_t events observed and E_t expected at a fixed pattern, y_t = log(O_t / E_t) and

    y_t = x_t + e_t,           e_t ~ N(0, s² + v_t),      v_t = 1/O_t + Var(measurement)/O_t²
    x_t = x_{t−1} + d + w_t,   w_t ~ N(0, σ²),            corr(w_t, w_{t+k}) = φ^|k|

d has a normal prior, σ and s have lognormal ones and φ is one of a few values, equally likely
beforehand: with φ = 0 the level is a random walk with drift d, with φ > 0 a change is likely to go
on for a while and then to die out, as those of fertility do. Given σ, s and φ all is Gaussian.
These three are summed over a grid (quantiles of their priors) with weights proportional to the
likelihood; then a past and a future are drawn from the prior and moved by the gain times what they
miss of the y_t (Matheron's rule), which is a draw from the posterior. A year to come has an e of
its own too, for a year of much influenza is not in its pattern.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp, ndtri

_QUANTILES = 9
_ORIGIN_SD = 1.0  # of x at the origin, in logs: wide beside any misfit of the pattern


@dataclass(frozen=True)
class LevelPrior:
    """What is believed of a level before its years are seen, in logs per year.

    Attributes
    ----------
    drift, drift_sd : float
        Normal prior of d.
    innovation, irregular : float
        Medians of σ and of s.
    persistence : tuple of float
        Values of φ.
    log_sd : float
        Standard deviation of log σ and of log s.
    """

    drift: float
    drift_sd: float
    innovation: float
    irregular: float
    persistence: tuple[float, ...] = (0.0,)
    log_sd: float = 0.5


def carried_on(
    observed: np.ndarray,
    expected: np.ndarray,
    variance: np.ndarray,
    prior: LevelPrior,
    *,
    years: int,
    draws: int,
    rng: np.random.Generator,
) -> tuple[float, np.ndarray]:
    """Find the level at the origin and draw the years after.

    Parameters
    ----------
    observed, expected : numpy.ndarray
        (year,) events, the last year that before the origin; years without either tell nothing.
    variance : numpy.ndarray
        (year,) variance of the error of measurement of ``observed``.
    prior : LevelPrior
    years, draws : int
        Of the forecast.
    rng : numpy.random.Generator

    Returns
    -------
    tuple of float and numpy.ndarray
        Observed over expected at the origin, and the levels (draw, year) relative to it.
    """
    told = np.flatnonzero((observed > 0) & (expected > 0))
    count, size = observed[told], len(observed)
    y = np.log(count / expected[told])
    v = 1.0 / count + variance[told] / count**2
    spread = np.exp(prior.log_sd * ndtri((np.arange(_QUANTILES) + 0.5) / _QUANTILES))
    sigma, irregular, phi = (
        grid.ravel()
        for grid in np.meshgrid(
            prior.innovation * spread, prior.irregular * spread, prior.persistence
        )
    )
    # the state: x of the last year known, d, and the changes of all years but the first
    year = np.arange(1, size + years)
    mean = np.concatenate([[0.0, prior.drift], np.zeros(len(year))])
    # without any years the level is its pattern, and only what comes after is unsure
    sd = np.array([_ORIGIN_SD if len(y) else 0.0, prior.drift_sd])
    cov = np.zeros((len(sigma), len(mean), len(mean)))
    cov[:, [0, 1], [0, 1]] = sd**2
    apart = np.abs(year[:, None] - year)
    cov[:, 2:, 2:] = sigma[:, None, None] ** 2 * phi[:, None, None] ** apart
    level = _levels(size, years)
    seen, ahead = level[told], level[size:]
    error = v + irregular[:, None] ** 2
    total = seen @ cov @ seen.T + error[..., None] * np.eye(len(y))
    off = np.broadcast_to((y - seen @ mean)[:, None], (len(sigma), len(y), 1))
    solved = np.linalg.solve(total, off)
    fit = (off * solved).sum(axis=(1, 2))
    log_weight = -0.5 * (np.linalg.slogdet(total)[1] + fit)
    weight = np.exp(log_weight - logsumexp(log_weight))
    at_origin = float(weight @ (cov[:, 0] @ seen.T * solved[..., 0]).sum(axis=1))
    gain = np.linalg.solve(total, seen @ cov @ ahead.T)

    chosen = rng.choice(len(sigma), size=draws, p=weight)
    start = mean[:2] + sd * rng.standard_normal((draws, 2))
    change = _autoregression(rng, sigma[chosen], phi[chosen], len(year))
    state = np.concatenate([start, change], axis=1)
    missed = y - state @ seen.T - np.sqrt(error[chosen]) * rng.standard_normal((draws, len(y)))
    single = irregular[chosen, None] * rng.standard_normal((draws, years))
    path = state @ ahead.T + np.einsum("dy,dyh->dh", missed, gain[chosen]) + single
    return float(np.exp(at_origin)), np.exp(path - at_origin)


def _levels(size: int, years: int) -> np.ndarray:
    """Give the weights (year, state) that make levels of the state, from the first year known."""
    at, change = np.arange(size + years)[:, None], np.arange(1, size + years)
    last = size - 1
    gained = ((change > last) & (change <= at)).astype(np.float64)
    lost = ((change > at) & (change <= last)).astype(np.float64)
    return np.hstack([np.ones(at.shape), at - last, gained - lost])


def _autoregression(
    rng: np.random.Generator, sigma: np.ndarray, phi: np.ndarray, length: int
) -> np.ndarray:
    """Draw stationary autoregressions (draw, length) with standard deviation sigma."""
    chance = sigma[:, None] * rng.standard_normal((len(sigma), length))
    fresh = np.sqrt(1.0 - phi**2)
    for t in range(1, length):
        chance[:, t] = phi * chance[:, t - 1] + fresh * chance[:, t]
    return chance
