"""Least squares, and two-stage least squares, with what each place adds to the errors.

Mathematical details
--------------------
y = Wb + e with instruments Z, the exogenous columns of W among them. With Ŵ = Z(Z'Z)⁻¹Z'W,

    b = (Ŵ'Ŵ)⁻¹ Ŵ'y,    ψ_i = (Ŵ'Ŵ)⁻¹ Ŵ_i'(y_i − W_i b)

ψ_i the influence of place i, and c Σ ψ_i ψ_i' the covariance of b clustered by place, c a
correction for few places. Least squares is Z = W. (Wooldridge 2010, *Econometric Analysis of
Cross Section and Panel Data*, 5.2 and 8.3.)
"""

from __future__ import annotations

import numpy as np


def regress(
    w: np.ndarray,
    y: np.ndarray,
    owner: np.ndarray,
    size: int,
    instruments: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Regress, and say what each place adds to the error of the coefficients.

    Parameters
    ----------
    w : (n, q) float
    y : (n,) float
    owner : (n,) int
        The place of each row, below `size`.
    size : int
        Number of places.
    instruments : (n, r) float, optional
        Z, exogenous columns included; without it least squares.

    Returns
    -------
    coefficients : (q,) float
    influence : (size, q) float
    """
    explained = w if instruments is None else instruments @ _solve(instruments, w)
    # a level that no other place shares, or collinear factors: the shortest solution
    inverse = np.linalg.pinv(explained.T @ explained, hermitian=True)
    coefficients = inverse @ (explained.T @ y)
    scores = np.zeros((size, w.shape[1]))
    np.add.at(scores, owner, explained * (y - w @ coefficients)[:, None])
    return coefficients, scores @ inverse


def left_over(of: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Return what least squares on `w` leaves of each column, (n, …)."""
    return of - w @ _solve(w, of)


def _solve(w: np.ndarray, of: np.ndarray) -> np.ndarray:
    return np.asarray(np.linalg.pinv(w.T @ w, hermitian=True) @ (w.T @ of))
