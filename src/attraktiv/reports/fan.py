"""The fan of a forecast: the years to come with their bands, of places and of the nation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import pandas as pd
import xarray as xr

from attraktiv import names
from attraktiv.effects import choice
from attraktiv.errors import InputError
from attraktiv.forecasts.stored import stored_forecast
from attraktiv.queries import nation_table, query
from attraktiv.reports.drawing import COLOURS
from attraktiv.words import number, scenario_name, text, unit_name, variable_name

if TYPE_CHECKING:
    import altair as alt

MOST: Final = 12
_WIDTH, _HEIGHT = 480, 170
_DASHES = [[5, 3], [2, 2], [9, 3], [9, 3, 2, 3], [1, 3], [12, 2, 2, 2, 2, 2]]


def fan_chart(
    run: xr.DataTree,
    places: Sequence[str],
    variable: str = names.POPULATION,
    *,
    scenarios: Sequence[str] | None = None,
    probs: Sequence[float] = (0.5, 0.8, 0.95),
    observed: xr.DataArray | None = None,
    benchmarks: pd.DataFrame | None = None,
    language: str = "en",
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
        History (place, year): a line up to the origin, points for what came after.
    benchmarks
        Projections of others, with the columns ``projection`` (its name), ``place``, ``year`` and
        ``population``; drawn with a population.
    language
        ``nb`` or ``en``.

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
    if variable != names.POPULATION:
        benchmarks = None
    fans = []
    for code in codes:
        of_place = table[table[names.PLACE] == code]
        past = _history(observed, code)
        title = str(of_place[names.NAME].iloc[0])
        fans.append(
            _fan(of_place, past, _of_place(benchmarks, code), order, widest, language, title)
        )
    return _rows_of_fans(fans, variable, origin, widest, language, history=observed is not None)


def nation_fan(
    run: xr.DataTree,
    *,
    prob: float = 0.8,
    observed: xr.DataArray | None = None,
    benchmarks: pd.DataFrame | None = None,
    language: str = "en",
) -> alt.TopLevelMixin:
    """Return the fan of the nation's population, all scenarios with one band each.

    Parameters
    ----------
    run
        A run with a forecast.
    prob
        Probability of the band.
    observed
        History (place, year), summed in years in which all the places that are summed are known.
    benchmarks
        As for :func:`fan_chart`; summed where they have all those places.
    language
        ``nb`` or ``en``.

    Returns
    -------
    altair.TopLevelMixin

    Raises
    ------
    RunError
        No forecast.
    """
    table = nation_table(run, prob=prob)
    history = whole = None
    if benchmarks is not None:
        whole = _summed(benchmarks, table.attrs["places"])
    if observed is not None:
        total = observed.sel({names.PLACE: table.attrs["places"]}).sum(names.PLACE, skipna=False)
        history = _as_history(total)
    order = [str(one) for one in stored_forecast(run)[names.SCENARIO].values]
    title = text("chart.all_places", language)
    fan = _fan(table, history, whole, order, [prob], language, title)
    origin = int(table.attrs["origin"])
    return _rows_of_fans(
        [fan], names.POPULATION, origin, [prob], language, history=history is not None
    )


def _rows_of_fans(
    fans: Sequence[alt.LayerChart],
    variable: str,
    origin: int,
    probs: Sequence[float],
    language: str,
    *,
    history: bool,
) -> alt.TopLevelMixin:
    import altair as alt

    named = variable_name(variable, language)
    of_bands = ", ".join(number(100 * prob, language) for prob in sorted(probs))
    title = alt.TitleParams(
        text("chart.fan", language, variable=named[:1].upper() + named[1:], origin=origin),
        subtitle=text(
            "chart.fan_history" if history else "chart.fan_bands", language, bands=of_bands
        ),
    )
    rows = alt.vconcat(*fans, spacing=14)
    return rows.resolve_scale(color="shared").properties(title=title)


_PLAIN: Final = {
    *(names.PLACE, names.NAME, names.SCENARIO, names.YEAR, "variable", "unit", "observed"),
    *("mean", "median", "lower", "upper", "prob", "interval"),
}


def _history(observed: xr.DataArray | None, code: str) -> pd.DataFrame | None:
    if observed is None or code not in observed[names.PLACE].values:
        return None
    return _as_history(observed.sel({names.PLACE: code}))


def _as_history(of_place: xr.DataArray) -> pd.DataFrame:
    years = of_place[names.YEAR].values
    values = of_place.values.astype(float)
    return pd.DataFrame({names.YEAR: years, "value": values}).dropna()


def _summed(benchmarks: pd.DataFrame, places: Sequence[str]) -> pd.DataFrame | None:
    of_places = benchmarks.loc[benchmarks[names.PLACE].isin(places)]
    by_year = of_places.groupby(["projection", names.YEAR])
    total = by_year.agg({names.POPULATION: "sum", names.PLACE: "nunique"}).reset_index()
    total = total.loc[total[names.PLACE] == len(places)]
    return total if len(total) else None


def _of_place(benchmarks: pd.DataFrame | None, code: str) -> pd.DataFrame | None:
    if benchmarks is None:
        return None
    found = benchmarks.loc[benchmarks[names.PLACE] == code]
    return found if len(found) else None


def _fan(
    table: pd.DataFrame,
    past: pd.DataFrame | None,
    benchmark: pd.DataFrame | None,
    order: Sequence[str],
    widest: Sequence[float],
    language: str,
    title: str,
) -> alt.LayerChart:
    import altair as alt

    origin = int(table[names.YEAR].min())
    if past is not None and table["variable"].iloc[0].endswith(names.POPULATION):
        # that of the origin is known: the lines meet
        now = float(table.loc[table[names.YEAR] == origin, "median"].iloc[0])
        known = pd.DataFrame({names.YEAR: [origin], "value": [now]})
        past = pd.concat([past[past[names.YEAR] != origin], known]).sort_values(names.YEAR)
    first = int(min([origin, *([] if past is None else past[names.YEAR])]))
    named = {one: scenario_name(one, language) for one in order}
    table = table.assign(shown=table[names.SCENARIO].map(named))
    x = alt.X(
        f"{names.YEAR}:Q",
        title=None,
        scale=alt.Scale(domain=[first, int(table[names.YEAR].max())], nice=False),
        axis=alt.Axis(format="d", tickMinStep=1, labelFlush=False, grid=False),
    )
    y_scale = alt.Scale(zero=False, nice=True)
    y_axis = alt.Axis(format=",.0f", minExtent=62, tickCount=5)
    unit = unit_name(str(table["unit"].iloc[0]), language)
    legend = alt.Legend(orient="top", symbolType="stroke", symbolStrokeWidth=3, symbolOpacity=1)
    colour = alt.Color(
        "shown:N",
        sort=list(named.values()),
        scale=alt.Scale(domain=list(named.values()), range=list(COLOURS[: len(order)])),
        title=None,
        legend=legend if len(order) > 1 else None,
    )
    layers: list[alt.Chart] = [
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
        y = alt.Y("value:Q", scale=y_scale)
        history = alt.Chart(past[past[names.YEAR] <= origin])
        layers.append(history.mark_line(color="black", strokeWidth=1.8).encode(x=x, y=y))
        came = past[(past[names.YEAR] > origin) & (past[names.YEAR] <= table[names.YEAR].max())]
        if len(came):
            layers.append(alt.Chart(came).mark_point(color="black", size=22).encode(x=x, y=y))
    if benchmark is not None:
        layers.append(_benchmark(benchmark, x, y_scale))
    heading = alt.TitleParams(title, fontSize=12, offset=4)
    return alt.LayerChart(layer=layers, width=_WIDTH, height=_HEIGHT, title=heading)


def _benchmark(found: pd.DataFrame, x: alt.X, y_scale: alt.Scale) -> alt.Chart:
    """Return the projections of others, each dashed in its own way."""
    import altair as alt

    dashes = alt.StrokeDash(
        "projection:N", scale=alt.Scale(range=_DASHES), legend=alt.Legend(title=None, orient="top")
    )
    return (
        alt.Chart(found)
        .mark_line(color="#6B3A00", strokeWidth=2)
        .encode(x=x, y=alt.Y(f"{names.POPULATION}:Q", scale=y_scale), strokeDash=dashes)
    )
