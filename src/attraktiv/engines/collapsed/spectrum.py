"""Features of ψ in which the log likelihood is nearly quadratic: logarithms of variances.

Mathematical details
--------------------
Along the cosine waves c_k, k = 0 … T−1, of the years, the covariance of a place is nearly
diagonal, and with S_k the sum of squares of the data along a wave the log likelihood is
about −½ Σ_k (n log v_k + S_k/v_k): quadratic in the logarithms of

    v_k = c_k'V c_k = σ_u²/(1−ρ²) Σ_st c_ks c_kt ρ^|s−t| + T τ² [k = 0] + σ² + φ v + known

Parameters that trade off do so because they leave these variances alone, so that a curved
ridge of ψ is flat here. The same for the national level, seen through the mean of N places,
and for groups, through the mean of a group.
"""

from __future__ import annotations

import numpy as np
from scipy.fft import dct

from attraktiv import names

Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

#: Places' sizes, as quantiles of the variance of flows, at which variances are taken.
_SIZES = (0.0, 0.1, 0.5, 0.9)


class Spectrum:
    """Logarithms of variances along the years' waves.

    Parameters
    ----------
    used, flow, known : (N, T) float
        As in :class:`.problem.Problem`.
    group_size : float
        Mean number of places in a group; zero where the model has no groups.
    """

    def __init__(self, used: Array, flow: Array, known: Array, group_size: float) -> None:
        on = used > 0
        self.places, self.years = used.shape
        order = np.argsort(flow[on], kind="stable")
        at = [order[int(q * (len(order) - 1))] for q in _SIZES]
        self.sizes = [(flow[on][i], known[on][i]) for i in at]
        self.group_size = group_size
        years = self.years
        waves = dct(np.eye(years), norm="ortho", axis=0)
        chosen = sorted({k for k in (0, 1, 2, 4, years // 2, years - 1) if k < years})
        # share of each lag in the variance along each wave
        self.lags = np.array(
            [
                [
                    (2.0 if lag else 1.0) * waves[k, : years - lag] @ waves[k, lag:]
                    for lag in range(years)
                ]
                for k in chosen
            ]
        )

    def __call__(self, psi: dict[str, Array]) -> Array:
        """Features of each row of ψ; (B, p)."""
        rows = len(psi[names.SIGMA])
        zero = np.zeros(rows)
        path = self._path(psi.get(names.SIGMA_U, zero), psi.get(names.RHO, zero))
        path[:, 0] += self.years * psi.get(names.TAU, zero) ** 2
        columns = []
        for flow, known in self.sizes:
            noise = psi[names.SIGMA] ** 2 + psi.get(names.PHI, zero) * flow + known
            columns.append(path + noise[:, None])
        middle = columns[2]
        national = self._path(psi[names.SIGMA_ALPHA], psi[names.RHO_ALPHA])
        columns.append(national + middle / self.places)
        if self.group_size:
            share = middle[:, :1] / (self.group_size * self.years)
            columns.append(psi[names.SIGMA_GAMMA][:, None] ** 2 + share)
        return np.log(np.maximum(np.concatenate(columns, axis=1), 1e-30))

    def _path(self, sigma: Array, rho: Array) -> Array:
        powers = rho[:, None] ** np.arange(self.years)
        return (sigma**2 / (1.0 - rho**2))[:, None] * (powers @ self.lags.T)
