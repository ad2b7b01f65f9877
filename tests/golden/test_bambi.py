"""The PyMC model of a simple specification against the one that bambi builds.

bambi writes the level of a year as intercept plus deviation, and draws the effect of a place
itself where this model draws a standard normal and scales it. One map leads from one set of
parameters to the other, and its only Jacobian is tau for each place.
"""

from __future__ import annotations

from typing import Any

import bambi
import numpy as np
import pandas as pd
import pymc as pm
import pytest
import xarray as xr
from arviz_stats import mcse
from tests.unit.specifications import PRIORS, specification

import attraktiv
from attraktiv.model import Design, build_design
from attraktiv.panels import simulate_country

FACTORS = ("own_job_growth", "centrality")
SPEC = specification(" + ".join(FACTORS), year_effect="independent", size_dependent=False)
PYMC_NAME = {"normal": "Normal", "half_normal": "HalfNormal"}

pytestmark = pytest.mark.oracle


@pytest.fixture(scope="module")
def panel() -> xr.Dataset:
    """Fifteen places and six years, one cell unknown: an unbalanced panel."""
    panel = simulate_country(places=15, years=6, ages=False, seed=2).panel
    unknown = (panel["place"] == "0101") & (panel["year"] == 2007)
    return panel.assign(net_migration=panel["net_migration"].where(~unknown))


@pytest.fixture(scope="module")
def design(panel: xr.Dataset) -> Design:
    return build_design(SPEC, panel)


def prior(name: str, **own: Any) -> bambi.Prior:
    parameters = {key: value for key, value in PRIORS[name].items() if key != "distribution"}
    return bambi.Prior(PYMC_NAME[PRIORS[name]["distribution"]], **(parameters | own))


@pytest.fixture(scope="module")
def model(design: Design) -> bambi.Model:
    """The same model in bambi, with the very same priors."""
    data = design.fitted()
    place, year = np.nonzero(data["used"].values)
    table = pd.DataFrame(data["factors"].values[place, year], columns=list(FACTORS))
    table["y"] = data["outcome"].values[place, year]
    table["place"] = pd.Categorical(data["place"].values[place])
    table["year"] = pd.Categorical(data["year"].values[year].astype(str))
    model = bambi.Model(
        f"y ~ 1 + {' + '.join(FACTORS)} + (1 | place) + (1 | year)",
        table,
        priors={
            "Intercept": prior("mu_alpha"),
            **{name: prior("beta") for name in FACTORS},
            "1|place": bambi.Prior("Normal", mu=0, sigma=prior("tau")),
            "1|year": bambi.Prior("Normal", mu=0, sigma=prior("sigma_alpha")),
            "sigma": prior("sigma"),
        },
        center_predictors=False,
        noncentered=False,
    )
    model.build()
    return model


def density(model: pm.Model, point: dict[str, Any]) -> float:
    """Joint log density of data and parameters, each on its natural scale."""
    function = model.compile_logp(jacobian=False, mode="FAST_COMPILE")
    values = {v.name: np.asarray(point[v.name], float) for v in model.value_vars}
    return float(function(values))


@pytest.mark.parametrize("seed", range(4))
def test_the_densities_are_equal(panel: xr.Dataset, model: bambi.Model, seed: int) -> None:
    rng = np.random.default_rng(seed)
    mu, beta = rng.normal(size=()), rng.normal(size=2)
    tau, sigma_alpha, sigma = rng.uniform(0.1, 1.0, 3)
    deviation, raw = rng.normal(size=6), rng.normal(size=15)
    ours = density(
        attraktiv.build_model(SPEC, panel),
        {
            "mu_alpha": mu,
            "alpha": mu + deviation,
            "beta": beta,
            "theta_raw": raw,
            "tau_log__": np.log(tau),
            "sigma_alpha_log__": np.log(sigma_alpha),
            "sigma_log__": np.log(sigma),
        },
    )
    theirs = density(
        model.backend.model,
        {
            "Intercept": mu,
            **dict(zip(FACTORS, beta, strict=True)),
            "1|place": tau * raw,
            "1|year": deviation,
            "1|place_sigma_log__": np.log(tau),
            "1|year_sigma_log__": np.log(sigma_alpha),
            "sigma_log__": np.log(sigma),
        },
    )
    assert ours == pytest.approx(theirs + raw.size * np.log(tau), rel=1e-10)


@pytest.mark.slow
def test_the_posteriors_agree(panel: xr.Dataset, model: bambi.Model) -> None:
    """Means and SDs agree within 5 Monte Carlo standard errors of their difference."""
    run = attraktiv.fit(
        SPEC, panel, engine="nuts", seed=1, chains=4, draws=2000, tune=1000, progress=False
    )
    with model.backend.model:
        trace = pm.sample(
            2000, tune=1000, chains=4, random_seed=2, progressbar=False, target_accept=0.95
        )
    ours, theirs = run["posterior"].to_dataset(), trace["posterior"].to_dataset()
    level = theirs["Intercept"] + theirs["1|year"]
    pairs = {
        "mu_alpha": (ours["mu_alpha"], theirs["Intercept"]),
        "tau": (ours["tau"], theirs["1|place_sigma"]),
        "sigma_alpha": (ours["sigma_alpha"], theirs["1|year_sigma"]),
        "sigma": (ours["sigma"], theirs["sigma"]),
        **{name: (ours["beta"].sel(term=name), theirs[name]) for name in FACTORS},
        **{
            f"theta {place}": (
                ours["theta"].sel(place=place),
                theirs["1|place"].sel(place__factor_dim=place),
            )
            for place in ("0101", "0107", "0115")
        },
        **{
            f"alpha {year}": (
                ours["alpha"].sel(year=year),
                level.sel(year__factor_dim=str(year)),
            )
            for year in (2005, 2007, 2010)
        },
    }
    for name, (mine, other) in pairs.items():
        a, b = mine.drop_vars(["place", "year", "term"], errors="ignore"), other
        for kind, figure in (("mean", xr.DataArray.mean), ("sd", xr.DataArray.std)):
            error = np.hypot(float(mcse(a, method=kind)), float(mcse(b, method=kind)))
            difference = float(figure(a)) - float(figure(b))
            assert abs(difference) < 5 * error, (name, kind, difference, error)
