"""Charts of results: a table or a Dataset becomes a Vega-Lite chart, a PNG or an SVG."""

from __future__ import annotations

from attraktiv.reports.backtest import backtest_chart, pit_chart
from attraktiv.reports.forecast import fan_chart, pyramid

__all__ = ["backtest_chart", "fan_chart", "pit_chart", "pyramid"]
