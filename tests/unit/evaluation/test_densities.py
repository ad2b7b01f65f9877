"""Predictive densities agree with dense arithmetic, with ArviZ, and with real refits."""

from __future__ import annotations

import arviz_stats
import numpy as np
import pytest
import xarray as xr
from scipy.special import logsumexp
from scipy.stats import multivariate_normal
from tests.unit.evaluation.conftest import model

from attraktiv.engines import collapsed, fit
from attraktiv.engines.tree import build_tree
from attraktiv.errors import RunError
from attraktiv.evaluation.cells import cells
from attraktiv.evaluation.densities import (
    place_log_density,
    score_cells,
    score_places,
    standard_error,
)
from attraktiv.model import Design, build_design
from attraktiv.specs import Sampling


def dense(run: xr.DataTree, draw: int, place: str) -> float:
    """Log p(y_i | b, ψ) by the covariance matrix itself."""
    data = cells(run).sel(place=place)
    of = run["posterior"].to_dataset().isel(chain=1, draw=draw)
    on = data["used"].values
    year = data["year"].values
    psi = {n: float(of[n]) for n in ("tau", "rho", "sigma_u", "sigma", "phi")}
    path = psi["sigma_u"] ** 2 / (1 - psi["rho"] ** 2)
    v = psi["tau"] ** 2 + path * psi["rho"] ** np.abs(year[:, None] - year)
    noise = psi["sigma"] ** 2 + psi["phi"] * data["flow_variance"] + data["measurement_sd"] ** 2
    v = v + np.diag(np.where(on, noise.values, 0.0))
    mean = of["alpha"].values + data["factors"].values @ of["beta"].values
    mean = mean + float(of["gamma"].sel(group=str(data["group_of_place"].values)))
    y = data["outcome"].values[on]
    return float(multivariate_normal.logpdf(y, mean[on], v[np.ix_(on, on)]))


@pytest.mark.parametrize("place", ["0101", "0102"])
def test_the_density_of_a_place_is_that_of_its_covariance(
    bayesian: xr.DataTree, place: str
) -> None:
    found = place_log_density(bayesian)
    i = list(cells(bayesian)["place"].values).index(place)
    for draw in (0, 250):
        assert found[400 + draw, i] == pytest.approx(dense(bayesian, draw, place), rel=1e-5)


@pytest.mark.filterwarnings("ignore:Estimated shape parameter")
def test_cells_agree_with_arviz(bayesian: xr.DataTree, used: np.ndarray) -> None:
    score = score_cells(bayesian)
    assert (score["elpd"].notnull().values == used).all()
    stored = bayesian["log_likelihood"].to_dataset()["net_migration_rate"]
    flat = stored.stack(cell=("place", "year")).dropna("cell").drop_vars(["cell", "place", "year"])
    tree = xr.DataTree.from_dict(
        {"posterior": xr.Dataset(), "log_likelihood": xr.Dataset({"y": flat.astype(float)})}
    )
    theirs = arviz_stats.loo(tree, pointwise=True, reff=1.0)
    assert float(score["elpd"].sum()) == pytest.approx(theirs.elpd, rel=1e-6)
    assert float(score["pareto_k"].max()) == pytest.approx(float(theirs.pareto_k.max()), rel=1e-4)
    assert score.attrs["limit"] == pytest.approx(theirs.good_k)


def without(design: Design, place: str) -> Design:
    """The same design, its factors untouched, but for one place's cells."""
    kept = design.data["place"] != place
    data = design.data.assign(used=design.data["used"] & kept, fitted=design.data["fitted"] & kept)
    return Design(design.spec, data, design.terms, design.options)


def test_places_agree_with_real_refits(country: xr.Dataset) -> None:
    spec = model("static", place_effect="static")
    run = fit(spec, country, seed=2, chains=4, draws=2000, progress=False)
    score = score_places(run)
    design = build_design(spec, country)
    for place in ("0102", "0201", "0105"):
        drawn, _, psi = collapsed.sample(
            without(design, place), Sampling(chains=4, draws=2000), seed=3, progress=False
        )
        assert not psi.failure
        refit = build_tree(without(design, place), drawn, seed=3)
        held = xr.DataTree.from_dict(
            {
                "posterior": refit["posterior"].to_dataset(),
                "observed_data": run["observed_data"].to_dataset(),
                "constant_data": run["constant_data"].to_dataset(),
            }
        )
        held.attrs = run.attrs
        i = list(score["place"].values).index(place)
        density = place_log_density(held)[:, i]
        truth = logsumexp(density) - np.log(density.size)
        # seven cells of a place, some hundred effective draws each way
        assert float(score["elpd"][i]) == pytest.approx(truth, abs=0.15), place


def test_the_standard_error_is_that_of_a_sum_over_places() -> None:
    values = np.array([1.0, 2.0, 4.0, np.nan])
    assert standard_error(values) == pytest.approx(np.sqrt(3) * np.std([1, 2, 4], ddof=1))
    assert np.isnan(standard_error(np.array([1.0])))


def test_a_run_without_log_likelihood_is_refused(bayesian: xr.DataTree) -> None:
    bare = bayesian.copy()
    del bare["log_likelihood"]
    with pytest.raises(RunError, match=r"no group log_likelihood.*Fit it again"):
        score_cells(bare)
