"""How a factor is centred and scaled: within each year, on the places of the fit.

Mathematical details
--------------------
For a factor x, a year t and the places F of the fit:

    centre_t = mean of x_jt over j ∈ F with x_jt known
    factor   = (x_it − centre_t) / scale

and zero, the mean of the year, where x_it is not known. A year that no place of F knows has no
centre: there x is missing for all. The scale is a constant of the fit, whichever the year.
"""

from __future__ import annotations

import numpy as np


def centre(x: np.ndarray, fitted: np.ndarray, axis: int) -> np.ndarray:
    """Give the means of a factor over the fitted places that are known.

    Parameters
    ----------
    x : numpy.ndarray
        Raw values; NaN where missing.
    fitted : (place,) bool
    axis : int
        Along which places lie.

    Returns
    -------
    numpy.ndarray
        As x with one place; NaN where no fitted place is known.
    """
    # over the fitted places alone: zeros for the others would change how the sum rounds
    inside = x.compress(fitted, axis=axis)
    known = np.isfinite(inside)
    count = known.sum(axis=axis, keepdims=True)
    total = np.where(known, inside, 0.0).sum(axis=axis, keepdims=True)
    middle: np.ndarray = np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0)
    return middle


def standardised(x: np.ndarray, centre: np.ndarray, scale: float) -> np.ndarray:
    """Centre and scale a factor; zero where it or its centre is missing."""
    deviation = x - centre
    return np.where(np.isfinite(deviation), deviation / scale, 0.0)
