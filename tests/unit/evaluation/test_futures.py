"""The density of a later year tells places apart, and never the level of the year."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

from attraktiv.evaluation.cells import cells, draws, residuals
from attraktiv.evaluation.futures import log_density_given_level, score_year
from attraktiv.evaluation.refits import refitted

WIDE = 1e3  # standard deviation of a level that is as good as flat


def test_the_level_is_learnt_from_the_others() -> None:
    rng = np.random.default_rng(1)
    y, mean, variance = rng.normal(size=5), rng.normal(size=(1, 5)), rng.uniform(0.5, 2, (1, 5))
    whole = np.diag(variance[0]) + WIDE**2
    found = log_density_given_level(y, mean, variance)
    for i in range(5):
        others = np.arange(5) != i
        joint = multivariate_normal.logpdf(y, mean[0], whole)
        rest = multivariate_normal.logpdf(y[others], mean[0][others], whole[np.ix_(others, others)])
        assert found[i] == pytest.approx(joint - rest, abs=1e-4)


@given(shift=st.floats(-50, 50), seed=st.integers(0, 100))
def test_a_common_shift_changes_nothing(shift: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    y, mean, variance = rng.normal(size=6), rng.normal(size=(3, 6)), rng.uniform(0.1, 3, (3, 6))
    assert log_density_given_level(y + shift, mean, variance) == pytest.approx(
        log_density_given_level(y, mean, variance), abs=1e-8
    )


@pytest.fixture(scope="module")
def before(classical: xr.DataTree, country: xr.Dataset) -> xr.DataTree:
    return refitted(classical, country, 2005, 2010)


def test_a_refit_has_the_options_of_the_run(classical: xr.DataTree, before: xr.DataTree) -> None:
    assert before.attrs["last_year"] == 2010
    for name in ("model", "seed", "options", "panel_hash", "engine"):
        assert before.attrs[name] == classical.attrs[name]


def test_carrying_the_residual_forward_uses_it(classical: xr.DataTree, country: xr.Dataset) -> None:
    """A place that gains five percent in every year surprises nobody who remembers it."""
    here = country["place"] == "0110"
    gained = country["net_migration"] + xr.where(here, 0.05 * country["population"], 0.0)
    panel = country.assign(net_migration=gained)
    before = refitted(classical, panel, 2005, 2010)
    carried = score_year(before, panel, carried=True)
    forgotten = score_year(before, panel, carried=False)
    assert carried["place"].values.tolist() == cells(before)["place"].values.tolist()
    assert float((carried - forgotten).sel(place="0110")) > 2


def test_the_forgotten_residual_is_a_regression_of_the_new_year(
    before: xr.DataTree, country: xr.Dataset
) -> None:
    """With hardly any uncertainty the density is that of a normal around the others' level."""
    found = score_year(before, country, carried=False)
    beta = draws(before, "beta_original", "term")
    panel = country.sel(place=found["place"].values, year=2011)
    rate = (100 * panel["net_migration"] / panel["population"]).values
    jobs = country["jobs"].sel(place=found["place"].values)
    growth = 100 * jobs.diff("year").sel(year=2011) / panel["population"]
    raw = np.stack([growth.values, panel["centrality"].values, panel["share_20_39"].values], axis=1)
    sigma = draws(before, "sigma")[:, None]
    expected = log_density_given_level(
        rate, beta @ raw.T, np.broadcast_to(sigma**2, (800, len(rate)))
    )
    assert found.values == pytest.approx(expected, abs=1e-6)


def test_a_bayesian_run_knows_one_way(bayesian: xr.DataTree, country: xr.Dataset) -> None:
    fitted = refitted(bayesian, country, 2005, 2010)
    one, other = (score_year(fitted, country, carried=c) for c in (False, True))
    assert one.identical(other)
    assert np.isfinite(one.values).all()


def test_residuals_are_the_run_s_own(classical: xr.DataTree) -> None:
    stored = classical["posterior"].to_dataset()["u"].isel(chain=0, draw=3)
    kept = stored.sel(place=cells(classical)["place"].values)
    assert residuals(classical)[3] == pytest.approx(kept.values, abs=1e-5, nan_ok=True)
