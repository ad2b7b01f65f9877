"""A run is continued: the front of the room."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.errors import ForecastError
from attraktiv.forecasts.blocks import Work, fill
from attraktiv.forecasts.gather import gather
from attraktiv.forecasts.inputs import origin_of
from attraktiv.forecasts.layout import blocks_of, coordinates, sink_of, variables_of
from attraktiv.forecasts.path import How
from attraktiv.forecasts.scenarios import Scenario, read_scenarios, refuse_impossible
from attraktiv.panels import content_hash, read_national, read_panel, read_schedules
from attraktiv.progress import progress as progress_bar
from attraktiv.store import open_run, refuse_group

_DEFAULT_DRAWS = 1000


def forecast(
    run: str | Path | xr.DataTree,
    panel: str | Path | xr.Dataset,
    horizon: int,
    *,
    scenarios: Sequence[str | Path | Scenario] = (names.CONTINUED,),
    jobs: str | Path | xr.DataTree | None = None,
    national: str | Path | None = None,
    draws: int | None = None,
    ages: bool = False,
    whole: bool = False,
    seed: int | None = None,
    scheduler: str | None = None,
    workers: int = 1,
    force: bool = False,
    progress: bool = True,
) -> xr.Dataset:
    """Continue a run: populations to come, draw by draw.

    Parameters
    ----------
    run : str, Path or xarray.DataTree
        A run, or where it is stored; then the forecast is stored in it as its group ``forecast``.
    panel : str, Path or xarray.Dataset
        The panel that the run was fitted to: it knows the ages of people at the origin, 1 January
        after the last year of the fit.
    horizon : int
        Years.
    scenarios : sequence of str, Path or Scenario
        ``continued``, ``neutral``, ``low``, ``high``, and TOML files of edits. ``continued`` is
        always the first: the others are compared with it.
    jobs : str, Path or xarray.DataTree, optional
        A run that explains jobs, for a model of migration with job growth among its factors. By
        default ``business_2026`` is fitted to the years of the run.
    national : str or Path, optional
        A csv file with ``year`` and ``population`` of the nation, and ``variant`` if there are
        several: every draw is tied to one of them, in equal numbers.
    draws : int, optional
        How many of the run's draws to continue; by default at most 1,000.
    ages : bool
        Store the population by sex and age too.
    whole : bool
        Count in whole persons.
    seed : int, optional
        Makes the forecast repeatable, whoever does the work.
    scheduler : str, optional
        Address of a Dask scheduler, whose workers do blocks of draws and write them into the
        stored run: it must lie where they all see it.
    workers : int
        Processes on this machine that do blocks of draws of a stored run; by default this one.
    force : bool
        Replace an earlier forecast of the run.
    progress : bool
        Show progress on standard error, where that is a terminal.

    Returns
    -------
    xarray.Dataset
        ``population`` (scenario, chain, draw, place, year) persons on 1 January, flows and jobs of
        the year, ``population_by_age_group`` and ``population_difference``; docs/schema.md lists
        them. Of a stored run it is read when it is used.

    Raises
    ------
    ForecastError
        The run and the panel do not belong together, a scenario is wrong, or the panel lacks what
        a forecast starts from.
    RunError
        The run already has a forecast and ``force`` is off.

    Notes
    -----
    The mathematics is in :mod:`attraktiv.forecasts.years` and the modules that it names.
    """
    tree = run if isinstance(run, xr.DataTree) else open_run(run)
    stored = None if isinstance(run, xr.DataTree) else Path(run)
    data = panel if isinstance(panel, xr.Dataset) else read_panel(panel, ages_on_disk=True)
    _refuse(tree, data, horizon, draws, seed)
    if stored is None and (scheduler is not None or workers != 1):
        raise ForecastError(
            "The run is in memory, where no other process can write its forecast. Give the path of "
            "a stored run: forecast('RUN', …, workers=2)."
        )
    if stored is not None:
        refuse_group(stored.resolve(), names.FORECAST, xr.Dataset(attrs={}), force=force)
    seed = secrets.randbelow(2**31) if seed is None else seed
    chains = tree[names.POSTERIOR].sizes[names.CHAIN]
    per_chain = _per_chain(tree, draws)
    known_draws = tree[names.POSTERIOR].sizes[names.DRAW]
    taken = np.linspace(0, known_draws - 1, per_chain).round().astype(np.int64)
    chosen = (np.arange(chains)[:, None] * known_draws + taken).ravel()
    origin = origin_of(tree)
    years = range(origin, origin + horizon)
    tied = None if national is None else read_national(national, years)
    # what is wrong in a file is said before another model is fitted
    asked = read_scenarios(scenarios)
    refuse_impossible(asked, _codes(data[names.PLACE].values), years)
    supplied = None if isinstance(panel, xr.Dataset) else read_schedules(panel)
    inputs = gather(
        tree, data, horizon, chosen, seed, jobs=jobs, national=tied, supplied=supplied,
        progress=progress,
    )  # fmt: skip
    has_ages = inputs.people is not None
    if ages and not has_ages:
        raise ForecastError(
            "The panel has no population_by_age.csv, so there is no population by sex and age to "
            "store. Leave out --ages, or add the file (docs/panel-folder.md)."
        )
    refuse_impossible(
        asked,
        _codes(inputs.places),
        years,
        jobs=inputs.jobs is not None,
        industry_mix=inputs.jobs is not None
        and any(label.endswith(names.INDUSTRY_MIX) for label in inputs.jobs.equation.terms),
        ages=has_ages,
    )
    how = How(whole=whole, ages=ages)
    wanted = tuple(one.scenario for one in asked)
    coords = coordinates(tree, data, inputs, wanted, chains, taken, seed)
    blocks = blocks_of(inputs, chains, per_chain)
    variables = variables_of(inputs, coords, how, blocks[0][1].stop)
    with sink_of(stored, coords, variables, force) as sink:
        with progress_bar("forecast", total=len(blocks)) as update:
            seeds = np.random.SeedSequence(seed).spawn(len(blocks))
            work = Work(inputs, wanted, how, blocks, per_chain, seeds, sink)
            for _ in fill(work, scheduler, workers):
                if progress:
                    update()
        if stored is None:
            return coords.assign(
                {n: (variables[n].dims, values, variables[n].attrs) for n, values in sink.items()}
            )
    return open_run(stored)[names.FORECAST].to_dataset()


def _refuse(
    run: xr.DataTree, panel: xr.Dataset, horizon: int, draws: int | None, seed: int | None
) -> None:
    if horizon < 1:
        raise ForecastError(f"The horizon is {horizon} years; valid is 1 or more: --horizon 20.")
    if draws is not None and draws < 1:
        raise ForecastError(f"--draws {draws}: valid is 1 or more.")
    if seed is not None and seed < 0:
        raise ForecastError(f"The seed is {seed}; valid is a whole number from 0 up: --seed 1.")
    if content_hash(panel) != run.attrs["panel_hash"]:
        raise ForecastError(
            f"The run was fitted to another panel ({run.attrs.get('panel_title', '')}) than "
            f"{panel.attrs.get('title', '')!r}, or the panel was changed since. Give the panel of "
            "the run, or fit again: attraktiv fit "
            f"{run.attrs.get('model')} PANEL --out RUN"
        )
    origin = origin_of(run)
    if origin not in panel[names.YEAR].values:
        raise ForecastError(
            f"The panel ends in {int(panel[names.YEAR][-1])}, and the forecast of a run until "
            f"{origin - 1} starts from the population on 1 January {origin}. Add it to panel.csv, "
            "or fit to fewer years: attraktiv fit MODEL PANEL --until YEAR"
        )


def _codes(places: np.ndarray) -> list[str]:
    return [str(code) for code in places]


def _per_chain(run: xr.DataTree, draws: int | None) -> int:
    sizes = run[names.POSTERIOR].sizes
    chains, known = sizes[names.CHAIN], sizes[names.DRAW]
    wanted = _DEFAULT_DRAWS if draws is None else draws
    if draws is not None and draws > chains * known:
        raise ForecastError(
            f"--draws {draws}: the run has {chains * known}. Ask for fewer, or fit with more: "
            "attraktiv fit … --draws N"
        )
    return max(1, min(known, wanted // chains))
