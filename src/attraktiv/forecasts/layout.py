"""What a forecast holds, where it is put, and in which blocks of draws it is made."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.forecasts.inputs import Inputs
from attraktiv.forecasts.path import AGE_GROUPS, How
from attraktiv.forecasts.scenarios import Scenario
from attraktiv.store import Growing, growing_group

#: Cells of a block of draws that are worked on at once: four times as many leave the cache of a
#: processor, and take half as long again; fewer pay more for what every block does once.
_CELLS = 1_000_000
# Places in a chunk: with few draws more of them, for what opens many small files waits long.
_PLACES_AT_ONCE, _CHUNK_BYTES = 128, 2**19

_LONG_NAMES = {
    names.POPULATION: "population on 1 January",
    names.BIRTHS: "births in the year",
    names.DEATHS: "deaths in the year",
    names.NATURAL_INCREASE: "births less deaths in the year",
    names.NET_MIGRATION: "net migration in the year",
    names.JOBS: "jobs of the year",
    names.POPULATION_BY_AGE_GROUP: "population on 1 January by age group",
    names.POPULATION_DIFFERENCE: "population less that of the first scenario in the same draw",
    names.POPULATION_BY_AGE: "population on 1 January by sex and age",
}
_FLOWS = {names.BIRTHS, names.DEATHS, names.NATURAL_INCREASE, names.NET_MIGRATION}


def blocks_of(inputs: Inputs, chains: int, per_chain: int) -> list[tuple[int, slice]]:
    """Divide the draws of every chain into blocks of nearly equal size."""
    per_draw = len(inputs.places)
    if inputs.people is not None:
        per_draw *= inputs.people.by_age[0].size
    at_once = min(per_chain, max(1, _CELLS // max(per_draw, 1)))
    starts = range(0, per_chain, at_once)
    return [(c, slice(s, min(s + at_once, per_chain))) for c in range(chains) for s in starts]


def _codes(places: np.ndarray) -> list[str]:
    return [str(code) for code in places]


def coordinates(
    run: xr.DataTree,
    panel: xr.Dataset,
    inputs: Inputs,
    asked: tuple[Scenario, ...],
    chains: int,
    taken: np.ndarray,
    seed: int,
) -> xr.Dataset:
    """Give the coordinates of a forecast, and the attributes that say what it is of.

    Parameters
    ----------
    run, panel, seed
        As for :func:`attraktiv.forecast`.
    inputs : Inputs
    asked : tuple of Scenario
    chains : int
    taken : (draw,) int
        Draws of every chain that are continued.
    """
    origin, horizon = inputs.origin, inputs.horizon
    coords: dict[str, Any] = {
        names.SCENARIO: np.array([one.name for one in asked], dtype=object),
        names.CHAIN: np.arange(chains),
        names.DRAW: taken,
        names.PLACE: inputs.places,
        names.YEAR: np.arange(origin, origin + horizon + 1),
    }
    if inputs.people is not None:
        coords[names.AGE_GROUP] = np.array(list(AGE_GROUPS), dtype=object)
        coords[names.SEX] = np.asarray(inputs.people.sexes, dtype=object)
        coords[names.AGE] = inputs.people.ages
    resampled = sorted(
        {
            factor.label
            for side in (inputs.migration, inputs.jobs, inputs.natural)
            for factor in (side.factors if side is not None else ())
            if factor.term is None
        }
    )
    attrs = {
        "origin": origin,
        "horizon": horizon,
        "seed": seed,
        "panel_hash": run.attrs["panel_hash"],
        "model": run.attrs.get("model", ""),
        "factors_drawn_from_known_years": ", ".join(resampled),
        "places_left_out": ", ".join(
            sorted(set(_codes(panel[names.PLACE].values)) - set(_codes(inputs.places)))
        ),
    }
    if run.attrs.get("run_id"):
        attrs["run_id"] = run.attrs["run_id"]
    return xr.Dataset(coords=coords, attrs=attrs)


def variables_of(inputs: Inputs, coords: xr.Dataset, how: How, at_once: int) -> dict[str, Growing]:
    """Give the dims, chunks and units of every variable; draws come `at_once` in a block."""
    sample = (names.SCENARIO, names.CHAIN, names.DRAW)
    wanted: dict[str, tuple[str, ...]] = dict.fromkeys(
        (names.POPULATION, names.NATURAL_INCREASE, names.NET_MIGRATION,
         names.POPULATION_DIFFERENCE), (),
    )  # fmt: skip
    if inputs.jobs is not None:
        wanted[names.JOBS] = ()
    if inputs.people is not None:
        wanted |= {names.BIRTHS: (), names.DEATHS: ()}
        wanted[names.POPULATION_BY_AGE_GROUP] = (names.AGE_GROUP,)
        if how.ages:
            wanted[names.POPULATION_BY_AGE] = (names.SEX, names.AGE)
    found = {}
    for name, extra in wanted.items():
        dims = (*sample, *extra, names.PLACE, names.YEAR)
        units = names.PERSONS_PER_YEAR if name in _FLOWS else names.PERSONS
        units = names.JOBS_UNIT if name == names.JOBS else units
        inner = tuple(coords.sizes[dim] for dim in extra)
        years = coords.sizes[names.YEAR]
        of_place = 4 * at_once * years * math.prod(inner)
        places = min(coords.sizes[names.PLACE], max(_PLACES_AT_ONCE, _CHUNK_BYTES // of_place))
        chunks = (1, 1, at_once, *inner, places, years)
        attrs = {"units": units, "long_name": _LONG_NAMES[name]}
        found[name] = Growing(dims, chunks, attrs)
    return found


@contextmanager
def sink_of(
    stored: Path | None, coords: xr.Dataset, variables: Mapping[str, Growing], force: bool
) -> Iterator[Mapping[str, Any]]:
    """Give arrays to fill: in the run on disk, or in memory."""
    if stored is not None:
        with growing_group(stored, names.FORECAST, coords, variables, force=force) as arrays:
            yield arrays
        return
    yield {
        name: np.full([coords.sizes[dim] for dim in one.dims], np.nan, dtype=np.float32)
        for name, one in variables.items()
    }
