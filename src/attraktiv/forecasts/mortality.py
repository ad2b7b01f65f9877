"""The pattern of mortality by sex and age that a country's own cohorts show.

Mathematical details
--------------------
The central death rate is m(a) = h(a) + c with Kannisto's h, logit h(a) = α + β (a − 80), which
bends below Gompertz's line where it nears one, and a background c that is known. A cohort that is
followed from one 1 January to the next loses m/(1 + m/2) of its members. At the ages where few
move in or out of the country the losses of cohorts are its deaths: a Poisson regression of them on
age gives α and β for each sex, with weak normal priors for countries too small to tell. Below
those ages the same line is carried on. There are no deaths of infants beside it: births are
counted either less those, or with them in the deaths of all ages, which set the level.
"""

from __future__ import annotations

import numpy as np
from numba.extending import register_jitable
from scipy.optimize import minimize
from scipy.special import expit

from attraktiv.forecasts.known import Known

_OLD, _OLDEST = 65, 98
_CENTRE = 80.0
_BACKGROUND = 0.0002
_LEVEL, _LEVEL_SD = -3.0, 1.0
_SLOPE, _SLOPE_SD = 0.115, 0.02


@register_jitable
def probability_of_death(rate, one=1.0):  # type: ignore[no-untyped-def]
    """Turn central death rates per year into the probability of dying within the year.

    For arrays, and in compiled functions for numbers; `one` is 1 in the precision of the rate.
    """
    return np.minimum(rate / (one + rate / (one + one)), one)


def older(alive: np.ndarray) -> np.ndarray:
    """Give persons (..., age) a year later by age; nobody is aged 0, the last age is open."""
    result = np.zeros_like(alive)
    result[..., 1:] = alive[..., :-1]
    result[..., -1] += alive[..., -1]
    return result


def pattern_of_mortality(known: Known) -> np.ndarray:
    """Fit central death rates per year, (sex, age), to the losses of old cohorts.

    Their level is that of the losses; :func:`~.vital.estimate_vital` sets it by deaths.
    """
    start, end = known.start_of_nation.sum(axis=0), known.end_of_nation.sum(axis=0)
    last = start.shape[1] - 1
    # the open age also takes up those who were in it already
    ages = np.arange(_OLD, min(_OLDEST, last - 2) + 1)
    lost = np.maximum(start[:, ages] - end[:, ages + 1], 0.0)
    return np.stack(
        [
            _rates(_fitted(alive, gone, ages), np.arange(last + 1))
            for alive, gone in zip(start[:, ages], lost, strict=True)
        ]
    )


def _rates(line: np.ndarray, ages: np.ndarray) -> np.ndarray:
    return expit(line[0] + line[1] * (ages - _CENTRE)) + _BACKGROUND


def _fitted(alive: np.ndarray, lost: np.ndarray, ages: np.ndarray) -> np.ndarray:
    """Give the posterior mode of (α, β)."""
    prior, sd = np.array([_LEVEL, _SLOPE]), np.array([_LEVEL_SD, _SLOPE_SD])

    def loss(scaled: np.ndarray) -> float:
        expected = alive * probability_of_death(_rates(prior + sd * scaled, ages))
        told = expected > 0
        return float(
            np.sum(expected[told] - lost[told] * np.log(expected[told])) + 0.5 * np.sum(scaled**2)
        )

    # the first simplex is as wide as the prior: from the origin scipy's own is next to nothing
    simplex = np.vstack([np.zeros(2), np.eye(2)])
    best = minimize(loss, np.zeros(2), method="Nelder-Mead", options={"initial_simplex": simplex})
    return prior + sd * best.x
