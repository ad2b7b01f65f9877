"""What is known of births, deaths and ages at the origin of a forecast."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.errors import PanelError
from attraktiv.panels.faults import listed

_WOMEN = ("female", "f", "women", "woman", "kvinner", "kvinne", "k")


@dataclass(frozen=True)
class Known:
    """Flows of the years before the origin, and the ages at both ends of each year.

    Attributes
    ----------
    years : numpy.ndarray
        (year,) from the first year whose ages are known on its 1 January and on the next, anywhere.
    start, end : numpy.ndarray
        (place, year, sex, age) persons on 1 January of the year and of the next; zero in places
        and years where either is not known.
    births, deaths : numpy.ndarray
        (place, year) persons; NaN where they or the ages are not known.
    deaths_variance : numpy.ndarray
        (place, year) variance of the error of measurement of deaths, persons squared.
    women : int
        Where women stand along sex.
    """

    years: np.ndarray
    start: np.ndarray
    end: np.ndarray
    births: np.ndarray
    deaths: np.ndarray
    deaths_variance: np.ndarray
    women: int

    def latest(self, years: int) -> Known:
        """Keep the last years only."""
        return replace(
            self,
            years=self.years[-years:],
            **{
                name: getattr(self, name)[:, -years:]
                for name in ("start", "end", "births", "deaths", "deaths_variance")
            },
        )


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
    values = by_age.values
    whole = np.isfinite(values).all(axis=(2, 3))
    complete = whole[:, before] & whole[:, before + 1]
    kept = np.flatnonzero(complete.any(axis=0))
    if not kept.size or calendar[before[kept[-1]]] != origin - 1:
        raise PanelError(
            f"The ages of 1 January {origin - 1} and {origin} are not both known, and a forecast "
            f"from {origin} begins with them. Give population_by_age.csv for these years, or take "
            "an origin up to which ages are known."
        )
    before, complete = before[kept[0] : kept[-1] + 1], complete[:, kept[0] : kept[-1] + 1]
    start = np.where(complete[..., None, None], values[:, before], 0.0)
    end = np.where(complete[..., None, None], values[:, before + 1], 0.0)

    def flow(name: str) -> np.ndarray:
        column = panel[name].transpose(names.PLACE, names.YEAR).values if name in panel else None
        known = np.full(complete.shape, np.nan) if column is None else column[:, before]
        return np.where(complete, known, np.nan)

    births, deaths = flow(names.BIRTHS), flow(names.DEATHS)
    aged_0 = np.where(complete, end[..., 0].sum(axis=2), np.nan)
    births = np.where(np.isnan(births), aged_0, births)
    given = np.isfinite(deaths)
    deaths = np.where(given, deaths, births - flow(names.NATURAL_INCREASE))
    error = np.nan_to_num(flow(names.MEASUREMENT_SD)) / 100.0 * start.sum(axis=(2, 3))
    variance = np.where(given, 0.0, error**2)
    return Known(calendar[before], start, end, births, deaths, variance, which_are_women(panel))


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
