"""The classical model's published numbers, computed again from its own output.

The file lies outside the repository; scripts/published_figures.py reads it. Tolerances of the
identities are those that the data folder states.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scripts import published_figures as published
from scripts.published_panel import write_folder

import attraktiv
from attraktiv.engines import least_squares

pytestmark = [pytest.mark.real_data, pytest.mark.oracle]


@pytest.fixture(scope="module")
def table(real_data: Path) -> pd.DataFrame:
    if not (real_data / published.FILE).is_file():
        pytest.skip(f"the data folder has no {published.FILE}")
    return published.read(real_data)


@pytest.fixture(scope="module")
def municipalities(table: pd.DataFrame) -> pd.DataFrame:
    return published.of_level(table, published.MUNICIPALITY)


@pytest.fixture(scope="module")
def panel(municipalities: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> xr.Dataset:
    """The rows of municipalities by way of a panel folder, whose checks find nothing to say."""
    folder = write_folder(municipalities, tmp_path_factory.mktemp("published"))
    return attraktiv.read_panel(folder)


def test_the_file_is_the_one_that_is_described(table: pd.DataFrame) -> None:
    places = table.groupby("level")["code"].nunique().to_dict()
    assert places == {"county": 19, "municipality": 426, "region": 85}
    assert table["year"].unique().tolist() == list(range(2003, 2014))
    assert table.notna().all(axis=None)


def test_jobs_add_up_in_every_row(table: pd.DataFrame) -> None:
    assert published.left_over(table, "growth of private jobs").abs().max() <= 0.02


@pytest.mark.parametrize(
    ("level", "share"), [("county", 0.99), ("region", 0.96), ("municipality", 0.82)]
)
def test_population_growth_adds_up_as_often_as_stated(
    table: pd.DataFrame, level: str, share: float
) -> None:
    off = published.left_over(published.of_level(table, level), "population growth").abs()
    assert (off <= 0.05).mean() >= share


def test_population_growth_is_seldom_off_by_much(municipalities: pd.DataFrame) -> None:
    off = published.left_over(municipalities, "population growth").abs()
    assert off.median() == pytest.approx(0.02)
    assert off.quantile(0.9) == pytest.approx(0.07)


def test_the_rows_that_are_off_by_points(table: pd.DataFrame) -> None:
    rows = published.off_by(table, 1.0)
    named = list(zip(rows["name"], rows["year"], rows["off"], strict=True))
    assert named == [("Jondal", 2013, 3.93), ("Karlsøy", 2007, 2.16), ("Modalen", 2003, 1.44)]


def test_the_size_effect(municipalities: pd.DataFrame) -> None:
    rows = published.with_lags(municipalities)
    (slope, constant), _, share = published.regress(
        rows, "size_effect", ["log_population"], within_years=False
    )
    assert slope == pytest.approx(0.1026, abs=1e-4)
    assert constant == pytest.approx(-0.871, abs=1e-3)
    assert share > 0.999
    line = 0.1026 * rows["log_population"] - 0.871
    assert (rows["size_effect"] - line).abs().max() < 0.0075  # two decimals, and rounded constants


def test_the_population_effect_on_jobs(municipalities: pd.DataFrame) -> None:
    rows = published.with_lags(municipalities)
    (slope, _), _, share = published.regress(
        rows, "population_effect", ["last_growth"], within_years=True
    )
    assert slope == pytest.approx(0.31, abs=0.01)
    assert share == pytest.approx(0.87, abs=0.01)


def test_the_job_effect_takes_three_years(municipalities: pd.DataFrame) -> None:
    rows = published.with_lags(municipalities)
    lags = ["business_0", "business_1", "business_2"]
    weights, _, share = published.regress(
        rows, "own_growth_attractiveness", lags, within_years=False
    )
    np.testing.assert_allclose(weights[:3], [0.20, 0.11, 0.10], atol=0.005)
    assert share == pytest.approx(0.95, abs=0.005)
    _, _, alone = published.regress(rows, "own_growth_attractiveness", lags[:1], within_years=False)
    assert alone == pytest.approx(0.58, abs=0.03)


def test_structure_explains_a_quarter_of_a_year_and_two_thirds_of_long_means(
    municipalities: pd.DataFrame,
) -> None:
    cells = published.migration_and_structure(municipalities)
    assert published.explained(*cells, 1) == pytest.approx(0.25, abs=0.05)
    assert published.explained(*cells, 11) == pytest.approx(0.65, abs=0.05)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("private_job_growth", "private_job_growth_pct"), ("population_growth", None)],
)
def test_our_growth_is_theirs(panel: xr.Dataset, ours: str, theirs: str | None) -> None:
    """Rates from the counts of the file agree with its rates to their two decimals."""
    mine = attraktiv.covariate(panel, ours).sel(year=slice(2004, 2012))
    other = panel[theirs or "population_growth_pct"].sel(year=slice(2004, 2012))
    assert float(abs(mine - other).max()) <= 0.00501


def test_coefficients_on_published_contributions_are_about_one(panel: xr.Dataset) -> None:
    spec = published.with_factors(published.FACTORS, classical=True)
    design = attraktiv.build_design(spec, panel)
    beta = least_squares.estimate(design).coefficients[:6] / design.data["scale"].values
    assert design.years.tolist() == list(range(2003, 2014))
    assert int(design.data["used"].sum()) == 426 * 11
    np.testing.assert_allclose(beta, 1.0, atol=0.35)
    assert beta[published.FACTORS.index("size_effect")] == pytest.approx(1, abs=0.2)


def test_our_job_weights_are_near_theirs(panel: xr.Dataset) -> None:
    spec = published.with_factors(published.FROM_JOBS, classical=True)
    design = attraktiv.build_design(spec, panel, first=2005)
    assert not design.data["factor_missing"].any()
    beta = least_squares.estimate(design).coefficients[:3] / design.data["scale"].values[:3]
    np.testing.assert_allclose(beta, [0.20, 0.11, 0.10], atol=0.06)
