from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from attraktiv import names
from attraktiv.errors import PanelError
from attraktiv.panels import (
    COVARIATES,
    available_covariates,
    covariate,
    read_panel,
    simulate_country,
)

NAN = np.nan


def append(folder, text):
    with open(folder / "panel.toml", "a", encoding="utf-8") as file:
        file.write(text)


def break_in(variable, year):
    return f'[[break]]\nvariable = "{variable}"\nyear = {year}\n'


# By hand, place 0101 of conftest: population 1000 1000 1020 1020, jobs 500 510 500 520, private
# 300 305 300 310, so public 200 205 200 210.
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("net_migration_rate", [-1, 1, 0, 100 * 10 / 1020]),
        ("natural_increase_rate", [1, 1, 0, 0]),
        ("population_growth", [0, 2, 0, NAN]),
        ("job_growth", [NAN, 2, 100 * -10 / 510, 4]),
        ("own_job_growth", [NAN, 1, 100 * -10 / 1020, 100 * 20 / 1020]),
        ("own_private_job_growth", [NAN, 0.5, 100 * -5 / 1020, 100 * 10 / 1020]),
        ("private_job_growth", [NAN, 100 * 5 / 300, 100 * -5 / 305, 100 * 10 / 300]),
        ("own_public_job_growth", [NAN, 0.5, 100 * -5 / 1020, 100 * 10 / 1020]),
        ("public_job_growth", [NAN, 2.5, 100 * -5 / 205, 5]),
        ("share_20_39", [0.25, 0.25, 0.24, 0.24]),
        ("centrality", [800, 800, 800, 800]),
    ],
)
def test_values_by_hand(folder, name, expected):
    result = covariate(read_panel(folder), name)
    assert result.dims == (names.PLACE, names.YEAR)
    assert result.name == name
    np.testing.assert_allclose(result.sel(place="0101"), expected, rtol=1e-14)


def test_boundary_transfer_is_no_growth(edit):
    edit("panel.csv", "share_20_39\n", "boundary_transfer\n")
    edit("panel.csv", "510,305,0.25", "510,305,15")
    edit("panel.csv", ",0.25\n", ",\n")
    for share in ("0.24", "0.22", "0.21", "0.2"):
        folder = edit("panel.csv", f",{share}\n", ",0\n")
    with pytest.warns(match="does not follow"):
        panel = read_panel(folder)
    growth = covariate(panel, "population_growth").sel(place="0101")
    np.testing.assert_allclose(growth, [0, 0.5, 0, NAN])


@pytest.mark.parametrize(
    ("variable", "name", "missing"),
    [
        ("jobs", "job_growth", True),
        ("jobs", "own_job_growth", True),
        ("jobs", "neighbour_job_growth", True),
        ("jobs", "own_public_job_growth", True),
        ("jobs_private", "own_public_job_growth", True),
        ("jobs_public", "own_public_job_growth", True),
        ("jobs_private", "own_job_growth", False),
        ("jobs", "own_private_job_growth", False),
    ],
)
def test_growth_across_a_break_is_missing(commuting, variable, name, missing):
    append(commuting, break_in(variable, 2012))
    known = covariate(read_panel(commuting), name).notnull().all("place")
    assert known.values.tolist() == [False, True, not missing, True]


def test_own_column_of_public_jobs_wins(folder):
    table = pd.read_csv(folder / "panel.csv", dtype={"place": str})
    table.assign(jobs_public=100.0).to_csv(folder / "panel.csv", index=False)
    append(folder, break_in("jobs", 2012))
    growth = covariate(read_panel(folder), "own_public_job_growth")
    assert (growth.isel(year=slice(1, None)) == 0).all()


def test_growth_from_no_jobs_is_missing(edit):
    folder = edit("panel.csv", "0201,2010,400,0,4,100,50", "0201,2010,400,0,4,0,0")
    panel = read_panel(folder)
    assert np.isnan(covariate(panel, "job_growth").sel(place="0201", year=2011))
    assert covariate(panel, "own_job_growth").sel(place="0201", year=2011) == 100 * 96 / 404


def test_every_covariate_says_what_it_is(commuting):
    panel = read_panel(commuting)
    for name in available_covariates(panel):
        attrs = covariate(panel, name).attrs
        assert {"units", "long_name", "formula", "look_ahead"} <= attrs.keys()
        assert type(attrs["look_ahead"]) is bool
    assert covariate(panel, "job_growth").attrs["units"] == names.PERCENT_OF_JOBS
    assert covariate(panel, "own_job_growth").attrs["units"] == names.PERCENT_OF_POPULATION


def test_attributes_of_places_may_look_ahead(folder):
    panel = read_panel(folder)
    assert covariate(panel, "centrality", until=2012).attrs["look_ahead"]
    assert not covariate(panel, "centrality", until=2013).attrs["look_ahead"]
    assert not covariate(panel, "centrality").attrs["look_ahead"]
    assert not covariate(panel, "longitude", until=2012).attrs["look_ahead"]
    assert not covariate(panel, "jobs", until=2012).attrs["look_ahead"]


def test_available_covariates(folder):
    found = available_covariates(read_panel(folder))
    impossible = {"net_domestic_migration_rate", "labour_market_integration"}
    of_mix = ("industry_mix", "expected_job_growth", "local_job_growth")
    impossible |= {f"{sector}{name}" for name in of_mix for sector in ("", "private_", "public_")}
    of_sectors = {name for name in COVARIATES if re.search("basis|visit|regional", name)}
    assert set(COVARIATES) - set(found) == impossible | of_sectors
    assert {"population", "jobs", "centrality", "reserve", "longitude"} <= set(found)
    assert not {"name", "region", "excluded", "measurement_sd", "place"} & set(found)


def test_labour_market_integration_counts_commuters_both_ways():
    panel = simulate_country(places=6, years=4, seed=2, ages=False).panel
    flows = panel[["commuting_home", "commuting_work", "commuting_employed"]].to_dataframe()
    latest = flows[panel["commuting_year"].values == panel["commuting_year"].values.max()]
    across = latest[latest["commuting_home"] != latest["commuting_work"]]
    out = across.groupby("commuting_home")["commuting_employed"].sum()
    into = across.groupby("commuting_work")["commuting_employed"].sum()
    residents = latest.groupby("commuting_home")["commuting_employed"].sum()
    expected = 100 * out.add(into, fill_value=0) / residents
    found = covariate(panel, "labour_market_integration")
    assert found.attrs["units"] == "percent of employed residents"
    for year in found["year"].values:
        np.testing.assert_allclose(found.sel(year=year), expected.loc[panel["place"].values])
    assert covariate(panel, "labour_market_integration", until=1900).attrs["look_ahead"]


def test_unknown_covariate_lists_near_names(folder):
    with pytest.raises(
        PanelError, match=r"unknown covariate 'own_jobs_growth'. Did you mean own_job_growth"
    ):
        covariate(read_panel(folder), "own_jobs_growth")


@pytest.mark.parametrize(
    ("name", "found"),
    [("name", "place 0101 has 'Ås'"), ("region", "its codes have leading zeros")],
)
def test_text_is_no_covariate(folder, name, found):
    with pytest.raises(PanelError, match=f"{name} is text, not a number .{found}"):
        covariate(read_panel(folder), name)


def test_a_number_gone_wrong_among_attributes_is_named(edit):
    edit("places.csv", "centrality", "remoteness")
    panel = read_panel(edit("places.csv", "Ærbø,600", "Ærbø,6oo"))
    with pytest.raises(PanelError, match=r"remoteness is text, .*place 0102 has '6oo'"):
        covariate(panel, "remoteness")


def test_impossible_covariate_says_what_it_needs(edit):
    folder = edit("panel.csv", "jobs,jobs_private", "posts,posts_private")
    panel = read_panel(folder)
    with pytest.raises(PanelError, match="needs the columns jobs_public or jobs, jobs_private"):
        covariate(panel, "own_public_job_growth")
    assert "own_job_growth" not in available_covariates(panel)
