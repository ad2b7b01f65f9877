"""Backtests: forecasts of the past, with what was known then, and how good they were."""

from __future__ import annotations

from attraktiv.backtests.known import known_panel
from attraktiv.backtests.running import backtest, open_backtest
from attraktiv.backtests.summaries import pit_histogram, scores

__all__ = [
    "backtest",
    "known_panel",
    "open_backtest",
    "pit_histogram",
    "scores",
]
