"""Forecasts: populations to come, draw by draw, and what scenarios change."""
