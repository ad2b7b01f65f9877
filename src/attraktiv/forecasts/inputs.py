"""All that a forecast starts from, gathered once and shared by every block of draws."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.forecasts.equations import Equation
from attraktiv.forecasts.factors import Factor, Known
from attraktiv.forecasts.profile import Profile
from attraktiv.forecasts.vital import Vital
from attraktiv.panels.weights import Neighbours
from attraktiv.recursion import State
from attraktiv.specs import of_sector

OWN_LAGS = 3


def own_growth_labels(sector: str) -> tuple[str, ...]:
    """Give the factors of a place's own job growth as a formula writes them, this year's first."""
    own = of_sector("own_job_growth", sector)
    return (own, *(f"lag({own}, {lag})" for lag in range(1, OWN_LAGS)))


def origin_of(run: xr.DataTree) -> int:
    """Give the year on whose 1 January the forecast of a run starts."""
    return int(run.attrs["last_year"]) + 1


@dataclass(frozen=True)
class People:
    """Population by sex and age at the origin, and what changes it.

    Attributes
    ----------
    by_age : numpy.ndarray
        (place, sex, age) persons on 1 January of the origin.
    sexes, ages : numpy.ndarray
        Their labels.
    female : int
        Which of the sexes are women.
    vital : Vital
    profile : Profile
    """

    by_age: np.ndarray
    sexes: np.ndarray
    ages: np.ndarray
    female: int
    vital: Vital
    profile: Profile


@dataclass(frozen=True)
class Side:
    """An equation with its factors.

    Attributes
    ----------
    equation : Equation
    factors : tuple of Factor
        Without those that the recursion of jobs and people takes itself.
    known : Known
        What the panel knows of them.
    """

    equation: Equation
    factors: tuple[Factor, ...]
    known: Known


@dataclass(frozen=True)
class Inputs:
    """What every draw starts from.

    Attributes
    ----------
    places : numpy.ndarray
        Codes.
    origin, horizon : int
    fitted : numpy.ndarray
        (place,) bool, where factors are centred.
    migration : Side
    jobs : Side or None
    sector : str
        Whose jobs, "" for all.
    natural : Side or None
        The equation of natural increase where people have no ages.
    people : People or None
    start : State
        Population (place,) at the origin and jobs of the year before, without draws.
    neighbours : Neighbours or None
    in_panel : numpy.ndarray
        (place,) positions in the panel, for the neighbours.
    panel_places : int
    correlation_path, correlation_noise : numpy.ndarray
        (draw,)
    other_migration : numpy.ndarray or None
        (place, known year) percent of population, where the equation is of domestic migration.
    share_scales : dict
        What the panel counts its shares in.
    national : numpy.ndarray or None
        (year, variant) population of the nation that draws are tied to, years after the origin.
    """

    places: np.ndarray
    origin: int
    horizon: int
    fitted: np.ndarray
    migration: Side
    jobs: Side | None
    sector: str
    natural: Side | None
    people: People | None
    start: State
    neighbours: Neighbours | None
    in_panel: np.ndarray
    panel_places: int
    correlation_path: np.ndarray
    correlation_noise: np.ndarray
    other_migration: np.ndarray | None
    share_scales: dict[str, float]
    national: np.ndarray | None

    @property
    def draws(self) -> int:
        """Number of draws."""
        return len(self.migration.equation.level)

    def block(self, rows: slice) -> Inputs:
        """Take some of the draws."""

        def side(one: Side | None) -> Side | None:
            if one is None:
                return None
            e = one.equation
            per_draw = {
                name: getattr(e, name)[rows]
                for name in (
                    "beta", "level", "level_mean", "level_rho", "level_sigma", "lasting", "path",
                    "rho", "sigma_u", "spread", "sigma", "phi",
                )
            }  # fmt: skip
            freedom = None if e.freedom is None else e.freedom[rows]
            factors = tuple(replace(factor, beta=factor.beta[rows]) for factor in one.factors)
            return Side(replace(e, **per_draw, freedom=freedom), factors, one.known)

        people = self.people
        if people is not None:
            v = people.vital
            vital = replace(
                v,
                mortality_of_place=v.mortality_of_place[rows],
                fertility_of_place=v.fertility_of_place[rows],
                mortality_level=v.mortality_level[rows],
                fertility_level=v.fertility_level[rows],
            )
            people = replace(people, vital=vital)
        migration = side(self.migration)
        assert migration is not None
        return replace(
            self,
            migration=migration,
            jobs=side(self.jobs),
            natural=side(self.natural),
            people=people,
            correlation_path=self.correlation_path[rows],
            correlation_noise=self.correlation_noise[rows],
        )


def positions(panel: xr.Dataset, origin: int) -> np.ndarray:
    """Give the positions of the places whose population at the origin is known."""
    at_origin = panel[names.POPULATION].sel({names.YEAR: origin}).values
    return np.flatnonzero(np.isfinite(at_origin) & (at_origin >= 0))
