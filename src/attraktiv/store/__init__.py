"""Runs on disk: one zarr store each, written whole or not at all, with its provenance."""

from __future__ import annotations

from attraktiv.store.backtests import (
    add_result,
    has_result,
    open_results,
    read_contest,
    start_backtest,
)
from attraktiv.store.equations import equation_of, kinds_of, with_equations
from attraktiv.store.growing import Growing, growing_group
from attraktiv.store.identity import run_id
from attraktiv.store.layout import encoding, for_storage, plain_text
from attraktiv.store.runs import append_group, open_run, refuse_existing, refuse_group, write_run

__all__ = [
    "Growing",
    "add_result",
    "append_group",
    "encoding",
    "equation_of",
    "for_storage",
    "growing_group",
    "has_result",
    "kinds_of",
    "open_results",
    "open_run",
    "plain_text",
    "read_contest",
    "refuse_existing",
    "refuse_group",
    "run_id",
    "start_backtest",
    "with_equations",
    "write_run",
]
