"""The chart of the decomposition of growth: stacked bars, and attractiveness with its band."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pandas as pd

from attraktiv import names
from attraktiv.effects.components import (
    ATTRACTIVE,
    BORDERS,
    LEVEL,
    NATURAL,
    NOISE,
    NOISE_THROUGH_JOBS,
    OTHER,
    ROUNDING,
    STRUCTURE,
    THROUGH_JOBS,
)
from attraktiv.errors import InputError
from attraktiv.reports.drawing import COLOURS, GREY

if TYPE_CHECKING:
    import altair as alt

MOST = 60
_REST, _OTHER_FACTORS = "borders and rounding", "other factors"
#: Colours of kinds; those of structure and attractiveness have a colour for each term.
OF_KIND: Final = {
    NATURAL: COLOURS[2],
    OTHER: "#44AA99",
    LEVEL: COLOURS[5],
    THROUGH_JOBS: "#6B3A00",
    NOISE: "#CFCFCF",
    NOISE_THROUGH_JOBS: "#E3E3E3",
    _REST: GREY,
}
#: Factors of the model in their order; what comes after them is drawn as one.
_OF_FACTORS: Final = (COLOURS[0], COLOURS[4], COLOURS[3], COLOURS[6], "#882255")
_OF_ATTRACTIVENESS: Final = (COLOURS[1], "#F0B18A")
_STEP, _BARS, _BANDS = 22, 420, 170
_OF_JOBS: Final = {
    names.OWN_JOBS_STRUCTURE: "own jobs, structure",
    names.OWN_JOBS_OTHER: "own jobs, other",
}
_LAG = re.compile(r"lag\((.+), *\d+\)$")


def decomposition_chart(frame: pd.DataFrame) -> alt.TopLevelMixin:
    """Return the decomposition as stacked bars, one for each place or group.

    Bars to the right add to growth, bars to the left take from it, and the diamond is
    growth. Lags of a factor are one bar. Beside the bars stands attractiveness with its
    band.

    Parameters
    ----------
    frame
        From :func:`attraktiv.queries.decomposition_table`.

    Returns
    -------
    altair.TopLevelMixin

    Raises
    ------
    InputError
        More than 60 places: their names could not be read; or none with known figures.
    """
    import altair as alt

    dim = names.GROUP if names.GROUP in frame else names.PLACE
    by = f" by {frame.attrs['group']}" if frame.attrs.get("group") else ""
    frame = frame.loc[frame["mean"].notna()]
    frame = frame.assign(label=_labels(frame, dim))
    order = list(dict.fromkeys(frame["label"]))
    if not 1 <= len(order) <= MOST:
        raise InputError(
            f"A chart of the decomposition shows 1 to {MOST} places with known figures; there are "
            f"{len(order)}. Choose some, for example --place NAME, or add them up: --group COLUMN"
        )
    one = frame.iloc[0]
    period = "–".join(dict.fromkeys(str(one[end]) for end in ("first", "last")))
    bars = _bars(frame)
    colours = _colours(bars)
    y = alt.Y("label:N", sort=order, title=None, axis=alt.Axis(labelLimit=180, ticks=False))
    unit = str(one["unit"])
    stacked = (
        alt.Chart(bars)
        .mark_bar(height={"band": 0.75})
        .encode(
            x=alt.X("mean:Q", title=unit, stack="zero"),
            y=y,
            color=alt.Color(
                "term:N",
                title=None,
                sort=list(colours),
                scale=alt.Scale(domain=list(colours), range=list(colours.values())),
                legend=alt.Legend(orient="bottom", columns=4, labelLimit=170, symbolType="square"),
            ),
            order=alt.Order("rank:Q"),
            tooltip=["label:N", "term:N", alt.Tooltip("mean:Q", format=".2f")],
        )
    )
    growth = frame.loc[frame[names.COMPONENT] == names.OBSERVED_GROWTH]
    total = (
        alt.Chart(growth)
        .mark_point(shape="diamond", size=70, filled=True, fill="white", stroke="black")
        .encode(x="mean:Q", y=y, opacity=alt.value(1))
    )
    zero = alt.Chart(pd.DataFrame({"x": [0.0]})).mark_rule(color=GREY).encode(x="x:Q")
    left = alt.layer(stacked, zero, total).properties(width=_BARS, height=_STEP * len(order))
    title = alt.TitleParams(
        f"Growth of {frame.attrs['growth_of']}{by}, {period}",
        subtitle=f"Diamond: growth. Right: attractiveness with its {100 * one['prob']:g} % band.",
    )
    right = _bands(frame, order, unit)
    parts = [left] if right is None else [left, right]
    return alt.hconcat(*parts, spacing=18).properties(title=title)


def _bands(
    frame: pd.DataFrame, order: list[str], unit: str
) -> alt.LayerChart | alt.FacetChart | None:
    """Return attractiveness with its band; None where the model has none."""
    import altair as alt

    table = frame.loc[~frame["is_term"] & (frame["kind"] == ATTRACTIVE)]
    if table.empty:
        return None
    y = alt.Y("label:N", sort=order, title=None, axis=None)
    colour = _OF_ATTRACTIVENESS[0]
    axis = alt.X("lower:Q", title=["attractiveness", unit], scale=alt.Scale(nice=True))
    base = alt.Chart(table)
    band = base.mark_rule(color=colour, strokeWidth=2.5).encode(x=axis, x2="upper:Q", y=y)
    point = base.mark_point(color=colour, filled=True, size=45, opacity=1).encode(x="mean:Q", y=y)
    zero = alt.Chart(pd.DataFrame({"x": [0.0]})).mark_rule(color=GREY).encode(x="x:Q")
    return alt.layer(zero, band, point).properties(width=_BANDS, height=_STEP * len(order))


def _labels(frame: pd.DataFrame, dim: str) -> pd.Series:
    """Return names, with the code where two places share one."""
    name, code = frame[names.NAME].astype(str), frame[dim].astype(str)
    shared = frame.groupby(names.NAME)[dim].transform("nunique") > 1
    return name.where(~shared, name + " (" + code + ")")


def _bars(frame: pd.DataFrame) -> pd.DataFrame:
    """Return what is drawn: lags together, small factors together, borders with rounding."""
    terms = frame.loc[frame["is_term"]].copy()
    terms["term"] = [
        _bar(str(name), str(kind))
        for name, kind in zip(terms[names.COMPONENT], terms["kind"], strict=True)
    ]
    structure = terms["kind"] == STRUCTURE
    factors = list(dict.fromkeys(terms.loc[structure, "term"]))
    if len(factors) > len(_OF_FACTORS):
        folded = structure & terms["term"].isin(factors[len(_OF_FACTORS) - 1 :])
        terms.loc[folded, "term"] = _OTHER_FACTORS
    rank = {term: i for i, term in enumerate(dict.fromkeys(terms["term"]))}
    summed = terms.groupby(["label", "term", "kind"], sort=False, as_index=False)["mean"].sum()
    summed.loc[summed["term"] == _REST, "kind"] = _REST
    summed = summed.groupby(["label", "term", "kind"], sort=False, as_index=False)["mean"].sum()
    return summed.assign(rank=summed["term"].map(rank))


def _bar(name: str, kind: str) -> str:
    if kind in (BORDERS, ROUNDING):
        return _REST
    if kind == STRUCTURE:
        lagged = _LAG.match(name)
        return lagged[1] if lagged else _OF_JOBS.get(name, name)
    if kind == ATTRACTIVE:
        return name.replace("_", " ")
    return kind


def _colours(bars: pd.DataFrame) -> dict[str, str]:
    """Return the colour of each bar, in the order of the terms."""
    factors, own = iter(_OF_FACTORS), iter(reversed(_OF_ATTRACTIVENESS))
    kinds = dict(bars.sort_values("rank").groupby("term", sort=False)["kind"].first())
    if sum(kind == ATTRACTIVE for kind in kinds.values()) == 1:
        own = iter(_OF_ATTRACTIVENESS)
    of_kind = {STRUCTURE: factors, ATTRACTIVE: own}
    return {
        str(term): next(of_kind[kind]) if kind in of_kind else OF_KIND[kind]
        for term, kind in kinds.items()
    }
