"""Charts of attractiveness: places with their bands, a map, and a place's path over the years."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from attraktiv import names
from attraktiv.reports.drawing import COLOURS, GREY
from attraktiv.reports.standing import COLOUR_OF, STANDINGS, standings
from attraktiv.words import number, text, unit_name

if TYPE_CHECKING:
    import altair as alt

_WIDTH, _STEP = 430, 19
_MAP_WIDTH, _LEAST_HEIGHT, _MOST_HEIGHT = 520, 200, 640
_PALE = "#D9D9D9"
#: From far below the average place to far above it.
_SCALE: Final = ("#8F3F00", "#D0762F", "#F6C79F", "#A6CFE8", "#4A94C4", "#00466E")
_PATH_HEIGHT = 190
_AXIS: Final = {"format": "~g", "labelFlush": False}


def league_chart(frame: pd.DataFrame, language: str = "en") -> alt.TopLevelMixin:
    """Return places as points with their bands, in the order of the table.

    Parameters
    ----------
    frame
        From :func:`attraktiv.queries.attractiveness_table`, of places or groups.
    language
        ``nb`` or ``en``.

    Returns
    -------
    altair.TopLevelMixin
        Places that cannot be told from average are grey and hollow.
    """
    import altair as alt

    named = {one: text(f"chart.{one}", language) for one in STANDINGS}
    table = frame.assign(label=labels(frame), standing=standings(frame).map(named))
    band, unit = 100 * table["prob"].iloc[0], unit_name(str(table["unit"].iloc[0]), language)
    colours = list(COLOUR_OF.values())
    colour = alt.Color(
        "standing:N",
        scale=alt.Scale(domain=list(named.values()), range=colours),
        legend=alt.Legend(orient="top", title=None, labelLimit=300),
    )
    fill = alt.Fill(
        "standing:N",
        scale=alt.Scale(domain=list(named.values()), range=[colours[0], "white", colours[2]]),
        legend=None,
    )
    order = list(table["label"])
    y = alt.Y("label:N", sort=order, title=None, axis=alt.Axis(labelLimit=210, ticks=False))
    x = alt.X("lower:Q", title=unit, axis=_AXIS, scale=alt.Scale(nice=True))
    base = alt.Chart(table)
    rules = base.mark_rule(strokeWidth=2.5).encode(x=x, x2="upper:Q", y=y, color=colour)
    points = base.mark_point(size=55, opacity=1).encode(x="mean:Q", y=y, color=colour, fill=fill)
    zero = alt.Chart(pd.DataFrame({"x": [0.0]})).mark_rule(color="#555555").encode(x="x:Q")
    title = alt.TitleParams(
        text("chart.league", language, band=number(band, language), unit=unit), fontSize=12
    )
    return alt.layer(zero, rules, points).properties(
        width=_WIDTH, height=alt.Step(_STEP), title=title
    )


def labels(frame: pd.DataFrame) -> pd.Series:
    """Return the names of places or groups, with the code where several share a name."""
    dim = names.GROUP if names.GROUP in frame else names.PLACE
    name = frame[names.NAME].astype(str)
    return name.where(~name.duplicated(keep=False), name + " (" + frame[dim].astype(str) + ")")


def attractiveness_map(
    frame: pd.DataFrame, outlines: dict[str, Any], language: str = "en"
) -> alt.TopLevelMixin:
    """Return a map: what is above average blue, below it orange, and grey what cannot be told.

    Parameters
    ----------
    frame
        From :func:`attraktiv.queries.attractiveness_table`, of places.
    outlines
        From :func:`attraktiv.panels.read_outlines`.
    language
        ``nb`` or ``en``.

    Returns
    -------
    altair.TopLevelMixin
        Equal areas. Places without an outline are left out.
    """
    import altair as alt
    import shapely
    from shapely.geometry import mapping, shape

    rows = frame.assign(standing=standings(frame)).set_index(names.PLACE)
    known = [one for one in outlines["features"] if one["properties"][names.PLACE] in rows.index]
    # on a sphere the ring of a polygon has its inside to the right
    shapes = shapely.orient_polygons(
        np.array([shape(one["geometry"]) for one in known], dtype=object), exterior_cw=True
    )
    features = []
    for one, outline in zip(known, shapes, strict=True):
        row = rows.loc[one["properties"][names.PLACE]]
        told = row["standing"] != "unclear"
        shown = {"level": float(row["mean"]) if told else None, "told": told}
        features.append({"type": "Feature", "geometry": mapping(outline), "properties": shown})
    west, south, east, north = shapely.total_bounds(shapes)
    levels = rows.loc[rows["standing"] != "unclear", "mean"].abs()
    step = _round_step(float(levels.quantile(0.9)) / 3 if len(levels) else 1.0)
    colour = alt.Color(
        "properties.level:Q",
        # classes: of a place near zero the side is seen too
        scale=alt.Scale(
            type="threshold", domain=[k * step for k in range(-2, 3)], range=list(_SCALE)
        ),
        legend=alt.Legend(
            title=unit_name(str(frame["unit"].iloc[0]), language),
            orient="top",
            direction="horizontal",
            gradientLength=220,
            format="~g",
            titleLimit=400,
        ),
    )
    every = {"type": "FeatureCollection", "features": features}
    shape_data = alt.Data(values=every, format=alt.DataFormat(property="features"))
    base = alt.Chart(shape_data)
    layers = (
        base.mark_geoshape(stroke="white", strokeWidth=0.3, color=_PALE),
        base.transform_filter("datum.properties.told")
        .mark_geoshape(stroke="white", strokeWidth=0.3)
        .encode(color=colour),
    )
    # a degree of longitude is shorter the farther from the equator
    breadth = (east - west) * np.cos(np.radians((south + north) / 2))
    height = float(np.clip(_MAP_WIDTH * (north - south) / breadth, _LEAST_HEIGHT, _MOST_HEIGHT))
    title = alt.TitleParams(text("chart.map", language), fontSize=12)
    return (
        alt.layer(*layers)
        .project(
            "conicEqualArea",
            rotate=[-(west + east) / 2, 0, 0],
            parallels=[south + (north - south) / 6, north - (north - south) / 6],
        )
        .properties(width=_MAP_WIDTH, height=height, title=title)
    )


def _round_step(about: float) -> float:
    """Return a step near a number that is read easily: 1, 2 or 5 and a power of ten."""
    power = 10.0 ** np.floor(np.log10(about))
    return float(
        min((1 * power, 2 * power, 5 * power, 10 * power), key=lambda one: abs(one - about))
    )


def path_chart(
    path: pd.DataFrame, lasting: float | None, language: str = "en"
) -> alt.TopLevelMixin:
    """Return the attractiveness of a place in each year, with its band and what lasts.

    Parameters
    ----------
    path
        From ``attraktiv.query(run, "attractiveness", places=[place])``.
    lasting
        The mean of the lasting part, drawn as a dashed line; None where the model has none.
    language
        ``nb`` or ``en``.

    Returns
    -------
    altair.TopLevelMixin
    """
    import altair as alt

    unit = unit_name(str(path["unit"].iloc[0]), language)
    x = alt.X(
        f"{names.YEAR}:Q",
        title=None,
        scale=alt.Scale(nice=False),
        axis=alt.Axis(format="d", tickMinStep=1, labelFlush=False, grid=False),
    )
    base = alt.Chart(path)
    band = base.mark_area(opacity=0.25, color=COLOURS[0]).encode(
        x=x, y=alt.Y("lower:Q", title=unit, axis=alt.Axis(format="~g")), y2="upper:Q"
    )
    line = base.mark_line(color=COLOURS[0], strokeWidth=2).encode(x=x, y="median:Q")
    zero = alt.Chart(pd.DataFrame({"y": [0.0]})).mark_rule(color=GREY).encode(y="y:Q")
    layers: list[alt.Chart] = [zero, band, line]
    if lasting is not None:
        level = alt.Chart(pd.DataFrame({"y": [lasting]}))
        layers.append(level.mark_rule(color="black", strokeDash=[6, 4]).encode(y="y:Q"))
    title = alt.TitleParams(
        text("chart.path", language, band=number(100 * path["prob"].iloc[0], language)),
        fontSize=12,
    )
    return alt.layer(*layers).properties(width=480, height=_PATH_HEIGHT, title=title)
