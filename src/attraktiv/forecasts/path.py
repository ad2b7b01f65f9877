"""What a scenario comes to in a block of draws, and how people are counted in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: Groups of ages that services are planned for, by their first age.
AGE_GROUPS = {"0-5": 0, "6-15": 6, "16-19": 16, "20-66": 20, "67-79": 67, "80+": 80}


@dataclass(frozen=True)
class Path:
    """What a scenario comes to in a block of draws.

    Attributes
    ----------
    totals : dict of str to numpy.ndarray
        (draw, place, year) by variable: population on 1 January of each year, one year more than
        the flows, whose last year is NaN.
    by_group : numpy.ndarray or None
        (draw, group, place, year) persons by age group.
    by_age : numpy.ndarray or None
        (draw, sex, age, place, year) persons, where asked for.
    """

    totals: dict[str, np.ndarray]
    by_group: np.ndarray | None
    by_age: np.ndarray | None


@dataclass(frozen=True)
class How:
    """How people are counted.

    Attributes
    ----------
    whole : bool
        In whole persons.
    ages : bool
        Keep the population by sex and age.
    certain : bool
        No chance, and double precision: for proofs.
    """

    whole: bool = False
    ages: bool = False
    certain: bool = False
