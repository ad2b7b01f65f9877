"""Forecasts: populations to come, draw by draw, and what scenarios change."""

from __future__ import annotations

from attraktiv.forecasts.continuation import forecast
from attraktiv.forecasts.scenarios import Edit, Scenario

__all__ = ["Edit", "Scenario", "forecast"]
