"""What a run can be asked: its kinds, years, groups, scenarios and variables."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.effects import choice, terms
from attraktiv.effects.units import is_of_migration
from attraktiv.forecasts.stored import STORED
from attraktiv.queries.forecasts import COMPUTED
from attraktiv.store import kinds_of


def run_facts(run: xr.DataTree) -> dict[str, Any]:
    """Return what a run is and what it can be asked, as plain values.

    Parameters
    ----------
    run
        A run.

    Returns
    -------
    dict
        ``model``, ``title``, ``panel``, ``engine``, ``verdict``, ``run_id``, ``first`` and
        ``last`` (years of the fit), ``places`` and ``draws`` (counts), ``outcome``, ``classical``
        (attractiveness is a residual), ``kinds`` (of attractiveness, ``total`` among them where it
        can be computed), ``factors``, ``groupings`` (columns, each with the number of its
        groups), and ``forecast``: None, or ``origin``, ``horizon``, ``scenarios`` and
        ``variables``.
    """
    years = choice.run_years(run)
    posterior = run[names.POSTERIOR].dataset
    kinds = list(kinds_of(run))
    if is_of_migration(run) and len(kinds) > 1:
        kinds.append(names.TOTAL)
    return {
        "model": str(run.attrs.get("model", "")),
        "title": str(json.loads(run.attrs.get("spec_json", "{}")).get("title", "")),
        "panel": str(run.attrs.get("panel_title", "")),
        "engine": str(run.attrs.get("engine", "")),
        "verdict": str(run.attrs.get("verdict", "")),
        "run_id": str(run.attrs.get("run_id", "")),
        "first": years[0],
        "last": years[-1],
        "places": len(choice.place_codes(run)),
        "draws": int(np.prod([posterior.sizes[d] for d in (names.CHAIN, names.DRAW)])),
        "outcome": terms.outcome(run),
        "classical": terms.is_residual(run),
        "kinds": kinds,
        "factors": terms.factor_names(run),
        "groupings": {
            column: len(set(choice.group_labels(run, column)))
            for column in choice.grouping_columns(run)
        },
        "forecast": _of_forecast(run),
    }


def _of_forecast(run: xr.DataTree) -> dict[str, Any] | None:
    if names.FORECAST not in run.children:
        return None
    forecast = run[names.FORECAST].dataset
    held = [name for name in STORED if name in forecast]
    of_ages = names.POPULATION_BY_AGE_GROUP in held
    computed = [
        name
        for name in COMPUTED
        if of_ages or name not in (names.AGE_SHARE, names.DEPENDENCY_RATIO)
    ]
    return {
        "origin": int(forecast[names.YEAR].values[0]),
        "horizon": int(forecast[names.YEAR].values[-1]),
        "scenarios": [str(one) for one in forecast[names.SCENARIO].values],
        "variables": [*held, *computed],
    }
