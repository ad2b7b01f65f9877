"""Scores against formulas written out."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from attraktiv.backtests.scoring import QUANTILES, score_draws, score_quantiles


def test_crps_is_the_fair_estimator_written_out() -> None:
    draws = np.random.default_rng(1).normal(size=(7, 2, 3)) * 50 + 1000
    came = np.array([[1000.0, 950.0, np.nan], [1010.0, 1200.0, 900.0]])
    found = score_draws(draws, came, np.full(3, 1000.0))
    apart = np.abs(draws[:, None] - draws[None]).sum(axis=(0, 1)) / (2 * 7 * 6)
    expected = np.abs(draws - came).mean(axis=0) - apart
    np.testing.assert_allclose(found["crps"], expected, rtol=1e-9)
    for name in ("crps", "log_score", "pit"):
        assert np.isnan(found[name][0, 2])
        assert np.isfinite(np.delete(found[name].ravel(), 2)).all()


def test_scores_of_a_normal_forecast_are_those_of_its_density() -> None:
    draws = np.random.default_rng(1).normal(2000, 20, size=(100_000, 1, 1))
    came = np.array([[2010.0]])
    found = score_draws(draws, came, np.array([2000.0]))
    z = 0.5
    crps = 20 * (z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - 1 / np.sqrt(np.pi))
    assert found["crps"].item() == pytest.approx(crps, rel=0.02)
    # percent of persons at the origin: one is 20 persons
    assert found["log_score"].item() == pytest.approx(-norm.logpdf(z), abs=0.03)
    assert found["pit"].item() == pytest.approx(norm.cdf(z), abs=0.01)
    np.testing.assert_allclose(
        found["predicted_quantile"][:, 0, 0], norm.ppf(QUANTILES, 2000, 20), atol=1.0
    )


def test_a_number_that_every_draw_hits_is_in_the_middle() -> None:
    found = score_draws(np.full((5, 1, 1), 10.0), np.array([[10.0]]), np.array([10.0]))
    assert found["pit"].item() == 0.5
    assert found["crps"].item() == 0.0


def test_a_middle_alone_is_off_by_its_error() -> None:
    found = score_quantiles({0.5: np.array([[90.0]])}, np.array([[100.0]]))
    assert found["crps"].item() == 10.0
    assert np.isnan(found["pit"]).all()
    assert np.isfinite(found["predicted_quantile"]).sum() == 1


def test_quantiles_are_scored_by_their_pinball_loss() -> None:
    stated = {0.1: np.array([[80.0]]), 0.5: np.array([[100.0]]), 0.9: np.array([[120.0]])}
    found = score_quantiles(stated, np.array([[130.0]]))
    pinball = (0.1 * 50 + 0.5 * 30 + 0.9 * 10) / 3
    assert found["crps"].item() == pytest.approx(2 * pinball)
