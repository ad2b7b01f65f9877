"""attraktiv: a hierarchical Bayesian attractiveness model for migration.

The front door. Every verb of the command line is a function here; the room that owns
it is imported when the name is first used, so that ``import attraktiv`` is quick.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from attraktiv.backtests import backtest, open_backtest, scores
    from attraktiv.demonstration import demo
    from attraktiv.effects import attractiveness, decompose
    from attraktiv.engines import check, coefficient_trend, fit
    from attraktiv.evaluation import compare, hindcast, job_response, screen
    from attraktiv.forecasts import forecast
    from attraktiv.model import build_design
    from attraktiv.model.pymc_model import build_model
    from attraktiv.panels import covariate, read_panel, simulate, simulate_country
    from attraktiv.queries import query
    from attraktiv.reports import report
    from attraktiv.server import serve
    from attraktiv.sources import ingest, panel
    from attraktiv.sources.borders import (
        balance_splits,
        compose_mappings,
        mapping_from_changes,
        migration_of_moves,
        pairs_to_borders,
        parts_to_borders,
        take_out_transfers,
        to_borders,
    )
    from attraktiv.specs import ModelSpec, load_spec, models
    from attraktiv.store import open_run, write_run

__version__ = "0.1.0"

__all__ = [
    "ModelSpec",
    "attractiveness",
    "backtest",
    "balance_splits",
    "build_design",
    "build_model",
    "check",
    "coefficient_trend",
    "compare",
    "compose_mappings",
    "covariate",
    "decompose",
    "demo",
    "fit",
    "forecast",
    "hindcast",
    "ingest",
    "job_response",
    "load_spec",
    "mapping_from_changes",
    "migration_of_moves",
    "models",
    "open_backtest",
    "open_run",
    "pairs_to_borders",
    "panel",
    "parts_to_borders",
    "query",
    "read_panel",
    "report",
    "scores",
    "screen",
    "serve",
    "simulate",
    "simulate_country",
    "take_out_transfers",
    "to_borders",
    "write_run",
]

_ROOM_OF: Final = {
    "ModelSpec": "specs",
    "attractiveness": "effects",
    "backtest": "backtests",
    "balance_splits": "sources.borders",
    "build_design": "model",
    "build_model": "model.pymc_model",  # apart, for PyMC is slow to import
    "check": "engines",
    "coefficient_trend": "engines",
    "compare": "evaluation",
    "compose_mappings": "sources.borders",
    "covariate": "panels",
    "decompose": "effects",
    "demo": "demonstration",
    "fit": "engines",
    "forecast": "forecasts",
    "hindcast": "evaluation",
    "ingest": "sources",
    "job_response": "evaluation",
    "load_spec": "specs",
    "mapping_from_changes": "sources.borders",
    "migration_of_moves": "sources.borders",
    "models": "specs",
    "open_backtest": "backtests",
    "open_run": "store",
    "pairs_to_borders": "sources.borders",
    "parts_to_borders": "sources.borders",
    "panel": "sources",
    "query": "queries",
    "read_panel": "panels",
    "scores": "backtests",
    "report": "reports",
    "screen": "evaluation",
    "serve": "server",
    "simulate": "panels",
    "simulate_country": "panels",
    "take_out_transfers": "sources.borders",
    "to_borders": "sources.borders",
    "write_run": "store",
}


def __getattr__(name: str) -> Any:
    room = _ROOM_OF.get(name)
    if room is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{room}"), name)
    globals()[name] = value  # the next look-up does not come here
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
