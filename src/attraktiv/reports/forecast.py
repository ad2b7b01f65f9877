"""Charts of a forecast: the fan of the years to come, and the population pyramid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd
import xarray as xr

from attraktiv import names
from attraktiv.effects import bands, choice
from attraktiv.errors import InputError, RunError
from attraktiv.forecasts import summaries
from attraktiv.forecasts.known import which_are_women
from attraktiv.forecasts.stored import stored_forecast, stored_variable
from attraktiv.queries import query
from attraktiv.reports.drawing import COLOURS, GREY

if TYPE_CHECKING:
    import altair as alt

MOST: Final = 12
_WIDTH, _HEIGHT = 480, 170
_SIDE, _BAND_HEIGHT = 230, 15
_THOUSANDS = "replace(format(abs(datum.value), ',.0f'), /,/g, '\u00a0')"
_SIGNED = "replace(format(datum.value, ',.0f'), /,/g, '\u00a0')"


def fan_chart(
    run: xr.DataTree,
    places: Sequence[str],
    variable: str = names.POPULATION,
    *,
    scenarios: Sequence[str] | None = None,
    probs: Sequence[float] = (0.5, 0.8, 0.95),
    observed: xr.DataArray | None = None,
) -> alt.TopLevelMixin:
    """Return the fan of a forecast, one row per place.

    Parameters
    ----------
    run
        A run with a forecast.
    places
        Codes or names, one row each with an axis of its own.
    variable
        A variable of the forecast by place and year.
    scenarios
        One is drawn with the bands of all of `probs`; of several, each is a line with the middle
        one of them. None for all.
    probs
        Probabilities of the bands.
    observed
        History (place, year), drawn up to the origin.

    Returns
    -------
    altair.TopLevelMixin

    Raises
    ------
    RunError
        No forecast; an unknown variable, place or scenario.
    InputError
        No place, or more than 12; no probability, or one that is none.
    """
    import altair as alt

    codes = [choice.place_codes(run)[i] for i in choice.find_places(run, places)]
    if not 1 <= len(codes) <= MOST or not probs:
        raise InputError(
            f"A fan chart shows 1 to {MOST} places and at least one band; asked for were "
            f"{len(codes)} places and {len(probs)} bands. For example: "
            "fan_chart(run, ['Oslo'], probs=(0.5, 0.8))"
        )
    origin = int(stored_forecast(run).attrs["origin"])
    order = [str(s) for s in scenarios or stored_forecast(run)[names.SCENARIO].values]
    widest = sorted(probs, reverse=True)
    if len(order) > 1:
        widest = [widest[len(widest) // 2]]
    asked = f"{names.FORECAST}/{variable}"
    table = pd.concat(
        [query(run, asked, places=codes, scenarios=order, prob=prob) for prob in widest]
    )
    if names.YEAR not in table or not {*table.columns} <= _PLAIN:
        raise InputError(
            f"A fan chart shows a variable by place and year, and {variable!r} is not one. For "
            f"example: fan_chart(run, ['Oslo'], {names.POPULATION!r})"
        )
    past = _history(observed, codes, origin)
    if past and variable == names.POPULATION:  # that of the origin is known: the lines meet
        now = table[table[names.YEAR] == origin].drop_duplicates(names.PLACE)
        for code, value in zip(now[names.PLACE], now["median"], strict=True):
            known = pd.DataFrame({names.YEAR: [origin], "value": [value]})
            before = past[code]
            past[code] = pd.concat([before[before[names.YEAR] < origin], known])
    rows = [
        _fan(table[table[names.PLACE] == code], past.get(code), order, widest) for code in codes
    ]
    of_bands = ", ".join(f"{100 * prob:g}" for prob in sorted(widest))
    words = variable.replace("_", " ").capitalize()
    title = alt.TitleParams(
        f"{words}, forecast from {origin}",
        subtitle=f"Line: median. Bands: {of_bands} %." + (" Black: observed." if past else ""),
    )
    return alt.vconcat(*rows, spacing=14).resolve_scale(color="shared").properties(title=title)


_PLAIN: Final = {
    *(names.PLACE, names.NAME, names.SCENARIO, names.YEAR, "variable", "unit", "observed"),
    *("mean", "median", "lower", "upper", "prob", "interval"),
}


def _history(
    observed: xr.DataArray | None, codes: Sequence[str], origin: int
) -> dict[str, pd.DataFrame]:
    found: dict[str, pd.DataFrame] = {}
    if observed is None:
        return found
    for code in codes:
        of_place = observed.sel({names.PLACE: code})
        years = of_place[names.YEAR].values
        table = pd.DataFrame({names.YEAR: years, "value": of_place.values.astype(float)})
        found[code] = table[table[names.YEAR] <= origin].dropna()
    return found


def _fan(
    table: pd.DataFrame, past: pd.DataFrame | None, order: Sequence[str], widest: Sequence[float]
) -> alt.LayerChart | alt.FacetChart:
    import altair as alt

    first = int(min([table[names.YEAR].min(), *([] if past is None else past[names.YEAR])]))
    x = alt.X(
        f"{names.YEAR}:Q",
        title=None,
        scale=alt.Scale(domain=[first, int(table[names.YEAR].max())], nice=False),
        axis=alt.Axis(format="d", tickMinStep=1, labelFlush=False, grid=False),
    )
    y_scale = alt.Scale(zero=False, nice=True)
    y_axis = alt.Axis(labelExpr=_SIGNED, minExtent=62, tickCount=5)
    unit = str(table["unit"].iloc[0])
    colour = alt.Color(
        f"{names.SCENARIO}:N",
        sort=list(order),
        scale=alt.Scale(domain=list(order), range=list(COLOURS[: len(order)])),
        title=None,
        legend=alt.Legend(orient="top", symbolType="stroke", symbolStrokeWidth=3, symbolOpacity=1)
        if len(order) > 1
        else None,
    )
    layers = [
        alt.Chart(table[table["prob"] == prob])
        .mark_area(opacity=0.2)
        .encode(
            x=x,
            y=alt.Y("lower:Q", title=unit, scale=y_scale, axis=y_axis),
            y2="upper:Q",
            color=colour,
        )
        for prob in widest
    ]
    median = table[table["prob"] == widest[0]]
    layers.append(
        alt.Chart(median)
        .mark_line(strokeWidth=2)
        .encode(x=x, y=alt.Y("median:Q", scale=y_scale), color=colour)
    )
    if past is not None and len(past):
        layers.append(
            alt.Chart(past)
            .mark_line(color="black", strokeWidth=1.8)
            .encode(x=x, y=alt.Y("value:Q", scale=y_scale))
        )
    name = alt.TitleParams(str(table[names.NAME].iloc[0]), fontSize=12, offset=4)
    return alt.layer(*layers).properties(width=_WIDTH, height=_HEIGHT, title=name)


def pyramid(
    run: xr.DataTree,
    place: str,
    year: int,
    scenario: str = names.CONTINUED,
    *,
    width: Literal[1, 5] = 5,
    prob: float = 0.8,
) -> alt.TopLevelMixin:
    """Return the population by sex and age of a place, at the origin and in a later year.

    Men stand to the left and women to the right. Bars are the origin, lines are the median of the
    later year, and what is shaded about them is its band.

    Parameters
    ----------
    run
        A run whose forecast holds ages.
    place
        Code or name.
    year
        A later year of the forecast.
    scenario
        One of the forecast.
    width
        Years of age in a bar: 5, or 1.
    prob
        Probability of the band.

    Returns
    -------
    altair.TopLevelMixin

    Raises
    ------
    RunError
        No forecast, or one without ages; an unknown place, scenario or year.
    """
    import altair as alt

    forecast = stored_forecast(run)
    persons = stored_variable(forecast, names.POPULATION_BY_AGE)
    (where,) = choice.find_places(run, [place])
    code, name = choice.place_codes(run)[where], choice.place_names(run)[where]
    known = [str(one) for one in forecast[names.SCENARIO].values]
    years = [int(one) for one in forecast[names.YEAR].values]
    if scenario not in known or year not in years[1:]:
        raise RunError(
            f"The forecast has no scenario {scenario!r} with a later year {year}; it has "
            f"{', '.join(known)} and {years[1]}–{years[-1]}. For example: "
            f"pyramid(run, {name!r}, {years[-1]}, {known[0]!r})"
        )
    cell = {names.PLACE: code, names.SCENARIO: scenario, names.YEAR: [years[0], year]}
    found = bands(summaries.in_age_bands(persons.sel(cell).compute(), width), prob)
    table = found.to_dataframe().reset_index()
    women = str(found[names.SEX].values[which_are_women(found)])
    table = table.assign(sign=np.where(table[names.SEX].astype(str) == women, 1.0, -1.0))
    for column in ("median", "lower", "upper"):
        table[column] = table["sign"] * table[column]
    top = float(table[["median", "lower", "upper"]].abs().to_numpy().max())
    ages = sorted(table[names.AGE].unique())
    label = {age: _age(int(age), width, int(ages[-1])) for age in ages}
    table["label"] = table[names.AGE].map(label)
    at_origin, later = (table[table[names.YEAR] == one] for one in (years[0], year))
    order = [label[age] for age in reversed(ages)]
    axis: dict[str, Any] = {"title": "age", "labelOverlap": True, "ticks": False}
    if width == 1:
        axis["values"] = [label[age] for age in ages if age % 10 == 0]
    y = alt.Y("label:N", sort=order, axis=alt.Axis(**axis))
    x = alt.X(
        "median:Q",
        title="← men · persons · women →",
        scale=alt.Scale(domain=[-top, top], nice=True),
        axis=alt.Axis(labelExpr=_THOUSANDS, tickCount=7, labelFlush=False),
    )
    bars = alt.Chart(at_origin).mark_bar(color="#CFCFCF").encode(x=x, y=y)
    band = (
        alt.Chart(later)
        .mark_bar(color=COLOURS[0], opacity=0.35)
        .encode(x=alt.X("lower:Q"), x2="upper:Q", y=y)
    )
    thick = 13 if width > 1 else 4
    median = (
        alt.Chart(later)
        .mark_tick(color=COLOURS[0], thickness=2, size=thick)
        .encode(x=alt.X("median:Q"), y=y)
    )
    zero = alt.Chart(pd.DataFrame({"x": [0.0]})).mark_rule(color=GREY).encode(x="x:Q")
    title = alt.TitleParams(
        f"{name}, {years[0]} and {year}",
        subtitle=f"Grey: {years[0]}. Blue: {year}, median and {100 * prob:g} % band, {scenario}.",
    )
    height = _BAND_HEIGHT if width > 1 else 5
    return alt.layer(bars, band, median, zero).properties(
        width=2 * _SIDE, height=alt.Step(height), title=title
    )


def _age(lowest: int, width: int, last: int) -> str:
    if lowest == last:
        return f"{lowest}+"
    return str(lowest) if width == 1 else f"{lowest}–{lowest + width - 1}"
