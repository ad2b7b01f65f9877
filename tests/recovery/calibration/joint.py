"""Calibration of the collapsed engine of two equations that feed each other.

Jobs of a year stand in the equation of migration, and migration of the year before in that of
jobs: if the map from errors to data did not leave the density as it is, ranks would show it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from tests.recovery.calibration.collapsed import PLACES, SAMPLING, YEARS, Fit, row
from tests.recovery.calibration.countries import ar1
from tests.recovery.calibration.ranks import KEPT

from attraktiv import names
from attraktiv.engines.collapsed.joint.draws import conditional_draws
from attraktiv.engines.collapsed.joint.problem import JointProblem
from attraktiv.engines.collapsed.problem import Cells
from attraktiv.engines.collapsed.running import run
from attraktiv.names import of_equation
from attraktiv.specs import CORRELATIONS, Equation, load_spec
from attraktiv.specs.priors import Beta

MODEL = "joint_2026"
EVEN = Beta(distribution="beta", alpha=2.0, beta=2.0, lower=-1.0, upper=1.0)

Truth = dict[str, np.ndarray]


def equations() -> tuple[Equation, Equation]:
    """The two equations of the model."""
    spec = load_spec(MODEL)
    return spec.migration, spec.equation(names.BUSINESS)


def rows(model: str, first: int, simulations: int) -> list[dict[str, Any]]:
    """Ranks of so many simulations, the first of which has the number `first`."""
    if model != MODEL:
        raise ValueError(f"the model of two equations is {MODEL}, found {model}")
    return [row(fit) for fit in fits(range(first, first + simulations))]


def fits(simulations: Iterable[int], places: int = PLACES, years: int = YEARS) -> Iterator[Fit]:
    """Simulate panels of a size and fit them; the number of each is its seed."""
    for i in simulations:
        rng = np.random.default_rng([i, *MODEL.encode()])
        truth, cells, initial = simulate(rng, places, years)
        problem = JointProblem.of_cells(
            equations(), cells, initial, dict.fromkeys(CORRELATIONS, EVEN)
        )
        psi, drawn = run(problem, conditional_draws, SAMPLING, seed=i, progress=False)
        kept = {}
        if drawn is not None:
            both, _ = drawn
            total = SAMPLING.chains * SAMPLING.draws
            thin = np.random.default_rng([i, 1]).permutation(total)[:KEPT]
            named = {
                of_equation(name, kind): values
                for kind in names.JOINT
                for name, values in both[kind].items()
            }
            kept = {n: v.reshape(total, *v.shape[2:])[thin] for n, v in named.items()}
        yield Fit(i, truth, kept, psi.method, psi.failure, float(np.min(psi.ess)))


def simulate(
    rng: np.random.Generator, places: int, years: int
) -> tuple[Truth, tuple[Cells, Cells], np.ndarray]:
    """Draw every parameter from its prior, and both outcomes from them, year by year."""
    fixed = np.random.default_rng(0)
    initial = fixed.standard_normal(places)
    flow = np.repeat(900.0 / np.geomspace(200_000, 500, places)[:, None], years, axis=1)
    used = (fixed.random((places, years, 2)) > 0.1).astype(float)
    outside = fixed.standard_normal((places, years, 2))
    truth: Truth = {name: EVEN.from_normal(rng.standard_normal(1))[0] for name in CORRELATIONS}
    ones = [_of_one(rng, equation, years) for equation in equations()]
    lasting = _pair(rng, truth[names.CORRELATION_LASTING], ones, names.TAU, (places,))
    steps = _pair(rng, truth[names.CORRELATION_PATH], ones, names.SIGMA_U, (places, years))
    path = _paths(rng, steps, truth[names.CORRELATION_PATH], ones)
    noise = rng.standard_normal((places, years, 2))
    noise[..., 1] = _mixed(noise, truth[names.CORRELATION_NOISE])
    for q, one in enumerate(ones):
        noise[..., q] *= np.sqrt(one[names.SIGMA] ** 2 + one[names.PHI] * flow)
    own = lasting[:, None] + path + noise
    outcome = np.zeros((places, years, 2))
    factors = np.zeros((places, years, 2, 2))
    factors[..., 0] = outside
    for t in range(years):
        if t > 0:
            factors[:, t, 1, 1] = outcome[:, t - 1, 0] * used[:, t - 1, 0]
        for q in (1, 0):
            one = ones[q]
            explained = one[names.ALPHA][t] + factors[:, t, q] @ one[names.BETA]
            outcome[:, t, q] = own[:, t, q] + explained + one[names.INITIAL] * initial
            if q == 1:
                factors[:, t, 0, 1] = outcome[:, t, 1] * used[:, t, 1]
    for q, (kind, one) in enumerate(zip(names.JOINT, ones, strict=True)):
        one |= {names.THETA: lasting[:, q], names.U: path[..., q]}
        truth |= {of_equation(name, kind): value for name, value in one.items()}
    first, second = (
        Cells(
            outcome[..., q] * used[..., q],
            used[..., q],
            flow,
            np.zeros_like(flow),
            factors[:, :, q] * used[..., q, None],
        )
        for q in range(2)
    )
    return truth, (first, second), initial


def _of_one(rng: np.random.Generator, equation: Equation, years: int) -> Truth:
    """The parameters of one equation but for its effects of places."""
    drawn = {
        name: np.asarray(prior.from_normal(rng.standard_normal(1))[0])
        for name, prior in equation.priors.items()
        if name != names.BETA
    }
    slopes = equation.priors[names.BETA].from_normal(rng.standard_normal(3))
    level = ar1(rng, drawn[names.RHO_ALPHA], drawn[names.SIGMA_ALPHA], (years,))
    return drawn | {
        names.BETA: slopes[:2],
        names.INITIAL: slopes[2],
        names.ALPHA: drawn[names.MU_ALPHA] + level,
    }


def _mixed(normal: np.ndarray, correlation: np.ndarray) -> np.ndarray:
    """The second of two numbers so that it has a correlation with the first."""
    rest = np.sqrt(1.0 - correlation**2)
    return np.asarray(correlation * normal[..., 0] + rest * normal[..., 1])


def _pair(
    rng: np.random.Generator,
    correlation: np.ndarray,
    ones: list[Truth],
    deviation: str,
    shape: tuple[int, ...],
) -> np.ndarray:
    """Correlated pairs along the last axis, whose deviations are those of the equations."""
    out = rng.standard_normal((*shape, 2))
    out[..., 1] = _mixed(out, correlation)
    return out * np.array([float(one[deviation]) for one in ones])


def _paths(
    rng: np.random.Generator, steps: np.ndarray, correlation: np.ndarray, ones: list[Truth]
) -> np.ndarray:
    """Stationary paths of both equations from their steps."""
    rho = np.array([float(one[names.RHO]) for one in ones])
    sigma = np.array([float(one[names.SIGMA_U]) for one in ones])
    step = np.array([[1.0, correlation], [correlation, 1.0]]) * np.outer(sigma, sigma)
    root = np.linalg.cholesky(step / (1.0 - np.outer(rho, rho)))
    path = steps.copy()
    path[:, 0] = rng.standard_normal((len(steps), 2)) @ root.T
    for t in range(1, steps.shape[1]):
        path[:, t] += rho * path[:, t - 1]
    return path
