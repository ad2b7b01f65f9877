"""Who forecasts in a backtest: models, their regression, and benchmarks."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.backtests.benchmarks import no_change, trend
from attraktiv.backtests.cohort_method import cohort_method
from attraktiv.backtests.known import known_panel
from attraktiv.backtests.units import aged
from attraktiv.engines import fit
from attraktiv.errors import AttraktivWarning
from attraktiv.forecasts import fit_jobs, forecast, sector_needed
from attraktiv.forecasts.path import AGE_GROUPS
from attraktiv.model import factors_among
from attraktiv.specs import ModelSpec

NO_CHANGE, TREND, COHORTS = "no_change", "trend", "cohort_method"
REGRESSION = "regression"
REGRESSION_ZERO, REGRESSION_RESIDUAL = "regression_zero", "regression_residual"

_LEAST_PER_CHAIN = 25  # fewer cannot be told to have converged

#: Draws (draw, horizon, place) by quantity.
Draws = dict[str, np.ndarray]


@dataclass(frozen=True)
class Contest:
    """What every task needs to know.

    Attributes
    ----------
    panel : xarray.Dataset
        The whole of it: a task cuts it at its origin before anybody forecasts, and looks at the
        rest to judge.
    models : dict of str to str
        Specifications as JSON, which goes to other processes.
    without : tuple of str
        Factors that are left out of the models that have them.
    horizon, draws, seed : int
    jobs : dict
        The equation of jobs that was fitted last, by origin and sector: filled by tasks.
    """

    panel: xr.Dataset
    models: dict[str, str]
    horizon: int
    draws: int
    seed: int
    without: tuple[str, ...] = ()
    jobs: dict[tuple[int, str], xr.DataTree] = field(default_factory=dict, compare=False)

    def seed_of(self, origin: int) -> int:
        """Give the seed of an origin: one for all models, so that they share their chance."""
        return int(np.random.SeedSequence([self.seed, origin]).generate_state(1)[0] >> 1)


def tasks_of(contest: Contest) -> list[str]:
    """Name what is run at every origin; a regression's one task forecasts in two ways."""
    cohorts = [COHORTS] if names.POPULATION_BY_AGE in contest.panel else []
    return [*contest.models, REGRESSION, NO_CHANGE, TREND, *cohorts]


def forecasters_of(task: str) -> tuple[str, ...]:
    """Name who forecasts in a task."""
    return (REGRESSION_ZERO, REGRESSION_RESIDUAL) if task == REGRESSION else (task,)


def run_task(contest: Contest, task: str, origin: int, horizon: int) -> dict[str, Draws]:
    """Forecast from an origin.

    Parameters
    ----------
    contest : Contest
    task : str
        One of :func:`tasks_of`.
    origin, horizon : int

    Returns
    -------
    dict of str to dict
        By forecaster and quantity, (draw, horizon, place) persons, in the panel's order of
        places; NaN for places that have no forecast.
    """
    panel = known_panel(contest.panel, origin)
    rng = np.random.default_rng([contest.seed, origin])
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", AttraktivWarning
        )  # said once, of all origins, as look-ahead
        if task in contest.models or task == REGRESSION:
            return _of_model(contest, task, panel, origin, horizon)
        simple: dict[str, Callable[..., np.ndarray]] = {NO_CHANGE: no_change, TREND: trend}
        if task in simple:
            return {task: {names.POPULATION: simple[task](panel, horizon, contest.draws, rng)}}
        by_age, net, _ = cohort_method(panel, horizon, contest.draws, rng)
    found: Draws = {
        names.POPULATION: by_age.sum(axis=3, dtype=np.float64), names.NET_MIGRATION: net,
    }  # fmt: skip
    first = np.searchsorted(panel[names.AGE].values, list(AGE_GROUPS.values()))
    groups = np.add.reduceat(by_age, first, axis=3)
    return {task: found | {aged(label): groups[..., g] for g, label in enumerate(AGE_GROUPS)}}


def _of_model(
    contest: Contest, task: str, panel: xr.Dataset, origin: int, horizon: int
) -> dict[str, Draws]:
    regression = task == REGRESSION
    written = next(iter(contest.models.values())) if regression else contest.models[task]
    spec = ModelSpec.model_validate_json(written)
    spec = spec.regression() if regression else spec
    seed = contest.seed_of(origin)
    per_chain = max(-(-contest.draws // spec.sampling.chains), _LEAST_PER_CHAIN)
    run = fit(
        spec, panel, last=origin - 1, without=factors_among(spec, contest.without),
        draws=per_chain, seed=seed, progress=False,
    )  # fmt: skip
    found = forecast(
        run, panel, horizon, scenarios=(names.CONTINUED, names.NEUTRAL)[: 1 + regression],
        jobs=_jobs(contest, run, panel, origin, seed), draws=contest.draws, seed=seed,
        progress=False,
    )  # fmt: skip
    found = found.reindex({names.PLACE: contest.panel[names.PLACE].values})
    found = found.stack({"sample": (names.CHAIN, names.DRAW)})
    if regression:
        return {
            REGRESSION_ZERO: _draws(found.sel({names.SCENARIO: names.NEUTRAL})),
            REGRESSION_RESIDUAL: _draws(found.sel({names.SCENARIO: names.CONTINUED})),
        }
    return {task: _draws(found.isel({names.SCENARIO: 0}))}


def _jobs(
    contest: Contest, run: xr.DataTree, panel: xr.Dataset, origin: int, seed: int
) -> xr.DataTree | None:
    """Fit the equation of jobs once for all models of an origin that a process works on."""
    sector = sector_needed(run)
    if sector is None:
        return None
    key = (origin, sector)
    if key not in contest.jobs:
        contest.jobs.clear()
        contest.jobs[key] = fit_jobs(run, panel, sector, seed)
    return contest.jobs[key]


def _draws(found: xr.Dataset) -> Draws:
    def of(values: xr.DataArray, flow: bool) -> np.ndarray:
        ordered = values.transpose("sample", names.YEAR, names.PLACE).values
        return (ordered[:, :-1] if flow else ordered[:, 1:]).astype(np.float64)

    draws = {
        names.POPULATION: of(found[names.POPULATION], flow=False),
        names.NET_MIGRATION: of(found[names.NET_MIGRATION], flow=True),
    }
    if names.POPULATION_BY_AGE_GROUP in found:
        for label in found[names.AGE_GROUP].values:
            one = found[names.POPULATION_BY_AGE_GROUP].sel({names.AGE_GROUP: label})
            draws[aged(str(label))] = of(one, flow=False)
    return draws
