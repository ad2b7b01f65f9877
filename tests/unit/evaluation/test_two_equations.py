"""What judges models looks at one equation, and says so of runs that estimate two together."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import xarray as xr
from tests.unit.evaluation.two_equations import classical, joint_run, panel

from attraktiv.engines import fit
from attraktiv.errors import DesignError, RunError
from attraktiv.evaluation import compare, hindcast, screen, slopes
from attraktiv.evaluation.densities import JOINT, score_cells, score_places
from attraktiv.evaluation.futures import no_later_year
from attraktiv.evaluation.pooling import name_pooled_twin
from attraktiv.evaluation.refits import design_until, refitted
from attraktiv.specs import load_spec
from attraktiv.store import equation_of, kinds_of


@pytest.fixture(scope="module")
def country() -> xr.Dataset:
    return panel(places=16, years=8)


@pytest.fixture(scope="module")
def run(country: xr.Dataset) -> xr.DataTree:
    return fit(classical(), country, seed=1, progress=False)


@pytest.fixture(scope="module")
def joint(country: xr.Dataset) -> xr.DataTree:
    return joint_run(country)


def test_slopes_are_of_each_equation(run: xr.DataTree) -> None:
    of_jobs = slopes(equation_of(run, "business"))
    beta = equation_of(run, "business")["posterior"].to_dataset()["beta"]
    assert of_jobs["term"].values.tolist() == ["industry_mix", "lag(population_growth, 1)"]
    pooled = of_jobs["slope_mean"].sel(slope="pooled").values
    assert pooled == pytest.approx(beta.mean(("chain", "draw")).values, abs=0.05)


def test_an_equation_estimated_apart_is_not_fitted_again(
    run: xr.DataTree, country: xr.Dataset
) -> None:
    # in the first half of the years nobody knows the industries
    late = country.assign(industry_mix=country["industry_mix"].where(country["year"] > 2010))
    with pytest.raises(DesignError, match="factor industry_mix"):
        fit(classical(), late, first=2005, last=2009, seed=1, progress=False)
    again = refitted(run, late, 2005, 2009)
    assert kinds_of(again) == ("residential",)
    assert design_until(run, late, 2009).kind == "residential"


def test_factors_left_out_of_the_other_equation_are_no_fault(country: xr.Dataset) -> None:
    left = ("industry_mix", "lag(own_job_growth, 1)")
    run = fit(classical(), country, without=left, seed=1, progress=False)
    again = refitted(run, country, 2006, 2010)
    assert json.loads(again.attrs["options"])["without"] == ["lag(own_job_growth, 1)"]


def test_a_joint_run_is_compared_by_cells_alone(run: xr.DataTree, joint: xr.DataTree) -> None:
    found = compare([run, joint], progress=False)
    elpd = found["elpd"]
    assert np.isfinite(elpd.sel(criterion="cell").values).all()
    of_places = elpd.sel(criterion="place").values
    assert np.isfinite(of_places[0])
    assert np.isnan(of_places[1])
    notes = " ".join(json.loads(found.attrs["notes"]))
    assert f"joint_2026 has no density of whole places: {JOINT}." in notes
    assert "joint_2026 predicts a cell of migration from the place's other years" in notes
    assert "both predicts a cell" not in notes
    assert found["explained"].isel(run=1).sel(estimate="mean").sum().item() == pytest.approx(1.0)


def test_a_joint_run_has_no_density_of_places_or_later_years(joint: xr.DataTree) -> None:
    assert no_later_year(joint) == JOINT
    assert score_places(joint)["elpd"].isnull().all()
    stored = joint["log_likelihood"].to_dataset()["net_migration_rate"]
    used = joint["constant_data"].to_dataset()["used"].values
    cell = score_cells(joint)["elpd"].sortby("place")
    assert np.nanmean(cell.values) == pytest.approx(stored.values[:, :, used].mean(), abs=0.05)


def test_runs_of_other_outcomes_are_not_compared(run: xr.DataTree, country: xr.Dataset) -> None:
    jobs = fit("business_2017", country, seed=1, progress=False)
    with pytest.raises(RunError, match=r"another outcome \('job_growth'\).*explain the same"):
        compare([run, jobs], progress=False)


def test_runs_of_jobs_are_compared_and_screened(country: xr.Dataset) -> None:
    runs = [
        fit("business_2017", country, without=without, seed=1, progress=False)
        for without in ((), ("lag(population_growth, 1)",))
    ]
    found = compare(runs, progress=False)
    assert found.attrs["outcome"] == "job_growth"
    assert found["coefficient"].sel(term="industry_mix", estimate="mean").values.min() > 0.5
    mix = screen("business_2017", country, ["industry_mix"], without=["industry_mix"], seed=1)
    assert mix["belongs"].values.tolist() == ["yes"]
    beta = runs[0]["posterior"].to_dataset()["beta"].sel(term="industry_mix")
    assert mix["coefficient"].sel(estimate="mean").item() == pytest.approx(
        float(beta.mean()), abs=0.1
    )


def test_migration_alone_is_screened(country: xr.Dataset) -> None:
    bare = country.drop_vars("industry_mix").drop_vars("jobs_by_industry")
    both, alone = classical(), classical().alone("residential")
    found = screen(both, bare, ["share_20_39"], seed=1)
    xr.testing.assert_identical(found, screen(alone, bare, ["share_20_39"], seed=1))
    with pytest.raises(DesignError, match="--without industry_mix"):
        screen(both, country, ["share_20_39"], without=["industry_mix"], seed=1)


def test_migration_alone_is_hindcast(country: xr.Dataset) -> None:
    split = ["2006:2009/2010:2012"]
    spec = load_spec("joint_2026")
    options: dict[str, Any] = {"seed": 1, "progress": False}
    bare = country.drop_vars("industry_mix").drop_vars("jobs_by_industry")
    found = hindcast(spec, bare, split, classical=classical(), **options)
    alone = hindcast(
        spec.alone("residential"),
        bare,
        split,
        classical=classical().alone("residential"),
        **options,
    )
    xr.testing.assert_identical(found, alone)


def test_the_pooled_twin_is_of_the_same_equation() -> None:
    assert "book_2023 share theirs" in name_pooled_twin(load_spec("book_2023_yearly"), "{}")
    yearly = load_spec("business_2017").with_equation("business", yearly=True)
    assert "business_2017 share theirs" in name_pooled_twin(yearly, "{}")
