"""Growth of jobs as a factor of migration, and what the equations of jobs say of it.

Mathematical details
--------------------
A factor lag(own job growth, l) of the equation of migration is, in percent of the population
P of the year s = t − l that it is of,

    h_is = 100 (jobs_is − jobs_i,s−1) / P_is = Σ_k r_kis g_kis + o_is,   r_kis = jobs_ki,s−1 / P_is

with g_k the growth of the jobs that an equation k explains, in percent of the jobs of the
year before, and o what no equation explains. A kind of attractiveness acts through its own
sector's jobs where the equation of migration has them as a factor, else through all jobs, of
which its sector's are a part.

The equation says g = structure + b + e, so that the factor's contribution β (h − centre), β
per unit of the factor, is a sum of the contributions of structure, attractiveness b, noise e
and o. Each is centred within year t as the factor is: over the fitted places that know it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.effects import choice, terms
from attraktiv.effects.sums import blocks_of, mean_of_known
from attraktiv.effects.units import is_of_migration
from attraktiv.specs import sector_of
from attraktiv.store import equation_of, kinds_of

_LAGGED = re.compile(r"lag\((\w+), (\d+)\)")
#: What is held for a place beside its attractiveness: the parts, of each kind and in sum.
_HELD = 8


@dataclass(frozen=True)
class JobFactor:
    """A factor of migration that is own growth of jobs, of the same or of an earlier year.

    Attributes
    ----------
    term
        Its position among the factors.
    lag
        How many years earlier.
    kinds
        The equations whose jobs are among these.
    """

    term: int
    lag: int
    kinds: tuple[str, ...]


@dataclass(frozen=True)
class Brought:
    """Migration that attractiveness for jobs brings, percent of population per year.

    Attributes
    ----------
    of_year
        In the year, by the jobs of this year and of those before, as far as factors reach.
    same_year
        Its part by the jobs of the same year.
    in_all
        What the year's own attractiveness brings in this and the next years together.
    """

    of_year: np.ndarray
    same_year: np.ndarray
    in_all: np.ndarray


@dataclass(frozen=True)
class OwnJobs:
    """The factors of own job growth, for some years of the equation of migration.

    Attributes
    ----------
    run
        A run whose first equation is of migration.
    years
        The years, as positions among those of the run.
    equations
        The equations of jobs, by kind.
    factors
        The factors that these say something of.
    """

    run: xr.DataTree
    years: slice
    equations: Mapping[str, xr.DataTree]
    factors: tuple[JobFactor, ...]

    def blocks(self, positions: np.ndarray) -> Iterator[tuple[slice, terms.Where]]:
        """Give places in blocks (see :func:`attraktiv.effects.sums.blocks_of`)."""
        return blocks_of(positions, _HELD * self._draws * len(self._reach))

    def brought(self, where: terms.Where) -> Brought:
        """Return what attractiveness for jobs brings, arrays (draws, places, years)."""
        beta = terms.original_coefficients(self.run, self.years)
        known = self._known(where)
        zero = np.zeros((self._draws, *known.shape[:2]))
        found = Brought(zero, zero.copy(), zero.copy())
        for kind in self.equations:
            series = self._attractiveness(kind, where)
            for factor in (f for f in self.factors if kind in f.kinds):
                effect = beta[:, None, :, factor.term]
                part = effect * self._lagged(series, factor.lag) * known[:, :, factor.term]
                np.add(found.of_year, part, out=found.of_year)
                if factor.lag == 0:
                    np.add(found.same_year, part, out=found.same_year)
                np.add(found.in_all, effect * self._lagged(series, 0), out=found.in_all)
        return found

    def contributions(self, where: terms.Where) -> np.ndarray:
        """Return what structure, attractiveness and noise of jobs contribute to migration.

        Returns
        -------
        ndarray
            Shape (3, draws, places, years), percent of population per year.
        """
        beta = terms.original_coefficients(self.run, self.years)
        known = self._known(where)
        total = np.zeros((3, self._draws, *known.shape[:2]))
        series = {kind: self._parts(kind, where) for kind in self.equations}
        for factor, centre in zip(self.factors, self._centres, strict=True):
            parts = self._lagged(_sum(series, factor), factor.lag) - centre[:, :, None, :]
            total += beta[:, None, :, factor.term] * parts * known[:, :, factor.term]
        return total

    @cached_property
    def _centres(self) -> list[np.ndarray]:
        """Mean of each factor's parts over the places that its centre is of, (3, draws, years)."""
        fitted = self.run[names.CONSTANT_DATA].dataset[names.FITTED].values.astype(bool)
        n_years = self.years.stop - self.years.start
        totals = [np.zeros((3, self._draws, n_years)) for _ in self.factors]
        counts = np.zeros((n_years, len(self.factors)))
        for _, where in self.blocks(np.flatnonzero(fitted)):
            known = self._known(where)
            series = {kind: self._parts(kind, where) for kind in self.equations}
            for k, factor in enumerate(self.factors):
                lagged = self._lagged(_sum(series, factor), factor.lag)
                totals[k] += np.einsum("csit,it->cst", lagged, known[:, :, factor.term])
                counts[:, k] += known[:, :, factor.term].sum(axis=0)
        return [t / np.maximum(counts[:, k], 1.0) for k, t in enumerate(totals)]

    def _known(self, where: terms.Where) -> np.ndarray:
        """Return 1 where a factor is known, else 0, shape (places, years, terms)."""
        missing = self.run[names.CONSTANT_DATA].dataset[names.FACTOR_MISSING]
        at = missing.isel({names.PLACE: where, names.YEAR: self.years})
        return 1.0 - at.transpose(names.PLACE, names.YEAR, names.TERM).values

    @property
    def _reach(self) -> np.ndarray:
        """The years, and as many before them as the factors reach back."""
        years = choice.run_years(self.run)[self.years]
        longest = max((factor.lag for factor in self.factors), default=0)
        return np.arange(years[0] - longest, years[-1] + 1)

    def _lagged(self, series: np.ndarray, lag: int) -> np.ndarray:
        """Return of a series over the reach, its last axis, the years less a lag."""
        end = series.shape[-1] - lag
        return series[..., end - (self.years.stop - self.years.start) : end]

    def _at(self, equation: xr.DataTree) -> tuple[np.ndarray, np.ndarray]:
        """Return the nearest year of an equation to each of the reach, and which it has."""
        years = choice.run_years(equation)
        position = self._reach - years[0]
        return np.clip(position, 0, len(years) - 1), (position >= 0) & (position < len(years))

    def _attractiveness(self, kind: str, where: terms.Where) -> np.ndarray:
        """Return r·b, shape (draws, places, reach); zero where either is unknown."""
        equation = self.equations[kind]
        at, inside = self._at(equation)
        path = terms.path(equation, where, _whole(equation))
        series = path[:, :, at]
        if not inside.all():
            lasting = terms.lasting_part(equation, where)
            if lasting is None:
                lasting = mean_of_known(path)
            series[:, :, ~inside] = lasting[:, :, None]
        return np.nan_to_num(series * _ratio(equation, where)[:, at])

    def _parts(self, kind: str, where: terms.Where) -> np.ndarray:
        """Return r·structure, r·b and r·e, shape (3, draws, places, reach).

        Zero where the growth of jobs was not part of the fit: nothing is said of it there.
        """
        equation = self.equations[kind]
        at, inside = self._at(equation)
        whole = _whole(equation)
        growth = terms.observed(equation, where, whole)
        structure = terms.structure(equation, where, whole)
        left = growth - structure
        own = left if terms.is_residual(equation) else terms.path(equation, where, whole)
        scale = _ratio(equation, where)
        known = np.isfinite(growth * scale)[:, at] & inside
        parts = np.stack([structure, own, left - own]) * scale
        return np.where(known, parts[..., at], 0.0)

    @property
    def _draws(self) -> int:
        sizes = self.run[names.POSTERIOR].dataset.sizes
        return sizes[names.CHAIN] * sizes[names.DRAW]


def own_jobs(run: xr.DataTree, years: slice) -> OwnJobs | None:
    """Return the factors of migration that equations of jobs say something of.

    Parameters
    ----------
    run
        A run.
    years
        Years of its first equation, as positions.

    Returns
    -------
    OwnJobs or None
        None where the run has no equation of migration, or none of jobs.
    """
    kinds = kinds_of(run)
    if not is_of_migration(run) or len(kinds) == 1:
        return None
    equations = {kind: equation_of(run, kind) for kind in kinds[1:]}
    growths = [
        (term, *found)
        for term, label in enumerate(terms.factor_names(run))
        if (found := _own_growth(label)) is not None
    ]
    has = {sector for _, sector, _ in growths}
    sectors = {kind: sector_of(terms.outcome(e)) or "" for kind, e in equations.items()}
    through = {kind: sector if sector in has else "" for kind, sector in sectors.items()}
    factors = [
        JobFactor(term, lag, kinds_of_factor)
        for term, sector, lag in growths
        if (kinds_of_factor := tuple(kind for kind, s in through.items() if s == sector))
    ]
    return OwnJobs(run, years, equations, tuple(factors))


def _own_growth(label: str) -> tuple[str, int] | None:
    """Return sector and lag of a factor that is own growth of jobs, else None."""
    lagged = _LAGGED.fullmatch(label)
    variable, lag = (lagged[1], int(lagged[2])) if lagged else (label, 0)
    if not variable.startswith("own_"):
        return None
    sector = sector_of(variable.removeprefix("own_"))
    return None if sector is None else (sector, lag)


def _sum(series: Mapping[str, np.ndarray], factor: JobFactor) -> np.ndarray:
    first, *others = (series[kind] for kind in factor.kinds)
    return sum(others, start=first)


def _ratio(equation: xr.DataTree, where: terms.Where) -> np.ndarray:
    """Return jobs of the year before over population, shape (places, years)."""
    constant = equation[names.CONSTANT_DATA].dataset.isel({names.PLACE: where})
    ratio = constant[names.JOBS_BEFORE] / constant[names.POPULATION]
    return ratio.transpose(names.PLACE, names.YEAR).values


def _whole(equation: xr.DataTree) -> slice:
    return slice(0, len(choice.run_years(equation)))
