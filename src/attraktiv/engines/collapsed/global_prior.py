"""The prior of the global coefficients b = (β, μ_α, α, γ), given ψ.

Mathematical details
--------------------
b ~ N(b₀, Λ(ψ)⁻¹) in blocks: β normal and independent; α an AR(1) of innovation SD σ_α and
autocorrelation ρ_α around μ_α, which is normal (exchangeable years have ρ_α = 0);
γ ~ N(0, σ_γ²), or a field with precision Q/σ_γ² (:mod:`attraktiv.model.field`).
"""

from __future__ import annotations

import numpy as np

from attraktiv import names
from attraktiv.model.field import Field
from attraktiv.specs import Equation, Normal

Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


def global_prior(
    equation: Equation, sizes: tuple[int, int, int], field: Field | None, psi: dict[str, Array]
) -> tuple[Array, Array, Array, Array]:
    """Prior of the global coefficients for each row of ψ.

    Parameters
    ----------
    equation : Equation
    sizes : tuple of int
        Numbers of factors, years and groups.
    field : Field or None
        Where γ is a spatial field.
    psi : dict of str to array
        (B,) by name.

    Returns
    -------
    precision : (B, q, q) float
        Λ.
    rhs : (B, q) float
        Λb₀.
    square, log_det : (B,) float
        b₀'Λb₀ and log|Λ|.
    """
    priors = equation.priors
    n_factors, n_years, n_groups = sizes
    rows = len(psi[names.SIGMA])
    size = n_factors + 1 + n_years + n_groups
    precision = np.zeros((rows, size, size))
    rhs = np.zeros((rows, size))
    square = np.zeros(rows)
    log_det = np.zeros(rows)

    beta, mu = priors[names.BETA], priors[names.MU_ALPHA]
    assert isinstance(beta, Normal) and isinstance(mu, Normal)  # the specification sees to it
    at = np.arange(n_factors)
    precision[:, at, at] = beta.sigma**-2
    rhs[:, at] = beta.mu / beta.sigma**2
    square += n_factors * (beta.mu / beta.sigma) ** 2 + (mu.mu / mu.sigma) ** 2
    log_det -= 2.0 * n_factors * np.log(beta.sigma) + 2.0 * np.log(mu.sigma)

    # (μ, α): K is the AR(1) precision of α − μ; μ enters through K1 and 1'K1.
    ar = _ar1_precision(psi[names.SIGMA_ALPHA], psi[names.RHO_ALPHA], n_years)
    year = slice(n_factors + 1, n_factors + 1 + n_years)
    row_sum = ar.sum(axis=2)
    precision[:, year, year] = ar
    precision[:, n_factors, year] = -row_sum
    precision[:, year, n_factors] = -row_sum
    precision[:, n_factors, n_factors] = row_sum.sum(axis=1) + mu.sigma**-2
    rhs[:, n_factors] = mu.mu / mu.sigma**2
    log_det += np.log1p(-(psi[names.RHO_ALPHA] ** 2))
    log_det -= 2.0 * n_years * np.log(psi[names.SIGMA_ALPHA])

    if n_groups:
        at = np.arange(n_factors + 1 + n_years, size)
        scale = psi[names.SIGMA_GAMMA] ** -2
        if field is None:
            precision[:, at, at] = scale[:, None]
        else:
            precision[:, at[0] :, at[0] :] = scale[:, None, None] * field.precision
            log_det += field.log_det
        log_det -= 2.0 * n_groups * np.log(psi[names.SIGMA_GAMMA])
    return precision, rhs, square, log_det


def _ar1_precision(sigma: Array, rho: Array, years: int) -> Array:
    """Precision matrices of stationary AR(1) paths; (B, T, T)."""
    out = np.zeros((len(sigma), years, years))
    at = np.arange(years)
    out[:, at, at] = 1.0 + (rho**2)[:, None]
    out[:, 0, 0] = out[:, -1, -1] = 1.0
    if years == 1:
        out[:, 0, 0] = 1.0 - rho**2
    out[:, at[1:], at[:-1]] = out[:, at[:-1], at[1:]] = -rho[:, None]
    return out / (sigma**2)[:, None, None]
