"""Every fault that a panel folder can have, and the message that names it."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pytest

from attraktiv.errors import PanelError
from attraktiv.panels import read_panel
from attraktiv.panels.faults import Faults, cells, listed

CASES = {
    "duplicate": (
        "panel.csv", "0101,2011,", "0101,2010,",
        r"duplicate rows \(place 0101, year 2010\)",
    ),
    "missing row": (
        "panel.csv", "0102,2011,2020,-10,-10,820,510,0.22\n", "",
        r"missing row \(place 0102, year 2011\)",
    ),
    "zero population": (
        "panel.csv", "0101,2010,1000", "0101,2010,0",
        r"column population: zero or negative population \(place 0101, year 2010: 0\)",
    ),
    "negative population": (
        "panel.csv", "0101,2010,1000", "0101,2010,-3",
        r"zero or negative population \(place 0101, year 2010: -3\)",
    ),
    "unknown place": (
        "panel.csv", "0102,2010", "0999,2010",
        r"panel.csv, column place: unknown place '0999'",
    ),
    "lost zero": (
        "panel.csv", "0102,", "102,",
        r"unknown place '102'.*leading zero was lost: write '0102'",
    ),
    "text": (
        "panel.csv", "1000,10,-10,500", "1000,10,-10,many",
        r"column jobs: text in a number \(place 0101, year 2010: 'many'\)",
    ),
    "decimal comma": (
        "panel.csv", "305,0.25", '305,"0,25"',
        r"column share_20_39: decimal comma in 1 cells \(place 0101, year 2011: '0,25'\)."
        r" Valid is a decimal point: write 0.25",
    ),
    "decimal comma among thousands": (
        "panel.csv", "1000,10,-10,500", '1000,10,-10,"1.500,0"',
        r"decimal comma.*write 1500.0 for 1.500,0",
    ),
    "infinite": (
        "panel.csv", "1000,10,-10,500", "1000,10,-10,inf",
        r"column jobs: infinite values \(place 0101, year 2010: inf\)",
    ),
    "negative count": (
        "panel.csv", "1000,10,-10,500", "1000,10,-10,-500",
        r"column jobs: negative count \(place 0101, year 2010: -500\)",
    ),
    "half a year": (
        "panel.csv", "0101,2011,", "0101,2011.5,",
        r"column year: not a whole year \(place 0101: 2011.5\)",
    ),
    "no year": ("panel.csv", "0101,2011,", "0101,,", r"column year: not a whole year"),
    "word for a year": (
        "panel.csv", "0101,2011,", "0101,last,", r"column year: text in a number",
    ),
    "no place": ("panel.csv", "0101,2011,", ",2011,", r"column place: empty in line 3"),
    "missing column": (
        "panel.csv", "place,year,population", "place,year,inhabitants",
        r"missing column population; found place, year, inhabitants",
    ),
    "misspelt column": (
        "panel.csv", "place,year,population", "place,year,populaton",
        r"rename populaton to population",
    ),
    "no migration": (
        "panel.csv", "net_migration", "movers",
        r"missing column net_migration, or what it follows from",
    ),
    "semicolons": (
        "places.csv", "place,name,centrality,region,reserve,longitude,latitude", "place;name",
        r"Valid is a comma between the columns",
    ),
    "column twice": (
        "panel.csv", "jobs_private", "jobs", r"column jobs stands twice in the header",
    ),
    "too many fields": (
        "panel.csv", "0101,2012,1020", "0101,2012,1020,1,1,1", r"not a well-formed table",
    ),
    "place twice": ("places.csv", "0102,Æ", "0101,Æ", r"places.csv: place 0101 stands twice"),
    "place without code": ("places.csv", "0102,Æ", ",Æ", r"places.csv, column place: no code"),
    "coordinate": (
        "places.csv", "12.0,64.0", "12.0,640",
        r"column latitude: outside the globe \(place 0201: 640\)",
    ),
    "text coordinate": (
        "places.csv", "12.0,64.0", "12.0,north", r"column latitude: text in a number \(place 0201",
    ),
    "comma in an attribute": (
        "places.csv", "Ørland,100", 'Ørland,"100,5"',
        r"places.csv, column centrality: decimal comma in 1 cells \(place 0201: '100,5'\)",
    ),
    "name in both": (
        "places.csv", "centrality", "jobs", r"column jobs stands in both panel.csv and places.csv",
    ),
    "unknown key": (
        "panel.toml", "title =", "titel =", r"panel.toml: unknown key 'titel'.*mean title\?",
    ),
    "not toml": ("panel.toml", "title =", "title", r"panel.toml is not valid TOML"),
    "title not text": (
        "panel.toml", '"Three places"', "3", r"panel.toml, title: found 3; valid is a text",
    ),
    "sources not texts": (
        "panel.toml", '["By hand"]', "[1]", r"panel.toml, sources: found \[1\]",
    ),
    "label not by language": (
        "panel.toml", '{ en = "municipality", nb = "kommune" }', '"x"',
        r"panel.toml, label: found 'x'",
    ),
    "unknown exclude": (
        "panel.toml", "sources", 'exclude = "odd"\nsources',
        r"panel.toml, exclude: unknown column 'odd'",
    ),
    "exclude not bool": (
        "panel.toml", "sources", 'exclude = "region"\nsources',
        r"column 'region' of places.csv does not hold True or False",
    ),
    "break unknown": (
        "panel.toml", "sources", 'break = [{variable = "wages", year = 2012}]\nsources',
        r"panel.toml, \[\[break\]\]: unknown column 'wages'",
    ),
    "break malformed": (
        "panel.toml", "sources", 'break = [{variable = "jobs"}]\nsources',
        r"panel.toml, \[\[break\]\]: found \{'variable': 'jobs'\}",
    ),
    "quality unknown": (
        "panel.toml", "sources", "quality = { odd_quality = { good = 0 } }\nsources",
        r"\[quality.odd_quality\]: unknown column",
    ),
    "quality malformed": (
        "panel.toml", "sources", "quality = { odd_quality = { good = -1 } }\nsources",
        r"panel.toml, quality.odd_quality: found",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_fault_is_named(edit, case):
    file, old, new, message = CASES[case]
    with pytest.raises(PanelError, match=message):
        read_panel(edit(file, old, new))


def test_gap_in_years(edit):
    for place in ("0101,2011,1000,10,10", "0102,2011,2020,-10,-10", "0201,2011,404,0,-4"):
        folder = edit("panel.csv", place, place.replace("2011", "2014"))
    with pytest.raises(PanelError, match=r"gap in years, no place has a row for 2011") as caught:
        read_panel(folder)
    assert "missing row" not in str(caught.value)


def test_gap_between_totals_and_panel(folder):
    (folder / "population.csv").write_text("place,year,population\n0101,2007,990\n")
    with pytest.raises(PanelError, match=r"gap in years, no place has a row for 2008, 2009"):
        read_panel(folder)


def test_too_few_usable_years_unless_excluded(edit):
    for old, new in (("400,0,8", "400,0,"), ("408,0,0", "408,0,"), ("404,0,-4", "404,0,")):
        folder = edit("panel.csv", old, new)
    with pytest.raises(PanelError, match=r"fewer than two usable years.*\(place 0201: 1\)"):
        read_panel(folder)
    edit("panel.toml", "sources", 'exclude = "reserve"\nsources')
    assert read_panel(folder)["excluded"].values.tolist() == [False, False, True]


def test_place_without_any_row_has_too_few_years(edit):
    folder = edit("places.csv", "0201,Ø", "0301,Oslo,900,03,False,10.7,59.9\n0201,Ø")
    with pytest.raises(PanelError, match=r"fewer than two usable years.*\(place 0301: 0\)"):
        read_panel(folder)


@pytest.mark.parametrize(("encoding", "likely"), [("cp1252", "Windows-1252"), ("utf-16", "UTF-16")])
def test_other_encodings(folder, encoding, likely):
    text = (folder / "places.csv").read_text(encoding="utf-8")
    (folder / "places.csv").write_bytes(text.encode(encoding))
    position = 0 if encoding == "utf-16" else text.index("Å")
    with pytest.raises(
        PanelError, match=rf"places.csv is not UTF-8: the byte at position {position} .*{likely}"
    ):
        read_panel(folder)


def test_settings_in_another_encoding(folder):
    (folder / "panel.toml").write_bytes('title = "Ås"'.encode("cp1252"))
    with pytest.raises(PanelError, match=r"panel.toml is not UTF-8: byte at position 9"):
        read_panel(folder)


def test_byte_order_mark_is_no_fault(folder):
    for file in ("panel.csv", "places.csv", "panel.toml"):
        path = folder / file
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read_panel(folder).sizes["place"] == 3


@pytest.mark.parametrize("content", ["", "place,year,population\n"])
def test_empty_file(folder, content):
    (folder / "panel.csv").write_text(content)
    with pytest.raises(PanelError, match=r"panel.csv is empty"):
        read_panel(folder)


@pytest.mark.parametrize("file", ["panel.csv", "places.csv"])
def test_missing_file(folder, file):
    (folder / file).unlink()
    with pytest.raises(PanelError, match=f"{file} is missing"):
        read_panel(folder)


def test_damaged_files(folder):
    (folder / "panel.csv").unlink()
    (folder / "panel.csv.gz").write_bytes(gzip.compress(b"place,year\n" * 99)[:-20])
    (folder / "places.csv").unlink()
    (folder / "places.parquet").write_bytes(b"no parquet")
    with pytest.raises(PanelError, match=r"panel.csv.gz cannot be read") as caught:
        read_panel(folder)
    assert "places.parquet cannot be read as parquet" in str(caught.value)


def test_same_table_twice(folder):
    (folder / "panel.csv.gz").write_bytes(gzip.compress((folder / "panel.csv").read_bytes()))
    with pytest.raises(PanelError, match=r"panel.csv, panel.csv.gz are the same table twice"):
        read_panel(folder)


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        (
            "commuting.csv",
            "home,work,year,employed\n0101,0999,2011,3\n",
            "commuting.csv, column work: unknown place '0999'",
        ),
        (
            "commuting.csv",
            "home,work,year,employed\n0101,0102,2011,-3\n",
            r"negative count \(home 0101, work 0102, year 2011: -3\)",
        ),
        (
            "commuting.csv",
            "home,work,year,employed\n0101,0102,2011,3\n0101,0102,2011,4\n",
            r"commuting.csv: duplicate rows \(home 0101, work 0102, year 2011\)",
        ),
        (
            "population.csv",
            "place,year,population\n0101,2009,nobody\n",
            r"population.csv, column population: text in a number",
        ),
        (
            "population_by_age.csv",
            "place,year,sex,age,population\n0101,2010,male,old,3\n",
            r"population_by_age.csv, column age: text in a number",
        ),
        (
            "population_by_age.csv",
            "place,year,sex,age\n0101,2010,male,3\n",
            r"population_by_age.csv: missing column population",
        ),
        (
            "jobs_by_industry.csv",
            "place,year,industry,jobs\n0101,2010,,3\n",
            r"jobs_by_industry.csv, column industry: empty in line 2",
        ),
    ],
)
def test_faults_of_optional_tables(folder, file, content, message):
    (folder / file).write_text(content)
    with pytest.raises(PanelError, match=message):
        read_panel(folder)


def test_one_error_names_all_faults(edit):
    edit("panel.csv", "0101,2010,1000", "0101,2010,-1")
    edit("panel.csv", "0102,2011,", "0999,2011,")
    folder = edit("places.csv", "12.0,64.0", "12.0,640")
    with pytest.raises(PanelError) as caught:
        read_panel(folder)
    message = str(caught.value)
    assert message.startswith(f"{folder}: ")
    for part in ("(1)", "(2)", "(3)", "-1", "'0999'", "640"):
        assert part in message
    assert "\n" not in message


def test_only_ten_faults_are_shown():
    faults = Faults("land")
    for number in range(13):
        faults.add(f"Fault {number}.")
    with pytest.raises(PanelError, match=r"13 faults.*\(10\) Fault 9\. And 3 more\.$"):
        faults.raise_any()


def test_no_fault_raises_nothing():
    Faults("land").raise_any()


def test_long_lists_are_cut():
    assert listed(range(8)) == "0, 1, 2, 3, 4 and 3 more"
    frame = pd.DataFrame({"place": list("abcdefg"), "x": np.arange(7.0)})
    assert cells(frame, frame["x"] > -1, ["place"], "x").endswith("place e: 4; and 2 more")
    assert cells(frame, frame["x"] == 6, ["nothing"], "x") == "line 8: 6"
