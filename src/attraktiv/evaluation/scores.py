"""Predictive densities of several runs on the same cells: sums, differences, standard errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.effects.terms import is_residual
from attraktiv.evaluation.cells import cells, labels
from attraktiv.evaluation.densities import (
    LIMIT,
    no_whole_place,
    score_cells,
    score_places,
    standard_error,
    total,
)
from attraktiv.evaluation.futures import CARRIED, FORGOTTEN, no_later_year, score_year
from attraktiv.evaluation.refits import refitted
from attraktiv.progress import progress as progress_bar

CELL, PLACE = "cell", "place"
_LEAST_YEARS = 2


@dataclass(frozen=True)
class Scores:
    """Densities of one criterion.

    Attributes
    ----------
    criterion : str
        What was left out.
    of_place : xarray.DataArray
        (run, place) a place's log densities, summed; NaN where it does not count, and in a run
        that has no such density.
    scored : int
        How many densities each sum has.
    pareto_k, pareto_bad : (run,) float
        Largest k̂ and number of those too high; NaN where nothing was weighted.
    """

    criterion: str
    of_place: xr.DataArray
    scored: int
    pareto_k: np.ndarray
    pareto_bad: np.ndarray


def cell_scores(runs: Sequence[xr.DataTree], on: xr.DataArray, notes: list[str]) -> Scores:
    """Score each cell that all runs share, given all others."""
    scores = [score_cells(run) for run in runs]
    elpd = xr.concat([s[names.ELPD] for s in scores], dim=names.RUN, join="inner").where(on)
    known = elpd.notnull().all(names.RUN)
    of_place = elpd.where(known).sum(names.YEAR).where(known.any(names.YEAR))
    return Scores(CELL, of_place, int(known.sum()), *_pareto(scores, labels(runs), "cells", notes))


def place_scores(runs: Sequence[xr.DataTree], on: xr.DataArray, notes: list[str]) -> Scores:
    """Score each place that has the same cells in all runs, given the other places."""
    scores = [score_places(run) for run in runs]
    elpd = xr.concat([s[names.ELPD] for s in scores], dim=names.RUN, join="inner")
    why_not = [no_whole_place(run) for run in runs]
    scored = [not why for why in why_not]
    notes += [
        f"{label} has no density of whole places: {why}."
        for label, why in zip(labels(runs), why_not, strict=True)
        if why
    ]
    known = elpd.isel({names.RUN: scored}).notnull().all(names.RUN) & any(scored)
    for run in runs:  # the density of other cells is another density
        known = known & (cells(run)[names.USED].sum(names.YEAR) == on.sum(names.YEAR))
    if any(scored) and not bool(known.all()):
        notes.append(
            f"Densities of whole places count the {int(known.sum())} of {known.size} places whose "
            "cells are the same in all runs and can be predicted from the other places."
        )
    pareto = _pareto(scores, labels(runs), "places", notes)
    return Scores(PLACE, elpd.where(known), int(known.sum()), *pareto)


def future_scores(
    runs: Sequence[xr.DataTree],
    panel: xr.Dataset,
    on: xr.DataArray,
    origins: int,
    progress: bool,
    notes: list[str],
) -> list[Scores]:
    """Score the last years, each from a fit to the years before it."""
    years = [int(year) for year in on[names.YEAR].values[on.any(names.PLACE).values]]
    begun = max(int(run.attrs["first_year"]) for run in runs)
    chosen = [year for year in years[-origins:] if year - begun >= _LEAST_YEARS]
    if not chosen:
        notes.append("No later year could be predicted: fewer than two years lie before it.")
        return []
    why_not = [no_later_year(run) for run in runs]
    notes += [
        f"{label} has no density of later years: {why}."
        for label, why in zip(labels(runs), why_not, strict=True)
        if why
    ]
    able = [run for run, why in zip(runs, why_not, strict=True) if not why]
    if not able:
        return []
    criteria = [FORGOTTEN, CARRIED] if any(map(is_residual, able)) else [FORGOTTEN]
    found: dict[str, list[xr.DataArray]] = {criterion: [] for criterion in criteria}
    steps = float(len(chosen) * len(able)) if progress else None
    with progress_bar("predicting later years", steps) as update:
        for year in chosen:
            fitted = []
            for run in able:
                fitted.append(refitted(run, panel, int(run.attrs["first_year"]), year - 1))
                update(1.0)
            for criterion in criteria:
                parts = [score_year(fit, panel, criterion == CARRIED) for fit in fitted]
                both = xr.concat(parts, dim=names.RUN, join="inner")
                found[criterion].append(both.expand_dims({names.YEAR: [year]}))
    notes.append(
        f"Years left out and predicted: {', '.join(map(str, chosen))}, each from the years before "
        "it and given its factors; every model learns the national level of the year from the "
        "other places."
    )
    nothing = np.full(len(runs), np.nan)
    out = []
    for criterion, by_year in found.items():
        elpd = xr.concat(by_year, dim=names.YEAR, join="outer")
        of_place = elpd.sum(names.YEAR).where(elpd.notnull().any(names.YEAR))
        of_place = _among(of_place, [not why for why in why_not])
        count = int(elpd.isel({names.RUN: 0}).notnull().sum())
        out.append(Scores(criterion, of_place, count, nothing, nothing))
    return out


def summed(scores: Sequence[Scores]) -> xr.Dataset:
    """Return sums over places, differences from the first run, and their standard errors.

    Parameters
    ----------
    scores : sequence of Scores

    Returns
    -------
    xarray.Dataset
        ``elpd``, ``elpd_se``, ``elpd_difference``, ``elpd_difference_se``, ``pareto_k``,
        ``pareto_bad`` (criterion, run), ``elpd_of_place`` (criterion, run, place), ``scored``
        (criterion).
    """
    parts = []
    for score in scores:
        of_place = score.of_place.transpose(names.RUN, names.PLACE)
        values = of_place.values
        less = values - values[0]
        by_run = {
            names.ELPD: [total(row) for row in values],
            names.ELPD_SE: [standard_error(row) for row in values],
            names.ELPD_DIFFERENCE: [total(row) for row in less],
            names.ELPD_DIFFERENCE_SE: [standard_error(row) for row in less],
            names.PARETO_K: score.pareto_k,
            names.PARETO_BAD: score.pareto_bad,
        }
        part = xr.Dataset({key: (names.RUN, value) for key, value in by_run.items()})
        parts.append(part.assign({names.ELPD_OF_PLACE: of_place, names.SCORED: score.scored}))
    criteria = [score.criterion for score in scores]
    return xr.concat(parts, dim=names.CRITERION, join="outer").assign_coords(
        {names.CRITERION: criteria}
    )


def _among(of_able: xr.DataArray, able: Sequence[bool]) -> xr.DataArray:
    """Put the runs that have a density among all runs; NaN for the others."""
    at = [int(sum(able[:i])) if has else -1 for i, has in enumerate(able)]
    return of_able.isel({names.RUN: at}).where(xr.DataArray(list(able), dims=names.RUN))


def _pareto(
    scores: Sequence[xr.Dataset], name: Sequence[str], what: str, notes: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    worst, bad = np.full(len(scores), np.nan), np.full(len(scores), np.nan)
    for i, score in enumerate(scores):
        k = score[names.PARETO_K]
        if not bool(k.notnull().any()):
            continue
        limit = score.attrs[LIMIT]
        high = k > limit
        worst[i], bad[i] = float(k.max()), int(high.sum())
        if not bad[i]:
            continue
        of_place = high if what == "places" else high.any(names.YEAR)
        codes = [str(code) for code in k[names.PLACE].values[of_place.values]]
        notes.append(
            f"Pareto k of {name[i]} is above {limit:.2f} for {int(bad[i])} of "
            f"{int(k.notnull().sum())} {what} (highest {worst[i]:.2f}; place "
            f"{', '.join(codes[:3])}{', …' if len(codes) > 3 else ''}): their densities are "
            "uncertain, and rather too high than too low."
        )
    return worst, bad
