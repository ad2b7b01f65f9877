"""The decomposition of growth: of places and of groups, of a period, draw by draw."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

import numpy as np
import xarray as xr

from attraktiv.effects.components import JobGrowth, PopulationGrowth
from attraktiv.effects.question import Question, ask
from attraktiv.effects.sums import Sums, mean_of_known
from attraktiv.effects.units import Unit, growth_in_words, is_of_migration
from attraktiv.errors import RunError
from attraktiv.names import (
    CHAIN,
    COMPONENT,
    DECOMPOSITION,
    DRAW,
    GROUP,
    JOBS,
    OBSERVED_GROWTH,
    POPULATION,
    RESIDENTIAL,
)
from attraktiv.store import equation_of, kinds_of

Of = Literal["population", "jobs"]


def decompose(
    run: xr.DataTree,
    *,
    of: Of | None = None,
    kind: str | None = None,
    places: Sequence[str] | None = None,
    group: str | None = None,
    first: int | None = None,
    last: int | None = None,
    unit: Unit = "percent",
) -> xr.Dataset:
    """Split growth of population, or of jobs, into terms that sum to it in every draw.

    The terms of population are natural increase, the national level of net migration, each
    structural factor relative to the average place, residential attractiveness with its
    regional part apart, the noise of the year, border transfers and rounding. Where the run
    explains growth of jobs too, own growth of jobs is not one factor but several: what
    structure, attractiveness and noise of jobs bring, and what no equation explains.

    The terms of jobs are the national level, each factor, business (or visit)
    attractiveness, and the noise of the year.

    Parameters
    ----------
    run
        A run.
    of
        ``population`` or ``jobs``; by default population where the run explains migration.
    kind
        Of jobs: the equation, ``business`` or ``visit``, where the run has both.
    places
        Codes or names of places; with ``group``, names of groups. None for all.
    group
        A grouping column of the panel, for example ``county_name``.
    first, last
        First and last year of the period; by default all years of the fit.
    unit
        ``percent``: the mean of the yearly rates, percent of the population on 1 January or
        of the jobs of the year before; for a group the rate of a year is
        Σ persons / Σ population over its places, or Σ change of jobs / Σ jobs.
        ``persons`` (of population) or ``jobs`` (of jobs): per year, the mean over the years.

    Returns
    -------
    Dataset
        ``decomposition`` over (chain, draw, place or group, component), float64, and
        ``observed_growth`` over (place or group): growth to the next 1 January, border
        transfers included, or growth of jobs since the year before. Coordinates ``name``,
        ``kind`` (of the component), ``population`` or ``jobs`` (mean of the period),
        ``years`` (how many count) and, for groups, ``places`` and ``places_counted``. NaN
        where no year counts.

    Raises
    ------
    RunError
        An unknown place, group, column, year or unit; an equation that the run lacks, or
        several to choose from; of population a run of an earlier version, or one whose panel
        lacked natural increase.

    Notes
    -----
    A place and year counts where the outcome was fitted and, of population, natural increase
    and the population on both 1 Januaries are known; all terms and the growth are over the
    same places and years. Places left out of the fit have no outcome in the run: theirs is
    missing, and groups are summed over the others.
    """
    options: dict[str, Any] = {"group": group, "first": first, "last": last, "unit": unit}
    (found,) = decompositions(run, [places], of=of, kind=kind, **options)
    return found


def decompositions(
    run: xr.DataTree,
    blocks: Iterable[Sequence[str] | None],
    *,
    of: Of | None = None,
    kind: str | None = None,
    group: str | None = None,
    first: int | None = None,
    last: int | None = None,
    unit: Unit = "percent",
) -> Iterator[xr.Dataset]:
    """Give the decompositions of several blocks of places, as :func:`decompose` gives one.

    What is the same for all places, such as the means of a factor's parts, is computed once.
    """
    equation = _equation(run, of, kind)
    growth: PopulationGrowth | JobGrowth | None = None
    for places in blocks:
        question = ask(equation, places=places, group=group, first=first, last=last, unit=unit)
        if growth is None:
            migration = is_of_migration(equation)
            growth = (
                PopulationGrowth(equation, question.years) if migration else JobGrowth(equation)
            )
        result = _decomposed(question, growth)
        yield result.assign_attrs(
            {
                **question.attrs(group),
                "of": question.base.name,
                "growth_of": growth_in_words(equation),
            }
        )


def _equation(run: xr.DataTree, of: Of | None, kind: str | None) -> xr.DataTree:
    """Return the equation whose growth is asked for."""
    kinds = kinds_of(run)
    chosen = kind
    if of is not None and of not in (POPULATION, JOBS):
        raise RunError(
            f"Growth of {of!r} is not split; valid are 'population' and 'jobs': --of jobs "
            "(of='jobs')."
        )
    if chosen is None and (of or _first(kinds)) == POPULATION:
        chosen = RESIDENTIAL
    elif chosen is None:
        of_jobs = [one for one in kinds if one != RESIDENTIAL]
        if len(of_jobs) > 1:
            raise RunError(
                f"The run of {run.attrs.get('model', 'a model')} explains the growth of several "
                f"jobs, those of {' and '.join(of_jobs)} attractiveness. Say which: --of jobs "
                f"--kind {of_jobs[0]} (kind={of_jobs[0]!r})."
            )
        if not of_jobs:
            raise RunError(
                f"The run of {run.attrs.get('model', 'a model')} has no equation of jobs, so only "
                "growth of population can be split: --of population. Models that explain jobs: "
                "attraktiv fit joint_2026 PANEL --out RUN, or business_2026."
            )
        chosen = of_jobs[0]
    if RESIDENTIAL not in kinds and chosen == RESIDENTIAL:
        raise RunError(
            f"The run of {run.attrs.get('model', 'a model')} has no equation of migration, so only "
            "growth of jobs can be split: --of jobs (of='jobs')."
        )
    if of is not None and (of == POPULATION) != (chosen == RESIDENTIAL):
        right = POPULATION if chosen == RESIDENTIAL else JOBS
        raise RunError(
            f"Growth of {of} is not what the equation of {chosen} attractiveness explains; ask "
            f"for --of {right} --kind {chosen} (of={right!r}, kind={chosen!r}), or leave --kind "
            "out."
        )
    return equation_of(run, chosen)


def _first(kinds: Sequence[str]) -> Of:
    return "population" if kinds[0] == RESIDENTIAL else "jobs"


def _decomposed(question: Question, growth: PopulationGrowth | JobGrowth) -> xr.Dataset:
    sums, dim, sizes = question.sums(), question.chosen.dim, question.sizes()
    observed = growth.observed(sums)
    complete = observed.known & np.isfinite(sizes)
    cells, known = sums.cells(complete)
    parts = list(growth.components(sums, cells))
    values = np.empty((sums.draws, len(known), len(parts)))
    for k, part in enumerate(parts):
        values[..., k] = part.draws
    values[:, ~known] = np.nan
    units = {"units": question.base.units[question.unit]}
    total = np.where(known, sums.fixed(cells, observed.growth), np.nan)
    coords: dict[str, Any] = {
        **question.coordinates(),
        COMPONENT: np.array([part.name for part in parts], dtype=object),
        "kind": (COMPONENT, np.array([part.kind for part in parts], dtype=object)),
        **_counts(question, sums, complete, sizes),
    }
    return xr.Dataset(
        {
            DECOMPOSITION: ((CHAIN, DRAW, dim, COMPONENT), question.split(values), units),
            OBSERVED_GROWTH: (dim, total, units),
        },
        coords,
    )


def _counts(
    question: Question, sums: Sums, complete: np.ndarray, sizes: np.ndarray
) -> dict[str, tuple[str, np.ndarray, dict[str, str]]]:
    """Return what stands beside each place or group: its size, and how much of it counts."""
    dim, base = question.chosen.dim, question.base
    counted = np.zeros((sums.groups, complete.shape[1]), dtype=int)
    np.add.at(counted, sums.group_of, complete)
    of_group = np.zeros(counted.shape)
    np.add.at(of_group, sums.group_of, np.where(complete, sizes, 0.0))
    size = mean_of_known(np.where(counted > 0, of_group, np.nan))
    coords: dict[str, tuple[str, np.ndarray, dict[str, str]]] = {
        base.name: (dim, size, {"units": str(base.counted)}),
        "years": (dim, (counted > 0).sum(axis=1), {"units": "years"}),
    }
    if dim == GROUP:
        places = np.bincount(sums.group_of, minlength=len(counted))
        with_any = np.bincount(
            sums.group_of, weights=complete.any(axis=1), minlength=len(counted)
        ).astype(int)
        coords["places"] = (dim, places, {"units": "places"})
        coords["places_counted"] = (dim, with_any, {"units": "places"})
    return coords
