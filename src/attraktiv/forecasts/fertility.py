"""The pattern of fertility by age that the births of places show.

Mathematical details
--------------------
Births per woman by her age on 1 January are F_t f(a) with f a normal curve over 15 to 49 that sums
to one. Where ages of mothers are not known, its mean and spread are told by births in places and
years whose women differ in age. With E_it the births expected of the place's women, F_t set so
that those of the nation agree, and a factor g_i ~ Gamma(k, k) of the place,

    O_it ~ Poisson(g_i E_it),

with g_i integrated out, so that a student town of few births does not make mothers old. Mean age,
spread and k are at the mode of the posterior with a normal prior for the mean age (30, SD 2) and
for the spread (5.5, SD 0.7). The logarithm of the likelihood counts for a hundredth: places differ
in more than a factor, and what they tell of age across places and over years disagrees by far more
than chance, so that the whole of it would be sure of an age that is wrong.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize
from scipy.special import gammaln

from attraktiv.forecasts.known import Known

_YOUNGEST, _OLDEST = 15, 49
_MEAN_AGE, _MEAN_AGE_SD = 30.0, 2.0
_SPREAD, _SPREAD_SD = 5.5, 0.7
_LOG_K, _LOG_K_SD = np.log(100.0), 1.5
_TEMPERING = 0.01


def pattern_of_fertility(known: Known) -> np.ndarray:
    """Fit births per woman by age on 1 January, (age,), that sum to one."""
    told = np.isfinite(known.births)
    ages = np.arange(_YOUNGEST, _OLDEST + 1)
    bearing = slice(_YOUNGEST, _OLDEST + 1)
    women = np.concatenate([start[:, :, known.women, bearing] for _, start, _ in known.blocks()])
    births = np.where(told, known.births, 0.0)
    women = np.where(told[..., None], women, 0.0)
    of_place, of_year = births.sum(axis=1), births.sum(axis=0)

    def loss(scaled: np.ndarray) -> float:
        mean, spread, log_k = _unscaled(scaled)
        expected = women @ _curve(ages, mean, spread)
        expected *= of_year / np.maximum(expected.sum(axis=0), 1e-300)
        k, total = np.exp(log_k), expected.sum(axis=1)
        likelihood = (
            np.sum(gammaln(k + of_place) - gammaln(k) + k * log_k)
            - np.sum((k + of_place) * np.log(k + total))
            + np.sum(births * np.log(np.maximum(expected, 1e-300)))
        )
        return float(-_TEMPERING * likelihood + 0.5 * np.sum(scaled**2))

    # the first simplex is as wide as the prior: from the origin scipy's own is next to nothing
    simplex = np.vstack([np.zeros(3), np.eye(3)])
    options = {"initial_simplex": simplex, "xatol": 1e-3, "fatol": 1e-4}
    best = minimize(loss, np.zeros(3), method="Nelder-Mead", options=options)
    mean, spread, _ = _unscaled(best.x)
    result = np.zeros(known.cells[1])
    result[_YOUNGEST : _OLDEST + 1] = _curve(ages, mean, spread)
    return result


def _unscaled(scaled: np.ndarray) -> tuple[float, float, float]:
    return (
        float(_MEAN_AGE + _MEAN_AGE_SD * scaled[0]),
        # Nelder and Mead may try any number; a spread has to stay above zero
        max(float(_SPREAD + _SPREAD_SD * scaled[1]), 0.5),
        float(_LOG_K + _LOG_K_SD * scaled[2]),
    )


def _curve(ages: np.ndarray, mean: float, spread: float) -> np.ndarray:
    curve: np.ndarray = np.exp(-0.5 * ((ages - mean) / spread) ** 2)
    return curve / curve.sum()
