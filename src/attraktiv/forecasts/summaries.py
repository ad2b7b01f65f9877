"""What a forecast says beside its own variables: sums of places, shares of ages, probabilities.

Draws are kept, so that bands come after: a ratio of a group of places is the ratio of sums
within each draw, never a mean of bands.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.effects.intervals import SAMPLE
from attraktiv.forecasts.stored import blocks_of_places

#: Age groups on either side of working age.
YOUNG: Final = ("0-5", "6-15", "16-19")
WORKING: Final = "20-66"
OLD: Final = ("67-79", "80+")


def of_groups(forecast: xr.Dataset, groups: Sequence[str]) -> xr.Dataset:
    """Sum a forecast over groups of places, within each draw.

    Parameters
    ----------
    forecast
        Variables with the dim place; all of them are numbers of persons or jobs.
    groups
        The group of each place.

    Returns
    -------
    Dataset
        The same variables with the dim ``group`` in place of ``place``, in the order in which
        the groups first appear; NaN where a place of the group is NaN.
    """
    labels = list(dict.fromkeys(map(str, groups)))
    position = {label: g for g, label in enumerate(labels)}
    group_of = np.array([position[str(group)] for group in groups], dtype=np.int64)
    label = xr.Variable(names.GROUP, np.array(labels, dtype=object))
    return xr.Dataset(
        {name: _sums(values, group_of, label) for name, values in forecast.data_vars.items()},
        {names.GROUP: label},
        forecast.attrs,
    )


def _sums(values: xr.DataArray, group_of: np.ndarray, label: xr.Variable) -> xr.DataArray:
    """Sum places of each group, every place read once."""
    first = values.transpose(names.PLACE, ...)
    total = np.zeros((label.size, *first.shape[1:]))
    for where in blocks_of_places(values):
        part, of_part = first[where].values, group_of[where]
        for g in np.unique(of_part):
            total[g] += part[of_part == g].sum(axis=0, dtype=np.float64)
    coords = {name: c for name, c in first.coords.items() if names.PLACE not in c.dims}
    dims = (names.GROUP, *first.dims[1:])
    return xr.DataArray(total, {**coords, names.GROUP: label}, dims, values.name, values.attrs)


def age_shares(forecast: xr.Dataset) -> xr.DataArray:
    """Return the share of each age group in the population.

    Parameters
    ----------
    forecast
        With ``population_by_age_group``, of places or of groups.

    Returns
    -------
    DataArray
        Its dims; percent of population. The age groups sum to 100 in each draw.
    """
    persons = forecast[names.POPULATION_BY_AGE_GROUP].astype(np.float64)
    share = 100 * persons / persons.sum(names.AGE_GROUP, skipna=False)
    return share.rename(names.AGE_SHARE).assign_attrs(units=names.PERCENT_OF_PERSONS)


def dependency_ratio(forecast: xr.Dataset) -> xr.DataArray:
    """Return the number aged 0–19 and 67 or more for each 100 aged 20–66.

    Parameters
    ----------
    forecast
        With ``population_by_age_group``, of places or of groups.

    Returns
    -------
    DataArray
        Its dims without ``age_group``; persons per 100 of working age. NaN where nobody is of
        working age.
    """
    persons = forecast[names.POPULATION_BY_AGE_GROUP].astype(np.float64)
    working = persons.sel({names.AGE_GROUP: WORKING}, drop=True)
    others = persons.sel({names.AGE_GROUP: [*YOUNG, *OLD]}).sum(names.AGE_GROUP, skipna=False)
    ratio = 100 * others / working.where(working > 0)
    return ratio.rename(names.DEPENDENCY_RATIO).assign_attrs(units=names.PER_100_OF_WORKING_AGE)


def growth(forecast: xr.Dataset) -> xr.DataArray:
    """Return the growth of the population since the origin.

    Parameters
    ----------
    forecast
        With ``population`` of all years from the origin.

    Returns
    -------
    DataArray
        Dims of the population; percent of the population at the origin. NaN where nobody
        lived there.
    """
    persons = forecast[names.POPULATION].astype(np.float64)
    before = _at_origin(persons)
    rise = 100 * (persons - before) / before.where(before > 0)
    return rise.rename(names.GROWTH_SINCE_ORIGIN).assign_attrs(units=names.PERCENT_OF_ORIGIN)


def peak_year(forecast: xr.Dataset) -> xr.DataArray:
    """Return the year in which the population is largest, the first of several.

    Parameters
    ----------
    forecast
        With ``population`` of all years from the origin.

    Returns
    -------
    DataArray
        Dims of the population without year; a year, from the origin to the horizon.
    """
    persons = forecast[names.POPULATION]
    # a place without figures has no peak; argmax would not have it
    known = persons.notnull().all(names.YEAR)
    highest = persons.fillna(-np.inf).argmax(names.YEAR)
    year = persons[names.YEAR].values[highest.values].astype(np.float64)
    return highest.copy(data=year).where(known).rename(names.PEAK_YEAR).assign_attrs(units="year")


def probability_of_decline(forecast: xr.Dataset) -> xr.DataArray:
    """Return the probability that fewer live in a place than at the origin.

    Parameters
    ----------
    forecast
        With ``population`` of all years from the origin.

    Returns
    -------
    DataArray
        Dims of the population without chain and draw: the share of draws. 0 at the origin.
    """
    persons = forecast[names.POPULATION]
    return _share_of_draws(persons, persons < _at_origin(persons), names.PROB_DECLINE)


def probability_above(forecast: xr.Dataset, threshold: float) -> xr.DataArray:
    """Return the probability that more than so many live in a place.

    Parameters
    ----------
    forecast
        With ``population``.
    threshold
        Persons.

    Returns
    -------
    DataArray
        Dims of the population without chain and draw: the share of draws.
    """
    persons = forecast[names.POPULATION]
    return _share_of_draws(persons, persons > threshold, names.PROB_ABOVE)


def probability_below(forecast: xr.Dataset, threshold: float) -> xr.DataArray:
    """Return the probability that fewer than so many live in a place.

    Parameters
    ----------
    forecast
        With ``population``.
    threshold
        Persons.

    Returns
    -------
    DataArray
        Dims of the population without chain and draw: the share of draws.
    """
    persons = forecast[names.POPULATION]
    return _share_of_draws(persons, persons < threshold, names.PROB_BELOW)


def in_age_bands(persons: xr.DataArray, width: int) -> xr.DataArray:
    """Sum a population by single years of age into bands of ages, within each draw.

    Parameters
    ----------
    persons
        With the dim age: 0, 1, 2, …
    width
        Years of age in a band.

    Returns
    -------
    DataArray
        The same with ``age`` the lowest age of each band; the last holds all that are older.
    """
    lowest = persons[names.AGE].values // width * width
    bands = np.unique(lowest)
    parts = [
        persons.isel({names.AGE: np.flatnonzero(lowest == low)}).sum(
            names.AGE, skipna=False, dtype=np.float64
        )
        for low in bands
    ]
    return xr.concat(parts, xr.Variable(names.AGE, bands))


def _at_origin(persons: xr.DataArray) -> xr.DataArray:
    return persons.isel({names.YEAR: 0}, drop=True)


def _share_of_draws(persons: xr.DataArray, event: xr.DataArray, name: str) -> xr.DataArray:
    known = event.where(persons.notnull())
    share = known.astype(np.float64).mean(SAMPLE, skipna=False)
    return share.rename(name).assign_attrs(units=names.PROBABILITY)
