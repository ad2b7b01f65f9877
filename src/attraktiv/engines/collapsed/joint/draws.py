"""Exact draws of everything that was integrated out, of both equations."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from attraktiv import names
from attraktiv.engines.collapsed.hyper import Array
from attraktiv.engines.collapsed.joint.hyper import of_one
from attraktiv.engines.collapsed.joint.problem import JointProblem
from attraktiv.engines.collapsed.joint.simulation import pair_cell_log_density, pair_draws
from attraktiv.engines.collapsed.problem import unlaned
from attraktiv.names import of_equation
from attraktiv.specs import CORRELATIONS

#: Cells times draws that are worked on at once: some 50 MB of random numbers.
_AT_ONCE = 3_000_000

Draws = dict[str, np.ndarray]


def conditional_draws(
    problem: JointProblem,
    x: Array,
    rng: np.random.Generator,
    advance: Callable[[float], None] = lambda share: None,
) -> tuple[dict[str, Draws], dict[str, np.ndarray]]:
    """Draw β, d, μ_α, α, θ and u of both equations given ψ, and the log density of each cell.

    Parameters
    ----------
    problem : JointProblem
    x : (chain, draw, d) float
        ψ on the unbounded scale.
    rng : numpy.random.Generator
    advance : callable
        Told the share of the work done.

    Returns
    -------
    draws : dict of {"residential", "business"} to dict of str to array
        (chain, draw, …) over the fitted places, under the names of a model of one
        equation, and ``initial``; θ and u in single precision. The correlations are with
        ``residential``.
    log_likelihood : dict of {"residential", "business"} to array
        (chain, draw, place, year) float32 of each cell given all other cells of the place,
        of both equations; NaN where there is no cell.
    """
    chains, n_draws, d = x.shape
    total = chains * n_draws
    flat = x.reshape(total, d)
    psi = problem.hyper.values(flat)
    b = problem.global_draws(flat, rng)
    n_places, n_years, _ = problem.used.shape
    _, used, flow, known = problem.blocks
    theta = np.empty((total, n_places, 2), dtype=np.float32)
    u = np.empty((total, n_places, n_years, 2), dtype=np.float32)
    log_likelihood = np.empty_like(u)
    rows = problem.hyper.kernel_rows(psi)
    at_once = max(1, _AT_ONCE // (2 * n_places * (2 * n_years + 1)))
    for low in range(0, total, at_once):
        part = slice(low, min(low + at_once, total))
        residual = _residual(problem, b[part])
        size, blocks, _, _, lanes = residual.shape
        normal = rng.standard_normal((size, blocks, 2 * n_years + 1, 2, lanes))
        lasting = np.empty((size, blocks, 2, lanes), dtype=np.float32)
        path = np.empty(residual.shape, dtype=np.float32)
        density = np.empty(residual.shape, dtype=np.float32)
        pair_draws(rows[part], residual, used, flow, known, normal, lasting, path)
        pair_cell_log_density(rows[part], residual, used, flow, known, density)
        theta[part] = unlaned(lasting, n_places)
        u[part] = unlaned(path, n_places)
        log_likelihood[part] = unlaned(density, n_places)
        advance(part.stop / total)

    def shaped(values: np.ndarray) -> np.ndarray:
        return values.reshape(chains, n_draws, *values.shape[1:])

    found: dict[str, Draws] = {}
    for q, kind in enumerate(names.JOINT):
        factor, mu, year = problem.parts(kind)
        one: Draws = {
            n: v for n, v in of_one(psi, kind).items() if n in problem.equations[q].priors
        }
        one |= {
            names.MU_ALPHA: b[:, mu],
            names.ALPHA: b[:, year],
            names.INITIAL: b[:, factor.stop - 1],
        }
        if factor.stop - factor.start > 1:
            one[names.BETA] = b[:, factor.start : factor.stop - 1]
        if names.TAU in one:
            one[names.THETA] = theta[..., q]
        if names.SIGMA_U in one:
            one[names.U] = u[..., q]
        found[kind] = {name: shaped(values) for name, values in one.items()}
    tied = {n: shaped(psi[n]) for n in CORRELATIONS if n in problem.hyper.names}
    found[names.RESIDENTIAL] |= tied
    densities = {kind: shaped(log_likelihood[..., q]) for q, kind in enumerate(names.JOINT)}
    return found, densities


def cell_log_likelihood(
    problem: JointProblem, draws: Mapping[str, Mapping[str, np.ndarray]]
) -> dict[str, np.ndarray]:
    """Log density of each cell given the place's other cells, for draws of any engine.

    Parameters
    ----------
    problem : JointProblem
    draws : mapping of {"residential", "business"} to mapping of str to array
        (chain, draw, …): ψ, β, α and ``initial``; the correlations with ``residential``.

    Returns
    -------
    dict of {"residential", "business"} to array
        (chain, draw, place, year) float32.
    """
    chains, n_draws = draws[names.RESIDENTIAL][names.SIGMA].shape
    flat = {
        of_equation(name, kind): values.reshape(chains * n_draws, *values.shape[2:])
        for kind, one in draws.items()
        for name, values in one.items()
    }
    zero = np.zeros(chains * n_draws)
    rows = problem.hyper.kernel_rows({**dict.fromkeys(CORRELATIONS, zero), **flat})
    b = np.zeros((chains * n_draws, problem.coefficients))
    for kind in names.JOINT:
        factor, _, year = problem.parts(kind)
        b[:, year] = flat[of_equation(names.ALPHA, kind)]
        b[:, factor.stop - 1] = flat[of_equation(names.INITIAL, kind)]
        if factor.stop - factor.start > 1:
            b[:, factor.start : factor.stop - 1] = flat[of_equation(names.BETA, kind)]
    n_places, n_years, _ = problem.used.shape
    _, used, flow, known = problem.blocks
    out = np.empty((chains * n_draws, n_places, n_years, 2), dtype=np.float32)
    at_once = max(1, _AT_ONCE // (2 * n_places * n_years))
    for low in range(0, len(out), at_once):
        part = slice(low, low + at_once)
        residual = _residual(problem, b[part])
        density = np.empty(residual.shape, dtype=np.float32)
        pair_cell_log_density(rows[part], residual, used, flow, known, density)
        out[part] = unlaned(density, n_places)
    out = out.reshape(chains, n_draws, *out.shape[1:])
    return {kind: out[..., q] for q, kind in enumerate(names.JOINT)}


def _residual(problem: JointProblem, b: Array) -> Array:
    """Outcomes less national level and structure, in blocks; zero where a cell is missing."""
    z, used, _, _ = problem.blocks
    blocks, columns, n_years, _, lanes = z.shape
    y = columns - 3
    out = np.empty((len(b), blocks, n_years, 2, lanes))
    first = 0
    for q, kind in enumerate(names.JOINT):
        factor, _, year = problem.parts(kind)
        last = first + factor.stop - factor.start
        own = z[:, first:last, :, q].transpose(1, 0, 2, 3)
        explained = b[:, factor] @ own.reshape(last - first, -1)
        explained = explained.reshape(len(b), blocks, n_years, lanes)
        level = b[:, None, year, None] * used[:, :, q]
        out[:, :, :, q] = z[:, y, :, q] - explained - level
        first = last
    return out
