"""Least squares against statsmodels and linearmodels, and its draws against its covariance."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import xarray as xr
from linearmodels.panel import PanelOLS, PooledOLS
from tests.unit.engines.conftest import FACTORS
from tests.unit.specifications import specification

from attraktiv.engines import least_squares
from attraktiv.errors import DesignError
from attraktiv.model import Design, build_design
from attraktiv.specs import Sampling, load_spec


def assert_close(found: object, expected: object) -> None:
    np.testing.assert_allclose(np.asarray(found), np.asarray(expected), rtol=1e-8, atol=1e-11)


@pytest.fixture(scope="module")
def simulated(country: xr.Dataset) -> Design:
    return build_design(specification(FACTORS, year_effect="fixed"), country)


@pytest.fixture(scope="module")
def real(norway: xr.Dataset) -> Design:
    return build_design(load_spec("book_2023"), norway, first=2006, last=2016)


@pytest.fixture(params=["simulated", pytest.param("real", marks=pytest.mark.real_data)])
def design(request: pytest.FixtureRequest) -> Design:
    found: Design = request.getfixturevalue(request.param)
    return found


def as_table(design: Design) -> pd.DataFrame:
    """One row for each cell, with a column for the outcome, each factor and each year."""
    data = design.data[["outcome", "factors", "used"]].drop_vars(["term_units", "term_look_ahead"])
    wide = data["factors"].to_dataset("term").assign(outcome=data["outcome"], used=data["used"])
    frame = wide.to_dataframe().reset_index().query("used").drop(columns="used")
    levels = pd.get_dummies(frame["year"], dtype=float)
    return pd.concat([frame, levels], axis=1)


@pytest.mark.oracle
def test_statsmodels_gives_the_same(design: Design) -> None:
    found = least_squares.estimate(design)
    table = as_table(design)
    regressors = table[[*design.terms, *design.years]].to_numpy(float)
    fit = sm.OLS(table["outcome"].to_numpy(), regressors).fit(
        cov_type="cluster", cov_kwds={"groups": pd.factorize(table["place"])[0]}
    )
    assert_close(found.coefficients, fit.params)
    assert_close(found.covariance, fit.cov_params())
    assert_close(found.sigma, np.sqrt(fit.scale))


@pytest.mark.oracle
def test_linearmodels_gives_the_same(design: Design) -> None:
    # Its clustered covariance has the factor n/(n−q); group_debias adds G/(G−1) · (n−1)/n, and
    # the product is the factor of Cameron & Miller that is used here.
    found = least_squares.estimate(design)
    table = as_table(design).set_index(["place", "year"])
    table.columns = table.columns.map(str)
    names = [*design.terms, *(str(year) for year in design.years)]
    fit = PooledOLS(table["outcome"], table[names]).fit(
        cov_type="clustered", cluster_entity=True, group_debias=True, debiased=True
    )
    assert_close(found.coefficients, fit.params)
    assert_close(found.covariance, fit.cov)
    assert_close(found.sigma, np.sqrt(fit.s2))


@pytest.mark.oracle
def test_absorbing_the_years_gives_the_same_slopes(design: Design) -> None:
    # the levels are swept out, so that only the slopes are left to compare; the years count as
    # parameters (count_effects), as they do here
    found = least_squares.estimate(design)
    table = as_table(design).set_index(["place", "year"])
    fit = PanelOLS(table["outcome"], table[list(design.terms)], time_effects=True).fit(
        cov_type="clustered",
        cluster_entity=True,
        group_debias=True,
        debiased=True,
        count_effects=True,
    )
    n = len(design.terms)
    assert_close(found.coefficients[:n], fit.params)
    assert_close(found.covariance[:n, :n], fit.cov)


def test_draws_have_the_mean_and_covariance_of_the_estimate(simulated: Design) -> None:
    found = least_squares.estimate(simulated)
    draws = least_squares.sample(
        simulated, Sampling(chains=4, draws=10_000), rng=np.random.default_rng(3)
    )
    b = np.concatenate([draws["beta"], draws["alpha"]], axis=-1).reshape(40_000, -1)
    variance = np.diag(found.covariance)
    z = (b.mean(axis=0) - found.coefficients) / np.sqrt(variance / len(b))
    assert np.abs(z).max() < 4.5
    # a sample covariance of normals has variance (V_ii V_jj + V_ij²) / n
    spread = np.sqrt((np.outer(variance, variance) + found.covariance**2) / len(b))
    assert (np.abs(np.cov(b.T) - found.covariance) / spread).max() < 4.5
    assert (draws["sigma"] == found.sigma).all()


def test_u_is_the_residual_of_each_draw(simulated: Design) -> None:
    draws = least_squares.sample(
        simulated, Sampling(chains=2, draws=3), rng=np.random.default_rng(3)
    )
    data = simulated.fitted()
    factors, outcome = data["factors"].values, data["outcome"].values
    for chain in range(2):
        for draw in range(3):
            structure = draws["alpha"][chain, draw] + factors @ draws["beta"][chain, draw]
            np.testing.assert_allclose(draws["u"][chain, draw], outcome - structure, atol=1e-12)
    np.testing.assert_array_equal(np.isnan(draws["u"][0, 0]), ~data["used"].values)


def test_residuals_of_the_estimate_sum_to_zero_in_each_year(simulated: Design) -> None:
    found = least_squares.estimate(simulated)
    data = simulated.fitted()
    n = len(simulated.terms)
    structure = found.coefficients[n:] + data["factors"].values @ found.coefficients[:n]
    residual = (data["outcome"] - structure).where(data["used"], 0.0)
    np.testing.assert_allclose(residual.sum("place"), 0.0, atol=1e-10)


def test_three_places_are_enough(country: xr.Dataset) -> None:
    three = country.isel(place=[0, 1, 4])
    design = build_design(specification("own_job_growth", year_effect="fixed"), three)
    found = least_squares.estimate(design)
    # three clusters, seven coefficients: the covariance cannot have full rank
    assert found.coefficients.size > 3
    assert np.linalg.matrix_rank(found.covariance) <= 3
    draws = least_squares.sample(design, Sampling(chains=1, draws=50), rng=np.random.default_rng(1))
    assert all(np.isfinite(draws[name]).all() for name in ("alpha", "beta", "sigma"))


@pytest.mark.parametrize(
    ("factors", "collinear"),
    [
        ("centrality + lag(centrality, 1)", "centrality"),
        ("own_job_growth + centrality + lag(centrality, 2)", "centrality"),
        (
            "jobs + own_job_growth + jobs_private + jobs_public",
            "jobs",
        ),
    ],
)
def test_collinear_factors_are_refused_by_name(
    country: xr.Dataset, factors: str, collinear: str
) -> None:
    panel = country.assign(jobs_public=country["jobs"] - country["jobs_private"])
    panel["jobs_public"].attrs["units"] = "jobs"
    spec = specification(factors, year_effect="fixed")
    design = build_design(spec, panel, first=2007)
    with pytest.raises(
        DesignError, match=rf"factor {collinear} is a sum .*--without '{collinear}'"
    ):
        least_squares.estimate(design)


def test_more_coefficients_than_cells_are_refused(country: xr.Dataset) -> None:
    three = country.isel(place=[0, 1, 4])
    factors = "own_job_growth + centrality + share_20_39 + log(population)"
    design = build_design(specification(factors, year_effect="fixed"), three, first=2008, last=2009)
    with pytest.raises(DesignError, match="there are 6 cells and 6 coefficients"):
        least_squares.estimate(design)


def test_a_year_without_cells_has_no_level(country: xr.Dataset) -> None:
    gap = country.assign(net_migration=country["net_migration"].where(country["year"] != 2008))
    design = build_design(specification(FACTORS, year_effect="fixed"), gap)
    draws = least_squares.sample(design, Sampling(chains=2, draws=20), rng=np.random.default_rng(1))
    empty = design.years == 2008
    assert np.isnan(draws["alpha"][..., empty]).all()
    assert np.isfinite(draws["alpha"][..., ~empty]).all()
    assert np.isnan(draws["u"][..., empty]).all()
    # the others are what they are without the empty year
    table = as_table(design)
    regressors = table[[*design.terms, *design.years[~empty]]].to_numpy(float)
    expected = sm.OLS(table["outcome"].to_numpy(), regressors).fit().params
    assert_close(least_squares.estimate(design).coefficients, expected)


def test_without_factors_the_levels_are_the_means_of_the_years(country: xr.Dataset) -> None:
    design = build_design(specification("", year_effect="fixed"), country)
    found = least_squares.estimate(design)
    assert_close(found.coefficients, design.data["outcome"].mean("place"))


# Every year by itself ------------------------------------------------------------------------


@pytest.fixture(params=["simulated", pytest.param("real", marks=pytest.mark.real_data)])
def yearly(request: pytest.FixtureRequest) -> Design:
    pooled: Design = request.getfixturevalue(request.param)
    return Design(
        pooled.spec.with_equation("residential", yearly=True), pooled.data, pooled.terms, {}
    )


@pytest.mark.oracle
def test_each_year_is_the_regression_of_that_year(yearly: Design) -> None:
    found = least_squares.estimate(yearly)
    table = as_table(yearly)
    seen = 0
    for t, year in enumerate(yearly.years):
        own = table[table["year"] == year]
        terms = [term for term in yearly.terms if own[term].any()]
        fit = sm.OLS(own["outcome"].to_numpy(), sm.add_constant(own[terms].to_numpy())).fit()
        at = [j for j, (when, _) in enumerate(found.slopes) if when == t]
        assert [yearly.terms[found.slopes[j][1]] for j in at] == terms
        assert_close(found.coefficients[at], fit.params[1:])
        assert_close(found.coefficients[len(found.slopes) + t], fit.params[0])
        seen += len(at)
    assert seen == len(found.slopes)


@pytest.mark.oracle
def test_years_go_together_as_errors_of_a_place_do(yearly: Design) -> None:
    found = least_squares.estimate(yearly)
    table = as_table(yearly)
    columns = [
        table[yearly.terms[k]].to_numpy() * (table["year"] == yearly.years[t]).to_numpy()
        for t, k in found.slopes
    ]
    regressors = np.column_stack([*columns, table[list(yearly.years)].to_numpy(float)])
    fit = sm.OLS(table["outcome"].to_numpy(), regressors).fit(
        cov_type="cluster", cov_kwds={"groups": pd.factorize(table["place"])[0]}
    )
    assert_close(found.covariance, fit.cov_params())
    assert_close(found.sigma, np.sqrt(fit.scale))


def test_draws_of_years_by_themselves(simulated: Design) -> None:
    design = Design(
        simulated.spec.with_equation("residential", yearly=True),
        simulated.data,
        simulated.terms,
        {},
    )
    found = least_squares.estimate(design)
    draws = least_squares.sample(
        design, Sampling(chains=2, draws=2000), rng=np.random.default_rng(3)
    )
    beta = draws["beta"]
    assert beta.shape == (2, 2000, design.years.size, len(design.terms))
    # growth is unknown in the first year, its lag in the first two
    unknown = {(0, 0), (0, 1), (1, 1)}
    assert {(int(t), int(k)) for t, k in np.argwhere(np.isnan(beta[0, 0]))} == unknown
    sd = np.sqrt(np.diag(found.covariance))
    for j, (t, k) in enumerate(found.slopes):
        z = (beta[:, :, t, k].mean() - found.coefficients[j]) / sd[j] * np.sqrt(4000)
        assert abs(z) < 4.5
    factors, data = design.fitted()["factors"].values, design.fitted()
    structure = draws["alpha"][1, 5] + (factors * np.nan_to_num(beta[1, 5])).sum(axis=-1)
    expected = data["outcome"].values - structure
    np.testing.assert_allclose(draws["u"][1, 5], expected, atol=1e-12)


def test_a_year_with_too_few_places_is_named(country: xr.Dataset) -> None:
    three = country.isel(place=[0, 1, 4])
    spec = specification("centrality + log(population)", year_effect="fixed", yearly=True)
    with pytest.raises(DesignError, match="there are 2 cells and 3 coefficients in 2006"):
        least_squares.estimate(build_design(spec, three, first=2006))


def test_a_year_with_collinear_factors_is_named(country: xr.Dataset) -> None:
    # the second measure goes its own way after 2006
    twice = (2.0 * country["share_20_39"]).where(country["year"] <= 2006, country["share_40_66"])
    panel = country.assign(other=twice.assign_attrs(units="share"))
    factors = "share_20_39 + other"
    pooled = build_design(specification(factors, year_effect="fixed"), panel)
    assert np.isfinite(least_squares.estimate(pooled).coefficients).all()
    spec = specification(factors, year_effect="fixed", yearly=True)
    with pytest.raises(
        DesignError, match=r"factor share_20_39 is a sum .* in 2005, .*--without 'share_20_39'"
    ):
        least_squares.estimate(build_design(spec, panel))
