"""A mixture of multivariate Student-t distributions, fitted to weighted draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular
from scipy.special import gammaln, logsumexp

Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

#: Degrees of freedom: tails heavy enough to cover what the fit has missed.
FREEDOM = 6.0


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

    def draw(self, rng: np.random.Generator, size: int) -> Array:
        """Draw (size, d) values; the number from each component is stratified."""
        d = self.centre.shape[1]
        shares = (rng.random() + np.arange(size)) / size
        which = np.searchsorted(np.cumsum(self.weight)[:-1], shares)
        normal = rng.standard_normal((size, d))
        scale = np.sqrt(FREEDOM / rng.chisquare(FREEDOM, size))
        step = np.einsum("nij,nj->ni", self.root[which], normal)
        return self.centre[which] + scale[:, None] * step

    def log_density(self, x: Array) -> Array:
        """Log density at the rows of `x`; shape (n,)."""
        return np.asarray(logsumexp(self._joint(x), axis=1))

    def _joint(self, x: Array) -> Array:
        d = x.shape[1]
        norm = gammaln((FREEDOM + d) / 2) - gammaln(FREEDOM / 2) - 0.5 * d * np.log(FREEDOM * np.pi)
        columns = []
        for weight, distance, root in zip(self.weight, self.distances(x), self.root, strict=True):
            log_det = np.log(np.diagonal(root)).sum()
            tail = 0.5 * (FREEDOM + d) * np.log1p(distance / FREEDOM)
            columns.append(np.log(weight) + norm - log_det - tail)
        return np.stack(columns, axis=1)

    def distances(self, x: Array) -> list[Array]:
        """Squared Mahalanobis distance of the rows of `x` to each centre."""
        return [
            (solve_triangular(root, (x - centre).T, lower=True) ** 2).sum(axis=0)
            for centre, root in zip(self.centre, self.root, strict=True)
        ]

    def refit(self, x: Array, weights: Array, steps: int = 20) -> Mixture:
        """Move towards weighted draws by expectation-maximisation.

        Components that hold too few draws for a covariance are dropped.
        """
        mixture = self
        d = x.shape[1]
        # Kish's effective number, so that a few heavy draws do not make a component
        effective = weights.sum() ** 2 / (weights**2).sum()
        ridge = 1e-3 * np.diag(_covariance(x, weights)[1].diagonal() + 1e-12)
        for _ in range(steps):
            joint = mixture._joint(x)
            member = np.exp(joint - logsumexp(joint, axis=1, keepdims=True)) * weights[:, None]
            share = member.sum(axis=0) / weights.sum()
            keep = share * effective > 2 * (d + 1)
            if not keep.any():
                return mixture
            pieces = []
            for k in np.flatnonzero(keep):
                # the t distribution's weight: far draws pull less
                pull = (FREEDOM + d) / (FREEDOM + mixture.distances(x)[k])
                mean, _ = _covariance(x, member[:, k] * pull)
                centred = x - mean
                scatter = (member[:, k] * pull * centred.T) @ centred / member[:, k].sum()
                pieces.append((share[k], mean, np.linalg.cholesky(scatter + ridge)))
            total = sum(piece[0] for piece in pieces)
            mixture = Mixture(
                np.array([piece[0] / total for piece in pieces]),
                np.array([piece[1] for piece in pieces]),
                np.array([piece[2] for piece in pieces]),
            )
        return mixture

    @classmethod
    def fitted(cls, x: Array, weights: Array, components: int) -> Mixture:
        """Fit by splitting the heaviest component and refitting, as often as it goes."""
        mean, covariance = _covariance(x, weights)
        mixture = cls.single(mean, covariance).refit(x, weights, steps=5)
        while len(mixture.weight) < components:
            split = mixture._split().refit(x, weights)
            if len(split.weight) <= len(mixture.weight):
                break
            mixture = split
        return mixture

    def _split(self) -> Mixture:
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


def _covariance(x: Array, weights: Array) -> tuple[Array, Array]:
    share = weights / weights.sum()
    mean = share @ x
    centred = x - mean
    return mean, (share[:, None] * centred).T @ centred
