"""From a question to a tidy frame with bands."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from attraktiv import names
from attraktiv.effects import attractiveness, bands, choice, terms
from attraktiv.effects.intervals import SAMPLE, Interval, check_interval
from attraktiv.effects.units import base_of
from attraktiv.errors import RunError
from attraktiv.queries.forecasts import forecast_answer, is_of_forecast
from attraktiv.queries.selection import Answer, find_or_all, no_years, nothing, select_years
from attraktiv.queries.variables import derived, find_variable, of_equation, unit_of

OBSERVED = "observed"
_AGGREGATED = (names.ATTRACTIVENESS, names.LASTING, names.TOTAL_ATTRACTIVENESS)
_LEADING = (
    *(names.PLACE, names.NAME, names.GROUP, names.SCENARIO, names.AGE_GROUP, names.SEX, names.AGE),
    *(names.YEAR, names.TERM, "parameter"),
)
_NUMBERS = ("mean", "median", "lower", "upper")


def query(
    run: xr.DataTree,
    variable: str,
    *,
    places: Sequence[str] | None = None,
    years: Sequence[int] | None = None,
    prob: float = 0.8,
    kind: Interval = "eti",
    group: str | None = None,
    scenarios: Sequence[str] | None = None,
    age_groups: Sequence[str] | None = None,
    threshold: float | None = None,
) -> pd.DataFrame:
    """Answer a question about one variable of a run.

    Only the draws of the places and years asked for are read.

    Parameters
    ----------
    run
        A run, opened or just fitted.
    variable
        Any stored variable (``theta``, ``beta``, ``population``, …, or ``group/name``), or
        the outcome, ``net_migration_rate`` (observed beside modelled: the posterior of the expected
        value α + x'β + a, without the year's noise; for least squares the fitted value),
        ``attractiveness`` (a of each year), ``attractiveness_with_noise`` (a + ε),
        ``lasting`` (γ + θ) and, of runs with equations of migration and of jobs,
        ``total_attractiveness``. Each is of the run's first equation; ``business/…`` and
        ``visit/…`` are of the others: ``business/beta``, ``business/private_job_growth``.
        Of a run with a forecast also ``forecast/population`` and whatever else the forecast
        holds, and ``age_share``, ``dependency_ratio``, ``growth_since_origin``, ``peak_year``,
        ``prob_decline``, ``prob_above`` and ``prob_below``.
    places
        Codes or names; with ``group``, names of groups. None for all.
    years
        None for all.
    prob, kind
        The band: its probability, and ``eti`` or ``hdi``.
    group
        A grouping column, for ``attractiveness``, ``lasting`` and ``total_attractiveness``:
        summed by population, or by jobs, within each draw. For a forecast: its sums.
    scenarios, age_groups
        Of a forecast; None for all.
    threshold
        Persons, for ``prob_above`` and ``prob_below``.

    Returns
    -------
    DataFrame
        One row per combination of the variable's dims (``place`` and ``name``, ``year``,
        ``term``, ``group``, ``parameter`` where it has them), then ``variable``, ``unit``,
        ``observed`` (what has no distribution), ``mean``, ``median``, ``lower``,
        ``upper``, ``prob``, ``interval``. A probability is a ``mean`` without a band. Places
        are sorted by name in their own alphabet unless they are named in the question.
        ``attrs["note"]`` says what is shown.

    Raises
    ------
    RunError
        An unknown variable, place, year or group; a place or a year for a variable that
        does not differ between them.
    InputError
        A probability or kind of interval that is not valid.
    """
    check_interval(prob, kind)
    equation, name = of_equation(run, variable)
    draws: xr.DataArray | None
    if is_of_forecast(run, variable):
        draws, observed, note = forecast_answer(
            run,
            variable.removeprefix(f"{names.FORECAST}/"),
            places=places,
            years=years,
            group=group,
            scenarios=scenarios,
            age_groups=age_groups,
            threshold=threshold,
        )
    elif any(asked is not None for asked in (scenarios, age_groups, threshold)):
        raise RunError(
            f"{variable!r} is not of a forecast; leave out --scenario, --age-group and --threshold "
            f"(None), or ask for example: attraktiv query RUN {names.FORECAST}/{names.POPULATION}"
        )
    elif group is not None:
        draws, observed, note = _of_groups(equation, name, group, places, years)
    elif name in derived(equation):
        draws, observed, note = _derived(equation, name, places, years)
    else:
        draws, observed, note = _stored(equation, name, variable, places, years)
    frame = _tidy(run, draws, observed, prob, kind)
    frame.insert(_position(frame), "variable", variable)
    frame.insert(_position(frame), "unit", unit_of(draws if draws is not None else observed))
    frame.attrs = {"note": note, "model": str(run.attrs.get("model", ""))}
    return frame


def _derived(
    run: xr.DataTree,
    variable: str,
    places: Sequence[str] | None,
    years: Sequence[int] | None,
) -> Answer:
    where = find_or_all(run, places)
    if variable == names.LASTING:
        no_years(variable, years)
        codes = [choice.place_codes(run)[i] for i in where]
        draws = attractiveness(run, places=codes, with_path=False)[names.LASTING]
        return draws.drop_vars(names.NAME).rename(variable), nothing(draws), "γ + θ"
    chosen = choice.run_years(run) if years is None else [int(year) for year in years]
    span = choice.find_years(run, min(chosen), max(chosen))
    kept = [chosen_i - choice.run_years(run)[span][0] for chosen_i in chosen]
    level, note = _cells(run, variable, where, span)
    coords = {
        names.PLACE: np.array(choice.place_codes(run), dtype=object)[where],
        names.YEAR: np.array(chosen),
    }
    dims = (names.PLACE, names.YEAR)
    draws = xr.DataArray(
        level[:, :, kept],
        dims=(names.DRAW, *dims),
        coords=coords,
        name=variable,
        attrs={"units": base_of(run).units["percent"]},
    )
    observed = nothing(draws)
    if variable == terms.outcome(run):
        rate = run[names.OBSERVED_DATA].dataset[variable]
        rate = rate.isel({names.PLACE: where, names.YEAR: span}).transpose(*dims)
        observed = observed.copy(data=rate.values[:, kept])
    return draws, observed, note


def _cells(
    run: xr.DataTree, variable: str, where: np.ndarray, span: slice
) -> tuple[np.ndarray, str]:
    """Return the draws (draws, places, years) of a derived variable, and what they are."""
    if variable == names.TOTAL_ATTRACTIVENESS:
        years, codes = choice.run_years(run)[span], choice.place_codes(run)
        total = attractiveness(
            run,
            places=[codes[i] for i in where],
            first=years[0],
            last=years[-1],
            kind=names.TOTAL,
        )
        level = total[names.PATH].transpose(*SAMPLE, names.PLACE, names.YEAR).values
        note = "residential attractiveness, and what the others bring through jobs in the year"
        return level.reshape(-1, *level.shape[2:]), note
    if variable == names.ATTRACTIVENESS:
        return terms.path(run, where, span), "attractiveness of the year, a = γ + θ + u"
    if variable == names.ATTRACTIVENESS_WITH_NOISE:
        noisy = terms.observed(run, where, span) - terms.structure(run, where, span)
        return noisy, "attractiveness and the year's noise, a + ε"
    expected = terms.structure(run, where, span)
    if terms.is_residual(run):
        return expected, "modelled: the fitted value α + x'β of the regression"
    expected = expected + terms.path(run, where, span)
    return expected, "modelled: the expected value α + x'β + a, without the year's noise"


def _of_groups(
    run: xr.DataTree,
    variable: str,
    group: str,
    places: Sequence[str] | None,
    years: Sequence[int] | None,
) -> Answer:
    if variable not in _AGGREGATED:
        raise RunError(
            f"{variable!r} cannot be summed over groups; {', '.join(_AGGREGATED)} can. For "
            f"example: attraktiv query RUN {names.ATTRACTIVENESS} --group {group}"
        )
    kind = names.TOTAL if variable == names.TOTAL_ATTRACTIVENESS else None
    result = attractiveness(run, group=group, places=places, kind=kind)
    weighted_by = base_of(run).name
    note = f"mean over the places of each {group}, weighted by {weighted_by} within each draw"
    if variable == names.LASTING or names.PATH not in result:
        no_years(variable, years)
        draws = result[variable]
    else:
        draws = select_years(result[names.PATH], variable, years)
    draws = draws.drop_vars([c for c in draws.coords if c not in draws.dims]).rename(variable)
    return draws, nothing(draws), note


def _stored(
    run: xr.DataTree,
    name: str,
    variable: str,
    places: Sequence[str] | None,
    years: Sequence[int] | None,
) -> Answer:
    values = find_variable(run, name, variable)
    if not values.size:
        raise RunError(
            f"{variable!r} has no numbers: the equation has no factors. Ask for another variable, "
            f"for example {variable.removesuffix(name)}{names.ALPHA}."
        )
    if names.PLACE in values.dims:
        values = values.isel({names.PLACE: find_or_all(run, places)})
    elif places is not None:
        raise RunError(
            f"{variable!r} does not differ between places; leave out --place (places=None)."
        )
    if names.YEAR in values.dims:
        values = select_years(values, variable, years)
    else:
        no_years(variable, years)
    note = str(values.attrs.get("long_name", ""))
    values = values.compute()
    if set(SAMPLE) & set(values.dims):
        return values, nothing(values), note
    return None, values, note


def _tidy(
    run: xr.DataTree,
    draws: xr.DataArray | None,
    observed: xr.DataArray,
    prob: float,
    kind: Interval,
) -> pd.DataFrame:
    dims = [str(dim) for dim in observed.dims]
    dims.sort(key=lambda dim: _LEADING.index(dim) if dim in _LEADING else len(_LEADING))
    shape = tuple(observed.sizes[dim] for dim in dims)
    at = np.indices(shape).reshape(len(dims), int(np.prod(shape)))
    columns: dict[str, np.ndarray | float | str] = {}
    for dim, index in zip(dims, at, strict=True):
        labels = observed[dim].values if dim in observed.coords else np.arange(observed.sizes[dim])
        columns[dim] = _plain(labels)[index]
        if dim == names.PLACE:
            label_of = dict(zip(choice.place_codes(run), choice.place_names(run), strict=True))
            labelled = np.array([label_of[str(code)] for code in labels], dtype=object)
            columns[names.NAME] = labelled[index]
    columns[OBSERVED] = _plain(observed.transpose(*dims).values).reshape(-1)
    if draws is None:
        columns |= dict.fromkeys(_NUMBERS, np.full(at.shape[1], np.nan))
    elif not set(SAMPLE) & set(draws.dims):
        columns |= dict.fromkeys(_NUMBERS, np.full(at.shape[1], np.nan))
        columns[_NUMBERS[0]] = draws.transpose(*dims).values.reshape(-1)
    else:
        band = bands(draws, prob, kind).transpose(*dims)
        columns |= {name: band[name].values.reshape(-1) for name in _NUMBERS}
    frame = pd.DataFrame(columns)
    frame["prob"], frame["interval"] = prob, kind
    return frame


def _plain(values: np.ndarray) -> np.ndarray:
    """Return text as plain objects: pandas does not know numpy's text of any length."""
    return values.astype(object) if values.dtype.kind in "TU" else values


def _position(frame: pd.DataFrame) -> int:
    return list(frame.columns).index(OBSERVED)
