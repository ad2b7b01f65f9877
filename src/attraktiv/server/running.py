"""Serving until somebody stops it."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from attraktiv.errors import InputError
from attraktiv.progress import progress

LOOPBACK: Final = "127.0.0.1"
_CONNECTIONS = 256  # at the same time; more are told to come again
_SILENCE = 30  # seconds: longer than clients keep a connection, so that none asks a closed one
_NEEDED = ("fastapi", "uvicorn")


def serve(
    runs: str | Path | Sequence[str | Path],
    *,
    panel: str | Path | None = None,
    port: int = 8000,
    host: str = LOOPBACK,
) -> None:
    """Serve runs as a page and as a JSON API, read-only, until Ctrl-C.

    Parameters
    ----------
    runs
        One or several stored runs. The first is shown first; the others are compared with it.
    panel
        The panel that the runs were fitted to: its polygons make the map, its counts the history
        of jobs and ages. None: a list without a map.
    port
        Where to listen, 1 to 65535.
    host
        The address to listen on. Only this machine reaches the default; requests that name
        another host than this one, or ``localhost``, are refused.

    Returns
    -------
    None
        When it is stopped.

    Raises
    ------
    InputError
        FastAPI or uvicorn is not installed; the port is none.
    RunError
        A run is missing, foreign or half-written, or is not of the panel.
    PanelError
        The panel is wrong.
    """
    require_installed()
    if not 0 < port < 2**16:
        raise InputError(f"The port {port} is none; valid is 1 to 65535, for example --port 8000.")
    import uvicorn

    from attraktiv.server.application import application
    from attraktiv.server.served import open_served

    with progress("opening the runs"):
        served = open_served([runs] if isinstance(runs, str | Path) else runs, panel)
        app = application(served, hosts=(host,))
    uvicorn.run(
        app,
        host=host,
        port=port,
        log_level="warning",
        limit_concurrency=_CONNECTIONS,
        timeout_keep_alive=_SILENCE,
        server_header=False,
        date_header=True,
    )


def require_installed() -> None:
    """Raise if what the server stands on is not installed.

    Raises
    ------
    InputError
        It says how to install it.
    """
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise InputError(
            f"The server needs {' and '.join(missing)}, not installed here: "
            'pip install "attraktiv[serve]"'
        )
