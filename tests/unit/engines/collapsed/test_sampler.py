from __future__ import annotations

import numpy as np
import pytest

from attraktiv.engines.collapsed.sampler import Sample, sample


def draw(log_density, d, seed=0, draws=250, guide=None) -> Sample:
    rng = np.random.default_rng(seed)
    guided = None if guide is None else lambda mode: guide
    return sample(log_density, np.zeros(d), chains=4, draws=draws, rng=rng, guided=guided)


def gaussian(d):
    rng = np.random.default_rng(d)
    root = rng.normal(size=(d, d)) / np.sqrt(5.0 * d) + 0.2 * np.eye(d)
    covariance, mean = root @ root.T, np.linspace(-1.0, 1.0, d)
    precision = np.linalg.inv(covariance)

    def log_density(x):
        return -0.5 * np.einsum("ni,ij,nj->n", x - mean, precision, x - mean)

    return log_density, mean, covariance


@pytest.mark.parametrize("d", [1, 2, 8, 16])
def test_moments_of_a_gaussian(d):
    log_density, mean, covariance = gaussian(d)
    found = draw(log_density, d)
    assert not found.failure
    assert found.x.shape == (4, 250, d)
    x = found.x.reshape(-1, d)
    spread = np.sqrt(np.diag(covariance))
    np.testing.assert_array_less(np.abs(x.mean(0) - mean), 5.0 * spread / np.sqrt(found.ess))
    np.testing.assert_allclose(x.std(0), spread, rtol=0.15)


def summed(x):
    """Log variances of which the data see the sum: a bent ridge in the first two."""
    return np.logaddexp(x[:, 0], x[:, 1])


def ridge(x):
    return -0.5 * ((summed(x) - 0.5) / 0.05) ** 2 - 0.5 * (x**2).sum(axis=1)


def guide_of_the_ridge(x):
    return np.column_stack([summed(x), x[:, 2]]), np.zeros(len(x))


def moments_of_the_ridge():
    grid = np.linspace(-7.0, 7.0, 1501)
    a, b = np.meshgrid(grid, grid, indexing="ij")
    log_weight = -0.5 * ((np.logaddexp(a, b) - 0.5) / 0.05) ** 2 - 0.5 * (a**2 + b**2)
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    mean = (weight * a).sum()
    return mean, np.sqrt((weight * a**2).sum() - mean**2)


def test_skewed_ridge_whose_moments_are_known():
    found = draw(ridge, 3, guide=guide_of_the_ridge)
    assert not found.failure
    mean, spread = moments_of_the_ridge()
    assert abs(found.x[..., 0].mean() - mean) < 5.0 * spread / np.sqrt(found.ess[0])
    assert found.x[..., 0].std() == pytest.approx(spread, rel=0.15)


def test_what_a_ridge_says_of_its_draws_is_true():
    # a sampler that settles on a part of the ridge shows only here, in repeated runs
    mean, spread = moments_of_the_ridge()
    runs = [draw(ridge, 3, seed=s, draws=50, guide=guide_of_the_ridge) for s in range(12)]
    assert [r.failure for r in runs] == [""] * len(runs)
    errors = np.array([r.x[..., :2].mean(axis=(0, 1)) - mean for r in runs])
    ess = np.array([r.ess[:2] for r in runs])
    # the two ends trade off: 12 runs are some 12 independent errors, not 24
    assert 0.2 < (errors**2 * ess).mean() / spread**2 < 2.5


def test_a_misleading_guide_costs_draws_and_no_truth():
    def guide(x):
        return x, 20.0 * np.sin(3.0 * x[:, 0])

    log_density, mean, covariance = gaussian(2)
    found = draw(log_density, 2, guide=guide)
    assert not found.failure
    spread = np.sqrt(np.diag(covariance))
    apart = np.abs(found.x.mean(axis=(0, 1)) - mean)
    np.testing.assert_array_less(apart, 5.0 * spread / np.sqrt(found.ess))


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
    # 20 runs × 4 parameters: chi-squared with about 80 degrees of freedom over 80
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
