"""The outlines of places, simplified together."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import shapely
from shapely.geometry import shape

from attraktiv.panels import outlines


def test_outlines_are_simplified_and_stay_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two places whose common border is a wave: after it they still share one, without gaps."""
    x = np.linspace(0, 1, 400)
    wave = np.c_[x, 0.5 + 0.1 * np.sin(40 * x)]
    low = shapely.Polygon([*wave, (1, 0), (0, 0)])
    high = shapely.Polygon([*wave, (1, 1), (0, 1)])
    features = [
        {"properties": {"place": code}, "geometry": shapely.geometry.mapping(polygon)}
        for code, polygon in (("low", low), ("high", high), ("elsewhere", low))
    ]
    (tmp_path / "places.geojson").write_text(json.dumps({"features": features}), encoding="utf-8")
    monkeypatch.setattr(outlines, "_POINTS", 200)
    found = outlines.read_outlines(tmp_path, ["low", "high"])
    assert found is not None
    shapes = [shape(feature["geometry"]) for feature in found["features"]]
    assert [feature["properties"]["place"] for feature in found["features"]] == ["low", "high"]
    assert shapely.get_num_coordinates(shapes).sum() <= 200
    assert shapely.coverage_is_valid(shapes)
    assert shapely.union_all(shapes).area == pytest.approx(1, abs=1e-6)


def test_a_folder_without_polygons_has_no_outlines(tmp_path: Path) -> None:
    assert outlines.read_outlines(tmp_path, ["a"]) is None
