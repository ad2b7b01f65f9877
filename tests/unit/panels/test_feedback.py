"""Simulated countries in which people drive jobs, as jobs drive people."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from attraktiv.panels import (
    Departures,
    Feedback,
    Parameters,
    covariate,
    read_panel,
    read_truth,
    simulate,
    simulate_country,
)
from attraktiv.panels.simulation import JOBS_TERMS
from attraktiv.panels.simulation.feedback import draw_business
from attraktiv.panels.simulation.migration import draw_attractiveness


@pytest.fixture(scope="module")
def country():
    return simulate_country(places=100, years=12, seed=5, ages=False, feedback=Feedback())


def structure(truth, ending=""):
    factors, beta = truth["factors" + ending], truth["beta" + ending]
    return ((factors - factors.mean("place")) * beta).sum(beta.dims, skipna=False)


def test_without_feedback_the_country_is_as_it_always_was():
    country = simulate_country(places=12, years=10, seed=2)
    assert float(country.panel["net_migration"].sum()) == 14737
    assert float(country.panel["jobs"].isel(year=-2).sum()) == 65160
    assert "theta_business" not in country.truth


def test_feedback_leaves_what_is_drawn_for_migration(country):
    plain = simulate_country(places=100, years=12, seed=5, ages=False).truth
    for name in ("theta", "u", "alpha"):
        xr.testing.assert_identical(country.truth[name], plain[name])


def test_factors_of_jobs_are_those_of_the_panel(country):
    factors = country.truth["factors_business"]
    assert factors["jobs_term"].values.tolist() == list(JOBS_TERMS)
    for name, lag in (("industry_mix", 0), ("population_growth", 1)):
        found = covariate(country.panel, name).shift(year=lag).sel(year=factors["year"])
        term = name if lag == 0 else f"lag({name}, {lag})"
        known = {"year": slice(1, None)}
        np.testing.assert_allclose(
            found.isel(known), factors.sel(jobs_term=term).isel(known), rtol=0, atol=1e-9
        )


def test_job_growth_is_the_sum_of_its_parts_to_within_a_job(country):
    truth, panel = country.truth, country.panel
    parts = truth["alpha_business"] + structure(truth, "_business") + truth["theta_business"]
    rate = parts + truth["u_business"] + truth["noise_business"]
    off = (covariate(panel, "job_growth") - rate) / 100 * panel["jobs"].shift(year=1)
    off = off.isel(year=slice(1, None))
    assert off.notnull().all()
    assert float(abs(off).max()) <= 1 + 1e-9
    # the bound is of whole jobs, not of a place that cannot follow
    assert float(off.mean()) == pytest.approx(0, abs=0.05)


def test_migration_is_the_sum_of_its_parts(country):
    truth, panel = country.truth, country.panel
    rate = truth["alpha"] + structure(truth) + truth["theta"] + truth["u"] + truth["noise"]
    known = panel.sel(year=truth["year"])
    assert float(abs(rate * known["population"] / 100 - known["net_migration"]).max()) <= 0.5 + 1e-9
    own = covariate(panel, "own_job_growth").sel(year=truth["year"]).isel(year=slice(1, None))
    drawn = truth["factors"].sel(term="own_job_growth").isel(year=slice(1, None))
    np.testing.assert_allclose(own, drawn, rtol=0, atol=1e-9)


def test_industries_add_up_to_jobs(country):
    panel = country.panel.isel(year=slice(0, -1))
    np.testing.assert_array_equal(panel["jobs_by_industry"].sum("industry"), panel["jobs"])
    assert float(panel["jobs_by_industry"].min()) >= 0


def test_truth_is_read_back(tmp_path):
    folder = tmp_path / "land"
    # without years before the panel its first year has no growth of jobs, and no noise of it
    country = simulate(folder, places=8, years=4, burn_in=0, feedback=Feedback())
    assert country.truth["noise_business"].isnull().sum("place").values.tolist() == [8, 0, 0, 0]
    found = read_truth(folder)
    xr.testing.assert_equal(found, country.truth.drop_vars(["factors", "factors_business"]))
    xr.testing.assert_identical(read_panel(folder), country.panel)


def test_truth_is_correlated_as_it_says():
    chosen = Feedback(
        tau=0.7, rho=-0.4, correlation_lasting=0.6, correlation_path=-0.5, correlation_noise=0.4
    )
    truth, places, years = Parameters(), 4000, 6
    rng = np.random.default_rng(1)
    points = rng.normal(size=(places, 2))
    residential = draw_attractiveness(
        rng, truth, Departures(), points, points[:, 0], years, years // 2
    )
    business = draw_business(rng, chosen, truth, residential)

    def between(one, other):
        return np.corrcoef(one.ravel(), other.ravel())[0, 1]

    assert between(residential.theta, business.theta) == pytest.approx(0.6, abs=0.04)
    assert business.theta.std() == pytest.approx(0.7, rel=0.04)
    assert between(residential.noise, business.noise) == pytest.approx(0.4, abs=0.02)
    lag = between(business.u[:, :-1], business.u[:, 1:])
    assert lag == pytest.approx(-0.4, abs=0.03)
    # a stationary pair of paths is correlated alike in its first and its last year
    both = np.sqrt((1 - 0.69**2) * (1 - 0.4**2)) / (1 + 0.69 * 0.4)
    for year in (0, -1):
        found = between(residential.u[:, year], business.u[:, year])
        assert found == pytest.approx(-0.5 * both, abs=0.04)


def test_the_spread_of_industries_is_what_the_mix_tells():
    narrow, wide = (
        simulate_country(
            places=40, years=8, ages=False, seed=3, feedback=Feedback(mix_spread=spread)
        ).truth["factors_business"]
        for spread in (0.5, 5.0)
    )
    spread = [
        float(f.sel(jobs_term="industry_mix").std("place").mean("year")) for f in (narrow, wide)
    ]
    assert spread[1] > 4 * spread[0]
