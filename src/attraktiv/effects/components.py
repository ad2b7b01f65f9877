"""The components of growth: their order, their kinds, and the draws of each.

This module alone decides what growth is split into. A component is a name, a kind and its
draws; :class:`PopulationGrowth` and :class:`JobGrowth` give them in the order in which they
are shown, and their sum is the observed growth.

Mathematical details
--------------------
For place i and year t, in percent of the population P_it on 1 January,

    100 (P_i,t+1 − P_it) / P_it = n + m + b + r
                              m = α_t + Σ_k β_k x_kit + γ + θ_i + u_it + ε_it

with n natural increase, m net migration, b border transfers (none where none is recorded)
and r what these flows leave over: rounding. The factors x are centred within each year over
the fitted places, so that β_k x_kit is relative to the average place, and a missing factor
contributes nothing. ε is what m leaves over. Where the model explains a part of migration
only, the rest of migration is a component of its own; where attractiveness is a residual,
ε is part of it. Where the run explains growth of jobs too, the factors that are own growth of
jobs are split by what that consists of (:mod:`attraktiv.effects.own_jobs`).

Growth of jobs, in percent of the jobs of the year before, is split as m is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.effects import terms
from attraktiv.effects.own_jobs import OwnJobs, own_jobs
from attraktiv.effects.sums import Sums
from attraktiv.errors import RunError

#: Kinds of components, in the order in which they are shown.
NATURAL, OTHER, LEVEL = "natural increase", "other migration", "national level"
STRUCTURE, ATTRACTIVE = "structure", "attractiveness"
THROUGH_JOBS: Final = "attractiveness through jobs"
NOISE, NOISE_THROUGH_JOBS = "noise", "noise through jobs"
BORDERS, ROUNDING = "border transfers", "rounding"
KINDS = (
    *(NATURAL, OTHER, LEVEL, STRUCTURE, ATTRACTIVE, THROUGH_JOBS, NOISE, NOISE_THROUGH_JOBS),
    *(BORDERS, ROUNDING),
)

#: What a place's own unexplained part is called, by the kind of the equation.
_OWN: Final = {
    names.RESIDENTIAL: names.RESIDENTIAL_ATTRACTIVENESS,
    names.BUSINESS: names.BUSINESS_ATTRACTIVENESS,
    names.VISIT: names.VISIT_ATTRACTIVENESS,
}
_STORED = (
    names.NATURAL_INCREASE,
    names.NET_MIGRATION,
    names.BOUNDARY_TRANSFER,
    names.NEXT_POPULATION,
)


@dataclass(frozen=True)
class Component:
    """One term of growth.

    Attributes
    ----------
    name
        Its label along the dimension ``component``.
    kind
        One of :data:`KINDS`.
    draws
        Shape (draws or 1, groups): what is observed has one value for all draws.
    """

    name: str
    kind: str
    draws: np.ndarray


@dataclass(frozen=True)
class Cells:
    """What is observed of the growth of some places, in percent per year.

    Attributes
    ----------
    growth
        Shape (places, years); NaN where unknown.
    known
        Which cells can be split into components, shape (places, years).
    """

    growth: np.ndarray
    known: np.ndarray


@dataclass(frozen=True)
class JobGrowth:
    """Growth of jobs as an equation explains it.

    Attributes
    ----------
    run
        The equation, in the layout of a run of it alone.
    """

    run: xr.DataTree

    def observed(self, sums: Sums) -> Cells:
        """Return what is observed of the places and years of the sums."""
        growth = sums.outcome()
        return Cells(growth, np.isfinite(growth))

    def components(self, sums: Sums, cells: np.ndarray) -> Iterator[Component]:
        """Give the components, as :meth:`PopulationGrowth.components`."""
        structure = sums.structure(cells)
        factors = (
            Component(factor, STRUCTURE, structure[:, :, k])
            for k, factor in enumerate(terms.factor_names(self.run))
        )
        yield from _of_equation(self.run, sums, cells, [*factors])


@dataclass(frozen=True)
class PopulationGrowth:
    """Growth of population, whose migration an equation explains.

    Attributes
    ----------
    run
        A run whose first equation is of migration.
    years
        The period, as positions among its years.
    """

    run: xr.DataTree
    years: slice

    def __post_init__(self) -> None:
        _require(self.run)

    def observed(self, sums: Sums) -> Cells:
        """Return what is observed of the places and years of the sums."""
        flows = self._flows(sums)
        known = np.isfinite(flows.growth + flows.natural_increase + flows.other_migration)
        return Cells(flows.growth, known & np.isfinite(sums.outcome()))

    def components(self, sums: Sums, cells: np.ndarray) -> Iterator[Component]:
        """Give the components of growth, in the order in which they are shown.

        Parameters
        ----------
        sums
            Which places, groups and years, and by what weights.
        cells
            The coefficient of each cell, from :meth:`Sums.cells`.

        Yields
        ------
        Component
            Their draws sum to Σ c·growth in every draw.
        """
        flows = self._flows(sums)

        def observed(values: np.ndarray) -> np.ndarray:
            return sums.fixed(cells, values)[None]

        natural = observed(flows.natural_increase)
        yield Component(names.NATURAL_INCREASE, NATURAL, natural)
        other = observed(flows.other_migration)
        if terms.outcome(self.run) != names.NET_MIGRATION_RATE:
            yield Component(names.OTHER_MIGRATION, OTHER, other)
        explained = [*self._explained(sums, cells)]
        yield from _of_equation(self.run, sums, cells, explained)
        borders = observed(flows.boundary_transfer)
        yield Component(names.BOUNDARY_TRANSFER, BORDERS, borders)
        rest = observed(flows.growth) - natural - other - observed(sums.outcome()) - borders
        yield Component(names.ROUNDING, ROUNDING, rest)

    @cached_property
    def _own_jobs(self) -> OwnJobs | None:
        found = own_jobs(self.run, self.years)
        return None if found is None or not found.factors else found

    def _explained(self, sums: Sums, cells: np.ndarray) -> Iterator[Component]:
        """Give the factors, those of own jobs split by what the growth of jobs consists of."""
        structure = sums.structure(cells)
        own = self._own_jobs
        split = [] if own is None else [factor.term for factor in own.factors]
        if own is not None:
            total = np.zeros((3, sums.draws, sums.groups))
            for block, where in own.blocks(sums.positions):
                for part, values in zip(total, own.contributions(where), strict=True):
                    sums.add(part, np.einsum("spy,py->sp", values, cells[block]), block)
            yield Component(names.OWN_JOBS_STRUCTURE, STRUCTURE, total[0])
            other = structure[:, :, split].sum(axis=2) - total.sum(axis=0)
            yield Component(names.OWN_JOBS_OTHER, STRUCTURE, other)
        for k, factor in enumerate(terms.factor_names(self.run)):
            if k not in split:
                yield Component(factor, STRUCTURE, structure[:, :, k])
        if own is not None:
            yield Component(names.OWN_JOBS_ATTRACTIVENESS, THROUGH_JOBS, total[1])
            if not all(terms.is_residual(equation) for equation in own.equations.values()):
                yield Component(names.OWN_JOBS_NOISE, NOISE_THROUGH_JOBS, total[2])

    def _flows(self, sums: Sums) -> _Flows:
        at = {names.PLACE: sums.positions, names.YEAR: self.years}
        constant = self.run[names.CONSTANT_DATA].dataset.isel(at)

        def persons(name: str) -> np.ndarray:
            return constant[name].transpose(names.PLACE, names.YEAR).values

        def rate(name: str) -> np.ndarray:
            return 100.0 * persons(name) / population

        population, following = persons(names.POPULATION), persons(names.NEXT_POPULATION)
        explained = sums.outcome()
        whole = terms.outcome(self.run) == names.NET_MIGRATION_RATE
        return _Flows(
            growth=100.0 * (following - population) / population,
            natural_increase=rate(names.NATURAL_INCREASE),
            other_migration=0.0 * explained if whole else rate(names.NET_MIGRATION) - explained,
            boundary_transfer=np.nan_to_num(rate(names.BOUNDARY_TRANSFER)),
        )


@dataclass(frozen=True)
class _Flows:
    """Flows of some places, percent of population per year, (places, years); NaN unknown."""

    growth: np.ndarray
    natural_increase: np.ndarray
    other_migration: np.ndarray
    boundary_transfer: np.ndarray


def _of_equation(
    run: xr.DataTree, sums: Sums, cells: np.ndarray, explained: list[Component]
) -> Iterator[Component]:
    """Give what an equation says of its outcome, noise last of all that it leaves over.

    Parameters
    ----------
    explained
        The factors. They stand before attractiveness if they are structure, else after it.
    """
    own_name = _OWN[str(run.attrs.get(names.KIND, names.RESIDENTIAL))]
    level = Component(names.NATIONAL_LEVEL, LEVEL, sums.level(cells))
    structure = [part for part in explained if part.kind == STRUCTURE]
    through_jobs = [part for part in explained if part.kind == THROUGH_JOBS]
    noise_of_jobs = [part for part in explained if part.kind == NOISE_THROUGH_JOBS]
    posterior = run[names.POSTERIOR].dataset
    attractive = []
    if names.GAMMA in posterior:
        regional = sums.regional(cells)
        attractive.append(Component(names.REGIONAL_ATTRACTIVENESS, ATTRACTIVE, regional))
    if names.THETA in posterior:
        attractive.append(Component(own_name, ATTRACTIVE, sums.own(cells)))
    left = sums.fixed(cells, sums.outcome())[None]
    for part in (level, *explained, *attractive):
        left = left - part.draws
    noise = []
    if terms.is_residual(run):
        attractive.append(Component(own_name, ATTRACTIVE, left))
    else:
        noise.append(Component(names.NOISE, NOISE, left))
    yield from (level, *structure, *attractive, *through_jobs, *noise, *noise_of_jobs)


def _require(run: xr.DataTree) -> None:
    constant = run[names.CONSTANT_DATA].dataset
    if lacking := [name for name in _STORED if name not in constant]:
        raise RunError(
            f"The run does not hold {', '.join(lacking)}: it was made by an earlier version, and "
            "growth cannot be split without. Fit it again: attraktiv fit "
            f"{run.attrs.get('model', 'MODEL')} PANEL --out RUN --force"
        )
    for name, columns in (
        (names.NATURAL_INCREASE, "natural_increase, or births and deaths,"),
        (names.NEXT_POPULATION, "population of the year after each year of the fit"),
    ):
        if not bool(constant[name].notnull().any()):
            raise RunError(
                f"The run's panel has no {name} in any place and year of the fit, so growth "
                f"cannot be split. Add {columns} to panel.csv and fit again: attraktiv fit "
                f"{run.attrs.get('model', 'MODEL')} PANEL --out RUN --force"
            )
