"""The outlines of places, light enough for a page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from attraktiv.panels.borders import POLYGONS

_POINTS = 12_000  # in all: a map on paper or a screen shows no more
_DECIMALS = 4  # of a degree: some ten metres


def read_outlines(folder: Path, codes: Sequence[str]) -> dict[str, Any] | None:
    """Read and simplify the polygons of a panel folder, shared borders staying shared.

    Parameters
    ----------
    folder
        A panel folder whose polygons were checked as the panel was read, or a built panel,
        which has none.
    codes
        The places of the panel.

    Returns
    -------
    dict or None
        A GeoJSON FeatureCollection with the property ``place``, degrees WGS84; None where the
        folder has no polygons.
    """
    file = folder / POLYGONS
    if not file.is_file():
        return None
    import shapely
    from shapely.geometry import mapping, shape

    features = json.loads(file.read_text(encoding="utf-8"))["features"]
    known = set(codes)
    found = {
        str(feature["properties"]["place"]): shape(feature["geometry"])
        for feature in features
        if feature["properties"]["place"] in known
    }
    shapes = np.array(list(found.values()), dtype=object)
    tolerance = 0.0
    while shapely.get_num_coordinates(shapes).sum() > _POINTS and tolerance < 1:
        tolerance = max(2 * tolerance, 0.002)
        shapes = shapely.coverage_simplify(shapes, tolerance)
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"place": code},
                "geometry": _rounded(mapping(outline)),
            }
            for code, outline in zip(found, shapes, strict=True)
        ],
    }


def _rounded(geometry: dict[str, Any]) -> dict[str, Any]:
    def rounded(value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return [rounded(part) for part in value]
        return round(float(value), _DECIMALS)

    return {"type": geometry["type"], "coordinates": rounded(geometry["coordinates"])}
