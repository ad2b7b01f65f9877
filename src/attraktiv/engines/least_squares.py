"""The classical estimate: least squares, its residual called attractiveness.

Mathematical details
--------------------
y_it = α_t + x_it'β + e_it by ordinary least squares with a free level for each year.
Draws of (β, α) come from the normal-theory sampling distribution N(b̂, V) with V the
covariance clustered by place,

    V = c (W'W)⁻¹ ( Σ_i W_i'e_i e_i'W_i ) (W'W)⁻¹,   c = G/(G−1) · (n−1)/(n−q)

for G places, n cells and q coefficients (Cameron & Miller 2015, *J. Human Resources*).
In each draw u is the residual: classical attractiveness, noise and all.

Year by year (``yearly = true``) every year has coefficients of its own,
y_it = α_t + x_it'β_t + e_it: the same regression with each factor times each year's
indicator, so that β̂_t is what least squares of the year alone gives, and V holds how the
estimates of different years go together, since errors of a place do. A factor that is
missing in a whole year has no coefficient there: NaN.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.engines.tree import Draws
from attraktiv.errors import DesignError
from attraktiv.model import Design
from attraktiv.specs import Sampling

Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


@dataclass(frozen=True)
class LeastSquares:
    """A least-squares estimate: slopes first, then one level for each year with cells.

    Attributes
    ----------
    slopes : tuple of (int, int)
        Year and factor, by position, of each slope; the year is 0 for all where the
        years share their slopes.
    coefficients : (q,) float
    covariance : (q, q) float
        Clustered by place.
    sigma : float
        Residual standard deviation with n − q degrees of freedom.
    """

    slopes: tuple[tuple[int, int], ...]
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
    data, yearly = design.fitted(), design.equation.yearly
    _refuse_impossible(design, data, yearly)
    slopes, w, y, place, _ = regressors(data, yearly=yearly)
    n, q = w.shape
    inverse = np.linalg.inv(w.T @ w)
    coefficients = np.linalg.lstsq(w, y, rcond=None)[0]
    residual = y - w @ coefficients
    n_places = int(place.max()) + 1
    scores = np.zeros((n_places, q))
    np.add.at(scores, place, w * residual[:, None])
    correction = n_places / (n_places - 1) * (n - 1) / (n - q)
    covariance = correction * inverse @ (scores.T @ scores) @ inverse
    sigma = float(np.sqrt(residual @ residual / (n - q)))
    return LeastSquares(slopes, coefficients, covariance, sigma)


def regressors(
    data: xr.Dataset, *, yearly: bool = False
) -> tuple[tuple[tuple[int, int], ...], Array, Array, np.ndarray, np.ndarray]:
    """Lay the used cells out as rows: slopes, then one level for each year that has a cell.

    Parameters
    ----------
    data : xarray.Dataset
        ``outcome`` and ``used`` (place, year), ``factors`` (place, year, term).
    yearly : bool
        Every year has slopes of its own, for the factors that it has.

    Returns
    -------
    slopes : tuple of (int, int)
        As :attr:`LeastSquares.slopes`.
    w : (n, q) float
    y : (n,) float
    place, year : (n,) int
        Positions of each row's cell.
    """
    place, year = np.nonzero(data[names.USED].values)
    factors = data[names.FACTORS].values[place, year]
    y = data[names.OUTCOME].values[place, year]
    # a year without any cell has no level to estimate
    present, column = np.unique(year, return_inverse=True)
    levels = np.eye(present.size)[column]
    if not yearly:
        slopes = [(0, k) for k in range(factors.shape[1])]
        return tuple(slopes), np.hstack([factors, levels]), y, place, year
    slopes, columns = [], []
    for t in present:
        own = year == t
        known = _known_factors(factors[own])
        slopes += [(int(t), int(k)) for k in known]
        columns.append(np.where(own[:, None], factors[:, known], 0.0))
    return tuple(slopes), np.hstack([*columns, levels]), y, place, year


def _known_factors(factors: Array) -> np.ndarray:
    """Positions of the factors of a year that are not missing in every cell."""
    return np.flatnonzero(factors.any(axis=0))


def sample(design: Design, sampling: Sampling, *, rng: np.random.Generator) -> Draws:
    """Draw from the sampling distribution; the result has the layout of a posterior."""
    found = estimate(design)
    chains, draws = sampling.chains, sampling.draws
    n_slopes = len(found.slopes)
    # clusters can be fewer than coefficients: then the covariance is singular
    size, axes = np.linalg.eigh(found.covariance)
    root = axes * np.sqrt(np.clip(size, 0.0, None))
    normal = rng.standard_normal((chains, draws, found.coefficients.size))
    b = found.coefficients + normal @ root.T
    data = design.fitted()
    any_cell = data[names.USED].any(names.PLACE).values
    alpha = np.full((chains, draws, any_cell.size), np.nan)
    alpha[..., any_cell] = b[..., n_slopes:]
    factors = data[names.FACTORS].values
    if design.equation.yearly:
        beta = np.full((chains, draws, any_cell.size, len(design.terms)), np.nan)
        for j, (t, k) in enumerate(found.slopes):
            beta[:, :, t, k] = b[..., j]
        # without a coefficient the factor stands at zero, its mean
        structure = np.einsum("cdtk,itk->cdit", np.nan_to_num(beta), factors)
    else:
        beta = b[..., :n_slopes]
        structure = np.einsum("cdk,itk->cdit", beta, factors)
    fitted = alpha[:, :, None, :] + structure
    return {
        names.ALPHA: alpha,
        names.BETA: beta,
        names.SIGMA: np.full((chains, draws), found.sigma),
        names.U: data[names.OUTCOME].values - fitted,
    }


def _refuse_impossible(design: Design, data: xr.Dataset, yearly: bool) -> None:
    """Raise where the cells, of each year if coefficients are yearly, have no one solution."""
    place, year = np.nonzero(data[names.USED].values)
    factors = data[names.FACTORS].values[place, year]
    if not yearly:
        levels = np.eye(year.max() + 1)[year]
        every = np.arange(factors.shape[1])
        _refuse_collinear(factors, levels[:, levels.any(axis=0)], design, every, "")
        return
    for t in np.unique(year):
        own = year == t
        known = _known_factors(factors[own])
        when = f" in {design.years[t]}"
        _refuse_collinear(factors[own][:, known], np.ones((own.sum(), 1)), design, known, when)


def _refuse_collinear(
    factors: Array, levels: Array, design: Design, which: np.ndarray, when: str
) -> None:
    w = np.hstack([factors, levels])
    n, q = w.shape
    if n <= q:
        raise DesignError(
            f"Least squares needs more cells than coefficients; there are {n} cells and {q} "
            f"coefficients{when}. Widen --from and --until, or leave factors out with --without."
        )
    if np.linalg.matrix_rank(w) == q:
        return
    for column, k in enumerate(which):
        others = np.delete(w, column, axis=1)
        if np.linalg.matrix_rank(others) == np.linalg.matrix_rank(w):
            term = design.terms[k]
            raise DesignError(
                f"The factor {term} is a sum of the other factors and the years{when}, so least "
                f"squares cannot tell them apart. Leave it out: --without '{term}'."
            )
