"""The one read side: a question about a run becomes a tidy frame with bands."""

from __future__ import annotations

from attraktiv.queries.answer import query
from attraktiv.queries.forecasts import forecast_table, nation_table
from attraktiv.queries.growth import decomposition_table
from attraktiv.queries.table import attractiveness_table

__all__ = ["attractiveness_table", "decomposition_table", "forecast_table", "nation_table", "query"]
