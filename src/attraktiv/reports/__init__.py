"""Charts of results, and reports: a table or a Dataset becomes a chart, a run becomes a page."""

from __future__ import annotations

from attraktiv.reports.backtest import backtest_chart, pit_chart
from attraktiv.reports.fan import fan_chart, nation_fan
from attraktiv.reports.pyramids import pyramid
from attraktiv.reports.writing import report

__all__ = ["backtest_chart", "fan_chart", "nation_fan", "pit_chart", "pyramid", "report"]
