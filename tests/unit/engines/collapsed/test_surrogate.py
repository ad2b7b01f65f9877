"""The stand-in learns a density, and the rough likelihood is close to the exact one."""

from __future__ import annotations

import numpy as np
import pytest

import attraktiv
from attraktiv.engines.collapsed import Problem
from attraktiv.engines.collapsed.proposal import Mixture, walk
from attraktiv.engines.collapsed.surrogate import Surrogate, unguided


def bent(x):
    return -0.5 * (x**2).sum(axis=1) - 3.0 * (x[:, 0] - 0.3 * x[:, 1] ** 2) ** 2 - 7.0


def learnt(guide=unguided, trust=3.0):
    x = np.random.default_rng(0).normal(size=(250, 2))
    return Surrogate.fitted(guide, x, bent(x), trust)


def bulk():
    fresh = np.random.default_rng(1).normal(size=(200, 2))
    return fresh[bent(fresh) > -7.0 - 3.0]


def test_a_smooth_density_is_learnt_between_its_points():
    np.testing.assert_allclose(learnt()(bulk()), bent(bulk()), atol=0.05)


def test_a_right_guide_leaves_nothing_to_learn():
    def guide(x):
        return x, -3.0 * (x[:, 0] - 0.3 * x[:, 1] ** 2) ** 2 + 100.0

    np.testing.assert_allclose(learnt(guide)(bulk()), bent(bulk()), atol=2e-3)


def test_far_from_its_points_the_stand_in_promises_nothing():
    far = np.array([[60.0, 0.0], [0.0, -60.0]])
    near = np.zeros((1, 2))
    assert (learnt()(far) < learnt()(near) - 100.0).all()


@pytest.mark.parametrize(
    "model", ["hierarchical_static", "hierarchical_dynamic", "hierarchical_spatial"]
)
def test_rough_likelihood_follows_the_exact_one(model):
    panel = attraktiv.simulate_country(places=60, years=8, seed=1, ages=False).panel
    problem = Problem.of(attraktiv.build_design(attraktiv.load_spec(model), panel))
    d = len(problem.hyper.names)
    x = 0.7 * np.random.default_rng(2).normal(size=(200, d))
    exact = problem.log_posterior(x) + 0.5 * (x**2).sum(axis=1)
    _, rough = problem.guide(x[np.argmax(exact)])(x)
    top = exact > exact.max() - 100.0
    assert top.sum() > 50
    left = (exact - rough)[top].std()
    assert left < 0.25 * exact[top].std()


def test_walking_particles_take_the_shape_of_the_density():
    # all of them start in one corner of an ellipse
    rng = np.random.default_rng(3)
    scale = np.array([0.1, 2.0])
    start = np.array([0.0, 4.0]) + 0.05 * rng.normal(size=(2000, 2))
    moved = walk(start, lambda x: -0.5 * ((x / scale) ** 2).sum(axis=1), 100, rng)
    np.testing.assert_allclose(moved.std(axis=0), scale, rtol=0.1)
    np.testing.assert_array_less(np.abs(moved.mean(axis=0)), 0.15 * scale)


def test_a_mixture_has_the_density_it_draws_from():
    one = Mixture.single(np.array([1.0, 0.0]), np.diag([1.0, 0.25]))
    mixture = one.joined(Mixture.single(np.array([-2.0, 0.0]), np.eye(2)), 0.3)
    grid = np.stack(np.meshgrid(*[np.linspace(-40, 40, 801)] * 2), axis=-1).reshape(-1, 2)
    density = np.exp(mixture.log_density(grid)) * 0.1**2
    assert density.sum() == pytest.approx(1.0, abs=2e-3)
    draws = mixture.draw(np.random.default_rng(4), 40_000)
    np.testing.assert_allclose(draws.mean(axis=0), density @ grid, atol=0.03)
