"""Bands and ranks."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from attraktiv.effects import bands, prob_greater, ranking, ranks
from attraktiv.errors import InputError, RunError


def draws(values: np.ndarray) -> xr.DataArray:
    """Two chains from (draws, places)."""
    codes = [f"p{i}" for i in range(values.shape[-1])]
    split = values.reshape(2, -1, values.shape[-1])
    return xr.DataArray(split, dims=("chain", "draw", "place"), coords={"place": codes})


@pytest.fixture(scope="module")
def skewed() -> xr.DataArray:
    rng = np.random.default_rng(1)
    return draws(rng.exponential(1.0, (40_000, 3)) + np.arange(3))


def test_equal_tails_are_quantiles(skewed: xr.DataArray) -> None:
    found = bands(skewed, 0.9)
    flat = skewed.values.reshape(-1, 3)
    for name, q in (("lower", 0.05), ("median", 0.5), ("upper", 0.95)):
        np.testing.assert_allclose(found[name], np.quantile(flat, q, axis=0))
    np.testing.assert_allclose(found["mean"], flat.mean(axis=0))
    assert (found.attrs["prob"], found.attrs["interval"]) == (0.9, "eti")


def test_highest_density_is_the_shortest_interval(skewed: xr.DataArray) -> None:
    found = bands(skewed, 0.8, "hdi")
    np.testing.assert_allclose(found["lower"], [0.0, 1.0, 2.0], atol=0.01)
    expected = stats.expon.ppf(0.8) + np.arange(3)
    np.testing.assert_allclose(found["upper"], expected, atol=0.05)
    width = found["upper"] - found["lower"]
    tails = bands(skewed, 0.8)
    assert bool((width < tails["upper"] - tails["lower"]).all())


@pytest.mark.parametrize("kind", ["eti", "hdi"])
def test_missing_draws_give_missing_bands(kind: str) -> None:
    values = np.random.default_rng(0).normal(size=(100, 3))
    values[:, 1] = np.nan
    found = bands(draws(values), kind=kind)  # type: ignore[arg-type]
    for name in ("mean", "median", "lower", "upper"):
        assert found[name].isnull().values.tolist() == [False, True, False]


def test_bands_keep_the_other_dims_and_units() -> None:
    values = xr.DataArray(
        np.random.default_rng(0).normal(size=(2, 50, 3, 4)),
        dims=("chain", "draw", "place", "year"),
        attrs={"units": "persons"},
    )
    found = bands(values, kind="hdi")
    assert dict(found.sizes) == {"place": 3, "year": 4}
    assert found.attrs["units"] == "persons"


@pytest.mark.parametrize("prob", [0.0, 1.0, 80.0, -0.1, float("nan")])
def test_a_probability_that_is_none(prob: float, skewed: xr.DataArray) -> None:
    with pytest.raises(InputError, match="valid are numbers between 0 and 1"):
        bands(skewed, prob)


def test_a_kind_of_interval_that_is_none(skewed: xr.DataArray) -> None:
    with pytest.raises(InputError, match="'hpd'; valid are 'eti'"):
        bands(skewed, kind="hpd")  # type: ignore[arg-type]


def test_ranks_by_hand() -> None:
    values = np.array([[3.0, 2.0, -1.0], [3.0, 4.0, -1.0], [3.0, 2.0, -1.0], [1.0, 2.0, 3.0]])
    found = ranking(draws(values), top=1, prob=0.5)
    assert found["rank_mean"].values.tolist() == [1.75, 1.75, 2.5]
    assert found["prob_top"].values.tolist() == [0.5, 0.25, 0.25]
    assert found["prob_above_average"].values.tolist() == [1.0, 1.0, 0.25]
    assert found["rank_lower"].values.tolist() == [1.0, 1.75, 2.5]
    assert found["rank_upper"].values.tolist() == [2.25, 2.0, 3.0]


@given(st.integers(0, 2**32 - 1))
def test_ranks_add_up_and_permute(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values, order = rng.normal(size=(20, 7)), rng.permutation(7)
    found = ranking(draws(values), top=3)
    assert float(found["rank_mean"].sum()) == pytest.approx(28)
    assert float(found["prob_top"].sum()) == pytest.approx(3)
    shuffled = ranking(draws(values[:, order]), top=3)
    for name in found:
        np.testing.assert_allclose(shuffled[name].values, found[name].values[order])


def test_a_place_without_draws_takes_no_rank() -> None:
    values = np.array([[1.0, np.nan, 2.0]] * 4)
    found = ranking(draws(values), top=1)
    assert found["rank_mean"].values.tolist()[::2] == [2.0, 1.0]
    for name in found:
        assert np.isnan(found[name].values[1])


def test_blocks_of_draws_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    values = draws(np.random.default_rng(0).normal(size=(100, 5)))
    whole = ranking(values)
    monkeypatch.setattr(ranks, "_BLOCK", 35)
    xr.testing.assert_identical(ranking(values), whole)


def test_an_empty_top() -> None:
    with pytest.raises(InputError, match="The top 0 is empty"):
        ranking(draws(np.ones((4, 2))), top=0)


def test_probability_of_beating_another_place() -> None:
    values = draws(np.array([[1.0, 2.0, np.nan], [3.0, 2.0, np.nan], [3.0, 2.0, np.nan]] * 2))
    assert prob_greater(values, "p0", "p1") == pytest.approx(2 / 3)
    assert np.isnan(prob_greater(values, "p0", "p2"))
    every = prob_greater(values, "p0")
    assert isinstance(every, xr.DataArray)
    np.testing.assert_allclose(every, [np.nan, 1 / 3, np.nan])
    with pytest.raises(RunError, match="no draws of the place 'x'"):
        prob_greater(values, "p0", "x")
