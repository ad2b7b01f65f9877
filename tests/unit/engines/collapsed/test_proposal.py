from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from attraktiv.engines.collapsed.proposal import (
    FREEDOM,
    Guided,
    Mixture,
    count,
    normalised,
    resample,
)


@pytest.fixture
def mixture() -> Mixture:
    one = Mixture.single(np.array([0.0, 1.0]), np.array([[1.0, 0.5], [0.5, 2.0]]))
    two = Mixture.single(np.array([3.0, -1.0]), np.diag([0.2, 0.4]))
    return one.joined(two, 0.3)


def test_density_is_that_of_scipy(mixture):
    x = np.random.default_rng(0).normal(size=(20, 2)) * 3.0
    expected = sum(
        w * stats.multivariate_t(c, r @ r.T, df=FREEDOM).pdf(x)
        for w, c, r in zip(mixture.weight, mixture.centre, mixture.root, strict=True)
    )
    np.testing.assert_allclose(np.exp(mixture.log_density(x)), expected, rtol=1e-10)


def test_draws_follow_the_density(mixture):
    x = mixture.draw(np.random.default_rng(1), 40_000)
    np.testing.assert_allclose(x.mean(axis=0), mixture.weight @ mixture.centre, atol=0.05)


def test_refit_finds_two_clusters():
    rng = np.random.default_rng(2)
    x = np.concatenate([rng.normal(-4.0, 1.0, (1000, 2)), rng.normal(4.0, 0.5, (1000, 2))])
    fitted = Mixture.single(x.mean(axis=0), np.cov(x.T)).split().refit(x, 50)
    np.testing.assert_allclose(np.sort(fitted.centre[:, 0]), [-4.0, 4.0], atol=0.2)
    np.testing.assert_allclose(fitted.weight, 0.5, atol=0.05)


def test_guided_draws_follow_the_stand_in(mixture):
    def stand_in(x):
        return -0.5 * ((x - [0.5, 0.8]) ** 2 / [0.25, 1.0]).sum(axis=1)

    rng = np.random.default_rng(3)
    guided = Guided.by(mixture, stand_in, rng)
    x, log_density = guided.draw(rng, 20_000)
    np.testing.assert_allclose(log_density, guided.log_density(x), rtol=1e-10)
    weights = normalised(stand_in(x) - log_density)
    assert count(weights) > 0.9 * len(x)
    mean = weights @ x
    np.testing.assert_allclose(mean, [0.5, 0.8], atol=0.03)
    np.testing.assert_allclose(weights @ (x - mean) ** 2, [0.25, 1.0], rtol=0.06)


def test_resampling_is_systematic():
    rows = resample(np.array([0.5, 0.25, 0.25, 0.0]), 8, np.random.default_rng(0))
    np.testing.assert_array_equal(np.bincount(rows, minlength=4), [4, 2, 2, 0])


def test_weights_of_nothing_finite_are_equal():
    np.testing.assert_array_equal(normalised(np.full(4, -np.inf)), 0.25)
