"""No change, the trend, and the cohort method, against what is worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from attraktiv.backtests.benchmarks import draw_years, no_change, trend
from attraktiv.backtests.cohort_method import cohort_method
from attraktiv.backtests.known import known_panel
from attraktiv.errors import ForecastError
from attraktiv.forecasts.known import known_at
from attraktiv.forecasts.mortality import probability_of_death
from attraktiv.forecasts.vital import estimate_vital


@pytest.fixture
def steady() -> xr.Dataset:
    """Two places that grow by 2 and shrink by 1 percent every year."""
    years = np.arange(2000, 2013)
    values = np.stack([1000 * 1.02 ** (years - 2000), 500 * 0.99 ** (years - 2000)])
    return xr.Dataset({"population": (("place", "year"), values)}, {"place": ["1", "2"],
                                                                  "year": years})  # fmt: skip


def test_a_steady_trend_goes_on_without_a_doubt(steady: xr.Dataset) -> None:
    found = trend(steady, 4, 10, np.random.default_rng(1))
    now = steady["population"].values[:, -1]
    expected = now * np.array([1.02, 0.99]) ** np.arange(1, 5)[:, None]
    np.testing.assert_allclose(found, np.broadcast_to(expected, found.shape))


def test_no_change_is_unsure_around_no_change(steady: xr.Dataset) -> None:
    found = no_change(steady, 3, 200, np.random.default_rng(1))
    now = steady["population"].values[:, -1]
    np.testing.assert_allclose(np.median(np.log(found), axis=0), np.log(now) + np.zeros((3, 1)),
                               atol=1e-12)  # fmt: skip
    assert (found.std(axis=0) > 0).all()


def test_places_share_the_year_that_is_drawn(country: xr.Dataset) -> None:
    cut = known_panel(country, 2012)
    found = trend(cut, 1, 300, np.random.default_rng(1))
    assert len(np.unique(found[:, 0], axis=0)) <= 10


def test_years_are_as_unsure_as_so_few_make_them() -> None:
    drawn = draw_years(5, 40, 4000, np.random.default_rng(1))
    share = (drawn == 0).mean(axis=1)
    # a Beta(1, 4) share of each draw, and forty years drawn with it
    expected = np.var(np.random.default_rng(2).beta(1, 4, 10**6)) + 0.2 * 0.8 / 40 * 5 / 6
    assert share.mean() == pytest.approx(0.2, abs=0.01)
    assert share.var() == pytest.approx(expected, rel=0.06)


def test_too_few_years_have_no_trend(steady: xr.Dataset) -> None:
    with pytest.raises(ForecastError, match=r"2 years before 2012.*needs 3"):
        trend(steady.sel(year=slice(2010, None)), 1, 5, np.random.default_rng(1))


def test_the_cohort_method_is_a_leslie_matrix_without_migration(country: xr.Dataset) -> None:
    cut = known_panel(country, 2012)
    known = known_at(cut, 2012)
    vital = estimate_vital(cut, known, years=1, draws=30, rng=np.random.default_rng(1))
    by_age, net, years = cohort_method(cut, 2, 30, np.random.default_rng(1))
    assert years == len(known_at(cut, 2012).latest(10).years)
    start = cut["population_by_age"].sel(year=2012).transpose("place", "sex", "age").values
    women = known_at(cut, 2012).women
    q = probability_of_death(vital.mortality * vital.mortality_of_place.mean(axis=0)[:, None, None])
    births = (start[:, women] * vital.fertility).sum(axis=1)
    births = births * vital.fertility_of_place.mean(axis=0)
    survivors = start * (1 - q)
    alive = survivors.sum(axis=(1, 2)) + births
    np.testing.assert_allclose(by_age[:, 0].sum(axis=2), alive + net[:, 0], rtol=1e-5)
    np.testing.assert_allclose(by_age[:, 0, :, 0], np.broadcast_to(births, by_age.shape[::2][:1]
                               + births.shape), rtol=1e-5)  # fmt: skip
    assert (by_age >= 0).all()
