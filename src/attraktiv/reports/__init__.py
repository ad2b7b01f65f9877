"""Charts of results: a table or a Dataset becomes a Vega-Lite chart, a PNG or an SVG."""

from __future__ import annotations

from attraktiv.reports.forecast import fan_chart, pyramid

__all__ = ["fan_chart", "pyramid"]
