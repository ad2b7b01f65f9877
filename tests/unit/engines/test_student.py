"""Predictive densities with Student-t noise against brute force."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from scipy import integrate, stats
from tests.unit.engines.collapsed.dense import ar1_covariance, random_problem

from attraktiv.engines import student
from attraktiv.engines.collapsed.draws import cell_log_likelihood as gaussian
from attraktiv.engines.collapsed.draws import conditional_draws
from attraktiv.engines.collapsed.problem import Problem

Drawn = dict[str, np.ndarray]


def drawn(problem: Problem, nu: float, draws: int = 3) -> Drawn:
    """Draws of everything, made as if the noise were normal; that is as good as any."""
    x = np.random.default_rng(7).normal(size=(1, draws, len(problem.hyper.names)))
    found, _ = conditional_draws(problem, x, np.random.default_rng(8))
    return found | {"nu": np.full((1, draws), nu)}


@pytest.fixture(params=["hierarchical_static", "hierarchical_dynamic"])
def problem(request: pytest.FixtureRequest) -> Problem:
    return random_problem(request.param, places=5, years=4, factors=2, groups=2, seed=3)


@pytest.mark.parametrize("nu", [2.05, 4.0, 30.0, 500.0])
@pytest.mark.parametrize("normal2", [1e-4, 0.3, 20.0])
@pytest.mark.parametrize("x", [0.0, 1.3, -8.0, 60.0])
def test_the_density_is_the_convolution(nu: float, normal2: float, x: float) -> None:
    sd, scale = np.sqrt(normal2), 0.7

    def convolution(e: float) -> float:
        return stats.norm.pdf(e, 0, sd) * stats.t.pdf((x - e) / scale, nu) / scale

    # the integrand has its mass near zero, near x, or between
    marks = sorted({0.0, x, *(sd * k for k in (-8, -3, 3, 8)), *(x + k for k in (-3, 3))})
    cuts = [min(marks[0], -40 * sd), *marks, max(marks[-1], 40 * sd)]
    pieces = [
        integrate.quad(convolution, low, high, epsabs=0, epsrel=1e-10, limit=500)[0]
        for low, high in pairwise(cuts)
        if high > low
    ]
    found = student.convolved(x, normal2, scale**2, nu)
    assert found == pytest.approx(np.log(sum(pieces)), abs=1e-6)


def test_far_cells_and_many_degrees_of_freedom_do_not_break_it() -> None:
    far = student.convolved(1e6, 0.5, 0.5, 3.0)
    assert far == pytest.approx(stats.t.logpdf(1e6 / np.sqrt(0.5), 3) - np.log(0.5) / 2, abs=1e-3)
    plain = student.convolved(1.0, 0.5, 0.5, 1e6)
    assert plain == pytest.approx(stats.norm.logpdf(1.0), abs=1e-5)


@pytest.mark.parametrize("nu", [2.5, 12.0])
def test_a_cell_given_the_other_years(
    problem: Problem, nu: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    draws = drawn(problem, nu)
    weight = np.random.default_rng(1).gamma(2.0, 0.5, (3, *problem.outcome.shape))
    monkeypatch.setattr(student, "_weights", lambda *_: weight)
    found = student.cell_log_likelihood(problem, draws, np.random.default_rng(2))
    assert np.array_equal(np.isnan(found[0, 0]), problem.used == 0)
    for draw in range(3):
        expected = by_brute_force(problem, {n: v[0, draw] for n, v in draws.items()}, weight[draw])
        assert found[0, draw] == pytest.approx(expected, rel=1e-5, abs=1e-5, nan_ok=True)


def by_brute_force(problem: Problem, at: Drawn, weight: np.ndarray) -> np.ndarray:
    """Condition the place's normal on its other years, then integrate the own weight."""
    nu = float(at["nu"])
    out = np.full(problem.outcome.shape, np.nan)
    years = problem.outcome.shape[1]
    for i in range(problem.outcome.shape[0]):
        on = np.flatnonzero(problem.used[i])
        mean = at["alpha"] + problem.factors[i] @ at["beta"] + at["gamma"][problem.group[i]]
        residual = problem.outcome[i] - mean
        effect = np.full((years, years), at["tau"] ** 2)
        if "sigma_u" in at:
            effect = effect + ar1_covariance(float(at["sigma_u"]), float(at["rho"]), years)
        scale2 = at["sigma"] ** 2 + at["phi"] * problem.flow[i] + problem.known[i]
        for t in on:
            rest = on[on != t]
            cov = effect[np.ix_(rest, rest)] + np.diag(scale2[rest] / weight[i, rest])
            gain = np.linalg.solve(cov, effect[rest, t])
            centre, variance = gain @ residual[rest], effect[t, t] - gain @ effect[rest, t]
            out[i, t] = np.log(
                integrate.quad(
                    own_weight(float(residual[t] - centre), float(variance), float(scale2[t]), nu),
                    0,
                    np.inf,
                    epsrel=1e-10,
                    limit=500,
                )[0]
            )
    return out


def own_weight(x: float, variance: float, scale2: float, nu: float) -> Callable[[float], float]:
    def integrand(weight: float) -> float:
        normal = stats.norm.pdf(x, 0, np.sqrt(variance + scale2 / weight))
        return float(normal * stats.gamma.pdf(weight, nu / 2, scale=2 / nu))

    return integrand


def test_weights_come_from_their_full_conditional(problem: Problem) -> None:
    draws = drawn(problem, 5.0, draws=1)
    many = {name: np.repeat(values[0], 40_000, axis=0) for name, values in draws.items()}
    residual = np.zeros((1, *problem.outcome.shape)) + 0.8
    weight = student._weights(
        problem, many, np.repeat(residual, 40_000, axis=0), np.random.default_rng(3)
    )
    at = {name: values[0, 0] for name, values in draws.items()}
    noise = residual[0] - at["theta"][:, None] - at.get("u", 0.0)
    scale2 = at["sigma"] ** 2 + at["phi"] * problem.flow + problem.known
    shape, rate = 3.0, (5.0 + noise**2 / scale2) / 2
    error = np.sqrt(shape) / rate / np.sqrt(len(weight))
    assert (np.abs(weight.mean(axis=0) - shape / rate) / error).max() < 4.5
    logs = np.log(weight * rate)
    expected = stats.loggamma(shape)
    error = expected.std() / np.sqrt(len(weight))
    assert (np.abs(logs.mean(axis=0) - expected.mean()) / error).max() < 4.5
    assert logs.std(axis=0) == pytest.approx(expected.std(), rel=0.03)


def test_with_many_degrees_of_freedom_it_is_the_gaussian_density(problem: Problem) -> None:
    draws = drawn(problem, 1e7)
    found = student.cell_log_likelihood(problem, draws, np.random.default_rng(2))
    assert found == pytest.approx(gaussian(problem, draws), abs=2e-2, nan_ok=True)
