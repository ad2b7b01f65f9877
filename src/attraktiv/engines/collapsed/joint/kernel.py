"""Compiled loops over places of two equations: the density's sums, and exact draws.

Mathematical details
--------------------
Places stand in blocks, see :mod:`.passes`, so that the innermost loop of every step is a
vector instruction. Sums and draws go by blocks, one row of ψ to a thread.

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
def pair_gram(psi, z, used, flow, known):  # type: ignore[no-untyped-def]
    """Accumulate over places, for each row of ψ, everything the density needs.

    Parameters
    ----------
    psi : (B, 13) float
        As :mod:`.passes` reads it.
    z : (blocks, T, 2, C + 2, LANES) float
        Columns: the factors of both equations and the outcome, then ones of either
        equation; zero where a cell is missing, and in the other equation's rows.
    used, flow, known : (blocks, T, 2, LANES) float
        One where the cell is used; v_it; variance of the measurement error.

    Returns
    -------
    log_det : (B,) float
        Σ log|V_i|.
    zz : (B, C, C) float
        Σ Z'V⁻¹Z, without the ones.
    tt : (B, 2T, 2T), tz : (B, 2T, C) float
        Σ V⁻¹ and Σ V⁻¹Z, the years of the first equation before those of the second.
    """
    n_psi = psi.shape[0]
    blocks, years, _, all_columns, _ = z.shape
    columns = all_columns - 2
    log_det = np.zeros(n_psi)
    zz = np.zeros((n_psi, columns, columns))
    tt = np.zeros((n_psi, 2 * years, 2 * years))
    tz = np.zeros((n_psi, 2 * years, columns))

    for b in prange(n_psi):
        acc_zz = np.zeros((columns, columns, LANES))
        acc_tt = np.zeros((years, years, 2, 2, LANES))
        acc_tz = np.zeros((years, 2, columns, LANES))
        acc_det = np.zeros(LANES)
        precision = np.empty((years, 3, LANES))
        gain = np.empty((years, 2, 2, LANES))
        through = np.empty((years, 2, 2, LANES))
        error = np.empty((years, 2, all_columns, LANES))
        weighted = np.empty((years, 2, all_columns, LANES))
        smooth = np.empty((years, 2, all_columns, LANES))
        with_ones = np.empty((2, all_columns, LANES))
        diagonal = np.empty((years, 3, LANES))
        reach = np.empty((years, 2, 2, LANES))
        h = np.empty((3, LANES))
        for i in range(blocks):
            gains(psi[b], used[i], flow[i], known[i], precision, gain, through, acc_det)
            innovations(psi[b], z[i], precision, gain, error, weighted)
            against_ones(error, weighted, with_ones)
            lasting(psi[b], with_ones, h, acc_det)
            smoothing_errors(weighted, gain, through, smooth)
            inverse_blocks(precision, gain, through, diagonal, reach)
            _add_columns(error, weighted, with_ones, h, acc_zz)
            _add_years(gain, through, diagonal, reach, smooth, with_ones, h, acc_tt, acc_tz)
        log_det[b] = acc_det.sum()
        for c in range(columns):
            for c2 in range(c + 1):
                zz[b, c, c2] = zz[b, c2, c] = acc_zz[c, c2].sum()
        for q in range(2):
            for t in range(years):
                for c in range(columns):
                    tz[b, q * years + t, c] = acc_tz[t, q, c].sum()
                for s in range(t + 1):
                    for r in range(2):
                        total = acc_tt[t, s, q, r].sum()
                        tt[b, q * years + t, r * years + s] = total
                        tt[b, r * years + s, q * years + t] = total
    return log_det, zz, tt, tz


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _add_columns(error, weighted, with_ones, h, acc_zz):  # type: ignore[no-untyped-def]
    """Z'V⁻¹Z of a block, below the diagonal."""
    years = error.shape[0]
    columns = acc_zz.shape[0]
    for t in range(years):
        for q in range(2):
            for c in range(columns):
                for c2 in range(c + 1):
                    for lane in range(LANES):
                        acc_zz[c, c2, lane] += weighted[t, q, c, lane] * error[t, q, c2, lane]
    for c in range(columns):
        for c2 in range(c + 1):
            for lane in range(LANES):
                w0, w1 = with_ones[0, c, lane], with_ones[1, c, lane]
                acc_zz[c, c2, lane] -= (h[0, lane] * w0 + h[1, lane] * w1) * with_ones[
                    0, c2, lane
                ] + (h[1, lane] * w0 + h[2, lane] * w1) * with_ones[1, c2, lane]


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _add_years(gain, through, diagonal, reach, smooth, with_ones, h, acc_tt, acc_tz):  # type: ignore[no-untyped-def]
    """V⁻¹ of a block, for years s ≤ t, and V⁻¹Z."""
    years, _, columns, _ = acc_tz.shape
    run = np.empty((2, 2, LANES))
    shrunk = np.empty((2, 2, LANES))  # A⁻¹E H of the year
    for t in range(years):
        for q in range(2):
            for lane in range(LANES):
                o0, o1 = smooth[t, q, columns, lane], smooth[t, q, columns + 1, lane]
                shrunk[q, 0, lane] = o0 * h[0, lane] + o1 * h[1, lane]
                shrunk[q, 1, lane] = o0 * h[1, lane] + o1 * h[2, lane]
            for r in range(2):
                for lane in range(LANES):
                    acc_tt[t, t, q, r, lane] += diagonal[t, q + r, lane] - (
                        shrunk[q, 0, lane] * smooth[t, r, columns, lane]
                        + shrunk[q, 1, lane] * smooth[t, r, columns + 1, lane]
                    )
                    run[q, r, lane] = reach[t, q, r, lane]
            for c in range(columns):
                for lane in range(LANES):
                    acc_tz[t, q, c, lane] += (
                        smooth[t, q, c, lane]
                        - shrunk[q, 0, lane] * with_ones[0, c, lane]
                        - shrunk[q, 1, lane] * with_ones[1, c, lane]
                    )
        for back in range(t):
            s = t - 1 - back
            # run is the rest of (A⁻¹)_st, whose rows are those of s
            for r in range(2):
                for q in range(2):
                    for lane in range(LANES):
                        acc_tt[t, s, q, r, lane] -= (
                            gain[s, 0, r, lane] * run[0, q, lane]
                            + gain[s, 1, r, lane] * run[1, q, lane]
                            + shrunk[q, 0, lane] * smooth[s, r, columns, lane]
                            + shrunk[q, 1, lane] * smooth[s, r, columns + 1, lane]
                        )
            for q in range(2):
                for lane in range(LANES):
                    a0, a1 = run[0, q, lane], run[1, q, lane]
                    run[0, q, lane] = through[s, 0, 0, lane] * a0 + through[s, 1, 0, lane] * a1
                    run[1, q, lane] = through[s, 0, 1, lane] * a0 + through[s, 1, 1, lane] * a1


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
        z = np.empty((years, 2, 3, LANES))
        error = np.empty((years, 2, 3, LANES))
        weighted = np.empty((years, 2, 3, LANES))
        with_ones = np.empty((2, 3, LANES))
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
                w0, w1 = with_ones[0, 0, lane], with_ones[1, 0, lane]
                mean0 = h[0, lane] * w0 + h[1, lane] * w1
                mean1 = h[1, lane] * w0 + h[2, lane] * w1
                for t in range(years):
                    for q in range(2):
                        weighted[t, q, 0, lane] -= (
                            mean0 * weighted[t, q, 1, lane] + mean1 * weighted[t, q, 2, lane]
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
            z[t, 0, 0, lane] = used[t, 0, lane] * (
                residual[t, 0, lane] - lasts[0, lane] - path[t, 0, lane] - noise0
            )
            z[t, 1, 0, lane] = used[t, 1, lane] * (
                residual[t, 1, lane] - lasts[1, lane] - path[t, 1, lane] - noise1
            )
            z[t, 0, 1, lane], z[t, 1, 1, lane] = used[t, 0, lane], 0.0
            z[t, 0, 2, lane], z[t, 1, 2, lane] = 0.0, used[t, 1, lane]


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
                weighted[t, 0, 0, lane] + through[t, 0, 0, lane] * r0 + through[t, 1, 0, lane] * r1
            )
            adjoint[t, 1, lane] = (
                weighted[t, 1, 0, lane] + through[t, 0, 1, lane] * r0 + through[t, 1, 1, lane] * r1
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
        z = np.zeros((years, 2, 3, LANES))
        error = np.empty((years, 2, 3, LANES))
        weighted = np.empty((years, 2, 3, LANES))
        smooth = np.empty((years, 2, 3, LANES))
        with_ones = np.empty((2, 3, LANES))
        diagonal = np.empty((years, 3, LANES))
        reach = np.empty((years, 2, 2, LANES))
        h = np.empty((3, LANES))
        ignored = np.zeros(LANES)
        for i in range(blocks):
            z[:, :, 0] = residual[d, i]
            z[:, 0, 1] = used[i, :, 0]
            z[:, 1, 2] = used[i, :, 1]
            gains(row, used[i], flow[i], known[i], precision, gain, through, ignored)
            innovations(row, z, precision, gain, error, weighted)
            against_ones(error, weighted, with_ones)
            lasting(row, with_ones, h, ignored)
            smoothing_errors(weighted, gain, through, smooth)
            inverse_blocks(precision, gain, through, diagonal, reach)
            for t in range(years):
                for q in range(2):
                    for lane in range(LANES):
                        o0, o1 = smooth[t, q, 1, lane], smooth[t, q, 2, lane]
                        s0 = o0 * h[0, lane] + o1 * h[1, lane]
                        s1 = o0 * h[1, lane] + o1 * h[2, lane]
                        own = diagonal[t, 2 * q, lane] - s0 * o0 - s1 * o1
                        pull = smooth[t, q, 0, lane] - (
                            s0 * with_ones[0, 0, lane] + s1 * with_ones[1, 0, lane]
                        )
                        if used[i, t, q, lane] > 0.0:
                            out[d, i, t, q, lane] = 0.5 * (
                                np.log(own / (2.0 * np.pi)) - pull * pull / own
                            )
                        else:
                            out[d, i, t, q, lane] = np.nan
