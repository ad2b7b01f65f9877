"""A panel folder of three places and four years, small enough to compute by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

PANEL = """place,year,population,natural_increase,net_migration,jobs,jobs_private,share_20_39
0101,2010,1000,10,-10,500,300,0.25
0101,2011,1000,10,10,510,305,0.25
0101,2012,1020,0,0,500,300,0.24
0101,2013,1020,0,10,520,310,0.24
0102,2010,2000,-10,30,800,500,0.22
0102,2011,2020,-10,-10,820,510,0.22
0102,2012,2000,0,0,840,520,0.21
0102,2013,2000,5,5,840,520,0.21
0201,2010,400,0,4,100,50,0.2
0201,2011,404,0,-4,96,48,0.2
0201,2012,400,0,8,100,50,0.2
0201,2013,408,0,0,104,52,0.2
"""
PLACES = """place,name,centrality,region,reserve,longitude,latitude
0101,Ås,800,01,False,10.0,60.0
0102,Ærbø,600,01,False,10.1,60.0
0201,Ørland,100,02,True,12.0,64.0
"""
COMMUTING = """home,work,year,employed
0101,0101,2011,300
0101,0102,2011,30
0102,0101,2011,60
0102,0201,2011,10
0101,0102,2013,50
0201,0101,2013,50
"""
TOML = """title = "Three places"
sources = ["By hand"]
label = { en = "municipality", nb = "kommune" }
place_names = "nb"
"""

Edit = Callable[[str, str, str], Path]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A sound panel folder with panel.csv, places.csv and panel.toml."""
    path = tmp_path / "land"
    path.mkdir()
    (path / "panel.csv").write_text(PANEL, encoding="utf-8")
    (path / "places.csv").write_text(PLACES, encoding="utf-8")
    (path / "panel.toml").write_text(TOML, encoding="utf-8")
    return path


@pytest.fixture
def edit(folder: Path) -> Edit:
    """Replace a text, which must be there, in a file of the folder; gives the folder."""

    def replace(file: str, old: str, new: str) -> Path:
        text = (folder / file).read_text(encoding="utf-8")
        assert old in text
        (folder / file).write_text(text.replace(old, new), encoding="utf-8")
        return folder

    return replace


@pytest.fixture
def commuting(folder: Path) -> Path:
    """The folder with commuting added."""
    (folder / "commuting.csv").write_text(COMMUTING, encoding="utf-8")
    return folder
