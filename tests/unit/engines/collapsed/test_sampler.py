from __future__ import annotations

import numpy as np
import pytest

from attraktiv.engines.collapsed.sampler import Sample, sample


def draw(log_density, d, seed=0, draws=250, features=None) -> Sample:
    rng = np.random.default_rng(seed)
    return sample(log_density, np.zeros(d), chains=4, draws=draws, rng=rng, features=features)


def gaussian(d):
    rng = np.random.default_rng(d)
    root = rng.normal(size=(d, d)) / np.sqrt(5.0 * d) + 0.2 * np.eye(d)
    covariance, mean = root @ root.T, np.linspace(-1.0, 1.0, d)
    precision = np.linalg.inv(covariance)

    def log_density(x):
        return -0.5 * np.einsum("ni,ij,nj->n", x - mean, precision, x - mean)

    return log_density, mean, covariance


@pytest.mark.parametrize("d", [1, 2, 8])
def test_moments_of_a_gaussian(d):
    log_density, mean, covariance = gaussian(d)
    found = draw(log_density, d)
    assert not found.failure
    assert found.x.shape == (4, 250, d)
    x = found.x.reshape(-1, d)
    spread = np.sqrt(np.diag(covariance))
    np.testing.assert_array_less(np.abs(x.mean(0) - mean), 5.0 * spread / np.sqrt(found.ess))
    np.testing.assert_allclose(x.std(0), spread, rtol=0.15)


def test_skewed_ridge_whose_product_is_known():
    # log variances seen only through their sum of variances: a bent ridge
    def features(x):
        return np.column_stack([np.log(np.exp(x[:, 0]) + np.exp(x[:, 1])), x[:, 2]])

    def log_density(x):
        z = features(x)
        return -0.5 * ((z[:, 0] - 0.5) / 0.05) ** 2 - 0.5 * (x**2).sum(axis=1)

    found = draw(log_density, 3, features=features)
    assert not found.failure
    grid = np.linspace(-7.0, 7.0, 1501)
    a, b = np.meshgrid(grid, grid, indexing="ij")
    log_weight = -0.5 * ((np.logaddexp(a, b) - 0.5) / 0.05) ** 2 - 0.5 * (a**2 + b**2)
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    mean, spread = (weight * a).sum(), np.sqrt((weight * a**2).sum() - (weight * a).sum() ** 2)
    assert abs(found.x[..., 0].mean() - mean) < 5.0 * spread / np.sqrt(found.ess[0])
    assert found.x[..., 0].std() == pytest.approx(spread, rel=0.15)


def test_same_seed_same_bits():
    log_density, _, _ = gaussian(3)
    one, two = draw(log_density, 3, seed=4), draw(log_density, 3, seed=4)
    np.testing.assert_array_equal(one.x, two.x)
    assert one.evaluations == two.evaluations
    assert not np.array_equal(one.x, draw(log_density, 3, seed=5).x)


def test_effective_size_is_that_of_repeated_runs():
    log_density, mean, covariance = gaussian(4)
    runs = [draw(log_density, 4, seed=s, draws=50) for s in range(20)]
    means = np.array([r.x.reshape(-1, 4).mean(axis=0) for r in runs])
    ess = np.mean([r.ess for r in runs], axis=0)
    ratio = ((means - mean) ** 2).mean(axis=0) * ess / np.diag(covariance)
    # 20 runs × 4 parameters: chi-squared with about 80 degrees of freedom over 80;
    # systematic resampling adds a little
    assert 0.55 < ratio.mean() < 1.6


def test_batches_agree():
    log_density, _, covariance = gaussian(4)
    found = draw(log_density, 4)
    between = found.x.mean(axis=1).var(axis=0, ddof=1) * 250 / np.diag(covariance)
    assert between.mean() < 3.0


def test_no_mode_is_a_failure_with_its_reason():
    found = draw(lambda x: x.sum(axis=1), 2)
    assert "no mode" in found.failure
    assert found.x.shape == (4, 250, 2)


def test_density_that_is_nowhere_finite_is_a_failure():
    found = draw(lambda x: np.full(len(x), -np.inf), 2)
    assert "no mode" in found.failure


def test_heavy_tails_are_not_passed_over():
    # a Cauchy in a direction that the prior does not bound
    found = draw(lambda x: -1.5 * np.log1p((x**2).sum(axis=1)), 2)
    assert found.failure or found.pareto_k <= 0.7
