"""Every generation by name: on a simulated country, and on the Norwegian panel."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import xarray as xr

import attraktiv
from attraktiv.errors import AttraktivWarning
from attraktiv.specs import models

ESTIMABLE = [spec.id for spec in models() if spec.id != "pyramid_2010"]
CLASSICAL = [spec.id for spec in models() if spec.id in ESTIMABLE and spec.classical]


@pytest.fixture(scope="module")
def country() -> xr.Dataset:
    return attraktiv.simulate_country(places=24, years=8, seed=3, ages=False).panel


def fitted(model: str, panel: xr.Dataset, **options: Any) -> xr.DataTree:
    with warnings.catch_warnings():
        # published_2017 says that it leaves the jobs out
        warnings.filterwarnings("ignore", "Of the model", AttraktivWarning)
        return attraktiv.fit(model, panel, seed=2, progress=False, **options)


def require_answers(run: xr.DataTree) -> None:
    found = attraktiv.attractiveness(run)
    used = run["constant_data"].to_dataset()["used"].any("year").values
    for name in ("attractiveness", "attractiveness_with_noise", "lasting"):
        assert np.isfinite(found[name].values[..., used]).all(), name
    assert len(attraktiv.query(run, run.attrs["outcome"]))
    assert attraktiv.check(run).lines


@pytest.mark.parametrize("model", ESTIMABLE)
def test_on_a_simulated_country(country: xr.Dataset, model: str) -> None:
    run = fitted(model, country, draws=100, tune=200)
    assert run.attrs["model"] == model
    if model == "hierarchical_robust":
        assert run.attrs["engine"] == "nuts"
        density = run["log_likelihood"]["net_migration_rate"]
        used = run["constant_data"]["used"]
        np.testing.assert_array_equal(density.notnull().all(("chain", "draw")), used)
        assert (run["posterior"]["nu"] > 2).all()
    require_answers(run)


@pytest.mark.real_data
@pytest.mark.parametrize("model", CLASSICAL)
def test_a_classical_one_on_norway(norway: xr.Dataset, model: str) -> None:
    # the panel has no jobs by industry
    without = ("industry_mix",) if model == "business_2017" else ()
    run = fitted(model, norway, first=2006, last=2014, draws=50, without=without)
    require_answers(run)
    beta = run["posterior"].to_dataset()["beta_original"].mean(("chain", "draw"))
    growth = [term for term in beta["term"].values.tolist() if term.startswith("own_")]
    assert (beta.sel(term=growth) > 0).all()


@pytest.mark.slow
@pytest.mark.real_data
@pytest.mark.parametrize(
    "model", ["hierarchical_grouped", "hierarchical_spatial", "hierarchical_robust"]
)
def test_a_hierarchical_one_on_norway(norway: xr.Dataset, model: str) -> None:
    run = fitted(model, norway, first=2006, last=2016)
    assert run.attrs["verdict"] == "passed"
    require_answers(run)
