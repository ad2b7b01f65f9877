"""Which places share a border: read from neighbours.csv, or found in places.geojson."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from attraktiv import names
from attraktiv.panels.faults import Faults, listed
from attraktiv.panels.files import find_table, read_table

NEIGHBOUR = "neighbour"
POLYGONS = "places.geojson"


def read_borders(folder: Path, known: frozenset[str], faults: Faults) -> pd.DataFrame | None:
    """Read the pairs of neighbours of a panel folder.

    Parameters
    ----------
    folder : Path
        neighbours.csv (place, neighbour; either order) is taken first, then places.geojson
        (a FeatureCollection whose features have the property ``place``).
    known : frozenset of str
        Codes of places.csv.
    faults : Faults
        Where faults are noted.

    Returns
    -------
    pandas.DataFrame or None
        ``place`` and ``neighbour``: every pair once, the lower code first, sorted. None if the
        folder says nothing of borders.
    """
    path = find_table(folder, "neighbours", faults)
    if path is not None:
        return _from_table(path, known, faults)
    if (folder / POLYGONS).is_file():
        return _from_polygons(folder / POLYGONS, known, faults)
    return None


def touching(codes: Sequence[str], polygons: Sequence[Any]) -> pd.DataFrame:
    """Find the pairs of polygons that meet.

    Parameters
    ----------
    codes : sequence of str
    polygons : sequence of shapely geometries
        One for each code.

    Returns
    -------
    pandas.DataFrame
        As :func:`read_borders`.
    """
    import shapely  # only here, for it takes a while to import

    shapes = shapely.make_valid(np.asarray(polygons, dtype=object))
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    code = np.asarray(codes, dtype=object)
    return _each_once(code[one], code[other])


def _each_once(one: np.ndarray, other: np.ndarray) -> pd.DataFrame:
    pairs = sorted({(min(a, b), max(a, b)) for a, b in zip(one, other, strict=True) if a != b})
    return pd.DataFrame(pairs, columns=[names.PLACE, NEIGHBOUR], dtype=object)


def _from_table(path: Path, known: frozenset[str], faults: Faults) -> pd.DataFrame | None:
    columns = (names.PLACE, NEIGHBOUR)
    frame = read_table(path, columns, lambda column: column in columns, faults)
    if frame is None:
        return None
    for column in columns:
        empty = frame[column].isna()
        if empty.any():
            faults.add(
                f"{path.name}, column {column}: empty in line "
                f"{listed(np.flatnonzero(empty) + 2)}; every row needs it."
            )
    frame = frame.dropna(subset=list(columns))
    found = [*frame[names.PLACE], *frame[NEIGHBOUR]]
    _note_unknown(found, known, path.name, faults)
    same = frame[names.PLACE] == frame[NEIGHBOUR]
    if same.any():
        faults.add(
            f"{path.name}: {listed(map(repr, frame[names.PLACE][same]))} is its own neighbour. "
            "Take the row out: a place without neighbours needs none."
        )
    return _each_once(frame[names.PLACE].to_numpy(), frame[NEIGHBOUR].to_numpy())


def _from_polygons(path: Path, known: frozenset[str], faults: Faults) -> pd.DataFrame | None:
    from shapely.errors import ShapelyError
    from shapely.geometry import shape

    try:
        features = json.loads(path.read_text(encoding="utf-8"))["features"]
        codes = [feature["properties"][names.PLACE] for feature in features]
        polygons = [shape(feature["geometry"]) for feature in features]
    except (ValueError, KeyError, TypeError, AttributeError, ShapelyError) as error:
        faults.add(
            f"{path.name} cannot be read as places ({type(error).__name__}: {error}). Valid is a "
            'GeoJSON FeatureCollection in UTF-8 whose features have "properties": {"place": '
            'CODE} and a polygon as "geometry".'
        )
        return None
    wrong = [code for code in codes if not isinstance(code, str)]
    if wrong:
        faults.add(
            f"{path.name}: the property place is {listed(map(repr, wrong))}; codes are text, "
            f'such as "{wrong[0]}".'
        )
        return None
    twice = sorted({code for code in codes if codes.count(code) > 1})
    if twice:
        faults.add(
            f"{path.name}: {listed(map(repr, twice))} has more than one feature; join them into "
            "one MultiPolygon."
        )
        return None
    if _note_unknown(codes, known, path.name, faults):
        return None
    return touching(codes, polygons)


def _note_unknown(codes: Sequence[str], known: frozenset[str], file: str, faults: Faults) -> bool:
    unknown = sorted({code for code in codes if code not in known})
    if unknown:
        faults.add(
            f"{file}: unknown place {listed(map(repr, unknown))}, not in places.csv. Add a row to "
            "places.csv or take it out."
        )
    return bool(unknown)
