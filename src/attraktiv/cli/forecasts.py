"""The command that looks ahead: forecast."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from attraktiv.cli.messages import paragraph, reported
from attraktiv.cli.options import Formats, Out, Panel, Run, Scheduler
from attraktiv.cli.output import band_name, write_frame
from attraktiv.cli.tables import MISSING, Column, number, text_table

if TYPE_CHECKING:
    import pandas as pd

_SHOWN = 15  # places, beside the nation
_WIDTH = 80
_INDENT = "  "


@reported
def forecast(
    run: Run,
    panel: Panel,
    horizon: Annotated[int, typer.Option("--horizon", min=1, metavar="N", help="Years ahead.")],
    scenario: Annotated[
        list[str] | None,
        typer.Option(
            "--scenario",
            metavar="NAME|FILE",
            help="continued (the default), neutral, low, high, or a file. May be repeated.",
        ),
    ] = None,
    jobs: Annotated[
        Path | None,
        typer.Option("--jobs", metavar="RUN", help="A run with an equation of jobs."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, help="Makes the forecast repeatable.")
    ] = None,
    draws: Annotated[
        int | None, typer.Option("--draws", min=1, help="Draws of the run that are used.")
    ] = None,
    ages: Annotated[bool, typer.Option("--ages", help="Store population by sex and age.")] = False,
    whole: Annotated[bool, typer.Option("--whole", help="Whole persons.")] = False,
    national: Annotated[
        str | None,
        typer.Option(
            "--national", metavar="FILE[:VARIANT]", help="A projection of the nation to agree with."
        ),
    ] = None,
    scheduler: Scheduler = None,
    workers: Annotated[
        int, typer.Option("--workers", min=1, metavar="N", help="Processes that share the work.")
    ] = 1,
    place: Annotated[
        list[str] | None, typer.Option("--place", help="Show a place, by code or name. Repeatable.")
    ] = None,
    format: Formats = None,
    out: Out = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the run's forecast.")] = False,
) -> None:
    """Forecast population from a run, draw by draw, and store it in the run."""
    import attraktiv
    from attraktiv.queries import forecast_table
    from attraktiv.store import open_run

    attraktiv.forecast(
        run,
        panel,
        horizon,
        scenarios=tuple(scenario or ("continued",)),
        jobs=jobs,
        seed=seed,
        draws=draws,
        ages=ages,
        whole=whole,
        national=national,
        scheduler=scheduler,
        workers=workers,
        force=force,
    )
    write_frame(forecast_table(open_run(run), places=place), format, out, table)


def table(frame: pd.DataFrame) -> str:
    """Return the table that people read, from :func:`attraktiv.queries.forecast_table`."""
    one = frame.iloc[0]
    shown = _chosen(frame)
    lines = [
        paragraph(f"Population on 1 January, forecast from {frame.attrs['origin']}"),
        paragraph(
            f"{frame.attrs['model']}, {band_name(one['prob'], one['interval'])} bands, "
            f"{frame.attrs['draws']} draws"
        ),
    ]
    for scenario, rows in shown.groupby("scenario", sort=False):
        lines += ["", str(scenario), *_of_scenario(rows, frame.attrs["origin"])]
    legend = "decline: the probability of fewer residents than at the origin."
    left_out = frame["place"].nunique() - shown["place"].nunique()
    if left_out:
        legend += (
            f" Shown are the places that change most in percent; {left_out} are not shown: "
            "--place NAME, or --format csv."
        )
    return "\n".join([*lines, "", paragraph(legend)])


def _chosen(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the nation and the places that change most by the end, in the first scenario."""
    codes = frame.loc[frame["place"] != "", "place"].unique()
    if len(codes) <= _SHOWN:
        return frame
    end = frame[(frame["horizon"] == frame["horizon"].max()) & frame["place"].isin(codes)]
    end = end[end["scenario"] == frame["scenario"].iloc[0]].set_index("place")
    change = (end["median"] / end["population"] - 1).abs()
    most = change.sort_values(ascending=False, kind="stable").index[:_SHOWN]
    return frame[frame["place"].isin(["", *most])]


def _of_scenario(rows: pd.DataFrame, origin: int) -> list[str]:
    labels: list[str] = []
    at_origin: list[str] = []
    cells: dict[int, list[str]] = {int(year): [] for year in rows["year"].unique()}
    for _, of_place in rows.groupby("place", sort=False):
        one = of_place.iloc[0]
        named = str(one["name"])
        labels += [named, *(_INDENT + part for part in ("lower", "upper", "decline"))]
        at_origin += [_persons(one["population"]), "", "", ""]
        for row in of_place.to_dict("records"):
            persons = [_persons(row[of]) for of in ("median", "lower", "upper")]
            cells[int(row["year"])] += [*persons, number(row["prob_decline"], 2)]
    return text_table(
        [
            Column("Place", labels, text=True),
            Column(str(origin), at_origin),
            *(Column(str(year), of_year) for year, of_year in cells.items()),
        ],
        width=_WIDTH,
    )


def _persons(value: float) -> str:
    """Return whole persons, thousands apart; a space that no line is broken at."""
    text = number(value, 0)
    return text if text == MISSING else f"{float(text):,.0f}".replace(",", "\u00a0")
