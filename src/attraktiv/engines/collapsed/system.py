"""The normal equations of the global coefficients, and the density of ψ that they give.

Mathematical details
--------------------
Global coefficients b ~ N(b₀, Λ(ψ)⁻¹), see :mod:`.global_prior`. With W the design of b and V
the covariance of everything that is a place's own,

    Q = Λ + Σ W_i'V_i⁻¹W_i,    c = Λb₀ + Σ W_i'V_i⁻¹y_i
    log p(y|ψ) = −½ Σ(log|V_i| + T_i log 2π) − ½ (Σ y_i'V_i⁻¹y_i + b₀'Λb₀ − c'Q⁻¹c)
                 − ½ log|Q| + ½ log|Λ|
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular

from attraktiv.engines.collapsed.hyper import Hyper
from attraktiv.engines.collapsed.surrogate import Guide

Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

#: Numbers in the blocks of Q that are held in memory at once, and rows of ψ at most.
_AT_ONCE = 5_000_000
_BATCH = 256


class Evidence(ABC):
    """The density of ψ given data, everything that is linear integrated out."""

    hyper: Hyper

    @property
    @abstractmethod
    def cells(self) -> int:
        """Number of cells in the fit."""

    @property
    @abstractmethod
    def coefficients(self) -> int:
        """Number of global coefficients."""

    @abstractmethod
    def system(self, psi: dict[str, Array]) -> System:
        """Precision and right-hand side of the global coefficients for each row of ψ."""

    @abstractmethod
    def guide(self, mode: Array) -> Guide:
        """What is known of the likelihood without computing it, given the mode of ψ; (d,)."""

    @property
    def batch(self) -> int:
        """Rows of ψ to work on at once."""
        return int(np.clip(_AT_ONCE // self.coefficients**2, 1, _BATCH))

    def log_posterior(self, x: Array) -> Array:
        """Log density of ψ given the data, up to a constant, at rows of `x`.

        Parameters
        ----------
        x : (B, d) float
            ψ on the unbounded scale of :class:`Hyper`.

        Returns
        -------
        (B,) float
            Log marginal likelihood plus log prior plus log Jacobian; −inf where the
            arithmetic of an extreme ψ breaks down.
        """
        out = np.empty(len(x))
        for low in range(0, len(x), self.batch):
            rows = slice(low, low + self.batch)
            psi = self.hyper.values(x[rows])
            out[rows] = self.log_likelihood(psi)
        out = out + self.hyper.log_prior(x)
        return np.where(np.isfinite(out), out, -np.inf)

    def log_likelihood(self, psi: dict[str, Array]) -> Array:
        """Log p(y | ψ), every other parameter integrated out; shape (B,)."""
        system = self.system(psi)
        fit = (forward(system) ** 2).sum(axis=1)
        log_det_q = 2.0 * np.log(np.diagonal(system.root, axis1=1, axis2=2)).sum(axis=1)
        return -0.5 * (
            system.log_det_v
            + self.cells * np.log(2.0 * np.pi)
            + system.square
            - fit
            + log_det_q
            - system.log_det_prior
        )

    def global_draws(self, x: Array, rng: np.random.Generator) -> Array:
        """Draw b ~ N(Q⁻¹c, Q⁻¹) for each row of ψ, given on the unbounded scale; (B, q)."""
        normal = rng.standard_normal((len(x), self.coefficients))
        b = np.empty(normal.shape)
        for low in range(0, len(x), self.batch):
            part = slice(low, low + self.batch)
            system = self.system(self.hyper.values(x[part]))
            half = (forward(system) + normal[part])[..., None]
            b[part] = solve_triangular(system.root.transpose(0, 2, 1), half, lower=False)[..., 0]
        return b


@dataclass(frozen=True)
class System:
    """The normal equations of b for B values of ψ.

    Attributes
    ----------
    root : (B, q, q) float
        Lower Cholesky factor of Q.
    rhs : (B, q) float
        c.
    square : (B,) float
        Σ y'V⁻¹y + b₀'Λb₀.
    log_det_v, log_det_prior : (B,) float
        Σ log|V_i| and log|Λ|.
    """

    root: Array
    rhs: Array
    square: Array
    log_det_v: Array
    log_det_prior: Array


def forward(system: System) -> Array:
    """L⁻¹c for each row, L the factor of Q; (B, q)."""
    if not np.isfinite(system.root).all():
        # an extreme ψ: what cannot be solved is NaN, and the rest is right
        good = np.isfinite(system.root).all(axis=(1, 2))
        out = np.full_like(system.rhs, np.nan)
        if good.any():
            out[good] = _forward(system.root[good], system.rhs[good])
        return out
    return _forward(system.root, system.rhs)


def _forward(root: Array, rhs: Array) -> Array:
    solved = solve_triangular(root, rhs[..., None], lower=True, check_finite=False)
    return np.asarray(solved)[..., 0]


def cholesky(matrices: Array) -> Array:
    """Lower Cholesky factors; NaN where a matrix is not positive definite."""
    try:
        return np.linalg.cholesky(matrices)
    except np.linalg.LinAlgError:
        # One extreme ψ must not spoil the batch: its density becomes NaN, then −inf.
        roots = np.full_like(matrices, np.nan)
        for i, matrix in enumerate(matrices):
            try:
                roots[i] = np.linalg.cholesky(matrix)
            except np.linalg.LinAlgError:
                continue
        return roots
