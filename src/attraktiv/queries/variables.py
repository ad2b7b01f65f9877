"""Which variables a run can be asked for, and their units."""

from __future__ import annotations

import difflib

import xarray as xr

from attraktiv import names
from attraktiv.effects import terms
from attraktiv.effects.units import is_of_migration
from attraktiv.errors import RunError
from attraktiv.store import equation_of, kinds_of

_OF_ATTRACTIVENESS = (names.ATTRACTIVENESS, names.ATTRACTIVENESS_WITH_NOISE, names.LASTING)
_FIRST = (names.POSTERIOR, names.OBSERVED_DATA, names.CONSTANT_DATA)
_UNITS = {
    **dict.fromkeys(
        (names.ALPHA, names.MU_ALPHA, names.GAMMA, names.THETA, names.U),
        names.PERCENT_OF_POPULATION,
    ),
    **dict.fromkeys(
        (names.SIGMA_ALPHA, names.SIGMA_GAMMA, names.TAU, names.SIGMA_U, names.SIGMA),
        names.PERCENTAGE_POINTS,
    ),
    **dict.fromkeys((names.RHO, names.RHO_ALPHA, names.PHI, names.NU), "dimensionless"),
    names.NET_MIGRATION_RATE: names.PERCENT_OF_POPULATION,
    names.NET_DOMESTIC_MIGRATION_RATE: names.PERCENT_OF_POPULATION,
    names.BETA: "percentage points per standard deviation",
    names.BETA_ORIGINAL: "percentage points per unit of the factor",
    **dict.fromkeys(
        (names.POPULATION, names.BIRTHS, names.DEATHS, names.NATURAL_INCREASE, names.NET_MIGRATION),
        names.PERSONS,
    ),
    **dict.fromkeys(
        (names.POPULATION_BY_AGE_GROUP, names.POPULATION_BY_AGE, names.POPULATION_DIFFERENCE),
        names.PERSONS,
    ),
    names.JOBS: names.JOBS_UNIT,
    names.MEASUREMENT_SD: "percent of population",
}


def derived(run: xr.DataTree) -> tuple[str, ...]:
    """Return the variables that are computed from the run: its outcome, and attractiveness."""
    total = (names.TOTAL_ATTRACTIVENESS,) if is_of_migration(run) and len(kinds_of(run)) > 1 else ()
    return (terms.outcome(run), *_OF_ATTRACTIVENESS, *total)


def of_equation(run: xr.DataTree, variable: str) -> tuple[xr.DataTree, str]:
    """Return the equation that a variable is of, and its name there.

    Parameters
    ----------
    variable
        Its name, which is of the first equation, or ``kind/name``, for example
        ``business/beta``.
    """
    kind, _, name = variable.partition("/")
    return (equation_of(run, kind), name) if name and kind in kinds_of(run) else (run, variable)


def find_variable(run: xr.DataTree, variable: str, asked: str) -> xr.DataArray:
    """Return a stored variable, not yet read.

    Parameters
    ----------
    variable
        Its name, or ``group/name`` where several groups of the run share a name.
    asked
        The same as it was asked for, with the kind of its equation.

    Raises
    ------
    RunError
        The run has no such variable; those it has are named.
    """
    group, _, name = variable.rpartition("/")
    for candidate in [group] if group else _groups(run):
        if candidate in run.children and name in run[candidate].data_vars:
            return run[candidate].dataset[name]
    stored = [
        (g, sorted(map(str, run[g].data_vars))) for g in _groups(run) if len(run[g].data_vars)
    ]
    known = sorted({*derived(run), *(name for _, variables in stored for name in variables)})
    near = difflib.get_close_matches(name, known, n=3)
    of = asked.removesuffix(variable)
    hint = f"Did you mean {' or '.join(of + one for one in near)}? " if near else ""
    listed = "; ".join(f"{g}: {', '.join(variables)}" for g, variables in stored)
    others = kinds_of(run)[1:]
    if others:
        listed += f". Those of other equations are {' and '.join(f'{k}/VARIABLE' for k in others)}"
    raise RunError(
        f"The run has no variable {asked!r}. {hint}It has {', '.join(derived(run))} (computed); "
        f"{listed}. For example: attraktiv query RUN {of}{names.ATTRACTIVENESS}"
    )


def unit_of(variable: xr.DataArray) -> str:
    """Return the unit of a stored variable: its own, or the one that its name implies."""
    return str(variable.attrs.get("units") or _UNITS.get(str(variable.name), ""))


def _groups(run: xr.DataTree) -> list[str]:
    return [*_FIRST, *sorted(set(run.children) - set(_FIRST))]
