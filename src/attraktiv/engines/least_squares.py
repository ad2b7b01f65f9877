"""The classical estimate: least squares, its residual called attractiveness.

Mathematical details
--------------------
y_it = α_t + x_it'β + e_it by ordinary least squares with a free level for each year.
Draws of (β, α) come from the normal-theory sampling distribution N(b̂, V) with V the
covariance clustered by place,

    V = c (W'W)⁻¹ ( Σ_i W_i'e_i e_i'W_i ) (W'W)⁻¹,   c = G/(G−1) · (n−1)/(n−q)

for G places, n cells and q coefficients (Cameron & Miller 2015, *J. Human Resources*).
In each draw u is the residual: classical attractiveness, noise and all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.engines.tree import Draws
from attraktiv.errors import DesignError
from attraktiv.model import Design

Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


@dataclass(frozen=True)
class LeastSquares:
    """A least-squares estimate: factors first, then one level for each year.

    Attributes
    ----------
    coefficients : (q,) float
    covariance : (q, q) float
        Clustered by place.
    sigma : float
        Residual standard deviation with n − q degrees of freedom.
    """

    coefficients: Array
    covariance: Array
    sigma: float


def estimate(design: Design) -> LeastSquares:
    """Least squares with covariance clustered by place.

    Raises
    ------
    DesignError
        If the factors are collinear, or there are no more cells than coefficients.
    """
    w, y, place, _ = regressors(design.fitted())
    n, q = w.shape
    if n <= q:
        raise DesignError(
            f"Least squares needs more cells than coefficients; there are {n} cells and {q} "
            "coefficients. Widen --from and --until, or leave factors out with --without."
        )
    _refuse_collinear(w, design)
    inverse = np.linalg.inv(w.T @ w)
    coefficients = np.linalg.lstsq(w, y, rcond=None)[0]
    residual = y - w @ coefficients
    n_places = int(place.max()) + 1
    scores = np.zeros((n_places, q))
    np.add.at(scores, place, w * residual[:, None])
    correction = n_places / (n_places - 1) * (n - 1) / (n - q)
    covariance = correction * inverse @ (scores.T @ scores) @ inverse
    sigma = float(np.sqrt(residual @ residual / (n - q)))
    return LeastSquares(coefficients, covariance, sigma)


def regressors(data: xr.Dataset) -> tuple[Array, Array, np.ndarray, np.ndarray]:
    """Lay the used cells out as rows: factors, then one level for each year that has a cell.

    Parameters
    ----------
    data : xarray.Dataset
        ``outcome`` and ``used`` (place, year), ``factors`` (place, year, term).

    Returns
    -------
    w : (n, q) float
    y : (n,) float
    place, year : (n,) int
        Positions of each row's cell.
    """
    place, year = np.nonzero(data[names.USED].values)
    factors = data[names.FACTORS].values[place, year]
    # a year without any cell has no level to estimate
    present, column = np.unique(year, return_inverse=True)
    levels = np.eye(present.size)[column]
    return np.hstack([factors, levels]), data[names.OUTCOME].values[place, year], place, year


def sample(design: Design, *, chains: int, draws: int, seed: int) -> Draws:
    """Draw from the sampling distribution; the result has the layout of a posterior."""
    found = estimate(design)
    rng = np.random.default_rng(seed)
    n_terms = len(design.terms)
    # clusters can be fewer than coefficients: then the covariance is singular
    size, axes = np.linalg.eigh(found.covariance)
    root = axes * np.sqrt(np.clip(size, 0.0, None))
    normal = rng.standard_normal((chains, draws, found.coefficients.size))
    b = found.coefficients + normal @ root.T
    data = design.fitted()
    any_cell = data[names.USED].any(names.PLACE).values
    alpha = np.full((chains, draws, any_cell.size), np.nan)
    alpha[..., any_cell] = b[..., n_terms:]
    beta = b[..., :n_terms]
    fitted = alpha[:, :, None, :] + np.einsum("cdk,itk->cdit", beta, data[names.FACTORS].values)
    return {
        names.ALPHA: alpha,
        names.BETA: beta,
        names.SIGMA: np.full((chains, draws), found.sigma),
        names.U: data[names.OUTCOME].values - fitted,
    }


def _refuse_collinear(w: Array, design: Design) -> None:
    if np.linalg.matrix_rank(w) == w.shape[1]:
        return
    for k, term in enumerate(design.terms):
        others = np.delete(w, k, axis=1)
        if np.linalg.matrix_rank(others) == np.linalg.matrix_rank(w):
            raise DesignError(
                f"The factor {term} is a sum of the other factors and the years, so least squares "
                f"cannot tell them apart. Leave it out: --without '{term}'."
            )
