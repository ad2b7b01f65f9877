"""A rough likelihood of two equations: that of each, and that of their coherence.

Mathematical details
--------------------
Each equation has its rough likelihood along the cosine waves of the years
(:mod:`..spectrum`). Between the equations, a place of size class b has along wave k about the
covariance

    v_01bk = S_01/(1 − ρ_0ρ_1) Σ_st c_ks c_kt (ρ_0^|s−t| + ρ_1^|s−t|)/2 + T Θ_01 [k = 0]
             + r √(N_0b N_1b)

with N the variances of the noise and r its correlation. With v_qbk the variances, the coherence
c = v_01/√(v_0 v_1), and s_qr the mean product along the wave over √(v_q v_r), the log of the
density of a pair is that of each, plus about

    −½ Σ_bk n_bk (log(1 − c²) + (s_00 − 2c s_01 + s_11)/(1 − c²) − s_00 − s_11)

where n counts what is seen of both equations. The likelihood is smooth in ψ, and along curved
ridges in the log v and in atanh c of the level, of the slowest wave and of the fastest; more
of them teach the stand-in less than the points it has can tell apart.
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
        # as in each equation alone, a wave other than the level is seen in part
        years = used.shape[1]
        moving = np.maximum(seen - 1.0, 0.0) / max(years - 1, 1)
        share = np.where(np.arange(years) == 0, 1.0, moving[:, None])
        free = np.sqrt(first.free * second.free)
        total = np.array([share[rows].sum(axis=0) for rows in classes])
        self._counted = free * total

        def mean_product(a: Spectrum, b: Spectrum) -> Array:
            product = a.along * b.along
            return np.array([product[rows].sum(axis=0) for rows in classes]) / (
                free * np.maximum(total, 1e-9)
            )

        self._square = (mean_product(first, first), mean_product(second, second))
        self._cross = mean_product(first, second)
        self._middle = len(classes) // 2
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
        s00, s11 = (s / v for s, v in zip(self._square, variance, strict=True))
        s01 = self._cross / np.sqrt(variance[0] * variance[1])
        left = 1.0 - coherence**2
        misfit = np.log(left) + (coherence**2 * (s00 + s11) - 2.0 * coherence * s01) / left
        rough -= 0.5 * (misfit * self._counted).sum(axis=(1, 2))
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
