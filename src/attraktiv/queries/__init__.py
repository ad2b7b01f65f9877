"""The one read side: a question about a run becomes a tidy frame with bands."""

from __future__ import annotations

from attraktiv.queries.answer import query
from attraktiv.queries.facts import run_facts
from attraktiv.queries.forecasts import forecast_table, nation_table
from attraktiv.queries.growth import decomposition_table
from attraktiv.queries.likeness import like_structure_table
from attraktiv.queries.observed import observed_table
from attraktiv.queries.places import place_table, with_own_group
from attraktiv.queries.table import attractiveness_table

__all__ = [
    "attractiveness_table",
    "decomposition_table",
    "forecast_table",
    "like_structure_table",
    "nation_table",
    "observed_table",
    "place_table",
    "query",
    "run_facts",
    "with_own_group",
]
