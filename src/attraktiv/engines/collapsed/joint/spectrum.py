"""A rough likelihood of two equations, and the features in which the likelihood is smooth.

Mathematical details
--------------------
Each equation has its rough likelihood along the cosine waves of the years
(:mod:`..spectrum`); that of both is their sum. What is known of the coherence of the two
belongs to the coefficients at which the residuals were taken: job growth is a factor of
migration, and its effect makes way where the correlation of the noise changes. A rough
likelihood of the coherence at one value of the effect would be wrong by dozens of nats.

Between the equations, a place of size class b has along wave k about the covariance

    v_01bk = S_01/(1 − ρ_0ρ_1) Σ_st c_ks c_kt (ρ_0^|s−t| + ρ_1^|s−t|)/2 + T Θ_01 [k = 0]
             + r √(N_0b N_1b)

with N the variances of the noise and r its correlation. The likelihood is smooth in ψ, and
along curved ridges in the log variances v_q and in atanh of the coherence v_01/√(v_0 v_1), of
the level, of the slowest wave and of the fastest; more of them teach the stand-in less than
the points it has can tell apart.
"""

from __future__ import annotations

import numpy as np

from attraktiv import names
from attraktiv.engines.collapsed.hyper import Array
from attraktiv.engines.collapsed.joint.hyper import of_one
from attraktiv.engines.collapsed.spectrum import Spectrum, noise_of, size_classes
from attraktiv.names import of_equation

#: Of places by size: fewer than of one equation, whose likelihood costs a third.
CLASSES = 6


class PairSpectrum:
    """Variances and coherences along the years' waves.

    Parameters
    ----------
    used, flow, known : (N, T, 2) float
        As in :class:`.problem.JointProblem`.
    first, second : Spectrum
        Of each equation alone.
    """

    def __init__(
        self, used: Array, flow: Array, known: Array, first: Spectrum, second: Spectrum
    ) -> None:
        self._alone = (first, second)
        both = used.prod(axis=2)
        seen = both.sum(axis=1)
        flow_of, known_of = (
            (values * both[..., None]).sum(axis=1) / np.maximum(seen, 1.0)[:, None]
            for values in (flow, known)
        )
        classes = size_classes(flow_of[:, 0], seen, CLASSES)
        self._flow = np.array([flow_of[rows].mean(axis=0) for rows in classes])
        self._known = np.array([known_of[rows].mean(axis=0) for rows in classes])
        self._middle = len(classes) // 2
        years = used.shape[1]
        self._waves = sorted({0, min(1, years - 1), years - 1})

    def __call__(self, psi: dict[str, Array]) -> tuple[Array, Array]:
        """Features (B, p) and rough log likelihood (B,), up to a constant, of each row of ψ."""
        rough, variance, noise = np.zeros(len(psi[names.SIGMA])), [], []
        for q, (kind, alone) in enumerate(zip(names.JOINT, self._alone, strict=True)):
            one = of_one(psi, kind)
            rough += alone(one)[1]
            noise.append(noise_of(one, self._flow[:, q], self._known[:, q]))
            variance.append(alone.place_variance(one, noise[q]))
        covariance = self._covariance(psi, np.sqrt(noise[0] * noise[1]))
        coherence = np.clip(covariance / np.sqrt(variance[0] * variance[1]), -0.9999, 0.9999)
        at = (slice(None), self._middle, self._waves)
        columns = [np.log(variance[0][at]), np.log(variance[1][at]), np.arctanh(coherence[at])]
        return np.concatenate(columns, axis=1), rough

    def _covariance(self, psi: dict[str, Array], noise: Array) -> Array:
        """Covariance of the equations along each wave, by class: (B, b, T)."""
        lags = self._alone[0].lags
        zero = np.zeros(len(noise))

        def of(name: str) -> tuple[Array, Array]:
            first, second = (psi.get(of_equation(name, kind), zero) for kind in names.JOINT)
            return first, second

        lasting, path, rho = of(names.TAU), of(names.SIGMA_U), of(names.RHO)
        start = psi[names.CORRELATION_PATH] * path[0] * path[1] / (1.0 - rho[0] * rho[1])
        powers = sum(r[:, None] ** np.arange(len(lags)) for r in rho) / 2.0
        out = start[:, None] * (powers @ lags.T)
        out[:, 0] += len(lags) * psi[names.CORRELATION_LASTING] * lasting[0] * lasting[1]
        return out[:, None, :] + (psi[names.CORRELATION_NOISE][:, None] * noise)[:, :, None]
