"""Forecasts: populations to come, draw by draw, and what scenarios change."""

from __future__ import annotations

from attraktiv.forecasts.beside import fit_jobs, sector_needed
from attraktiv.forecasts.continuation import forecast
from attraktiv.forecasts.scenarios import Edit, Scenario

__all__ = ["Edit", "Scenario", "fit_jobs", "forecast", "sector_needed"]
