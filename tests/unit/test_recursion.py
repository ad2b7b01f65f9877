"""The two equations run forwards give back what their residuals were taken from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from attraktiv.panels import Feedback, covariate, simulate_country
from attraktiv.recursion import (
    JobTerms,
    MigrationTerms,
    State,
    impulse_response,
    step,
)

OWN = 3


def test_residuals_of_a_panel_give_the_panel_back():
    country = simulate_country(
        places=40, years=10, seed=4, burn_in=0, ages=False, feedback=Feedback()
    )
    panel, truth = country.panel, country.truth

    def values(name):
        return covariate(panel, name).values[:, :-1]

    g, h, m = (values(name) for name in ("job_growth", "own_job_growth", "net_migration_rate"))
    h[:, 0] = 0.0  # nothing acts before the first year
    growth, natural = values("population_growth"), values("natural_increase_rate")
    mix, jobs = values("industry_mix"), values("jobs")
    population = panel["population"].values
    lam, eta = truth["beta_business"].values
    beta = truth["beta"].values
    others = truth["factors"].values[..., OWN:] @ beta[OWN:]

    # the equations, taken apart without the recursion; draws of no level or attractiveness: all
    # that the factors do not explain is an error
    def centred(x):
        return x - x.mean(axis=0)

    lags = np.stack([h, np.roll(h, 1, axis=1), np.roll(h, 2, axis=1)])
    lags[1, :, :1], lags[2, :, :2] = 0.0, 0.0
    errors_m = (
        m - centred(others) - np.einsum("l,lit->it", beta[:OWN], lags - lags.mean(1)[:, None])
    )
    errors_g = np.full_like(g, np.nan)
    errors_g[:, 1:] = g[:, 1:] - lam * centred(mix[:, 1:]) - eta * centred(growth[:, :-1])

    draws = 3

    def many(x):
        return np.broadcast_to(x, (draws, *np.shape(x)))

    state = State(
        many(jobs[:, 0]), many(population[:, 1]), many(growth[:, 0]), many(np.zeros((2, 40)))
    )
    zero = np.zeros(draws)
    for t in range(1, g.shape[1]):
        year = step(
            state,
            JobTerms(
                zero, lam * centred(mix[:, t]), many(eta), many(0.0 * g[:, t]), errors_g[:, t]
            ),
            MigrationTerms(
                zero, centred(others[:, t]), many(beta[:OWN]), many(0.0 * m[:, t]), errors_m[:, t]
            ),
            natural[:, t],
            np.ones(40, dtype=bool),
        )
        for found, known in (
            (year.job_growth, g[:, t]),
            (year.own_job_growth, h[:, t]),
            (year.net_migration_rate, m[:, t]),
            (year.after.growth, growth[:, t]),
            (year.after.jobs / jobs[:, t], np.ones(40)),
            (year.after.population / population[:, t + 1], np.ones(40)),
        ):
            np.testing.assert_allclose(found, many(known), rtol=0, atol=1e-9)
        state = year.after


def one_place_of_many(shock):
    """Population and jobs of 2,000 places over 12 years, with extra job growth in the first."""
    places, years = 2000, 12
    still = np.zeros(places)
    state = State(np.full(places, 4800.0), np.full(places, 10_000.0), still, np.zeros((2, places)))
    jobs = JobTerms(np.array(0.0), still, np.array(2.0), still, shock)
    migration = MigrationTerms(np.array(0.0), still, np.array([0.3, 0.1, 0.1]), still, still)
    fitted = np.arange(places) > 0
    found = []
    for _ in range(years):
        year = step(state, jobs, migration, still, fitted)
        found.append(
            (year.after.population[0] - state.population[0], year.after.jobs[0] - state.jobs[0])
        )
        state, jobs = year.after, replace(jobs, noise=still)
    return np.array(found).T


def test_the_response_is_that_of_the_recursion():
    shock = np.zeros(2000)
    shock[0] = 100.0 / 4800.0  # one job
    migrants, jobs = one_place_of_many(shock)
    found = impulse_response(np.array(2.0), np.array([0.3, 0.1, 0.1]), 0.48, 12)
    # one job is a small change, and the response is that of one without limit small
    np.testing.assert_allclose(found.migrants, migrants, rtol=0, atol=3e-4)
    np.testing.assert_allclose(found.jobs, jobs, rtol=0, atol=3e-4)
    assert found.jobs[0] == 1.0
    assert found.jobs[1] == pytest.approx(0.48 * 2.0 * 0.3)


def test_the_long_run_is_the_sum_of_the_years():
    eta, betas = np.array([0.4, 1.5]), np.array([[0.15, 0.08, 0.08], [0.3, -0.1, 0.2]])
    found = impulse_response(eta, betas, 0.48, 200)
    np.testing.assert_allclose(found.jobs.sum(axis=-1), found.jobs_in_the_long_run)
    np.testing.assert_allclose(found.migrants.sum(axis=-1), found.migrants_in_the_long_run)


def test_a_loop_that_feeds_itself_has_no_end():
    found = impulse_response(np.array([3.0, 0.0]), np.array([[0.5, 0.3], [0.5, -0.5]]), 0.5, 3)
    assert np.isinf(found.jobs_in_the_long_run).tolist() == [True, False]
    assert np.isinf(found.migrants_in_the_long_run).tolist() == [True, False]
    assert found.jobs_in_the_long_run[1] == 1.0


def test_factors_are_centred_at_the_fitted_places():
    state = State(
        np.array([100.0, 200.0, 300.0]),
        np.array([1000.0, 1000.0, 1000.0]),
        np.array([1.0, 3.0, 50.0]),
        np.zeros((0, 3)),
    )
    still, zero = np.zeros(3), np.array(0.0)
    year = step(
        state,
        JobTerms(zero, still, np.array(1.0), still, still),
        MigrationTerms(zero, still, np.array([1.0]), still, still),
        still,
        np.array([True, True, False]),
    )
    np.testing.assert_allclose(year.job_growth, [-1.0, 1.0, 48.0])
    np.testing.assert_allclose(year.own_job_growth, [-0.1, 0.2, 14.4])
    np.testing.assert_allclose(year.net_migration_rate, [-0.15, 0.15, 14.35])
    assert year.after.own_growth.shape == (0, 3)
