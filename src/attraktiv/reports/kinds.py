"""Charts of growth by the kinds of its terms: of one place with bands, of several side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from attraktiv import names
from attraktiv.effects import components
from attraktiv.reports.decomposition import OF_KIND
from attraktiv.reports.drawing import COLOURS, GREY
from attraktiv.reports.league import labels
from attraktiv.words import component_name, number, text, unit_name

if TYPE_CHECKING:
    import altair as alt

_COLOUR_OF: Final = {
    **OF_KIND,
    components.STRUCTURE: COLOURS[0],
    components.ATTRACTIVE: COLOURS[1],
    components.BORDERS: GREY,
    components.ROUNDING: "#5A5A5A",
}
_SMALL = 0.005  # of a percent: what would be written 0.00
_WIDTH, _STEP = 430, 24


def by_kind(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one row per place and kind of terms, and one for the growth.

    Parameters
    ----------
    frame
        From :func:`attraktiv.queries.decomposition_table`.

    Returns
    -------
    DataFrame
        Columns of the table; a kind of several terms is their sum within the draws, with its
        band. Borders and rounding are left out where they are nothing in all places.
    """
    rows = []
    dim = names.GROUP if names.GROUP in frame else names.PLACE
    for _, of_place in frame.groupby(dim, sort=False):
        sums = of_place.loc[~of_place["is_term"]].set_index("component", drop=False)
        for kind, terms in of_place.loc[of_place["is_term"]].groupby("kind", sort=False):
            # a kind that has no sum beside its terms has one term alone
            rows.append(sums.loc[kind] if kind in sums.index else terms.iloc[0])
        rows.append(sums.loc[names.OBSERVED_GROWTH])
    found = pd.DataFrame(rows).reset_index(drop=True)
    size = found["mean"].abs().groupby(found["kind"]).transform("max")
    dispensable = found["kind"].isin([components.BORDERS, components.ROUNDING])
    return found.loc[~(dispensable & (size < _SMALL))].reset_index(drop=True)


def kinds_chart(frame: pd.DataFrame, language: str = "en") -> alt.TopLevelMixin:
    """Return the growth of one place by kinds: a bar for each, with its band.

    Parameters
    ----------
    frame
        From :func:`by_kind`, of one place.
    language
        ``nb`` or ``en``.

    Returns
    -------
    altair.TopLevelMixin
    """
    import altair as alt

    terms = frame.assign(term=[component_name(str(kind), language) for kind in frame["kind"]])
    terms["fill"] = [_COLOUR_OF.get(str(kind), "#222222") for kind in frame["kind"]]
    terms["banded"] = terms["lower"] < terms["upper"]
    y = alt.Y(
        "term:N", sort=list(terms["term"]), title=None, axis=alt.Axis(ticks=False, labelLimit=260)
    )
    unit = unit_name(str(frame["unit"].iloc[0]), language)
    x = alt.X("mean:Q", title=unit, axis=alt.Axis(format="~g", labelFlush=False))
    bars = (
        alt.Chart(terms)
        .mark_bar(height={"band": 0.65})
        .encode(x=x, y=y, color=alt.Color("fill:N", scale=None))
    )
    bands = (
        alt.Chart(terms.loc[terms["banded"]])
        .mark_rule(color="black", strokeWidth=1.5)
        .encode(x="lower:Q", x2="upper:Q", y=y)
    )
    zero = alt.Chart(pd.DataFrame({"x": [0.0]})).mark_rule(color=GREY).encode(x="x:Q")
    band = number(100 * frame["prob"].iloc[0], language)
    title = alt.TitleParams(text("chart.decomposition", language, band=band), fontSize=12)
    return alt.layer(bars, zero, bands).properties(
        width=_WIDTH, height=alt.Step(_STEP), title=title
    )


def stacked_chart(frame: pd.DataFrame, language: str = "en") -> alt.TopLevelMixin:
    """Return the growth of several places by kinds, stacked, in the order of the table.

    Parameters
    ----------
    frame
        From :func:`by_kind`.
    language
        ``nb`` or ``en``.

    Returns
    -------
    altair.TopLevelMixin
    """
    import altair as alt

    one_each = frame.loc[frame["component"] == names.OBSERVED_GROWTH]
    label = dict(zip(one_each[names.PLACE], labels(one_each), strict=True))
    table = frame.assign(label=frame[names.PLACE].map(label))
    terms = table.loc[table["component"] != names.OBSERVED_GROWTH]
    kinds = list(dict.fromkeys(terms["kind"]))
    named = {kind: component_name(str(kind), language) for kind in kinds}
    terms = terms.assign(term=terms["kind"].map(named), rank=terms["kind"].map(kinds.index))
    order = list(label.values())
    y = alt.Y("label:N", sort=order, title=None, axis=alt.Axis(labelLimit=210, ticks=False))
    unit = unit_name(str(frame["unit"].iloc[0]), language)
    colours = [_COLOUR_OF.get(str(kind), "#222222") for kind in kinds]
    axis = alt.Axis(format="~g", labelFlush=False)
    bars = (
        alt.Chart(terms)
        .mark_bar(height={"band": 0.75})
        .encode(
            x=alt.X("mean:Q", title=unit, stack="zero", axis=axis),
            y=y,
            color=alt.Color(
                "term:N",
                scale=alt.Scale(domain=list(named.values()), range=colours),
                legend=alt.Legend(
                    title=None, orient="bottom", columns=3, labelLimit=230, symbolType="square"
                ),
            ),
            order=alt.Order("rank:Q"),
        )
    )
    total = (
        alt.Chart(table.loc[table["component"] == names.OBSERVED_GROWTH])
        .mark_point(shape="diamond", size=70, filled=True, fill="white", stroke="black", opacity=1)
        .encode(x="mean:Q", y=y)
    )
    zero = alt.Chart(pd.DataFrame({"x": [0.0]})).mark_rule(color=GREY).encode(x="x:Q")
    title = alt.TitleParams(text("chart.stacked", language), fontSize=12)
    return alt.layer(bars, zero, total).properties(
        width=_WIDTH, height=alt.Step(_STEP), title=title
    )
