"""Two fake runs on disk, one with a forecast, and their panel, as a server sees them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import xarray as xr
from tests.unit.fake_forecast import fake_forecast
from tests.unit.runs import fake_run
from tests.unit.server.client import HOST, Client

import attraktiv
from attraktiv.server.application import application
from attraktiv.server.served import Served, open_served
from attraktiv.store import append_group, write_run


@pytest.fixture(scope="session")
def panel_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A panel of the fake runs' places, each a square beside the next."""
    folder = tmp_path_factory.mktemp("country")
    tree = fake_run()
    constant = tree["constant_data"].dataset
    codes = [str(code) for code in constant["place"].values]
    lines = ["place,year,population,jobs,net_migration,natural_increase"]
    for i, code in enumerate(codes):
        persons = 1000 * (i + 1)
        for year in range(2006, 2013):
            flows = ",0,0" if year < 2012 else ",,"
            lines.append(f"{code},{year},{persons},{persons // 2}{flows}")
    (folder / "panel.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    named = "".join(f"{c},{n}\n" for c, n in zip(codes, constant["name"].values, strict=True))
    (folder / "places.csv").write_text(f"place,name\n{named}", encoding="utf-8")
    ages = ["place,year,sex,age,population"]
    ages += [
        f"{code},2012,{sex},{age},{1000 * (i + 1) / 8:g}"
        for i, code in enumerate(codes)
        for sex in ("female", "male")
        for age in range(4)
    ]
    (folder / "population_by_age.csv").write_text("\n".join(ages) + "\n", encoding="utf-8")
    features = [
        {
            "type": "Feature",
            "properties": {"place": code},
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[x, 60], [x + 1, 60], [x + 1, 61], [x, 61], [x, 60]]],
            },
        }
        for x, code in enumerate(codes)
    ]
    collection = {"type": "FeatureCollection", "features": features}
    (folder / "places.geojson").write_text(json.dumps(collection), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def stored(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A Bayesian run of two equations with a forecast, and a classical run."""
    folder = tmp_path_factory.mktemp("runs")
    tree = fake_run("joint")
    first = write_run(tree, folder / "Første kjøring")
    append_group(first, "forecast", fake_forecast(tree, ages=True))
    return first, write_run(fake_run("least-squares"), folder / "classical")


@pytest.fixture(scope="session")
def served(stored: tuple[Path, Path], panel_folder: Path) -> Served:
    return open_served(stored, panel_folder)


@pytest.fixture(scope="session")
def client(served: Served) -> Client:
    return Client(application(served, hosts=[HOST]))


@pytest.fixture(scope="session")
def run(stored: tuple[Path, Path]) -> xr.DataTree:
    return attraktiv.open_run(stored[0])
