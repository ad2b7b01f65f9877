"""The forecast that is stored in a run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import xarray as xr

from attraktiv import names
from attraktiv.errors import RunError

#: What a forecast may hold; those after the population are of a year, up to the last but one.
OF_THE_YEAR: Final = (
    names.BIRTHS,
    names.DEATHS,
    names.NATURAL_INCREASE,
    names.NET_MIGRATION,
    names.JOBS,
)
STORED: Final = (
    names.POPULATION,
    *OF_THE_YEAR,
    names.POPULATION_BY_AGE_GROUP,
    names.POPULATION_BY_AGE,
    names.POPULATION_DIFFERENCE,
)

_CELLS = 8_000_000  # read at once


def stored_forecast(run: xr.DataTree) -> xr.Dataset:
    """Return the forecast of a run, its arrays not yet read.

    Parameters
    ----------
    run
        A run.

    Returns
    -------
    Dataset
        Dims scenario, chain, draw, place, year, and those of ages.

    Raises
    ------
    RunError
        The run has no forecast.
    """
    if names.FORECAST not in run.children:
        raise RunError(
            "The run has no forecast. Make one, from the panel that the run was fitted to: "
            "attraktiv forecast RUN PANEL --horizon N"
        )
    return run[names.FORECAST].to_dataset()


def stored_variable(forecast: xr.Dataset, name: str) -> xr.DataArray:
    """Return a variable of a forecast, not yet read; flows and jobs without the last year.

    Parameters
    ----------
    forecast
        A forecast.
    name
        One of ``STORED``.

    Raises
    ------
    RunError
        The forecast does not hold it.
    """
    if name not in forecast:
        held = ", ".join(one for one in STORED if one in forecast)
        ages = " --ages" if name == names.POPULATION_BY_AGE else ""
        raise RunError(
            f"The forecast holds no {name!r}; it holds {held}. What it holds depends on the "
            f"panel and on the call: attraktiv forecast RUN PANEL --horizon N{ages} --force"
        )
    if name in OF_THE_YEAR:  # of the last year only the population of 1 January is known
        return forecast[name].isel({names.YEAR: slice(None, -1)})
    return forecast[name]


def blocks_of_places(values: xr.DataArray) -> Iterator[slice]:
    """Divide the places of a variable of a forecast into blocks that fit in memory.

    They are as large as can be: what is stored comes in chunks of places, and each block that
    touches a chunk reads it.
    """
    places = values.sizes[names.PLACE]
    at_once = max(1, _CELLS * places // max(values.size, 1))
    return (slice(first, first + at_once) for first in range(0, places, at_once))
