"""Predictive densities of what was left out: single cells, whole places.

Mathematical details
--------------------
Bayesian runs: importance sampling with Pareto-smoothed weights (Vehtari, Gelman & Gabry 2017,
*Statistics and Computing*; ArviZ's) over draws of the global coefficients b and the variances ψ, θ
and u integrated out. For a cell the weight is 1/p(y_it | y_i,−t, b, ψ), which the run holds; for
a place it is 1/p(y_i | b, ψ), y_i ~ N(W_i b, V_i(ψ)). With A = V − τ²11' and its Kalman
innovations e of the residual, e¹ of a column of ones, and their variances F,

    log|V|   = Σ log F + log(1 + τ² S₁₁)
    r'V⁻¹r   = S_rr − τ² S₁r² / (1 + τ² S₁₁),     S_ab = Σ a b / F

With Student-t noise see :mod:`attraktiv.evaluation.tails`. Regressions have a closed form:
:mod:`attraktiv.evaluation.deletion`. The factors' centre and scale, which know nothing of the
outcome, are those of all places.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.effects.terms import has_yearly_coefficients, is_residual
from attraktiv.errors import RunError
from attraktiv.evaluation.cells import cells, noise_scale2, parameter, residuals
from attraktiv.evaluation.deletion import Deletion
from attraktiv.store import kinds_of

LIMIT = "limit"
#: Why some runs have no density of whole places, nor of later years.
JOINT = (
    "its migration and its jobs of a year come together, and a density of migration alone would "
    "take the jobs as given"
)
STUDENT_PATH = (
    "its noise is Student-t and its attractiveness moves, which together cannot be integrated out"
)


def score_cells(run: xr.DataTree) -> xr.Dataset:
    """Log predictive density of each cell given all others, factors as observed.

    Of a joint run: of migration, given the place's jobs of all years too.

    Parameters
    ----------
    run : xarray.DataTree

    Returns
    -------
    xarray.Dataset
        ``elpd``, ``pareto_k`` (place, year): fitted places, NaN where the cell was not used; k is
        NaN for least squares. attrs ``limit``: the k̂ above which a density cannot be trusted.

    Raises
    ------
    RunError
        The run holds no log likelihood.
    """
    data = cells(run)
    if is_residual(run):
        return _scores(data, _regression(run, data).of_cells())
    if names.LOG_LIKELIHOOD not in run.children:
        raise RunError(
            f"The run of {run.attrs['model']} has no group {names.LOG_LIKELIHOOD}, which the "
            "predictive density of single cells needs. Fit it again: attraktiv fit … --force"
        )
    stored = run[names.LOG_LIKELIHOOD].to_dataset()[run.attrs["outcome"]]
    stored = stored.assign_coords({names.PLACE: stored[names.PLACE].values.astype(object)})
    stored = stored.sel({names.PLACE: data[names.PLACE].values})
    order = (names.CHAIN, names.DRAW, names.PLACE, names.YEAR)
    used = data[names.USED].values
    values = stored.transpose(*order).values[:, :, used]
    return _scores(data, *_left_out(values.reshape(-1, values.shape[-1]), used))


def score_places(run: xr.DataTree) -> xr.Dataset:
    """Log predictive density of all cells of a place given the other places.

    Parameters
    ----------
    run : xarray.DataTree

    Returns
    -------
    xarray.Dataset
        ``elpd``, ``pareto_k`` (place) as in :func:`score_cells`; NaN where
        :func:`no_whole_place`.
    """
    data = cells(run)
    if is_residual(run):
        return _scores(data, _regression(run, data).of_places())
    if no_whole_place(run):
        return _scores(data, np.full(data.sizes[names.PLACE], np.nan))
    density = place_log_density(run)
    return _scores(data, *_left_out(density, np.ones(density.shape[1], dtype=bool)))


def no_whole_place(run: xr.DataTree) -> str | None:
    """Say why a run has no density of whole places, nor of later years; None where it has."""
    if is_joint(run):
        return JOINT
    posterior = run[names.POSTERIOR].data_vars
    student_path = names.NU in posterior and names.SIGMA_U in posterior
    return STUDENT_PATH if student_path else None


def is_joint(run: xr.DataTree) -> bool:
    """Say whether equations of migration and of jobs were estimated together."""
    return len(kinds_of(run)) > 1 and not is_residual(run)


def place_log_density(run: xr.DataTree) -> np.ndarray:
    """Log p(y_i | b, ψ), θ and u integrated out.

    Parameters
    ----------
    run : xarray.DataTree
        Of a model with normal noise, or with Student-t noise and attractiveness that does not move.

    Returns
    -------
    (draws, place) float
        Fitted places, by code.
    """
    data = cells(run)
    used = data[names.USED].values
    residual = np.where(used, residuals(run), 0.0)
    noise = noise_scale2(run, data)
    if names.NU in run[names.POSTERIOR].data_vars:
        from attraktiv.evaluation import tails  # compiled, slow to import

        tau, nu = parameter(run, names.TAU), parameter(run, names.NU)
        return np.asarray(tails.place_log_density(residual, used, noise, tau, nu))
    tau2 = parameter(run, names.TAU)[:, None] ** 2
    innovation2 = parameter(run, names.SIGMA_U)[:, None] ** 2
    rho = parameter(run, names.RHO)[:, None]
    variance = np.broadcast_to(innovation2 / (1.0 - rho**2), residual.shape[:2])
    state, state1 = np.zeros(residual.shape[:2]), np.zeros(residual.shape[:2])
    log_det, s_rr, s_1r, s_11 = (np.zeros(residual.shape[:2]) for _ in range(4))
    for t in range(used.shape[1]):
        on = used[:, t]
        # a cell without population is not used, but its size is not a number
        total = np.where(on, variance + noise[:, :, t], 1.0)
        precision = on / total
        e, e1 = residual[:, :, t] - state, 1.0 - state1
        log_det += np.log(total)
        s_rr += e * e * precision
        s_1r += e1 * e * precision
        s_11 += e1 * e1 * precision
        gain = variance * precision
        state, state1 = rho * (state + gain * e), rho * (state1 + gain * e1)
        variance = rho**2 * variance * (1.0 - gain) + innovation2
    log_det += np.log1p(tau2 * s_11)
    quadratic = s_rr - tau2 * s_1r**2 / (1.0 + tau2 * s_11)
    return -0.5 * (log_det + quadratic + used.sum(axis=1) * np.log(2.0 * np.pi))


def total(of_places: np.ndarray) -> float:
    """Return the sum over the places that count; NaN if none does."""
    known = of_places[np.isfinite(of_places)]
    return float(known.sum()) if known.size else float("nan")


def standard_error(of_places: np.ndarray) -> float:
    """Return the standard error of a sum over places that are independent of each other.

    With D_i the sum of a place's own cells, √(N · Var D): cells of one place may depend on each
    other in any way.
    """
    known = of_places[np.isfinite(of_places)]
    return float(np.sqrt(known.size * known.var(ddof=1))) if known.size > 1 else float("nan")


def _regression(run: xr.DataTree, data: xr.Dataset) -> Deletion:
    return Deletion.of(data, yearly=has_yearly_coefficients(run))


def _left_out(log_density: np.ndarray, where: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Elpd and k̂ put where they belong, and the limit of k̂; in come (draws, items)."""
    out = np.full((2, *where.shape), np.nan)
    # slow to import, and not needed for regressions
    from arviz_stats.base import array_stats

    from attraktiv.engines.diagnostics import PARETO_LIMIT

    items = np.ascontiguousarray(log_density.T, dtype=float)[:, None, :]
    elpd, k, _ = array_stats.loo(items, chain_axis=1, draw_axis=2)
    out[:, where] = elpd, k
    # above this k̂ so many draws are too few (Vehtari et al. 2024)
    return out[0], out[1], float(min(1.0 - 1.0 / np.log10(len(log_density)), PARETO_LIMIT))


def _scores(
    data: xr.Dataset,
    elpd: np.ndarray,
    pareto_k: np.ndarray | None = None,
    limit: float = float("nan"),
) -> xr.Dataset:
    dims = (names.PLACE, names.YEAR)[: elpd.ndim]
    k = np.full(elpd.shape, np.nan) if pareto_k is None else pareto_k
    return xr.Dataset(
        {names.ELPD: (dims, elpd), names.PARETO_K: (dims, k)},
        coords={dim: data[dim].values for dim in dims},
        attrs={LIMIT: limit},
    )
