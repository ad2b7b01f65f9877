r"""Chance of a count, as a number and in whole persons.

Mathematical details
--------------------
By a standard normal number z a Poisson count with the mean E becomes, with
:math:`c = \min(E, 1/4)`,

.. math::

    X = (\sqrt{E - c} + z \sqrt{c})^2 ,

whose mean is E, and whose variance is E − 1/8 from E = 1/4 up; it is never below zero, and smooth
in E. Whole counts are Poisson or binomial, by inverting these distributions at a uniform number.
"""

from __future__ import annotations

import math

import numpy as np

from attraktiv.forecasts.cohorts.compiled import compiled

MANY = 200.0  # above this mean a count is drawn as a rounded normal number


@compiled
def moved_by_chance(mean, normal):  # type: ignore[no-untyped-def]
    """Move a mean as chance moves a Poisson count: the mean stays, and none is below zero."""
    if mean < 0.25:
        return mean * normal**2
    return (np.sqrt(mean - 0.25) + 0.5 * normal) ** 2


@compiled
def whole_count(mean, variance_share, size, uniform, normal):  # type: ignore[no-untyped-def]
    """Invert a Poisson (size < 0) or binomial count at a uniform number."""
    if mean <= 0.0:
        return 0.0
    if mean > MANY:
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
    while uniform > total and (size < 0.0 or k < size) and k < 10.0 * MANY:
        term *= ratio / (k + 1.0) if step == 0.0 else ratio * (size - k) / (k + 1.0)
        total += term
        k += 1.0
    return k


@compiled
def cumulative(z):  # type: ignore[no-untyped-def]
    """Give the standard normal distribution function."""
    return 0.5 * (1.0 + math.erf(z / math.sqrt(2.0)))


@compiled
def quantile(u):  # type: ignore[no-untyped-def]
    """Give the standard normal quantile: Abramowitz and Stegun (1964), 26.2.23, to 4.5e-4."""
    tail = min(max(min(u, 1.0 - u), 1e-12), 0.5)
    t = np.sqrt(-2.0 * np.log(tail))
    upper = 2.515517 + t * (0.802853 + t * 0.010328)
    lower = 1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308))
    z = t - upper / lower
    return z if u > 0.5 else -z
