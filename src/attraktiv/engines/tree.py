"""Draws of the fitted places → the run's tree, with every place of the panel in it.

Mathematical details
--------------------
A place, or a group, that is not in the fit has no data on its attractiveness: its θ, u
and γ are drawn from N(0, τ²), the stationary AR(1) and N(0, σ_γ²) of each posterior draw.
Each such place has random numbers of its own, made from the seed and its code, so that
adding or permuting places changes nothing for the others. Those of an equation of jobs are
r n + √(1 − r²) n′ with n the numbers of the equation of migration and r the correlation
between the two; at the start of the stationary paths, whose covariance is
r σ_u σ_w/(1 − ρ_u ρ_w), it is r √((1 − ρ_u²)(1 − ρ_w²))/(1 − ρ_u ρ_w).

In a joint model a place's lasting effect is d z + θ*, and so it is stored: θ* is what the
engines draw (:mod:`attraktiv.model.joint`).
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.model import Design, JointDesign, describe_missing
from attraktiv.specs import CORRELATIONS
from attraktiv.store import with_equations

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
    names.ALPHA: "national level: outcome of the average place",
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
    names.INITIAL: "lasting attractiveness for each SD of growth before the first year",
    names.CORRELATION_LASTING: "correlation of lasting attractiveness, residential and business",
    names.CORRELATION_PATH: "correlation of the innovations of attractiveness that moves",
    names.CORRELATION_NOISE: "correlation of the noise of migration and of job growth",
}
_UNITLESS = (names.RHO, names.RHO_ALPHA, names.PHI, names.NU, *CORRELATIONS)


@dataclass(frozen=True)
class Tie:
    """How the places of an equation of jobs go together with those of migration.

    Attributes
    ----------
    lasting, path : (chain, draw) float
        Correlations; zero where the model has none.
    rho : (chain, draw) float
        Autocorrelation of the path of migration.
    """

    lasting: np.ndarray
    path: np.ndarray
    rho: np.ndarray


def build_tree(
    design: Design,
    draws: Draws,
    *,
    seed: int,
    sample_stats: xr.Dataset | None = None,
    log_likelihood: np.ndarray | None = None,
    initial: xr.DataArray | None = None,
    tie: Tie | None = None,
) -> xr.DataTree:
    """Assemble the tree of one equation.

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
    initial : xarray.DataArray, optional
        z of a joint model, (place,).
    tie : Tie, optional
        Of an equation of jobs of a joint model.

    Returns
    -------
    xarray.DataTree
        Groups as docs/schema.md lists them.
    """
    posterior = _posterior(design, draws, seed, initial, tie)
    constant = design.data.drop_vars(names.OUTCOME)
    if initial is not None:
        constant = constant.assign({names.INITIAL_GROWTH: initial})
    groups = {
        names.POSTERIOR: posterior,
        names.OBSERVED_DATA: _observed(design),
        names.CONSTANT_DATA: constant,
    }
    if sample_stats is not None:
        groups[names.SAMPLE_STATS] = sample_stats
    if log_likelihood is not None:
        dims = (*_SAMPLE, names.PLACE, names.YEAR)
        values = _spread(design, log_likelihood)
        groups[names.LOG_LIKELIHOOD] = xr.Dataset(
            {design.equation.outcome: (dims, values)},
            coords={names.PLACE: posterior[names.PLACE], names.YEAR: posterior[names.YEAR]},
            attrs={"note": "log density of a cell given the place's other years"},
        )
    tree = xr.DataTree.from_dict(groups)
    tree.attrs = {
        names.KIND: design.kind,
        "outcome": design.equation.outcome,
        "missing_factors": describe_missing(design),
    }
    return tree


def build_joint_tree(
    design: JointDesign,
    draws: Mapping[str, Draws],
    *,
    seed: int,
    sample_stats: xr.Dataset | None = None,
    log_likelihood: Mapping[str, np.ndarray] | None = None,
) -> xr.DataTree:
    """Assemble the tree of a joint model: migration at the root, jobs beside it.

    Parameters
    ----------
    design : JointDesign
    draws : mapping of str to mapping
        By kind of attractiveness, as for :func:`build_tree`; the correlations are with
        ``residential``, and θ is what the first year's growth leaves over.
    seed : int
    sample_stats : xarray.Dataset, optional
    log_likelihood : mapping of str to array, optional
        By kind.

    Returns
    -------
    xarray.DataTree
    """
    migration = draws[names.RESIDENTIAL]
    zero = np.zeros_like(migration[names.SIGMA])
    tie = Tie(
        migration.get(names.CORRELATION_LASTING, zero),
        migration.get(names.CORRELATION_PATH, zero),
        migration.get(names.RHO, zero),
    )
    trees = {}
    for kind, one in design.by_kind().items():
        residential = kind == names.RESIDENTIAL
        trees[kind] = build_tree(
            one,
            draws[kind],
            seed=seed,
            sample_stats=sample_stats if residential else None,
            log_likelihood=None if log_likelihood is None else log_likelihood[kind],
            initial=design.initial,
            tie=None if residential else tie,
        )
    return with_equations(trees)


def _observed(design: Design) -> xr.Dataset:
    residential = design.kind == names.RESIDENTIAL
    units = names.PERCENT_OF_POPULATION if residential else names.PERCENT_OF_JOBS
    return xr.Dataset(
        {design.equation.outcome: design.data[names.OUTCOME].assign_attrs(units=units)}
    )


def _posterior(
    design: Design, draws: Draws, seed: int, initial: xr.DataArray | None, tie: Tie | None
) -> xr.Dataset:
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
    _fill_from_prior(design, full, seed, tie)
    if initial is not None and names.THETA in full:
        full[names.THETA] = full[names.THETA] + full[names.INITIAL][..., None] * initial.values
    dims_of = dict(_DIMS)
    if design.equation.yearly:
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


def _fill_from_prior(
    design: Design, full: dict[str, np.ndarray], seed: int, tie: Tie | None
) -> None:
    if names.TAU not in full:
        return
    codes = design.data[names.PLACE].values
    shape = (*full[names.TAU].shape, design.years.size)
    for position in np.flatnonzero(~design.data[names.FITTED].values):
        code = str(codes[position])
        lasting, path = _normals(_own_generator(seed, code), shape)
        if tie is not None:
            own = _normals(_own_generator(seed, f"{design.kind} {code}"), shape)
            lasting = _correlated(tie.lasting, lasting, own[0])
            path = _correlated(_along_path(tie, full[names.RHO], shape), path, own[1])
        full[names.THETA][:, :, position] = full[names.TAU] * lasting
        if names.SIGMA_U in full:
            full[names.U][:, :, position] = _stationary_path(
                full[names.RHO], full[names.SIGMA_U], path
            )


def _normals(rng: np.random.Generator, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Give standard normal numbers of a place: (chain, draw), and (chain, draw, year)."""
    *sample, years = shape
    lasting = rng.standard_normal(sample)
    return lasting, np.moveaxis(rng.standard_normal((years, *sample)), 0, -1)


def _correlated(r: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return r * one + np.sqrt(1.0 - r**2) * other


def _along_path(tie: Tie, rho: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Correlation between the numbers of two paths: at their start, and of innovations."""
    r = np.broadcast_to(tie.path[..., None], shape).copy()
    r[..., 0] *= np.sqrt((1.0 - tie.rho**2) * (1.0 - rho**2)) / (1.0 - tie.rho * rho)
    return r


def _stationary_path(rho: np.ndarray, sigma: np.ndarray, normal: np.ndarray) -> np.ndarray:
    path = np.empty_like(normal)
    path[..., 0] = sigma / np.sqrt(1.0 - rho**2) * normal[..., 0]
    for t in range(1, path.shape[-1]):
        path[..., t] = rho * path[..., t - 1] + sigma * normal[..., t]
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
