"""Panels: a folder of tidy tables becomes one labelled Dataset, and its covariates.

Reading runs ``files`` (text → numbers) → ``tables`` → ``checks`` → ``build``; ``definitions`` and
``weights`` say how covariates are computed from the result; ``stores`` keeps a built panel;
``simulation`` makes countries whose truth is known.
"""

from __future__ import annotations

from attraktiv.panels.build import build_panel, place_attributes
from attraktiv.panels.content import content_hash
from attraktiv.panels.covariates import available_covariates, covariate
from attraktiv.panels.definitions import COVARIATES
from attraktiv.panels.derived import Covariate
from attraktiv.panels.jobs import jobs_before
from attraktiv.panels.national import read_national
from attraktiv.panels.outlines import read_outlines
from attraktiv.panels.projections import read_projection, read_projections
from attraktiv.panels.reading import read_panel
from attraktiv.panels.schedules import Schedules, read_schedules
from attraktiv.panels.simulation import (
    Departures,
    Feedback,
    Parameters,
    SimulatedCountry,
    read_truth,
    simulate,
    simulate_country,
)
from attraktiv.panels.stores import write_panel
from attraktiv.panels.weights import Neighbours, neighbours, region_attribute

__all__ = [
    "COVARIATES",
    "Covariate",
    "Departures",
    "Feedback",
    "Neighbours",
    "Parameters",
    "Schedules",
    "SimulatedCountry",
    "available_covariates",
    "build_panel",
    "content_hash",
    "covariate",
    "jobs_before",
    "neighbours",
    "place_attributes",
    "read_national",
    "read_outlines",
    "read_panel",
    "read_projection",
    "read_projections",
    "read_schedules",
    "read_truth",
    "region_attribute",
    "simulate",
    "simulate_country",
    "write_panel",
]
