"""Commands that judge forecasts: backtest and scores."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from attraktiv.cli.messages import paragraph, reported
from attraktiv.cli.options import Formats, Out, Scheduler, Without
from attraktiv.cli.output import write_frame
from attraktiv.cli.tables import MISSING, Column, number, numbers, text_table
from attraktiv.errors import InputError
from attraktiv.words import look_ahead_name

if TYPE_CHECKING:
    import pandas as pd

_RANGE = re.compile(r"(\d+):(\d+)")
_Quantity = Annotated[
    str, typer.Option("--quantity", help="population, net_migration, aged_0-5, ….")
]
_By = Annotated[str, typer.Option("--by", help="horizon, origin, size, or a column of places.csv.")]
_Against = Annotated[
    str, typer.Option("--against", metavar="FORECASTER", help="Who others are compared with.")
]


@reported
def backtest(
    models_and_panel: Annotated[
        list[str],
        typer.Argument(metavar="MODEL… PANEL", help="Models of migration, and the panel last."),
    ],
    origins: Annotated[
        str,
        typer.Option(
            "--origins", metavar="YEARS", help="Forecasts start on 1 January of 2008:2016, or 2012."
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="STORE", help="Results are stored as they come.")
    ],
    horizon: Annotated[
        int, typer.Option("--horizon", min=1, metavar="N", help="Years ahead.")
    ] = 10,
    benchmark: Annotated[
        list[Path] | None,
        typer.Option("--benchmark", metavar="FILE", help="A projection of others. Repeatable."),
    ] = None,
    without: Without = None,
    draws: Annotated[int, typer.Option("--draws", min=2, help="Draws of each forecast.")] = 400,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, help="Makes the backtest repeatable.")
    ] = None,
    scheduler: Scheduler = None,
    force: Annotated[bool, typer.Option("--force", help="Replace another backtest.")] = False,
    format: Formats = None,
) -> None:
    """Refit models at every origin on what was known then, and score what they forecast."""
    from attraktiv import backtests

    if len(models_and_panel) < 2:
        raise InputError(
            "Give at least one model, and the panel last: attraktiv backtest hierarchical_dynamic "
            "PANEL --origins 2008:2016 --out STORE"
        )
    *models, panel = models_and_panel
    found = backtests.backtest(
        models,
        panel,
        _years(origins),
        horizon,
        benchmarks=tuple(benchmark or ()),
        without=tuple(without or ()),
        draws=draws,
        seed=seed,
        scheduler=scheduler,
        out=out,
        force=force,
    )
    write_frame(backtests.scores(found), format, None, table)


@reported
def scores(
    store: Annotated[
        Path, typer.Argument(metavar="STORE", help="A store that `attraktiv backtest` wrote.")
    ],
    quantity: _Quantity = "population",
    level: Annotated[
        str, typer.Option("--level", help="place, a column that places are summed by, or nation.")
    ] = "place",
    by: _By = "horizon",
    horizon: Annotated[
        list[int] | None, typer.Option("--horizon", help="Years ahead that count. Repeatable.")
    ] = None,
    against: _Against = "trend",
    on: Annotated[
        str | None,
        typer.Option("--on", metavar="NAME", help="Compare on the cells of this projection."),
    ] = None,
    prob: Annotated[float, typer.Option("--prob", help="Probability of the intervals.")] = 0.8,
    format: Formats = None,
    out: Out = None,
) -> None:
    """Sum up a backtest: by years ahead, origin, size or a column of places.csv."""
    from attraktiv import backtests

    frame = backtests.scores(
        backtests.open_backtest(store),
        quantity=quantity,
        level=level,
        by=by,
        horizons=tuple(horizon or ()),
        against=against,
        on=on,
        prob=prob,
    )
    write_frame(frame, format, out, table)


def _years(text: str) -> list[int]:
    """Read ``2008:2016``, ``2012`` or ``2008,2012``."""
    match = _RANGE.fullmatch(text.strip())
    if match is not None:
        return list(range(int(match[1]), int(match[2]) + 1))
    if re.fullmatch(r"\d+(,\d+)*", text.strip()):
        return [int(part) for part in text.split(",")]
    raise InputError(
        f"--origins {text}: years are not read from this. Valid is a first and a last year, or "
        "single years: --origins 2008:2016, --origins 2008,2012."
    )


def table(frame: pd.DataFrame) -> str:
    """Return the table that people read, from :func:`attraktiv.scores`."""
    said = frame.attrs
    by, against = said["by"], said["against"]
    lines = [
        paragraph(
            f"{said['quantity'].replace('_', ' ').capitalize()} of {said['level']}s: forecasts "
            f"beside what came. {said['title']}"
        )
    ]
    if said["on"]:
        lines.append(paragraph(f"On the places and years of {said['on']} alone."))
    for label, rows in frame.groupby(by, sort=False):
        lines += ["", f"{_heading(by, label)}, {rows['cells'].iloc[0]} outcomes"]
        lines += text_table(_columns(rows, against))
    legend = [
        "CRPS: the error of the whole forecast, percent of persons at the origin; the lower the "
        f"better. vs. {against}: its difference from that of {against}, with the "
        f"{100 * said['prob']:g} % interval of a bootstrap over places and origins. Error: mean "
        "absolute percentage error of the middle. 80 % and 95 %: how many percent of the outcomes "
        "lay inside such intervals."
    ]
    if said["look_ahead"]:
        later = "; ".join(look_ahead_name(one, "en") for one in said["look_ahead"])
        legend.append(f"Not known at every origin, and used: {later}.")
    if said["horizons_without_outcome"]:
        legend.append(
            f"{said['horizons_without_outcome']} pairs of origin and years ahead have no outcome "
            "yet and are left out."
        )
    if said["unfinished"]:
        legend.append(f"{said['unfinished']} forecasts are not finished.")
    legend += [f"Failed: {who}: {why}" for who, why in said["failed"].items()]
    return "\n".join([*lines, "", *map(paragraph, legend)])


def _heading(by: str, label: object) -> str:
    if by == "horizon":
        return f"{label} year{'' if label == 1 else 's'} ahead"
    return f"{by.replace('_', ' ')} {label}"


def _columns(rows: pd.DataFrame, against: str) -> list[Column]:
    other = rows["forecaster"] != against
    bounds = [
        f"{number(low, 2)} to {number(high, 2)}" if compared else MISSING
        for low, high, compared in zip(
            rows["difference_lower"], rows["difference_upper"], other, strict=True
        )
    ]
    return [
        Column("Forecaster", list(rows["forecaster"]), text=True),
        Column("CRPS", numbers(rows["crps"], 2)),
        Column(f"vs. {against}", numbers(rows["difference"].where(other), 2)),
        Column("Interval", bounds),
        Column("Error", numbers(rows["mape"], 2)),
        Column("80 %", numbers(100 * rows["coverage_80"], 0)),
        Column("95 %", numbers(100 * rows["coverage_95"], 0)),
    ]
