"""The decomposition of growth: of places and of groups, of a period, draw by draw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from attraktiv.effects import choice
from attraktiv.effects.components import components_of_growth, flows_of_places
from attraktiv.effects.residential import UNITS, Unit, require_unit
from attraktiv.effects.sums import Sums, mean_of_known
from attraktiv.names import (
    CHAIN,
    COMPONENT,
    CONSTANT_DATA,
    DECOMPOSITION,
    DRAW,
    GROUP,
    NAME,
    OBSERVED_GROWTH,
    PERSONS,
    PLACE,
    POPULATION,
    POSTERIOR,
    YEAR,
)


def decompose(
    run: xr.DataTree,
    *,
    places: Sequence[str] | None = None,
    group: str | None = None,
    first: int | None = None,
    last: int | None = None,
    unit: Unit = "percent",
) -> xr.Dataset:
    """Split growth of population into terms that sum to it in every draw.

    The terms are natural increase, the national level of net migration, each structural
    factor relative to the average place, residential attractiveness with its regional part
    apart, the noise of the year, border transfers and rounding.

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
        ``percent``: the mean of the yearly rates, percent of the population on 1 January;
        for a group the rate of a year is Σ persons / Σ population over its places.
        ``persons``: persons per year, the mean over the years.

    Returns
    -------
    Dataset
        ``decomposition`` over (chain, draw, place or group, component), float64, and
        ``observed_growth`` over (place or group): growth to the next 1 January, border
        transfers included. Coordinates ``name``, ``kind`` (of the component),
        ``population`` (mean of the period), ``years`` (how many count) and, for groups,
        ``places`` and ``places_counted``. NaN where no year counts.

    Raises
    ------
    RunError
        An unknown place, group, column, year or unit; a run of an earlier version; a run
        whose panel lacked natural increase.

    Notes
    -----
    A place and year counts where the outcome was fitted and natural increase and the
    population on both 1 Januaries are known; all terms and the growth are over the same
    places and years. Places left out of the fit have no outcome in the run: theirs is
    missing, and groups are summed over the others.
    """
    require_unit(unit)
    years = choice.find_years(run, first, last)
    if group is None:
        positions = choice.find_places(run, places)
        of_place = np.arange(len(positions))
        labels, dim = _codes(run, positions), PLACE
        named = np.array(choice.place_names(run), dtype=object)[positions]
    else:
        positions, of_place, found = choice.find_groups(run, group, places)
        labels, dim = np.array(found, dtype=object), GROUP
        named = labels
    population = _population(run, positions, years)
    alone = group is None and unit == "percent"
    weights = np.ones_like(population) if alone else population
    sums = Sums(run, positions, of_place, weights, years, shares=unit == "percent")
    result = _decomposed(run, sums, dim, population)
    coords = {dim: labels, NAME: (dim, named)}
    fitted = choice.run_years(run)[years]
    return result.assign_coords(coords).assign_attrs(
        units=UNITS[unit],
        unit=unit,
        first=fitted[0],
        last=fitted[-1],
        group=group or "",
        run_id=run.attrs.get("run_id", ""),
        model=run.attrs.get("model", ""),
    )


def _decomposed(run: xr.DataTree, sums: Sums, dim: str, population: np.ndarray) -> xr.Dataset:
    flows = flows_of_places(run, sums.positions, sums.years)
    complete = flows.known & np.isfinite(sums.outcome()) & np.isfinite(population)
    cells, known = sums.cells(complete)
    parts = list(components_of_growth(run, sums, cells, flows))
    posterior = run[POSTERIOR].dataset
    chains, draws = posterior.sizes[CHAIN], posterior.sizes[DRAW]
    values = np.empty((chains * draws, len(known), len(parts)))
    for k, part in enumerate(parts):
        values[..., k] = part.draws
    values[:, ~known] = np.nan
    growth = np.where(known, sums.fixed(cells, flows.growth), np.nan)
    coords: dict[str, Any] = {
        CHAIN: posterior[CHAIN].values,
        DRAW: posterior[DRAW].values,
        COMPONENT: np.array([part.name for part in parts], dtype=object),
        "kind": (COMPONENT, np.array([part.kind for part in parts], dtype=object)),
        **_counts(sums, complete, population, dim),
    }
    return xr.Dataset(
        {
            DECOMPOSITION: (
                (CHAIN, DRAW, dim, COMPONENT),
                values.reshape(chains, draws, *values.shape[1:]),
            ),
            OBSERVED_GROWTH: (dim, growth),
        },
        coords,
    )


def _counts(
    sums: Sums, complete: np.ndarray, population: np.ndarray, dim: str
) -> dict[str, tuple[str, np.ndarray, dict[str, str]]]:
    """Return what stands beside each place or group: its size, and how much of it counts."""
    counted = np.zeros((int(sums.group_of.max(initial=-1)) + 1, complete.shape[1]), dtype=int)
    np.add.at(counted, sums.group_of, complete)
    persons = np.zeros(counted.shape)
    np.add.at(persons, sums.group_of, np.where(complete, population, 0.0))
    size = mean_of_known(np.where(counted > 0, persons, np.nan))
    coords = {
        POPULATION: (dim, size, {"units": PERSONS}),
        "years": (dim, (counted > 0).sum(axis=1), {"units": "years"}),
    }
    if dim == GROUP:
        places = np.bincount(sums.group_of, minlength=len(counted))
        with_any = np.bincount(
            sums.group_of, weights=complete.any(axis=1), minlength=len(counted)
        ).astype(int)
        coords["places"] = (dim, places, {"units": "places"})
        coords["places_counted"] = (dim, with_any, {"units": "places"})
    return coords


def _codes(run: xr.DataTree, positions: np.ndarray) -> np.ndarray:
    return np.array(choice.place_codes(run), dtype=object)[positions]


def _population(run: xr.DataTree, positions: np.ndarray, years: slice) -> np.ndarray:
    population = run[CONSTANT_DATA].dataset[POPULATION].transpose(PLACE, YEAR)
    return population.isel({PLACE: positions, YEAR: years}).values
