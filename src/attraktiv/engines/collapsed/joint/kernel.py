"""Compiled loops over places of two equations: everything that the density needs.

Places stand in blocks, see :mod:`.passes`, so that the innermost loop of every step is a
vector instruction; one row of ψ goes to a thread.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from attraktiv.engines.collapsed.joint.passes import (
    FAST,
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
    z : (blocks, C + 2, T, 2, LANES) float
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
    blocks, all_columns, years, _, _ = z.shape
    columns = all_columns - 2
    log_det = np.zeros(n_psi)
    zz = np.zeros((n_psi, columns, columns))
    tt = np.zeros((n_psi, 2 * years, 2 * years))
    tz = np.zeros((n_psi, 2 * years, columns))

    for b in prange(n_psi):
        acc_zz = np.zeros((columns, columns))
        acc_ones = np.zeros((2 * years, 2 * years))
        acc_tt = np.zeros((years, years, 2, 2, LANES))
        acc_tz = np.zeros((columns, years, 2, LANES))
        acc_det = np.zeros(LANES)
        precision = np.empty((years, 3, LANES))
        gain = np.empty((years, 2, 2, LANES))
        through = np.empty((years, 2, 2, LANES))
        error = np.empty((all_columns, years, 2, LANES))
        weighted = np.empty((all_columns, years, 2, LANES))
        smooth = np.empty((all_columns, years, 2, LANES))
        with_ones = np.empty((all_columns, 2, LANES))
        shrunk_columns = np.empty((columns, 2, LANES))
        ones = np.empty((years, 2, 2, LANES))
        shrunk = np.empty((years, 2, 2, LANES))
        flat = (2 * years, 2 * LANES)
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
            _add_columns(error, weighted, with_ones, h, shrunk_columns, acc_zz)
            _shrink(smooth, h, ones, shrunk)
            _add_both(smooth, with_ones, shrunk, acc_tz)
            _add_years(gain, through, diagonal, reach, acc_tt)
            acc_ones += np.dot(shrunk.reshape(flat), ones.reshape(flat).T)
        log_det[b] = acc_det.sum()
        for c in range(columns):
            for c2 in range(c + 1):
                zz[b, c, c2] = zz[b, c2, c] = acc_zz[c, c2]
        for q in range(2):
            for t in range(years):
                for c in range(columns):
                    tz[b, q * years + t, c] = acc_tz[c, t, q].sum()
                for s in range(t + 1):
                    for r in range(2):
                        total = acc_tt[t, s, q, r].sum() - acc_ones[2 * t + q, 2 * s + r]
                        tt[b, q * years + t, r * years + s] = total
                        tt[b, r * years + s, q * years + t] = total
    return log_det, zz, tt, tz


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _add_columns(error, weighted, with_ones, h, shrunk, acc_zz):  # type: ignore[no-untyped-def]
    """Z'V⁻¹Z of a block: Z'A⁻¹Z less what lasting effects explain."""
    columns = acc_zz.shape[0]
    shape = (columns, error.shape[1] * 2 * LANES)
    acc_zz += np.dot(weighted[:columns].reshape(shape), error[:columns].reshape(shape).T)
    for c in range(columns):
        for lane in range(LANES):
            w0, w1 = with_ones[c, 0, lane], with_ones[c, 1, lane]
            shrunk[c, 0, lane] = h[0, lane] * w0 + h[1, lane] * w1
            shrunk[c, 1, lane] = h[1, lane] * w0 + h[2, lane] * w1
    shape = (columns, 2 * LANES)
    acc_zz -= np.dot(shrunk.reshape(shape), with_ones[:columns].reshape(shape).T)


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _shrink(smooth, h, ones, shrunk):  # type: ignore[no-untyped-def]
    """A⁻¹E of the years, and A⁻¹E H."""
    years = ones.shape[0]
    first = smooth.shape[0] - 2
    for t in range(years):
        for q in range(2):
            for lane in range(LANES):
                o0, o1 = smooth[first, t, q, lane], smooth[first + 1, t, q, lane]
                ones[t, q, 0, lane] = o0
                ones[t, q, 1, lane] = o1
                shrunk[t, q, 0, lane] = o0 * h[0, lane] + o1 * h[1, lane]
                shrunk[t, q, 1, lane] = o0 * h[1, lane] + o1 * h[2, lane]


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _add_both(smooth, with_ones, shrunk, acc_tz):  # type: ignore[no-untyped-def]
    """V⁻¹Z of a block."""
    columns, years, _, _ = acc_tz.shape
    for c in range(columns):
        for t in range(years):
            for q in range(2):
                for lane in range(LANES):
                    acc_tz[c, t, q, lane] += (
                        smooth[c, t, q, lane]
                        - shrunk[t, q, 0, lane] * with_ones[c, 0, lane]
                        - shrunk[t, q, 1, lane] * with_ones[c, 1, lane]
                    )


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _add_years(gain, through, diagonal, reach, acc_tt):  # type: ignore[no-untyped-def]
    """A⁻¹ of a block, for years s ≤ t."""
    years = acc_tt.shape[0]
    run = np.empty((2, 2, LANES))
    for t in range(years):
        for q in range(2):
            for r in range(2):
                for lane in range(LANES):
                    acc_tt[t, t, q, r, lane] += diagonal[t, q + r, lane]
                    run[q, r, lane] = reach[t, q, r, lane]
        for back in range(t):
            s = t - 1 - back
            # run is the rest of (A⁻¹)_st, whose rows are those of s
            for r in range(2):
                for q in range(2):
                    for lane in range(LANES):
                        acc_tt[t, s, q, r, lane] -= (
                            gain[s, 0, r, lane] * run[0, q, lane]
                            + gain[s, 1, r, lane] * run[1, q, lane]
                        )
            for q in range(2):
                for lane in range(LANES):
                    a0, a1 = run[0, q, lane], run[1, q, lane]
                    run[0, q, lane] = through[s, 0, 0, lane] * a0 + through[s, 1, 0, lane] * a1
                    run[1, q, lane] = through[s, 0, 1, lane] * a0 + through[s, 1, 1, lane] * a1
