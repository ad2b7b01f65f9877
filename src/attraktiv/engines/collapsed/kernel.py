"""Compiled loops over places: Gram matrices for the density, and exact conditional draws.

Mathematical details
--------------------
For one place, V = A + τ²11' with A = C + D, C the covariance of the AR(1) path and
D the diagonal of the noise. Nothing here forms or inverts a T×T matrix: the Kalman
filter of the path gives A = L F L' with L unit triangular, F diagonal, so that for a
column z of the data

    e = L⁻¹z          innovations             forward,  O(T)
    A⁻¹z              smoothing errors        backward, O(T)
    (A⁻¹)_tt          = 1/F_t + ρ²k_t² N_t    backward, O(T)
    (A⁻¹)_st, s < t   = −ρ k_s Π_{s<j<t} ρ(1−k_j) · B_t,  B_t = 1/F_t − ρ²k_t(1−k_t) N_t

with k the gain and N the variance of the smoother's adjoint (Durbin & Koopman,
*Time Series Analysis by State Space Methods*, 2nd ed., 4.4-4.5). θ is one more rank:
V⁻¹ = A⁻¹ − h A⁻¹1 1'A⁻¹, h = τ²/(1 + τ² 1'A⁻¹1). A missing cell has precision zero and
drops out of every sum. Without a path (σ_u = 0) the same code gives A = D.

Places stand in blocks of :data:`LANES` side by side in memory, so that the innermost
loop of every step is a vector instruction.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

LANES = 8

#: Columns of ψ as the kernels read it.
TAU2, S2U, RHO, SIGMA2, PHI = range(5)

# contract allows fused multiply-add; nothing that reorders a sum.
_FAST = {"contract"}


@njit(parallel=True, cache=True, fastmath=_FAST, error_model="numpy")
def gram(psi, z, used, flow, known, group, n_groups):  # type: ignore[no-untyped-def]
    """Accumulate over places, for each row of ψ, everything the density needs.

    Parameters
    ----------
    psi : (B, 5) float
        τ², σ_u², ρ, σ², φ.
    z : (blocks, T, C, LANES) float
        Columns: the K factors, the outcome, ones; zero where a cell is missing.
    used, flow, known : (blocks, T, LANES) float
        One where the cell is used; v_it; variance of the measurement error.
    group : (blocks, LANES) int
        Group of each place, −1 for none.
    n_groups : int

    Returns
    -------
    log_det : (B,) float
        Σ log|V_i|.
    zz : (B, C, C) float
        Σ Z'V⁻¹Z.
    tt : (B, T, T), tz : (B, T, C) float
        Σ V⁻¹ and Σ V⁻¹Z: the year effects' blocks.
    gg : (B, G), gt : (B, G, T), gz : (B, G, C) float
        The groups' blocks: Σ 1'V⁻¹1, Σ 1'V⁻¹ and Σ 1'V⁻¹Z.
    """
    n_psi = psi.shape[0]
    blocks, years, columns, _ = z.shape
    log_det = np.zeros(n_psi)
    zz = np.zeros((n_psi, columns, columns))
    tt = np.zeros((n_psi, years, years))
    tz = np.zeros((n_psi, years, columns))
    gg = np.zeros((n_psi, n_groups))
    gt = np.zeros((n_psi, n_groups, years))
    gz = np.zeros((n_psi, n_groups, columns))
    ones = columns - 1

    for b in prange(n_psi):
        tau2, s2u, rho = psi[b, TAU2], psi[b, S2U], psi[b, RHO]
        sigma2, phi = psi[b, SIGMA2], psi[b, PHI]
        start = s2u / (1.0 - rho * rho)

        acc_zz = np.zeros((columns, columns, LANES))
        acc_tt = np.zeros((years, years, LANES))
        acc_tz = np.zeros((years, columns, LANES))
        acc_det = np.zeros(LANES)
        innovation = np.empty((years, columns, LANES))
        smooth = np.empty((years, columns, LANES))
        precision = np.empty((years, LANES))  # 1/F
        gain = np.empty((years, LANES))
        diagonal = np.empty((years, LANES))
        reach = np.empty((years, LANES))  # B of the module's text
        state = np.empty((columns, LANES))
        adjoint = np.empty((columns, LANES))
        with_ones = np.empty((columns, LANES))
        variance = np.empty(LANES)
        product = np.empty(LANES)
        adjoint_var = np.empty(LANES)
        h = np.empty(LANES)
        run = np.empty(LANES)

        for i in range(blocks):
            for lane in range(LANES):
                variance[lane] = start
                product[lane] = 1.0
                adjoint_var[lane] = 0.0
            state[:] = 0.0
            adjoint[:] = 0.0
            with_ones[:] = 0.0

            for t in range(years):
                for lane in range(LANES):
                    u = used[i, t, lane]
                    d = sigma2 + phi * flow[i, t, lane] + known[i, t, lane]
                    f = u * (variance[lane] + d) + (1.0 - u)
                    precision[t, lane] = u / f
                    gain[t, lane] = variance[lane] * precision[t, lane]
                    product[lane] *= f
                    variance[lane] = rho * rho * variance[lane] * (1.0 - gain[t, lane]) + s2u
                # logarithms are dear: take them of products, before those can overflow
                if t % 4 == 3 or t == years - 1:
                    for lane in range(LANES):
                        acc_det[lane] += np.log(product[lane])
                        product[lane] = 1.0
                for c in range(columns):
                    for lane in range(LANES):
                        e = z[i, t, c, lane] - state[c, lane]
                        innovation[t, c, lane] = e
                        state[c, lane] = rho * (state[c, lane] + gain[t, lane] * e)
                for c in range(columns):
                    for lane in range(LANES):
                        with_ones[c, lane] += (
                            innovation[t, c, lane] * innovation[t, ones, lane] * precision[t, lane]
                        )
                    for c2 in range(c + 1):
                        for lane in range(LANES):
                            acc_zz[c, c2, lane] += (
                                innovation[t, c, lane]
                                * innovation[t, c2, lane]
                                * precision[t, lane]
                            )

            for lane in range(LANES):
                s11 = with_ones[ones, lane]
                h[lane] = tau2 / (1.0 + tau2 * s11)
                acc_det[lane] += np.log(1.0 + tau2 * s11)
            for c in range(columns):
                for c2 in range(c + 1):
                    for lane in range(LANES):
                        acc_zz[c, c2, lane] -= h[lane] * with_ones[c, lane] * with_ones[c2, lane]

            for back in range(years):
                t = years - 1 - back
                for c in range(columns):
                    for lane in range(LANES):
                        scaled = precision[t, lane] * innovation[t, c, lane]
                        smooth[t, c, lane] = scaled - rho * gain[t, lane] * adjoint[c, lane]
                        adjoint[c, lane] = scaled + rho * (1.0 - gain[t, lane]) * adjoint[c, lane]
                for lane in range(LANES):
                    k, n = gain[t, lane], adjoint_var[lane]
                    diagonal[t, lane] = precision[t, lane] + rho * rho * k * k * n
                    reach[t, lane] = precision[t, lane] - rho * rho * k * (1.0 - k) * n
                    adjoint_var[lane] = precision[t, lane] + rho * rho * (1.0 - k) * (1.0 - k) * n

            for t in range(years):
                for lane in range(LANES):
                    one = smooth[t, ones, lane]
                    acc_tt[t, t, lane] += diagonal[t, lane] - h[lane] * one * one
                    run[lane] = reach[t, lane]
                for back in range(t):
                    s = t - 1 - back
                    for lane in range(LANES):
                        acc_tt[t, s, lane] -= (
                            rho * gain[s, lane] * run[lane]
                            + h[lane] * smooth[t, ones, lane] * smooth[s, ones, lane]
                        )
                        run[lane] *= rho * (1.0 - gain[s, lane])
                for c in range(columns):
                    for lane in range(LANES):
                        acc_tz[t, c, lane] += (
                            smooth[t, c, lane]
                            - h[lane] * smooth[t, ones, lane] * with_ones[c, lane]
                        )

            if n_groups > 0:
                for lane in range(LANES):
                    g = group[i, lane]
                    if g < 0:
                        continue
                    shrink = 1.0 / (1.0 + tau2 * with_ones[ones, lane])
                    gg[b, g] += with_ones[ones, lane] * shrink
                    for t in range(years):
                        gt[b, g, t] += smooth[t, ones, lane] * shrink
                    for c in range(columns):
                        gz[b, g, c] += with_ones[c, lane] * shrink

        for lane in range(LANES):
            log_det[b] += acc_det[lane]
        for c in range(columns):
            for c2 in range(c + 1):
                total = acc_zz[c, c2].sum()
                zz[b, c, c2] = total
                zz[b, c2, c] = total
        for t in range(years):
            for s in range(t + 1):
                total = acc_tt[t, s].sum()
                tt[b, t, s] = total
                tt[b, s, t] = total
            for c in range(columns):
                tz[b, t, c] = acc_tz[t, c].sum()
    return log_det, zz, tt, tz, gg, gt, gz


@njit(parallel=True, cache=True, fastmath=_FAST, error_model="numpy")
def place_draws(psi, residual, used, flow, known, normal, theta, u):  # type: ignore[no-untyped-def]
    """Draw θ and u of every place given ψ and the global coefficients, in place.

    Parameters
    ----------
    psi : (S, 5) float
    residual : (S, N, T) float
        Outcome less national level, structure and group effect.
    used, flow, known : (N, T) float
    normal : (S, N, T + 1) float
        Standard normal numbers: one for θ, then one a year.
    theta : (S, N), u : (S, N, T) float32
        Filled with the draws.
    """
    draws, places, years = residual.shape
    for s in prange(draws):
        tau2, s2u, rho = psi[s, TAU2], psi[s, S2U], psi[s, RHO]
        sigma2, phi = psi[s, SIGMA2], psi[s, PHI]
        start = s2u / (1.0 - rho * rho)
        filtered = np.empty(years)  # mean of the path given the years so far
        weight = np.empty(years)  # the same, of a column of ones
        spread = np.empty(years)  # variance given the years so far
        ahead = np.empty(years)  # variance one year ahead
        for i in range(places):
            p, m, m1, s11, s1r = start, 0.0, 0.0, 0.0, 0.0
            for t in range(years):
                precision = 0.0
                if used[i, t] > 0.0:
                    precision = 1.0 / (p + sigma2 + phi * flow[i, t] + known[i, t])
                k = p * precision
                e = residual[s, i, t] - m
                e1 = 1.0 - m1
                s11 += e1 * e1 * precision
                s1r += e1 * e * precision
                filtered[t] = m + k * e
                weight[t] = m1 + k * e1
                spread[t] = p * (1.0 - k)
                m = rho * filtered[t]
                m1 = rho * weight[t]
                p = rho * rho * spread[t] + s2u
                ahead[t] = p
            lasting = 0.0
            if tau2 > 0.0:
                var = tau2 / (1.0 + tau2 * s11)
                lasting = var * s1r + np.sqrt(var) * normal[s, i, 0]
            theta[s, i] = lasting
            if s2u <= 0.0:
                continue
            after = 0.0
            for back in range(years):
                t = years - 1 - back
                mean = filtered[t] - lasting * weight[t]
                var = spread[t]
                if back > 0:
                    j = spread[t] * rho / ahead[t]
                    mean += j * (after - rho * mean)
                    var = spread[t] * s2u / ahead[t]
                after = mean + np.sqrt(var) * normal[s, i, t + 1]
                u[s, i, t] = after


@njit(parallel=True, cache=True, fastmath=_FAST, error_model="numpy")
def cell_log_density(psi, residual, used, flow, known, out):  # type: ignore[no-untyped-def]
    """Log density of each cell given the place's other years, θ and u integrated out.

    Parameters
    ----------
    psi : (S, 5) float
    residual : (S, N, T) float
    used, flow, known : (N, T) float
    out : (S, N, T) float32
        Filled; NaN where the cell is not used.
    """
    draws, places, years = residual.shape
    for s in prange(draws):
        tau2, s2u, rho = psi[s, TAU2], psi[s, S2U], psi[s, RHO]
        sigma2, phi = psi[s, SIGMA2], psi[s, PHI]
        noise = np.empty(years)
        smooth = np.empty(years)
        diagonal = np.empty(years)
        for i in range(places):
            for t in range(years):
                noise[t] = sigma2 + phi * flow[i, t] + known[i, t]
            leave_one_out(tau2, s2u, rho, residual[s, i], used[i], noise, smooth, diagonal)
            for t in range(years):
                if used[i, t] > 0.0:
                    out[s, i, t] = 0.5 * (
                        np.log(diagonal[t] / (2.0 * np.pi)) - smooth[t] ** 2 / diagonal[t]
                    )
                else:
                    out[s, i, t] = np.nan


@njit(cache=True, fastmath=_FAST, error_model="numpy")
def leave_one_out(tau2, s2u, rho, residual, used, noise, smooth, diagonal):  # type: ignore[no-untyped-def]
    """Fill in [V⁻¹r]_t and [V⁻¹]_tt of one place.

    With r the residual and V the covariance of the place, cell t given the others has
    mean y_t − [V⁻¹r]_t/[V⁻¹]_tt and variance 1/[V⁻¹]_tt.

    Parameters
    ----------
    tau2, s2u, rho : float
    residual, used, noise : (T,) float
        Outcome less national level, structure and group effect; one where the cell is
        used; the variance of its noise.
    smooth, diagonal : (T,) float
        Filled; of no meaning where the cell is not used.
    """
    years = residual.size
    e = np.empty(years)
    e1 = np.empty(years)
    precision = np.empty(years)
    gain = np.empty(years)
    p, m, m1, s11, s1r = s2u / (1.0 - rho * rho), 0.0, 0.0, 0.0, 0.0
    for t in range(years):
        precision[t] = 0.0
        if used[t] > 0.0:
            precision[t] = 1.0 / (p + noise[t])
        gain[t] = p * precision[t]
        e[t] = residual[t] - m
        e1[t] = 1.0 - m1
        s11 += e1[t] * e1[t] * precision[t]
        s1r += e1[t] * e[t] * precision[t]
        m = rho * (m + gain[t] * e[t])
        m1 = rho * (m1 + gain[t] * e1[t])
        p = rho * rho * p * (1.0 - gain[t]) + s2u
    h = tau2 / (1.0 + tau2 * s11)
    r, r1, n = 0.0, 0.0, 0.0
    for back in range(years):
        t = years - 1 - back
        k = gain[t]
        one = precision[t] * e1[t] - rho * k * r1
        smooth[t] = precision[t] * e[t] - rho * k * r - h * one * s1r
        diagonal[t] = precision[t] + rho * rho * k * k * n - h * one * one
        r = precision[t] * e[t] + rho * (1.0 - k) * r
        r1 = precision[t] * e1[t] + rho * (1.0 - k) * r1
        n = precision[t] + rho * rho * (1.0 - k) * (1.0 - k) * n
