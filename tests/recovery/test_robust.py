"""With outliers, Student-t noise finds the truth better than normal noise does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xarray as xr

import attraktiv
from attraktiv.panels import Parameters, SimulatedCountry

PLANTED = 0.04
LASTING = "hierarchical_static"


@pytest.fixture(scope="module")
def country() -> SimulatedCountry:
    """Nothing moves but for noise; in some cells migration is off by three to six percent."""
    truth = Parameters(rho=0.0, sigma_u=1e-3, tau=0.4, phi=0.5)
    country = attraktiv.simulate_country(places=40, years=10, seed=5, ages=False, parameters=truth)
    rng = np.random.default_rng(8)
    panel = country.panel
    shape = panel["net_migration"].shape
    planted = rng.random(shape) < PLANTED
    size = planted * rng.choice([-1, 1], shape) * rng.uniform(3, 6, shape)
    people = np.round(size * panel["population"] / 100)
    changed = panel.assign(net_migration=panel["net_migration"] + people)
    return SimulatedCountry(changed, country.truth, country.tables)


def errors(run: xr.DataTree, truth: xr.Dataset) -> dict[str, float]:
    """Root mean squared error of β per standard deviation, and of lasting attractiveness."""
    posterior = run["posterior"].to_dataset().mean(("chain", "draw"))
    scale = run["constant_data"]["scale"]
    beta = posterior["beta"] - truth["beta"] * scale
    theta = posterior["theta"] - truth["theta"]
    return {
        name: float(np.sqrt((values**2).mean()))
        for name, values in (("beta", beta), ("theta", theta))
    }


def test_the_truth_is_closer_with_heavy_tails(country: SimulatedCountry) -> None:
    options: dict[str, Any] = {"seed": 4, "draws": 300, "progress": False}
    normal = attraktiv.fit(LASTING, country.panel, **options)
    robust = attraktiv.fit("hierarchical_robust", country.panel, tune=500, **options)
    found, plain = errors(robust, country.truth), errors(normal, country.truth)
    assert found["beta"] < 0.9 * plain["beta"], (found, plain)
    assert found["theta"] < 0.9 * plain["theta"], (found, plain)
    assert float(robust["posterior"]["nu"].mean()) < 6
    # what predicts the cells better is seen by their densities, θ integrated out
    score = [
        float(run["log_likelihood"]["net_migration_rate"].mean(("chain", "draw")).sum())
        for run in (robust, normal)
    ]
    assert score[0] > score[1] + 50
