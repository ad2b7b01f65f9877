"""Gather what a forecast starts from: the run, the panel, and the jobs that go with them."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.engines import fit
from attraktiv.errors import AttraktivWarning, ForecastError, PanelError
from attraktiv.forecasts import factors
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
from attraktiv.store import equation_of, kinds_of, open_run

JOBS_MODEL, NATURAL_MODEL = "business_2026", "natural_2026"
_OF_JOBS = re.compile(r"(?:own_|neighbour_)?(?:(?P<sector>[a-z0-9_]+?)_)?job_growth$")


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
    panel = panel.sel({names.PLACE: place})
    kept = positions(panel, origin)
    if kept.size == 0:
        raise ForecastError(
            f"No place of the panel has a known population on 1 January {origin}, where the "
            "forecast starts. Add it to panel.csv, or fit to fewer years: --until YEAR"
        )
    inside = panel.isel({names.PLACE: kept})
    migration = equation_draws(main, chosen, rng)
    business, sector = _jobs_of(run, panel, migration, jobs, chosen, seed, rng, progress)
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
        fitted = _fit(NATURAL_MODEL, panel, run, (), "", seed, progress)
        draws = _as_many(fitted, len(chosen), rng)
        equation = equation_draws(fitted, draws, rng)
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


def _jobs_of(
    run: xr.DataTree,
    panel: xr.Dataset,
    migration: Equation,
    given: str | Path | xr.DataTree | None,
    chosen: np.ndarray,
    seed: int,
    rng: np.random.Generator,
    progress: bool,
) -> tuple[Equation | None, str]:
    """Give the equation of jobs and its sector: the run's own, another run's, or one fitted now."""
    for kind in kinds_of(run)[1:]:
        equation = equation_of(run, kind)
        sector = sector_of(str(equation.attrs.get("outcome", "")))
        if sector is not None and given is None and _needs(migration, sector):
            return equation_draws(equation, chosen, rng), sector
    needed = [s for s in _sectors(migration.terms) if _needs(migration, s)]
    if given is None and not needed:
        return None, ""
    if given is None:
        sector = needed[0]
        other = _fit(JOBS_MODEL, panel, run, _lacking(panel, sector), sector, seed, progress)
    else:
        other = given if isinstance(given, xr.DataTree) else open_run(given)
        other = _of_jobs(other, run)
        sector = sector_of(str(other.attrs["outcome"])) or ""
        if not _needs(migration, sector):
            needs = ", ".join(_sectors(migration.terms) or ["none"])
            raise ForecastError(
                f"--jobs: the run explains {other.attrs['outcome']}, and the model "
                f"{run.attrs.get('model')} has no growth of these jobs among its factors (its own: "
                f"{needs}). Leave --jobs out, or fit: attraktiv fit {JOBS_MODEL} PANEL --out JOBS"
            )
    return equation_draws(other, _as_many(other, len(chosen), rng), rng), sector


def _of_jobs(other: xr.DataTree, run: xr.DataTree) -> xr.DataTree:
    """Return the equation of jobs of another run of the same panel and last year."""
    for key, what in (("panel_hash", "another panel"), ("last_year", "another last year")):
        if other.attrs.get(key) != run.attrs.get(key):
            raise ForecastError(
                f"--jobs: the run was fitted with {what} ({other.attrs.get(key)}) than the one to "
                f"forecast ({run.attrs.get(key)}). Fit both alike: attraktiv fit {JOBS_MODEL} "
                f"PANEL --until {run.attrs.get('last_year')} --out JOBS"
            )
    for kind in kinds_of(other):
        equation = equation_of(other, kind)
        if sector_of(str(equation.attrs.get("outcome", ""))) is not None:
            return equation
    raise ForecastError(
        f"--jobs: the model {other.attrs.get('model')} explains no growth of jobs. Fit one that "
        f"does: attraktiv fit {JOBS_MODEL} PANEL --out JOBS"
    )


def _sectors(labels: Sequence[str]) -> list[str]:
    """Give the sectors whose growth of jobs is among the factors; "" for all jobs."""
    variables = [name for label in labels for name in re.findall(r"[a-z_0-9]+", label)]
    found = [match["sector"] or "" for v in variables if (match := _OF_JOBS.fullmatch(v))]
    return list(dict.fromkeys(found))


def _needs(migration: Equation, sector: str) -> bool:
    return sector in _sectors(migration.terms)


def _lacking(panel: xr.Dataset, sector: str) -> tuple[str, ...]:
    """Name the factors of the model of jobs that the panel does not have."""
    name = of_sector(names.INDUSTRY_MIX, sector)
    try:
        covariate(panel, name)
    except PanelError:
        return (name,)
    return ()


def _fit(
    model: str,
    panel: xr.Dataset,
    run: xr.DataTree,
    without: tuple[str, ...],
    sector: str,
    seed: int,
    progress: bool,
) -> xr.DataTree:
    """Fit another model to the years of the run."""
    with warnings.catch_warnings():
        # what the panel's doubts are was said when the run was fitted
        warnings.simplefilter("ignore", AttraktivWarning)
        return fit(
            model,
            panel,
            first=int(run.attrs["first_year"]),
            last=int(run.attrs["last_year"]),
            without=without,
            sector=sector or None,
            seed=seed,
            progress=progress,
        )


def _as_many(run: xr.DataTree, wanted: int, rng: np.random.Generator) -> np.ndarray:
    """Choose draws of another run, in an order of chance: the two posteriors are independent."""
    sizes = run[names.POSTERIOR].sizes
    known = sizes[names.CHAIN] * sizes[names.DRAW]
    return rng.permutation(np.resize(np.arange(known), max(wanted, known)))[:wanted]


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
