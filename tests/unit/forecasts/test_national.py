"""National levels of years to come."""

from __future__ import annotations

import numpy as np
import pytest

from attraktiv.forecasts.national import autoregression_of, continue_level


def test_a_level_returns_to_its_mean_without_chance() -> None:
    one = np.array([1.0])
    path = continue_level(2.0 * one, 0.5 * one, 0.6 * one, one, np.zeros((1, 3)))
    np.testing.assert_allclose(path[0], 0.5 + 1.5 * 0.6 ** np.arange(1, 4))


def test_the_long_run_has_the_variance_of_the_autoregression() -> None:
    draws, years = 20_000, 60
    normal = np.random.default_rng(1).standard_normal((draws, years))
    now, mean, rho, sigma = (np.full(draws, x) for x in (0.0, 0.3, 0.7, 0.2))
    last = continue_level(now, mean, rho, sigma, normal)[:, -1]
    assert last.mean() == pytest.approx(0.3, abs=0.01)
    assert last.std() == pytest.approx(0.2 / np.sqrt(1 - 0.49), rel=0.02)


def test_an_autoregression_is_found_again_in_its_levels() -> None:
    rng = np.random.default_rng(2)
    years = 400
    levels = continue_level(
        np.zeros(1), np.array([0.4]), np.array([0.7]), np.array([0.2]),
        rng.standard_normal((1, years)),
    )  # fmt: skip
    mean, rho, sigma = autoregression_of(np.repeat(levels, 500, axis=0), rng)
    assert rho.mean() == pytest.approx(0.7, abs=0.1)
    assert sigma.mean() == pytest.approx(0.2, rel=0.1)
    assert mean.mean() == pytest.approx(0.4, abs=0.1)
    assert mean.std() > 0


def test_few_levels_leave_it_open() -> None:
    rng = np.random.default_rng(3)
    levels = np.repeat(rng.normal(0.0, 0.2, (1, 8)), 2000, axis=0)
    mean, rho, sigma = autoregression_of(levels, rng)
    assert rho.std() > 0.1
    assert np.percentile(sigma, 90) > 1.4 * np.percentile(sigma, 10)
    assert np.isfinite(mean).all()
