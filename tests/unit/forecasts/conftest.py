"""A small country, a run of it, and its forecast."""

from __future__ import annotations

import pytest
import xarray as xr

import attraktiv

ORIGIN, HORIZON = 2015, 3


@pytest.fixture(scope="session")
def country() -> xr.Dataset:
    return attraktiv.simulate_country(places=12, years=12, seed=3).panel


@pytest.fixture(scope="session")
def run(country: xr.Dataset) -> xr.DataTree:
    return attraktiv.fit(
        "hierarchical_static",
        country,
        last=ORIGIN - 1,
        without=("own_job_growth", "neighbour_job_growth"),
        draws=50,
        seed=1,
        progress=False,
    )


@pytest.fixture(scope="session")
def jobs(country: xr.Dataset) -> xr.DataTree:
    return attraktiv.fit(
        "business_2026", country, last=ORIGIN - 1, engine="collapsed", draws=50, seed=1,
        progress=False,
    )  # fmt: skip


@pytest.fixture(scope="session")
def linked(country: xr.Dataset) -> xr.DataTree:
    return attraktiv.fit(
        "hierarchical_dynamic", country, last=ORIGIN - 1, draws=50, seed=1, progress=False
    )


@pytest.fixture(scope="session")
def continued(run: xr.DataTree, country: xr.Dataset) -> xr.Dataset:
    return attraktiv.forecast(
        run, country, HORIZON, scenarios=("low", "neutral", "high"), seed=2, ages=True,
        progress=False,
    )  # fmt: skip
