"""Leaving out by Pareto-smoothed importance sampling, for many items at once.

Mathematical details
--------------------
The density of an item left out is Σ w_s p_s / Σ w_s over draws s, p_s its density in a draw and
w_s = 1/p_s. The M largest weights are replaced by quantiles at (j − ½)/M of a generalised Pareto
distribution fitted to them, none above the largest weight; M = 3√S for S draws, a fifth of them
where S ≤ 225. The fit is that of Zhang & Stephens (2009, *Technometrics*), its shape k̂ drawn
towards ½ by ten observations (Vehtari et al. 2024, *JMLR*). The same as ``loo`` of ArviZ with
independent draws, which takes one item at a time.
"""

from __future__ import annotations

import numpy as np

_AT_ONCE = 4_000_000  # numbers in the largest array
_FEW_DRAWS = 225


def leave_out(log_density: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Log density of items left out, and how far each can be trusted.

    Parameters
    ----------
    log_density : (draws, items) float
        Of each item in draws of the posterior that has seen it.

    Returns
    -------
    elpd : (items,) float
    pareto_k : (items,) float
        NaN or infinite where no Pareto distribution fits the weights; they are then not smoothed.
    """
    draws, items = log_density.shape
    elpd, k = np.empty(items), np.empty(items)
    at_once = max(1, _AT_ONCE // (_tail_size(draws) * _grid_size(_tail_size(draws))))
    for low in range(0, items, at_once):
        part = slice(low, low + at_once)
        density = np.ascontiguousarray(log_density[:, part].T, dtype=float)
        log_weight, k[part] = _smoothed(-density)
        elpd[part] = _log_sum(log_weight + density) - _log_sum(log_weight)
    return elpd, k


def k_limit(draws: int) -> float:
    """Return the k̂ above which a density cannot be trusted (Vehtari et al. 2024)."""
    return float(min(1.0 - 1.0 / np.log10(draws), 0.7))


def _tail_size(draws: int) -> int:
    return int(3 * draws**0.5) if draws > _FEW_DRAWS else draws // 5


def _grid_size(tail: int) -> int:
    return 30 + int(tail**0.5)


def _smoothed(log_weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Smooth the largest weights of every row, (items, draws); give k̂ too."""
    log_weight = log_weight - log_weight.max(axis=1, keepdims=True)
    tail = _tail_size(log_weight.shape[1])
    # the largest of the others, then the tail in ascending order
    at = np.argpartition(log_weight, -tail - 1, axis=1)[:, -tail - 1 :]
    order = np.argsort(np.take_along_axis(log_weight, at, axis=1), axis=1)
    at = np.take_along_axis(at, order, axis=1)
    largest = np.exp(np.take_along_axis(log_weight, at, axis=1))
    cutoff, at = largest[:, :1], at[:, 1:]
    k, sigma = _fit_pareto(largest[:, 1:] - cutoff)
    fits = np.isfinite(k) & (sigma > 0)
    shape, scale = np.where(fits, k, 1.0)[:, None], np.where(fits, sigma, 1.0)[:, None]
    survival = np.log1p(-(np.arange(0.5, tail) / tail))
    flat = shape == 0.0
    stretched = np.expm1(-shape * survival) / np.where(flat, 1.0, shape)
    quantile = np.log(cutoff + scale * np.where(flat, -survival, stretched))
    before = np.take_along_axis(log_weight, at, axis=1)
    # log weights are at most zero, the largest
    after = np.where(fits[:, None], np.minimum(quantile, 0.0), before)
    np.put_along_axis(log_weight, at, after, axis=1)
    return log_weight, k


def _fit_pareto(above: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Shape and scale of each row of exceedances, (items, n) in ascending order."""
    n = above.shape[1]
    size = _grid_size(n)
    quartile = above[:, int(n / 4 + 0.5) - 1]
    varied = quartile > above[:, 0]
    x = np.where(varied[:, None], above, np.arange(1.0, n + 1.0))  # of the others nothing is kept
    quartile = x[:, int(n / 4 + 0.5) - 1]
    steps = 1.0 - np.sqrt(size / (np.arange(1.0, size + 1.0) - 0.5))
    b = steps / (3.0 * quartile[:, None]) + 1.0 / x[:, -1:]
    with np.errstate(divide="ignore", invalid="ignore"):  # where nothing fits, k is not finite
        k_of = np.log1p(-b[:, :, None] * x[:, None, :]).mean(axis=2)
        profile = n * (np.log(-b / k_of) - k_of - 1.0)
        weight = np.exp(profile - _log_sum(profile)[:, None])
        weight = np.where(weight >= 10.0 * np.finfo(float).eps, weight, 0.0)
        b_mean = (b * weight).sum(axis=1) / weight.sum(axis=1)
        raw = np.log1p(-b_mean[:, None] * x).mean(axis=1)
        sigma = -raw / b_mean
    k = (n * raw + 5.0) / (n + 10.0)
    k = np.where(np.isnan(k), np.inf, k)
    return np.where(varied, k, np.nan), np.where(varied, sigma, np.nan)


def _log_sum(values: np.ndarray) -> np.ndarray:
    """Logarithm of the sum of exponentials along the last axis."""
    largest = values.max(axis=-1)
    return largest + np.log(np.exp(values - largest[..., None]).sum(axis=-1))
