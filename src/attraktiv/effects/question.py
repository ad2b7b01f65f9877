"""What is asked of one equation of a run: places or groups, a period, a unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.effects import choice
from attraktiv.effects.sums import Sums
from attraktiv.effects.units import PERCENT, Base, Unit, base_of, require_unit


@dataclass(frozen=True)
class Question:
    """A question that a run can answer.

    Attributes
    ----------
    run
        The equation, in the layout of a run of it alone.
    chosen
        The places, or the groups, and the places of each.
    years
        The period, as positions among the run's years.
    unit
        ``percent``, or what the outcome's base is counted in.
    """

    run: xr.DataTree
    chosen: choice.Chosen
    years: slice
    unit: Unit

    @property
    def base(self) -> Base:
        """What the outcome is a percentage of."""
        return base_of(self.run)

    @property
    def of_groups(self) -> bool:
        """Whether groups are asked for."""
        return self.chosen.dim == names.GROUP

    def sizes(self) -> np.ndarray:
        """Return population, or jobs, shape (places, years); NaN where unknown."""
        stored = self.run[names.CONSTANT_DATA].dataset[self.base.stored]
        at = {names.PLACE: self.chosen.positions, names.YEAR: self.years}
        return stored.transpose(names.PLACE, names.YEAR).isel(at).values

    def sums(self) -> Sums:
        """Return the sums that answer it.

        The rate of a place alone is the mean of its years, each counting once.
        """
        sizes, percent = self.sizes(), self.unit == PERCENT
        weights = np.ones_like(sizes) if percent and not self.of_groups else sizes
        chosen = self.chosen
        return Sums(
            self.run, chosen.positions, chosen.group_of, weights, self.years, shares=percent
        )

    def fitted_years(self) -> list[int]:
        """Return the years of the period."""
        return choice.run_years(self.run)[self.years]

    def coordinates(self) -> dict[str, Any]:
        """Return the labels of a result: of its draws, and of its places or groups."""
        posterior = self.run[names.POSTERIOR].dataset
        return {
            names.CHAIN: posterior[names.CHAIN].values,
            names.DRAW: posterior[names.DRAW].values,
            self.chosen.dim: self.chosen.labels,
            names.NAME: (self.chosen.dim, self.chosen.named),
        }

    def split(self, values: np.ndarray) -> np.ndarray:
        """Return values (draws, …) as (chain, draw, …)."""
        sizes = self.run[names.POSTERIOR].dataset.sizes
        return values.reshape(sizes[names.CHAIN], sizes[names.DRAW], *values.shape[1:])

    def attrs(self, group: str | None) -> dict[str, Any]:
        """Return what a result says of itself."""
        years = self.fitted_years()
        return {
            "units": self.base.units[self.unit],
            "unit": self.unit,
            "first": years[0],
            "last": years[-1],
            "group": group or "",
            "run_id": self.run.attrs.get("run_id", ""),
            "model": self.run.attrs.get("model", ""),
        }


def ask(
    run: xr.DataTree,
    *,
    places: Sequence[str] | None,
    group: str | None,
    first: int | None,
    last: int | None,
    unit: Unit,
) -> Question:
    """Return the question that the arguments of a verb ask of an equation.

    Raises
    ------
    RunError
        An unknown place, group, column or year, or a unit that the equation does not have.
    """
    require_unit(unit, base_of(run))
    years = choice.find_years(run, first, last)
    return Question(run, choice.choose(run, places, group), years, unit)
