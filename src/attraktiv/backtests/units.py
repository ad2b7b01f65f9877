"""What forecasts are judged on: places and sums of places, several quantities of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.forecasts.path import AGE_GROUPS
from attraktiv.panels.build import place_attributes

PLACE_LEVEL, NATION = "place", "nation"
BLOCKS = "blocks"  # the column of places.csv that a bootstrap draws by
_FEWEST, _MOST_OF_PLACES = 2, 0.3  # groups of a column: more are hardly sums


@dataclass(frozen=True)
class Units:
    """Places, and the groups that they are summed to.

    Attributes
    ----------
    places : numpy.ndarray
        (place,) codes, those that have a forecast.
    level, label : numpy.ndarray
        (unit,) ``place``, a column of places.csv or ``nation``; a place's code, or the group.
    members : numpy.ndarray
        (unit − place, place) of the sums: 1 where the place belongs.
    """

    places: np.ndarray
    level: np.ndarray
    label: np.ndarray
    members: np.ndarray

    def of(self, values: np.ndarray, told: np.ndarray) -> np.ndarray:
        """Put sums after the places: (..., place) to (..., unit).

        ``told`` (..., place), over the last dimensions of the values, says which places are known
        at the origin and afterwards: the others are left out of sums, and a sum of none is NaN.
        """
        sums = np.where(told, values, 0.0) @ self.members.T
        some = told @ self.members.T > 0
        return np.concatenate([values, np.where(some, sums, np.nan)], axis=-1)


def units_of(panel: xr.Dataset) -> Units:
    """Find the places of a panel and what they are summed to: every column of text that groups."""
    places = panel[names.PLACE].values
    levels, labels, members = [PLACE_LEVEL] * len(places), [str(code) for code in places], []
    seen_before: list[set[bytes]] = []
    for column in place_attributes(panel):
        if column == names.NAME or panel[column].dtype.kind not in "OUT":
            continue
        known = panel[column].notnull().values
        groups = np.where(known, panel[column].values.astype(str), "")
        found = [group for group in sorted(set(groups)) if group]
        if not _FEWEST <= len(found) <= _MOST_OF_PLACES * len(places):
            continue
        inside = np.stack([groups == group for group in found])
        # a column of codes and one of names are the same groups
        seen = {row.tobytes() for row in inside}
        if seen in seen_before:
            continue
        seen_before.append(seen)
        levels += [column] * len(found)
        labels += found
        members += list(inside)
    levels.append(NATION)
    labels.append(NATION)
    members.append(np.ones(len(places), dtype=bool))
    return Units(
        places,
        np.array(levels, dtype=object),
        np.array(labels, dtype=object),
        np.stack(members).astype(np.float64),
    )


def quantities_of(panel: xr.Dataset) -> list[str]:
    """Name what is judged: population, net migration, and age groups where ages are known."""
    found = [names.POPULATION]
    found += [names.NET_MIGRATION] if names.NET_MIGRATION in panel else []
    if names.POPULATION_BY_AGE in panel:
        found += [aged(label) for label in AGE_GROUPS]
    return found


def aged(label: str) -> str:
    """Name the quantity of persons in an age group."""
    return f"aged_{label}"


def outcomes(panel: xr.Dataset, units: Units, origin: int, horizon: int) -> xr.Dataset:
    """Give what came, and what it is related to.

    Parameters
    ----------
    panel : xarray.Dataset
        With the years after the origin.
    units : Units
    origin, horizon : int

    Returns
    -------
    xarray.Dataset
        ``observed`` (quantity, horizon, unit) persons, NaN where not known, ``base`` (quantity,
        unit) persons at the origin: population, of age groups the group's, and ``scored``
        (quantity, horizon, place) where both are known.
    """
    panel = panel.sel({names.PLACE: units.places})
    years = np.arange(origin, origin + horizon + 1)
    wanted = quantities_of(panel)
    observed: list[np.ndarray] = []
    base: list[np.ndarray] = []
    known: list[np.ndarray] = []
    for quantity in wanted:
        of_years = _values(panel, quantity).reindex({names.YEAR: years})
        values = of_years.transpose(names.YEAR, names.PLACE).values.astype(np.float64)
        # of flows, the year that ends with the horizon
        flow = quantity == names.NET_MIGRATION
        came, start = (values[:-1], base[0]) if flow else (values[1:], values[0])
        told = np.isfinite(came) & (start > 0 if not flow else np.isfinite(start))
        observed.append(units.of(came, told))
        known.append(told)
        base.append(start)
    return xr.Dataset(
        {
            names.OBSERVED: ((names.QUANTITY, names.HORIZON, names.UNIT), np.stack(observed)),
            names.BASE: (
                (names.QUANTITY, names.UNIT),
                np.stack([units.of(start, np.isfinite(start)) for start in base]),
            ),
            names.SCORED: ((names.QUANTITY, names.HORIZON, names.PLACE), np.stack(known)),
        },
        {names.QUANTITY: wanted, names.HORIZON: np.arange(1, horizon + 1)},
    )


def _values(panel: xr.Dataset, quantity: str) -> xr.DataArray:
    if quantity in panel:
        return panel[quantity]
    label = quantity.removeprefix("aged_")
    bounds = [*AGE_GROUPS.values(), int(panel[names.AGE].max()) + 1]
    first = AGE_GROUPS[label]
    end = bounds[bounds.index(first) + 1]
    inside = panel[names.POPULATION_BY_AGE].sel({names.AGE: slice(first, end - 1)})
    return inside.sum((names.SEX, names.AGE), skipna=False)
