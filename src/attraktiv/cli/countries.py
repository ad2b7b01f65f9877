"""Commands about panels: demo, simulate, ingest, panel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from attraktiv.cli.messages import next_commands, paragraph, reported, say
from attraktiv.cli.options import First, Last
from attraktiv.cli.tables import Column, numbers, text_table

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

_ENDS = 5


@reported
def demo(
    out: Annotated[
        Path, typer.Option("--out", metavar="FOLDER", help="Where all that it writes goes.")
    ] = Path("demo"),
) -> None:
    """Simulate a country, fit the model, compare with the truth, look ahead, report."""
    from attraktiv.cli.forecasts import table as forecast_table
    from attraktiv.demonstration import demo as run_demo

    result = run_demo(out)
    say(f"A simulated country of {result.places} places, {result.first}–{result.last}.")
    for line in result.verdict:
        typer.echo(paragraph(line))
    for title, rows in (
        (f"The {_ENDS} most attractive places", result.table.head(_ENDS)),
        (f"The {_ENDS} least attractive places", result.table.tail(_ENDS)),
    ):
        typer.echo(f"\n{title}, percent of population per year, {result.prob:.0%} bands")
        typer.echo("\n".join(text_table(_beside_truth(rows))))
    typer.echo()
    say(
        f"The {result.prob:.0%} bands hold {result.held} of {result.places} truths; about "
        f"{result.prob * result.places:.0f} are expected."
    )
    ahead = result.ahead
    typer.echo()
    typer.echo(forecast_table(ahead[ahead["place"].isin(["", *result.table["place"].head(1)])]))
    typer.echo(f"\nPanel:  {result.panel}\nRun:    {result.run}\nReport: {result.report}")
    first_place = result.table["place"].iloc[0]
    next_commands(
        f"attraktiv attractiveness {result.run} --unit persons",
        f"attraktiv query {result.run} net_migration_rate --place {first_place}",
        f"attraktiv query {result.run} forecast/population --place {first_place}",
        f"attraktiv fit book_2023 {result.panel} --out {out / 'classical'}",
        f"attraktiv serve {result.run} --panel {result.panel}",
    )


@reported
def simulate(
    out_folder: Annotated[Path, typer.Argument(metavar="OUT_FOLDER", help="The folder to write.")],
    places: Annotated[int, typer.Option("--places", help="Number of places.")] = 60,
    years: Annotated[int, typer.Option("--years", help="Number of years.")] = 12,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same gives the same.")] = 1,
    feedback: Annotated[
        bool, typer.Option("--feedback", help="Let people drive jobs, as jobs drive people.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a simulated country.")] = False,
) -> None:
    """Write a country with known truth as a panel folder."""
    from attraktiv.panels import Feedback
    from attraktiv.panels import simulate as write_country

    write_country(
        out_folder,
        places=places,
        years=years,
        seed=seed,
        feedback=Feedback() if feedback else None,
        force=force,
    )
    say(f"Simulated {places} places and {years} years in {out_folder}")
    next_commands(
        f"attraktiv panel {out_folder}",
        f"attraktiv fit hierarchical_dynamic {out_folder} --out runs/simulated",
    )


@reported
def ingest(
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="ssb (Norway), or the file of a recipe.")
    ],
    out_folder: Annotated[Path, typer.Argument(metavar="OUT_FOLDER", help="The folder to write.")],
    first: First = None,
    until: Last = None,
    borders: Annotated[
        int | None,
        typer.Option("--borders", metavar="YEAR", help="Whose borders; by default the last."),
    ] = None,
    places: Annotated[
        Path | None,
        typer.Option("--places", metavar="FILE.csv", help="More columns for places, by code."),
    ] = None,
    outlines: Annotated[
        Path | None,
        typer.Option("--map", metavar="FILE.geojson", help="Polygons of the places, WGS84."),
    ] = None,
    snapshots: Annotated[
        Path | None,
        typer.Option("--snapshots", metavar="FOLDER", help="Where answers are kept."),
    ] = None,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Fetch anew what was fetched before.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an ingested folder.")] = False,
) -> None:
    """Fetch official figures, and write them as a panel folder."""
    from attraktiv.sources import ingest as fetch

    found = fetch(
        source,
        out_folder,
        first_year=first,
        last_year=until,
        borders=borders,
        places_file=places,
        map_file=outlines,
        snapshots=snapshots,
        refresh=refresh,
        force=force,
    )
    years = found["year"].values
    say(str(found.attrs["title"]))
    say(f"{found.sizes['place']} places, {years[0]}–{years[-1]}, in {out_folder}")
    say(f"What was merged, split and left out: {out_folder / 'report.md'}")
    next_commands(f"attraktiv panel {out_folder}", "attraktiv models")


@reported
def panel(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Panel folder or built panel.")],
    mapping: Annotated[
        Path | None,
        typer.Option("--mapping", metavar="FILE.toml", help="What the columns of any files are."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="PANEL.zarr", help="Write the built panel.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a built panel.")] = False,
) -> None:
    """Check a panel, and build it; say what is wrong, where, and what would be right."""
    from attraktiv.panels import write_panel
    from attraktiv.sources import panel as read

    found = read(folder, mapping=mapping)
    years = found["year"].values
    say(str(found.attrs.get("title") or folder))
    say(f"{found.sizes['place']} places, {years[0]}–{years[-1]}. No errors.")
    excluded = int(found["excluded"].sum())
    if excluded:
        say(f"{excluded} places are left out of fits and stay in sums.")
    breaks = json.loads(found.attrs.get("breaks") or "[]")
    if breaks:
        listed = ", ".join(f"{item['variable']} {item['year']}" for item in breaks)
        say(f"Growth is not computed across these breaks: {listed}.")
    if "jobs_by_industry" in found:
        say(_of_industries(found))
    typer.echo()
    typer.echo("\n".join(text_table(_known_cells(found))))
    if out is not None:
        write_panel(found, out, force=force)
        typer.echo(f"\nThe panel is {out}")


def _of_industries(panel: xr.Dataset) -> str:
    """Say how much of the jobs the industry mix stands on."""
    from attraktiv.panels.shift_share import COVERED_AT_LEAST, shift_share

    attrs = shift_share(panel)["industry_mix"].attrs
    covered = list(json.loads(attrs["covered"]).values())
    text = f"{panel.sizes['industry']} industries"
    if not covered:
        return f"{text}; none is known in two years running, so that there is no industry mix."
    low, high = (f"{100 * end:.0f}" for end in (min(covered), max(covered)))
    text += f"; their mix covers {low if low == high else f'{low} to {high}'}% of jobs."
    if below := len(json.loads(attrs["places_below_limit"])):
        text += (
            " Places that lack it in some year, for it would cover less than "
            f"{COVERED_AT_LEAST:.0%} of their jobs: {below}."
        )
    return text


def _known_cells(panel: xr.Dataset) -> list[Column]:
    cells = {
        str(name): values
        for name, values in panel.data_vars.items()
        if set(values.dims) == {"place", "year"} and values.dtype.kind == "f"
    }
    known = {name: values.notnull() for name, values in cells.items()}
    spans = []
    for there in known.values():
        years = there["year"].values[there.any("place").values]
        spans.append(f"{years[0]}–{years[-1]}" if years.size else "–")
    return [
        Column("Variable", list(cells), text=True),
        Column("Unit", [str(v.attrs.get("units", "")) for v in cells.values()], text=True),
        Column("Years", spans),
        Column("Known, %", numbers((100 * float(k.mean()) for k in known.values()), 1)),
    ]


def _beside_truth(rows: pd.DataFrame) -> list[Column]:
    return [
        Column("Place", list(rows["name"]), text=True),
        *(
            Column(name.capitalize(), numbers(rows[name], 2))
            for name in ("mean", "lower", "upper", "truth")
        ),
        Column("Held", ["yes" if held else "no" for held in rows["held"]]),
    ]
