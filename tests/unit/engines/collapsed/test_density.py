"""The density of ψ against a multivariate normal with everything written out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from tests.unit.engines.collapsed.dense import random_problem

from attraktiv import names
from attraktiv.engines.collapsed.hyper import Hyper
from attraktiv.engines.collapsed.problem import Problem
from attraktiv.specs import Equation, Normal


def brute_force(problem: Problem, x: np.ndarray) -> np.ndarray:
    """Log density of the cells at each row of `x`, from their full covariance."""
    psi = problem.hyper.values(x)
    place, year = np.nonzero(problem.used)
    lag = np.abs(np.subtract.outer(year, year))
    same = place[:, None] == place[None, :]
    factors = problem.factors[place, year]
    beta, mu = (problem.equation.priors[n] for n in (names.BETA, names.MU_ALPHA))
    assert isinstance(beta, Normal)
    assert isinstance(mu, Normal)
    mean = mu.mu + factors.sum(axis=1) * beta.mu
    out = []
    for i in range(len(x)):
        one = {name: float(value[i]) for name, value in psi.items()}
        rho = one[names.RHO_ALPHA]
        cov = one[names.SIGMA_ALPHA] ** 2 / (1 - rho**2) * rho**lag + mu.sigma**2
        cov += beta.sigma**2 * factors @ factors.T + same * one.get(names.TAU, 0.0) ** 2
        if names.SIGMA_U in one:
            rho = one[names.RHO]
            cov += same * one[names.SIGMA_U] ** 2 / (1 - rho**2) * rho**lag
        if problem.labels:
            group = problem.group[place]
            shape = np.eye(len(problem.labels))
            if problem.field is not None:
                shape = np.linalg.inv(problem.field.precision)
            cov += shape[np.ix_(group, group)] * one[names.SIGMA_GAMMA] ** 2
        noise = one[names.SIGMA] ** 2 + one.get(names.PHI, 0.0) * problem.flow[place, year]
        cov += np.diag(noise + problem.known[place, year])
        out.append(multivariate_normal(mean, cov).logpdf(problem.outcome[place, year]))
    return np.array(out)


def check(problem: Problem, seed: int = 0) -> None:
    x = np.random.default_rng(seed).normal(size=(4, len(problem.hyper.names)))
    found = problem.log_likelihood(problem.hyper.values(x))
    # densities are of order 1e2: 1e-8 absolute is ten digits
    np.testing.assert_allclose(found, brute_force(problem, x), rtol=1e-10, atol=1e-8)


@pytest.mark.parametrize("model", ["hierarchical_static", "hierarchical_dynamic"])
@pytest.mark.parametrize("groups", [0, 3])
@pytest.mark.parametrize("seed", range(6))
def test_density_of_random_panels(model: str, groups: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    places, years, factors = (int(rng.integers(*r)) for r in ((3, 18), (2, 13), (0, 4)))
    problem = random_problem(
        model,
        places=places,
        years=years,
        factors=factors,
        groups=groups,
        missing=float(rng.uniform(0.0, 0.5)),
        seed=seed,
    )
    check(problem, seed)


@pytest.mark.parametrize("seed", range(4))
def test_density_with_a_spatial_field(seed: int) -> None:
    rng = np.random.default_rng(seed)
    places, years = int(rng.integers(4, 15)), int(rng.integers(2, 9))
    problem = random_problem(
        "hierarchical_spatial", places=places, years=years, factors=2, seed=seed, field=True
    )
    assert len(problem.labels) == places + 1
    check(problem, seed)


def _changed(problem: Problem, **changes: np.ndarray) -> Problem:
    from attraktiv.engines.collapsed.problem import _blocks

    new = replace(problem, **changes)  # type: ignore[arg-type]
    on = new.used
    outcome, factors = new.outcome * on, new.factors * on[..., None]
    blocks = _blocks(outcome, on, new.flow, new.known, factors, new.group)
    return replace(new, outcome=outcome, factors=factors, blocks=blocks)


def test_one_huge_place() -> None:
    problem = random_problem("hierarchical_dynamic", places=9, years=6, factors=2)
    flow = problem.flow.copy()
    flow[0] = 1e-9
    check(_changed(problem, flow=flow))


def test_unbalanced_years_and_places_with_one_cell() -> None:
    problem = random_problem("hierarchical_dynamic", places=11, years=7, factors=1)
    used = np.ones_like(problem.used)
    used[:5, :3] = 0.0
    used[5:7, 4:] = 0.0
    used[8] = 0.0
    used[8, 3] = 1.0
    check(_changed(problem, used=used))


def test_independent_year_effects() -> None:
    problem = random_problem("hierarchical_dynamic", places=7, years=5, factors=2)
    raw = problem.equation.model_dump()
    raw["year_effect"] = "independent"
    raw["priors"] = {n: p for n, p in raw["priors"].items() if n != names.RHO_ALPHA}
    equation = Equation.model_validate(raw)
    check(replace(problem, equation=equation, hyper=Hyper.of(equation)))


def test_extreme_values_are_numbers_or_nothing() -> None:
    problem = random_problem("hierarchical_dynamic", places=5, years=4, factors=1)
    d = len(problem.hyper.names)
    x = np.concatenate([10.0 * np.eye(d), -10.0 * np.eye(d), np.full((1, d), 40.0)])
    assert not np.isnan(problem.log_posterior(x)).any()
    features, rough = problem.guide(np.zeros(d))(x)
    assert np.isfinite(features).all()
    assert np.isfinite(rough).all()
