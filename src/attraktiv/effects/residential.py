"""Residential attractiveness: of a period, of each year, lasting; of places and of groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import xarray as xr

from attraktiv.effects import choice, terms
from attraktiv.effects.sums import Sums, mean_of_known
from attraktiv.errors import RunError
from attraktiv.names import (
    ATTRACTIVENESS,
    ATTRACTIVENESS_WITH_NOISE,
    CHAIN,
    CONSTANT_DATA,
    DRAW,
    FITTED,
    FROM_PRIOR,
    GAMMA,
    GROUP,
    LASTING,
    NAME,
    PATH,
    PERCENT_OF_POPULATION,
    PERSONS_PER_YEAR,
    PLACE,
    POPULATION,
    POSTERIOR,
    THETA,
    YEAR,
    U,
)

Unit = Literal["percent", "persons"]
UNITS = {"percent": PERCENT_OF_POPULATION, "persons": PERSONS_PER_YEAR}


def attractiveness(
    run: xr.DataTree,
    *,
    places: Sequence[str] | None = None,
    group: str | None = None,
    first: int | None = None,
    last: int | None = None,
    unit: Unit = "percent",
    kind: str = "residential",
    with_path: bool = True,
) -> xr.Dataset:
    """Return draws of attractiveness: a = γ + θ + u, of which γ + θ lasts.

    Places that were left out of the fit have draws from the prior and are part of every
    group's sum. A group is summed by population within each draw.

    Parameters
    ----------
    run
        A run.
    places
        Codes or names of places; with ``group``, names of groups. None for all.
    group
        A grouping column of the panel, for example ``county_name``.
    first, last
        First and last year of the period; by default all years of the fit.
    unit
        ``percent``: percent of population per year; for a group Σ pop·a / Σ pop of each
        year. ``persons``: Σ pop·a / 100, persons per year. Only places and years with a
        known population count towards groups and persons.
    kind
        ``residential``, the only kind of this version.
    with_path
        Whether to return each year too; large where there are many places.

    Returns
    -------
    Dataset
        Over (chain, draw, place or group): ``attractiveness``, the mean of a over the
        years; ``attractiveness_with_noise``, the mean of a + ε over the observed years,
        which is what a classical residual measures; ``lasting``, γ + θ (by the mean
        population of the period for groups and persons; for least squares the mean of the
        residual). Over (…, year): ``path``, where the model has one. Coordinates ``name``,
        ``population`` (mean of the period), ``from_prior``.

    Raises
    ------
    RunError
        An unknown place, group, column, year, unit or kind.
    """
    _require_kind(kind)
    require_unit(unit)
    years = choice.find_years(run, first, last)
    if group is None:
        positions = choice.find_places(run, places)
        result = _of_places(run, positions, years, unit, with_path=with_path)
    else:
        result = _of_groups(run, group, places, years, unit, with_path=with_path)
    fitted = choice.run_years(run)[years]
    return result.assign_attrs(
        units=UNITS[unit],
        unit=unit,
        kind=kind,
        first=fitted[0],
        last=fitted[-1],
        group=group or "",
        run_id=run.attrs.get("run_id", ""),
        model=run.attrs.get("model", ""),
        lasting="mean of the residual" if terms.is_residual(run) else "lasting part of the model",
    )


def _of_places(
    run: xr.DataTree, positions: np.ndarray, years: slice, unit: Unit, *, with_path: bool
) -> xr.Dataset:
    population = _population(run, positions, years)
    weights = np.ones_like(population) if unit == "percent" else population
    sums = Sums(run, positions, np.arange(len(positions)), weights, years, shares=unit == "percent")
    coords: dict[str, Any] = {
        PLACE: np.array(choice.place_codes(run), dtype=object)[positions],
        NAME: (PLACE, np.array(choice.place_names(run), dtype=object)[positions]),
        POPULATION: (PLACE, mean_of_known(population), {"units": "persons"}),
        FROM_PRIOR: (PLACE, ~_fitted(run)[positions]),
    }
    return _labelled(run, sums, PLACE, coords, unit, with_path=with_path)


def _of_groups(
    run: xr.DataTree,
    column: str,
    wanted: Sequence[str] | None,
    years: slice,
    unit: Unit,
    *,
    with_path: bool,
) -> xr.Dataset:
    positions, group_of, labels = choice.find_groups(run, column, wanted)
    population = _population(run, positions, years)
    sums = Sums(run, positions, group_of, population, years, shares=unit == "percent")
    by_year = np.zeros((len(labels), population.shape[1]))
    np.add.at(by_year, group_of, np.nan_to_num(population))
    fitted = np.zeros(len(labels), dtype=bool)
    np.logical_or.at(fitted, group_of, _fitted(run)[positions])
    coords: dict[str, Any] = {
        GROUP: np.array(labels, dtype=object),
        NAME: (GROUP, np.array(labels, dtype=object)),
        POPULATION: (GROUP, by_year.mean(axis=1), {"units": "persons"}),
        FROM_PRIOR: (GROUP, ~fitted),
        "places": (GROUP, np.bincount(group_of, minlength=len(labels)), {"units": "places"}),
    }
    return _labelled(run, sums, GROUP, coords, unit, with_path=with_path)


def _labelled(
    run: xr.DataTree,
    sums: Sums,
    dim: str,
    coords: dict[str, Any],
    unit: Unit,
    *,
    with_path: bool,
) -> xr.Dataset:
    posterior = run[POSTERIOR].dataset
    chains, draws = posterior.sizes[CHAIN], posterior.sizes[DRAW]
    dtype = np.result_type(*(posterior[v].dtype for v in (GAMMA, THETA, U) if v in posterior))

    def shaped(values: np.ndarray, *dims: str) -> tuple[Any, ...]:
        split = values.reshape(chains, draws, *values.shape[1:]).astype(dtype, copy=False)
        return (CHAIN, DRAW, *dims), split, {"units": UNITS[unit]}

    variables = {
        ATTRACTIVENESS: shaped(sums.period(), dim),
        ATTRACTIVENESS_WITH_NOISE: shaped(sums.period_with_noise(), dim),
        LASTING: shaped(sums.lasting(), dim),
    }
    coords = {CHAIN: posterior[CHAIN].values, DRAW: posterior[DRAW].values, **coords}
    if with_path and terms.has_path(run):
        variables[PATH] = shaped(sums.path(), dim, YEAR)
        coords[YEAR] = np.array(choice.run_years(run)[sums.years])
    return xr.Dataset(variables, coords)


def _population(run: xr.DataTree, positions: np.ndarray, years: slice) -> np.ndarray:
    population = run[CONSTANT_DATA].dataset[POPULATION].transpose(PLACE, YEAR)
    return population.isel({PLACE: positions, YEAR: years}).values


def _fitted(run: xr.DataTree) -> np.ndarray:
    return run[CONSTANT_DATA].dataset[FITTED].values.astype(bool)


def require_unit(unit: str) -> None:
    """Raise if the unit is none of :data:`UNITS`.

    Raises
    ------
    RunError
        The unit is neither ``percent`` nor ``persons``.
    """
    if unit not in UNITS:
        raise RunError(
            f"The unit is {unit!r}; valid are 'percent' (of population per year) and 'persons' "
            "(per year)."
        )


def _require_kind(kind: str) -> None:
    if kind != "residential":
        raise RunError(
            f"The kind of attractiveness is {kind!r}; a run of this version holds 'residential' "
            "only: --kind residential."
        )
