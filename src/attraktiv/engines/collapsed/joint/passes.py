"""Passes of the Kalman filter and smoother over one block of places, two equations at once.

Mathematical details
--------------------
The paths u_t = (u_t0, u_t1) of a place follow u_t = R u_{t−1} + ω_t, R = diag(ρ_0, ρ_1),
ω ~ N(0, S), and are seen with noise of covariance N_t. With P_t the variance of u_t given the
years before, and M_t the inverse of P_t + N_t over the cells that are known, zero elsewhere,

    K_t = R P_t M_t,  L_t = R − K_t,  P_{t+1} = R (P_t − P_t M_t P_t) R + S
    e_t = z_t − a_t,  a_{t+1} = R a_t + K_t e_t             innovations
    [A⁻¹z]_t = M_t e_t − K_t'r_t,  r_{t−1} = M_t e_t + L_t'r_t     smoothing errors
    (A⁻¹)_tt = M_t + K_t'N_t K_t,  N_{t−1} = M_t + L_t'N_t L_t
    (A⁻¹)_st = −K_s' L_{s+1}' … L_{t−1}' B_t, s < t,  B_t = M_t − L_t'N_t K_t

where A is the covariance of the place without its lasting effect (Durbin & Koopman, *Time
Series Analysis by State Space Methods*, 2nd ed., 4.4-4.5; here z is seen through the unit
matrix). Lasting effects E θ, E two columns of ones, are of rank two:

    V⁻¹ = A⁻¹ − A⁻¹E H E'A⁻¹,  H = Θ(I + CΘ)⁻¹ = (Θ + |Θ| adj C) / |I + CΘ|,  C = E'A⁻¹E
    log|V| = log|A| + log|I + CΘ|

which holds for a singular Θ, and whose terms are never differences: |I + CΘ| is
1 + tr CΘ + |C||Θ|. An equation without a path has zeros in S and R.

Arrays end in an axis of :data:`~..kernel.LANES` places; a symmetric 2×2 matrix is stored as
its elements 00, 01 and 11.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from attraktiv.engines.collapsed.kernel import LANES

#: Columns of ψ as the passes read it.
(
    THETA_00,
    THETA_01,
    THETA_11,
    S_00,
    S_01,
    S_11,
    RHO_0,
    RHO_1,
    SIGMA2_0,
    SIGMA2_1,
    PHI_0,
    PHI_1,
    NOISE,
) = range(13)
COLUMNS = 13

# contract allows fused multiply-add; nothing that reorders a sum.
FAST = {"contract"}


@njit(cache=True, fastmath=FAST, error_model="numpy")
def gains(row, used, flow, known, precision, gain, through, log_det):  # type: ignore[no-untyped-def]
    """Variances forward: M, K and L of every year, and log|A| added up.

    Parameters
    ----------
    row : (13,) float
        ψ: Θ, S, ρ, σ², φ and the correlation of the noise.
    used, flow, known : (T, 2, LANES) float
        One where the cell is used; v_it; variance of the measurement error.
    precision : (T, 3, LANES), gain, through : (T, 2, 2, LANES) float
        Filled: M, K and L.
    log_det : (LANES,) float
        Added to.
    """
    years = used.shape[0]
    rho0, rho1 = row[RHO_0], row[RHO_1]
    p = np.empty((3, LANES))
    product = np.ones(LANES)
    p[0] = row[S_00] / (1.0 - rho0 * rho0)
    p[1] = row[S_01] / (1.0 - rho0 * rho1)
    p[2] = row[S_11] / (1.0 - rho1 * rho1)
    for t in range(years):
        for lane in range(LANES):
            on0, on1 = used[t, 0, lane], used[t, 1, lane]
            v0 = row[SIGMA2_0] + row[PHI_0] * flow[t, 0, lane] + known[t, 0, lane]
            v1 = row[SIGMA2_1] + row[PHI_1] * flow[t, 1, lane] + known[t, 1, lane]
            both = on0 * on1
            p0, p01, p1 = p[0, lane], p[1, lane], p[2, lane]
            f0 = on0 * (p0 + v0) + (1.0 - on0)
            f1 = on1 * (p1 + v1) + (1.0 - on1)
            f01 = both * (p01 + row[NOISE] * np.sqrt(v0 * v1))
            det = f0 * f1 - f01 * f01
            m0, m01, m1 = on0 * f1 / det, -f01 / det, on1 * f0 / det
            precision[t, 0, lane] = m0
            precision[t, 1, lane] = m01
            precision[t, 2, lane] = m1
            product[lane] *= det
            # G = P M
            g00, g01 = p0 * m0 + p01 * m01, p0 * m01 + p01 * m1
            g10, g11 = p01 * m0 + p1 * m01, p01 * m01 + p1 * m1
            gain[t, 0, 0, lane] = rho0 * g00
            gain[t, 0, 1, lane] = rho0 * g01
            gain[t, 1, 0, lane] = rho1 * g10
            gain[t, 1, 1, lane] = rho1 * g11
            through[t, 0, 0, lane] = rho0 * (1.0 - g00)
            through[t, 0, 1, lane] = -rho0 * g01
            through[t, 1, 0, lane] = -rho1 * g10
            through[t, 1, 1, lane] = rho1 * (1.0 - g11)
            p[0, lane] = rho0 * rho0 * (p0 - g00 * p0 - g01 * p01) + row[S_00]
            p[1, lane] = rho0 * rho1 * (p01 - g00 * p01 - g01 * p1) + row[S_01]
            p[2, lane] = rho1 * rho1 * (p1 - g10 * p01 - g11 * p1) + row[S_11]
        # logarithms are dear: take them of products, before those can overflow
        if t % 2 == 1 or t == years - 1:
            for lane in range(LANES):
                log_det[lane] += np.log(product[lane])
                product[lane] = 1.0


@njit(cache=True, fastmath=FAST, error_model="numpy")
def innovations(row, z, precision, gain, error, weighted):  # type: ignore[no-untyped-def]
    """Filter columns of data forward: e, and M e.

    Parameters
    ----------
    row : (13,) float
    z : (C, T, 2, LANES) float
        Zero where a cell is missing.
    precision, gain : float
        From :func:`gains`.
    error, weighted : (C, T, 2, LANES) float
        Filled: e and M e.
    """
    columns, years, _, _ = z.shape
    rho0, rho1 = row[RHO_0], row[RHO_1]
    state = np.empty((2, LANES))
    for c in range(columns):
        state[:] = 0.0
        for t in range(years):
            for lane in range(LANES):
                e0 = z[c, t, 0, lane] - state[0, lane]
                e1 = z[c, t, 1, lane] - state[1, lane]
                error[c, t, 0, lane] = e0
                error[c, t, 1, lane] = e1
                m01 = precision[t, 1, lane]
                weighted[c, t, 0, lane] = precision[t, 0, lane] * e0 + m01 * e1
                weighted[c, t, 1, lane] = m01 * e0 + precision[t, 2, lane] * e1
                state[0, lane] = (
                    rho0 * state[0, lane] + gain[t, 0, 0, lane] * e0 + gain[t, 0, 1, lane] * e1
                )
                state[1, lane] = (
                    rho1 * state[1, lane] + gain[t, 1, 0, lane] * e0 + gain[t, 1, 1, lane] * e1
                )


@njit(cache=True, fastmath=FAST, error_model="numpy")
def against_ones(error, weighted, with_ones):  # type: ignore[no-untyped-def]
    """E'A⁻¹z of every column; the last two columns of data are those of E.

    Parameters
    ----------
    error, weighted : (C, T, 2, LANES) float
        From :func:`innovations`.
    with_ones : (C, 2, LANES) float
        Filled.
    """
    columns, years, _, _ = error.shape
    with_ones[:] = 0.0
    for c in range(columns):
        for side in range(2):
            one = columns - 2 + side
            for t in range(years):
                for q in range(2):
                    for lane in range(LANES):
                        with_ones[c, side, lane] += weighted[one, t, q, lane] * error[c, t, q, lane]


@njit(cache=True, fastmath=FAST, error_model="numpy")
def lasting(row, with_ones, h, log_det):  # type: ignore[no-untyped-def]
    """H, and log|I + CΘ| added up.

    Parameters
    ----------
    row : (13,) float
    with_ones : (C, 2, LANES) float
        From :func:`against_ones`.
    h : (3, LANES) float
        Filled.
    log_det : (LANES,) float
        Added to.
    """
    first = with_ones.shape[0] - 2
    theta0, theta01, theta1 = row[THETA_00], row[THETA_01], row[THETA_11]
    det_theta = max(theta0 * theta1 - theta01 * theta01, 0.0)
    for lane in range(LANES):
        c0 = with_ones[first, 0, lane]
        c01 = with_ones[first + 1, 0, lane]
        c1 = with_ones[first + 1, 1, lane]
        trace = c0 * theta0 + 2.0 * c01 * theta01 + c1 * theta1
        det = 1.0 + trace + (c0 * c1 - c01 * c01) * det_theta
        h[0, lane] = (theta0 + det_theta * c1) / det
        h[1, lane] = (theta01 - det_theta * c01) / det
        h[2, lane] = (theta1 + det_theta * c0) / det
        log_det[lane] += np.log(det)


@njit(cache=True, fastmath=FAST, error_model="numpy")
def smoothing_errors(weighted, gain, through, smooth):  # type: ignore[no-untyped-def]
    """A⁻¹z of every column.

    Parameters
    ----------
    weighted : (C, T, 2, LANES), gain, through : (T, 2, 2, LANES) float
        From :func:`innovations` and :func:`gains`.
    smooth : (C, T, 2, LANES) float
        Filled.
    """
    columns, years, _, _ = weighted.shape
    adjoint = np.empty((2, LANES))
    for c in range(columns):
        adjoint[:] = 0.0
        for back in range(years):
            t = years - 1 - back
            for lane in range(LANES):
                r0, r1 = adjoint[0, lane], adjoint[1, lane]
                w0, w1 = weighted[c, t, 0, lane], weighted[c, t, 1, lane]
                smooth[c, t, 0, lane] = w0 - gain[t, 0, 0, lane] * r0 - gain[t, 1, 0, lane] * r1
                smooth[c, t, 1, lane] = w1 - gain[t, 0, 1, lane] * r0 - gain[t, 1, 1, lane] * r1
                adjoint[0, lane] = w0 + through[t, 0, 0, lane] * r0 + through[t, 1, 0, lane] * r1
                adjoint[1, lane] = w1 + through[t, 0, 1, lane] * r0 + through[t, 1, 1, lane] * r1


@njit(cache=True, fastmath=FAST, error_model="numpy")
def inverse_blocks(precision, gain, through, diagonal, reach):  # type: ignore[no-untyped-def]
    """Diagonal blocks of A⁻¹, and the B of the blocks beside it.

    Parameters
    ----------
    precision, gain, through : float
        From :func:`gains`.
    diagonal : (T, 3, LANES), reach : (T, 2, 2, LANES) float
        Filled: (A⁻¹)_tt and B_t.
    """
    years = precision.shape[0]
    n = np.zeros((3, LANES))
    for back in range(years):
        t = years - 1 - back
        for lane in range(LANES):
            n0, n01, n1 = n[0, lane], n[1, lane], n[2, lane]
            m0, m01, m1 = precision[t, 0, lane], precision[t, 1, lane], precision[t, 2, lane]
            k00, k01 = gain[t, 0, 0, lane], gain[t, 0, 1, lane]
            k10, k11 = gain[t, 1, 0, lane], gain[t, 1, 1, lane]
            l00, l01 = through[t, 0, 0, lane], through[t, 0, 1, lane]
            l10, l11 = through[t, 1, 0, lane], through[t, 1, 1, lane]
            # N K and N L
            nk00, nk01 = n0 * k00 + n01 * k10, n0 * k01 + n01 * k11
            nk10, nk11 = n01 * k00 + n1 * k10, n01 * k01 + n1 * k11
            nl00, nl01 = n0 * l00 + n01 * l10, n0 * l01 + n01 * l11
            nl10, nl11 = n01 * l00 + n1 * l10, n01 * l01 + n1 * l11
            diagonal[t, 0, lane] = m0 + k00 * nk00 + k10 * nk10
            diagonal[t, 1, lane] = m01 + k00 * nk01 + k10 * nk11
            diagonal[t, 2, lane] = m1 + k01 * nk01 + k11 * nk11
            reach[t, 0, 0, lane] = m0 - l00 * nk00 - l10 * nk10
            reach[t, 0, 1, lane] = m01 - l00 * nk01 - l10 * nk11
            reach[t, 1, 0, lane] = m01 - l01 * nk00 - l11 * nk10
            reach[t, 1, 1, lane] = m1 - l01 * nk01 - l11 * nk11
            n[0, lane] = m0 + l00 * nl00 + l10 * nl10
            n[1, lane] = m01 + l00 * nl01 + l10 * nl11
            n[2, lane] = m1 + l01 * nl01 + l11 * nl11
