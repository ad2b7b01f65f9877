"""Gather what a forecast starts from: the run, the panel, and the jobs that go with them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from attraktiv import names
from attraktiv.errors import ForecastError
from attraktiv.forecasts import factors
from attraktiv.forecasts.beside import jobs_beside, natural_beside
from attraktiv.forecasts.equations import Equation, equation_draws, scalar_draws
from attraktiv.forecasts.inputs import (
    OWN_LAGS,
    Inputs,
    People,
    Side,
    origin_of,
    own_growth_labels,
    positions,
)
from attraktiv.forecasts.known import known_at, which_are_women
from attraktiv.forecasts.profile import estimate_profile
from attraktiv.forecasts.vital import estimate_vital
from attraktiv.panels import Schedules, covariate, jobs_before, neighbours
from attraktiv.recursion import State
from attraktiv.specs import of_sector, sector_of
from attraktiv.store import equation_of, kinds_of


def gather(
    run: xr.DataTree,
    panel: xr.Dataset,
    horizon: int,
    chosen: np.ndarray,
    seed: int,
    *,
    jobs: str | Path | xr.DataTree | None,
    national: np.ndarray | None,
    supplied: Schedules | None,
    progress: bool,
) -> Inputs:
    """Gather what every draw starts from.

    Parameters
    ----------
    run, panel, horizon, jobs
        As for :func:`attraktiv.forecast`.
    chosen : (draw,) int
        Draws of the run that are continued.
    seed : int
    national : numpy.ndarray or None
        (year, variant) population of the nation.
    supplied : Schedules or None
        Rates of births and deaths that the panel folder supplies.
    progress : bool

    Returns
    -------
    Inputs
    """
    rng = np.random.default_rng([seed, 1])
    origin = origin_of(run)
    main = equation_of(run, kinds_of(run)[0])
    if sector_of(str(main.attrs.get("outcome", ""))) is not None:
        raise ForecastError(
            f"The model {run.attrs.get('model')} explains jobs alone, and a forecast of population "
            "needs migration: attraktiv fit hierarchical_dynamic PANEL --out RUN2, then attraktiv "
            "forecast RUN2 PANEL --jobs RUN"
        )
    place = main[names.CONSTANT_DATA].dataset[names.PLACE].values
    panel = _at(panel, pd.Index(panel[names.PLACE].values).get_indexer(place))
    kept = positions(panel, origin)
    if kept.size == 0:
        raise ForecastError(
            f"No place of the panel has a known population on 1 January {origin}, where the "
            "forecast starts. Add it to panel.csv, or fit to fewer years: --until YEAR"
        )
    inside = _at(panel, kept)
    migration = equation_draws(main, chosen, rng)
    business, sector = jobs_beside(run, panel, migration, jobs, chosen, seed, rng, progress)
    ages = names.POPULATION_BY_AGE in panel and bool(
        np.isfinite(inside[names.POPULATION_BY_AGE].sel({names.YEAR: origin})).all()
    )
    simulated = factors.simulated_names(None if business is None else sector, ages)
    # the recursion of jobs and people takes these itself
    taken = set(own_growth_labels(sector)) if business else set()
    side = _side(migration, inside, panel, kept, simulated, taken, origin)
    jobs_side = None
    if business is not None:
        eta = {f"lag({names.POPULATION_GROWTH}, 1)"}
        jobs_side = _side(business, inside, panel, kept, simulated, eta, origin)
    people, natural = None, None
    if ages:
        people = _people(inside, origin, horizon, len(chosen), rng, supplied)
    else:
        equation = natural_beside(run, panel, len(chosen), seed, rng, progress)
        natural = _side(equation, inside, panel, kept, simulated, set(), origin)
    labels = [
        label
        for one in (side, jobs_side, natural)
        if one is not None
        for label in factors.share_labels(one.factors)
    ]
    posterior = run[names.POSTERIOR].dataset
    tied = {
        name: scalar_draws(posterior, name, chosen)
        for name in (names.CORRELATION_PATH, names.CORRELATION_NOISE)
    }
    fitted_places = main[names.CONSTANT_DATA].dataset[names.FITTED].values.astype(bool)[kept]
    return Inputs(
        inside[names.PLACE].values,
        origin,
        horizon,
        fitted_places,
        side,
        jobs_side,
        sector,
        natural,
        people,
        _start(inside, origin, sector, business is not None, fitted_places),
        neighbours(panel, origin - 1) if business is not None else None,
        kept,
        panel.sizes[names.PLACE],
        tied[names.CORRELATION_PATH],
        tied[names.CORRELATION_NOISE],
        _other_migration(inside, migration.outcome, origin),
        factors.share_scales(inside, tuple(dict.fromkeys(labels)), origin),
        national,
    )


def _at(panel: xr.Dataset, where: np.ndarray) -> xr.Dataset:
    """Take some of the places; all of them without a copy of their ages."""
    if np.array_equal(where, np.arange(panel.sizes[names.PLACE])):
        return panel
    return panel.isel({names.PLACE: where})


def _side(
    equation: Equation,
    inside: xr.Dataset,
    panel: xr.Dataset,
    kept: np.ndarray,
    simulated: factors.Simulated,
    without: set[str],
    origin: int,
) -> Side:
    """Put an equation and its factors together, for the places of the forecast."""
    found = factors.factors_of(equation.at_places(kept), inside, simulated, without)
    # the whole panel: neighbours may lie among the places that are not forecast
    known = factors.known_of(found, panel, origin).at_places(kept)
    return Side(equation.at_places(kept), found, known)


def _people(
    inside: xr.Dataset,
    origin: int,
    horizon: int,
    draws: int,
    rng: np.random.Generator,
    supplied: Schedules | None,
) -> People:
    known = known_at(inside, origin)
    vital = estimate_vital(inside, known, years=horizon, draws=draws, rng=rng, supplied=supplied)
    profile = estimate_profile(inside, known, vital)
    by_age = inside[names.POPULATION_BY_AGE].sel({names.YEAR: origin})
    values = by_age.transpose(names.PLACE, names.SEX, names.AGE).values
    sexes, ages = inside[names.SEX].values, inside[names.AGE].values
    return People(values, sexes, ages, which_are_women(inside), vital, profile)


def _start(
    inside: xr.Dataset, origin: int, sector: str, with_jobs: bool, fitted: np.ndarray
) -> State:
    """Give the state on 1 January of the origin; what is not known stands at the year's mean."""
    population = inside[names.POPULATION].sel({names.YEAR: origin}).values
    zero = np.zeros_like(population)

    def before(name: str, lag: int) -> np.ndarray:
        if origin - lag not in inside[names.YEAR].values:
            return zero
        values = covariate(inside, name, until=origin - 1).sel({names.YEAR: origin - lag}).values
        known = np.isfinite(values)
        mean = values[known & fitted].mean() if (known & fitted).any() else 0.0
        return np.where(known, values, mean)

    if not with_jobs:
        return State(zero, population, zero, np.zeros((OWN_LAGS - 1, population.size)))
    # jobs of the year before the origin, or the last that are known
    earlier = jobs_before(inside, sector).sel({names.YEAR: slice(None, origin)})
    known_jobs = earlier.transpose(names.PLACE, names.YEAR).values
    last = np.isfinite(known_jobs)[:, ::-1].argmax(axis=1)
    jobs = known_jobs[:, ::-1][np.arange(population.size), last]
    known = np.isfinite(jobs)
    per_person = jobs[known].sum() / population[known].sum()
    own_growth = of_sector("own_job_growth", sector)
    own = np.stack([before(own_growth, lag) for lag in range(1, OWN_LAGS)])
    growth = before(names.POPULATION_GROWTH, 1)
    return State(np.where(known, jobs, per_person * population), population, growth, own)


def _other_migration(inside: xr.Dataset, outcome: str, origin: int) -> np.ndarray | None:
    """Give the migration that an equation of domestic migration leaves out, of known years."""
    if outcome != names.NET_DOMESTIC_MIGRATION_RATE:
        return None
    if names.NET_MIGRATION not in inside:
        raise ForecastError(
            "The run explains domestic migration alone, and the panel has no net_migration to take "
            "the rest from. Add the column, or fit a model of net migration."
        )
    total = covariate(inside, names.NET_MIGRATION_RATE, until=origin - 1)
    domestic = covariate(inside, outcome, until=origin - 1)
    rest = (total - domestic).sel({names.YEAR: slice(None, origin - 1)})
    values = rest.transpose(names.PLACE, names.YEAR).values
    values = values[:, np.isfinite(values).any(axis=0)]
    return np.where(np.isfinite(values), values, 0.0)
