r"""A year of people by sex and age: births, deaths, ageing, and migrants of every age.

Mathematical details
--------------------
With n persons of a sex s and an age a on 1 January, all in one place and one draw,

.. math::

    q_{sa} &= \min(1,\; m_{sa} f / (1 + m_{sa} f / 2)), & D &= \sum n_{sa} q_{sa}, &
    B &= g \sum_a n_{\mathrm{female},a} F_a,

with m the central death rates, F births per woman, f and g the levels of the place and the year.
Chance moves births, and the deaths of each group of ages, as it moves a Poisson count, by a
standard normal number z of their own: with :math:`c = \min(E, 1/4)`,
:math:`X = (\sqrt{E - c} + z \sqrt{c})^2` has the mean E and, from E = 1/4 up, the variance E − 1/8,
and is never below zero. With E and X of its group, deaths of a cell are then q·n·X/E, at most n.
Survivors are a year older; the last age is open.

A net migration of M persons is spread by the age a at the start of the year,

.. math::

    \text{migrants}_{sa} = n_{sa} (\pi_{sa} + \omega_{sa}\,\delta), \qquad
    \delta = (M - \sum n \pi) / \sum n \omega .

Where more would leave a cell than there are, it is empty, and the rest leave from all others in
proportion to who is there: the total is kept. A place cannot lose more than it has.

Whole persons: births are drawn from Poisson and deaths of each cell from binomial distributions
by inverting them at given uniform numbers, so that scenarios share their chance; the migrants
make every cell whole by systematic rounding of the running sum, which keeps the total.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit, prange

from attraktiv.forecasts.mortality import probability_of_death

_MANY = 200.0  # above this mean a count is drawn as a rounded normal number

# No leave to take sums in another order: what runs in parallel is compiled twice, once for the
# process that compiles and once for those that load it, and the two would differ in the last bit.
_compiled = njit(parallel=True, cache=True, error_model="numpy")
_small = njit(cache=True, error_model="numpy")


@_small
def _count(mean, variance_share, size, uniform, normal):  # type: ignore[no-untyped-def]
    """Invert a Poisson (size < 0) or binomial count at a uniform number."""
    if mean <= 0.0:
        return 0.0
    if mean > _MANY:
        drawn = np.floor(mean + np.sqrt(mean * variance_share) * normal + 0.5)
        return max(drawn, 0.0) if size < 0.0 else min(max(drawn, 0.0), size)
    if size < 0.0:
        term = np.exp(-mean)
        ratio = mean
        step = 0.0
    else:
        q = min(mean / size, 1.0)
        if q >= 1.0:
            return size
        term = np.exp(size * np.log1p(-q))
        ratio = q / (1.0 - q)
        step = 1.0
    total = term
    k = 0.0
    while uniform > total and (size < 0.0 or k < size) and k < 10.0 * _MANY:
        term *= ratio / (k + 1.0) if step == 0.0 else ratio * (size - k) / (k + 1.0)
        total += term
        k += 1.0
    return k


@_small
def _chance(mean, normal):  # type: ignore[no-untyped-def]
    """Move a mean as chance moves a Poisson count: the mean stays, and none is below zero."""
    part = min(mean, 0.25)
    return (np.sqrt(mean - part) + np.sqrt(part) * normal) ** 2


@_small
def _sum(values, first, end):  # type: ignore[no-untyped-def]
    """Sum values[first:end] in eight lanes: one order, whoever compiles it, and none that waits."""
    zero = values.dtype.type(0.0)
    s0, s1, s2, s3, s4, s5, s6, s7 = zero, zero, zero, zero, zero, zero, zero, zero
    a = first
    while a + 8 <= end:
        s0 += values[a]
        s1 += values[a + 1]
        s2 += values[a + 2]
        s3 += values[a + 3]
        s4 += values[a + 4]
        s5 += values[a + 5]
        s6 += values[a + 6]
        s7 += values[a + 7]
        a += 8
    while a < end:
        s0 += values[a]
        a += 1
    return ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))


@_small
def _expected_births(women, fertility, level):  # type: ignore[no-untyped-def]
    expected = 0.0
    for a in range(len(fertility)):
        if fertility[a] > 0.0:
            expected += women[a] * fertility[a]
    return expected * level


@_compiled
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
        expected = _expected_births(people[d, p, female], fertility, fertility_level[d, p])
        born = expected if certain else _chance(expected, normal[d, p, 0])
        level = mortality_level[d, p]
        # over ages as a whole, and not group by group: long loops without a sum are vectorised
        dying = np.empty(ages, people.dtype)
        factor = np.empty(ages, people.dtype)
        for a in range(ages):
            dying[a] = zero
            factor[a] = one
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
            mean = np.float64(_sum(dying, first[g], end))
            moved = one
            if not certain and mean > 0.0:
                moved = number(_chance(mean, normal[d, p, 1 + g]) / mean)
                for a in range(first[g], end):
                    factor[a] = moved
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


@_compiled
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
        expected = _expected_births(people[d, p, female], fertility, fertility_level[d, p])
        z = normal[d, p, 0]
        born = _count(expected, 1.0, -1.0, _cumulative(z), z)
        z = normal[d, p, 1]
        sons = _count(born * boys, 1.0 - boys, born, _cumulative(z), z)
        level = mortality_level[d, p]
        dead = 0.0
        for s in range(sexes):
            older = (born - sons) if s == female else sons
            for a in range(ages):
                here = people[d, p, s, a]
                q = probability_of_death(mortality[s, a] * level)
                u = uniform[d, p, s, a]
                # only many need the normal number, which is dear
                z = _quantile(u) if here * q > _MANY else 0.0
                gone = _count(here * q, 1.0 - q, here, u, z)
                dead += gone
                survivors[d, p, s, a] = older
                older = here - gone
            survivors[d, p, s, ages - 1] += older
        births[d, p] = born
        deaths[d, p] = dead


@_small
def _cumulative(z):  # type: ignore[no-untyped-def]
    """Give the standard normal distribution function."""
    return 0.5 * (1.0 + math.erf(z / math.sqrt(2.0)))


@_small
def _quantile(u):  # type: ignore[no-untyped-def]
    """Give the standard normal quantile: Abramowitz and Stegun (1964), 26.2.23, to 4.5e-4."""
    tail = min(max(min(u, 1.0 - u), 1e-12), 0.5)
    t = np.sqrt(-2.0 * np.log(tail))
    upper = 2.515517 + t * (0.802853 + t * 0.010328)
    lower = 1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308))
    z = t - upper / lower
    return z if u > 0.5 else -z


@_compiled
def migrate(people, survivors, net, profile, spread, start, whole, moved, population):  # type: ignore[no-untyped-def]
    """Let net migrants of every age come and go.

    Parameters
    ----------
    people : (draw, place, sex, age) float
        Persons on 1 January.
    survivors : (draw, place, sex, age) float
        From :func:`natural`; replaced by the persons of the next 1 January.
    net : (draw, place) float
        Net migrants wanted, persons.
    profile : (draw, place, sex, age) float
        Net migrants per person by age at the start of the year, whatever the total.
    spread : (sex, age) float
        Above zero: how the others are spread.
    start : (draw, place) float
        Where systematic rounding starts, in [0, 1).
    whole : bool
        Whole persons; `net` and `survivors` must be whole.
    moved : (draw, place) float
        Filled: net migrants, persons; `net` unless the place would lose more than it has.
    population : (draw, place) float
        Filled: all persons on the next 1 January.
    """
    draws, places, sexes, ages = people.shape
    zero = people.dtype.type(0.0)
    for i in prange(draws * places):
        d, p = i // places, i % places
        bases = np.empty(ages, people.dtype)
        weights = np.empty(ages, people.dtype)
        totals = np.empty(ages, people.dtype)
        for a in range(ages):
            bases[a], weights[a], totals[a] = zero, zero, zero
        for s in range(sexes):
            for a in range(ages):
                here = people[d, p, s, a]
                bases[a] += here * profile[d, p, s, a]
                weights[a] += here * spread[s, a]
                totals[a] += survivors[d, p, s, a]
        base = np.float64(_sum(bases, 0, ages))
        weight = np.float64(_sum(weights, 0, ages))
        total = np.float64(_sum(totals, 0, ages))
        wanted = max(total + net[d, p], 0.0)
        nobody = weight <= 0.0
        if nobody:  # nobody lives here: who comes is spread as anywhere
            for s in range(sexes):
                for a in range(ages):
                    weight += spread[s, a]
        delta = people.dtype.type((wanted - total - base) / weight)
        inside = wanted
        below = 0
        for s in range(sexes):
            last = ages - 1
            if nobody:
                for a in range(last):
                    survivors[d, p, s, a + 1] += spread[s, a] * delta
                survivors[d, p, s, last] += spread[s, last] * delta
            else:
                for a in range(last):
                    rate = profile[d, p, s, a] + spread[s, a] * delta
                    survivors[d, p, s, a + 1] += people[d, p, s, a] * rate
                rate = profile[d, p, s, last] + spread[s, last] * delta
                survivors[d, p, s, last] += people[d, p, s, last] * rate
            for a in range(ages):
                below += survivors[d, p, s, a] < zero
        if below > 0:
            inside = 0.0
            for s in range(sexes):
                for a in range(ages):
                    survivors[d, p, s, a] = max(survivors[d, p, s, a], zero)
                    inside += survivors[d, p, s, a]
            factor = wanted / inside if inside > 0.0 else 0.0
            for s in range(sexes):
                for a in range(ages):
                    survivors[d, p, s, a] *= factor
            inside = wanted
        if whole:
            running = start[d, p]
            before = 0.0
            for s in range(sexes):
                for a in range(ages):
                    running += survivors[d, p, s, a]
                    # the sum of whole persons is whole: let no rounding error say otherwise
                    last = s == sexes - 1 and a == ages - 1
                    upto = wanted if last else min(np.floor(running), wanted)
                    survivors[d, p, s, a] = upto - before
                    before = upto
            inside = wanted
        moved[d, p] = wanted - total
        population[d, p] = inside


@_compiled
def by_groups(people, first, end, out):  # type: ignore[no-untyped-def]
    """Sum persons by groups of ages.

    Parameters
    ----------
    people : (draw, place, sex, age) float
    first, end : (group,) int
        Positions of the first age of each group, and of the one after its last.
    out : (group, draw, place) float
        Filled.
    """
    draws, places, sexes, _ = people.shape
    for i in prange(draws * places):
        d, p = i // places, i % places
        for g in range(len(first)):
            total = 0.0
            for s in range(sexes):
                total += _sum(people[d, p, s], first[g], end[g])
            out[g, d, p] = total
