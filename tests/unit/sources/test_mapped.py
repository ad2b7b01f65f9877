"""Tables of any form, read by a mapping."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import xarray as xr
from typer.testing import CliRunner

import attraktiv
from attraktiv.cli.app import app
from attraktiv.errors import PanelError, RecipeError

MAPPING = """
[[table]]
file = "folketall.csv"
into = "panel"
encoding = "latin-1"
separator = ";"
decimal = ","
thousands = " "
skip = 1
missing = [":", ".."]
columns = { "Kommune" = "place", "Merknad" = "" }
pad = { place = 4 }
multiply = { population = 1000 }
[table.long]
columns = "Folk ([0-9]{4})"
key = "year"
value = "population"

[[table]]
file = "flytting.xlsx"
sheet = "Netto"
into = "panel"
columns = { "Nr" = "place", "År" = "year", "Netto" = "net_migration" }
pad = { place = 4 }

[[table]]
file = "steder.parquet"
into = "places"
columns = { "nr" = "place", "navn" = "name" }
pad = { place = 4 }
numbers = ["reisetid"]
decimal = ","
"""
PEOPLE = """Kilde: kontoret
Kommune;Folk 2019;Folk 2020;Folk 2021;Merknad
301;1 694,123;695,2;696;Å
1103;30,5;..;31,25;
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "m.toml").write_text(MAPPING, encoding="utf-8")
    (tmp_path / "folketall.csv").write_text(PEOPLE, encoding="latin-1")
    rows = [
        (nr, year, 10 * nr % 7 + year - 2019) for nr in (301, 1103) for year in (2019, 2020, 2021)
    ]
    moves = pd.DataFrame(rows, columns=["Nr", "År", "Netto"])
    with pd.ExcelWriter(tmp_path / "flytting.xlsx") as book:
        pd.DataFrame({"x": [1]}).to_excel(book, sheet_name="Om", index=False)
        moves.to_excel(book, sheet_name="Netto", index=False)
    places = pd.DataFrame(
        {"nr": [301, 1103], "navn": ["Ås", "Østby"], "reisetid": ["1,5", "208,8"]}
    )
    places.to_parquet(tmp_path / "steder.parquet")
    return tmp_path


def change(folder: Path, old: str, new: str) -> None:
    path = folder / "m.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def read(folder: Path) -> xr.Dataset:
    return attraktiv.panel(folder, mapping=folder / "m.toml")


def test_three_forms_become_one_panel(folder: Path) -> None:
    panel = read(folder)
    assert panel["place"].values.tolist() == ["0301", "1103"]
    assert panel["population"].sel(place="0301").values.tolist() == [1694123, 695200, 696000]
    assert panel["population"].sel(place="1103").isnull().values.tolist() == [False, True, False]
    assert panel["net_migration"].sel(place="1103").values.tolist() == [5, 6, 7]
    assert panel["name"].values.tolist() == ["Ås", "Østby"]
    assert panel["reisetid"].values.tolist() == [1.5, 208.8]


def test_a_panel_toml_is_taken_as_it_is(folder: Path) -> None:
    (folder / "panel.toml").write_text('title = "Mitt land"\n', encoding="utf-8")
    assert read(folder).attrs["title"] == "Mitt land"


def test_the_command_builds_a_panel(folder: Path) -> None:
    out = folder / "P.zarr"
    arguments = ["panel", str(folder), "--mapping", str(folder / "m.toml"), "--out", str(out)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "2 places, 2019–2021" in result.stdout
    assert attraktiv.read_panel(out).sizes == {"place": 2, "year": 3}


def test_a_file_below_another_adds_rows(tmp_path: Path) -> None:
    for year in (2019, 2020, 2021):
        (tmp_path / f"p{year}.csv").write_text(
            f"place,year,population,net_migration\n01,{year},100,1\n02,{year},50,-1\n"
        )
    (tmp_path / "places.csv").write_text("place,name\n01,A\n02,B\n")
    tables = "".join(f'[[table]]\nfile = "p{y}.csv"\ninto = "panel"\n' for y in (2019, 2020, 2021))
    mapping = tmp_path / "m.toml"
    mapping.write_text(f'{tables}[[table]]\nfile = "places.csv"\ninto = "places"\n')
    assert attraktiv.panel(tmp_path, mapping=mapping).sizes == {"place": 2, "year": 3}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('encoding = "latin-1"', 'encoding = "utf-8"', r"folketall.csv cannot be read: Unicode"),
        ('separator = ";"', 'separator = "|"', r"no column 'Kommune', 'Merknad'; found"),
        ("skip = 1", "skip = 0", r"cannot be read|no column 'Kommune'"),
        ('missing = [":", ".."]', "missing = []", r"column population: not a number \(row 4: '..'"),
        ('decimal = ","\nthousands', 'decimal = "."\nthousands', r"not a number"),
        ('"Folk ([0-9]{4})"', '"Folketall [0-9]+"', r"no header matches"),
        ('sheet = "Netto"', 'sheet = "Brutto"', r"flytting.xlsx cannot be read.*Brutto"),
        ('file = "flytting.xlsx"', 'file = "flyt.xlsx"', r"has no file flyt.xlsx; found flyt"),
        (
            'file = "flytting.xlsx"',
            'file = "../f.xlsx"',
            r"not a valid mapping: .*string should match pattern",
        ),
        ('"År" = "year"', '"År" = "aar"', r"flytting.xlsx: no column is year after the mapping"),
        ('"Netto" = "net', '"Netto" = "population", "x" = "net', r"no column 'x'"),
        ('into = "places"', 'into = "place"', r"not a valid mapping: line"),
        ('thousands = " "', 'thousands = ","', r"the same sign"),
        ("skip = 1", "skip = 1\nskipp = 2", r"unknown key 'skipp'"),
        ("[[table]]", "[[table]", r"not valid TOML"),
    ],
)
def test_what_does_not_fit_is_explained(old: str, new: str, message: str, folder: Path) -> None:
    change(folder, old, new)
    with pytest.raises(RecipeError, match=message):
        read(folder)


def test_two_files_may_not_give_the_same_column(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("place,year,population,jobs\n01,2020,1,1\n")
    (tmp_path / "b.csv").write_text("place,year,population\n01,2020,1\n")
    tables = "".join(f'[[table]]\nfile = "{name}.csv"\ninto = "panel"\n' for name in "ab")
    (tmp_path / "m.toml").write_text(tables)
    with pytest.raises(RecipeError, match="panel has population from another file already"):
        read(tmp_path)


def test_a_row_may_not_stand_twice(folder: Path) -> None:
    change(folder, '"Netto" = "net_migration"', '"Netto" = "population"')
    with pytest.raises(PanelError, match=r"duplicate rows \(place 0301, year 2019"):
        read(folder)


def test_what_makes_no_panel_is_said_in_the_words_of_the_panel(folder: Path) -> None:
    change(folder, "multiply = { population = 1000 }", "multiply = { population = -1 }")
    with pytest.raises(PanelError, match=r"m.toml: panel.csv, column population: zero or negative"):
        read(folder)


def test_a_folder_that_is_not_there(folder: Path) -> None:
    with pytest.raises(RecipeError, match="is no folder"):
        attraktiv.panel(folder / "none", mapping=folder / "m.toml")
