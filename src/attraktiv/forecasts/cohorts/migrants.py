r"""A year of migrants of every age.

Mathematical details
--------------------
With n persons of a sex s and an age a on 1 January, a net migration of M persons is spread by
the age a at the start of the year,

.. math::

    \text{migrants}_{sa} = n_{sa} (\pi_{sa} + \omega_{sa}\,\delta) + e_{sa}, \qquad
    \delta = (M - \sum n \pi) / \sum n \omega .

Who it is that comes and goes is a matter of chance: :math:`e_{sa} \sim
\mathrm{N}(0, \kappa_{sa} n_{sa})`, given that they add up to nothing. With z standard normal,

.. math::

    e_{sa} = \sqrt{\kappa_{sa} n_{sa}}\, z_{sa} - \kappa_{sa} n_{sa}\, \epsilon, \qquad
    \epsilon = \frac{\sum \sqrt{\kappa n}\, z}{\sum \kappa n} .

Where more would leave a cell than there are, it is empty, and the rest leave from all others in
proportion to who is there: the total is kept. A place cannot lose more than it has.

Whole migrants make every cell whole by systematic rounding of the running sum, which keeps the
total.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from attraktiv.forecasts.cohorts.compiled import compiled, in_parallel, sum_of


@compiled
def _numbers(normal, first, sex, ages):  # type: ignore[no-untyped-def]
    # a slice, whose positions count from zero: only then is a loop over ages vectorised
    at = first + sex * ages
    return normal[at : at + ages]


@in_parallel
def migrate(  # type: ignore[no-untyped-def]
    people,
    survivors,
    net,
    profile,
    spread,
    noise,
    normal,
    first,
    start,
    whole,
    moved,
    population,
):
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
    noise : (sex, age) float
        Variance of the net migrants of a cell, per person of it.
    normal : (number,) float
        Standard normal numbers, from which each place takes as many as it has cells, one after
        the other.
    first : (draw, place) int
        Where it starts: at most as many before the end as there are cells.
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
        errors = np.empty(ages, people.dtype)
        variances = np.empty(ages, people.dtype)
        chance = np.empty((sexes, ages), people.dtype)
        for a in range(ages):
            bases[a], weights[a], totals[a] = zero, zero, zero
            errors[a], variances[a] = zero, zero
        for s in range(sexes):
            for a in range(ages):
                here = people[d, p, s, a]
                bases[a] += here * profile[d, p, s, a]
                weights[a] += here * spread[s, a]
                totals[a] += survivors[d, p, s, a]
            z = _numbers(normal, first[d, p], s, ages)
            for a in range(ages):
                here = people[d, p, s, a]
                of_cell = noise[s, a] * here
                variances[a] += of_cell
                chance[s, a] = np.sqrt(of_cell) * z[a]
                errors[a] += chance[s, a]
        base = np.float64(sum_of(bases, 0, ages))
        weight = np.float64(sum_of(weights, 0, ages))
        total = np.float64(sum_of(totals, 0, ages))
        wanted = max(total + net[d, p], 0.0)
        variance = np.float64(sum_of(variances, 0, ages))
        off = np.float64(sum_of(errors, 0, ages)) / variance if variance > 0.0 else 0.0
        common = people.dtype.type(off)
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
                    here = people[d, p, s, a]
                    rate = profile[d, p, s, a] + spread[s, a] * delta - noise[s, a] * common
                    survivors[d, p, s, a + 1] += here * rate + chance[s, a]
                here = people[d, p, s, last]
                rate = profile[d, p, s, last] + spread[s, last] * delta - noise[s, last] * common
                survivors[d, p, s, last] += here * rate + chance[s, last]
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
