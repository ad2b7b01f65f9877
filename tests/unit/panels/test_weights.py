from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from attraktiv.panels import covariate, neighbours, read_panel


def weights(panel: xr.Dataset, until: int | None = None) -> np.ndarray:
    return neighbours(panel, until).weights.toarray()


def test_commuting_of_the_latest_year_not_after_until(commuting):
    panel = read_panel(commuting)
    found = neighbours(panel, 2012)
    assert (found.basis, found.look_ahead) == ("commuting of 2011", False)
    # both ways: 30 + 60 between A and B, 10 between B and C; those who stay do not count
    expected = np.array([[0, 1, 0], [0.9, 0, 0.1], [0, 1, 0]])
    np.testing.assert_allclose(found.weights.toarray(), expected)
    # in 2013 there are 50 between A and B and 50 between A and C
    expected = np.array([[0, 0.5, 0.5], [1, 0, 0], [1, 0, 0]])
    np.testing.assert_allclose(weights(panel), expected)


def test_commuting_later_than_until_is_marked(commuting):
    panel = read_panel(commuting)
    found = neighbours(panel, 2010)
    assert (found.basis, found.look_ahead) == ("commuting of 2011", True)
    assert covariate(panel, "neighbour_job_growth", until=2010).attrs["look_ahead"] is True
    assert covariate(panel, "neighbour_job_growth", until=2011).attrs["look_ahead"] is False


def test_neighbour_job_growth_by_hand(commuting):
    growth = covariate(read_panel(commuting), "neighbour_job_growth", until=2012).sel(year=2011)
    a, b, c = 100 * 10 / 1000, 100 * 20 / 2020, 100 * -4 / 404
    np.testing.assert_allclose(growth, [b, 0.9 * a + 0.1 * c, b], rtol=1e-14)


def test_mean_is_over_the_neighbours_that_are_known(commuting):
    table = pd.read_csv(commuting / "panel.csv", dtype={"place": str})
    table.loc[(table["place"] == "0101") & (table["year"] == 2011), "jobs"] = None
    table.to_csv(commuting / "panel.csv", index=False)
    growth = covariate(read_panel(commuting), "neighbour_job_growth", until=2012)
    np.testing.assert_allclose(growth.sel(place="0102", year=2011), 100 * -4 / 404)
    both = 0.9 * 100 * 20 / 1020 + 0.1 * 100 * 4 / 408
    np.testing.assert_allclose(growth.sel(place="0102", year=2013), both)


def test_year_without_known_neighbours_is_missing(commuting):
    growth = covariate(read_panel(commuting), "neighbour_job_growth")
    assert growth.sel(year=2010).isnull().all()


def test_place_without_neighbours_gets_the_average_and_is_flagged(commuting):
    (commuting / "commuting.csv").write_text("home,work,year,employed\n0101,0102,2011,30\n")
    growth = covariate(read_panel(commuting), "neighbour_job_growth")
    assert json.loads(growth.attrs["places_without_neighbours"]) == ["0201"]
    average = growth.sel(place=["0101", "0102"]).mean("place", skipna=False)
    np.testing.assert_allclose(growth.sel(place="0201"), average)
    assert growth.sel(place="0201").notnull().sum() == 3


def test_no_place_has_neighbours(commuting):
    (commuting / "commuting.csv").write_text("home,work,year,employed\n0101,0101,2011,30\n")
    panel = read_panel(commuting)
    growth = covariate(panel, "neighbour_job_growth")
    own = covariate(panel, "own_job_growth")
    assert len(json.loads(growth.attrs["places_without_neighbours"])) == 3
    for place in panel["place"].values:
        np.testing.assert_allclose(growth.sel(place=place), own.mean("place", skipna=False))


def test_without_commuting_the_nearest_weighted_by_jobs(folder):
    panel = read_panel(folder)
    found = neighbours(panel, 2011)
    assert found.basis == "the 5 nearest places, weighted by jobs"
    assert not found.look_ahead
    jobs = np.array([510, 820, 96.0])
    expected = np.array([[0, 820, 96], [510, 0, 96], [510, 820, 0]]) / (jobs.sum() - jobs)[:, None]
    np.testing.assert_allclose(found.weights.toarray(), expected)


def test_nearest_are_five_along_the_great_circle():
    # across the date line, and near the pole where degrees of longitude are short
    longitude = [179.9, -179.9, 179.0, 178.0, 177.0, 176.0, 175.0, 0.0]
    panel = xr.Dataset(
        {
            "jobs": (("place", "year"), np.full((8, 1), 10.0)),
            "longitude": ("place", longitude),
            "latitude": ("place", [0.0] * 8),
        },
        coords={"place": list("abcdefgh"), "year": [2010]},
    )
    found = weights(panel)
    assert np.flatnonzero(found[0]).tolist() == [1, 2, 3, 4, 5]
    assert (found > 0).sum(axis=1).tolist() == [5] * 8


def test_places_in_one_spot_are_never_their_own_neighbours(edit):
    folder = edit("places.csv", "10.1,60.0", "10.0,60.0")
    found = weights(read_panel(folder))
    assert (np.diag(found) == 0).all()
    assert found.sum(axis=1) == pytest.approx(1)


def test_place_without_coordinates_gets_the_average(edit):
    panel = read_panel(edit("places.csv", "12.0,64.0", ","))
    assert neighbours(panel).alone.tolist() == [False, False, True]
    assert covariate(panel, "neighbour_job_growth").isel(year=3).notnull().all()


def test_jobs_known_only_later_are_look_ahead(edit):
    edit("panel.csv", "500,300,0.25", ",,0.25")
    panel = read_panel(edit("panel.csv", "510,305,0.25", ",,0.25"))
    assert neighbours(panel, 2011).look_ahead
    assert not neighbours(panel, 2012).look_ahead


def test_without_coordinates_the_rest_of_the_region(edit):
    panel = read_panel(edit("places.csv", "longitude,latitude", "x,y"))
    found = neighbours(panel)
    assert found.basis == "the rest of region, weighted by jobs"
    np.testing.assert_allclose(found.weights.toarray(), [[0, 1, 0], [1, 0, 0], [0, 0, 0]])
    assert found.alone.tolist() == [False, False, True]


def test_nothing_to_tell_neighbours_by(edit):
    edit("places.csv", "longitude,latitude", "x,y")
    panel = read_panel(edit("places.csv", "0102,Ærbø,600,01", "0102,Ærbø,600,03"))
    assert neighbours(panel).basis.startswith("none")
    growth = covariate(panel, "neighbour_job_growth")
    assert growth.isel(year=slice(1, None)).notnull().all()


def test_places_without_data_change_nobodys_neighbours(folder):
    panel = read_panel(folder)
    wider = panel.reindex(place=[*panel["place"].values, "9999"])
    wider["longitude"].loc["9999"], wider["latitude"].loc["9999"] = 10.05, 60.0
    name = "neighbour_job_growth"
    np.testing.assert_array_equal(
        covariate(wider, name).sel(place=panel["place"]), covariate(panel, name)
    )


@pytest.mark.slow
def test_twenty_thousand_places():
    rng = np.random.default_rng(1)
    size = 20_000
    panel = xr.Dataset(
        {
            "jobs": (("place", "year"), rng.uniform(10, 1000, (size, 20))),
            "population": (("place", "year"), rng.uniform(100, 1000, (size, 20))),
            "longitude": ("place", rng.uniform(-10, 30, size)),
            "latitude": ("place", rng.uniform(35, 70, size)),
        },
        coords={"place": [f"{k:05d}" for k in range(size)], "year": np.arange(2000, 2020)},
    )
    assert covariate(panel, "neighbour_job_growth").isel(year=1).notnull().all()
