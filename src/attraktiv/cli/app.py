"""The commands, put together."""

from __future__ import annotations

from typing import Annotated

import typer

import attraktiv
from attraktiv.cli import (
    answers,
    backtests,
    comparison,
    countries,
    estimation,
    forecasts,
    growth,
    hindcasts,
    reporting,
    serving,
)

_PREPARE, _FIT, _READ = "Data", "Models", "Answers"

app = typer.Typer(
    name="attraktiv",
    help="How attractive is a place, and how sure are we? A hierarchical Bayesian model.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"attraktiv {attraktiv.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """How attractive is a place, and how sure are we? A hierarchical Bayesian model."""


for _command, _panel in (
    (countries.demo, _PREPARE),
    (countries.simulate, _PREPARE),
    (countries.ingest, _PREPARE),
    (countries.panel, _PREPARE),
    (estimation.models, _FIT),
    (estimation.fit, _FIT),
    (estimation.check, _FIT),
    (comparison.compare, _FIT),
    (comparison.screen, _FIT),
    (hindcasts.hindcast, _FIT),
    (forecasts.forecast, _FIT),
    (backtests.backtest, _FIT),
    (backtests.scores, _READ),
    (answers.attractiveness, _READ),
    (growth.decompose, _READ),
    (answers.query, _READ),
    (reporting.report, _READ),
    (serving.serve, _READ),
):
    app.command(rich_help_panel=_panel)(_command)
