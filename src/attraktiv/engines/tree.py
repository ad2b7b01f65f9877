"""Draws of the fitted places → the run's tree, with every place of the panel in it.

Mathematical details
--------------------
A place, or a group, that is not in the fit has no data on its attractiveness: its θ, u
and γ are drawn from N(0, τ²), the stationary AR(1) and N(0, σ_γ²) of each posterior draw.
Each such place has random numbers of its own, made from the seed and its code, so that
adding or permuting places changes nothing for the others.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.model import Design

#: Draws of the fitted places and of the global parameters, arrays (chain, draw, …).
Draws = Mapping[str, np.ndarray]

_SAMPLE = (names.CHAIN, names.DRAW)
_DIMS: Mapping[str, tuple[str, ...]] = {
    names.ALPHA: (names.YEAR,),
    names.BETA: (names.TERM,),
    names.GAMMA: (names.GROUP,),
    names.THETA: (names.PLACE,),
    names.U: (names.PLACE, names.YEAR),
}
_LONG_NAME: Mapping[str, str] = {
    names.ALPHA: "national level: net migration rate of the average place",
    names.MU_ALPHA: "mean of the national level",
    names.RHO_ALPHA: "autocorrelation of the national level",
    names.SIGMA_ALPHA: "innovation SD of the national level",
    names.BETA: "effect of one standard deviation of a factor",
    names.GAMMA: "attractiveness shared by a group of places",
    names.SIGMA_GAMMA: "SD of the groups' attractiveness",
    names.THETA: "lasting attractiveness",
    names.TAU: "SD of lasting attractiveness between places",
    names.U: "attractiveness that moves",
    names.SIGMA_U: "innovation SD of the moving attractiveness",
    names.RHO: "autocorrelation of the moving attractiveness",
    names.SIGMA: "SD of the noise that does not depend on size",
    names.PHI: "noise of flows, 1 if they were Poisson",
    names.NU: "degrees of freedom of the noise",
}
_UNITLESS = (names.RHO, names.RHO_ALPHA, names.PHI, names.NU)


def build_tree(
    design: Design,
    draws: Draws,
    *,
    seed: int,
    sample_stats: xr.Dataset | None = None,
    log_likelihood: np.ndarray | None = None,
) -> xr.DataTree:
    """Assemble the tree of a run.

    Parameters
    ----------
    design : Design
    draws : mapping of str to array
        By name, (chain, draw, …); place dims over the fitted places of the design, in
        its order, group dims over their sorted groups.
    seed : int
        For places that are not in the fit.
    sample_stats : xarray.Dataset, optional
        Dims chain, draw.
    log_likelihood : array, optional
        (chain, draw, place, year) over the fitted places.

    Returns
    -------
    xarray.DataTree
        Groups as docs/schema.md lists them.
    """
    posterior = _posterior(design, draws, seed)
    groups = {
        names.POSTERIOR: posterior,
        names.OBSERVED_DATA: _observed(design),
        names.CONSTANT_DATA: design.data.drop_vars(names.OUTCOME),
    }
    if sample_stats is not None:
        groups[names.SAMPLE_STATS] = sample_stats
    if log_likelihood is not None:
        dims = (*_SAMPLE, names.PLACE, names.YEAR)
        values = _spread(design, log_likelihood)
        groups[names.LOG_LIKELIHOOD] = xr.Dataset(
            {design.spec.migration.outcome: (dims, values)},
            coords={names.PLACE: posterior[names.PLACE], names.YEAR: posterior[names.YEAR]},
            attrs={"note": "log density of a cell given the place's other years"},
        )
    return xr.DataTree.from_dict(groups)


def _observed(design: Design) -> xr.Dataset:
    outcome = design.data[names.OUTCOME].assign_attrs(units=names.PERCENT_OF_POPULATION)
    return xr.Dataset({design.spec.migration.outcome: outcome})


def _posterior(design: Design, draws: Draws, seed: int) -> xr.Dataset:
    place = design.data[names.PLACE]
    shape = draws[names.ALPHA].shape[:2]
    coords: dict[str, object] = {
        names.CHAIN: np.arange(shape[0]),
        names.DRAW: np.arange(shape[1]),
        names.PLACE: place.values,
        names.YEAR: design.years,
        names.TERM: list(design.terms),
    }
    full = dict(draws)
    if names.GAMMA in draws:
        coords[names.GROUP], full[names.GAMMA] = _all_groups(design, draws, seed)
    for name in (names.THETA, names.U):
        if name in draws:
            full[name] = _spread(design, draws[name])
    _fill_from_prior(design, full, seed)
    dims_of = dict(_DIMS)
    if design.spec.migration.yearly:
        dims_of[names.BETA] = (names.YEAR, names.TERM)
    variables: dict[str, tuple[tuple[str, ...], np.ndarray, dict[str, str]]] = {}
    for name, values in full.items():
        units = "" if name in _UNITLESS else names.PERCENTAGE_POINTS
        attrs = {"units": units, "long_name": _LONG_NAME[name]}
        variables[name] = ((*_SAMPLE, *dims_of.get(name, ())), values, attrs)
    if design.terms:
        original = full[names.BETA] / design.data[names.SCALE].values
        variables[names.BETA_ORIGINAL] = (
            (*_SAMPLE, *dims_of[names.BETA]),
            original,
            {
                "units": "percentage points per unit of the factor",
                "long_name": "effect of one unit of a factor",
            },
        )
    return xr.Dataset(variables, coords=coords)


def _spread(design: Design, values: np.ndarray) -> np.ndarray:
    """Put (chain, draw, fitted place, …) into all places; NaN for the others."""
    order = _fitted_positions(design)
    n_places = design.data.sizes[names.PLACE]
    if np.array_equal(order, np.arange(n_places)):
        return values
    out = np.full((*values.shape[:2], n_places, *values.shape[3:]), np.nan, dtype=values.dtype)
    out[:, :, order] = values
    return out


def _fitted_positions(design: Design) -> np.ndarray:
    """Where each fitted place, in the design's order, stands among all places."""
    fitted = np.flatnonzero(design.data[names.FITTED].values)
    codes = design.data[names.PLACE].values[fitted]
    return fitted[np.argsort(codes)]


def _fill_from_prior(design: Design, full: dict[str, np.ndarray], seed: int) -> None:
    codes = design.data[names.PLACE].values
    for position in np.flatnonzero(~design.data[names.FITTED].values):
        rng = _own_generator(seed, str(codes[position]))
        if names.THETA in full:
            tau = full[names.TAU]
            full[names.THETA][:, :, position] = tau * rng.standard_normal(tau.shape)
        if names.TAU in full and names.SIGMA_U in full:
            full[names.U][:, :, position] = _stationary_path(
                full[names.RHO], full[names.SIGMA_U], design.years.size, rng
            )


def _stationary_path(
    rho: np.ndarray, sigma: np.ndarray, years: int, rng: np.random.Generator
) -> np.ndarray:
    path = np.empty((*rho.shape, years))
    value = sigma / np.sqrt(1.0 - rho**2) * rng.standard_normal(rho.shape)
    for t in range(years):
        if t:
            value = rho * value + sigma * rng.standard_normal(rho.shape)
        path[..., t] = value
    return path


def _all_groups(design: Design, draws: Draws, seed: int) -> tuple[np.ndarray, np.ndarray]:
    data = design.data[names.GROUP_OF_PLACE].values
    labels = np.unique(data)
    if design.field is not None:  # it reaches places without data
        return labels, draws[names.GAMMA]
    fitted = np.unique(design.fitted()[names.GROUP_OF_PLACE].values)
    sigma = draws[names.SIGMA_GAMMA]
    out = np.empty((*sigma.shape, labels.size))
    for i, label in enumerate(labels):
        where = np.flatnonzero(fitted == label)
        if where.size:
            out[..., i] = draws[names.GAMMA][..., where[0]]
        else:
            rng = _own_generator(seed, f"group {label}")
            out[..., i] = sigma * rng.standard_normal(sigma.shape)
    return labels, out


def _own_generator(seed: int, label: str) -> np.random.Generator:
    return np.random.default_rng([seed, zlib.crc32(label.encode())])
