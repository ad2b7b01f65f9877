"""Charts of results, and reports: a table or a Dataset becomes a chart, a run becomes a page."""

from __future__ import annotations

from attraktiv.reports.forecast import fan_chart, nation_fan, pyramid
from attraktiv.reports.writing import report

__all__ = ["fan_chart", "nation_fan", "pyramid", "report"]
