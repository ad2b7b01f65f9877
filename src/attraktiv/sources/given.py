"""What the user adds to official figures: attributes of places, and a map of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from attraktiv import names
from attraktiv.errors import InputError
from attraktiv.panels.borders import POLYGONS
from attraktiv.panels.faults import Faults, listed
from attraktiv.panels.files import read_table
from attraktiv.sources.assembly import UNRELIABLE

TABLE = "places.csv"
_NOT_THEIRS = (names.NAME, UNRELIABLE)
"""Columns of places.csv that are not the user's to give."""


@dataclass(frozen=True)
class Given:
    """Files of the user's, read and sound in themselves.

    Attributes
    ----------
    places : pandas.DataFrame or None
        ``place`` and columns of text, by code.
    outlines : dict or None
        Code of a place → its geometry, as GeoJSON.
    sources : dict
        File of the panel folder → the file that it was made of.
    sha256 : dict
        File of the panel folder → sha256 of the latter.
    """

    places: pd.DataFrame | None = None
    outlines: dict[str, Any] | None = None
    sources: Mapping[str, Path] = field(default_factory=dict)
    sha256: Mapping[str, str] = field(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        """Columns of places.csv that the user gives."""
        return [] if self.places is None else list(self.places.columns.drop(names.PLACE))


def read_given(
    places_file: str | Path | None, map_file: str | Path | None, code_property: str
) -> Given:
    """Read what the user adds, before anything is asked for.

    Parameters
    ----------
    places_file : str or Path, optional
        A csv with ``place`` and other columns.
    map_file : str or Path, optional
        A GeoJSON FeatureCollection in WGS84.
    code_property : str
        What the features call the code of a place where they have no property ``place``.

    Returns
    -------
    Given

    Raises
    ------
    InputError
        If a file is not what it should be; the message says what, and where.
    """
    files = {
        name: Path(file)
        for name, file in ((TABLE, places_file), (POLYGONS, map_file))
        if file is not None
    }
    for file in files.values():
        if not file.is_file():
            raise InputError(
                f"There is no file {file}. Give a table with --places FILE.csv (places_file=) and "
                "a map with --map FILE.geojson (map_file=), or leave them out."
            )
    return Given(
        places=_read_table(files[TABLE]) if TABLE in files else None,
        outlines=_read_map(files[POLYGONS], code_property) if POLYGONS in files else None,
        sources=files,
        sha256={n: hashlib.sha256(f.read_bytes()).hexdigest() for n, f in files.items()},
    )


def with_given(
    places: pd.DataFrame, given: Given, year: int | None
) -> tuple[pd.DataFrame, list[str]]:
    """Add the user's columns to the places of a panel; they go before those of the same name.

    Parameters
    ----------
    places : pandas.DataFrame
        The places of the panel.
    given : Given
    year : int or None
        Whose borders they have.

    Returns
    -------
    places : pandas.DataFrame
    notes : list of str
        What was added.

    Raises
    ------
    InputError
        If a file lacks a place of the panel, or has one that the panel has not.
    """
    known = places[names.PLACE]
    if given.outlines is not None:
        _must_be_the_same(given.outlines, known, given.sources[POLYGONS], year)
    if given.places is None:
        return places, []
    _must_be_the_same(given.places[names.PLACE], known, given.sources[TABLE], year)
    columns = given.columns
    joined = places.drop(columns=columns, errors="ignore").merge(given.places, on=names.PLACE)
    return joined, [f"{listed(columns, 12)}: from a table of the user's."]


def write_map(given: Given, folder: Path) -> None:
    """Write the map into a panel folder, if there is one."""
    if given.outlines is None:
        return
    features = [
        {"type": "Feature", "properties": {names.PLACE: code}, "geometry": outline}
        for code, outline in sorted(given.outlines.items())
    ]
    text = json.dumps({"type": "FeatureCollection", "features": features}, separators=(",", ":"))
    (folder / POLYGONS).write_text(text + "\n", encoding="utf-8")


def _read_table(file: Path) -> pd.DataFrame:
    faults = Faults(str(file))
    frame = read_table(file, (names.PLACE,), lambda _: True, faults)
    faults.raise_any()
    assert frame is not None
    frame = frame.astype(object)
    columns = list(frame.columns.drop(names.PLACE))
    if not columns:
        faults.add("it has no column beside place. Add one, such as centrality.")
    theirs = [column for column in columns if column in _NOT_THEIRS]
    if theirs:
        faults.add(f"column {listed(theirs)} is made by ingest. Rename it or leave it out.")
    for column in frame:
        empty = np.flatnonzero(frame[column].isna())
        if len(empty):
            faults.add(
                f"column {column}: empty in line {listed(empty + 2)}. Every place needs a value: "
                "the table is taken whole or not at all."
            )
    codes = frame[names.PLACE].dropna()
    if codes.duplicated().any():
        twice = sorted(codes[codes.duplicated()].unique())
        faults.add(f"place {listed(map(repr, twice))} stands twice. Keep one row of each.")
    faults.raise_any()
    return frame


def _read_map(file: Path, code_property: str) -> dict[str, Any]:
    import shapely
    from shapely.errors import ShapelyError
    from shapely.geometry import shape

    allowed = tuple(dict.fromkeys((names.PLACE, code_property)))
    try:
        features = json.loads(file.read_text(encoding="utf-8"))["features"]
        found = [
            (next(properties[name] for name in allowed if name in properties), one["geometry"])
            for one in features
            for properties in [one["properties"]]
        ]
        bounds = shapely.total_bounds([shape(geometry) for _, geometry in found])
    except StopIteration:
        raise InputError(
            f"{file}: a feature has no property {' or '.join(allowed)}, and its place is not known."
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError, OSError, ShapelyError) as error:
        raise InputError(
            f"{file} cannot be read as a map ({type(error).__name__}: {error}). Valid is a GeoJSON "
            "FeatureCollection in UTF-8 whose features have the code of a place as property "
            f"{' or '.join(allowed)}, and a polygon as geometry."
        ) from None
    codes = [code for code, _ in found]
    wrong = [code for code in codes if not isinstance(code, str)]
    twice = sorted({code for code in codes if codes.count(code) > 1}) if not wrong else []
    if wrong or twice:
        what = "codes are text, such as '0301'" if wrong else "join its features into one"
        raise InputError(f"{file}: place {listed(map(repr, wrong or twice))}: {what}.")
    west, south, east, north = bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise InputError(
            f"{file}: coordinates go from {west:g}, {south:g} to {east:g}, {north:g}; valid are "
            "degrees of longitude and latitude (WGS84). Have the map converted to EPSG:4326."
        )
    return dict(found)


def _must_be_the_same(
    codes: Iterable[str], known: Iterable[str], file: Path, year: int | None
) -> None:
    found, wanted = set(codes), set(known)
    missing, unknown = sorted(wanted - found), sorted(found - wanted)
    if not missing and not unknown:
        return
    told = [
        *(
            [f"{len(missing)} places of the panel are not in it ({listed(missing)})"]
            * bool(missing)
        ),
        *([f"{len(unknown)} of its codes are no places ({listed(unknown)})"] * bool(unknown)),
    ]
    borders = "" if year is None else f" The panel has the borders of 1 January {year}:"
    hint = "" if year is None else ", or choose its borders with --borders YEAR (borders=)"
    raise InputError(
        f"{file}: {' and '.join(told)}.{borders} give a file of these {len(wanted)} places and no "
        f"others{hint}. Codes keep their zeros, such as {min(wanted)!r}."
    )
