"""The command that shows runs in a browser: serve."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from attraktiv.cli.messages import reported, tell


@reported
def serve(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN …", help="Runs; the first is shown first.")
    ],
    panel: Annotated[
        Path | None,
        typer.Option("--panel", metavar="PANEL", help="Their panel: map, jobs and ages."),
    ] = None,
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Where to listen.")] = 8000,
    host: Annotated[
        str, typer.Option("--host", help="The address; by default only this machine.")
    ] = "127.0.0.1",
) -> None:
    """Show runs as a page in the browser, and answer over a JSON API. Ctrl-C ends it."""
    from attraktiv.server import running

    running.require_installed()
    tell(f"Opening http://{host}:{port}/ when the runs are read. Ctrl-C ends it.")
    running.serve(runs, panel=panel, port=port, host=host)
