"""Exact draws and predictive densities of two equations against dense linear algebra."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm
from tests.unit.engines.collapsed.joint.joint_dense import (
    DenseModel,
    business,
    equation,
    random_problem,
)

from attraktiv import names
from attraktiv.engines.collapsed.joint.draws import cell_log_likelihood, conditional_draws
from attraktiv.specs import CORRELATIONS


def test_moments_of_the_draws_are_those_of_the_exact_posterior() -> None:
    problem = random_problem(places=5, years=4, factors=(2, 1), seed=3)
    x = np.random.default_rng(5).normal(size=len(problem.hyper.names))
    size = 40_000
    draws, _ = conditional_draws(
        problem, np.broadcast_to(x, (4, size // 4, x.size)), np.random.default_rng(6)
    )
    psi = {name: float(value[0]) for name, value in problem.hyper.values(x[None]).items()}
    first = draws[names.RESIDENTIAL]
    assert all((first[name] == psi[name]).all() for name in CORRELATIONS)
    mean, covariance = DenseModel.of(problem, psi).posterior()
    flat = DenseModel.stack(draws)
    sd = np.sqrt(np.diag(covariance))
    # five standard errors: one failure in some ten thousand runs of all entries
    assert (np.abs(flat.mean(axis=0) - mean) / sd).max() < 5 / np.sqrt(size)
    correlation = np.cov(flat.T) / np.outer(sd, sd)
    assert np.abs(correlation - covariance / np.outer(sd, sd)).max() < 6 * np.sqrt(2 / size)


@pytest.mark.parametrize("effects", [("ar1", "ar1"), ("ar1", "static"), ("none", "ar1")])
def test_density_of_a_cell_integrates_the_place_out(effects: tuple[str, str]) -> None:
    problem = random_problem((equation(effects[0]), business(effects[1])), places=11, years=5)
    x = np.random.default_rng(7).normal(size=(1, 2, len(problem.hyper.names)))
    draws, found = conditional_draws(problem, x, np.random.default_rng(8))
    for draw in range(2):
        psi = problem.hyper.values(x[0, draw][None])
        dense = DenseModel.of(problem, {name: float(value[0]) for name, value in psi.items()})
        expected = dense_cell_density(problem, draws, draw, dense)
        for q, kind in enumerate(names.JOINT):
            np.testing.assert_allclose(found[kind][0, draw], expected[..., q], rtol=1e-6, atol=1e-6)
    ties = {name for name in draws[names.RESIDENTIAL] if name.startswith("correlation")}
    assert ties == set(CORRELATIONS) & set(problem.hyper.names)
    again = cell_log_likelihood(problem, draws)
    for kind in names.JOINT:
        np.testing.assert_allclose(again[kind], found[kind], rtol=1e-5, atol=1e-5)


def dense_cell_density(problem, draws, draw, dense):
    """Condition the place's multivariate normal on its other cells, cell by cell."""
    place, year, side = dense.cells
    n_places, n_years, _ = problem.used.shape
    # θ and u are the last effects
    own = slice(dense.design.shape[1] - 2 * n_places * (1 + n_years), None)
    design = dense.design[:, own]
    cov = design @ dense.prior_cov[own, own] @ design.T + dense.noise
    mean = np.zeros(place.size)
    for q, kind in enumerate(names.JOINT):
        at = {name: values[0, draw] for name, values in draws[kind].items()}
        slope = np.append(at[names.BETA], at[names.INITIAL])
        explained = at[names.ALPHA] + problem.factors[q] @ slope
        on = side == q
        mean[on] = explained[place[on], year[on]]
    out = np.full(problem.used.shape, np.nan)
    for j in range(place.size):
        rest = np.flatnonzero((place == place[j]) & (np.arange(place.size) != j))
        gain = np.linalg.solve(cov[np.ix_(rest, rest)], cov[rest, j])
        centre = mean[j] + gain @ (dense.observed - mean)[rest]
        var = cov[j, j] - gain @ cov[rest, j]
        out[place[j], year[j], side[j]] = norm.logpdf(dense.observed[j], centre, np.sqrt(var))
    return out


def test_effects_that_a_model_lacks_are_not_drawn() -> None:
    problem = random_problem((equation("none"), business("static")), factors=(0, 1))
    x = np.zeros((2, 3, len(problem.hyper.names)))
    draws, _ = conditional_draws(problem, x, np.random.default_rng(0))
    first, second = draws[names.RESIDENTIAL], draws[names.BUSINESS]
    assert not {names.THETA, names.U, names.BETA} & first.keys()
    assert first.keys() - set(CORRELATIONS) == {
        "sigma_alpha",
        "rho_alpha",
        "sigma",
        "phi",
        "mu_alpha",
        "alpha",
        "initial",
    }
    assert second.keys() == first.keys() - set(CORRELATIONS) | {"beta", "tau", "theta"}
    assert second[names.THETA].shape == (2, 3, 9)


def test_same_seed_same_bits() -> None:
    problem = random_problem()
    x = np.zeros((1, 5, len(problem.hyper.names)))
    one, other = (conditional_draws(problem, x, np.random.default_rng(2))[0] for _ in range(2))
    for kind in names.JOINT:
        for name, values in one[kind].items():
            np.testing.assert_array_equal(values, other[kind][name])
