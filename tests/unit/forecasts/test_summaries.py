"""What is computed from a forecast, within each draw."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from tests.unit.fake_forecast import fake_forecast
from tests.unit.runs import fake_run

from attraktiv.forecasts import stored, summaries


@pytest.fixture(scope="module")
def forecast() -> xr.Dataset:
    return fake_forecast(fake_run())


def test_groups_are_sums_within_each_draw(forecast: xr.Dataset) -> None:
    labels = ["b", "a", "b", "a", "a", "a", "a", "a", "a"]
    found = summaries.of_groups(forecast[["population"]], labels)["population"]
    assert found["group"].values.tolist() == ["b", "a"]
    expected = forecast["population"].isel(place=[0, 2]).sum("place", dtype=float)
    np.testing.assert_allclose(found.sel(group="b"), expected)


def test_blocks_of_places_do_not_show(
    forecast: xr.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = ["b", "a", "b", "a", "a", "a", "a", "a", "a"]
    persons = forecast[["population", "population_by_age_group"]]
    whole = summaries.of_groups(persons, labels)
    monkeypatch.setattr(stored, "_CELLS", persons["population"].size // 4)
    xr.testing.assert_allclose(summaries.of_groups(persons, labels), whole, rtol=1e-14)


def test_a_group_with_an_unknown_place_is_unknown(forecast: xr.Dataset) -> None:
    gap = forecast[["population"]].where(forecast["place"] != "00101")
    found = summaries.of_groups(gap, ["a"] + ["b"] * 8)["population"]
    assert found.sel(group="a").isnull().all()
    assert found.sel(group="b").notnull().all()


def test_ratios_of_ages(forecast: xr.Dataset) -> None:
    np.testing.assert_allclose(summaries.age_shares(forecast).sum("age_group"), 100, rtol=1e-6)
    # 7 + 12 + 5 + 11 + 5 for each 60
    np.testing.assert_allclose(summaries.dependency_ratio(forecast), 100 * 40 / 60, rtol=1e-5)


def test_the_ratio_of_a_group_is_of_sums(forecast: xr.Dataset) -> None:
    size = xr.DataArray(np.arange(1.0, 10.0), dims="place", coords={"place": forecast["place"]})
    working = forecast["age_group"] == "20-66"
    uneven = forecast.assign(
        population_by_age_group=forecast["population_by_age_group"] * xr.where(working, size, 1.0)
    )
    found = summaries.dependency_ratio(
        summaries.of_groups(uneven[["population_by_age_group"]], ["a"] * 9)
    )
    total = uneven["population_by_age_group"].sum("place", dtype=float)
    expected = 100 * total.where(~working).sum("age_group") / total.sel(age_group="20-66")
    np.testing.assert_allclose(found.sel(group="a"), expected)


def test_decline_growth_and_thresholds(forecast: xr.Dataset) -> None:
    population = forecast["population"]
    decline = summaries.probability_of_decline(forecast)
    assert (decline.isel(year=0) == 0).all()
    below = population.isel(year=5) < population.isel(year=0)
    np.testing.assert_allclose(decline.isel(year=5), below.mean(("chain", "draw")))
    grown = summaries.growth(forecast)
    np.testing.assert_allclose(decline, (grown < 0).mean(("chain", "draw")))
    middle = float(population.sel(place="00101").median()) + 0.5
    above = summaries.probability_above(forecast, middle)
    sides = above + summaries.probability_below(forecast, middle)
    assert float(sides.min()) > 0.9
    assert float(sides.max()) <= 1


def test_the_peak_and_a_place_without_figures(forecast: xr.Dataset) -> None:
    gap = forecast[["population"]].where(forecast["place"] != "00102")
    peak = summaries.peak_year(gap)
    assert peak.sel(place="00102").isnull().all()
    assert summaries.probability_of_decline(gap).sel(place="00102").isnull().all()
    draw = {"scenario": "low", "chain": 0, "draw": 7, "place": "00101"}
    path = forecast["population"].sel(draw)
    assert int(peak.sel(draw)) == int(path["year"][int(path.argmax("year"))])


def test_bands_of_ages_keep_everybody() -> None:
    persons = fake_forecast(fake_run(), ages=True, draws=2, horizon=1)["population_by_age"]
    found = summaries.in_age_bands(persons, 5)
    assert found["age"].values.tolist() == list(range(0, 106, 5))
    np.testing.assert_allclose(found.sum("age"), persons.sum("age", dtype=float))
