"""A small simulated country and two runs of it; what is fitted is fitted once."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from tests.unit.specifications import specification

from attraktiv.engines import fit
from attraktiv.panels import simulate_country
from attraktiv.specs import ModelSpec, Sampling

FACTORS = "own_job_growth + centrality + share_20_39"


def model(name: str, factors: str = FACTORS, **structure: object) -> ModelSpec:
    """A model with few draws."""
    sampling = Sampling(chains=2, draws=400)
    return specification(factors, id=name, sampling=sampling, **structure)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def country() -> xr.Dataset:
    """Twenty places, seven years; one place is left out, one place lacks its first years.

    Shared by all tests of a process: do not change it.
    """
    panel = simulate_country(places=20, years=7, ages=False, seed=4).panel
    unknown = (panel["place"] == "0102") & (panel["year"] < 2007)
    return panel.assign(
        net_migration=panel["net_migration"].where(~unknown),
        excluded=panel["place"] == "0103",
        part=("place", [("A", "B", "C")[i % 3] for i in range(20)]),
    )


@pytest.fixture(scope="session")
def classical(country: xr.Dataset) -> xr.DataTree:
    """Least squares."""
    return fit(model("classical", year_effect="fixed"), country, seed=1, progress=False)


@pytest.fixture(scope="session")
def bayesian(country: xr.Dataset) -> xr.DataTree:
    """Lasting and moving attractiveness, groups, noise by size."""
    spec = model("bayesian", place_effect="ar1", groups="part")
    return fit(spec, country, seed=1, progress=False)


@pytest.fixture(scope="session")
def used(classical: xr.DataTree) -> np.ndarray:
    """Cells in the fit, fitted places alone."""
    constant = classical["constant_data"].to_dataset()
    return constant["used"].values[constant["fitted"].values]
