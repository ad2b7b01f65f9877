"""A cheap stand-in for a log density, learnt from the points where it is known.

Mathematical details
--------------------
x has a standard normal prior, so that only the log likelihood l(x) is learnt, as what a
rough likelihood r(x) leaves over:

    l(x) − r(x) ~ GP(0, a·exp(−½|z − z'|²/λ²) + b·(1 + z·z'/9)²),   z = z(x)

a Gaussian process whose mean is free to be any quadratic of the features z
(Rasmussen & Williams 2006, *Gaussian Processes for Machine Learning*, ch. 2). Features are
turned to their principal axes and scaled by a power of their spread; that power, λ, a and b
are those of the highest marginal likelihood on a small grid. A point far below the best one
counts less: what matters is the bulk.

Nothing is assumed of the stand-in: what it gets wrong, importance weights put right.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.linalg import solve_triangular

Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
#: (n, d) → features (n, p) in which the log likelihood is close to quadratic, which need not be
#: invertible, and a rough log likelihood (n,) up to a constant.
Guide = Callable[[Array], tuple[Array, Array]]

_POWERS = (0.0, 0.5, 1.0)
_LENGTHS = (1.5, 3.0, 6.0, 12.0)
_HEIGHTS = (0.1, 3.0, 100.0)
_TRENDS = (0.01, 1.0, 100.0)
_ABOVE = 1.0  # nats by which the best known value may be exceeded
_SEARCH = 200  # points on which the grid is tried
_LARGEST = 600  # points at most: the cost of a fit is cubic
_CHUNK = 512  # rows at a time: what fits the processor's cache
_NOISE = 1e-2  # nats


def unguided(x: Array) -> tuple[Array, Array]:
    """Nothing is known beforehand: the features are x itself."""
    return x, np.zeros(len(x))


@dataclass(frozen=True)
class Surrogate:
    """Log density learnt from points.

    Attributes
    ----------
    guide : Guide
    centre : (p,), axes : (p, p) float
        z = (features − centre) @ axes.
    length, height, trend : float
        λ, a and b.
    points : (n, p) float
        z of the points.
    weight : (n,) float
        Of each point's kernel.
    level : float
        What the rough log likelihood lacks at the best points.
    top, deep : float
        The best log likelihood known, and how far below it only the order of size matters.
    gap, reach : float
        Distance in z between neighbours, and to the nearest point as far as the fit is trusted.
    """

    guide: Guide
    centre: Array
    axes: Array
    length: float
    height: float
    trend: float
    points: Array
    weight: Array
    level: float
    top: float
    deep: float
    gap: float
    reach: float

    @classmethod
    def fitted(
        cls,
        guide: Guide,
        x: Array,
        log_density: Array,
        trust: float,
        largest: int = _LARGEST,
    ) -> Surrogate:
        """Learn from the log density at the rows of `x`, of the `largest` best at most.

        It is trusted near them, as far as `trust` times the distance between neighbours.
        """
        d = x.shape[1]
        order = np.argsort(-log_density, kind="stable")[:largest]
        x, depth = x[order], log_density[order[0]] - log_density[order]
        likelihood = log_density[order] + 0.5 * (x**2).sum(axis=1)
        values, rough = guide(x)
        level = float((likelihood - rough)[: d + 1].mean())
        # Far down only the order of size matters, but without it a quadratic runs away.
        top, deep = float(likelihood.max()), 20.0 + 2.0 * d
        y = _squashed(likelihood, top, deep) - _squashed(rough + level, top, deep)
        noise = (_NOISE + 0.05 * np.maximum(depth - d, 0.0)) ** 2
        bulk = depth <= max(5.0 + d, np.sort(depth)[min(4 * d, len(x) - 1)])
        centre = values[bulk].mean(axis=0)
        size, turn = np.linalg.eigh(np.atleast_2d(np.cov(values[bulk], rowvar=False)))
        size = np.maximum(size, 1e-12 * size.max())
        some = slice(None, None, max(1, len(x) // _SEARCH))
        scales = [
            turn * (3.0 * size ** (-power / 2) * size.max() ** ((power - 1) / 2))
            for power in _POWERS
        ]
        grid = []
        for which, axes in enumerate(scales):
            z = (values[some] - centre) @ axes
            square, line = _squares(z, z), _trend(z, z)
            for length in _LENGTHS:
                bump = np.exp(-0.5 * square / length**2)
                for height, trend in product(_HEIGHTS, _TRENDS):
                    root = _root(height * bump + trend * line, noise[some])
                    half = solve_triangular(root, y[some], lower=True)
                    evidence = -0.5 * half @ half - np.log(np.diagonal(root)).sum()
                    grid.append((float(evidence), which, length, height, trend))
        _, which, length, height, trend = max(grid)
        axes = scales[which]
        z = (values - centre) @ axes
        bump = np.exp(-0.5 * _squares(z, z) / length**2)
        root = _root(height * bump + trend * _trend(z, z), noise)
        half = solve_triangular(root, y, lower=True)
        weight = solve_triangular(root, half, lower=True, trans="T")
        apart = _squares(z[bulk], z)
        apart[np.arange(bulk.sum()), np.flatnonzero(bulk)] = np.inf
        gap = float(np.quantile(np.sqrt(apart.min(axis=1)), 0.9))
        return cls(
            guide=guide,
            centre=centre,
            axes=axes,
            length=length,
            height=height,
            trend=trend,
            points=z,
            weight=weight,
            level=level,
            top=top,
            deep=deep,
            gap=gap,
            reach=trust * gap,
        )

    def __call__(self, x: Array) -> Array:
        """Log density at the rows of `x`, up to the same constant as what was learnt."""
        # The trend summed over the points is one quadratic of z.
        pull = self.weight * self.trend
        constant, linear = pull.sum(), 2.0 / 9.0 * (pull @ self.points)
        square = (self.points * pull[:, None]).T @ self.points / 81.0
        points, weight = self.points / self.length, self.weight.astype(np.float32)
        out = np.empty(len(x))
        for low in range(0, len(x), _CHUNK):
            rows = x[low : low + _CHUNK]
            values, rough = self.guide(rows)
            z = (values - self.centre) @ self.axes
            bump = _squares(z / self.length, points)
            nearest = self.length * np.sqrt(bump.min(axis=1))
            # in single precision an exponential costs a tenth, and a stand-in is not exact anyway
            near = np.exp((-0.5 * bump).astype(np.float32))
            likelihood = self.height * (near @ weight)
            likelihood += constant + z @ linear + ((z @ square) * z).sum(axis=1)
            likelihood += _squashed(rough + self.level, self.top, self.deep)
            likelihood = np.minimum(likelihood, self.top + _ABOVE)
            likelihood -= 2.0 * np.maximum((nearest - self.reach) / self.gap, 0.0) ** 2
            out[low : low + _CHUNK] = likelihood - 0.5 * (rows**2).sum(axis=1)
        return out


def _squares(a: Array, b: Array) -> Array:
    """Squared distances between rows."""
    out = a @ b.T
    out *= -2.0
    out += (a**2).sum(axis=1)[:, None]
    out += (b**2).sum(axis=1)
    return np.maximum(out, 0.0, out=out)


def _trend(a: Array, b: Array) -> Array:
    """Covariance of a free quadratic."""
    return (1.0 + a @ b.T / 9.0) ** 2


def _squashed(value: Array, top: float, deep: float) -> Array:
    """The value, but for what is `deep` below the top, where only its logarithm counts."""
    below = np.maximum(top - value, deep) / deep
    return np.maximum(value, top - deep) - deep * np.log(below)


def _root(covariance: Array, noise: Array) -> Array:
    n = len(covariance)
    # rounding: the smallest eigenvalues of a smooth kernel are below its last digit
    jitter = 1e-10 * np.trace(covariance) / n
    return np.linalg.cholesky(covariance + np.diag(noise + jitter))
