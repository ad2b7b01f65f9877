"""What a regression would have predicted for a cell, or a place, that it had not seen.

Mathematical details
--------------------
y = Wb + e, e ~ N(0, σ²I), with flat priors on b and log σ. Leave a block of T rows out: with e the
residuals of the full regression, H = W(W'W)⁻¹W' and the block's own part H_ii,

    y_i − W_i b̂₋ᵢ           = (I − H_ii)⁻¹ e_i
    I + W_i (W'W)₋ᵢ⁻¹ W_i'  = (I − H_ii)⁻¹
    SSE₋ᵢ                   = SSE − e_i'(I − H_ii)⁻¹ e_i

so that the block's predictive density is a multivariate t with n − T − q degrees of freedom, centre
W_i b̂₋ᵢ and scale SSE₋ᵢ/(n − T − q)·(I − H_ii)⁻¹: no regression is ever repeated (Cook & Weisberg
1982, *Residuals and Influence in Regression*, 2.2). The cells of a place are independent given b
and σ, for the classical model knows of no place. Where nothing else tells the level of a year
(I − H_ii singular) there is no prediction.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.engines.least_squares import regressors

_SINGULAR = 1e-9

Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


@dataclass(frozen=True)
class Deletion:
    """A regression and its leverages.

    Attributes
    ----------
    w : (n, q) float
    hat : (n, q) float
        W(W'W)⁻¹.
    residual : (n,) float
    place, year : (n,) int
        Positions of each row's cell.
    shape : tuple of int
        Number of places and years.
    """

    w: Array
    hat: Array
    residual: Array
    place: np.ndarray
    year: np.ndarray
    shape: tuple[int, int]

    @classmethod
    def of(cls, data: xr.Dataset, *, yearly: bool = False) -> Deletion:
        """Regress the outcome of `data` (see :func:`~attraktiv.evaluation.cells.cells`).

        Parameters
        ----------
        data : xarray.Dataset
        yearly : bool
            Every year has slopes of its own.
        """
        _, w, y, place, year = regressors(data, yearly=yearly)
        hat = w @ np.linalg.inv(w.T @ w)
        residual = y - w @ (hat.T @ y)
        shape = (data.sizes[names.PLACE], data.sizes[names.YEAR])
        return cls(w, hat, residual, place, year, shape)

    def of_cells(self) -> Array:
        """Return the log density of each cell given all others, (place, year); NaN unused."""
        from scipy.stats import t

        n, q = self.w.shape
        room = 1.0 - (self.hat * self.w).sum(axis=1)
        known = room > _SINGULAR
        safe = np.where(known, room, 1.0)
        sse = (self.residual**2).sum() - self.residual**2 / safe
        df = n - 1 - q
        scale = np.sqrt(sse / df / safe)
        out = np.full(self.shape, np.nan)
        density = t.logpdf(self.residual / safe, df, scale=scale)
        out[self.place, self.year] = np.where(known, density, np.nan)
        return out

    def of_places(self) -> Array:
        """Return the log density of each place's cells given the other places, (place,)."""
        from scipy.stats import multivariate_t

        n, q = self.w.shape
        total = float(self.residual @ self.residual)
        out = np.full(self.shape[0], np.nan)
        for i in np.unique(self.place):
            rows = np.flatnonzero(self.place == i)
            room = np.eye(rows.size) - self.hat[rows] @ self.w[rows].T
            df = n - rows.size - q
            if df < 1 or np.linalg.eigvalsh(room)[0] < _SINGULAR:
                continue
            scale = np.linalg.inv(room)
            missed = scale @ self.residual[rows]
            sse = total - float(self.residual[rows] @ missed)
            shape = scale * (sse / df)
            out[i] = multivariate_t.logpdf(missed, None, 0.5 * (shape + shape.T), df)
        return out
