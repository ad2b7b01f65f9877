"""Factors of later years: the scale, the places and the weights are those of the fit."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from tests.unit.model.conftest import OUTSIDE
from tests.unit.specifications import specification

from attraktiv.model import build_design, later_factors
from attraktiv.panels import covariate, simulate_country

SPEC = specification("own_job_growth + lag(own_job_growth, 1) + centrality + level:share")


def test_in_the_years_of_the_fit_they_are_the_factors_of_the_design(panel: xr.Dataset) -> None:
    gap = (panel["place"] == "0102") & (panel["year"] == 2014)
    panel = panel.assign(jobs=panel["jobs"].where(~gap))
    design = build_design(SPEC, panel, first=2011, last=2015)
    again = later_factors(design.data, panel, years=range(2011, 2016), until=2015)
    xr.testing.assert_allclose(
        again, design.data["factors"].drop_vars(["term_units", "term_look_ahead"])
    )
    assert design.data["factor_missing"].any()


def test_later_years_are_centred_over_fitted_places_and_divided_by_the_old_scale(
    panel: xr.Dataset,
) -> None:
    design = build_design(SPEC, panel, first=2011, last=2013)
    found = later_factors(design.data, panel, years=[2015], until=2013)
    raw = covariate(panel, "own_job_growth").sel(year=2015).to_series()
    expected = (raw - raw.drop(OUTSIDE).mean()) / float(
        design.data["scale"].sel(term="own_job_growth")
    )
    np.testing.assert_allclose(found.sel(year=2015, term="own_job_growth"), expected)


def test_a_missing_factor_stands_at_the_mean_of_the_year(panel: xr.Dataset) -> None:
    here = (panel["place"] == "0101") & (panel["year"] == 2015)
    nowhere = panel["year"] == 2014
    design = build_design(SPEC, panel, first=2011, last=2013)
    holed = panel.assign(jobs=panel["jobs"].where(~(here | nowhere)))
    found = later_factors(design.data, holed, years=[2014, 2015], until=2013)
    own = found.sel(term="own_job_growth")
    assert (own == 0.0).all()  # 2014 is unknown, and so is the growth since
    assert (found.sel(term="level:share") != 0.0).any()


@pytest.mark.parametrize("until", [2010, 2016])
def test_the_weights_between_places_are_those_of_the_fit(until: int) -> None:
    panel = simulate_country(places=12, years=12, ages=False, seed=3).panel
    spec = specification("neighbour_job_growth")
    design = build_design(spec, panel, first=2006, last=until)
    found = later_factors(design.data, panel, years=[2016], until=until)
    raw = covariate(panel, "neighbour_job_growth", until=until).sel(year=2016)
    expected = (raw - raw.mean()) / design.data["scale"].values[0]
    np.testing.assert_allclose(found.values[:, 0, 0], expected.values)
