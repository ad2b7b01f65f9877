"""The components of growth: their order, their kinds, and the draws of each.

This module alone decides what growth is split into. A component is a name, a kind and its
draws; :func:`components_of_growth` returns them in the order in which they are shown, and
their sum is the observed growth.

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
ε is part of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.effects import terms
from attraktiv.effects.sums import Sums
from attraktiv.errors import RunError

#: Kinds of components, in the order in which they are shown.
NATURAL, OTHER, LEVEL = "natural increase", "other migration", "national level"
STRUCTURE, ATTRACTIVE = "structure", "attractiveness"
NOISE, BORDERS, ROUNDING = "noise", "border transfers", "rounding"
KINDS = (NATURAL, OTHER, LEVEL, STRUCTURE, ATTRACTIVE, NOISE, BORDERS, ROUNDING)

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
class Flows:
    """What is observed of the growth of some places, percent of population per year.

    Attributes
    ----------
    growth, natural_increase, other_migration, boundary_transfer
        Shape (places, years); NaN where unknown.
    """

    growth: np.ndarray
    natural_increase: np.ndarray
    other_migration: np.ndarray
    boundary_transfer: np.ndarray

    @property
    def known(self) -> np.ndarray:
        """Which cells can be split into components, as far as these flows go."""
        return np.isfinite(self.growth + self.natural_increase + self.other_migration)


def flows_of_places(run: xr.DataTree, where: terms.Where, years: slice) -> Flows:
    """Return what a run holds of the observed growth of places.

    Raises
    ------
    RunError
        The run was written before runs held these flows, or its panel lacked natural
        increase.
    """
    _require(run)
    constant = run[names.CONSTANT_DATA].dataset.isel({names.PLACE: where, names.YEAR: years})

    def persons(name: str) -> np.ndarray:
        return constant[name].transpose(names.PLACE, names.YEAR).values

    def rate(name: str) -> np.ndarray:
        return 100.0 * persons(name) / population

    population, following = persons(names.POPULATION), persons(names.NEXT_POPULATION)
    explained = terms.observed(run, where, years)
    whole = terms.outcome(run) == names.NET_MIGRATION_RATE
    return Flows(
        growth=100.0 * (following - population) / population,
        natural_increase=rate(names.NATURAL_INCREASE),
        other_migration=0.0 * explained if whole else rate(names.NET_MIGRATION) - explained,
        boundary_transfer=np.nan_to_num(rate(names.BOUNDARY_TRANSFER)),
    )


def components_of_growth(
    run: xr.DataTree, sums: Sums, cells: np.ndarray, flows: Flows
) -> Iterator[Component]:
    """Give the components of growth, in the order in which they are shown.

    Parameters
    ----------
    run
        A run.
    sums
        Which places, groups and years, and by what weights.
    cells
        The coefficient of each cell, from :meth:`Sums.cells`.
    flows
        What is observed of the same places and years.

    Yields
    ------
    Component
        Their draws sum to Σ c·growth in every draw.
    """

    def observed(values: np.ndarray) -> np.ndarray:
        return sums.fixed(cells, values)[None]

    natural = observed(flows.natural_increase)
    yield Component(names.NATURAL_INCREASE, NATURAL, natural)
    other = observed(flows.other_migration)
    if terms.outcome(run) != names.NET_MIGRATION_RATE:
        yield Component(names.OTHER_MIGRATION, OTHER, other)
    migration = observed(sums.outcome())
    left = migration
    for component in _of_migration(run, sums, cells):
        left = left - component.draws
        yield component
    if terms.is_residual(run):
        yield Component(names.RESIDENTIAL_ATTRACTIVENESS, ATTRACTIVE, left)
    else:
        yield Component(names.NOISE, NOISE, left)
    borders = observed(flows.boundary_transfer)
    yield Component(names.BOUNDARY_TRANSFER, BORDERS, borders)
    rest = observed(flows.growth) - natural - other - migration - borders
    yield Component(names.ROUNDING, ROUNDING, rest)


def _of_migration(run: xr.DataTree, sums: Sums, cells: np.ndarray) -> Iterator[Component]:
    """Give what the model says of migration; for least squares the residual is left."""
    yield Component(names.NATIONAL_LEVEL, LEVEL, sums.level(cells))
    structure = sums.structure(cells)
    for k, factor in enumerate(terms.factor_names(run)):
        yield Component(factor, STRUCTURE, structure[:, :, k])
    posterior = run[names.POSTERIOR].dataset
    if names.GAMMA in posterior:
        yield Component(names.REGIONAL_ATTRACTIVENESS, ATTRACTIVE, sums.regional(cells))
    if names.THETA in posterior:
        yield Component(names.RESIDENTIAL_ATTRACTIVENESS, ATTRACTIVE, sums.own(cells))


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
