"""Units: what an outcome is a percentage of, and what is counted in its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

import xarray as xr

from attraktiv import names
from attraktiv.errors import RunError
from attraktiv.specs import sector_of

Unit = Literal["percent", "persons", "jobs"]
PERCENT: Final = "percent"


@dataclass(frozen=True)
class Base:
    """What the outcome of an equation is a percentage of.

    Attributes
    ----------
    name
        Its name beside a result, where it is the mean of the period.
    stored
        Its name in ``constant_data``.
    counted
        The unit that it is counted in.
    units
        The units of a result by the word that asks for them.
    """

    name: str
    stored: str
    counted: Unit
    units: Mapping[str, str]


_POPULATION: Final = Base(
    names.POPULATION,
    names.POPULATION,
    "persons",
    MappingProxyType(
        {PERCENT: names.PERCENT_OF_POPULATION, "persons": names.PERSONS_PER_YEAR},
    ),
)
_JOBS: Final = Base(
    names.JOBS,
    names.JOBS_BEFORE,
    "jobs",
    MappingProxyType({PERCENT: names.PERCENT_OF_JOBS, "jobs": names.JOBS_PER_YEAR}),
)


def base_of(run: xr.DataTree) -> Base:
    """Return what the outcome of an equation is a percentage of: population, or jobs."""
    return _POPULATION if is_of_migration(run) else _JOBS


def is_of_migration(run: xr.DataTree) -> bool:
    """Say whether an equation explains migration: else it explains growth of jobs."""
    return run.attrs.get(names.KIND, names.RESIDENTIAL) == names.RESIDENTIAL


def growth_in_words(run: xr.DataTree) -> str:
    """Return what grows by what an equation explains: population, jobs, or a sector's jobs."""
    if is_of_migration(run):
        return names.POPULATION
    sector = sector_of(str(run.attrs["outcome"])) or ""
    return f"{sector.replace('_', ' ')} jobs".strip()


def require_unit(unit: str, base: Base) -> None:
    """Raise if a result cannot be given in a unit.

    Raises
    ------
    RunError
        The unit is neither ``percent`` nor what the base is counted in.
    """
    if unit not in base.units:
        valid = " and ".join(f"'{word}' ({text})" for word, text in base.units.items())
        raise RunError(
            f"The unit is {unit!r}; valid are {valid}, for what is asked for is relative to "
            f"{base.name}: --unit {base.counted} (unit={base.counted!r})."
        )
