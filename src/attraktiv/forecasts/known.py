"""What is known of births, deaths and ages at the origin of a forecast."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.errors import PanelError
from attraktiv.panels.faults import listed

_PLACES_AT_ONCE = 1024  # of which the ages of all years are in memory
_WOMEN = ("female", "f", "women", "woman", "kvinner", "kvinne", "k")


@dataclass(frozen=True)
class Known:
    """Flows of the years before the origin, and the ages at both ends of each year.

    Attributes
    ----------
    years : numpy.ndarray
        (year,) from the first year whose ages are known on its 1 January and on the next, anywhere.
    by_age : xarray.DataArray
        (place, year of the panel, sex, age) persons on 1 January, perhaps not yet read.
    at : numpy.ndarray
        (year,) where the years stand in it; the next year stands one further.
    complete : numpy.ndarray
        (place, year) whether ages are known on 1 January of the year and of the next.
    start_of_nation, end_of_nation : numpy.ndarray
        (year, sex, age) persons on 1 January of the year and of the next, of complete places.
    births, deaths : numpy.ndarray
        (place, year) persons; NaN where they or the ages are not known.
    deaths_variance : numpy.ndarray
        (place, year) variance of the error of measurement of deaths, persons squared.
    women : int
        Where women stand along sex.
    """

    years: np.ndarray
    by_age: xr.DataArray
    at: np.ndarray
    complete: np.ndarray
    start_of_nation: np.ndarray
    end_of_nation: np.ndarray
    births: np.ndarray
    deaths: np.ndarray
    deaths_variance: np.ndarray
    women: int

    @property
    def cells(self) -> tuple[int, int]:
        """Number of sexes and of ages."""
        return self.by_age.shape[2], self.by_age.shape[3]

    def latest(self, years: int) -> Known:
        """Keep the last years only."""
        of_years = ("years", "at", "start_of_nation", "end_of_nation")
        of_places = ("complete", "births", "deaths", "deaths_variance")
        return replace(
            self,
            **{name: getattr(self, name)[-years:] for name in of_years},
            **{name: getattr(self, name)[:, -years:] for name in of_places},
        )

    def blocks(self) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
        """Read ages, of so many places at a time as fit in memory in any country.

        Yields
        ------
        tuple
            Which places, and their persons (place, year, sex, age) on 1 January of the year and of
            the next; zero in places and years that are not complete.
        """
        first = self.at[0]
        for where, values in _blocks(self.by_age[:, first : self.at[-1] + 2]):
            complete, at = self.complete[where, :, None, None], self.at - first
            start, end = values[:, at], values[:, at + 1]
            yield where, np.where(complete, start, 0.0), np.where(complete, end, 0.0)


def known_at(panel: xr.Dataset, origin: int) -> Known:
    """Gather what was known on 1 January of the origin.

    Parameters
    ----------
    panel : xarray.Dataset
        With ``population_by_age``, in single years from 0.
    origin : int
        Its population is the last that is used; flows are those before it.

    Raises
    ------
    PanelError
        If there are no ages, if they are not single years, if no label of sex says which are
        women, or if no whole year before the origin is known.

    Notes
    -----
    Births are the column ``births``, else residents aged 0 on the next 1 January. Deaths are the
    column ``deaths``, else births less natural increase. Where births are the residents aged 0,
    such deaths lack the infants who died before 1 January; births lack them too, so that the sum
    is right. An error of natural increase is one of net migration, so ``measurement_sd`` is the
    error of deaths that are found from it.
    """
    if names.POPULATION_BY_AGE not in panel:
        raise PanelError(
            "A forecast of births and deaths needs the population by sex and age, which the panel "
            "does not have. Add population_by_age.csv (place, year, sex, age, population) to the "
            "panel folder, in single years of age from 0."
        )
    by_age = panel[names.POPULATION_BY_AGE].transpose(names.PLACE, names.YEAR, names.SEX, names.AGE)
    ages = by_age[names.AGE].values
    if not np.array_equal(ages, np.arange(len(ages))):
        raise PanelError(
            f"population_by_age has the ages {listed(ages)}. Valid is every single year from 0, "
            "the last one open: 0, 1, 2, ..., 105."
        )
    calendar = panel[names.YEAR].values
    before = np.flatnonzero((calendar < origin) & np.isin(calendar + 1, calendar))
    complete = np.zeros((by_age.shape[0], len(before)), dtype=bool)
    persons, aged_0 = (np.zeros(complete.shape) for _ in range(2))
    start, end = (np.zeros((len(before), *by_age.shape[2:])) for _ in range(2))
    for where, values in _blocks(by_age):
        whole = np.isfinite(values).all(axis=(2, 3))
        both = whole[:, before] & whole[:, before + 1]
        complete[where] = both
        one = np.where(both[..., None, None], values[:, before], 0.0)
        next_ = np.where(both[..., None, None], values[:, before + 1], 0.0)
        persons[where], aged_0[where] = one.sum(axis=(2, 3)), next_[..., 0].sum(axis=2)
        start += one.sum(axis=0)
        end += next_.sum(axis=0)
    kept = np.flatnonzero(complete.any(axis=0))
    if not kept.size or calendar[before[kept[-1]]] != origin - 1:
        raise PanelError(
            f"The ages of 1 January {origin - 1} and {origin} are not both known, and a forecast "
            f"from {origin} begins with them. Give population_by_age.csv for these years, or take "
            "an origin up to which ages are known."
        )
    used = slice(kept[0], kept[-1] + 1)
    before, complete, persons, aged_0 = (
        before[used], complete[:, used], persons[:, used], aged_0[:, used],
    )  # fmt: skip

    def flow(name: str) -> np.ndarray:
        column = panel[name].transpose(names.PLACE, names.YEAR).values if name in panel else None
        known = np.full(complete.shape, np.nan) if column is None else column[:, before]
        return np.where(complete, known, np.nan)

    births, deaths = flow(names.BIRTHS), flow(names.DEATHS)
    births = np.where(np.isnan(births), np.where(complete, aged_0, np.nan), births)
    given = np.isfinite(deaths)
    deaths = np.where(given, deaths, births - flow(names.NATURAL_INCREASE))
    error = np.nan_to_num(flow(names.MEASUREMENT_SD)) / 100.0 * persons
    variance = np.where(given, 0.0, error**2)
    return Known(
        calendar[before], by_age, before, complete, start[used], end[used], births, deaths,
        variance, which_are_women(panel),
    )  # fmt: skip


def _blocks(by_age: xr.DataArray) -> Iterator[tuple[slice, np.ndarray]]:
    for first in range(0, by_age.shape[0], _PLACES_AT_ONCE):
        where = slice(first, min(first + _PLACES_AT_ONCE, by_age.shape[0]))
        yield where, by_age[where].values


def which_are_women(panel: xr.Dataset) -> int:
    """Say where women stand along the dimension sex.

    Raises
    ------
    PanelError
        If there are not two sexes, of which one is called women.
    """
    labels = [str(label) for label in panel[names.SEX].values]
    found = [i for i, label in enumerate(labels) if label.lower() in _WOMEN]
    if len(found) != 1 or len(labels) != 2:
        raise PanelError(
            f"population_by_age has the sexes {listed(map(repr, labels))}, and it is not known "
            "which are women. Valid are two, such as female and male (or f and m): "
            "write them so in the column sex of population_by_age.csv."
        )
    return found[0]
