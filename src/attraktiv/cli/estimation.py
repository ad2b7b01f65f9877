"""Commands about models: models, fit, check."""

from __future__ import annotations

import shutil
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from attraktiv.cli.messages import next_commands, paragraph, reported, say
from attraktiv.cli.options import Exclude, First, Last, Model, Panel, Run, Without
from attraktiv.cli.responses import response_lines
from attraktiv.cli.slopes import MEANING, slopes_table
from attraktiv.cli.tables import Column, text_table

if TYPE_CHECKING:
    import xarray as xr

_DEFAULT = "*"


@reported
def models(
    format: Annotated[Literal["table", "json"], typer.Option("--format")] = "table",
) -> None:
    """List the models: the classical generations and the Bayesian ones."""
    from attraktiv.model import columns, jobs_equations
    from attraktiv.specs import models as all_models

    found = all_models()
    if format == "json":
        import json

        fields = ("id", "title", "year", "status", "source", "default")
        rows = [
            {field: getattr(spec, field) for field in fields}
            | {"needs": columns(spec), "not_estimated": jobs_equations(spec)}
            for spec in found
        ]
        typer.echo(json.dumps(rows, indent=1, ensure_ascii=False))
        return
    table = [
        Column("Model", [spec.id + _DEFAULT * spec.default for spec in found], text=True),
        Column("Year", [str(spec.year) for spec in found]),
        Column("Status", [spec.status for spec in found], text=True),
        Column("Title", [spec.title for spec in found], text=True),
    ]
    typer.echo("\n".join(text_table(table)))
    typer.echo(f"\n{_DEFAULT} the default\n\nWhat they need of a panel folder, and sources:")
    for spec in found:
        typer.echo(f"\n{spec.id}")
        typer.echo(_entry("needs", "; ".join(columns(spec))))
        for equation in jobs_equations(spec):
            typer.echo(_entry("not yet estimated", equation))
        typer.echo(_entry("source", spec.source))


@reported
def fit(
    model: Model,
    panel: Panel,
    out: Annotated[Path, typer.Option("--out", metavar="RUN", help="Where the run is written.")],
    engine: Annotated[
        Literal["auto", "collapsed", "nuts", "least-squares"],
        typer.Option("--engine", help="How it is estimated; auto: as the model says."),
    ] = "auto",
    first: First = None,
    last: Last = None,
    without: Without = None,
    exclude: Exclude = None,
    missing: Annotated[
        Literal["mean", "drop"],
        typer.Option("--missing", help="A missing factor: the year's mean, or drop the cell."),
    ] = "mean",
    groups: Annotated[
        str | None,
        typer.Option("--groups", metavar="COLUMN", help="Column that groups the places."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, help="Makes the run repeatable.")
    ] = None,
    chains: Annotated[
        int | None, typer.Option("--chains", min=1, help="Independent chains.")
    ] = None,
    draws: Annotated[
        int | None, typer.Option("--draws", min=1, help="Draws kept in each chain.")
    ] = None,
    tune: Annotated[
        int | None, typer.Option("--tune", min=1, help="Steps of NUTS before the first draw.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing run.")] = False,
) -> None:
    """Fit a model to a panel and write the run."""
    from attraktiv import engines

    run = engines.fit(
        model,
        panel,
        out=out,
        engine=engine,
        first=first,
        last=last,
        without=tuple(without or ()),
        exclude=exclude,
        missing=missing,
        groups=groups,
        seed=seed,
        chains=chains,
        draws=draws,
        tune=tune,
        force=force,
    )
    for line in engines.check(run).lines:
        typer.echo(paragraph(line))
    typer.echo(f"\nThe run is {out}")
    next_commands(
        f"attraktiv check {out}",
        f"attraktiv attractiveness {out}",
        f"attraktiv decompose {out}",
        f"attraktiv query {out} beta",
    )


@reported
def check(
    run: Run,
) -> None:
    """Say whether a run can be trusted, and what to do if not; exit status 1 if it failed."""
    from attraktiv import engines
    from attraktiv.evaluation import job_response, simultaneous, slopes
    from attraktiv.store import equation_of, kinds_of, open_run

    tree = open_run(run)
    verdict = engines.check(tree)
    for line in verdict.lines:
        typer.echo(paragraph(line))
    shown = False
    kinds = kinds_of(tree)
    for kind in kinds:
        equation = equation_of(tree, kind)
        found = slopes(equation)
        if not found.sizes["term"]:
            continue
        shown = True
        typer.echo()
        say(
            f"Least-squares slopes of the factors{_of(equation, len(kinds))}, percentage points per standard "
            "deviation, ± standard error clustered by place; difference: between less within"
        )
        typer.echo("\n".join(slopes_table(found)))
    if shown:
        typer.echo()
        say(MEANING)
    if simultaneous(tree):
        for block in response_lines(job_response(tree)):
            typer.echo(f"\n{block}")
    if verdict.passed is False:
        raise typer.Exit(1)


def _of(equation: xr.DataTree, count: int) -> str:
    """Say which equation it is, where that is not plain."""
    kind = equation.attrs.get("kind", "residential")
    if count == 1 and kind == "residential":
        return ""
    return f" of {equation.attrs['outcome']} ({kind} attractiveness)"


def _entry(label: str, text: str) -> str:
    """Return a labelled paragraph that stands in under its heading."""
    width = shutil.get_terminal_size().columns
    return textwrap.fill(
        f"{label}: {text}",
        width,
        initial_indent="  ",
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )
