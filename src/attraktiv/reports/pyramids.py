"""The population pyramid of a forecast: who lives in a place, now and in a later year."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import xarray as xr

from attraktiv import names
from attraktiv.effects import bands, choice
from attraktiv.errors import RunError
from attraktiv.forecasts import summaries
from attraktiv.forecasts.known import which_are_women
from attraktiv.forecasts.stored import stored_forecast, stored_variable
from attraktiv.reports.drawing import COLOURS, GREY
from attraktiv.words import number, scenario_name, text

if TYPE_CHECKING:
    import altair as alt

_SIDE, _BAND_HEIGHT = 230, 15
_UNSIGNED = "format(abs(datum.value), ',.0f')"


def pyramid(
    run: xr.DataTree,
    place: str,
    year: int,
    scenario: str = names.CONTINUED,
    *,
    width: Literal[1, 5] = 5,
    prob: float = 0.8,
    language: str = "en",
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
    language
        ``nb`` or ``en``.

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
    axis: dict[str, Any] = {
        "title": text("chart.age", language),
        "labelOverlap": True,
        "ticks": False,
    }
    if width == 1:
        axis["values"] = [label[age] for age in ages if age % 10 == 0]
    y = alt.Y("label:N", sort=order, axis=alt.Axis(**axis))
    x = alt.X(
        "median:Q",
        title=text("chart.sexes", language),
        scale=alt.Scale(domain=[-top, top], nice=True),
        axis=alt.Axis(labelExpr=_UNSIGNED, tickCount=7, labelFlush=False),
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
        text("chart.pyramid", language, place=name, first=years[0], last=year),
        subtitle=text(
            "chart.pyramid_reading",
            language,
            first=years[0],
            last=year,
            band=number(100 * prob, language),
            scenario=scenario_name(scenario, language),
        ),
    )
    height = _BAND_HEIGHT if width > 1 else 5
    return alt.layer(bars, band, median, zero).properties(
        width=2 * _SIDE, height=alt.Step(height), title=title
    )


def _age(lowest: int, width: int, last: int) -> str:
    if lowest == last:
        return f"{lowest}+"
    return str(lowest) if width == 1 else f"{lowest}–{lowest + width - 1}"
