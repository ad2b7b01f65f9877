"""Jobs of a simulated country: industries, their national growth, and each place's mix."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from attraktiv import names
from attraktiv.panels.industries import NO_SECTOR

INDUSTRIES = (
    "agriculture and fishing",
    "manufacturing",
    "construction",
    "trade and transport",
    "hospitality",
    "business services",
    "public administration",
    "health and education",
)
PUBLIC = np.array([False, False, False, False, False, False, True, True])
_DIMENSION = ("basis", "basis", "regional", "visit", "visit", "regional", NO_SECTOR, NO_SECTOR)
_MIX = np.array([0.06, 0.13, 0.09, 0.19, 0.05, 0.12, 0.08, 0.28])
_NATIONAL_GROWTH = np.array([-1.5, -0.5, 1.2, 0.6, 1.5, 2.2, 0.5, 1.5])  # percent per year
_RURAL = np.array([2.0, 0.6, 0.0, -0.4, 0.3, -1.2, 0.0, 0.1])  # tilt of the mix away from centres
_NATIONAL_SD, _LASTING_SD, _PLACE_SD = 1.2, 0.3, 1.5  # percent per year
_JOBS_PER_PERSON, _MIX_CONCENTRATION = 0.48, 25.0


def sectors_of_industries() -> pd.DataFrame:
    """Give industries.csv: ``industry``, ``sector``, and the ``dimension`` of private ones."""
    return pd.DataFrame(
        {
            names.INDUSTRY: INDUSTRIES,
            "sector": np.where(PUBLIC, "public", "private"),
            "dimension": _DIMENSION,
        },
        dtype=object,
    )


@dataclass
class Economy:
    """The jobs of every place and industry, one year at a time.

    Jobs are drawn first in each year and do not listen to migration: the factors of the migration
    equation are then exogenous, as the model supposes.

    Attributes
    ----------
    jobs : numpy.ndarray
        (place, industry), whole jobs of the latest year.
    lasting : numpy.ndarray
        (place,) lasting growth of a place beyond its mix, percent per year.
    """

    rng: np.random.Generator
    jobs: np.ndarray
    lasting: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        """Draw what lasts."""
        self.lasting = self.rng.normal(0.0, _LASTING_SD, len(self.jobs))

    def step(self) -> np.ndarray:
        """Move one year on and give the new jobs (place, industry)."""
        rng = self.rng
        national = rng.normal(_NATIONAL_GROWTH, _NATIONAL_SD)
        own = self.lasting + rng.normal(0.0, _PLACE_SD, len(self.jobs))
        growth = national + own[:, None] + chance_of_industries(rng, self.jobs)
        self.jobs = np.maximum(np.round(self.jobs * (1 + growth / 100)), 0.0)
        return self.jobs


def chance_of_industries(rng: np.random.Generator, jobs: np.ndarray) -> np.ndarray:
    """Draw growth by chance of jobs (place, industry), percent.

    A small industry moves by single jobs: its growth has the variance of a count.
    """
    chance: np.ndarray = rng.normal(0.0, 1.0, jobs.shape) * 50.0 / np.sqrt(jobs + 10.0)
    return chance


def start_economy(rng: np.random.Generator, size: np.ndarray, centrality: np.ndarray) -> Economy:
    """Draw the jobs of the first year.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of chance.
    size : numpy.ndarray
        (place,) persons.
    centrality : numpy.ndarray
        (place,) 0-1000.
    """
    rural = (0.5 - centrality / 1000.0)[:, None]
    mix = _MIX * np.exp(_RURAL * rural)
    mix = rng.standard_gamma(_MIX_CONCENTRATION * mix / mix.sum(axis=1, keepdims=True))
    mix = mix / mix.sum(axis=1, keepdims=True)
    total = size * _JOBS_PER_PERSON * np.exp(rng.normal(0.0, 0.15, len(size)))
    return Economy(rng, np.maximum(np.round(total[:, None] * mix), 1.0))
