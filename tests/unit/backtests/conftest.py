"""A small country, and a backtest of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import attraktiv
from attraktiv.backtests.forecasters import Contest
from attraktiv.specs import load_spec

MODEL = "hierarchical_static"
WITHOUT = ("own_job_growth", "neighbour_job_growth")
ORIGINS, HORIZON, DRAWS = (2012, 2013), 3, 40


@pytest.fixture(scope="session")
def country() -> xr.Dataset:
    return attraktiv.simulate_country(places=20, years=14, seed=3).panel


@pytest.fixture(scope="session")
def contest(country: xr.Dataset) -> Contest:
    written = {MODEL: load_spec(MODEL).model_dump_json()}
    return Contest(country, written, HORIZON, DRAWS, 1, WITHOUT)


@pytest.fixture(scope="session")
def projection(country: xr.Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A projection of others from 2012: everybody grows by a percent."""
    start = country["population"].sel(year=2012)
    rows = [
        (place, 2012 + h, float(start.sel(place=place)) * 1.01**h)
        for place in country["place"].values
        for h in range(1, HORIZON + 1)
    ]
    path = tmp_path_factory.mktemp("projection") / "official.csv"
    pd.DataFrame(rows, columns=["place", "year", "population"]).to_csv(path, index=False)
    return path


@pytest.fixture(scope="session")
def store(country: xr.Dataset, projection: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("backtest") / "store"
    attraktiv.backtest(
        MODEL, country, ORIGINS, HORIZON, without=WITHOUT, benchmarks=[projection], draws=DRAWS,
        seed=1, workers=1, out=path, progress=False,
    )  # fmt: skip
    return path


@pytest.fixture(scope="session")
def found(store: Path) -> xr.Dataset:
    return attraktiv.open_backtest(store).load()


def scrambled(panel: xr.Dataset, origin: int) -> xr.Dataset:
    """Change everything that was not known on 1 January of the origin."""
    rng = np.random.default_rng(5)
    changed = {}
    for name, values in panel.data_vars.items():
        if "year" not in values.dims or values.dtype.kind != "f":
            continue
        stock = name in ("population", "population_by_age")
        later = panel["year"] > origin if stock else panel["year"] >= origin
        noise = xr.DataArray(rng.uniform(0.5, 2.0, values.shape), dims=values.dims)
        changed[name] = values.where(~later, values * noise).transpose(*values.dims)
    return panel.assign(changed)
