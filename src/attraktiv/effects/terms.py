"""The terms of the equation, as draws for some places of a run.

``m = α_t + x'β + a + ε`` with ``a = γ + θ + u``: here a, its lasting part γ + θ, and the
structure α_t + x'β are put together from what a run holds.
"""

from __future__ import annotations

import json

import numpy as np
import xarray as xr

from attraktiv.names import (
    ALPHA,
    BETA,
    BETA_ORIGINAL,
    CHAIN,
    CONSTANT_DATA,
    DRAW,
    FACTOR_MISSING,
    FACTORS,
    GAMMA,
    GROUP,
    GROUP_OF_PLACE,
    NET_MIGRATION_RATE,
    OBSERVED_DATA,
    PLACE,
    POSTERIOR,
    SIGMA_U,
    TERM,
    THETA,
    YEAR,
    U,
)

Where = slice | np.ndarray


def has_path(run: xr.DataTree) -> bool:
    """Say whether attractiveness moves from year to year in this run."""
    return U in run[POSTERIOR].data_vars


def is_residual(run: xr.DataTree) -> bool:
    """Say whether attractiveness is the classical residual, the year's noise included."""
    return has_path(run) and SIGMA_U not in run[POSTERIOR].data_vars


def precision(run: xr.DataTree) -> np.dtype:
    """Return the type of the draws of attractiveness: single precision in a stored run."""
    posterior = run[POSTERIOR].dataset
    return np.result_type(*(posterior[v].dtype for v in (GAMMA, THETA, U) if v in posterior))


def lasting_part(run: xr.DataTree, where: Where) -> np.ndarray | None:
    """Return γ + θ, shape (draws, places), percent of population per year; None if neither."""
    parts = [
        part for part in (place_part(run, where), regional_part(run, where)) if part is not None
    ]
    return sum(parts[1:], start=parts[0]) if parts else None


def place_part(run: xr.DataTree, where: Where) -> np.ndarray | None:
    """Return θ, shape (draws, places), percent of population per year; None without it."""
    posterior = run[POSTERIOR].dataset
    return _flat(posterior[THETA].isel({PLACE: where}), PLACE) if THETA in posterior else None


def regional_part(run: xr.DataTree, where: Where) -> np.ndarray | None:
    """Return γ of each place, shape (draws, places), percent of population per year, or None."""
    posterior = run[POSTERIOR].dataset
    if GAMMA not in posterior:
        return None
    groups = {str(group): i for i, group in enumerate(posterior[GROUP].values)}
    of_place = run[CONSTANT_DATA].dataset[GROUP_OF_PLACE].isel({PLACE: where}).values
    gamma = _flat(posterior[GAMMA], GROUP)
    return gamma[:, [groups[str(group)] for group in of_place]]


def path(run: xr.DataTree, where: Where, years: slice) -> np.ndarray:
    """Return a = γ + θ + u, shape (draws, places, years), percent of population per year."""
    lasting = lasting_part(run, where)
    if not has_path(run):
        if lasting is None:
            raise ValueError("the run has neither a lasting nor a moving attractiveness")
        shape = (*lasting.shape, years.stop - years.start)
        return np.broadcast_to(lasting[:, :, None], shape)
    moving = moving_part(run, where, years)
    return moving if lasting is None else moving + lasting[:, :, None]


def moving_part(run: xr.DataTree, where: Where, years: slice) -> np.ndarray:
    """Return u, shape (draws, places, years), percent of population per year."""
    return _flat(run[POSTERIOR].dataset[U].isel({PLACE: where, YEAR: years}), PLACE, YEAR)


def structure(run: xr.DataTree, where: Where, years: slice) -> np.ndarray:
    """Return α_t + x'β, shape (draws, places, years), percent of population per year."""
    alpha, factors = national_level(run, years), standardised_factors(run, where, years)
    if has_yearly_coefficients(run):
        of_years = np.einsum("syk,pyk->spy", yearly_coefficients(run, years), factors)
        return alpha[:, None, :] + of_years
    beta = coefficients(run)
    flat = factors.reshape(factors.shape[0] * factors.shape[1], factors.shape[2])
    return alpha[:, None, :] + (beta @ flat.T).reshape(-1, *factors.shape[:2])


def national_level(run: xr.DataTree, years: slice) -> np.ndarray:
    """Return α, shape (draws, years), percent of population per year."""
    return _flat(run[POSTERIOR].dataset[ALPHA].isel({YEAR: years}), YEAR)


def has_yearly_coefficients(run: xr.DataTree) -> bool:
    """Say whether every year has coefficients of its own, as a classical model can."""
    posterior = run[POSTERIOR].dataset
    return BETA in posterior and YEAR in posterior[BETA].dims


def coefficients(run: xr.DataTree) -> np.ndarray:
    """Return β, shape (draws, terms), percentage points per standard deviation.

    Of a run whose years share their coefficients.
    """
    posterior = run[POSTERIOR].dataset
    if BETA in posterior:
        return _flat(posterior[BETA], TERM)
    return np.zeros((posterior.sizes[CHAIN] * posterior.sizes[DRAW], 0))


def factor_names(run: xr.DataTree) -> list[str]:
    """Return the factors of the model, as the formula writes them."""
    return [str(term) for term in run[CONSTANT_DATA].dataset[FACTORS][TERM].values]


def yearly_coefficients(run: xr.DataTree, years: slice) -> np.ndarray:
    """Return β_t, shape (draws, years, terms), percentage points per standard deviation.

    Of a run with coefficients for each year; zero where a year has none for a factor,
    which is then missing and stands at zero.
    """
    return np.nan_to_num(_flat(run[POSTERIOR].dataset[BETA].isel({YEAR: years}), YEAR, TERM))


def original_coefficients(run: xr.DataTree, years: slice) -> np.ndarray:
    """Return β per unit of each factor, shape (draws, years or 1, terms), percentage points.

    Zero in a year that has none for a factor, as :func:`yearly_coefficients`.
    """
    original = run[POSTERIOR].dataset[BETA_ORIGINAL]
    if YEAR in original.dims:
        return np.nan_to_num(_flat(original.isel({YEAR: years}), YEAR, TERM))
    return _flat(original, TERM)[:, None, :]


def outcome(run: xr.DataTree) -> str:
    """Return the name of the rate that the run explains."""
    return str(run.attrs.get("outcome", NET_MIGRATION_RATE))


def standardised_factors(run: xr.DataTree, where: Where, years: slice) -> np.ndarray:
    """Return x, shape (places, years, terms); zero, the year's mean, where missing."""
    factors = run[CONSTANT_DATA].dataset[FACTORS].isel({PLACE: where, YEAR: years})
    return factors.transpose(PLACE, YEAR, TERM).values


def observed(run: xr.DataTree, where: Where, years: slice) -> np.ndarray:
    """Return the observed outcome, shape (places, years); NaN where unknown.

    NaN too where a factor is missing and the fit dropped such cells: the structure of the
    cell is then unknown.
    """
    cells = {PLACE: where, YEAR: years}
    rate = run[OBSERVED_DATA].dataset[outcome(run)].isel(cells).transpose(PLACE, YEAR)
    if json.loads(run.attrs.get("options", "{}")).get("missing") != "drop":
        return rate.values
    missing = run[CONSTANT_DATA].dataset[FACTOR_MISSING].isel(cells).any(TERM)
    return rate.where(~missing).transpose(PLACE, YEAR).values


def _flat(draws: xr.DataArray, *dims: str) -> np.ndarray:
    values = draws.transpose(CHAIN, DRAW, *dims).values
    # not -1: of no factors at all numpy could not say how many draws there are
    return values.reshape(values.shape[0] * values.shape[1], *values.shape[2:])
