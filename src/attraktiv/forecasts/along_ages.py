r"""The posterior of an autoregression along ages, for two sexes that are alike.

Mathematical details
--------------------
z has variance 1 in every cell, correlation r between an age and the next, and c between the sexes
of an age, so that with K the inverse of their correlation matrix its precision is block tridiagonal
over ages, with the blocks

.. math::

    \frac{K}{1 - r^2} \;\text{at both ends}, \qquad \frac{(1 + r^2) K}{1 - r^2} \;\text{between},
    \qquad -\frac{r K}{1 - r^2} \;\text{beside them}.

What is known of a cell adds to the diagonal. From the first age to the last S and y are what
elimination leaves of the diagonal block D and of the right side b; from the last to the first
follow the mean m, and draws x around it, with L the Cholesky factor of S⁻¹ and ε standard normal:

.. math::

    S_a &= D_a - E S_{a-1}^{-1} E, & y_a &= b_a - E S_{a-1}^{-1} y_{a-1}, \\
    m_a &= S_a^{-1} (y_a - E m_{a+1}), & x_a &= L_a \varepsilon_a - S_a^{-1} E x_{a+1} .

So draws of neighbouring ages are as alike as the posterior says, and what many ages have in common
does not average out.

A place takes as long as it has ages, and not the cube of its cells.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from attraktiv.forecasts.cohorts.compiled import in_parallel


def posterior_along_ages(
    information: np.ndarray, pull: np.ndarray, r: float, c: float
) -> tuple[np.ndarray, np.ndarray]:
    """Give the mean of every cell, and the steps of a draw around it.

    Parameters
    ----------
    information : (place, 2, age) float
        Precision of what is known of each cell, zero where nothing is.
    pull : (place, 2, age) float
        That precision times what is known.
    r, c : float
        Correlations along age and across sexes, from 0 to below 1.

    Returns
    -------
    mean : (place, 2, age) float
    steps : (place, age, 7) float
        For :func:`draw_along_ages`: L (00, 10, 11) and −S⁻¹E (00, 01, 10, 11) of each age.
    """
    mean = np.empty(information.shape)
    steps = np.empty((len(information), information.shape[2], 7))
    _eliminate(information, pull, r, c, mean, steps)
    return mean, steps


@in_parallel
def draw_along_ages(mean, scale, steps, normal, out):  # type: ignore[no-untyped-def]
    """Draw from the posterior of every place.

    Parameters
    ----------
    mean : (place, 2, age) float
        In the units that are wanted.
    scale : (2, age) float
        What a draw is multiplied with before the mean is added.
    steps : (place, age, 7) float
        From :func:`posterior_along_ages`.
    normal : (draw, place, 2, age) float
        Standard normal numbers.
    out : (draw, place, 2, age) float
        Filled.
    """
    draws, places, _, ages = normal.shape
    for i in prange(draws * places):
        d, p = i // places, i % places
        x, y = 0.0, 0.0
        for b in range(ages):
            a = ages - 1 - b
            step = steps[p, a]
            e, f = normal[d, p, 0, a], normal[d, p, 1, a]
            x, y = (
                step[0] * e + step[3] * x + step[4] * y,
                step[1] * e + step[2] * f + step[5] * x + step[6] * y,
            )
            out[d, p, 0, a] = mean[p, 0, a] + scale[0, a] * x
            out[d, p, 1, a] = mean[p, 1, a] + scale[1, a] * y


@in_parallel
def _eliminate(information, pull, r, c, mean, steps):  # type: ignore[no-untyped-def]
    """Fill in mean and steps; symmetric matrices are (aa, ab, bb)."""
    places, _, ages = information.shape
    scale = 1.0 / ((1.0 - r * r) * (1.0 - c * c))
    same, other = scale, -c * scale
    for i in prange(places):
        # rows: the inverse of S, and y
        kept = np.empty((5, ages))
        for a in range(ages):
            inner = 1.0 if a == 0 or a == ages - 1 else 1.0 + r * r
            aa = inner * same + information[i, 0, a]
            ab = inner * other
            bb = inner * same + information[i, 1, a]
            y0, y1 = pull[i, 0, a], pull[i, 1, a]
            if a > 0:
                # E times the inverse before, which need not be symmetric
                p, q, s = kept[0, a - 1], kept[1, a - 1], kept[2, a - 1]
                e, f = -r * same, -r * other
                g00, g01 = e * p + f * q, e * q + f * s
                g10, g11 = f * p + e * q, f * q + e * s
                aa -= g00 * e + g01 * f
                ab -= g00 * f + g01 * e
                bb -= g10 * f + g11 * e
                y0 -= g00 * kept[3, a - 1] + g01 * kept[4, a - 1]
                y1 -= g10 * kept[3, a - 1] + g11 * kept[4, a - 1]
            det = aa * bb - ab * ab
            kept[0, a], kept[1, a], kept[2, a] = bb / det, -ab / det, aa / det
            kept[3, a], kept[4, a] = y0, y1
        m0, m1 = 0.0, 0.0
        for b in range(ages):
            a = ages - 1 - b
            p, q, s = kept[0, a], kept[1, a], kept[2, a]
            e, f = (0.0, 0.0) if b == 0 else (-r * same, -r * other)
            y0, y1 = kept[3, a] - e * m0 - f * m1, kept[4, a] - f * m0 - e * m1
            m0, m1 = p * y0 + q * y1, q * y0 + s * y1
            mean[i, 0, a], mean[i, 1, a] = m0, m1
            step = steps[i, a]
            step[0] = np.sqrt(p)
            step[1] = q / step[0]
            step[2] = np.sqrt(s - step[1] * step[1])
            # less the inverse times E
            step[3], step[4] = -(p * e + q * f), -(p * f + q * e)
            step[5], step[6] = -(q * e + s * f), -(q * f + s * e)
