"""Walkers on densities whose moments are known: whatever the stand-in, the draws are right."""

from __future__ import annotations

import numpy as np
import pytest

from attraktiv.engines.collapsed.sampler import Sample, sample
from attraktiv.engines.collapsed.surrogate import Surrogate

D = 12


def correlated(x: np.ndarray) -> np.ndarray:
    """Normal, of very different widths, with neighbours correlated 0.8."""
    return -0.5 * np.einsum("ni,ij,nj->n", x - 0.5, PRECISION, x - 0.5)


SD = np.geomspace(0.05, 1.0, D)
LAG = np.abs(np.subtract.outer(np.arange(D), np.arange(D)))
COVARIANCE = np.outer(SD, SD) * 0.8**LAG
PRECISION = np.linalg.inv(COVARIANCE)


def bent(x: np.ndarray) -> np.ndarray:
    """A ridge: x₁ is near (x₀² − 1)/2, and the other coordinates are standard normal."""
    off = (x[:, 1] - 0.5 * (x[:, 0] ** 2 - 1.0)) / 0.5
    return -0.5 * (x[:, 0] ** 2 + off**2 + (x[:, 2:] ** 2).sum(axis=1))


def draws_of(log_density, seed: int, draws: int = 500) -> tuple[np.ndarray, Sample]:
    rng = np.random.default_rng(seed)
    found = sample(log_density, np.zeros(D), chains=4, draws=draws, rng=rng)
    assert found.method == "walkers"
    assert not found.failure
    return found.x.reshape(-1, D), found


def test_moments_of_a_normal_density() -> None:
    x, found = draws_of(correlated, 1)
    assert found.ess.min() > 400
    error = np.abs(x.mean(axis=0) - 0.5) / SD * np.sqrt(found.ess)
    # twelve means: four standard errors are passed once in a thousand runs
    assert error.max() < 4.0
    np.testing.assert_allclose(x.std(axis=0) / SD, 1.0, atol=0.12)
    correlation = np.corrcoef(x.T)
    assert np.abs(np.diagonal(correlation, 1) - 0.8).max() < 0.08


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_part_of_a_bent_ridge_is_left_out(seed: int) -> None:
    x, found = draws_of(bent, seed)
    error = np.sqrt(found.ess.min())
    assert abs(x[:, 0].mean()) < 4.0 / error
    assert x[:, 0].std() == pytest.approx(1.0, abs=0.12)
    # the mean of (x₀² − 1)/2 is zero, its variance 1/2, and 1/4 of the ridge's width
    assert abs(x[:, 1].mean()) < 4.0 * np.sqrt(0.75) / error
    assert (np.abs(x[:, 0]) > 1.96).mean() == pytest.approx(0.05, abs=0.025)


def test_a_stand_in_that_is_wrong_costs_draws_and_no_truth(monkeypatch) -> None:
    fitted = Surrogate.fitted

    def wrong(*args, **options):
        stand_in = fitted(*args, **options)
        return lambda x: stand_in(x) + 0.7 * np.sin(x[:, 0] / SD[0])

    monkeypatch.setattr(Surrogate, "fitted", wrong)
    x, found = draws_of(correlated, 4)
    error = np.abs(x.mean(axis=0) - 0.5) / SD * np.sqrt(found.ess)
    assert error.max() < 4.0


def test_a_density_that_is_nowhere_finite_is_a_failure() -> None:
    found = sample(
        lambda x: np.full(len(x), -np.inf),
        np.zeros(D),
        chains=2,
        draws=10,
        rng=np.random.default_rng(0),
    )
    assert "no mode" in found.failure


def test_same_seed_same_bits() -> None:
    one, other = (draws_of(correlated, 7, draws=20)[0] for _ in range(2))
    np.testing.assert_array_equal(one, other)
