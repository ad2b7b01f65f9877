"""Charts of a backtest: errors and coverage by years ahead, and where outcomes fell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from attraktiv.reports.drawing import COLOURS, GREY
from attraktiv.words import text

if TYPE_CHECKING:
    import altair as alt

_SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "stroke")


def backtest_chart(table: pd.DataFrame, language: str = "en") -> alt.TopLevelMixin:
    """Draw CRPS and the coverage of 80 % intervals by years ahead.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`attraktiv.scores`, by ``horizon``.
    language : str
        ``nb`` or ``en``.

    Returns
    -------
    altair.HConcatChart
    """
    import altair as alt

    order = list(dict.fromkeys(table["forecaster"]))
    table = table.assign(percent=100 * table["coverage_80"])
    legend = alt.Legend(title=None, orient="top", columns=4, labelLimit=200)
    shared = alt.Chart(table).encode(
        x=alt.X(
            "horizon:O", title=text("chart.years_ahead", language), axis=alt.Axis(labelAngle=0)
        ),
        color=alt.Color("forecaster:N", sort=order, legend=legend),
        # shape as well as colour: lines cross, and colours are not told apart by all
        shape=alt.Shape(
            "forecaster:N", sort=order, legend=None, scale=alt.Scale(range=list(_SHAPES))
        ),
    )
    error = shared.mark_line(point=alt.OverlayMarkDef(size=50)).encode(
        y=alt.Y("crps:Q", title=text("chart.crps", language))
    )
    held = shared.mark_line(point=alt.OverlayMarkDef(size=50)).encode(
        y=alt.Y("percent:Q", title=text("chart.held_80", language),
                scale=alt.Scale(domain=[0, 100]))
    )  # fmt: skip
    nominal = (
        alt.Chart(pd.DataFrame({"nominal": [80.0]}))
        .mark_rule(color=GREY, strokeDash=[4, 3])
        .encode(y="nominal:Q")
    )
    size = {"width": 300, "height": 260}
    return alt.hconcat(error.properties(**size), (nominal + held).properties(**size))


def pit_chart(table: pd.DataFrame, horizons: tuple[int, ...] = (1, 3, 5, 10)) -> alt.TopLevelMixin:
    """Draw in which tenth of the forecast outcomes fell.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`attraktiv.backtests.pit_histogram`.
    horizons : tuple of int
        Years ahead that are shown.

    Returns
    -------
    altair.FacetChart
    """
    import altair as alt

    shown = table[table["horizon"].isin(horizons)]
    shown = shown.assign(percent=100 * shown["share"], end=shown["bin"] + 0.1,
                         ahead=_ahead(shown["horizon"]))  # fmt: skip
    order = list(dict.fromkeys(table["forecaster"]))
    base = alt.Chart(shown)
    bars = base.mark_bar(color=COLOURS[0]).encode(
        x=alt.X("bin:Q", title=None, bin="binned",
                axis=alt.Axis(values=[0, 0.5, 1], format=".1f")),
        x2="end:Q",
        y=alt.Y("percent:Q", title=None),
    )  # fmt: skip
    even = base.mark_rule(color=GREY, strokeDash=[4, 3]).encode(y=alt.datum(10.0))
    title = "Percent of outcomes in each tenth of the forecast"
    return alt.layer(bars, even).properties(width=110, height=70).facet(title=title,
        column=alt.Column("ahead:N", title=None, sort=list(_ahead(pd.Series(horizons)))),
        row=alt.Row("forecaster:N", title=None, sort=order,
                    header=alt.Header(labelAngle=0, labelAlign="left", labelLimit=160)),
    )  # fmt: skip


def _ahead(horizon: pd.Series) -> pd.Series:
    return horizon.map(lambda h: f"{h} year{'' if h == 1 else 's'} ahead")


__all__ = ["backtest_chart", "pit_chart"]
