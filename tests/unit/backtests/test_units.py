"""Places and their sums."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from attraktiv.backtests.units import outcomes, units_of


def test_sums_are_those_of_their_places(country: xr.Dataset) -> None:
    units = units_of(country)
    truth = outcomes(country, units, 2012, 3)
    values = country["population"].sel(year=2014)
    nation = truth["observed"].sel(quantity="population", horizon=2).values[units.level == "nation"]
    assert nation == pytest.approx([float(values.sum())])
    column = next(level for level in units.level if level not in ("place", "nation"))
    for label, sum_ in zip(
        units.label[units.level == column],
        truth["base"].sel(quantity="population").values[units.level == column],
        strict=True,
    ):
        inside = (country[column] == label).values
        assert sum_ == pytest.approx(
            float(country["population"].sel(year=2012).values[inside].sum())
        )


def test_a_flow_is_of_the_year_that_ends_with_the_horizon(country: xr.Dataset) -> None:
    truth = outcomes(country, units_of(country), 2012, 2)
    flow = truth["observed"].sel(quantity="net_migration", horizon=1).values
    places = country.sizes["place"]
    np.testing.assert_array_equal(flow[:places], country["net_migration"].sel(year=2012).values)


def test_ages_are_all_persons(country: xr.Dataset) -> None:
    truth = outcomes(country, units_of(country), 2012, 1)
    aged = [q for q in truth["quantity"].values if q.startswith("aged")]
    assert len(aged) == 6
    total = truth["observed"].sel(quantity=aged).sum("quantity")
    np.testing.assert_allclose(total, truth["observed"].sel(quantity="population"))


def test_a_place_without_an_outcome_is_left_out_of_both_sides(country: xr.Dataset) -> None:
    gap = country.copy(deep=True)
    gap["population"].loc[{"place": gap["place"].values[0], "year": 2013}] = np.nan
    units = units_of(gap)
    truth = outcomes(gap, units, 2012, 1)
    of = truth.sel(quantity="population", horizon=1)
    assert np.isnan(of["observed"].values[0])
    others = float(gap["population"].sel(year=2013).sum())
    assert of["observed"].values[-1] == pytest.approx(others)
    draws = np.ones((2, 1, gap.sizes["place"]))
    told = np.broadcast_to(of["scored"].values, draws.shape)
    assert units.of(draws, told)[..., -1] == pytest.approx(gap.sizes["place"] - 1)


def test_columns_of_the_same_groups_are_one(country: xr.Dataset) -> None:
    column = next(str(n) for n in units_of(country).level if n not in ("place", "nation"))
    again = country.assign(again=country[column]).assign_attrs(country.attrs)
    levels = set(units_of(again).level)
    assert "again" not in levels
    assert column in levels
