"""Countries whose truth is known, drawn from the dynamic model or from departures from it."""

from __future__ import annotations

from attraktiv.panels.simulation.country import SimulatedCountry, simulate_country
from attraktiv.panels.simulation.feedback import JOBS_TERMS, Feedback
from attraktiv.panels.simulation.folders import read_truth, simulate
from attraktiv.panels.simulation.migration import TERMS, Departures, Parameters

__all__ = [
    "JOBS_TERMS",
    "TERMS",
    "Departures",
    "Feedback",
    "Parameters",
    "SimulatedCountry",
    "read_truth",
    "simulate",
    "simulate_country",
]
