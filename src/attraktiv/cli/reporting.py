"""The command that tells of a run: report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from attraktiv.cli.messages import reported, say
from attraktiv.cli.options import Prob, Run


@reported
def report(
    run: Run,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The report.")],
    panel: Annotated[
        Path | None,
        typer.Option(
            "--panel", metavar="PANEL", help="Adds a map, history, and projections by others."
        ),
    ] = None,
    place: Annotated[
        list[str] | None,
        typer.Option("--place", help="Code or name: a section for it. May be repeated."),
    ] = None,
    language: Annotated[
        Literal["nb", "en"], typer.Option("--language", help="Norwegian or English.")
    ] = "nb",
    format: Annotated[
        Literal["html", "md", "pdf"] | None,
        typer.Option("--format", help="By default what --out says."),
    ] = None,
    figures: Annotated[
        Path | None,
        typer.Option("--figures", metavar="FOLDER", help="Write the charts too, PNG and SVG."),
    ] = None,
    backtest: Annotated[
        Path | None,
        typer.Option(
            "--backtest", metavar="STORE", help="Tells how good the model's forecasts have been."
        ),
    ] = None,
    prob: Prob = 0.8,
    force: Annotated[bool, typer.Option("--force", help="Replace what is there.")] = False,
) -> None:
    """Write a report: how attractive, how sure, why, what next."""
    from attraktiv.reports import report as write

    written = write(
        run,
        out,
        panel=panel,
        places=place or (),
        language=language,
        format=format,
        figures=figures,
        backtest=backtest,
        prob=prob,
        force=force,
    )
    say(f"Report: {written}")
