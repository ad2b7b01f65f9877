"""Densities of places and of later years where the noise is Student-t.

Mathematical details
--------------------
ε_it = √V_it t_it, t_it Student-t with ν degrees of freedom; attractiveness does not move. With r
the outcome less level, structure and group effect, a place's cells have the density

    p(y_i | b, ψ) = ∫ N(θ; 0, τ²) Π_t St_ν(r_it − θ; V_it) dθ

by the trapezoidal rule. The integrand's logarithm is curved by 1/τ² + Σ (ν + 1)/(ν V_it) at most,
which gives the step; the slope of the product's logarithm is Σ (ν + 1)/(2√(ν V_it)) at most, so
that every mode lies within τ² times that of zero, and beyond the integrand falls as a normal
density does.

Of a later year (:mod:`attraktiv.evaluation.futures`) the level c has a flat prior and is learnt
from the other places,

    p(y_i | others) = ∫ Π_j p_j(y_j − c) dc / ∫ Π_{j≠i} p_j(y_j − c) dc,

with p_j Student-t around m_j, by the trapezoidal rule in z, c = mode + k sinh z: fine near the
mode, and so wide that the tails of few places are in it.
"""

from __future__ import annotations

from math import lgamma

import numpy as np
from numba import njit, prange

#: The step of θ in the least standard deviation that the integrand can have, and the reach in τ.
_STEP, _REACH = 0.7, 6.0
#: The step of z, and the reach of c in typical scales of the noise.
_STEP_LEVEL, _REACH_LEVEL = 0.2, 50.0
_HUGE = 1e200


@njit(parallel=True, cache=True, error_model="numpy")
def place_log_density(residual, used, variance, tau, nu):  # type: ignore[no-untyped-def]
    """Log density of a place's cells, θ integrated out.

    Parameters
    ----------
    residual : (draws, place, year) float
        Outcome less level, structure and group effect.
    used : (place, year) bool
    variance : (draws, place, year) float
        V, the squared scale of the noise.
    tau, nu : (draws,) float
        `tau` may be zero: then θ is.

    Returns
    -------
    (draws, place) float
    """
    draws, places, years = residual.shape
    out = np.empty((draws, places))
    for s in prange(draws):
        freedom, sd = nu[s], tau[s]
        constant = lgamma((freedom + 1.0) / 2.0) - lgamma(freedom / 2.0)
        r, scale2 = np.empty(years), np.empty(years)
        for i in range(places):
            count, log_scale, curvature, slope, least, most = 0, 0.0, 0.0, 0.0, 0.0, 0.0
            for t in range(years):
                if used[i, t]:
                    r[count], scale2[count] = residual[s, i, t], freedom * variance[s, i, t]
                    log_scale += constant - 0.5 * np.log(np.pi * scale2[count])
                    curvature += (freedom + 1.0) / scale2[count]
                    slope += 0.5 * (freedom + 1.0) / np.sqrt(scale2[count])
                    least, most = min(least, r[count]), max(most, r[count])
                    count += 1
            if sd == 0.0:
                out[s, i] = log_scale + _log_product(0.0, r, scale2, count, freedom)
                continue
            bound = sd**2 * slope
            low = max(least, -bound) - _REACH * sd
            high = min(most, bound) + _REACH * sd
            step = _STEP / np.sqrt(1.0 / sd**2 + curvature)
            # sums are kept relative to the largest term, so that nothing underflows
            largest, total = -np.inf, 0.0
            for k in range(int((high - low) / step) + 2):
                theta = low + k * step
                term = -0.5 * (theta / sd) ** 2 + _log_product(theta, r, scale2, count, freedom)
                if term > largest:
                    total = total * np.exp(largest - term) + 1.0
                    largest = term
                else:
                    total += np.exp(term - largest)
            prior = np.log(step / sd) - 0.5 * np.log(2.0 * np.pi)
            out[s, i] = log_scale + prior + largest + np.log(total)
    return out


@njit(cache=True, error_model="numpy")
def _log_product(theta, r, scale2, count, freedom):  # type: ignore[no-untyped-def]
    """Logarithm of the product of Student-t densities at r − θ, less its constant."""
    found, product = 0.0, 1.0
    for t in range(count):
        product *= 1.0 + (r[t] - theta) ** 2 / scale2[t]
        if product > _HUGE:  # one logarithm of a product is quicker than many
            found += np.log(product)
            product = 1.0
    return -0.5 * (freedom + 1.0) * (found + np.log(product))


@njit(parallel=True, cache=True, error_model="numpy")
def log_density_given_level(outcome, mean, variance, nu):  # type: ignore[no-untyped-def]
    """Log density of each outcome in each draw, a flat level learnt from the others.

    Parameters
    ----------
    outcome : (place,) float
    mean, variance : (draws, place) float
        `variance` is V, the squared scale.
    nu : (draws,) float

    Returns
    -------
    (draws, place) float
    """
    draws, places = mean.shape
    out = np.empty((draws, places))
    for s in prange(draws):
        freedom = nu[s]
        z, scale2 = outcome - mean[s], freedom * variance[s]
        centre = _mode(z, scale2, freedom)
        narrow = 1.0 / np.sqrt(((freedom + 1.0) / scale2).sum())
        stretch = 4.0 * narrow
        reach = np.abs(z - centre).max() + _REACH_LEVEL * np.sqrt(places) * narrow
        half = int(np.arcsinh(reach / stretch) / _STEP_LEVEL) + 1
        log_t = np.empty((places, 2 * half + 1))
        total = np.empty(2 * half + 1)
        for k in range(2 * half + 1):
            at = _STEP_LEVEL * (k - half)
            level = centre + stretch * np.sinh(at)
            total[k] = np.log(np.cosh(at))
            for i in range(places):
                log_t[i, k] = -0.5 * (freedom + 1.0) * np.log1p((z[i] - level) ** 2 / scale2[i])
                total[k] += log_t[i, k]
        everyone = _log_sum(total)
        constant = lgamma((freedom + 1.0) / 2.0) - lgamma(freedom / 2.0)
        for i in range(places):
            scale = constant - 0.5 * np.log(np.pi * scale2[i])
            out[s, i] = scale + everyone - _log_sum(total - log_t[i])
    return out


@njit(cache=True, error_model="numpy")
def _mode(z, scale2, freedom):  # type: ignore[no-untyped-def]
    """The level that fits best, near the median: iteratively reweighted means."""
    centre = np.median(z)
    for _ in range(30):
        weight = (freedom + 1.0) / (scale2 + (z - centre) ** 2)
        centre = (weight * z).sum() / weight.sum()
    return centre


@njit(cache=True, error_model="numpy")
def _log_sum(values):  # type: ignore[no-untyped-def]
    largest = values.max()
    return largest + np.log(np.exp(values - largest).sum())
