"""The command that splits growth into its terms: decompose."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from attraktiv.cli.messages import paragraph, reported
from attraktiv.cli.options import (
    First,
    Formats,
    Group,
    Interval,
    Last,
    Out,
    Places,
    Prob,
    Run,
    Unit,
)
from attraktiv.cli.output import band_name, write_frame
from attraktiv.cli.tables import MISSING, Column, ends, mark_gap, number, numbers, text_table

if TYPE_CHECKING:
    import pandas as pd

_IN_DETAIL = 6  # places or groups, each with a table of its own
_SHOWN = 20  # rows where there are more of them
_INDENT = "  "
_UNKNOWN = "left out of the fit, or no year with all figures known"


@reported
def decompose(
    run: Run,
    of: Annotated[
        Literal["population", "jobs"] | None,
        typer.Option("--of", help="What grows; by default what the run's first equation is of."),
    ] = None,
    kind: Annotated[
        Literal["business", "visit"] | None,
        typer.Option("--kind", help="Which jobs, where a run explains those of both."),
    ] = None,
    place: Places = None,
    group: Group = None,
    first: First = None,
    last: Last = None,
    unit: Unit = "percent",
    prob: Prob = 0.8,
    interval: Interval = "eti",
    format: Formats = None,
    out: Out = None,
    chart: Annotated[
        Path | None,
        typer.Option("--chart", metavar="FILE", help="Draw a chart: .png, .svg or .json."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the chart.")] = False,
) -> None:
    """Split growth of population or jobs: structure, attractiveness, noise."""
    from attraktiv.queries import decomposition_table
    from attraktiv.store import open_run

    frame = decomposition_table(
        open_run(run),
        of=of,
        kind=kind,
        places=place,
        group=group,
        first=first,
        last=last,
        unit=unit,
        prob=prob,
        interval=interval,
    )
    if chart is not None:
        from attraktiv.reports.decomposition import decomposition_chart
        from attraktiv.reports.drawing import draw

        draw(decomposition_chart(frame), chart, force=force)
    write_frame(frame, format, out, _growth_table)


def _growth_table(frame: pd.DataFrame) -> str:
    from attraktiv.effects import components

    one = frame.iloc[0]
    by = f" by {frame.attrs['group']}" if frame.attrs["group"] else ""
    lines = [
        paragraph(f"Growth of {frame.attrs['growth_of']}{by}, {_period(one)}, {one['unit']}"),
        paragraph(
            f"{frame.attrs['model']}, {band_name(one['prob'], one['interval'])} bands, "
            f"{frame.attrs['draws']} draws"
        ),
    ]
    units = list(_units(frame))
    if len(units) <= _IN_DETAIL:
        for unit in units:
            lines += ["", *_in_detail(unit)]
        legend = f"{MISSING} in a band: observed, not estimated."
    else:
        known = [unit for unit in units if unit["mean"].notna().all()]
        lines += ["", *_side_by_side(known or units)]
        legend = _legend_side_by_side(frame, len(units), len(known))
    kinds, said = set(frame["kind"]), []
    if components.STRUCTURE in kinds:
        level = "migration" if _is_of_population(frame) else "growth"
        said.append(
            f"Structure is relative to the average place, whose {level} is the national level."
        )
    if components.NOISE not in kinds:
        said.append("Attractiveness is the residual: it has the noise of the years in it.")
    return "\n".join([*lines, "", paragraph(" ".join([*said, legend]))])


def _units(frame: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Give the rows of each place or group, in the order of the table."""
    dim = "group" if "group" in frame else "place"
    for _, rows in frame.groupby(dim, sort=False):
        rows.attrs = frame.attrs
        yield rows


def _in_detail(rows: pd.DataFrame) -> list[str]:
    """Return one place with every term and its band."""
    if rows["mean"].isna().any():
        return [paragraph(f"{_heading(rows)}: {_UNKNOWN}.")]
    shown = list(_terms_and_sums(rows))
    decimals = _decimals(rows)
    bounds = {
        bound: [
            MISSING if row["lower"] == row["upper"] else number(row[bound], decimals)
            for _, row in shown
        ]
        for bound in ("lower", "upper")
    }
    table = text_table(
        [
            Column("Term", [label for label, _ in shown], text=True),
            Column("Mean", numbers([row["mean"] for _, row in shown], decimals)),
            Column("Lower", bounds["lower"]),
            Column("Upper", bounds["upper"]),
        ]
    )
    return [paragraph(_heading(rows)), *table]


def _terms_and_sums(rows: pd.DataFrame) -> Iterator[tuple[str, pd.Series]]:
    """Give label and row, each sum before its terms, growth last."""
    from attraktiv.effects.components import STRUCTURE

    sums = {row["component"]: row for _, row in rows.loc[~rows["is_term"]].iterrows()}
    for kind, of_kind in rows.loc[rows["is_term"]].groupby("kind", sort=False):
        name = str(kind)
        terms = [row for _, row in of_kind.iterrows()]
        yield name, sums.get(name, terms[0])
        if name == STRUCTURE or len(terms) > 1:
            for row in terms:
                yield _INDENT + str(row["component"]), row
    yield "growth", sums["observed_growth"]


def _side_by_side(units: list[pd.DataFrame]) -> list[str]:
    """Return one line for each place, terms of a kind together."""
    from attraktiv.effects import components

    shown = [units[i] for i in ends(len(units), _SHOWN)]
    decimals = _decimals(shown[0])
    by_kind = [
        rows.loc[rows["is_term"]].groupby("kind")["mean"].sum(skipna=False, min_count=1)
        for rows in shown
    ]
    growth = [rows["mean"].iloc[-1] for rows in shown]
    columns = [
        Column(
            "Group" if "group" in shown[0] else "Place",
            [str(rows["name"].iloc[0]) for rows in shown],
            text=True,
        ),
        Column("Growth", numbers(growth, decimals)),
    ]
    headers = {
        "Natural": [components.NATURAL],
        "National": [components.LEVEL],
        "Structure": [components.STRUCTURE],
        "Attract.": [components.ATTRACTIVE],
        "Jobs": [components.THROUGH_JOBS],
        "Noise": [components.NOISE, components.NOISE_THROUGH_JOBS],
    }
    named = {kind for kinds in headers.values() for kind in kinds}
    headers["Rest"] = [kind for kind in by_kind[0].index if kind not in named]
    for header, kinds in headers.items():
        if found := [kind for kind in kinds if kind in by_kind[0]]:
            sums = [of_place[found].sum(skipna=False) for of_place in by_kind]
            columns.append(Column(header, numbers(sums, decimals)))
    lines = text_table(columns)
    mark_gap(lines, len(units), _SHOWN)
    return lines


def _heading(rows: pd.DataFrame) -> str:
    one = rows.iloc[0]
    name = str(one["name"])
    if name.isdigit():
        name = f"{rows.attrs['group']} {name}".strip()
    if "place" in rows and one["place"] != name:
        name += f" ({one['place']})"
    period = one["last"] - one["first"] + 1
    said = [] if one["years"] == period else [f"{one['years']} of {period} years"]
    if "group" in rows and one["places_counted"] < one["places"]:
        said.append(f"{one['places_counted']} of {one['places']} places")
    return f"{name}: {', '.join(said)}" if said else name


def _legend_side_by_side(frame: pd.DataFrame, units: int, known: int) -> str:
    from attraktiv.effects import components

    text = "Term by term, with bands: --place NAME, or --format csv."
    if _is_of_population(frame):
        text = f"Rest: border transfers, rounding and migration outside the model. {text}"
    if components.THROUGH_JOBS in set(frame["kind"]):
        text = f"Jobs: attractiveness through jobs. {text}"
    if known > _SHOWN:
        text += f" {known - _SHOWN} rows between are not shown."
    if 0 < known < units:
        text += f" {units - known} are not shown: {_UNKNOWN}."
    return text


def _is_of_population(frame: pd.DataFrame) -> bool:
    return bool(frame.attrs["growth_of"] == "population")


def _period(row: pd.Series) -> str:
    first, last = row["first"], row["last"]
    return str(first) if first == last else f"{first}–{last}"


def _decimals(rows: pd.DataFrame) -> int:
    return 2 if rows["unit"].iloc[0].startswith("percent") else 0
