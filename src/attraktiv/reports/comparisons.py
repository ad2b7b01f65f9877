"""Charts of a comparison: effects side by side, shrinkage of places, changes of rank."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from attraktiv import names
from attraktiv.errors import InputError
from attraktiv.reports.drawing import COLOURS, GREY, draw

if TYPE_CHECKING:
    import altair as alt

_HIGHEST = 15
_NAMED = 10
# a name's height and width, as shares of the chart
_HIGH_NAME, _WIDE_NAME = 0.03, 0.25
_POINTS = "percent of population per year"


def draw_comparison(
    found: xr.Dataset, folder: str | Path, *, suffix: str = ".png", force: bool = False
) -> list[Path]:
    """Write the charts of a comparison.

    Parameters
    ----------
    found : xarray.Dataset
        From :func:`attraktiv.compare`.
    folder : str or Path
        Made if it is not there.
    suffix : str
        ``.png``, ``.svg`` or ``.json``.
    force : bool
        Replace charts that are there.

    Returns
    -------
    list of Path
        ``effects``, ``shrinkage`` and ``ranks``.

    Raises
    ------
    InputError
        A chart is there without `force`.
    """
    folder = Path(folder)
    charts = {"effects": effects, "shrinkage": shrinkage, "ranks": ranks}
    paths = [folder / f"{name}{suffix}" for name in charts]
    if not force and (there := [path for path in paths if path.exists()]):
        raise InputError(f"{there[0]} is there already. Choose another folder, or replace: --force")
    folder.mkdir(parents=True, exist_ok=True)
    return [
        draw(make(found), path, force=force)
        for make, path in zip(charts.values(), paths, strict=True)
    ]


def effects(found: xr.Dataset) -> alt.TopLevelMixin:
    """Effects of one standard deviation of each factor, run by run, with their bands."""
    import altair as alt

    table = found[names.COEFFICIENT].to_series().unstack(names.ESTIMATE).dropna().reset_index()
    terms = [str(term) for term in found[names.TERM].values]
    labels = [str(run) for run in found[names.RUN].values]
    base = alt.Chart(table).encode(
        y=alt.Y("term:N", sort=terms, title=None, axis=alt.Axis(labelLimit=240)),
        yOffset=alt.YOffset("run:N", sort=labels),
        color=alt.Color("run:N", sort=labels, title=None, legend=alt.Legend(orient="top")),
    )
    zero = alt.Chart(pd.DataFrame({"zero": [0.0]})).mark_rule(color=GREY).encode(x="zero:Q")
    bars = base.mark_rule(strokeWidth=2).encode(
        x=alt.X("lower:Q", axis=_whole("percentage points per standard deviation")),
        x2="upper:Q",
    )
    points = base.mark_point(filled=True, size=50, opacity=1.0).encode(x="mean:Q")
    return alt.layer(zero, bars, points).properties(
        width=420, height=alt.Step(18), title=_title("Effects of the factors", found)
    )


def shrinkage(found: xr.Dataset) -> alt.TopLevelMixin:
    """Attractiveness of every place in the first run against the last, by size."""
    import altair as alt

    table = _ends(found)
    first, last = _first_and_last(found)
    low = float(min(table["first"].min(), table["last"].min()))
    high = float(max(table["first"].max(), table["last"].max()))
    same = pd.DataFrame({"first": [low, high], "last": [low, high]})
    scale = alt.Scale(domain=[low, high], nice=True)
    points = (
        alt.Chart(table)
        .mark_circle(opacity=0.5)
        .encode(
            x=alt.X("first:Q", scale=scale, axis=_whole(f"{first}, {_POINTS}")),
            y=alt.Y("last:Q", scale=scale, axis=_whole(f"{last}, {_POINTS}")),
            size=alt.Size(
                "population:Q",
                title="persons",
                scale=alt.Scale(type="sqrt", range=[8, 500]),
                legend=alt.Legend(orient="right", values=_sizes(table["population"])),
            ),
            color=alt.value(COLOURS[0]),
        )
    )
    line = alt.Chart(same).mark_line(color=GREY, strokeDash=[4, 4]).encode(x="first:Q", y="last:Q")
    text = (
        alt.Chart(_apart(table, high - low))
        .mark_text(align="left", dx=6, dy=-6, fontSize=10)
        .encode(x="first:Q", y="last:Q", text="name:N")
    )
    return alt.layer(line, points, text).properties(
        width=460, height=460, title=_title("Attractiveness of places", found)
    )


def ranks(found: xr.Dataset) -> alt.TopLevelMixin:
    """Where the places that are highest in the first run stand in the last, and the reverse."""
    import altair as alt

    table = _ends(found)
    first, last = _first_and_last(found)
    highest = table[(table["rank_first"] <= _HIGHEST) | (table["rank_last"] <= _HIGHEST)]
    long = pd.concat(
        [
            highest.assign(run=label, rank=highest[column])[["name", "run", "rank", "change"]]
            for label, column in ((first, "rank_first"), (last, "rank_last"))
        ]
    )
    order = [first, last]
    scale = alt.Scale(type="symlog", constant=8, reverse=True, nice=False)
    base = alt.Chart(long).encode(
        x=alt.X(
            "run:N",
            sort=order,
            title=None,
            axis=alt.Axis(orient="top", labelAngle=0, domain=False, ticks=False, labelLimit=220),
            scale=alt.Scale(padding=0.6),
        ),
        y=alt.Y("rank:Q", scale=scale, axis=None),
    )
    colour = alt.Color(
        "change:N",
        sort=["up", "down", "same"],
        scale=alt.Scale(domain=["up", "down", "same"], range=[COLOURS[2], COLOURS[1], GREY]),
        title=None,
        legend=alt.Legend(orient="bottom"),
    )
    lines = base.mark_line(strokeWidth=1.5, point=True).encode(detail="name:N", color=colour)
    number = long["rank"].map("{:.0f}".format)
    left = long.assign(label=long["name"] + "  " + number)[long["run"] == first]
    right = long.assign(label=number + "  " + long["name"])[long["run"] == last]
    places = {
        "x": alt.X("run:N", sort=order),
        "y": alt.Y("rank:Q", scale=scale),
        "text": "label:N",
    }
    sides = [
        alt.Chart(left).mark_text(align="right", dx=-10, fontSize=11).encode(**places),
        alt.Chart(right).mark_text(align="left", dx=10, fontSize=11).encode(**places),
    ]
    return alt.layer(lines, *sides).properties(
        width=520, height=620, title=_title(f"Places among the {_HIGHEST} highest of either", found)
    )


def _ends(found: xr.Dataset) -> pd.DataFrame:
    """One row for each place: the first run and the last."""
    mean = found["attractiveness"].sel({names.ESTIMATE: "mean"})
    table = pd.DataFrame(
        {
            "name": [str(name) for name in found[names.NAME].values],
            "population": found[names.POPULATION].values,
            "first": mean.isel({names.RUN: 0}).values,
            "last": mean.isel({names.RUN: -1}).values,
            "rank_first": found[names.RANK].isel({names.RUN: 0}).values,
            "rank_last": found[names.RANK].isel({names.RUN: -1}).values,
        }
    )
    moved = table["rank_first"] - table["rank_last"]
    change = moved.map(lambda by: "up" if by > 0 else "down" if by < 0 else "same")
    return table.assign(change=change)


def _apart(table: pd.DataFrame, width: float) -> pd.DataFrame:
    """Return the places that move most, but none whose name would lie on another's."""
    x, y = (table[column].to_numpy(float) for column in ("first", "last"))
    chosen: list[int] = []
    for i in np.argsort(-np.abs(x - y)):
        near = [
            j
            for j in chosen
            if abs(y[i] - y[j]) < _HIGH_NAME * width and abs(x[i] - x[j]) < _WIDE_NAME * width
        ]
        if not near:
            chosen.append(int(i))
        if len(chosen) == _NAMED:
            break
    return table.iloc[chosen]


def _whole(title: str) -> alt.Axis:
    """Return an axis whose outermost labels stand where their ticks are."""
    import altair as alt

    return alt.Axis(title=title, labelFlush=False)


def _sizes(population: pd.Series) -> list[float]:
    """Round sizes for the key, from small to large."""
    return [size for size in (1e3, 1e4, 1e5, 1e6) if size <= 1.5 * population.max()]


def _first_and_last(found: xr.Dataset) -> tuple[str, str]:
    labels = found[names.RUN].values
    return str(labels[0]), str(labels[-1])


def _title(text: str, found: xr.Dataset) -> dict[str, Any]:
    period = f"{found.attrs['first']}–{found.attrs['last']}"
    return {"text": text, "subtitle": f"{found.attrs['panel_title']}, {period}"}
