"""A panel of five places and seven years, small enough to compute by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr

PLACES = ("0101", "0102", "0103", "0201", "0202")
YEARS = np.arange(2010, 2017)
OUTSIDE = "0202"


@pytest.fixture
def panel() -> xr.Dataset:
    """A sound panel; the last place is excluded, the last year has the population alone."""
    rng = np.random.default_rng(4)
    shape = (len(PLACES), YEARS.size)
    cells = ("place", "year")
    population = np.round(1000.0 * np.arange(1, 6)[:, None] * 1.01 ** np.arange(YEARS.size))
    known = YEARS[-1] > YEARS

    def persons(low: float, high: float) -> np.ndarray:
        return np.where(known, np.round(rng.uniform(low, high, shape)), np.nan)

    panel = xr.Dataset(
        {
            "population": (cells, population, {"units": "persons"}),
            "net_migration": (cells, persons(-40, 60), {"units": "persons per year"}),
            "jobs": (cells, persons(300, 900), {"units": "jobs"}),
            "share": (cells, np.where(known, rng.uniform(0.1, 0.4, shape), np.nan)),
            "level": (cells, np.where(known, rng.uniform(1, 9, shape), np.nan)),
            "measurement_sd": (cells, np.zeros(shape)),
            "name": ("place", np.array(["Ås", "Ærbø", "Øye", "Bø", "Å"], dtype=object)),
            "county": ("place", np.array(["01", "01", "01", "02", "02"], dtype=object)),
            "centrality": ("place", [900.0, 700.0, 500.0, 300.0, 100.0]),
            "excluded": ("place", np.array([p == OUTSIDE for p in PLACES])),
            "remote": ("place", np.array([False, False, False, True, False])),
        },
        coords={"place": np.array(PLACES, dtype=object), "year": YEARS},
        attrs={
            "title": "Five places",
            "breaks": "[]",
            "place_attributes": json.dumps(["name", "county", "centrality", "remote"]),
        },
    )
    for name in ("share", "level"):
        panel[name].attrs["units"] = "share"
    return panel
