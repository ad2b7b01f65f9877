"""How much of the outcome's variance each part of a model accounts for.

Mathematical details
--------------------
y = level + structure + attractiveness + noise holds in every draw, so with ȳ the mean over the
cells

    share of a part z = Σ (y − ȳ) z / Σ (y − ȳ)²

and the shares of a draw sum to one. In least squares the attractiveness is the residual, so that
its noise has no share of its own.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.effects.terms import (
    coefficients,
    has_yearly_coefficients,
    is_residual,
    yearly_coefficients,
)
from attraktiv.evaluation.cells import cells, draws, group_effect

COMPONENTS = ("level", "structure", "attractiveness", "noise")


def explained(run: xr.DataTree, shared: xr.DataArray) -> xr.DataArray:
    """Return draws of the share of variance of each part.

    Parameters
    ----------
    run : xarray.DataTree
    shared : xarray.DataArray
        Which cells count, (place, year).

    Returns
    -------
    xarray.DataArray
        (draw, component): level, structure, attractiveness, noise; they sum to one.
    """
    at = {dim: shared.indexes[dim] for dim in (names.PLACE, names.YEAR)}
    data = cells(run)
    where_place, where_year = (data.indexes[dim].get_indexer(index) for dim, index in at.items())
    data = data.sel(at)
    on = shared.transpose(names.PLACE, names.YEAR).values
    y = np.where(on, data[names.OUTCOME].values, 0.0)
    centred = np.where(on, y - y.sum() / on.sum(), 0.0)
    weight = centred / (centred**2).sum()

    level = draws(run, names.ALPHA, names.YEAR)[:, where_year] @ weight.sum(axis=0)
    factors = data[names.FACTORS].transpose(names.PLACE, names.YEAR, names.TERM).values
    of_factors = np.einsum("it,itk->tk", weight, factors)
    if has_yearly_coefficients(run):
        beta = yearly_coefficients(run, slice(None))[:, where_year]
        structure = np.einsum("stk,tk->s", beta, of_factors)
    else:
        structure = coefficients(run) @ of_factors.sum(axis=0)
    own = np.zeros(len(level))
    if is_residual(run):
        own = 1.0 - level - structure
    else:
        of_place = weight.sum(axis=1)
        posterior = run[names.POSTERIOR].data_vars
        if names.THETA in posterior:
            own = own + draws(run, names.THETA, names.PLACE)[:, where_place] @ of_place
        if names.U in posterior:
            u = draws(run, names.U, names.PLACE, names.YEAR)
            everywhere = np.zeros(u.shape[1:])
            everywhere[np.ix_(where_place, where_year)] = weight
            own = own + u.reshape(len(u), -1) @ everywhere.ravel()
        gamma = group_effect(run)
        if gamma is not None:
            own = own + gamma[:, where_place] @ of_place
    parts = np.stack([level, structure, own, 1.0 - level - structure - own], axis=1)
    return xr.DataArray(
        parts,
        dims=(names.DRAW, names.COMPONENT),
        coords={names.COMPONENT: list(COMPONENTS)},
        attrs={"units": "share"},
    )
