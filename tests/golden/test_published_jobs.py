"""The published growth of private jobs as a panel folder, and the equation of jobs on it.

The file lies outside the repository; scripts/published_panel.py reads it. Its rates have two
decimals, and half of the last is what they can be off by.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
import xarray as xr
from scripts import published_figures as published
from scripts.published_panel import write_folder

import attraktiv
from attraktiv.engines import least_squares

pytestmark = [pytest.mark.real_data, pytest.mark.oracle]

ROUNDING = 0.005 + 1e-9


@pytest.fixture(scope="module")
def rows(real_data: Path) -> pd.DataFrame:
    if not (real_data / published.FILE).is_file():
        pytest.skip(f"the data folder has no {published.FILE}")
    return published.of_level(published.read(real_data), published.MUNICIPALITY)


@pytest.fixture(scope="module")
def panel(rows: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> xr.Dataset:
    """By way of a panel folder, whose checks find nothing to say."""
    return attraktiv.read_panel(write_folder(rows, tmp_path_factory.mktemp("published")))


def grid(rows: pd.DataFrame, column: str) -> np.ndarray:
    return rows.pivot(index="code", columns="year", values=column).to_numpy(float)


def of_panel(panel: xr.Dataset, name: str, first: int = 2003) -> np.ndarray:
    return attraktiv.covariate(panel, name).sel(year=slice(first, 2013)).values


def test_growth_of_private_jobs_is_theirs_in_every_row(
    panel: xr.Dataset, rows: pd.DataFrame
) -> None:
    off = abs(of_panel(panel, "private_job_growth") - grid(rows, "private_job_growth_pct"))
    assert off.shape == (426, 11)
    assert off.max() <= ROUNDING


def test_jobs_of_the_year_before_the_first_are_known_to_the_job_but_in_large_places(
    rows: pd.DataFrame,
) -> None:
    first = rows[rows["year"] == 2003]
    low, high = (
        first["private_jobs"] / (1 + (first["private_job_growth_pct"] + end) / 100)
        for end in (0.005, -0.005)
    )
    possible = np.floor(high) - np.ceil(low) + 1
    assert (possible >= 1).all()
    assert (possible == 1).sum() == 406


def test_growth_of_population_is_theirs_wherever_the_next_year_is_known(
    panel: xr.Dataset, rows: pd.DataFrame
) -> None:
    ours = of_panel(panel, "population_growth")
    assert np.isnan(ours[:, -1]).all()
    assert abs(ours - grid(rows, "population_growth_pct"))[:, :-1].max() <= ROUNDING
    lagged = attraktiv.covariate(panel, "population_growth").shift(year=1)
    assert lagged.sel(year=slice(2004, 2013)).notnull().all()


def test_migration_and_birth_surplus_are_growth(panel: xr.Dataset, rows: pd.DataFrame) -> None:
    net = of_panel(panel, "net_migration_rate")
    natural = of_panel(panel, "natural_increase_rate")
    np.testing.assert_allclose(net + natural, grid(rows, "population_growth_pct"), atol=1e-9)
    np.testing.assert_allclose(natural, grid(rows, "birth_surplus_pct"), atol=1e-9)


def test_the_mix_is_theirs_and_the_local_term_is_the_rest_of_their_identity(
    panel: xr.Dataset, rows: pd.DataFrame
) -> None:
    mix = of_panel(panel, "private_industry_mix")
    np.testing.assert_array_equal(mix, grid(rows, "industry_mix_effect"))
    # their national term is one number a year, ours leaves the place out
    national = of_panel(panel, "private_national_job_growth")
    off = np.median(national - grid(rows, "national_job_contribution"), axis=0)
    assert abs(off).max() < 0.1
    local = of_panel(panel, "private_local_job_growth") + national
    theirs = grid(rows, "population_effect") + grid(rows, "business_attractiveness")
    theirs += grid(rows, "national_job_contribution")
    assert abs(local - theirs).max() <= 0.02 + ROUNDING


def test_industry_mix_and_population_effect_by_least_squares(
    panel: xr.Dataset, rows: pd.DataFrame
) -> None:
    spec = attraktiv.load_spec("business_2017").with_sector("private")
    design = attraktiv.build_design(spec, panel, first=2004)
    found = least_squares.estimate(design)
    scale = design.data["scale"].values
    ours = found.coefficients[:2] / scale
    errors = np.sqrt(np.diag(found.covariance)[:2]) / scale

    before = rows.groupby("code").shift(1)
    table = rows.assign(
        growth=100 * (rows["private_jobs"] / before["private_jobs"] - 1),
        last_growth=100 * (rows["population_1jan"] / before["population_1jan"] - 1),
    ).dropna()
    theirs = smf.ols("growth ~ industry_mix_effect + last_growth + C(year)", table).fit(
        cov_type="cluster", cov_kwds={"groups": table["code"].astype(int)}
    )
    assert len(table) == int(design.data["used"].sum()) == 426 * 10
    of = ["industry_mix_effect", "last_growth"]
    np.testing.assert_allclose(ours, theirs.params[of], rtol=1e-8)
    np.testing.assert_allclose(errors, theirs.bse[of], rtol=1e-6)
    # far from the published 1, and near the published 0.31
    np.testing.assert_allclose(ours, [0.566, 0.257], atol=5e-4)
    np.testing.assert_allclose(errors, [0.115, 0.085], atol=5e-4)
