"""Exact draws and predictive densities against dense linear algebra."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm
from tests.unit.engines.collapsed.dense import DenseModel, random_problem

from attraktiv import names
from attraktiv.engines.collapsed.draws import cell_log_likelihood, conditional_draws
from attraktiv.engines.collapsed.problem import Problem

KINDS = [
    ("hierarchical_dynamic", 0),
    ("hierarchical_dynamic", 2),
    ("hierarchical_static", 0),
    ("hierarchical_static", 3),
    ("hierarchical_spatial", 0),
]


@pytest.fixture(params=KINDS, ids=lambda kind: f"{kind[0]}-{kind[1]}-groups")
def problem(request: pytest.FixtureRequest) -> Problem:
    model, groups = request.param
    field = model == "hierarchical_spatial"
    return random_problem(model, places=5, years=4, factors=2, groups=groups, seed=3, field=field)


def test_moments_of_the_draws_are_those_of_the_exact_posterior(problem: Problem) -> None:
    psi = np.random.default_rng(5).normal(size=len(problem.hyper.names))
    size = 40_000
    x = np.broadcast_to(psi, (4, size // 4, psi.size))
    draws, _ = conditional_draws(problem, x, np.random.default_rng(6))
    dense = DenseModel.of(problem, psi)
    mean, covariance = dense.posterior()
    flat = dense.stack(draws)
    sd = np.sqrt(np.diag(covariance))
    # five standard errors: one failure in some ten thousand runs of all entries
    assert (np.abs(flat.mean(axis=0) - mean) / sd).max() < 5 / np.sqrt(size)
    correlation = np.cov(flat.T) / np.outer(sd, sd)
    assert np.abs(correlation - covariance / np.outer(sd, sd)).max() < 6 * np.sqrt(2 / size)


def test_density_of_a_cell_integrates_the_place_out(problem: Problem) -> None:
    x = np.random.default_rng(7).normal(size=(1, 3, len(problem.hyper.names)))
    draws, log_likelihood = conditional_draws(problem, x, np.random.default_rng(8))
    for draw in range(3):
        expected = dense_cell_density(problem, draws, draw)
        assert log_likelihood[0, draw] == pytest.approx(expected, rel=2e-5, abs=2e-5, nan_ok=True)
    assert np.array_equal(np.isnan(log_likelihood[0, 0]), problem.used == 0)
    again = cell_log_likelihood(problem, draws)
    assert again == pytest.approx(log_likelihood, rel=1e-5, abs=1e-5, nan_ok=True)


def dense_cell_density(problem: Problem, draws: dict[str, np.ndarray], draw: int) -> np.ndarray:
    """Condition the place's multivariate normal on its other years, cell by cell."""
    at = {name: values[0, draw] for name, values in draws.items()}
    out = np.full(problem.outcome.shape, np.nan)
    for i in range(problem.outcome.shape[0]):
        on = np.flatnonzero(problem.used[i])
        mean = at[names.ALPHA] + problem.factors[i] @ at[names.BETA]
        if problem.labels:
            mean = mean + at[names.GAMMA][problem.group[i]]
        cov = DenseModel.place_covariance(problem, at, i)
        for t in on:
            rest = on[on != t]
            gain = np.linalg.solve(cov[np.ix_(rest, rest)], cov[rest, t]) if rest.size else 0.0
            centre = mean[t] + (gain @ (problem.outcome[i, rest] - mean[rest]) if rest.size else 0)
            var = cov[t, t] - (gain @ cov[rest, t] if rest.size else 0.0)
            out[i, t] = norm.logpdf(problem.outcome[i, t], centre, np.sqrt(var))
    return out


def test_the_dense_model_itself_has_the_density_of_the_engine(problem: Problem) -> None:
    psi = np.random.default_rng(9).normal(size=len(problem.hyper.names))
    dense = DenseModel.of(problem, psi)
    expected = multivariate_normal(*dense.marginal()).logpdf(dense.observed)
    found = problem.log_likelihood(problem.hyper.values(psi[None]))[0]
    assert found == pytest.approx(expected, abs=1e-8)
