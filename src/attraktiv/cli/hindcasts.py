"""Commands that judge a model by later years: hindcast."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

import typer

from attraktiv.cli.messages import paragraph, reported
from attraktiv.cli.options import Formats, Out, Panel, Without
from attraktiv.cli.output import write_frame
from attraktiv.cli.tables import MISSING, Column, numbers, text_table

if TYPE_CHECKING:
    import pandas as pd

_PER_SPLIT = ("places", "blocks")


@reported
def hindcast(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="Name of a hierarchical model, or its file.")
    ],
    panel: Panel,
    split: Annotated[
        list[str],
        typer.Option(
            "--split",
            metavar="YEARS",
            help="Years to fit and to judge by: 2006:2011/2012:2016. May be repeated.",
        ),
    ],
    classical: Annotated[
        str | None,
        typer.Option(
            "--classical",
            metavar="MODEL",
            help="Model of the regression; by default least squares with the same factors.",
        ),
    ] = None,
    blocks: Annotated[
        str | None,
        typer.Option(
            "--blocks",
            metavar="COLUMN",
            help="Places drawn as one; by default the first column that groups them.",
        ),
    ] = None,
    without: Without = None,
    prob: Annotated[float, typer.Option("--prob", help="Probability of the intervals.")] = 0.8,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, help="Makes the result repeatable.")
    ] = None,
    format: Formats = None,
    out: Out = None,
) -> None:
    """Say whether attractiveness persists: later years explained from earlier ones."""
    from attraktiv import evaluation

    found = evaluation.hindcast(
        model,
        panel,
        split,
        classical=classical,
        blocks=blocks,
        without=tuple(without or ()),
        prob=prob,
        seed=seed,
    )
    frame = found.drop_dims("place").to_dataframe(dim_order=["split", "predictor"]).reset_index()
    order = ["split", "predictor", *_PER_SPLIT]
    frame = frame[[*order, *frame.columns.difference(order, sort=False)]]
    frame = frame.assign(prob=prob)
    frame.attrs = dict(found.attrs)
    write_frame(frame, format, out, _table)


def _table(frame: pd.DataFrame) -> str:
    said = frame.attrs
    lines = [
        paragraph(
            f"Error (RMSE) of each place's mean {said['outcome'].replace('_', ' ')} over the later "
            "years, factors known, in percentage points per year"
        ),
        paragraph(
            f"{said['model']}; regression: {said['classical']}; {100 * said['prob']:g} % "
            f"intervals, bootstrap over {said['block_column']}, seed {said['seed']}"
        ),
    ]
    for label, rows in frame.groupby("split", sort=False):
        fitted, later = (part.replace(":", "–") for part in str(label).split("/"))
        one = rows.iloc[0]
        title = f"{fitted} → {later}: {one['places']} places in {one['blocks']} blocks"
        lines += ["", title, *text_table(_columns(rows))]
    legend = (
        "vs. posterior: the error less that of the posterior; above zero, the posterior is "
        "nearer the truth."
    )
    return "\n".join([*lines, "", paragraph(legend)])


def _columns(rows: pd.DataFrame) -> list[Column]:
    # the posterior is not compared with itself
    rows = rows.assign(difference=rows["difference"].where(rows["predictor"] != "posterior"))
    return [
        Column("Predictor", list(rows["predictor"]), text=True),
        Column("RMSE", numbers(rows["rmse"], 3)),
        Column("Interval", _intervals(rows, "rmse")),
        Column("vs. posterior", numbers(rows["difference"], 3)),
        Column("Interval", _intervals(rows, "difference")),
    ]


def _intervals(rows: pd.DataFrame, name: str) -> list[str]:
    bounds = zip(
        rows[name],
        numbers(rows[f"{name}_lower"], 3),
        numbers(rows[f"{name}_upper"], 3),
        strict=True,
    )
    return [f"{low} to {high}" if math.isfinite(value) else MISSING for value, low, high in bounds]
