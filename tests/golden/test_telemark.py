"""Industry mix of the municipalities of Telemark, from published jobs by industry.

The figures lie outside the repository; scripts/telemark_panel.py reads them.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scripts import telemark_panel

from attraktiv import covariate, read_panel

pytestmark = [pytest.mark.real_data, pytest.mark.oracle]

TERMS = ("national_job_growth", "industry_mix", "local_job_growth")
YEARS = [2017, 2018, 2019]


@pytest.fixture(scope="module")
def folder(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return telemark_panel.write_folder(real_data / "norway", tmp_path_factory.mktemp("telemark"))


@pytest.fixture(scope="module")
def panel(folder: Path) -> xr.Dataset:
    return read_panel(folder)


@pytest.fixture(scope="module")
def cube(folder: Path) -> pd.DataFrame:
    """Jobs by place and industry, a column for each year."""
    table = pd.read_csv(folder / "jobs_by_industry.csv", dtype={"place": str})
    return table.pivot(index=["place", "industry"], columns="year", values="jobs")


def test_no_cell_is_hidden_but_the_smallest_are_rounded(cube: pd.DataFrame) -> None:
    assert cube.shape == (17 * 17, 4)
    assert cube.notna().all(axis=None)
    counts = cube.stack().value_counts()
    assert counts.reindex([0, 1, 2, 3], fill_value=0).tolist() == [61, 0, 0, 27]


def test_the_three_terms_are_the_growth(panel: xr.Dataset) -> None:
    terms = [covariate(panel, name).sel(year=YEARS) for name in TERMS]
    assert all(term.notnull().all() for term in terms)
    growth = covariate(panel, "job_growth").sel(year=YEARS)
    np.testing.assert_allclose(sum(term.values for term in terms), growth.values, atol=1e-9)
    covered = json.loads(covariate(panel, "industry_mix").attrs["covered"])
    assert covered == {str(year): 1.0 for year in YEARS}


@pytest.mark.parametrize("year", YEARS)
def test_the_terms_are_those_of_a_plain_loop(
    panel: xr.Dataset, cube: pd.DataFrame, year: int
) -> None:
    for place in panel["place"].values:
        own, rest = cube.loc[place], cube.drop(place, level="place").groupby("industry").sum()
        elsewhere = 100 * (rest[year] / rest[year - 1] - 1)
        nation = 100 * (rest[year].sum() / rest[year - 1].sum() - 1)
        share = own[year - 1] / own[year - 1].sum()
        there = own[year - 1] > 0
        local = share[there] * (100 * (own[year] / own[year - 1] - 1) - elsewhere)[there]
        new = 100 * own.loc[~there, year].sum() / own[year - 1].sum()
        expected = (nation, (share * elsewhere).sum() - nation, local.sum() + new)
        found = [covariate(panel, name).sel(place=place, year=year).item() for name in TERMS]
        assert found == pytest.approx(expected, abs=1e-9)


def test_sectors_are_sums_of_their_industries(panel: xr.Dataset, folder: Path) -> None:
    table = pd.read_csv(folder / "jobs_by_industry.csv", dtype={"place": str})
    dimension = pd.read_csv(folder / "industries.csv").set_index("industry")["dimension"]
    of = table.groupby(["place", "year", table["industry"].map(dimension)])["jobs"].sum().unstack()
    for sector in ("basis", "visit", "regional"):
        found = covariate(panel, f"jobs_{sector}").to_series()
        np.testing.assert_array_equal(found, of[sector].reindex(found.index))
        assert covariate(panel, f"{sector}_job_growth").sel(year=YEARS).notnull().all()
