"""A table of places and a map that the user adds."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.standin.country import Published
from tests.standin.server import Standin
from typer.testing import CliRunner

import attraktiv
from attraktiv.cli.app import app
from attraktiv.errors import IngestError, InputError, PanelError
from attraktiv.panels import read_outlines
from attraktiv.sources.given import read_given

Ingest = Callable[..., Any]


@pytest.fixture
def table(published: Published) -> pd.DataFrame:
    return published.country.tables.places[["place", "centrality"]].astype({"centrality": int})


@pytest.fixture
def outlines(table: pd.DataFrame) -> dict[str, Any]:
    """Squares beside each other."""
    features = [
        {
            "type": "Feature",
            "properties": {"kommunenummer": code, "kommunenavn": "Ås"},
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[n, 60], [n + 1, 60], [n + 1, 61], [n, 61], [n, 60]]],
            },
        }
        for n, code in enumerate(table["place"])
    ]
    return {"type": "FeatureCollection", "features": features}


@pytest.fixture
def again(ingested: Path, tmp_path: Path) -> Ingest:
    """Make the folder again from snapshots, with files of the user's."""

    def make(**files: Any) -> Path:
        kept = ingested.with_name(f"{ingested.name}-snapshots")
        attraktiv.ingest("ssb", tmp_path / "out", snapshots=kept, **files)
        return tmp_path / "out"

    return make


def written(path: Path, content: pd.DataFrame | dict[str, Any] | str) -> Path:
    if isinstance(content, pd.DataFrame):
        content.to_csv(path, index=False)
    else:
        text = content if isinstance(content, str) else json.dumps(content)
        path.write_text(text, encoding="utf-8")
    return path


def test_both_become_part_of_the_folder(
    again: Ingest, table: pd.DataFrame, outlines: dict[str, Any], tmp_path: Path
) -> None:
    folder = again(
        places_file=written(tmp_path / "index.csv", table.iloc[::-1]),
        map_file=written(tmp_path / "map.geojson", outlines),
    )
    panel = attraktiv.read_panel(folder)
    assert panel["centrality"].to_series().astype(int).to_dict() == dict(table.to_numpy())
    drawn = read_outlines(folder, list(table["place"]))
    assert drawn is not None
    assert {f["properties"]["place"] for f in drawn["features"]} == set(table["place"])
    account = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    assert set(account["given"]) == {"places.csv", "places.geojson"}
    words = (folder / "report.md").read_text(encoding="utf-8")
    assert "centrality: from a table of the user's" in words
    assert "told by centrality_class" not in words


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.iloc[1:], r"1 places of the panel are not in it \(0101\).*1 January 2013"),
        (lambda t: t.assign(place=t["place"].str[1:]), r"12 of its codes are no places.*zeros"),
        (lambda t: t.assign(centrality=[None, *t["centrality"][1:]]), "empty in line 2"),
        (lambda t: pd.concat([t, t.head(1)]), "'0101' stands twice"),
        (lambda t: t[["place"]], "no column beside place"),
        (lambda t: t.rename(columns={"centrality": "name"}), "name is made by ingest"),
        (lambda t: t.rename(columns={"place": "kommune"}), "missing column place"),
        (lambda t: t.to_csv(index=False, sep=";"), "missing column separator"),
        (lambda t: "", "is empty"),
    ],
)
def test_a_table_is_taken_whole_or_not_at_all(
    change: Callable[[pd.DataFrame], Any],
    message: str,
    again: Ingest,
    table: pd.DataFrame,
    tmp_path: Path,
) -> None:
    with pytest.raises(InputError, match=message):
        again(places_file=written(tmp_path / "index.csv", change(table)))
    assert not (tmp_path / "out").exists()


def test_what_makes_no_sound_panel_is_named_too(
    again: Ingest, table: pd.DataFrame, tmp_path: Path
) -> None:
    file = written(tmp_path / "index.csv", table.assign(centrality="far"))
    with pytest.raises(IngestError, match=r"the service and \S+index.csv gave.*text in a number"):
        again(places_file=file)


def test_a_map_of_other_places_is_refused(
    again: Ingest, outlines: dict[str, Any], tmp_path: Path
) -> None:
    outlines["features"][0]["properties"] = {"place": "9999"}
    with pytest.raises(InputError, match=r"\(0101\) and 1 of its codes are no places \(9999\)"):
        again(map_file=written(tmp_path / "map.geojson", outlines))


def moved(features: list[dict[str, Any]]) -> None:
    for feature in features:
        ring = feature["geometry"]["coordinates"][0]
        feature["geometry"]["coordinates"] = [[[x * 1e5, y * 1e5] for x, y in ring]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (moved, r"0, 6e\+06 to 1.2e\+06, 6.1e\+06; valid are degrees.*EPSG:4326"),
        (lambda f: f[0].update(properties={"navn": "Ås"}), "no property place or kommunenummer"),
        (lambda f: f[0]["properties"].update(kommunenummer=101), "codes are text"),
        (lambda f: f.append(f[0]), "'0101': join its features"),
        (lambda f: f[0].update(geometry=None), "cannot be read as a map"),
        (lambda f: f.clear(), "cannot be read as a map"),
    ],
)
def test_a_map_that_is_none_is_explained(
    change: Callable[[list[dict[str, Any]]], object],
    message: str,
    outlines: dict[str, Any],
    tmp_path: Path,
) -> None:
    change(outlines["features"])
    with pytest.raises(InputError, match=message):
        read_given(None, written(tmp_path / "map.geojson", outlines), "kommunenummer")


def test_a_file_that_is_not_there_is_found_before_anything_is_asked(
    standin: Standin, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"no file .*--places FILE.csv"):
        attraktiv.ingest(
            "ssb", tmp_path / "out", places_file=tmp_path / "no", transport=standin.transport()
        )
    assert standin.requests == []


def test_the_command_has_both_options(tmp_path: Path) -> None:
    for option in ("--places", "--map"):
        call = CliRunner().invoke(app, ["ingest", "ssb", str(tmp_path / "x"), option, "absent"])
        assert call.exit_code == PanelError.exit_code
        assert "There is no file absent" in " ".join(call.stderr.split())
