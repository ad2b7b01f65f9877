"""Least squares, NUTS and the collapsed engine: a design in, a run's tree out."""

from attraktiv.engines.diagnostics import Check, check, diagnose
from attraktiv.engines.estimate import fit
from attraktiv.engines.trend import coefficient_trend

__all__ = ["Check", "check", "coefficient_trend", "diagnose", "fit"]
