"""Commands that read a run: attractiveness, query."""

from __future__ import annotations

import math
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

_SHOWN = 20
_PRIOR = "*"
_TEXT_COLUMNS = ("place", "name", "group", "scenario", "age_group", "sex", "term", "parameter")
_SAID_ABOVE = ("variable", "unit", "prob", "interval")
_NUMBERS = ("observed", "mean", "median", "lower", "upper")


@reported
def attractiveness(
    run: Run,
    kind: Annotated[
        Literal["residential", "business", "visit", "total"] | None,
        typer.Option("--kind", help="By default that of the run's first equation."),
    ] = None,
    place: Places = None,
    group: Group = None,
    first: First = None,
    last: Last = None,
    unit: Unit = "percent",
    prob: Prob = 0.8,
    interval: Interval = "eti",
    top: Annotated[
        int, typer.Option("--top", metavar="K", help="Give the probability of rank K or better.")
    ] = 10,
    versus: Annotated[
        str | None,
        typer.Option("--versus", metavar="PLACE", help="Give the probability of beating PLACE."),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", min=1, help="Rows, half of them from the top, half from below."),
    ] = None,
    format: Formats = None,
    out: Out = None,
) -> None:
    """Show how attractive places are, the highest first, and how sure that is."""
    from attraktiv.queries import attractiveness_table
    from attraktiv.store import open_run

    frame = attractiveness_table(
        open_run(run),
        places=place,
        group=group,
        first=first,
        last=last,
        unit=unit,
        kind=kind,
        prob=prob,
        interval=interval,
        top=top,
        versus=versus,
    )
    rows = frame if limit is None else frame.iloc[ends(len(frame), limit)]
    write_frame(rows, format, out, lambda _: _league_table(frame, limit or _SHOWN))


@reported
def query(
    run: Run,
    variable: Annotated[
        str,
        typer.Argument(metavar="VARIABLE", help="For example theta, beta, business/beta."),
    ],
    place: Places = None,
    year: Annotated[
        list[int] | None, typer.Option("--year", help="A year. May be repeated.")
    ] = None,
    group: Annotated[
        str | None,
        typer.Option(
            "--group", metavar="COLUMN", help="Sum attractiveness or a forecast over each group."
        ),
    ] = None,
    scenario: Annotated[
        list[str] | None,
        typer.Option("--scenario", help="Of a forecast; all by default. May be repeated."),
    ] = None,
    age_group: Annotated[
        list[str] | None,
        typer.Option("--age-group", help="Of a forecast: 20-66, 80+. May be repeated."),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option("--threshold", metavar="PERSONS", help="For prob_above and prob_below."),
    ] = None,
    prob: Prob = 0.8,
    interval: Interval = "eti",
    format: Formats = None,
    out: Out = None,
) -> None:
    """Answer a question about any variable of a run, observed beside modelled."""
    from attraktiv.queries import query as answer
    from attraktiv.store import open_run

    frame = answer(
        open_run(run),
        variable,
        places=place,
        years=year,
        group=group,
        scenarios=scenario,
        age_groups=age_group,
        threshold=threshold,
        prob=prob,
        kind=interval,
    )
    write_frame(frame, format, out, _answer_table)


def _league_table(frame: pd.DataFrame, limit: int) -> str:
    one = frame.iloc[0]
    shown = frame.iloc[ends(len(frame), limit)]
    lines = text_table(_league_columns(shown))
    mark_gap(lines, len(frame), limit)
    title = [
        paragraph(f"{_headline(frame)} {one['first']}–{one['last']}, {one['unit']}"),
        paragraph(
            f"{frame.attrs['model']}, {band_name(one['prob'], one['interval'])} bands, "
            f"{frame.attrs['draws']} draws"
        ),
        "",
    ]
    return "\n".join([*title, *lines, "", paragraph(_legend(frame, shown))])


def _headline(frame: pd.DataFrame) -> str:
    """Return the kind of attractiveness, and of business the jobs if they are not all."""
    jobs = str(frame.attrs["growth_of"])
    text = f"{str(frame.attrs['kind']).capitalize()} attractiveness"
    return f"{text}, {jobs}," if jobs.endswith(" jobs") else text


def _league_columns(shown: pd.DataFrame) -> list[Column]:
    decimals = 2 if shown["unit"].iloc[0].startswith("percent") else 0
    names = [
        f"{name}{_PRIOR}" if prior else name
        for name, prior in zip(shown["name"], shown["from_prior"], strict=True)
    ]
    columns = [Column("Place" if "place" in shown else "Group", names, text=True)]
    if "place" in shown:
        columns.append(Column("Code", list(shown["place"]), text=True))
    columns += [
        Column(header, numbers(shown[name], decimals))
        for header, name in (
            ("Mean", "mean"),
            ("Lower", "lower"),
            ("Upper", "upper"),
            ("Lasting", "lasting_mean"),
            ("Resid.", "residential_mean"),
            ("By jobs", "business_effect_mean"),
        )
        # beside a place to compare with there is room for one of the two parts
        if name in shown and not (name == "residential_mean" and "versus" in shown)
    ]
    ranks = [
        MISSING if math.isnan(low) else f"{low:.0f}–{high:.0f}"
        for low, high in zip(shown["rank_lower"], shown["rank_upper"], strict=True)
    ]
    columns.append(Column("Ranks", ranks))
    columns.append(Column(f"Top {shown['top'].iloc[0]}", numbers(shown["prob_top"], 2)))
    columns.append(Column("> 0", numbers(shown["prob_above_average"], 2)))
    if "versus" in shown:
        header = f"> {shown['versus'].iloc[0]}"
        header = header if len(header) <= 10 else header[:9] + "…"
        columns.append(Column(header, numbers(shown["prob_above_versus"], 2)))
    return columns


def _legend(frame: pd.DataFrame, shown: pd.DataFrame) -> str:
    top = frame["top"].iloc[0]
    of_columns = (
        "Lasting: the part that does not change from year to year."
        if "lasting_mean" in frame
        else "Resid.: residential attractiveness. By jobs: the rest, migration that business and "
        "visit attractiveness bring."
    )
    parts = [
        f"{of_columns} Ranks: the band of the rank. "
        f"Top {top}: the probability of rank {top} or better. > 0: of being above the average "
        "place."
    ]
    if "versus" in frame:
        other = frame["versus"].iloc[0]
        parts.append(f"> {other}: of being above {other}.")
    if shown["from_prior"].any():
        parts.append(f"{_PRIOR} left out of the fit: from the prior.")
    left_out = len(frame) - len(shown)
    if left_out:
        parts.append(f"{left_out} rows between are not shown; --limit {len(frame)} shows all.")
    return " ".join(parts)


def _answer_table(frame: pd.DataFrame) -> str:
    one = frame.iloc[0]
    columns = []
    for name in frame.columns.difference(list(_SAID_ABOVE), sort=False):
        cells = list(frame[name])
        known = frame[name].notna().any()
        if name in _NUMBERS and known:
            columns.append(_number_column(name, cells))
        elif name not in _NUMBERS:
            columns.append(Column(name, [str(cell) for cell in cells], text=name in _TEXT_COLUMNS))
    unit = f", {one['unit']}" if one["unit"] else ""
    title = [paragraph(f"{one['variable']}{unit}")]
    if frame["lower"].notna().any():
        title.append(paragraph(f"{band_name(one['prob'], one['interval'])} bands"))
    if frame.attrs.get("note"):
        title.append(paragraph(frame.attrs["note"]))
    return "\n".join([*title, "", *text_table(columns)])


def _number_column(name: str, cells: list[object]) -> Column:
    values = [cell for cell in cells if isinstance(cell, (int, float))]
    if len(values) < len(cells) or any(isinstance(cell, bool) for cell in cells):
        return Column(name, [str(cell) for cell in cells], text=True)
    known = [value for value in values if math.isfinite(value)]
    whole = all(value == round(value) for value in known)
    decimals = 0 if whole else 3 if max(map(abs, known)) < 1000 else 1
    return Column(name, [number(value, decimals) for value in values])
