"""Projections by others: read, and left out where they know too much."""

from __future__ import annotations

from pathlib import Path

import pytest

from attraktiv.errors import PanelError
from attraktiv.panels import read_projections


def write(folder: Path, name: str, text: str) -> None:
    (folder / "projections").mkdir(exist_ok=True)
    (folder / "projections" / name).write_text(text, encoding="utf-8")


def test_those_that_knew_no_more_are_read(tmp_path: Path) -> None:
    write(
        tmp_path,
        "main_2016.csv",
        "place,year,origin,population\n0101,2015,2016,9\n0101,2017,2016,10.5\n",
    )
    write(tmp_path, "later.csv", "place,year,origin,population\n0101,2018,2017,11\n")
    write(tmp_path, "undated.csv", "place,year,population\n0101,2017,12\n0101,2018,\n")
    (tmp_path / "projections" / "notes.txt").write_text("not a table", encoding="utf-8")
    found = read_projections(tmp_path, 2016)
    assert found is not None
    assert found.to_dict("records") == [
        {"projection": "main 2016", "place": "0101", "year": 2017, "population": 10.5},
        {"projection": "undated", "place": "0101", "year": 2017, "population": 12.0},
    ]


def test_of_those_with_an_origin_the_newest_are_read(tmp_path: Path) -> None:
    for name, origin in (("old", 2010), ("low", 2014), ("high", 2014), ("late", 2018)):
        write(tmp_path, f"{name}.csv", f"place,year,origin,population\n0101,2020,{origin},9\n")
    write(tmp_path, "unknown.csv", "place,year,population\n0101,2020,8\n")
    found = read_projections(tmp_path, 2016)
    assert found is not None
    assert set(found["projection"]) == {"low", "high", "unknown"}


def test_none(tmp_path: Path) -> None:
    assert read_projections(tmp_path, 2016) is None
    write(tmp_path, "later.csv", "place,year,origin,population\n0101,2018,2017,11\n")
    assert read_projections(tmp_path, 2016) is None


def test_faults_are_named(tmp_path: Path) -> None:
    write(tmp_path, "a.csv", "place,year\n0101,2017\n")
    write(tmp_path, "b.csv", "place,year,population\n0101,2017,many\n")
    with pytest.raises(PanelError, match=r"(?s)a\.csv.*population.*b\.csv.*'many'"):
        read_projections(tmp_path, 2016)
