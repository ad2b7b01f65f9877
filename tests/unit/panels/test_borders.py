"""Neighbours come from neighbours.csv, else from polygons that meet."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import attraktiv
from attraktiv.errors import PanelError
from attraktiv.panels import read_panel


def square(west: float, south: float) -> dict:
    ring = [[west, south], [west + 1, south], [west + 1, south + 1], [west, south + 1]]
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


def feature(place: object, west: float, south: float = 0.0) -> dict:
    return {"type": "Feature", "properties": {"place": place}, "geometry": square(west, south)}


def write_polygons(folder: Path, *features: dict) -> None:
    text = json.dumps({"type": "FeatureCollection", "features": list(features)})
    (folder / "places.geojson").write_text(text, encoding="utf-8")


def pairs(folder: Path) -> list[tuple[str, str]]:
    panel = read_panel(folder)
    return list(zip(panel["border_place"].values, panel["border_neighbour"].values, strict=True))


def test_polygons_that_meet_are_neighbours(folder: Path) -> None:
    # the second and the first share a side, the third is an island
    write_polygons(folder, feature("0102", 1.0), feature("0101", 0.0), feature("0201", 5.0))
    assert pairs(folder) == [("0101", "0102")]


def test_a_list_of_neighbours_comes_before_polygons(folder: Path) -> None:
    write_polygons(folder, feature("0101", 0.0), feature("0102", 1.0))
    rows = "place,neighbour\n0201,0102\n0102,0201\n0102,0101\n"
    (folder / "neighbours.csv").write_text(rows, encoding="utf-8")
    assert pairs(folder) == [("0101", "0102"), ("0102", "0201")]


def test_a_folder_may_say_nothing_of_borders(folder: Path) -> None:
    assert "border_place" not in read_panel(folder)


def test_the_hash_covers_borders(folder: Path) -> None:
    bare = read_panel(folder).attrs["content_hash"]
    write_polygons(folder, feature("0101", 0.0), feature("0102", 1.0))
    assert read_panel(folder).attrs["content_hash"] != bare


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("0101,0909", "unknown place '0909', not in places.csv"),
        ("0101,0101", "'0101' is its own neighbour"),
        ("0101,", "column neighbour: empty in line 2"),
    ],
)
def test_faults_of_neighbours(folder: Path, rows: str, message: str) -> None:
    (folder / "neighbours.csv").write_text(f"place,neighbour\n{rows}\n", encoding="utf-8")
    with pytest.raises(PanelError, match=message):
        read_panel(folder)


@pytest.mark.parametrize(
    ("features", "message"),
    [
        ([feature("0101", 0.0), feature("0101", 3.0)], "'0101' has more than one feature"),
        ([feature("0909", 0.0)], "unknown place '0909'"),
        ([feature(101, 0.0)], "codes are text"),
        ([{"type": "Feature", "properties": {}, "geometry": square(0, 0)}], "cannot be read"),
        ([{**feature("0101", 0.0), "geometry": {"type": "Egg"}}], "cannot be read"),
    ],
)
def test_faults_of_polygons(folder: Path, features: list[dict], message: str) -> None:
    write_polygons(folder, *features)
    with pytest.raises(PanelError, match=message):
        read_panel(folder)


def test_a_simulated_country_has_the_same_borders_on_disk(tmp_path: Path) -> None:
    country = attraktiv.simulate(tmp_path / "land", places=30, years=3, ages=False)
    found = read_panel(tmp_path / "land")
    for name in ("border_place", "border_neighbour"):
        assert list(found[name].values) == list(country.panel[name].values)
    # nobody is without a neighbour
    ends = {*found["border_place"].values, *found["border_neighbour"].values}
    assert ends == set(found["place"].values)
