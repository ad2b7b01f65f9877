"""Questions about the forecast of a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import pandas as pd
import xarray as xr

from attraktiv import names
from attraktiv.effects import bands, choice
from attraktiv.effects.intervals import SAMPLE, Interval, check_interval
from attraktiv.errors import InputError, RunError
from attraktiv.forecasts import summaries
from attraktiv.forecasts.stored import (
    STORED,
    blocks_of_places,
    stored_forecast,
    stored_variable,
)
from attraktiv.queries.selection import Answer, find_or_all, no_years, nothing, select_years

NATION: Final = "all places"
HORIZONS: Final = (1, 5, 10, 20)
_THRESHOLDS: Final[dict[str, Callable[[xr.Dataset, float], xr.DataArray]]] = {
    names.PROB_ABOVE: summaries.probability_above,
    names.PROB_BELOW: summaries.probability_below,
}
#: What is computed from the population of all years from the origin.
_SINCE_ORIGIN: Final[dict[str, Callable[[xr.Dataset], xr.DataArray]]] = {
    names.GROWTH_SINCE_ORIGIN: summaries.growth,
    names.PEAK_YEAR: summaries.peak_year,
    names.PROB_DECLINE: summaries.probability_of_decline,
}
_OF_AGES: Final[dict[str, Callable[[xr.Dataset], xr.DataArray]]] = {
    names.AGE_SHARE: summaries.age_shares,
    names.DEPENDENCY_RATIO: summaries.dependency_ratio,
}
COMPUTED: Final = (*_OF_AGES, *_SINCE_ORIGIN, *_THRESHOLDS)
_ONLY_HERE: Final = {*COMPUTED, names.POPULATION_DIFFERENCE, names.POPULATION_BY_AGE_GROUP}


def is_of_forecast(run: xr.DataTree, variable: str) -> bool:
    """Say whether a question is about the forecast: by its group, or by a name that only it has."""
    return variable.startswith(f"{names.FORECAST}/") or variable in _ONLY_HERE


def forecast_answer(
    run: xr.DataTree,
    name: str,
    *,
    places: Sequence[str] | None,
    years: Sequence[int] | None,
    group: str | None,
    scenarios: Sequence[str] | None,
    age_groups: Sequence[str] | None,
    threshold: float | None,
) -> Answer:
    """Return what a forecast says about one of its variables, or one computed from them.

    Only the places asked for are read.

    Parameters
    ----------
    run
        A run with a forecast.
    name
        Without the group's name.
    places, years, group, scenarios, age_groups, threshold
        As for :func:`attraktiv.query`.

    Returns
    -------
    tuple
        Draws, or probabilities without chain and draw; NaN in their shape; a note.

    Raises
    ------
    RunError
        No forecast; an unknown variable, scenario, place, year or age group.
    InputError
        A threshold is missing, or of no use.
    """
    forecast = stored_forecast(run)
    if name not in (*STORED, *COMPUTED):
        held = ", ".join(one for one in STORED if one in forecast)
        raise RunError(
            f"A forecast has no variable {name!r}; this one holds {held}, and "
            f"{', '.join(COMPUTED)} are computed. For example: attraktiv query RUN "
            f"{names.FORECAST}/{names.POPULATION}"
        )
    _check_threshold(name, threshold)
    source = name
    if name in COMPUTED:
        source = names.POPULATION_BY_AGE_GROUP if name in _OF_AGES else names.POPULATION
    chosen = _labelled(stored_variable(forecast, source), names.SCENARIO, scenarios)
    if name not in _SINCE_ORIGIN:
        chosen = select_years(chosen, name, years)
    if name not in _OF_AGES:
        chosen = _age_groups(chosen, name, age_groups)
    of_places = _of_places(run, chosen.to_dataset(name=source), places, group)
    found = _computed(of_places, name, threshold) if name in COMPUTED else of_places[name]
    if name == names.PEAK_YEAR:
        no_years(name, years)
    elif name in _SINCE_ORIGIN:
        found = select_years(found, name, years)
    if name in _OF_AGES:
        found = _age_groups(found, name, age_groups)
    found = found.drop_vars([c for c in found.coords if c not in found.dims]).compute()
    note = f"forecast from 1 January {forecast.attrs['origin']}"
    if threshold is not None:
        note += f"; threshold: {threshold:g} persons"
    if group is not None:
        note += f"; sums over the places of each {group} within each draw"
    return found.rename(name), nothing(found), note


def forecast_table(
    run: xr.DataTree,
    *,
    places: Sequence[str] | None = None,
    prob: float = 0.8,
    interval: Interval = "eti",
) -> pd.DataFrame:
    """Return the population to come at a few horizons, of the nation and of places.

    Parameters
    ----------
    run
        A run with a forecast.
    places
        Codes or names; None for the nation, which is the sum of the places with known figures,
        and all places.
    prob, interval
        The bands: their probability, and ``eti`` or ``hdi``.

    Returns
    -------
    DataFrame
        One row per scenario, place (the nation first, without a code) and horizon of 1, 5, 10, 20
        years and the last: ``scenario``, ``place``, ``name``, ``year``, ``horizon``,
        ``population`` at the origin, ``mean``, ``median``, ``lower``, ``upper``,
        ``prob_decline``, ``prob``, ``interval``. ``attrs``: ``model``, ``origin`` and ``draws``.

    Raises
    ------
    RunError
        No forecast; an unknown place.
    InputError
        A band that is none.
    """
    check_interval(prob, interval)
    forecast = stored_forecast(run)
    years = [int(year) for year in forecast[names.YEAR].values]
    last = len(years) - 1
    at = sorted({0, last, *(h for h in HORIZONS if h < last)})
    population = forecast[[names.POPULATION]].isel({names.YEAR: at})
    frames, total = [], None
    where = _positions(run, forecast, find_or_all(run, places))
    population = population.isel({names.PLACE: where})
    for block in blocks_of_places(population[names.POPULATION]):
        part = population.isel({names.PLACE: block}).compute()
        frames.append(_rows(part, prob, interval))
        if places is None:
            summed = part.sum(names.PLACE, skipna=True, dtype=np.float64)
            total = summed if total is None else total + summed
    label_of = dict(zip(choice.place_codes(run), choice.place_names(run), strict=True))
    frame = pd.concat(frames, ignore_index=True)
    frame.insert(2, names.NAME, frame[names.PLACE].map(label_of))
    if total is not None:
        nation = _rows(total.expand_dims({names.PLACE: [""]}), prob, interval)
        nation.insert(2, names.NAME, NATION)
        frame = pd.concat([nation, frame], ignore_index=True)
    frame["horizon"] = frame[names.YEAR] - years[0]
    order = {str(s): i for i, s in enumerate(forecast[names.SCENARIO].values)}
    frame = frame.sort_values(
        names.SCENARIO, key=lambda of: of.map(order), kind="stable", ignore_index=True
    )
    frame.attrs = {
        "model": str(run.attrs.get("model", "")),
        "origin": years[0],
        "draws": int(np.prod([forecast.sizes[dim] for dim in SAMPLE])),
    }
    return frame


def nation_table(
    run: xr.DataTree, *, prob: float = 0.8, interval: Interval = "eti"
) -> pd.DataFrame:
    """Return the population of all places together, in every year of a forecast.

    Parameters
    ----------
    run
        A run with a forecast.
    prob, interval
        The bands: their probability, and ``eti`` or ``hdi``.

    Returns
    -------
    DataFrame
        One row per scenario and year: ``scenario``, ``year``, ``variable``, ``unit``, ``mean``,
        ``median``, ``lower``, ``upper``, ``prob``, ``interval``. Sums are of draws, over the places
        with known figures, whose codes are ``attrs["places"]``. ``attrs`` also: ``origin``.

    Raises
    ------
    RunError
        No forecast.
    InputError
        A band that is none.
    """
    check_interval(prob, interval)
    forecast = stored_forecast(run)
    at_origin = forecast[names.POPULATION].isel(
        dict.fromkeys((*SAMPLE, names.SCENARIO, names.YEAR), 0)
    )
    known = np.flatnonzero(np.isfinite(at_origin.values))
    population = forecast[[names.POPULATION]].isel({names.PLACE: known})
    total = summaries.of_groups(population, [NATION] * len(known))[names.POPULATION]
    found = bands(total.isel({names.GROUP: 0}, drop=True), prob, interval)
    frame = found.to_dataframe(dim_order=[names.SCENARIO, names.YEAR]).reset_index()
    frame = frame[[names.SCENARIO, names.YEAR, "mean", "median", "lower", "upper"]]
    frame.insert(2, "variable", f"{names.FORECAST}/{names.POPULATION}")
    frame.insert(3, "unit", names.PERSONS)
    order = {str(s): i for i, s in enumerate(forecast[names.SCENARIO].values)}
    frame = frame.sort_values(
        names.SCENARIO, key=lambda of: of.map(order), kind="stable", ignore_index=True
    )
    frame.attrs = {
        "origin": int(forecast[names.YEAR].values[0]),
        "places": [str(code) for code in population[names.PLACE].values],
    }
    return frame.assign(prob=prob, interval=interval)


def _rows(part: xr.Dataset, prob: float, interval: Interval) -> pd.DataFrame:
    persons = part[names.POPULATION]
    found = bands(persons, prob, interval)
    found[names.PROB_DECLINE] = summaries.probability_of_decline(part)
    found[names.POPULATION] = found["median"].isel({names.YEAR: 0}, drop=True)
    later = found.isel({names.YEAR: slice(1, None)})
    frame = later.to_dataframe(dim_order=[names.PLACE, names.SCENARIO, names.YEAR]).reset_index()
    numbers = ["mean", "median", "lower", "upper", names.PROB_DECLINE]
    frame = frame[[names.SCENARIO, names.PLACE, names.YEAR, names.POPULATION, *numbers]]
    return frame.assign(prob=prob, interval=interval)


def _computed(of_places: xr.Dataset, name: str, threshold: float | None) -> xr.DataArray:
    if name in _THRESHOLDS:
        assert threshold is not None
        return _THRESHOLDS[name](of_places, threshold)
    return {**_OF_AGES, **_SINCE_ORIGIN}[name](of_places)


def _check_threshold(name: str, threshold: float | None) -> None:
    if (threshold is not None) != (name in _THRESHOLDS):
        raise InputError(
            f"A threshold in persons belongs to {' and '.join(_THRESHOLDS)} and to nothing else; "
            f"asked for was {name!r}. For example: attraktiv query RUN {names.PROB_ABOVE} "
            "--threshold 10000"
        )


def _of_places(
    run: xr.DataTree, chosen: xr.Dataset, places: Sequence[str] | None, group: str | None
) -> xr.Dataset:
    if group is None:
        where = _positions(run, chosen, find_or_all(run, places))
        return chosen.isel({names.PLACE: where}).compute()
    members, group_of, labels = choice.find_groups(run, group, places)
    where = _positions(run, chosen, members)
    summed = summaries.of_groups(
        chosen.isel({names.PLACE: where}), [labels[int(i)] for i in group_of]
    )
    return summed.sel({names.GROUP: labels})


def _positions(run: xr.DataTree, forecast: xr.Dataset, where: np.ndarray) -> np.ndarray:
    """Return where places of the run lie in the forecast."""
    codes = np.array(choice.place_codes(run), dtype=object)[where]
    found = forecast.indexes[names.PLACE].get_indexer(pd.Index(codes))
    if (found < 0).any():
        raise RunError(
            f"The forecast has no place {codes[found < 0][0]}, which the run has. Make it again: "
            "attraktiv forecast RUN PANEL --horizon N --force"
        )
    return found


def _age_groups(values: xr.DataArray, variable: str, wanted: Sequence[str] | None) -> xr.DataArray:
    if wanted is not None and names.AGE_GROUP not in values.dims:
        raise RunError(
            f"{variable!r} does not differ between age groups; leave out --age-group "
            "(age_groups=None)."
        )
    return _labelled(values, names.AGE_GROUP, wanted)


def _labelled(values: xr.DataArray, dim: str, wanted: Sequence[str] | None) -> xr.DataArray:
    if wanted is None:
        return values
    known = [str(label) for label in values[dim].values]
    for label in wanted:
        if label not in known:
            what = dim.replace("_", " ")
            raise RunError(
                f"The forecast has no {what} {label!r}; it has {', '.join(known)}: "
                f"--{dim.replace('_', '-')} {known[0]}"
            )
    return values.isel({dim: [known.index(label) for label in wanted]})
