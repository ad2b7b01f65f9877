from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from attraktiv import names
from attraktiv.errors import PanelError, PanelWarning
from attraktiv.panels import place_attributes, read_panel


def test_sound_folder_becomes_labelled_dataset(folder):
    panel = read_panel(folder)
    assert panel.sizes == {"place": 3, "year": 4}
    assert panel["place"].values.tolist() == ["0101", "0102", "0201"]
    assert panel["year"].dtype == np.int64
    assert panel["jobs"].dims == ("place", "year")
    assert panel["jobs"].sel(place="0102", year=2012) == 840
    assert panel["name"].values.tolist() == ["Ås", "Ærbø", "Ørland"]
    assert panel["region"].values.tolist() == ["01", "01", "02"]
    assert panel["centrality"].dtype == np.float64
    assert panel["reserve"].dtype == bool
    assert not panel["excluded"].any()
    assert (panel["measurement_sd"] == 0).all()
    assert place_attributes(panel)[:3] == ["name", "centrality", "region"]


def test_every_variable_has_unit_and_long_name(commuting):
    panel = read_panel(commuting)
    for variable in panel.variables.values():
        assert {"units", "long_name"} <= variable.attrs.keys()
    assert panel["population"].attrs["units"] == names.PERSONS
    assert panel.attrs["attraktiv_format"] == "panel/1"
    assert panel.attrs["title"] == "Three places"
    assert json.loads(panel.attrs["sources"]) == ["By hand"]
    assert panel.attrs["label_nb"] == "kommune"
    assert panel.attrs["place_names"] == "nb"


def test_empty_cell_is_missing_and_never_zero(edit):
    panel = read_panel(edit("panel.csv", "1020,0,10,520", "1020,0,10,"))
    assert np.isnan(panel["jobs"].sel(place="0101", year=2013))
    assert panel["jobs"].isnull().sum() == 1


def test_settings_are_honoured(edit, folder):
    edit("panel.csv", "share_20_39\n", "flow_quality\n")
    edit("panel.csv", ",0.25\n", ",rough\n")
    for share in ("0.24", "0.22", "0.21", "0.2"):
        edit("panel.csv", f",{share}\n", ",exact\n")
    with open(folder / "panel.toml", "a", encoding="utf-8") as file:
        file.write(
            'exclude = "reserve"\n[[break]]\nvariable = "jobs"\nyear = 2012\n'
            "[quality.flow_quality]\nrough = 0.1\nexact = 0.0\n"
        )
    panel = read_panel(folder)
    assert panel["excluded"].values.tolist() == [False, False, True]
    assert panel["measurement_sd"].sel(place="0101").values.tolist() == [0.1, 0.1, 0, 0]
    assert panel["flow_quality"].values[0, 0] == "rough"
    assert json.loads(panel.attrs["breaks"]) == [{"variable": "jobs", "year": 2012}]


def test_unlisted_quality_is_warned_of(edit, folder):
    edit("panel.csv", "share_20_39\n", "flow_quality\n")
    with open(folder / "panel.toml", "a", encoding="utf-8") as file:
        file.write("[quality.flow_quality]\n'0.25' = 0.1\n")
    with pytest.warns(PanelWarning, match=r"flow_quality has '0.2', '0.21'.* taken as zero"):
        read_panel(folder)


@pytest.mark.parametrize("form", ["csv.gz", "parquet"])
def test_gz_and_parquet_give_the_same_panel(folder, form):
    expected = read_panel(folder).attrs["content_hash"]
    for stem in ("panel", "places"):
        frame = pd.read_csv(folder / f"{stem}.csv", dtype={"place": str, "region": str})
        (folder / f"{stem}.csv").unlink()
        if form == "parquet":
            frame.to_parquet(folder / f"{stem}.parquet")
        else:
            frame.to_csv(folder / f"{stem}.csv.gz", index=False)
    assert read_panel(folder).attrs["content_hash"] == expected


def test_totals_fill_earlier_years_and_panel_wins(folder):
    (folder / "population.csv").write_text(
        "place,year,population\n0101,2009,990\n0102,2009,1990\n0101,2010,1003\n"
    )
    panel = read_panel(folder)
    assert panel["year"].values.tolist() == [2009, 2010, 2011, 2012, 2013]
    assert panel["population"].sel(place="0101").values[:2].tolist() == [990, 1000]
    assert np.isnan(panel["population"].sel(place="0201", year=2009))
    assert np.isnan(panel["jobs"].sel(year=2009)).all()


def test_totals_that_disagree_are_warned_of(folder):
    (folder / "population.csv").write_text("place,year,population\n0101,2010,1100\n")
    with pytest.warns(
        PanelWarning, match=r"disagrees .* 1 place-years.*place 0101, year 2010: \+100 persons"
    ):
        panel = read_panel(folder)
    assert panel["population"].sel(place="0101", year=2010) == 1000


def test_population_that_does_not_follow_is_warned_of_with_the_worst_row(edit):
    folder = edit("panel.csv", "0101,2011,1000", "0101,2011,1090")
    with pytest.warns(PanelWarning, match=r"in 2 of 9 .*place 0101, year 2010: \+90.0 persons"):
        read_panel(folder)


def test_boundary_transfer_explains_population(folder):
    table = pd.read_csv(folder / "panel.csv", dtype={"place": str})
    table["boundary_transfer"] = 0.0
    table.loc[0, "boundary_transfer"] = 90.0
    table.loc[(table["place"] == "0101") & (table["year"] > 2010), "population"] += 90
    table.to_csv(folder / "panel.csv", index=False)
    read_panel(folder)


def test_place_that_begins_late_is_warned_of(edit):
    folder = edit("panel.csv", "0201,2010,400,0,4,100,50,0.2\n", "")
    with pytest.warns(PanelWarning, match=r"1 places begin later than 2010 \(0201\)"):
        read_panel(folder)


def test_place_that_ends_early_is_warned_of(edit):
    folder = edit("panel.csv", "0201,2013,408,0,0,104,52,0.2\n", "")
    with pytest.warns(PanelWarning, match=r"1 places end earlier than 2013 \(0201\)"):
        read_panel(folder)


@pytest.mark.parametrize(
    ("columns", "values"),
    [
        ("net_domestic_migration,net_international_migration", "{},0"),
        ("in_migration,out_migration", "{0},0"),
    ],
)
def test_net_migration_follows_from_its_parts(folder, columns, values):
    table = pd.read_csv(folder / "panel.csv", dtype={"place": str})
    first, second = columns.split(",")
    shift = 50
    table[first] = table["net_migration"] + shift
    table[second] = -shift if "domestic" in first else shift
    expected = read_panel(folder)["net_migration"]
    table.drop(columns="net_migration").to_csv(folder / "panel.csv", index=False)
    np.testing.assert_array_equal(read_panel(folder)["net_migration"], expected)


def test_natural_increase_follows_from_births_and_deaths(folder):
    table = pd.read_csv(folder / "panel.csv", dtype={"place": str})
    expected = read_panel(folder)["natural_increase"]
    table = table.assign(births=table["natural_increase"] + 20, deaths=20)
    table.drop(columns="natural_increase").to_csv(folder / "panel.csv", index=False)
    np.testing.assert_array_equal(read_panel(folder)["natural_increase"], expected)


def test_ages_and_industries_become_cubes(folder):
    (folder / "population_by_age.csv").write_text(
        "place,year,sex,age,population\n0101,2010,male,10,7\n0101,2010,female,9,8\n"
    )
    (folder / "jobs_by_industry.csv").write_text(
        "place,year,industry,jobs\n0102,2011,fishing,5\n0102,1999,fishing,4\n"
    )
    panel = read_panel(folder)
    assert panel["population_by_age"].dims == ("place", "year", "sex", "age")
    cell = panel["population_by_age"].sel(place="0101", year=2010)
    assert cell.sel(sex="male", age=10) == 7
    assert np.isnan(cell.sel(sex="male", age=9))
    assert panel["jobs_by_industry"].sel(place="0102", year=2011, industry="fishing") == 5


def test_hash_ignores_the_order_of_rows_and_places(commuting):
    expected = read_panel(commuting).attrs["content_hash"]
    for file in ("panel.csv", "places.csv", "commuting.csv"):
        header, *rows = (commuting / file).read_text(encoding="utf-8").splitlines()
        text = "\n".join([header, *reversed(rows)]) + "\n"
        (commuting / file).write_text(text, encoding="utf-8")
    panel = read_panel(commuting)
    assert panel["place"].values.tolist() == ["0201", "0102", "0101"]
    assert panel.attrs["content_hash"] == expected


def test_hash_changes_with_content_and_not_with_the_title(folder, edit):
    before = read_panel(folder).attrs["content_hash"]
    edit("panel.toml", "Three places", "Another title")
    assert read_panel(folder).attrs["content_hash"] == before
    edit("panel.csv", "0101,2010,1000,10,-10,500", "0101,2010,1000,10,-10,501")
    assert read_panel(folder).attrs["content_hash"] != before


def test_what_is_no_panel_is_refused(tmp_path):
    with pytest.raises(PanelError, match=r"does not exist.*attraktiv simulate"):
        read_panel(tmp_path / "nowhere")
    (tmp_path / "panel.csv").write_text("place\n")
    with pytest.raises(PanelError, match="is a file, not a panel folder"):
        read_panel(tmp_path / "panel.csv")


@pytest.mark.real_data
def test_norwegian_panel_reads_with_one_warning(real_data: Path):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        panel = read_panel(real_data / "norway")
    assert [warning.category for warning in caught] == [PanelWarning]
    message = str(caught[0].message)
    assert "in 8 of 6052 place-years" in message
    assert "place 1875, year 2016: -19.9 persons" in message
    assert panel.sizes["place"] == 356
    assert panel["year"].values[[0, -1]].tolist() == [1986, 2020]
    assert int(panel["excluded"].sum()) == 6
    assert panel["measurement_sd"].sel(place="0301", year=2018) == 0.1
