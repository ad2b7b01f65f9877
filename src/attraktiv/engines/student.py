"""Predictive density of cells with Student-t noise, θ and u integrated out.

Mathematical details
--------------------
ε_it = √(V_it/λ_it) z_it with λ_it ~ Gamma(ν/2, ν/2) and z_it standard normal is Student-t
with ν degrees of freedom and scale √V_it. For each draw of the posterior

    λ_it | … ~ Gamma((ν + 1)/2, (ν + ε_it²/V_it)/2),   ε_it = y_it − α_t − x_it'β − a_it,

are drawn and kept as unknowns beside the others. Given those of a place's other years the
model is Gaussian: r = y − α − x'β − γ of the cell has mean m and variance c + V_it/λ_it,
m and c those of θ + u given the other years. Its own weight is integrated out,

    p(y_it | other years, draw) = ∫ N(r | m, c + V_it/λ) Gamma(λ | ν/2, ν/2) dλ,

by the trapezoidal rule in z = log λ, which converges exponentially: the integrand falls as
exp((ν + 1)z/2) to the left and faster to the right, and between lie at most two modes:
one where the noise is the reason for r, λ = (ν + 1)/(ν + r²/V), one where θ + u is,
λ = (ν + 1)/ν. The standard deviation of log λ is about √(2/(ν + 1)).

The posterior of all that is kept, the other years' weights too, is that without the cell
times this density: it is what leaving a cell out by importance sampling asks for.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import lgamma

import numpy as np
from numba import njit, prange

from attraktiv import names
from attraktiv.engines.collapsed import kernel
from attraktiv.engines.collapsed.draws import residual_of
from attraktiv.engines.collapsed.problem import Problem

#: Of the grid in log λ: its step and its reach on either side in standard deviations, and
#: the logarithm of what may be lost in the slow tail below.
_STEP, _SPREADS, _TAIL = 0.4, 6.0, 18.0
_GLOBAL = (names.ALPHA, names.BETA, names.GAMMA)
#: Cells times draws that are worked on at once: some 100 MB.
_AT_ONCE = 12_000_000


def cell_log_likelihood(
    problem: Problem, draws: Mapping[str, np.ndarray], rng: np.random.Generator
) -> np.ndarray:
    """Log density of each cell given the place's other years.

    Parameters
    ----------
    problem : Problem
    draws : mapping of str to array
        (chain, draw, …) over the fitted places: all that the model has.
    rng : numpy.random.Generator
        For the weights λ.

    Returns
    -------
    (chain, draw, place, year) float32
        NaN where there is no cell.
    """
    chains, n_draws = draws[names.NU].shape
    flat = {name: v.reshape(chains * n_draws, *v.shape[2:]) for name, v in draws.items()}
    n_places, n_years = problem.outcome.shape
    out = np.empty((chains * n_draws, n_places, n_years), dtype=np.float32)
    rows = problem.hyper.kernel_rows(flat)
    cells = (problem.used, problem.flow, problem.known)
    at_once = max(1, _AT_ONCE // (n_places * n_years))
    for low in range(0, len(out), at_once):
        part = slice(low, min(low + at_once, len(out)))
        chosen = {name: values[part] for name, values in flat.items()}
        residual = residual_of(problem, {n: v for n, v in chosen.items() if n in _GLOBAL})
        weight = _weights(problem, chosen, residual, rng)
        _log_density(rows[part], chosen[names.NU], residual, *cells, weight, out[part])
    return out.reshape(chains, n_draws, n_places, n_years)


def _weights(
    problem: Problem,
    draws: Mapping[str, np.ndarray],
    residual: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Draw λ of every cell from its full conditional: (draw, place, year)."""
    noise = residual.copy()
    if names.THETA in draws:
        noise -= draws[names.THETA][:, :, None]
    if names.U in draws:
        noise -= draws[names.U]
    variance = draws[names.SIGMA][:, None, None] ** 2 + problem.known
    if names.PHI in draws:
        variance = variance + draws[names.PHI][:, None, None] * problem.flow
    nu = draws[names.NU][:, None, None]
    shape = np.broadcast_to((nu + 1.0) / 2.0, noise.shape)
    return 2.0 * rng.standard_gamma(shape) / (nu + noise**2 / variance)


@njit(parallel=True, cache=True, error_model="numpy")
def _log_density(psi, nu, residual, used, flow, known, weight, out):  # type: ignore[no-untyped-def]
    """Fill in the log density of each cell; arguments as for kernel.cell_log_density."""
    draws, places, years = residual.shape
    for s in prange(draws):
        sigma2, phi = psi[s, kernel.SIGMA2], psi[s, kernel.PHI]
        noise = np.empty(years)
        smooth = np.empty(years)
        diagonal = np.empty(years)
        for i in range(places):
            for t in range(years):
                noise[t] = (sigma2 + phi * flow[i, t] + known[i, t]) / weight[s, i, t]
            kernel.leave_one_out(
                psi[s, kernel.TAU2],
                psi[s, kernel.S2U],
                psi[s, kernel.RHO],
                residual[s, i],
                used[i],
                noise,
                smooth,
                diagonal,
            )
            for t in range(years):
                if used[i, t] > 0.0:
                    effect = max(1.0 / diagonal[t] - noise[t], 0.0)
                    scale2 = noise[t] * weight[s, i, t]
                    out[s, i, t] = convolved(smooth[t] / diagonal[t], effect, scale2, nu[s])
                else:
                    out[s, i, t] = np.nan


@njit(cache=True, error_model="numpy")
def convolved(x, normal2, scale2, nu):  # type: ignore[no-untyped-def]
    """Log density at x of N(0, normal2) plus √scale2 times a Student-t with nu degrees.

    Parameters
    ----------
    x, normal2, scale2, nu : float
        `scale2` above zero, `nu` above zero.

    Returns
    -------
    float
    """
    half = 0.5 * nu
    spread = np.sqrt(2.0 / (nu + 1.0))
    step = _STEP * spread
    own = np.log((nu + 1.0) / (nu + x * x / scale2))
    plain = np.log((nu + 1.0) / nu)
    low = min(own, plain) - _SPREADS * spread - _TAIL * spread * spread
    high = max(own, plain) + _SPREADS * spread
    # sums are kept relative to the largest term, so that a far cell does not underflow
    largest, total = -np.inf, 0.0
    for k in range(int((high - low) / step) + 1):
        z = low + k * step
        weight = np.exp(z)
        variance = normal2 + scale2 / weight
        exponent = half * (z - weight) - 0.5 * (np.log(variance) + x * x / variance)
        if exponent > largest:
            total = total * np.exp(largest - exponent) + 1.0
            largest = exponent
        else:
            total += np.exp(exponent - largest)
    constant = half * np.log(half) - lgamma(half) - 0.5 * np.log(2.0 * np.pi) + np.log(step)
    return constant + largest + np.log(total)
