"""The chart of docs/jobs-and-people.md: their business attractiveness beside ours."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from attraktiv.reports.drawing import COLOURS, GREY


def chart(table: pd.DataFrame) -> alt.TopLevelMixin:
    """Ours over theirs, with the line on which they would be the same."""
    edge = float(np.ceil(table[["theirs", "ours"]].abs().to_numpy().max()))
    tall = float(np.ceil(2 * table["ours"].abs().max()) / 2)
    x = alt.X(
        "theirs:Q",
        title="theirs: mean of eleven years, percentage points a year",
        scale=alt.Scale(domain=[-edge, edge], nice=False),
    )
    y = alt.Y("ours:Q", title="ours: what lasts", scale=alt.Scale(domain=[-tall, tall], nice=False))
    size = alt.Size(
        "jobs:Q",
        title="private jobs",
        scale=alt.Scale(type="sqrt", range=[8, 500]),
        legend=alt.Legend(values=[1000, 10000, 100000]),
    )
    points = (
        alt.Chart(table)
        .mark_point(filled=True, opacity=0.5, color=COLOURS[0])
        .encode(x=x, y=y, size=size)
    )
    same = pd.DataFrame({"theirs": [-tall, tall], "ours": [-tall, tall]})
    line = alt.Chart(same).mark_line(color=GREY, strokeDash=[4, 4]).encode(x="theirs:Q", y="ours:Q")
    named = pd.concat([table.nlargest(3, "ours"), table.nlargest(2, "theirs")])
    named = pd.concat([named, table.nsmallest(2, "theirs")]).drop_duplicates("name")
    text = (
        alt.Chart(named)
        .mark_text(dy=-13, fontSize=11)
        .encode(x="theirs:Q", y="ours:Q", text="name:N")
    )
    title = alt.TitleParams(
        "Business attractiveness of municipalities", subtitle="dashed: where both are the same"
    )
    return alt.layer(line, points, text).properties(width=520, height=300, title=title)
