"""Attractiveness: of a period, of each year, lasting; of places and of groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from attraktiv.effects import terms
from attraktiv.effects.question import Question, ask
from attraktiv.effects.sums import mean_of_known
from attraktiv.effects.total import require_total, total_attractiveness
from attraktiv.effects.units import Unit, growth_in_words
from attraktiv.names import (
    ATTRACTIVENESS,
    ATTRACTIVENESS_WITH_NOISE,
    CHAIN,
    CONSTANT_DATA,
    DRAW,
    FITTED,
    FROM_PRIOR,
    KIND,
    LASTING,
    PATH,
    TOTAL,
    YEAR,
)
from attraktiv.store import equation_of, kinds_of


def attractiveness(
    run: xr.DataTree,
    *,
    places: Sequence[str] | None = None,
    group: str | None = None,
    first: int | None = None,
    last: int | None = None,
    unit: Unit = "percent",
    kind: str | None = None,
    with_path: bool = True,
) -> xr.Dataset:
    """Return draws of attractiveness: a = γ + θ + u, of which γ + θ lasts.

    Places that were left out of the fit have draws from the prior and are part of every
    group's sum. A group is summed by population, or by jobs, within each draw.

    Parameters
    ----------
    run
        A run.
    places
        Codes or names of places; with ``group``, names of groups. None for all.
    group
        A grouping column of the panel, for example ``county_name``.
    first, last
        First and last year of the period; by default all years of the fit.
    unit
        ``percent``: percent of population per year, of business and visit attractiveness
        percent of jobs per year; for a group Σ pop·a / Σ pop of each year, or
        Σ jobs·b / Σ jobs with the jobs of the year before. ``persons`` (of residential and
        total attractiveness): Σ pop·a / 100, persons per year. ``jobs`` (of business and visit
        attractiveness): Σ jobs·b / 100, jobs per year. Only places and years with a known
        population, or known jobs, count towards groups, persons and jobs.
    kind
        ``residential``, ``business`` or ``visit``: what that equation of the run leaves
        unexplained; ``total``: residential attractiveness and the migration that the others
        bring through jobs. By default that of the run's first equation.
    with_path
        Whether to return each year too; large where there are many places.

    Returns
    -------
    Dataset
        Over (chain, draw, place or group): ``attractiveness``, the mean of a over the
        years; ``attractiveness_with_noise``, the mean of a + ε over the observed years,
        which is what a classical residual measures; ``lasting``, γ + θ (by the mean
        population or jobs of the period for groups, persons and jobs; for least squares the
        mean of the residual). Over (…, year): ``path``, where the model has one. Coordinates
        ``name``, ``population`` or ``jobs`` (mean of the period), ``from_prior``.

        Of ``total``: ``attractiveness``, which is the sum of ``residential`` and
        ``business_effect``; ``same_year_effect``, ``three_year_effect`` and ``path``.

    Raises
    ------
    RunError
        An unknown place, group, column, year, unit or kind.

    Notes
    -----
    :mod:`attraktiv.effects.total` defines total attractiveness.
    """
    chosen = kinds_of(run)[0] if kind is None else kind
    if chosen == TOTAL:
        require_total(run)
    equation = run if chosen == TOTAL else equation_of(run, chosen)
    question = ask(equation, places=places, group=group, first=first, last=last, unit=unit)
    if chosen == TOTAL:
        result = total_attractiveness(question, with_path=with_path)
    else:
        result = _of_equation(question, with_path=with_path)
    lasting = "mean of the residual" if terms.is_residual(equation) else "lasting part of the model"
    return result.assign_coords(_beside(question)).assign_attrs(
        {
            **question.attrs(group),
            KIND: chosen,
            LASTING: lasting,
            "growth_of": growth_in_words(equation),
        }
    )


def _of_equation(question: Question, *, with_path: bool) -> xr.Dataset:
    sums, dim = question.sums(), question.chosen.dim
    dtype = terms.precision(question.run)

    def shaped(values: np.ndarray, *dims: str) -> tuple[Any, ...]:
        units = {"units": question.base.units[question.unit]}
        return (CHAIN, DRAW, *dims), question.split(values).astype(dtype, copy=False), units

    variables = {
        ATTRACTIVENESS: shaped(sums.period(), dim),
        ATTRACTIVENESS_WITH_NOISE: shaped(sums.period_with_noise(), dim),
        LASTING: shaped(sums.lasting(), dim),
    }
    coords = question.coordinates()
    if with_path and terms.has_path(question.run):
        variables[PATH] = shaped(sums.path(), dim, YEAR)
        coords[YEAR] = np.array(question.fitted_years())
    return xr.Dataset(variables, coords)


def _beside(question: Question) -> dict[str, Any]:
    """Return what stands beside each place or group: its size, and whether it was fitted."""
    chosen, sizes = question.chosen, question.sizes()
    fitted = question.run[CONSTANT_DATA].dataset[FITTED].values.astype(bool)[chosen.positions]
    units = {"units": question.base.counted}
    if not question.of_groups:
        return {
            question.base.name: (chosen.dim, mean_of_known(sizes), units),
            FROM_PRIOR: (chosen.dim, ~fitted),
        }
    by_year = np.zeros((len(chosen.labels), sizes.shape[1]))
    np.add.at(by_year, chosen.group_of, np.nan_to_num(sizes))
    any_fitted = np.zeros(len(chosen.labels), dtype=bool)
    np.logical_or.at(any_fitted, chosen.group_of, fitted)
    places = np.bincount(chosen.group_of, minlength=len(chosen.labels))
    return {
        question.base.name: (chosen.dim, by_year.mean(axis=1), units),
        FROM_PRIOR: (chosen.dim, ~any_fitted),
        "places": (chosen.dim, places, {"units": "places"}),
    }
