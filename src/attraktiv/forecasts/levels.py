"""A national level that moves from year to year, known from its past and carried on.

Mathematical details
--------------------
With O_t events observed and E_t expected at a fixed pattern, y_t = log(O_t / E_t) and

    y_t = x_t + e_t,  e_t ~ N(0, s² + v_t),    x_{t+1} = x_t + d + w_t,  w_t ~ N(0, σ²)

where v_t = 1/O_t + (variance of measurement)/O_t². d has a normal prior, and σ and s lognormal
ones. Given σ and s all is Gaussian: seen from the last year T, x_t = x_T − d (T − t) less a sum of
innovations, whose covariance is σ² min(T − s, T − t). σ and s are summed over a grid of quantiles
of their priors with weights proportional to the likelihood; x_T and d are drawn given them. A year
to come has an e of its own, for a year of much influenza is not in its pattern.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp, ndtri

_QUANTILES = 11
_ORIGIN_SD = 1.0  # of x_T, in logs: wide beside any misfit of the pattern


@dataclass(frozen=True)
class LevelPrior:
    """What is believed of a level before its years are seen, in logs per year.

    Attributes
    ----------
    drift, drift_sd : float
        Normal prior of d.
    innovation, irregular : float
        Medians of σ and of s.
    log_sd : float
        Standard deviation of log σ and of log s.
    """

    drift: float
    drift_sd: float
    innovation: float
    irregular: float
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
    told = (observed > 0) & (expected > 0)
    count, back = observed[told], (len(observed) - 1 - np.flatnonzero(told)).astype(np.float64)
    y = np.log(count / expected[told])
    v = 1.0 / count + variance[told] / count**2
    spread = np.exp(prior.log_sd * ndtri((np.arange(_QUANTILES) + 0.5) / _QUANTILES))
    sigma, irregular = (
        grid.ravel() for grid in np.meshgrid(prior.innovation * spread, prior.irregular * spread)
    )
    walk = np.minimum(back[:, None], back)
    design = np.column_stack([np.ones(len(y)), -back])
    mean = np.array([0.0, prior.drift])
    # without any years the level is its pattern, and only what comes after is unsure
    cov = np.diag([_ORIGIN_SD**2 if len(y) else 0.0, prior.drift_sd**2])
    total = (
        sigma[:, None, None] ** 2 * walk
        + (v + irregular[:, None] ** 2)[..., None] * np.eye(len(y))
        + design @ cov @ design.T
    )
    off = y - design @ mean
    solved = np.linalg.solve(total, np.broadcast_to(off[:, None], (len(sigma), len(y), 1)))[..., 0]
    log_weight = -0.5 * (np.linalg.slogdet(total)[1] + solved @ off)
    weight = np.exp(log_weight - logsumexp(log_weight))
    gain = design @ cov
    means = mean + solved @ gain
    covs = cov - gain.T @ np.linalg.solve(total, np.broadcast_to(gain, (len(sigma), *gain.shape)))
    value, vector = np.linalg.eigh(covs)
    root = vector * np.sqrt(np.maximum(value, 0.0))[:, None, :]
    chosen = rng.choice(len(sigma), size=draws, p=weight)
    state = means[chosen] + np.einsum("dij,dj->di", root[chosen], rng.standard_normal((draws, 2)))
    at_origin = float(weight @ means[:, 0])
    ahead = np.arange(1, years + 1)
    steps = sigma[chosen, None] * rng.standard_normal((draws, years))
    single = irregular[chosen, None] * rng.standard_normal((draws, years))
    path = state[:, :1] - at_origin + state[:, 1:] * ahead + np.cumsum(steps, axis=1) + single
    return float(np.exp(at_origin)), np.exp(path)
