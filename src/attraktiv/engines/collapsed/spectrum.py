"""A rough likelihood of ψ that costs next to nothing, and the features in which it is smooth.

Mathematical details
--------------------
Along the cosine waves c_k, k = 0 … T−1, of the years, the covariance of a place is nearly
diagonal (Whittle 1953, *Ark. Mat.*; Ahmed, Natarajan & Rao 1974, *IEEE Trans. Comput.*), so
that a place of size class b has along wave k about the variance

    v_bk = σ_u²/(1−ρ²) Σ_st c_ks c_kt ρ^|s−t| + T τ² [k = 0] + σ² + φ v_b + known_b

With S_bk the mean square along the wave of the n_b places in the class, of what is left of
the outcome when β, α and γ are at their means given the mode of ψ, the log likelihood is
about

    −½ Σ_bk n_b (log v_bk + S_bk / v_bk)

and the same for the national level along the waves, seen through the mean of all places,
and for groups, through the mean of a group. With a spatial field f ~ N(0, Q⁻¹), k = 0 is taken
along Q's eigenvectors instead of by class, where the variance is v_0 + T σ_γ²/λ.

On a large panel that is right to a few nats where the likelihood itself differs by hundreds,
and it is quadratic in the log v. Parameters that trade off do so because they leave those
variances alone: a curved ridge of ψ is flat in them. Nothing rests on either but the speed of
the sampler.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.fft import dct

from attraktiv import names

Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

CLASSES = 12  # of places by size
_FIELD_FEATURES = 6  # variances of a field that are features
_FEATURED = (0.0, 0.1, 0.5, 0.9)  # quantiles of the classes whose variances are features


@dataclass(frozen=True)
class Residuals:
    """What the rough likelihood is of: the outcome with β, α and γ taken out.

    Attributes
    ----------
    place : (N, T) float
        Zero where a cell is missing.
    year : (T,) float
        National level less its mean.
    group : (G,) float
        Effects of groups before shrinkage; empty without groups.
    coefficients : int
        How many were taken out of the outcome.
    """

    place: Array
    year: Array
    group: Array
    coefficients: int


@dataclass(frozen=True)
class FieldWaves:
    """The eigenvectors of a spatial field.

    Attributes
    ----------
    variance : (G,) float
        Of a field of standard deviation one along each.
    waves : (G, N) float
        Rows are eigenvectors, at the fitted places.
    """

    variance: Array
    waves: Array


class Spectrum:
    """Variances along the years' waves.

    Parameters
    ----------
    used, flow, known : (N, T) float
        As in :class:`.problem.Problem`.
    residuals : Residuals
    field : FieldWaves, optional
    classes : int
        Of places by size, at most.
    """

    def __init__(
        self,
        used: Array,
        flow: Array,
        known: Array,
        residuals: Residuals,
        field: FieldWaves | None = None,
        classes: int = CLASSES,
    ) -> None:
        self.years = used.shape[1]
        waves = dct(np.eye(self.years), norm="ortho", axis=0)
        #: Share of each lag in the variance along each wave.
        self.lags = np.array(
            [
                [
                    (2.0 if lag else 1.0) * wave[: self.years - lag] @ wave[lag:]
                    for lag in range(self.years)
                ]
                for wave in waves
            ]
        )
        seen = used.sum(axis=1)
        flow_of = (flow * used).sum(axis=1) / np.maximum(seen, 1.0)
        known_of = (known * used).sum(axis=1) / np.maximum(seen, 1.0)
        # a missing cell stands at the place's mean: a level must not leak into other waves
        level = residuals.place.sum(axis=1) / np.maximum(seen, 1.0)
        filled = np.where(used > 0, residuals.place, level[:, None])
        # which leaves seen − 1 of the T − 1 other waves
        moving = np.maximum(seen - 1.0, 0.0) / max(self.years - 1, 1)
        known_share = np.where(np.arange(self.years) == 0, 1.0, moving[:, None])
        #: (N, T): what is left of each place along each wave.
        square = (filled @ waves.T) ** 2
        rows_of = size_classes(flow_of, seen, classes)
        # degrees of freedom: the global coefficients have taken their share.
        free = 1.0 - min(residuals.coefficients / max(seen.sum(), 1.0), 0.5)
        self._number = np.array([free * seen[rows].sum() / self.years for rows in rows_of])
        # places that count for each wave, and the mean square over them
        self._counted = np.array([known_share[rows].sum(axis=0) for rows in rows_of])
        total = np.array([square[rows].sum(axis=0) for rows in rows_of])
        self._square = total / (free * np.maximum(self._counted, 1e-9))
        self._counted *= free
        self._flow = np.array([flow_of[rows].mean() for rows in rows_of])
        self._known = np.array([known_of[rows].mean() for rows in rows_of])
        self._national = (waves @ residuals.year) ** 2
        self._group = residuals.group**2
        self._field = field
        if field is not None:
            self._counted[:, 0] = 0.0
            self._group = (field.waves @ (filled @ waves[0])) ** 2
        last = len(rows_of) - 1
        self._featured = sorted({round(q * last) for q in _FEATURED})
        waves_of = (0, 1, 2, 4, self.years // 2, self.years - 1)
        self._waves = sorted({k for k in waves_of if k < self.years})

    def __call__(self, psi: dict[str, Array]) -> tuple[Array, Array]:
        """Features (B, p) and rough log likelihood (B,), up to a constant, of each row of ψ."""
        place, national, group = map(np.log, self._variances(psi))
        columns = [place[:, b][:, self._waves] for b in self._featured]
        columns.append(national[:, self._waves])
        rough = (_misfit(place, self._square) * self._counted).sum(axis=(1, 2))
        rough += _misfit(national, self._national).sum(axis=1)
        if self._group.size:
            columns.append(group[:, :: max(1, group.shape[1] // _FIELD_FEATURES)])
            rough += _misfit(group, self._group).sum(axis=1)
        return np.concatenate(columns, axis=1), -0.5 * rough

    def _variances(self, psi: dict[str, Array]) -> tuple[Array, Array, Array]:
        """Variance of a place in each class, of the national level, and of a group's mean."""
        place = self.place_variance(psi, noise_of(psi, self._flow, self._known))
        national = self._path(psi[names.SIGMA_ALPHA], psi[names.RHO_ALPHA])
        share = self._number / self._number.sum() ** 2
        national = national + (share[:, None] * place).sum(axis=1)
        return place, national, self._group_variance(psi, place)

    def place_variance(self, psi: dict[str, Array], noise: Array) -> Array:
        """Variance of places along each wave, given that of their noise: (B, b) → (B, b, T)."""
        zero = np.zeros(len(noise))
        path = self._path(psi.get(names.SIGMA_U, zero), psi.get(names.RHO, zero))
        path[:, 0] += self.years * psi.get(names.TAU, zero) ** 2
        return path[:, None, :] + noise[:, :, None]

    def _group_variance(self, psi: dict[str, Array], place: Array) -> Array:
        """Variance of a group's mean, or of a field along each of its waves; (B, 1) or (B, G)."""
        if not self._group.size:
            return np.ones((len(place), 1))
        shared = psi[names.SIGMA_GAMMA][:, None] ** 2
        if self._field is not None:
            average = place[:, :, 0] @ (self._number / self._number.sum())
            return self.years * shared * self._field.variance + average[:, None]
        in_group = self._number.sum() / self._group.size
        middle = place[:, len(self._number) // 2, :1]
        return shared + middle / (in_group * self.years)

    def _path(self, sigma: Array, rho: Array) -> Array:
        powers = rho[:, None] ** np.arange(self.years)
        return (sigma**2 / (1.0 - rho**2))[:, None] * (powers @ self.lags.T)


def noise_of(psi: dict[str, Array], flow: Array, known: Array) -> Array:
    """Variance of the noise of places of some sizes: (B, b)."""
    phi = psi.get(names.PHI, np.zeros(len(psi[names.SIGMA])))
    return (psi[names.SIGMA] ** 2)[:, None] + known + phi[:, None] * flow


def size_classes(flow: Array, seen: Array, classes: int) -> list[Array]:
    """Rows of the places that are seen, in classes from the largest to the smallest."""
    order = np.argsort(flow, kind="stable")
    order = order[seen[order] > 0]
    return np.array_split(order, min(classes, len(order)))


def _misfit(log_variance: Array, square: Array) -> Array:
    return log_variance + square * np.exp(-log_variance)
