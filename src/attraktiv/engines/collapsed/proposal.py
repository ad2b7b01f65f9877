"""Proposals for importance sampling: Student-t mixtures, and a stand-in reached from one.

Mathematical details
--------------------
A mixture q of Student-t distributions covers the posterior, and s, a cheap stand-in for the
log density, has its shape. Draws are to have the density

    g(x) ∝ exp(0.9 s(x)) + f q(x)

a little wider than the posterior, so that errors in its tails do not make the heaviest
weights, with the tails of q where the stand-in is far too low. A draw of q is kept with
probability min(1, g/(c q)): rejection control (Liu, Chen & Wong 1998, *JASA* 93). What is
kept is independent, with density ∝ q min(1, g/(c q)), known but for a constant: where c is
too low for g, or the stand-in wrong, importance weights say so. Drawing costs no exact
density.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, logsumexp

Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
LogDensity = Callable[[Array], Array]

#: Degrees of freedom: tails heavy enough to cover what the fit has missed.
FREEDOM = 6.0

_POOL = 20_000  # draws of the mixture from which the bound is set
_ABOVE = 1e-4  # share of the mass where the bound may be too low
_LEAST = 1e-4  # share of the mixture's draws where it may be too low
_SPARING = 0.02  # share of the mixture's draws that are kept, at least
_SHARE = 0.05  # f, relative to the stand-in's mass
_POWER = 0.9  # of the stand-in: costs some half per cent of the draws for each dimension
_CHUNK = 10_000


@dataclass(frozen=True)
class Mixture:
    """Student-t components with weights, centres and Cholesky factors of their scales.

    Attributes
    ----------
    weight : (K,) float
    centre : (K, d) float
    root : (K, d, d) float
        Lower triangular.
    """

    weight: Array
    centre: Array
    root: Array

    @classmethod
    def single(cls, centre: Array, covariance: Array) -> Mixture:
        """One component."""
        return cls(np.ones(1), centre[None, :], np.linalg.cholesky(covariance)[None])

    def joined(self, other: Mixture, share: float) -> Mixture:
        """Join a `share` of another mixture to this one."""
        return Mixture(
            np.concatenate([(1.0 - share) * self.weight, share * other.weight]),
            np.concatenate([self.centre, other.centre]),
            np.concatenate([self.root, other.root]),
        )

    def wider(self, factor: float) -> Mixture:
        """Each component `factor` times as wide."""
        return Mixture(self.weight, self.centre, factor * self.root)

    def draw(self, rng: np.random.Generator, size: int) -> Array:
        """Draw (size, d) values."""
        d = self.centre.shape[1]
        which = np.searchsorted(np.cumsum(self.weight)[:-1], rng.random(size))
        normal = rng.standard_normal((size, d))
        scale = np.sqrt(FREEDOM / rng.chisquare(FREEDOM, size))
        out = np.empty((size, d))
        for k, (centre, root) in enumerate(zip(self.centre, self.root, strict=True)):
            rows = which == k
            out[rows] = centre + scale[rows, None] * (normal[rows] @ root.T)
        return out

    def log_density(self, x: Array) -> Array:
        """Log density at the rows of `x`; shape (n,)."""
        return np.asarray(logsumexp(self._joint(x)[0], axis=1))

    def _joint(self, x: Array) -> tuple[Array, Array]:
        """Log weighted densities and squared Mahalanobis distances, (n, K)."""
        d = x.shape[1]
        norm = gammaln((FREEDOM + d) / 2) - gammaln(FREEDOM / 2) - 0.5 * d * np.log(FREEDOM * np.pi)
        whiten = np.linalg.inv(self.root)
        distance = np.stack(
            [
                (((x - centre) @ white.T) ** 2).sum(axis=1)
                for centre, white in zip(self.centre, whiten, strict=True)
            ],
            axis=1,
        )
        log_det = np.log(np.diagonal(self.root, axis1=1, axis2=2)).sum(axis=1)
        tail = 0.5 * (FREEDOM + d) * np.log1p(distance / FREEDOM)
        return np.log(self.weight) + norm - log_det - tail, distance

    def refit(self, x: Array, steps: int = 15) -> Mixture:
        """Move towards the rows of `x` by expectation-maximisation.

        Components that hold too few rows for a covariance are dropped.
        """
        mixture = self
        n, d = x.shape
        ridge = np.diag(1e-3 * x.var(axis=0) + 1e-12)
        for _ in range(steps):
            joint, distance = mixture._joint(x)
            member = np.exp(joint - logsumexp(joint, axis=1, keepdims=True))
            share = member.mean(axis=0)
            keep = share * n > 2 * (d + 1)
            if not keep.any():
                return mixture
            # the t distribution's weight: far draws pull less
            pull = member * (FREEDOM + d) / (FREEDOM + distance)
            centres, roots = [], []
            for k in np.flatnonzero(keep):
                centre = pull[:, k] @ x / pull[:, k].sum()
                apart = x - centre
                scatter = (pull[:, k, None] * apart).T @ apart / member[:, k].sum()
                centres.append(centre)
                roots.append(np.linalg.cholesky(scatter + ridge))
            weight = share[keep] / share[keep].sum()
            mixture = Mixture(weight, np.array(centres), np.array(roots))
        return mixture

    def split(self) -> Mixture:
        """Replace the heaviest component by two, apart along its longest axis."""
        k = int(np.argmax(self.weight))
        left, size, _ = np.linalg.svd(self.root[k])
        offset = 0.7 * size[0] * left[:, 0]
        weight = np.append(self.weight, self.weight[k] / 2)
        weight[k] /= 2
        centre = np.vstack([self.centre, self.centre[k] + offset])
        centre[k] -= offset
        root = np.concatenate([self.root, self.root[k][None] * 0.8])
        root[k] *= 0.8
        return Mixture(weight, centre, root)


@dataclass(frozen=True)
class Guided:
    """The density of a stand-in and a share of a mixture, drawn from by way of the mixture.

    Attributes
    ----------
    mixture : Mixture
    stand_in : callable
        (n, d) → (n,) log density up to a constant.
    log_floor : float
        Log of the mixture's share and of the stand-in's normaliser.
    log_bound : float
        log c of the module's text.
    """

    mixture: Mixture
    stand_in: LogDensity
    log_floor: float
    log_bound: float

    @classmethod
    def by(cls, mixture: Mixture, stand_in: LogDensity, rng: np.random.Generator) -> Guided:
        """Set the normaliser and the bound from a pool of the mixture's draws."""
        pool = mixture.draw(rng, _POOL)
        ratio = np.sort(_POWER * stand_in(pool) - mixture.log_density(pool))[::-1]
        log_floor = float(logsumexp(ratio) - np.log(_POOL / _SHARE))
        mass = np.cumsum(np.exp(ratio - ratio[0]))
        bound = ratio[max(np.searchsorted(mass, _ABOVE * mass[-1]), int(_LEAST * _POOL))]
        # a bound that next to nothing passes costs time: rather some uneven weights
        while np.exp(np.minimum(ratio - bound, 0.0)).mean() < _SPARING:
            bound -= 0.25
        return cls(mixture, stand_in, log_floor, float(bound))

    def log_density(self, x: Array) -> Array:
        """Log density at the rows of `x`, up to a constant; shape (n,)."""
        log_keep, base = self._both(x)
        return base + log_keep

    def draw(self, rng: np.random.Generator, size: int) -> tuple[Array, Array]:
        """Draw (size, d) independent values; their log density up to a constant, (size,)."""
        found, densities, number = [], [], 0
        while number < size:
            x = self.mixture.draw(rng, _CHUNK)
            log_keep, base = self._both(x)
            rows = np.log(rng.random(_CHUNK)) < log_keep
            found.append(x[rows])
            densities.append((base + log_keep)[rows])
            number += int(rows.sum())
        return np.concatenate(found)[:size], np.concatenate(densities)[:size]

    def _both(self, x: Array) -> tuple[Array, Array]:
        """Log of the probability that a draw is kept, and the mixture's log density."""
        base = self.mixture.log_density(x)
        ratio = np.logaddexp(_POWER * self.stand_in(x) - base, self.log_floor)
        return np.minimum(ratio - self.log_bound, 0.0), base


def walk(particles: Array, log_density: LogDensity, steps: int, rng: np.random.Generator) -> Array:
    """Move particles under a density by differential evolution (ter Braak 2006, *Stat. Comput.*).

    One half jumps along differences within the other, so that steps have the density's shape.

    Parameters
    ----------
    particles : (n, d) float
    log_density : callable
    steps : int
    rng : numpy.random.Generator

    Returns
    -------
    (n, d) float
    """
    x = rng.permutation(particles)
    n, d = x.shape
    half = n // 2
    value = log_density(x)
    for step in range(2 * steps):
        moving = slice(0, half) if step % 2 else slice(half, n)
        still = x[half:] if step % 2 else x[:half]
        size = len(x[moving])
        one, other = rng.integers(len(still), size=(2, size))
        # now and then as far as a whole difference: from one end of a ridge to the other
        jump = np.where(rng.random((size, 1)) < 0.1, 1.0, 2.38 / np.sqrt(2.0 * d))
        proposed = x[moving] + jump * (still[one] - still[other])
        proposed += 1e-4 * rng.standard_normal((size, d))
        there = log_density(proposed)
        moved = np.log(rng.random(size)) < there - value[moving]
        x[moving] = np.where(moved[:, None], proposed, x[moving])
        value[moving] = np.where(moved, there, value[moving])
    return x


def resample(weights: Array, size: int, rng: np.random.Generator) -> np.ndarray:
    """Systematic resampling, in random order."""
    ends = np.cumsum(weights / weights.sum())
    points = (rng.random() + np.arange(size)) / size
    return rng.permutation(np.minimum(np.searchsorted(ends, points), weights.size - 1))


def normalised(log_weights: Array) -> Array:
    """Weights that sum to one; all equal where none is finite."""
    top = log_weights.max()
    if not np.isfinite(top):
        return np.full(log_weights.shape, 1.0 / log_weights.size)
    weights = np.exp(log_weights - top)
    return weights / weights.sum()


def count(weights: Array) -> float:
    """Kish's effective number of normalised weights."""
    return float(1.0 / (weights**2).sum())


def tempered(log_weights: Array, wanted: float) -> Array:
    """Weights to the highest power, at most one, at which enough of them count."""
    power = 1.0
    while count(normalised(power * log_weights)) < wanted and power > 1e-3:
        power *= 0.8
    return normalised(power * log_weights)
