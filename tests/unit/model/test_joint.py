"""Two designs that go together, and where their recursion begins."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from tests.unit.specifications import permuted

import attraktiv
from attraktiv.model import JointDesign, build_design, build_designs, joint_design
from attraktiv.specs import load_spec

SPEC = load_spec("joint_2026")


@pytest.fixture(scope="module")
def country() -> xr.Dataset:
    """Growth of jobs is known a year later than migration, and in one place not at all."""
    panel = attraktiv.simulate_country(places=12, years=8, ages=False, seed=6).panel
    jobs = panel["jobs"].copy()
    jobs[3] = np.nan
    return panel.assign(jobs=jobs)


@pytest.fixture(scope="module")
def design(country: xr.Dataset) -> JointDesign:
    return joint_design(build_designs(SPEC, country), country)


def test_the_equations_have_the_same_places_and_years(design: JointDesign) -> None:
    residential, business = design.residential, design.business
    assert residential.years.tolist() == business.years.tolist() == list(range(2005, 2013))
    for one in (residential, business):
        assert one.data["fitted"].all()
    used = business.data["used"].values
    assert not used[:, 0].any()
    assert not used[3].any()
    assert used.sum() == 11 * 7
    assert residential.data["used"].all()


def test_alone_an_equation_has_its_own_years(country: xr.Dataset) -> None:
    alone = build_design(SPEC.alone("business"), country)
    assert alone.years[0] == 2006
    assert int(alone.data["fitted"].sum()) == 11


def test_growth_before_the_first_year_is_standardised(country: xr.Dataset) -> None:
    designs = build_designs(SPEC, country, first=2008)
    found = joint_design(designs, country)
    growth = attraktiv.covariate(country, "population_growth").sel(year=2007)
    expected = (growth - growth.mean()) / growth.std()
    np.testing.assert_allclose(found.initial, expected, rtol=1e-12)
    assert "2007" in found.initial.attrs["long_name"]
    np.testing.assert_array_equal(
        found.fitted_initial(), found.initial.sel(place=found.business.fitted()["place"])
    )


def test_unknown_growth_says_nothing(design: JointDesign, country: xr.Dataset) -> None:
    assert (design.initial == 0).all()  # the panel begins with the fit
    gap = country.assign(population=country["population"].copy())
    gap["population"][2, 1:3] = np.nan
    found = joint_design(build_designs(SPEC, gap, first=2007), gap)
    assert float(found.initial[2]) == 0.0
    assert (found.initial.values[[0, 1, 3]] != 0).all()


def test_permuting_places_changes_no_number(country: xr.Dataset) -> None:
    shuffled = permuted(country)
    one = joint_design(build_designs(SPEC, country, first=2007), country)
    other = joint_design(build_designs(SPEC, shuffled, first=2007), shuffled)
    xr.testing.assert_identical(one.initial, other.initial.sel(place=country["place"].values))
    for before, after in zip(one.by_kind().values(), other.by_kind().values(), strict=True):
        xr.testing.assert_identical(before.fitted(), after.fitted())


def test_a_factor_is_left_out_of_the_equation_that_has_it(country: xr.Dataset) -> None:
    designs = build_designs(SPEC, country, without=["industry_mix", "centrality"])
    assert designs["business"].terms == ("lag(population_growth, 1)",)
    assert "centrality" not in designs["residential"].terms
    assert "own_job_growth" in designs["residential"].terms
