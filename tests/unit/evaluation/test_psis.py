"""Pareto-smoothed importance sampling, many items at once, against ArviZ, one at a time."""

from __future__ import annotations

import numpy as np
import pytest
from arviz_stats.base import array_stats

from attraktiv.evaluation import psis


@pytest.mark.parametrize("draws", [60, 225, 400, 2000])
def test_it_is_what_arviz_gives(draws: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psis, "_AT_ONCE", 40_000)  # several parts
    rng = np.random.default_rng(draws)
    spread = np.geomspace(0.01, 6.0, 40)  # from weights that are alike to a few that are all
    density = -(spread * rng.standard_normal((draws, 40)) ** 2)
    density[:, 0] = -0.5 * rng.standard_exponential(draws)
    elpd, k = psis.leave_out(density)
    theirs = array_stats.loo(density.T[:, None, :].copy(), chain_axis=1, draw_axis=2)
    assert elpd == pytest.approx(theirs[0], rel=1e-10)
    assert k == pytest.approx(theirs[1], rel=1e-8)
    assert k.min() < 0.5 < 1.0 < k.max()


def test_equal_weights_are_left_alone() -> None:
    elpd, k = psis.leave_out(np.full((500, 2), -1.3))
    assert elpd == pytest.approx(-1.3)
    assert np.isnan(k).all()


def test_the_limit_depends_on_the_number_of_draws() -> None:
    assert psis.k_limit(100) == pytest.approx(0.5)
    assert psis.k_limit(10_000) == pytest.approx(0.7)
