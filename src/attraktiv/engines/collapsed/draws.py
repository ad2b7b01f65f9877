"""Exact draws of everything that was integrated out, and the cells' predictive density."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from attraktiv import names
from attraktiv.engines.collapsed import kernel
from attraktiv.engines.collapsed.problem import Problem

Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

#: Cells times draws that are worked on at once: some 25 MB of random numbers.
_AT_ONCE = 3_000_000

_GLOBAL = (names.ALPHA, names.BETA, names.GAMMA)


def conditional_draws(
    problem: Problem,
    x: Array,
    rng: np.random.Generator,
    advance: Callable[[float], None] = lambda share: None,
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Draw β, μ_α, α, γ, θ and u given ψ, and the log density of each cell.

    Parameters
    ----------
    problem : Problem
    x : (chain, draw, d) float
        ψ on the unbounded scale.
    rng : numpy.random.Generator
    advance : callable
        Told the share of the work done.

    Returns
    -------
    draws : dict of str to array
        (chain, draw, …) over the fitted places; θ and u in single precision.
    log_likelihood : (chain, draw, place, year) float32
        Of each cell given the place's other years; NaN where there is no cell.
    """
    chains, n_draws, d = x.shape
    total = chains * n_draws
    flat = x.reshape(total, d)
    psi = problem.hyper.values(flat)
    b = _global_draws(problem, flat, rng)
    n_places, n_years = problem.outcome.shape
    theta = np.zeros((total, n_places), dtype=np.float32)
    u = np.zeros((total, n_places, n_years), dtype=np.float32)
    log_likelihood = np.empty((total, n_places, n_years), dtype=np.float32)
    rows = problem.hyper.kernel_rows(psi)
    at_once = max(1, _AT_ONCE // (n_places * (n_years + 1)))
    for low in range(0, total, at_once):
        part = slice(low, min(low + at_once, total))
        residual = residual_of(problem, {name: values[part] for name, values in b.items()})
        normal = rng.standard_normal((residual.shape[0], n_places, n_years + 1))
        cells = (problem.used, problem.flow, problem.known)
        kernel.place_draws(rows[part], residual, *cells, normal, theta[part], u[part])
        kernel.cell_log_density(rows[part], residual, *cells, log_likelihood[part])
        advance(part.stop / total)
    found: dict[str, np.ndarray] = {name: psi[name] for name in problem.hyper.names}
    found |= b
    if names.TAU in problem.hyper.names:
        found[names.THETA] = theta
    if names.SIGMA_U in problem.hyper.names:
        found[names.U] = u
    shaped = {name: v.reshape(chains, n_draws, *v.shape[1:]) for name, v in found.items()}
    return shaped, log_likelihood.reshape(chains, n_draws, n_places, n_years)


def cell_log_likelihood(problem: Problem, draws: Mapping[str, np.ndarray]) -> np.ndarray:
    """Log density of each cell given the place's other years, for draws of any engine.

    Parameters
    ----------
    problem : Problem
    draws : mapping of str to array
        (chain, draw, …): ψ, β, α and γ.

    Returns
    -------
    (chain, draw, place, year) float32
    """
    chains, n_draws = draws[names.SIGMA].shape
    flat = {name: v.reshape(chains * n_draws, *v.shape[2:]) for name, v in draws.items()}
    n_places, n_years = problem.outcome.shape
    out = np.empty((chains * n_draws, n_places, n_years), dtype=np.float32)
    rows = problem.hyper.kernel_rows(flat)
    at_once = max(1, _AT_ONCE // (n_places * n_years))
    for low in range(0, len(out), at_once):
        part = slice(low, min(low + at_once, len(out)))
        b = {name: values[part] for name, values in flat.items() if name in _GLOBAL}
        cells = (problem.used, problem.flow, problem.known)
        kernel.cell_log_density(rows[part], residual_of(problem, b), *cells, out[part])
    return out.reshape(chains, n_draws, n_places, n_years)


def _global_draws(problem: Problem, x: Array, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Global coefficients by name, for each row of ψ."""
    n_factors, n_years, n_groups = problem.sizes
    b = problem.global_draws(x, rng)
    out = {
        names.MU_ALPHA: b[:, n_factors],
        names.ALPHA: b[:, n_factors + 1 : n_factors + 1 + n_years],
    }
    if n_factors:
        out[names.BETA] = b[:, :n_factors]
    if n_groups:
        out[names.GAMMA] = b[:, n_factors + 1 + n_years :]
    return out


def residual_of(problem: Problem, b: Mapping[str, np.ndarray]) -> Array:
    """Outcome less national level, structure and group effect: (draw, place, year).

    Parameters
    ----------
    problem : Problem
    b : mapping of str to array
        (draw, …): α and, where the model has them, β and γ.
    """
    residual = problem.outcome - b[names.ALPHA][:, None, :]
    if names.BETA in b:
        n_places, n_years, n_factors = problem.factors.shape
        flat = problem.factors.reshape(-1, n_factors)
        residual -= (b[names.BETA] @ flat.T).reshape(-1, n_places, n_years)
    if names.GAMMA in b:
        residual -= b[names.GAMMA][:, problem.group][:, :, None]
    return residual
