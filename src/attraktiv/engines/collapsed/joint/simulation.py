"""Compiled loops over draws and places of two equations: exact draws, and cells' densities.

Mathematical details
--------------------
Draws need no inverse of a variance, which an equation without a path makes singular: from a
θ⁺, u⁺ and ε⁺ of the prior, and r* the residual less what they make of it,

    θ = θ⁺ + E[θ | r*],  E[θ | r*] = H E'A⁻¹r*
    u = u⁺ + E[u | r* − E E[θ | r*]],  E[u_{t+1}] = R E[u_t] + S r_t,  E[u_1] = P_1 r_0

with r_t the adjoint of the smoother (Durbin & Koopman 2002, *Biometrika* 89).
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from attraktiv.engines.collapsed.joint.passes import (
    FAST,
    NOISE,
    PHI_0,
    PHI_1,
    RHO_0,
    RHO_1,
    S_00,
    S_01,
    S_11,
    SIGMA2_0,
    SIGMA2_1,
    THETA_00,
    THETA_01,
    THETA_11,
    against_ones,
    gains,
    innovations,
    inverse_blocks,
    lasting,
    smoothing_errors,
)
from attraktiv.engines.collapsed.kernel import LANES


@njit(parallel=True, cache=True, fastmath=FAST, error_model="numpy")
def pair_draws(psi, residual, used, flow, known, normal, theta, u):  # type: ignore[no-untyped-def]
    """Draw θ and u of every place given ψ and the global coefficients, in place.

    Parameters
    ----------
    psi : (S, 13) float
    residual : (S, blocks, T, 2, LANES) float
        Outcome less national level and structure; zero where a cell is missing.
    used, flow, known : (blocks, T, 2, LANES) float
    normal : (S, blocks, 2T + 1, 2, LANES) float
        Standard normal numbers: for θ, then for the path, then for the noise.
    theta : (S, blocks, 2, LANES), u : (S, blocks, T, 2, LANES) float32
        Filled with the draws.
    """
    draws, blocks, years, _, _ = residual.shape
    for d in prange(draws):
        row = psi[d]
        precision = np.empty((years, 3, LANES))
        gain = np.empty((years, 2, 2, LANES))
        through = np.empty((years, 2, 2, LANES))
        z = np.empty((3, years, 2, LANES))
        error = np.empty((3, years, 2, LANES))
        weighted = np.empty((3, years, 2, LANES))
        with_ones = np.empty((3, 2, LANES))
        h = np.empty((3, LANES))
        lasts = np.empty((2, LANES))
        path = np.empty((years, 2, LANES))
        ignored = np.zeros(LANES)
        for i in range(blocks):
            _prior_draw(row, normal[d, i], lasts, path)
            _less_prior(
                row, residual[d, i], used[i], flow[i], known[i], normal[d, i], lasts, path, z
            )
            gains(row, used[i], flow[i], known[i], precision, gain, through, ignored)
            innovations(row, z, precision, gain, error, weighted)
            against_ones(error, weighted, with_ones)
            lasting(row, with_ones, h, ignored)
            for lane in range(LANES):
                w0, w1 = with_ones[0, 0, lane], with_ones[0, 1, lane]
                mean0 = h[0, lane] * w0 + h[1, lane] * w1
                mean1 = h[1, lane] * w0 + h[2, lane] * w1
                for t in range(years):
                    for q in range(2):
                        weighted[0, t, q, lane] -= (
                            mean0 * weighted[1, t, q, lane] + mean1 * weighted[2, t, q, lane]
                        )
                theta[d, i, 0, lane] = lasts[0, lane] + mean0
                theta[d, i, 1, lane] = lasts[1, lane] + mean1
            _add_mean_path(row, weighted, through, path)
            u[d, i] = path


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _prior_draw(row, normal, lasts, path):  # type: ignore[no-untyped-def]
    """θ⁺ and u⁺ of the prior."""
    years = path.shape[0]
    rho0, rho1 = row[RHO_0], row[RHO_1]
    a, b, c = _root(row[THETA_00], row[THETA_01], row[THETA_11])
    for lane in range(LANES):
        lasts[0, lane] = a * normal[0, 0, lane]
        lasts[1, lane] = b * normal[0, 0, lane] + c * normal[0, 1, lane]
    a, b, c = _root(
        row[S_00] / (1.0 - rho0 * rho0),
        row[S_01] / (1.0 - rho0 * rho1),
        row[S_11] / (1.0 - rho1 * rho1),
    )
    for lane in range(LANES):
        path[0, 0, lane] = a * normal[1, 0, lane]
        path[0, 1, lane] = b * normal[1, 0, lane] + c * normal[1, 1, lane]
    a, b, c = _root(row[S_00], row[S_01], row[S_11])
    for t in range(1, years):
        for lane in range(LANES):
            n0, n1 = normal[1 + t, 0, lane], normal[1 + t, 1, lane]
            path[t, 0, lane] = rho0 * path[t - 1, 0, lane] + a * n0
            path[t, 1, lane] = rho1 * path[t - 1, 1, lane] + b * n0 + c * n1


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _less_prior(row, residual, used, flow, known, normal, lasts, path, z):  # type: ignore[no-untyped-def]
    """The columns r* and E of the data."""
    years = path.shape[0]
    correlation = row[NOISE]
    rest = np.sqrt(1.0 - correlation * correlation)
    for t in range(years):
        for lane in range(LANES):
            n0, n1 = normal[1 + years + t, 0, lane], normal[1 + years + t, 1, lane]
            v0 = row[SIGMA2_0] + row[PHI_0] * flow[t, 0, lane] + known[t, 0, lane]
            v1 = row[SIGMA2_1] + row[PHI_1] * flow[t, 1, lane] + known[t, 1, lane]
            noise0 = np.sqrt(v0) * n0
            noise1 = np.sqrt(v1) * (correlation * n0 + rest * n1)
            z[0, t, 0, lane] = used[t, 0, lane] * (
                residual[t, 0, lane] - lasts[0, lane] - path[t, 0, lane] - noise0
            )
            z[0, t, 1, lane] = used[t, 1, lane] * (
                residual[t, 1, lane] - lasts[1, lane] - path[t, 1, lane] - noise1
            )
            z[1, t, 0, lane], z[1, t, 1, lane] = used[t, 0, lane], 0.0
            z[2, t, 0, lane], z[2, t, 1, lane] = 0.0, used[t, 1, lane]


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _add_mean_path(row, weighted, through, path):  # type: ignore[no-untyped-def]
    """Add E[u] of the first column of data to `path`."""
    years = path.shape[0]
    rho0, rho1 = row[RHO_0], row[RHO_1]
    adjoint = np.zeros((years + 1, 2, LANES))
    for back in range(years):
        t = years - 1 - back
        for lane in range(LANES):
            r0, r1 = adjoint[t + 1, 0, lane], adjoint[t + 1, 1, lane]
            adjoint[t, 0, lane] = (
                weighted[0, t, 0, lane] + through[t, 0, 0, lane] * r0 + through[t, 1, 0, lane] * r1
            )
            adjoint[t, 1, lane] = (
                weighted[0, t, 1, lane] + through[t, 0, 1, lane] * r0 + through[t, 1, 1, lane] * r1
            )
    p0, p1 = row[S_00] / (1.0 - rho0 * rho0), row[S_11] / (1.0 - rho1 * rho1)
    p01 = row[S_01] / (1.0 - rho0 * rho1)
    for lane in range(LANES):
        mean0 = p0 * adjoint[0, 0, lane] + p01 * adjoint[0, 1, lane]
        mean1 = p01 * adjoint[0, 0, lane] + p1 * adjoint[0, 1, lane]
        for t in range(years):
            path[t, 0, lane] += mean0
            path[t, 1, lane] += mean1
            r0, r1 = adjoint[t + 1, 0, lane], adjoint[t + 1, 1, lane]
            mean0 = rho0 * mean0 + row[S_00] * r0 + row[S_01] * r1
            mean1 = rho1 * mean1 + row[S_01] * r0 + row[S_11] * r1


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _root(v00, v01, v11):  # type: ignore[no-untyped-def]
    """Lower triangular root of a 2×2 variance, which may be singular: 00, 10, 11."""
    a = np.sqrt(v00)
    b = v01 / a if a > 0.0 else 0.0
    return a, b, np.sqrt(max(v11 - b * b, 0.0))


@njit(parallel=True, cache=True, fastmath=FAST, error_model="numpy")
def pair_cell_log_density(psi, residual, used, flow, known, out):  # type: ignore[no-untyped-def]
    """Log density of each cell given all other cells of the place, θ and u integrated out.

    Cell j given the others has mean y_j − [V⁻¹r]_j/[V⁻¹]_jj and variance 1/[V⁻¹]_jj.

    Parameters
    ----------
    psi : (S, 13) float
    residual : (S, blocks, T, 2, LANES) float
        Zero where a cell is missing.
    used, flow, known : (blocks, T, 2, LANES) float
    out : (S, blocks, T, 2, LANES) float32
        Filled; NaN where the cell is not used.
    """
    draws, blocks, years, _, _ = residual.shape
    for d in prange(draws):
        row = psi[d]
        precision = np.empty((years, 3, LANES))
        gain = np.empty((years, 2, 2, LANES))
        through = np.empty((years, 2, 2, LANES))
        z = np.zeros((3, years, 2, LANES))
        error = np.empty((3, years, 2, LANES))
        weighted = np.empty((3, years, 2, LANES))
        smooth = np.empty((3, years, 2, LANES))
        with_ones = np.empty((3, 2, LANES))
        diagonal = np.empty((years, 3, LANES))
        reach = np.empty((years, 2, 2, LANES))
        h = np.empty((3, LANES))
        ignored = np.zeros(LANES)
        for i in range(blocks):
            z[0] = residual[d, i]
            z[1, :, 0] = used[i, :, 0]
            z[2, :, 1] = used[i, :, 1]
            gains(row, used[i], flow[i], known[i], precision, gain, through, ignored)
            innovations(row, z, precision, gain, error, weighted)
            against_ones(error, weighted, with_ones)
            lasting(row, with_ones, h, ignored)
            smoothing_errors(weighted, gain, through, smooth)
            inverse_blocks(precision, gain, through, diagonal, reach)
            for t in range(years):
                for q in range(2):
                    for lane in range(LANES):
                        o0, o1 = smooth[1, t, q, lane], smooth[2, t, q, lane]
                        s0 = o0 * h[0, lane] + o1 * h[1, lane]
                        s1 = o0 * h[1, lane] + o1 * h[2, lane]
                        own = diagonal[t, 2 * q, lane] - s0 * o0 - s1 * o1
                        pull = smooth[0, t, q, lane] - (
                            s0 * with_ones[0, 0, lane] + s1 * with_ones[0, 1, lane]
                        )
                        if used[i, t, q, lane] > 0.0:
                            out[d, i, t, q, lane] = 0.5 * (
                                np.log(own / (2.0 * np.pi)) - pull * pull / own
                            )
                        else:
                            out[d, i, t, q, lane] = np.nan
