"""A cheap stand-in for a log density, learnt from the points where it is known.

Mathematical details
--------------------
x has a standard normal prior, so that only the log likelihood l(x) is learnt:

    l(x) ~ GP(0, a·exp(−½|z − z'|²/λ²) + b·(1 + z·z'/9)²),   z = z(x)

a Gaussian process whose mean is free to be any quadratic of the features z
(Rasmussen & Williams 2006, *Gaussian Processes for Machine Learning*, ch. 2). Where
features are given in which the log likelihood is nearly quadratic, a few hundred points
give it to a few hundredths. Features are turned to their principal axes and scaled by a
power of their spread; that power, λ and a are those of the highest marginal likelihood on
a small grid. A point far below the best one counts less: what matters is the bulk.

Nothing is assumed of the stand-in: what it gets wrong, importance weights put right.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular

Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Features = Callable[[Array], Array]

_POWERS = (0.0, 0.5, 1.0)
_LENGTHS = (1.5, 3.0, 6.0, 12.0)
_HEIGHTS = (1.0, 30.0, 1000.0)
_QUADRATIC = 100.0
_SEARCH = 200  # points on which the grid is tried
_LARGEST = 600  # points at most: the cost of a fit is cubic
_REACH = 1.5  # in units of the distance between neighbours
_CHUNK = 512  # rows at a time: what fits the processor's cache
_NOISE = 1e-2  # nats


@dataclass(frozen=True)
class Surrogate:
    """Log density learnt from points.

    Attributes
    ----------
    features : callable
        (n, d) → (n, p).
    centre : (p,), axes : (p, p) float
        z = (features − centre) @ axes.
    length, height : float
        λ and a.
    points : (n, p) float
        z of the points.
    weight : (n,) float
        Of each point's kernel.
    level : float
        Constant term.
    top : float
        The log likelihood is never taken to be more than this.
    near : (d, d), known : (n, d) float
        known = x @ near.T, the points with a spread of one.
    reach : float
        Distance to the nearest point up to which the fit is trusted.
    """

    features: Features
    centre: Array
    axes: Array
    length: float
    height: float
    points: Array
    weight: Array
    level: float
    top: float
    near: Array
    known: Array
    reach: float

    @classmethod
    def fitted(
        cls, features: Features, x: Array, log_density: Array, trust: float = _REACH
    ) -> Surrogate:
        """Learn from the log density at the rows of `x`; trusted near them, as far as `trust`."""
        d = x.shape[1]
        order = np.argsort(-log_density, kind="stable")[:_LARGEST]
        x, depth = x[order], log_density[order[0]] - log_density[order]
        likelihood = log_density[order] + 0.5 * (x**2).sum(axis=1)
        # Far down only the order of size matters, but without it a quadratic runs away.
        top, deep = float(likelihood.max()), 20.0 + 2.0 * d
        below = np.maximum(top - likelihood, deep) / deep
        likelihood = np.maximum(likelihood, top - deep) - deep * np.log(below)
        level = float(likelihood[: d + 1].mean())
        y = likelihood - level
        noise = (_NOISE + 0.05 * np.maximum(depth - d, 0.0)) ** 2
        values = features(x)
        bulk = depth <= max(5.0 + d, np.sort(depth)[min(4 * d, len(x) - 1)])
        centre = values[bulk].mean(axis=0)
        size, turn = np.linalg.eigh(np.atleast_2d(np.cov(values[bulk], rowvar=False)))
        size = np.maximum(size, 1e-12 * size.max())
        some = slice(None, None, max(1, len(x) // _SEARCH))
        best = (-np.inf, 0, 0.0, 0.0)
        scales = [
            turn * (3.0 * size ** (-power / 2) * size.max() ** ((power - 1) / 2))
            for power in _POWERS
        ]
        for which, axes in enumerate(scales):
            z = (values[some] - centre) @ axes
            square, trend = _squares(z, z), _trend(z, z)
            for length in _LENGTHS:
                bump = np.exp(-0.5 * square / length**2)
                for height in _HEIGHTS:
                    root = _root(height * bump + trend, noise[some])
                    half = solve_triangular(root, y[some], lower=True)
                    evidence = -0.5 * half @ half - np.log(np.diagonal(root)).sum()
                    best = max(best, (float(evidence), which, length, height))
        _, which, length, height = best
        axes = scales[which]
        z = (values - centre) @ axes
        root = _root(height * np.exp(-0.5 * _squares(z, z) / length**2) + _trend(z, z), noise)
        half = solve_triangular(root, y, lower=True)
        weight = solve_triangular(root, half, lower=True, trans="T")
        near = np.linalg.inv(np.linalg.cholesky(np.cov(x[bulk], rowvar=False) + 1e-9 * np.eye(d)))
        known = x @ near.T
        apart = _squares(known[bulk], known)
        apart[np.arange(bulk.sum()), np.flatnonzero(bulk)] = np.inf
        gap = float(np.quantile(np.sqrt(apart.min(axis=1)), 0.9))
        # in few dimensions neighbours are close; a third of a spread is safe in any
        reach = trust * max(gap, 0.33)
        return cls(
            features, centre, axes, length, height, z, weight, level, top + 1.0, near, known, reach
        )

    def __call__(self, x: Array) -> Array:
        """Log density at the rows of `x`, up to the same constant as what was learnt."""
        # The trend summed over the points is one quadratic of z.
        pull = self.weight * _QUADRATIC
        constant, linear = pull.sum() + self.level, 2.0 / 9.0 * (pull @ self.points)
        square = (self.points * pull[:, None]).T @ self.points / 81.0
        points, known = self.points / self.length, self.known
        out = np.empty(len(x))
        for low in range(0, len(x), _CHUNK):
            rows = x[low : low + _CHUNK]
            z = (self.features(rows) - self.centre) @ self.axes
            bump = _squares(z / self.length, points)
            bump *= -0.5
            np.exp(bump, out=bump)
            likelihood = self.height * (bump @ self.weight)
            likelihood += constant + z @ linear + ((z @ square) * z).sum(axis=1)
            likelihood = np.minimum(likelihood, self.top)
            nearest = np.sqrt(_squares(rows @ self.near.T, known).min(axis=1))
            likelihood -= 2.0 * np.maximum(nearest - self.reach, 0.0) ** 2
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
    return _QUADRATIC * (1.0 + a @ b.T / 9.0) ** 2


def _root(covariance: Array, noise: Array) -> Array:
    n = len(covariance)
    # rounding: the smallest eigenvalues of a smooth kernel are below its last digit
    jitter = 1e-10 * np.trace(covariance) / n
    return np.linalg.cholesky(covariance + np.diag(noise + jitter))
