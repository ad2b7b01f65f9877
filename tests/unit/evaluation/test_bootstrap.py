"""Errors over places that are drawn again in blocks."""

from __future__ import annotations

import numpy as np
import xarray as xr

from attraktiv.evaluation.bootstrap import block_errors


def predictions(wrong: np.ndarray) -> xr.Dataset:
    """Predictions that are wrong by so much, (predictor, place)."""
    return xr.Dataset(
        {
            "predicted": (("predictor", "place"), wrong),
            "observed": ("place", np.zeros(wrong.shape[1])),
        },
        {"predictor": [f"p{i}" for i in range(len(wrong))]},
    )


def test_the_interval_is_that_of_blocks_drawn_one_by_one() -> None:
    rng = np.random.default_rng(2)
    wrong = rng.normal(size=(5, 60))
    block = np.array([f"b{i}" for i in rng.integers(0, 12, 60)])
    found = block_errors(predictions(wrong), block, 0.8, np.random.default_rng(1), "p4")
    members = [np.flatnonzero(block == label) for label in np.unique(block)]
    drawn = []
    for _ in range(4000):
        places = np.concatenate([members[i] for i in rng.integers(0, 12, 12)])
        drawn.append(np.sqrt((wrong[:, places] ** 2).mean(axis=1)))
    table = np.array(drawn)
    for name, sample in (("rmse", table), ("difference", table - table[:, [4]])):
        for bound, q in (("lower", 0.1), ("upper", 0.9)):
            expected = np.quantile(sample, q, axis=0)
            np.testing.assert_allclose(found[f"{name}_{bound}"], expected, atol=0.02)


def test_blocks_that_are_alike_leave_no_doubt() -> None:
    wrong = np.tile([[0.1, 0.5]], (5, 6)) * np.arange(1, 6)[:, None]
    found = block_errors(
        predictions(wrong), np.repeat(np.arange(6), 2), 0.8, np.random.default_rng(1), "p4"
    )
    np.testing.assert_allclose(found["rmse_lower"], found["rmse"])
    np.testing.assert_allclose(found["rmse_upper"], found["rmse"])
    apart = block_errors(predictions(wrong), np.arange(12), 0.8, np.random.default_rng(1), "p4")
    assert (apart["rmse_lower"] < apart["rmse"]).all()


def test_the_wider_the_probability_the_wider_the_interval() -> None:
    wrong = np.random.default_rng(3).normal(size=(5, 40))
    narrow, wide = (
        block_errors(predictions(wrong), np.arange(40) % 9, prob, np.random.default_rng(1), "p4")
        for prob in (0.5, 0.95)
    )
    assert (wide["rmse_upper"] > narrow["rmse_upper"]).all()
    assert (wide["rmse_lower"] < narrow["rmse_lower"]).all()
