r"""A year of migrants of every age.

Mathematical details
--------------------
With n persons of a sex s and an age a on 1 January, a net migration of M persons is spread by
the age a at the start of the year,

.. math::

    \text{migrants}_{sa} = n_{sa} (\pi_{sa} + \omega_{sa}\,\delta), \qquad
    \delta = (M - \sum n \pi) / \sum n \omega .

Where more would leave a cell than there are, it is empty, and the rest leave from all others in
proportion to who is there: the total is kept. A place cannot lose more than it has.

Whole migrants make every cell whole by systematic rounding of the running sum, which keeps the
total.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from attraktiv.forecasts.cohorts.compiled import in_parallel, sum_of


@in_parallel
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
        base = np.float64(sum_of(bases, 0, ages))
        weight = np.float64(sum_of(weights, 0, ages))
        total = np.float64(sum_of(totals, 0, ages))
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
