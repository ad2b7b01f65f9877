"""Shift-share by hand: the nation without the place, the mix, and what is not known."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import xarray as xr

from attraktiv.errors import PanelError
from attraktiv.panels import available_covariates, covariate, read_panel

NAN = np.nan
COMPONENTS = ("national_job_growth", "industry_mix", "local_job_growth")

# Without place a: fishing 400 → 380 (-5 %), hotels 400 → 436 (+9 %), all 800 → 816 (+2 %).
BEFORE = {"a": (150, 50), "b": (300, 100), "c": (100, 300)}
AFTER = {"a": (140, 70), "b": (270, 110), "c": (110, 326)}


def country(before=BEFORE, after=AFTER, jobs=True) -> xr.Dataset:
    values = np.array([[before[place], after[place]] for place in before], dtype=float)
    cells = ("place", "year")
    data: dict[str, Any] = {"jobs_by_industry": ((*cells, "industry"), values)}
    if jobs:
        data["jobs"] = (cells, np.nansum(values, axis=2))
    industries = ["fishing", "hotels", "mines"][: values.shape[2]]
    coords = {"place": list(before), "year": [2015, 2016], "industry": industries}
    return xr.Dataset(data, coords, attrs={"breaks": "[]"})


def of(panel, name, place="a"):
    return covariate(panel, name).sel(place=place, year=2016).item()


def test_by_hand():
    panel = country()
    assert [of(panel, name) for name in COMPONENTS] == pytest.approx([2.0, -3.5, 6.5])
    assert of(panel, "expected_job_growth") == pytest.approx(-1.5)
    assert of(panel, "job_growth") == pytest.approx(5.0)
    assert covariate(panel, "industry_mix").sel(year=2015).isnull().all()
    attrs = covariate(panel, "industry_mix").attrs
    assert attrs["units"] == "percent of jobs per year"
    assert attrs["basis"] == "jobs_by_industry"
    assert json.loads(attrs["covered"]) == {"2016": 1.0}
    assert json.loads(attrs["places_below_limit"]) == []


def test_a_hidden_cell_is_left_out_in_both_years_and_everywhere():
    panel = country(before={**BEFORE, "b": (300, NAN)})
    # hotels elsewhere are now those of c alone: 300 → 326
    national = 100 * (380 + 326 - 700) / 700
    expected = 0.75 * -5 + 0.25 * 100 * 26 / 300
    assert of(panel, "national_job_growth") == pytest.approx(national)
    assert of(panel, "expected_job_growth") == pytest.approx(expected)
    # b is known by its fishing alone, and takes its mix from it: nothing is zero because hidden
    assert of(panel, "expected_job_growth", "b") == pytest.approx(100 * (140 + 110 - 250) / 250)


def test_too_little_covered_is_not_known():
    panel = country(after={**AFTER, "b": (NAN, 110)})
    mix = covariate(panel, "industry_mix")
    # 300 of the 400 jobs of b are hidden the year after; of all jobs 700 of 1000 are covered
    assert np.isnan(mix.sel(place="b", year=2016))
    assert json.loads(mix.attrs["places_below_limit"]) == ["b"]
    assert json.loads(mix.attrs["covered"]) == {"2016": 0.7}
    assert np.isnan(of(panel, "local_job_growth", "b"))
    assert np.isfinite(of(panel, "industry_mix", "a"))
    assert np.isfinite(of(panel, "national_job_growth", "b"))


def test_jobs_that_are_in_no_industry_count_as_not_covered():
    panel = country()
    more = panel.assign(jobs=panel["jobs"] * 1.3)
    assert covariate(more, "industry_mix").isnull().all()
    assert json.loads(covariate(more, "industry_mix").attrs["places_below_limit"]) == list("abc")
    few = panel.assign(jobs=panel["jobs"] * 1.2)
    assert of(few, "industry_mix") == pytest.approx(-3.5)
    assert json.loads(covariate(few, "industry_mix").attrs["covered"]) == {"2016": 0.8333}
    # fewer jobs than industries have between them: the industries are then all there is
    less = panel.assign(jobs=panel["jobs"] * 0.5)
    assert json.loads(covariate(less, "industry_mix").attrs["covered"]) == {"2016": 1.0}


def test_an_industry_of_one_place_has_no_nation():
    before = {"a": (150, 50, 20), "b": (300, 100, 0), "c": (100, 300, 0)}
    after = {"a": (140, 70, 5), "b": (270, 110, 0), "c": (110, 326, 0)}
    panel = country(before, after)
    assert of(panel, "expected_job_growth") == pytest.approx(-1.5)
    assert of(panel, "national_job_growth") == pytest.approx(2.0)
    assert json.loads(covariate(panel, "industry_mix").attrs["covered"]) == {
        "2016": round(1000 / 1020, 4)
    }
    # what the mines lost is the place's own
    growth = 100 * (215 - 220) / 220
    assert of(panel, "local_job_growth") == pytest.approx(growth + 1.5)


def test_one_place_is_no_nation():
    panel = country({"a": (150, 50)}, {"a": (140, 70)})
    for name in COMPONENTS:
        assert covariate(panel, name).isnull().all()
    assert covariate(panel.drop_vars("jobs_by_industry"), "national_job_growth").isnull().all()


@pytest.mark.parametrize("variable", ["jobs", "jobs_by_industry"])
def test_nothing_is_computed_across_a_break(variable):
    panel = country()
    panel.attrs["breaks"] = json.dumps([{"variable": variable, "year": 2016}])
    for name in COMPONENTS:
        assert covariate(panel, name).isnull().all()
    panel.attrs["breaks"] = json.dumps([{"variable": "jobs_private", "year": 2016}])
    assert of(panel, "industry_mix") == pytest.approx(-3.5)


def test_a_column_of_the_panel_is_used():
    own = xr.full_like(country()["jobs"], 0.25)
    panel = country().assign(industry_mix=own)
    assert of(panel, "industry_mix") == 0.25
    assert of(panel, "expected_job_growth") == pytest.approx(2.25)
    assert of(panel, "local_job_growth") == pytest.approx(2.75)
    attrs = covariate(panel, "industry_mix").attrs
    assert attrs["basis"] == "the column industry_mix of panel.csv"
    assert "covered" not in attrs
    # it may be of years that the industries are not of
    later = panel.assign(jobs_by_industry=panel["jobs_by_industry"] * NAN)
    assert of(later, "national_job_growth") == pytest.approx(2.0)
    assert covariate(later, "national_job_growth").attrs["basis"] == "jobs"
    assert of(later, "local_job_growth") == pytest.approx(2.75)
    assert available_covariates(panel).count("industry_mix") == 1


def test_without_industries_the_nation_is_that_of_jobs():
    panel = country().drop_vars("jobs_by_industry")
    assert of(panel, "national_job_growth") == pytest.approx(2.0)
    assert covariate(panel, "national_job_growth").attrs["basis"] == "jobs"
    own = panel.assign(industry_mix=xr.full_like(panel["jobs"], -1.0))
    assert of(own, "local_job_growth") == pytest.approx(4.0)
    with pytest.raises(
        PanelError, match=r"industry_mix cannot .* needs the columns industry_mix or jobs_by_ind"
    ):
        covariate(panel, "industry_mix")


def test_local_growth_needs_jobs():
    panel = country(jobs=False)
    assert of(panel, "industry_mix") == pytest.approx(-3.5)
    with pytest.raises(PanelError, match="local_job_growth cannot be computed"):
        covariate(panel, "local_job_growth")


def test_a_break_may_be_that_of_the_industries(folder):
    (folder / "jobs_by_industry.csv").write_text("place,year,industry,jobs\n0101,2010,sea,5\n")
    with open(folder / "panel.toml", "a", encoding="utf-8") as file:
        file.write('[[break]]\nvariable = "jobs_by_industry"\nyear = 2011\n')
    assert "jobs_by_industry" in read_panel(folder).attrs["breaks"]
    (folder / "jobs_by_industry.csv").unlink()
    with pytest.raises(PanelError, match=r"\[\[break\]\]: unknown column 'jobs_by_industry'"):
        read_panel(folder)
