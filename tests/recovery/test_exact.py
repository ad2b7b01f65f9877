"""Chains on the exact density stay where they begin if they begin in it, and drift if not."""

from __future__ import annotations

import numpy as np
import pytest
from tests.recovery.exact import PER_WALKER, compared, correlation_time, reading, walk

# many: the error of a share is estimated from those few chains that begin in the tail
D, WALKERS, STEPS, EVERY = 4, 2000, 300, 5
LABELS = tuple("abcd")


def normal(x: np.ndarray) -> np.ndarray:
    return -0.5 * (x**2).sum(axis=1)


def table_from(shift: float, scale: float, seed: int):
    rng = np.random.default_rng(seed)
    before = shift + scale * rng.standard_normal((WALKERS, PER_WALKER, D))
    chains = walk(normal, before[:, -1], before.reshape(-1, D), STEPS, EVERY, rng)
    assert 0.1 < chains.accepted < 0.9
    return compared(LABELS, before, chains, EVERY)


def test_chains_that_begin_in_the_density_stay_there() -> None:
    table = table_from(0.0, 1.0, 1)
    z = table[["z_mean", "z_square", "z_low", "z_high"]].abs().to_numpy()
    assert z.max() < 4.0
    assert table["drift"].abs().max() < 0.15
    np.testing.assert_allclose(table["after_sd"], 1.0, atol=0.06)


@pytest.mark.parametrize(
    ("shift", "scale", "column"), [(0.4, 1.0, "z_mean"), (0.0, 0.7, "z_square")]
)
def test_chains_that_begin_beside_it_drift(shift: float, scale: float, column: str) -> None:
    table = table_from(shift, scale, 2)
    assert table[column].abs().min() > 4.0
    np.testing.assert_allclose(table["after_mean"], 0.0, atol=0.1)
    np.testing.assert_allclose(table["after_sd"], 1.0, atol=0.08)


def test_the_correlation_time_of_a_path_is_known() -> None:
    rng = np.random.default_rng(3)
    steps, chains, rho = 2000, 100, 0.8
    series = np.empty((steps, chains, 1))
    series[0] = rng.standard_normal((chains, 1))
    for t in range(1, steps):
        series[t] = rho * series[t - 1] + np.sqrt(1 - rho**2) * rng.standard_normal((chains, 1))
    # (1 + ρ)/(1 − ρ), less what lies below the smallest correlation that counts
    assert correlation_time(series)[0] == pytest.approx(9.0, abs=0.6)


def test_the_words_follow_from_the_figures() -> None:
    still, drifted = (
        "\n".join(reading("simulated", table.assign(steps=STEPS, seed=7)))
        for table in (table_from(0.0, 1.0, 1), table_from(0.4, 1.0, 2))
    )
    assert "Nothing is seen to move" in still
    assert "no proof" not in still
    assert "Means lie more than two standard errors apart" in drifted
    assert "`a` (drift" in drifted
    assert "no proof" in drifted
    assert "Nothing is seen" not in drifted
    assert f"exact simulated --steps {STEPS} --seed 7`" in still
