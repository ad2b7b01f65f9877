"""Models and benchmarks forecast from every origin, and are judged by what came."""

from __future__ import annotations

import re
import secrets
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

import attraktiv
from attraktiv import names
from attraktiv.backtests.forecasters import (
    COHORTS,
    NO_CHANGE,
    REGRESSION,
    TREND,
    Contest,
    Draws,
    forecasters_of,
    run_task,
    tasks_of,
)
from attraktiv.backtests.known import known_panel, look_ahead
from attraktiv.backtests.official import Official, read_official
from attraktiv.backtests.scoring import score_draws, score_quantiles, scored
from attraktiv.backtests.units import BLOCKS, Units, outcomes, units_of
from attraktiv.errors import AttraktivError, InputError
from attraktiv.evaluation.bootstrap import find_blocks
from attraktiv.model import build_designs, factors_among, refuse_unknown
from attraktiv.panels import content_hash, read_panel
from attraktiv.progress import progress as progress_bar
from attraktiv.specs import ModelSpec, load_spec
from attraktiv.store import add_result, has_result, open_results, read_contest, start_backtest
from attraktiv.tasks import run_tasks

FAILED = "failed"
_DRAWS = 400


def backtest(
    models: str | Path | ModelSpec | Sequence[str | Path | ModelSpec],
    panel: str | Path | xr.Dataset,
    origins: Sequence[int],
    horizon: int,
    *,
    benchmarks: Sequence[str | Path] = (),
    without: Sequence[str] = (),
    draws: int = _DRAWS,
    seed: int | None = None,
    scheduler: str | None = None,
    workers: int | None = None,
    out: str | Path | None = None,
    force: bool = False,
    progress: bool = True,
) -> xr.Dataset:
    """Refit models at every origin on what was known then, forecast, and score what came.

    Parameters
    ----------
    models : str, Path, ModelSpec or several
        Names or files of models of migration. The first one's factors are those of the regression
        among the benchmarks.
    panel : str, Path or xarray.Dataset
    origins : sequence of int
        Years on whose 1 January a forecast starts.
    horizon : int
        Years ahead. Those without an outcome are left out, and counted.
    benchmarks : sequence of str or Path
        Projections of others, as :func:`attraktiv.panels.read_projection` reads them.
    without : sequence of str
        Factors that are left out of every model that has them.
    draws : int
        Of each forecast, and of each posterior.
    seed : int, optional
        Makes the backtest repeatable.
    scheduler : str, optional
        Address of a Dask scheduler; by default this machine's cores do the work.
    workers : int, optional
        Processes on this machine, by default one for each core.
    out : str or Path, optional
        A store that results are written to as they come. Where an earlier process was killed, the
        same call goes on from there.
    force : bool
        Replace another backtest that is there.
    progress : bool
        Show progress on standard error, where that is a terminal.

    Returns
    -------
    xarray.Dataset
        As :func:`open_backtest`.

    Raises
    ------
    InputError
        The call, the panel or a model is wrong; nothing was started.
    RunError
        Another backtest is stored at ``out``, and ``force`` is off.
    """
    data = panel if isinstance(panel, xr.Dataset) else read_panel(panel)
    listed = [models] if isinstance(models, str | Path | ModelSpec) else list(models)
    specs = _specs(listed)
    ahead = _refuse(data, origins, horizon, draws, seed)
    official = [read_official(path) for path in benchmarks]
    _refuse_names(specs, official)
    last = known_panel(data, max(origins))
    refuse_unknown(
        next(iter(specs.values())),
        [name for name in without if not any(factors_among(s, [name]) for s in specs.values())],
    )
    for spec in specs.values():  # what cannot be fitted is said before anything is
        of_model = factors_among(spec, without)
        build_designs(spec, last, last=max(origins) - 1, without=of_model)
    with tempfile.TemporaryDirectory() as temporary:
        target = Path(temporary) / "backtest" if out is None else Path(out)
        if seed is None:
            seed = _seed_of(target) if out is not None and not force else None
        seed = secrets.randbelow(2**31) if seed is None else seed
        written = {name: spec.model_dump_json() for name, spec in specs.items()}
        contest = Contest(data, written, horizon, draws, seed, tuple(without))
        units = units_of(data)
        starts = [int(origin) for origin in origins]
        own = [name for task in tasks_of(contest) for name in forecasters_of(task)]
        known = {
            "forecasters": own + [one.name for one in official],
            "forecasts_of_its_own": own,
            "origins": starts,
            "horizon": horizon,
            "draws": draws,
            "seed": seed,
            "without": list(without),
            "models": written,
            "panel_hash": content_hash(data),
            "panel_title": str(data.attrs.get("title", "")),
            "version": attraktiv.__version__,
            "look_ahead": look_ahead(data, sorted(origins), _factors(specs, without)),
            "horizons_without_outcome": int(sum(horizon - h for h in ahead.values())),
        }
        common = _common(data, units, starts, horizon)
        store = start_backtest(target, known, common, force=force)
        _state(store, official, units, common, starts)
        tasks = [
            (task, origin, ahead[origin])
            for origin in starts
            for task in tasks_of(contest)
            if not all(has_result(store, f, origin) for f in forecasters_of(task))
        ]
        with progress_bar("backtest", total=len(tasks)) as update:
            done = run_tasks(
                judge, contest, tasks, scheduler=scheduler, workers=workers,
                if_killed="What was done is stored: run the same command again and it goes on "
                "from there.",
            )  # fmt: skip
            for (task, origin, _), result in done:
                for forecaster, found in result.items():
                    add_result(store, forecaster, origin, found)
                if progress:
                    update(text=f"{task} from {origin}")
        found = open_backtest(store)
        return found.load() if out is None else found


def open_backtest(path: str | Path) -> xr.Dataset:
    """Open a backtest.

    Parameters
    ----------
    path : str or Path
        A store that :func:`backtest` wrote, finished or not.

    Returns
    -------
    xarray.Dataset
        ``crps``, ``log_score``, ``pit`` (forecaster, origin, quantity, horizon, unit),
        ``predicted_quantile`` (…, quantile, …), ``observed`` (origin, quantity, horizon, unit)
        persons and ``base`` (origin, quantity, unit), the persons at the origin that errors are
        related to. ``level`` and ``label`` (unit) say what a unit is, ``excluded`` (unit) which
        places are left out of scores, and columns of places.csv what places are like. Scores are
        NaN where a forecaster has none; ``failed`` among the attributes says why, and
        ``look_ahead`` what was used though known only later.

    Raises
    ------
    RunError
        There is none, or it cannot be opened without risk.
    """
    contest, common, results = open_results(path)
    failed = {
        f"{forecaster} {origin}": str(result.attrs[FAILED])
        for (forecaster, origin), result in results.items()
        if FAILED in result.attrs
    }
    sound = {key: one for key, one in results.items() if FAILED not in one.attrs}
    if not sound:
        why = next(iter(failed.values()), "nothing is finished yet")
        raise InputError(f"The backtest at {path} holds no score: {why}")
    like = next(iter(sound.values()))
    nothing = xr.full_like(like, np.nan, dtype=np.float32)
    rows = [
        xr.concat(
            [sound.get((name, origin), nothing).drop_attrs() for origin in contest["origins"]],
            dim=names.ORIGIN,
        )
        for name in contest["forecasters"]
    ]
    scores = xr.concat(rows, dim=names.FORECASTER).assign_coords(
        {names.FORECASTER: contest["forecasters"], names.ORIGIN: contest["origins"]}
    )
    found = common.merge(scores, compat="no_conflicts", join="exact")
    missing = len(contest["forecasters"]) * len(contest["origins"]) - len(results)
    return found.assign_attrs(
        {key: contest[key] for key in ("horizon", "draws", "seed", "panel_hash", "panel_title",
                                       "version", "without", "look_ahead",
                                       "horizons_without_outcome")}
    ).assign_attrs(
        {BLOCKS: common.attrs[BLOCKS]},
        models=list(contest["models"]),
        forecasts_of_its_own=contest["forecasts_of_its_own"],
        failed=failed,
        unfinished=missing,
    )  # fmt: skip


def judge(contest: Contest, task: str, origin: int, horizon: int) -> dict[str, xr.Dataset]:
    """Run a task and score what it forecasts; a task that cannot be done says why."""
    units = units_of(contest.panel)
    truth = outcomes(contest.panel, units, origin, contest.horizon)
    try:
        found = run_task(contest, task, origin, horizon)
    except AttraktivError as error:
        return {f: xr.Dataset(attrs={FAILED: str(error)}) for f in forecasters_of(task)}
    return {name: _scored(draws, truth, units) for name, draws in found.items()}


def _scored(draws: Draws, truth: xr.Dataset, units: Units) -> xr.Dataset:
    parts = {}
    for quantity, values in draws.items():
        ahead = slice(0, values.shape[1])
        of = truth.sel({names.QUANTITY: quantity}).isel({names.HORIZON: ahead})
        parts[quantity] = score_draws(
            units.of(values, of[names.SCORED].values),
            of[names.OBSERVED].values,
            of[names.BASE].values,
        )
    return scored(parts, truth.drop_vars(names.SCORED))


def _state(
    store: Path, official: list[Official], units: Units, common: xr.Dataset, origins: list[int]
) -> None:
    """Score projections of others, which need no task."""
    horizon = common.sizes[names.HORIZON]
    for one in official:
        for origin in origins:
            truth = common.sel({names.ORIGIN: origin}, drop=True)
            of = truth.sel({names.QUANTITY: names.POPULATION})
            columns = {0.5: names.POPULATION} | one.quantiles
            stated = {}
            for level, column in columns.items():
                values = one.values(column, origin, horizon, units.places)
                came = of[names.OBSERVED].values[:, : len(units.places)]
                told = np.isfinite(values) & np.isfinite(came)
                # a sum of some places would be no sum, and quantiles do not add up
                summed = told.all(axis=1, keepdims=True) & (level == 0.5)
                stated[level] = units.of(values, told & summed)
            parts = {names.POPULATION: score_quantiles(stated, of[names.OBSERVED].values)}
            add_result(store, one.name, origin, scored(parts, truth))


def _common(panel: xr.Dataset, units: Units, origins: list[int], horizon: int) -> xr.Dataset:
    truth = xr.concat(
        [outcomes(panel, units, origin, horizon).drop_vars(names.SCORED) for origin in origins],
        dim=names.ORIGIN,
    ).assign_coords({names.ORIGIN: origins})
    sums = len(units.label) - len(units.places)
    excluded = panel[names.EXCLUDED].values.astype(bool)
    of_unit: dict[str, Any] = {
        names.UNIT_LEVEL: units.level,
        names.UNIT_LABEL: units.label,
        names.EXCLUDED: np.append(excluded, np.zeros(sums, dtype=bool)),
    }
    for name, values in panel.data_vars.items():
        if values.dims != (names.PLACE,) or name in of_unit:
            continue
        numeric = values.dtype.kind in "fiub"
        filler = np.full(sums, np.nan if numeric else "", dtype=float if numeric else object)
        own = values.values.astype(float if numeric else object)
        of_unit[str(name)] = np.append(own, filler)
    # a store lists its variables in no order: what "the first column" is has to be written down
    truth = truth.assign_attrs({BLOCKS: find_blocks(panel, None)[0]})
    return truth.assign({name: (names.UNIT, values) for name, values in of_unit.items()})


def _specs(models: Sequence[str | Path | ModelSpec]) -> dict[str, ModelSpec]:
    specs = [load_spec(model) for model in models]
    if not specs:
        raise InputError("No model is given: attraktiv backtest hierarchical_dynamic PANEL …")
    for spec in specs:
        if spec.kinds[0] != names.RESIDENTIAL:
            raise InputError(
                f"The model {spec.id} explains jobs alone, and a forecast of population needs "
                "migration: attraktiv backtest hierarchical_dynamic PANEL …"
            )
    return {spec.id: spec for spec in specs}


def _refuse_names(specs: dict[str, ModelSpec], official: list[Official]) -> None:
    taken = [*specs, *forecasters_of(REGRESSION), NO_CHANGE, TREND, COHORTS]
    for one in official:
        if one.name in taken or not re.fullmatch(r"\w[\w.-]*", one.name):
            raise InputError(
                f"--benchmark: a projection cannot be called {one.name!r}, like another forecaster "
                "or unlike a name. Rename the file: letters, digits, _ and -."
            )
        taken.append(one.name)


def _refuse(
    panel: xr.Dataset, origins: Sequence[int], horizon: int, draws: int, seed: int | None
) -> dict[int, int]:
    """Refuse what cannot be done; give the years ahead that have an outcome, by origin."""
    if horizon < 1 or draws < 2:
        raise InputError(
            f"The horizon is {horizon} years and there are {draws} draws; valid are 1 or more "
            "years and 2 or more draws: --horizon 10 --draws 400"
        )
    if seed is not None and seed < 0:
        raise InputError(f"The seed is {seed}; valid is a whole number from 0 up: --seed 1.")
    if not len(origins) or len(set(origins)) < len(origins):
        raise InputError("Give origins, each once: --origins 2008:2016, or --origins 2012,2016.")
    population = panel[names.POPULATION].notnull().any(names.PLACE)
    years = [int(year) for year in panel[names.YEAR].values[population.values]]
    ahead = {int(o): sum(o < year <= o + horizon for year in years) for o in origins}
    bad = [origin for origin, count in ahead.items() if origin not in years or not count]
    if bad:
        raise InputError(
            f"Population is known from {years[0]} to {years[-1]}, so that the origin "
            f"{bad[0]} has no population to start from or nothing that came. Valid are "
            f"{years[1]} to {years[-1] - 1}: "
            f"--origins {max(years[0], years[-1] - 5)}:{years[-1] - 1}"
        )
    return ahead


def _factors(specs: dict[str, ModelSpec], without: Sequence[str]) -> list[str]:
    found = {
        name
        for spec in specs.values()
        for equation in spec.equations.by_kind().values()
        for name in re.findall(r"[a-z_0-9]+", equation.factors)
    }
    return sorted(found - set(without))


def _seed_of(target: Path) -> int | None:
    """Give the seed of a backtest that was left unfinished."""
    if not target.exists():
        return None
    return int(read_contest(target)["seed"])
