"""Predictive density of a year that the fit had not seen.

Mathematical details
--------------------
Fit to the years before t, predict the outcome of year t of every place, given the factors of that
year. The national level of year t concerns no place, and the models differ in how they look ahead
at it, so every model is told it in the same way: it has a flat prior, and is learnt from the other
places of year t. In draw s, with mean m_i and variance w_i of place i's outcome around the level,

    level given the others:  Σ_{j≠i} (y_j − m_j)/w_j · s²,    s² = 1 / Σ_{j≠i} 1/w_j
    p_s(y_i)               = N(y_i; m_i + level, w_i + s²)

and the density is the mean of p_s over draws. What a model believes of a place:

- Bayesian: m = x'β + γ + θ + ρu_{t−1}, w = σ_u² + σ² + φv + measurement error; with Student-t noise
  and attractiveness that does not move, the density of :mod:`attraktiv.evaluation.tails`;
- classical, residual forgotten: m = x'β, w = σ²;
- classical, residual carried forward: m = x'β + the mean r̄_i of the place's T_i residuals,
  w = s²(1 + 1/T_i), s² the variance of residuals around their place's mean.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.effects.terms import coefficients, has_yearly_coefficients, is_residual
from attraktiv.evaluation.cells import (
    cells,
    draws,
    group_effect,
    noise_scale2,
    parameter,
    residuals,
)
from attraktiv.evaluation.densities import no_whole_place
from attraktiv.evaluation.refits import design_until

FORGOTTEN, CARRIED = "future", "future_carried"


def no_later_year(run: xr.DataTree) -> str | None:
    """Say why a run has no density of a later year; None where it has."""
    if has_yearly_coefficients(run):
        return "every year has coefficients of its own, and a later year has none"
    return no_whole_place(run)


def score_year(run: xr.DataTree, panel: xr.Dataset, carried: bool) -> xr.DataArray:
    """Log density of the year after a run's last, place by place.

    Parameters
    ----------
    run : xarray.DataTree
        Fitted to the years before.
    panel : xarray.Dataset
        The panel of the run, with the year after its last.
    carried : bool
        Whether a classical run carries its residual forward; a Bayesian run knows only one way.

    Returns
    -------
    xarray.DataArray
        (place,) fitted places whose outcome of the year is known.
    """
    year = int(run.attrs["last_year"]) + 1
    new = _new_year(run, panel, year)
    kept = np.isin(cells(run)[names.PLACE].values, new[names.PLACE].values)
    mean, variance = _prediction(run, new, kept, carried)
    outcome = new[names.OUTCOME].values
    if names.NU in run[names.POSTERIOR].data_vars:
        from attraktiv.evaluation import tails  # compiled, slow to import

        nu = parameter(run, names.NU)
        density = _mean_density(tails.log_density_given_level(outcome, mean, variance, nu))
    else:
        density = log_density_given_level(outcome, mean, variance)
    return xr.DataArray(
        density,
        dims=(names.PLACE,),
        coords={names.PLACE: new[names.PLACE].values},
    )


def log_density_given_level(
    outcome: np.ndarray, mean: np.ndarray, variance: np.ndarray
) -> np.ndarray:
    """Log density of each outcome with normal noise, a flat level learnt from the others.

    Parameters
    ----------
    outcome : (place,) float
    mean, variance : (draws, place) float

    Returns
    -------
    (place,) float
    """
    from scipy.stats import norm

    precision = 1.0 / variance
    pulled = (outcome - mean) * precision
    others = precision.sum(axis=1, keepdims=True) - precision
    level = (pulled.sum(axis=1, keepdims=True) - pulled) / others
    return _mean_density(norm.logpdf(outcome, mean + level, np.sqrt(variance + 1.0 / others)))


def _mean_density(of_draws: np.ndarray) -> np.ndarray:
    """Logarithm of the mean over draws of the density, (place,)."""
    from scipy.special import logsumexp

    return np.asarray(logsumexp(of_draws, axis=0) - np.log(len(of_draws)))


def _new_year(run: xr.DataTree, panel: xr.Dataset, year: int) -> xr.Dataset:
    """Return the cells of the new year, their factors on the scale of the run."""
    design = design_until(run, panel, year)
    data = design.data.assign_coords({names.PLACE: design.data[names.PLACE].values.astype(object)})
    before = cells(run)
    data = data.sel({names.PLACE: before[names.PLACE].values, names.YEAR: year})
    # the level absorbs the centre; only the scale must be the fit's
    scale = data[names.SCALE].values / before[names.SCALE].values
    data = data.assign({names.FACTORS: data[names.FACTORS] * scale})
    return data.isel({names.PLACE: np.flatnonzero(data[names.USED].values)})


def _prediction(
    run: xr.DataTree, new: xr.Dataset, kept: np.ndarray, carried: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance (or squared scale) of the outcomes around their level, (draws, place)."""
    factors = new[names.FACTORS].transpose(names.PLACE, names.TERM).values
    mean = coefficients(run) @ factors.T
    noise = noise_scale2(run, new)
    if is_residual(run):
        if not carried:
            return mean, noise
        residual = residuals(run)
        count = np.isfinite(residual[0]).sum(axis=1)
        of_place = np.nanmean(residual, axis=2)
        spread = np.nansum((residual - of_place[:, :, None]) ** 2, axis=(1, 2))
        within = spread / (count.sum() - count.size)
        return mean + of_place[:, kept], within[:, None] * (1.0 + 1.0 / count[kept])
    posterior = run[names.POSTERIOR].data_vars
    gamma = group_effect(run)
    if gamma is not None:
        mean = mean + gamma[:, kept]
    if names.THETA in posterior:
        mean = mean + draws(run, names.THETA, names.PLACE)[:, kept]
    if names.U in posterior:
        last = draws(run, names.U, names.PLACE, names.YEAR)[:, kept, -1]
        mean = mean + parameter(run, names.RHO)[:, None] * last
    return mean, noise + parameter(run, names.SIGMA_U)[:, None] ** 2
