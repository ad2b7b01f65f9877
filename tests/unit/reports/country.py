"""A run with everything that a report can tell of, and the panel folder it might be fitted to."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import xarray as xr
from tests.unit.fake_forecast import with_forecast
from tests.unit.runs import Kind, fake_run

HOSTILE = "<script>alert('Å & \"Ø\"')</script>"
FIGURES = {
    "engine": "nuts",
    **{"r_hat": 1.002, "r_hat_of": "tau", "divergences": 0, "bfmi": 0.9},
    **{"ess_bulk": 900.0, "ess_bulk_of": "tau", "ess_tail": 812.0, "ess_tail_of": "tau"},
}


def told_run(kind: Kind = "dynamic", *, ages: bool = True) -> xr.DataTree:
    """A run with a forecast; the sixth place has a name that would be code on a careless page."""
    run = with_forecast(fake_run(kind), ages=ages)
    run["constant_data"].dataset["name"].values[5] = HOSTILE
    if kind in ("least-squares", "yearly", "pyramid"):
        del run["diagnostics"]
    else:
        run["diagnostics"].attrs["figures"] = json.dumps(FIGURES)
    return run


def write_panel_of(run: xr.DataTree, folder: Path, *, outlines: bool = True) -> Path:
    """Write a panel folder with the places of a run: squares, history, and a projection."""
    constant = run["constant_data"].dataset
    codes = [str(code) for code in constant["place"].values]
    folder.mkdir()
    population = constant["population"].values
    rows = ["place,year,population,net_migration"]
    for i, code in enumerate(codes):
        rows += [
            f"{code},{year},{population[i, t]:.0f},{10 * i}"
            for t, year in enumerate(constant["year"].values)
        ]
    (folder / "panel.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    places = ["place,name", *(f"{code},Sted {i}" for i, code in enumerate(codes))]
    (folder / "places.csv").write_text("\n".join(places) + "\n", encoding="utf-8")
    (folder / "panel.toml").write_text('title = "Folder"\nsources = ["Bureau"]\n', encoding="utf-8")
    if outlines:
        features = [_square(code, i % 3, i // 3) for i, code in enumerate(codes)]
        content = {"type": "FeatureCollection", "features": features}
        (folder / "places.geojson").write_text(json.dumps(content), encoding="utf-8")
    (folder / "projections").mkdir()
    origin = int(run.attrs["last_year"]) + 1
    told = [
        f"{code},{origin + h},{origin},{1.01**h * population[i, -1]:.1f}"
        for i, code in enumerate(codes)
        for h in (1, 2, 3)
    ]
    (folder / "projections" / "bureau_main.csv").write_text(
        "\n".join(["place,year,origin,population", *told]) + "\n", encoding="utf-8"
    )
    return folder


def _square(code: str, x: int, y: int) -> dict:
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]) * 0.5 + [
        10 + 0.5 * x,
        60 + 0.5 * y,
    ]
    geometry = {"type": "Polygon", "coordinates": [corners.tolist()]}
    return {"type": "Feature", "properties": {"place": code}, "geometry": geometry}
