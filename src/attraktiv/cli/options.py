"""Arguments and options that several commands have, with one meaning."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from attraktiv.cli.output import Format

Model = Annotated[str, typer.Argument(metavar="MODEL", help="Name of a model, or its file.")]
Panel = Annotated[Path, typer.Argument(metavar="PANEL", help="Panel folder or built panel.")]
Run = Annotated[Path, typer.Argument(metavar="RUN", help="A run that `attraktiv fit` wrote.")]
First = Annotated[int | None, typer.Option("--from", metavar="YEAR", help="First year used.")]
Last = Annotated[int | None, typer.Option("--until", metavar="YEAR", help="Last year used.")]
Without = Annotated[
    list[str] | None,
    typer.Option("--without", metavar="FACTOR", help="Leave a factor out. May be repeated."),
]
Exclude = Annotated[
    str | None,
    typer.Option("--exclude", metavar="COLUMN", help="Leave out places marked in a column."),
]
Places = Annotated[
    list[str] | None,
    typer.Option("--place", help="Code or name; with --group, a group. May be repeated."),
]
Group = Annotated[
    str | None,
    typer.Option("--group", metavar="COLUMN", help="Sum over the places of each group."),
]
Unit = Annotated[
    Literal["percent", "persons", "jobs"],
    typer.Option("--unit", help="Percent (of population or jobs), persons, or jobs, a year."),
]
Prob = Annotated[float, typer.Option("--prob", help="Probability of the bands.")]
Interval = Annotated[
    Literal["eti", "hdi"], typer.Option("--interval", help="Equal-tailed or highest density.")
]
Formats = Annotated[
    Format | None, typer.Option("--format", help="By default a table, or what --out says.")
]
Out = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write to a file.")]
Scheduler = Annotated[
    str | None,
    typer.Option("--scheduler", metavar="ADDRESS", help="A Dask scheduler: tcp://host:8786."),
]
