"""Total attractiveness: residential, and the migration that attractiveness for jobs brings.

Mathematical details
--------------------
With a residential and b_k business (and visit) attractiveness, in percent of population,

    total_it = a_it + Σ_k Σ_l β_l f_itl (jobs_ki,t−l−1 / P_i,t−l) b_ki,t−l

β_l the effect of one unit of lag(own job growth, l) on migration, of the kind's own sector
where the equation of migration has it, else of all jobs. The ratio turns b, which is in
percent of jobs, into what the factor is measured in: percent of the population of its own
year. With the population of year t in its place the terms would not sum to the factor's
contribution. f is 1, and 0 where the factor was missing in the fit: it then brought nothing.

In a year t − l outside the fit of jobs, b is its lasting part, κ with δ (by least squares the
mean of the residual), and the ratio that of the nearest fitted year. Where b or the ratio is
unknown nothing is added.

The effect of three years, (Σ_l β_l) (jobs_ki,t−1 / P_it) b_kit, is what b of year t brings in
that year and the next ones. Residential attractiveness is relative to the national level, and
so is what jobs bring: b is relative to the national level of job growth.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.effects import terms
from attraktiv.effects.own_jobs import own_jobs
from attraktiv.effects.question import Question
from attraktiv.errors import RunError
from attraktiv.store import kinds_of


def require_total(run: xr.DataTree) -> None:
    """Raise if a run has no total attractiveness.

    Raises
    ------
    RunError
        The run lacks an equation of migration, or one of jobs.
    """
    kinds = kinds_of(run)
    if kinds[0] != names.RESIDENTIAL or len(kinds) == 1:
        raise RunError(
            f"The run of {run.attrs.get('model', 'a model')} has no total attractiveness: that "
            f"takes equations of migration and of jobs, and it has {' and '.join(kinds)} "
            f"attractiveness only. Ask for that, --kind {kinds[0]}, or fit a model with both, for "
            "example: attraktiv fit joint_2026 PANEL --out RUN."
        )


def total_attractiveness(question: Question, *, with_path: bool) -> xr.Dataset:
    """Return draws of total attractiveness and of what it consists of.

    Parameters
    ----------
    question
        Of the equation of migration of a run that has equations of jobs too.
    with_path
        Whether to return each year too.

    Returns
    -------
    Dataset
        Over (chain, draw, place or group): ``attractiveness``, its parts ``residential`` and
        ``business_effect``, ``same_year_effect`` (the part of ``business_effect`` by the jobs
        of the same year) and ``three_year_effect``, means over the years of the period; over
        (…, year): ``path``.
    """
    own = own_jobs(question.run, question.years)
    assert own is not None, "require_total has said that there are equations of jobs"
    sums, dim = question.sums(), question.chosen.dim
    cells, known = sums.cells(sums.has_attractiveness())
    share, _ = sums.cells_of_years()
    effects = {
        name: np.zeros((sums.draws, sums.groups))
        for name in (names.BUSINESS_EFFECT, names.SAME_YEAR_EFFECT, names.THREE_YEAR_EFFECT)
    }
    path = sums.path().astype(np.float64) if with_path else None
    by_year = None if path is None else np.zeros_like(path)
    for block, where in own.blocks(sums.positions):
        brought = own.brought(where)
        of_period = (brought.of_year, brought.same_year, brought.in_all)
        for total, part in zip(effects.values(), of_period, strict=True):
            sums.add(total, np.einsum("spy,py->sp", part, cells[block]), block)
        if by_year is not None:
            sums.add(by_year, brought.of_year * share[block], block)
    residential = sums.period().astype(np.float64)
    variables = {
        names.ATTRACTIVENESS: residential + effects[names.BUSINESS_EFFECT],
        names.RESIDENTIAL: residential,
        **effects,
    }
    dtype, units = terms.precision(question.run), question.base.units[question.unit]

    def shaped(values: np.ndarray, *dims: str) -> tuple[Any, ...]:
        stored = question.split(values).astype(dtype, copy=False)
        return (names.CHAIN, names.DRAW, *dims), stored, {"units": units}

    shaped_variables = {
        name: shaped(np.where(known, values, np.nan), dim) for name, values in variables.items()
    }
    coords = question.coordinates()
    if path is not None and by_year is not None:
        shaped_variables[names.PATH] = shaped(path + by_year, dim, names.YEAR)
        coords[names.YEAR] = np.array(question.fitted_years())
    return xr.Dataset(shaped_variables, coords)
