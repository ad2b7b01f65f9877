"""Sectors: industries.csv is read and checked, and gives jobs by sector."""

from __future__ import annotations

import numpy as np
import pytest

from attraktiv.errors import PanelError
from attraktiv.panels import available_covariates, covariate, read_panel, write_panel

JOBS = """place,year,industry,jobs
0101,2010,fishing,100
0101,2010,hotels,50
0101,2010,schools,30
0101,2011,fishing,90
0101,2011,hotels,60
0101,2011,schools,30
0101,2012,fishing,99
0101,2012,hotels,
0101,2012,schools,33
"""
INDUSTRIES = """industry,name,sector,dimension,branch
schools,Skoler,public,none,none
fishing,Fiske,private,basis,sea
hotels,,private,visit,none
"""


@pytest.fixture
def industries(folder):
    """The folder with jobs by industry, their sectors, and neither private nor public jobs."""
    panel = (folder / "panel.csv").read_text(encoding="utf-8")
    panel = panel.replace("jobs_private", "bags")  # a column that means nothing here
    (folder / "panel.csv").write_text(panel, encoding="utf-8")
    (folder / "jobs_by_industry.csv").write_text(JOBS, encoding="utf-8")
    (folder / "industries.csv").write_text(INDUSTRIES, encoding="utf-8")
    return folder


def of(panel, name):
    return covariate(panel, name).sel(place="0101").values


def test_the_columns_stand_over_the_industries(industries):
    panel = read_panel(industries)
    assert panel["industry"].values.tolist() == ["fishing", "hotels", "schools"]
    assert panel["sector_of_industry"].values.tolist() == ["private", "private", "public"]
    assert panel["dimension_of_industry"].values.tolist() == ["basis", "visit", "none"]
    assert panel["sector_of_industry"].attrs == {"units": "", "long_name": "sector of industry"}
    # an industry without a name is called by its code
    assert panel["name_of_industry"].values.tolist() == ["Fiske", "hotels", "Skoler"]
    assert "Skoler_job_growth" not in available_covariates(panel)


def test_jobs_of_a_sector_are_the_sum_of_its_industries(industries):
    panel = read_panel(industries)
    np.testing.assert_array_equal(of(panel, "jobs_private"), [150, 150, np.nan, np.nan])
    np.testing.assert_array_equal(of(panel, "jobs_public"), [30, 30, 33, np.nan])
    np.testing.assert_allclose(of(panel, "public_job_growth"), [np.nan, 0, 10, np.nan])
    np.testing.assert_allclose(of(panel, "basis_job_growth"), [np.nan, -10, 10, np.nan])
    np.testing.assert_allclose(of(panel, "visit_job_growth"), [np.nan, 20, np.nan, np.nan])
    # of 1000 inhabitants in 2011
    np.testing.assert_allclose(of(panel, "own_visit_job_growth"), [np.nan, 1, np.nan, np.nan])
    assert covariate(panel, "jobs_visit").attrs["units"] == "jobs"


def test_any_word_of_a_scheme_is_a_sector(industries):
    panel = read_panel(industries)
    np.testing.assert_allclose(of(panel, "sea_job_growth"), [np.nan, -10, 10, np.nan])
    assert {"jobs_sea", "own_sea_job_growth"} <= set(available_covariates(panel))
    assert not [name for name in available_covariates(panel) if "none" in name]
    assert covariate(panel, "sea_job_growth").attrs["long_name"] == "growth of sea jobs"


def test_panel_csv_goes_before_the_whole_scheme(industries, edit):
    edit("panel.csv", "bags", "jobs_private")
    panel = read_panel(industries)
    np.testing.assert_array_equal(of(panel, "jobs_private"), [300, 305, 300, 310])
    # public jobs are the rest of the same source, and not the schools of the other
    np.testing.assert_array_equal(of(panel, "public_job_growth"), [np.nan, 2.5, -100 / 41, 5])
    np.testing.assert_array_equal(of(panel, "jobs_visit"), [50, 60, np.nan, np.nan])


def test_a_column_of_panel_csv_needs_no_industries(edit):
    folder = edit("panel.csv", "share_20_39", "jobs_visit")
    panel = read_panel(folder)
    assert panel["jobs_visit"].attrs["units"] == "jobs"
    assert panel["jobs_visit"].attrs["long_name"] == "visit jobs at the workplace"
    np.testing.assert_allclose(of(panel, "visit_job_growth"), [np.nan, 0, -4, 0])
    edit("panel.csv", "500,300,0.25", "500,300,-1")
    with pytest.raises(PanelError, match=r"column jobs_visit: negative count \(place 0101"):
        read_panel(folder)


@pytest.mark.parametrize("variable", ["jobs", "jobs_by_industry"])
def test_a_break_in_jobs_breaks_the_sectors(industries, variable):
    with open(industries / "panel.toml", "a", encoding="utf-8") as file:
        file.write(f'[[break]]\nvariable = "{variable}"\nyear = 2011\n')
    panel = read_panel(industries)
    np.testing.assert_allclose(of(panel, "basis_job_growth"), [np.nan, np.nan, 10, np.nan])
    np.testing.assert_array_equal(of(panel, "jobs_basis"), [100, 90, 99, np.nan])


def test_a_built_panel_keeps_the_sectors(industries, tmp_path):
    panel = read_panel(industries)
    write_panel(panel, tmp_path / "PANEL.zarr")
    again = read_panel(tmp_path / "PANEL.zarr")
    np.testing.assert_array_equal(of(again, "visit_job_growth"), of(panel, "visit_job_growth"))


def test_sectors_that_nobody_gives_cannot_be_computed(folder):
    with pytest.raises(
        PanelError,
        match=r"visit_job_growth cannot be computed .* needs the columns jobs_visit, or in their "
        r"place jobs_by_industry.csv and an industries.csv with the sector visit\. .*--without",
    ):
        covariate(read_panel(folder), "visit_job_growth")


def test_an_industry_without_jobs_may_stand_in_the_file(industries):
    with open(industries / "industries.csv", "a", encoding="utf-8") as file:
        file.write("mining,Gruver,private,basis,none\n")
    assert read_panel(industries).sizes["industry"] == 3


def test_a_faulty_table_of_jobs_is_one_fault(industries, edit):
    edit("jobs_by_industry.csv", "industry,jobs", "industry,posts")
    with pytest.raises(PanelError, match=r"missing column jobs") as found:
        read_panel(industries)
    assert "faults" not in str(found.value)


def test_an_attribute_of_places_is_no_scheme(industries, edit):
    panel = read_panel(edit("places.csv", "region", "region_of_industry"))
    assert panel["region_of_industry"].dims == ("place",)
    assert not [name for name in available_covariates(panel) if "01" in name]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "hotels,,private",
            "hostels,,private",
            r"jobs_by_industry.csv, column industry: unknown industry 'hotels', not in "
            r"industries.csv. Did you mean 'hostels'\? Valid is a row for every industry; write "
            r"none",
        ),
        (
            "hotels,,private,visit,none\n",
            "",
            r"unknown industry 'hotels', not in industries.csv. Valid is a row",
        ),
        (
            "hotels,",
            "fishing,",
            r"industries.csv: industry 'fishing' stands twice. Keep one row of each",
        ),
        (
            "private,visit",
            "private,",
            r"industries.csv, column dimension: no sector for industry 'hotels'. .*write none",
        ),
        (
            "hotels,",
            ",",
            r"industries.csv, column industry: empty in line 4",
        ),
        (
            "visit",
            "Reiseliv",
            r"industries.csv, column dimension: 'Reiseliv' cannot name a sector, .*small letters",
        ),
        ("visit", "local", r"column dimension: 'local' cannot name a sector"),
        ("visit", "own_visit", r"column dimension: 'own_visit' cannot name a sector"),
        (
            "sea",
            "basis",
            r"the sector 'basis' stands in both columns dimension and branch. .*rename one",
        ),
        ("industry,", "industri,", r"industries.csv: missing column industry.*rename industri to"),
    ],
)
def test_faults_of_the_file(industries, edit, old, new, message):
    edit("industries.csv", old, new)
    with pytest.raises(PanelError, match=message):
        read_panel(industries)


def test_sectors_of_no_jobs(industries):
    (industries / "jobs_by_industry.csv").unlink()
    with pytest.raises(PanelError, match=r"there is no jobs_by_industry.csv .*or take industries"):
        read_panel(industries)
