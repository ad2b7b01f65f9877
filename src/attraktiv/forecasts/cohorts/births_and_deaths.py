r"""A year of births, deaths and ageing.

Mathematical details
--------------------
With n persons of a sex s and an age a on 1 January, all in one place and one draw,

.. math::

    q_{sa} &= \min(1,\; m_{sa} f / (1 + m_{sa} f / 2)), & D &= \sum n_{sa} q_{sa}, &
    B &= g \sum_a n_{\mathrm{female},a} F_a,

with m the central death rates, F births per woman, f and g the levels of the place and the year.
Chance moves births, and the deaths of each group of ages, by a number of its own
(:mod:`.counts`). With E and X of its group, deaths of a cell are then q·n·X/E, at most n. Survivors
are a year older; the last age is open.

In whole persons births are Poisson and deaths of each cell binomial, at given uniform numbers, so
that scenarios share their chance.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from attraktiv.forecasts.cohorts.compiled import compiled, in_parallel, sum_of
from attraktiv.forecasts.cohorts.counts import (
    MANY,
    cumulative,
    moved_by_chance,
    quantile,
    whole_count,
)
from attraktiv.forecasts.mortality import probability_of_death


@compiled
def _expected_births(women, fertility, level, products):  # type: ignore[no-untyped-def]
    """Give births expected of the women of a place; `products` is room to work in."""
    for a in range(len(fertility)):
        products[a] = women[a] * fertility[a]
    return np.float64(sum_of(products, 0, len(fertility)) * level)


@in_parallel
def natural(  # type: ignore[no-untyped-def]
    people,
    female,
    mortality,
    fertility,
    boys,
    mortality_level,
    fertility_level,
    normal,
    first,
    certain,
    survivors,
    births,
    deaths,
):
    """Let a year of births and deaths pass.

    Parameters
    ----------
    people : (draw, place, sex, age) float
        Persons on 1 January.
    female : int
        Position of women among the sexes.
    mortality : (sex, age) float
        Central death rates per year.
    fertility : (age,) float
        Births per woman and year.
    boys : float
        Share of boys among births.
    mortality_level, fertility_level : (draw, place) float
        Factors on the rates in this year.
    normal : (draw, place, 1 + group) float
        Standard normal numbers of births, and of the deaths of each group of ages.
    first : (group,) int
        Position of the first age of each group, rising from 0.
    certain : bool
        Leave chance out.
    survivors : (draw, place, sex, age) float
        Filled: persons a year later, newborn included, without migration.
    births, deaths : (draw, place) float
        Filled: persons in the year.
    """
    draws, places, sexes, ages = people.shape
    number = people.dtype.type
    zero, one = number(0.0), number(1.0)
    last = ages - 1
    for i in prange(draws * places):
        d, p = i // places, i % places
        dying = np.empty(ages, people.dtype)
        factor = np.empty(ages, people.dtype)
        expected = _expected_births(people[d, p, female], fertility, fertility_level[d, p], dying)
        born = expected if certain else moved_by_chance(expected, normal[d, p, 0])
        level = mortality_level[d, p]
        # over ages as a whole, and not group by group: long loops without a sum are vectorised
        for a in range(ages):
            dying[a] = zero
        for s in range(sexes):
            for a in range(last):
                gone = people[d, p, s, a] * probability_of_death(mortality[s, a] * level, one)
                survivors[d, p, s, a + 1] = gone  # expected, for now
                dying[a] += gone
            dying[last] += people[d, p, s, last] * probability_of_death(
                mortality[s, last] * level, one
            )
        dead = 0.0
        for g in range(len(first)):
            end = first[g + 1] if g + 1 < len(first) else ages
            mean = np.float64(sum_of(dying, first[g], end))
            moved = one
            if not certain and mean > 0.0:
                moved = number(moved_by_chance(mean, normal[d, p, 1 + g]) / mean)
            factor[first[g] : end] = moved
            dead += mean * moved
        more = zero  # than there are, who would have died
        for s in range(sexes):
            beyond = 0
            for a in range(last):
                here = people[d, p, s, a]
                left = here - survivors[d, p, s, a + 1] * factor[a]
                survivors[d, p, s, a + 1] = left
                beyond += left < zero
            if beyond > 0:
                for a in range(1, ages):
                    more -= min(survivors[d, p, s, a], zero)
                    survivors[d, p, s, a] = max(survivors[d, p, s, a], zero)
            here = people[d, p, s, last]
            gone = here * probability_of_death(mortality[s, last] * level, one)
            left = here - gone * factor[last]
            more -= min(left, zero)
            survivors[d, p, s, last] += max(left, zero)
            survivors[d, p, s, 0] = born * ((1.0 - boys) if s == female else boys)
        births[d, p] = born
        deaths[d, p] = dead - more


@in_parallel
def natural_whole(  # type: ignore[no-untyped-def]
    people,
    female,
    mortality,
    fertility,
    boys,
    mortality_level,
    fertility_level,
    normal,
    uniform,
    survivors,
    births,
    deaths,
):
    """Let a year of births and deaths pass, in whole persons.

    Parameters
    ----------
    uniform : (draw, place, sex, age) float
        Uniform numbers of the deaths of each cell. Births, and boys among them, come from `normal`.

    The others are those of :func:`natural`.
    """
    draws, places, sexes, ages = people.shape
    for i in prange(draws * places):
        d, p = i // places, i % places
        products = np.empty(ages, people.dtype)
        expected = _expected_births(
            people[d, p, female], fertility, fertility_level[d, p], products
        )
        z = normal[d, p, 0]
        born = whole_count(expected, 1.0, -1.0, cumulative(z), z)
        z = normal[d, p, 1]
        sons = whole_count(born * boys, 1.0 - boys, born, cumulative(z), z)
        level = mortality_level[d, p]
        dead = 0.0
        for s in range(sexes):
            older = (born - sons) if s == female else sons
            for a in range(ages):
                here = people[d, p, s, a]
                q = probability_of_death(mortality[s, a] * level)
                u = uniform[d, p, s, a]
                # only many need the normal number, which is dear
                z = quantile(u) if here * q > MANY else 0.0
                gone = whole_count(here * q, 1.0 - q, here, u, z)
                dead += gone
                survivors[d, p, s, a] = older
                older = here - gone
            survivors[d, p, s, ages - 1] += older
        births[d, p] = born
        deaths[d, p] = dead
