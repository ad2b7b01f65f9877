"""Charts of attractiveness and of the kinds of growth."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from tests.unit.reports.country import told_run, write_panel_of
from tests.unit.runs import fake_run

from attraktiv.panels import read_outlines
from attraktiv.queries import attractiveness_table, decomposition_table, nation_table, query
from attraktiv.reports import nation_fan
from attraktiv.reports.drawing import svg
from attraktiv.reports.kinds import by_kind, kinds_chart, stacked_chart
from attraktiv.reports.league import attractiveness_map, league_chart, path_chart
from attraktiv.reports.standing import standing, standings


def test_a_band_that_holds_zero_tells_nothing() -> None:
    assert [standing(0.1, 0.2), standing(-0.2, -0.1), standing(-0.1, 0.1)] == [
        "above",
        "below",
        "unclear",
    ]
    assert standing(0.0, 1.0) == "unclear"
    assert standing(float("nan"), float("nan")) == "unclear"


def test_a_league_has_a_row_for_each_place_in_the_order_of_the_table() -> None:
    frame = attractiveness_table(fake_run())
    chart = league_chart(frame, "nb").to_dict()
    order = chart["layer"][1]["encoding"]["y"]["sort"]
    assert order[0].startswith(str(frame["name"][0]))
    assert {"Våler (00107)", "Våler (00108)"} <= set(order)
    rows = chart["datasets"][chart["layer"][1]["data"]["name"]]
    told = {row["label"]: row["standing"] for row in rows}
    for label, of in zip(order, standings(frame), strict=True):
        expected = {"above": "over", "below": "under", "unclear": "kan ikke skilles fra"}[of]
        assert told[label].startswith(expected)


def test_a_map_shows_all_and_colours_those_that_can_be_told(tmp_path) -> None:
    run = fake_run()
    folder = write_panel_of(run, tmp_path / "panel")
    frame = attractiveness_table(run)
    codes = list(frame["place"])
    outlines = read_outlines(folder, codes)
    assert outlines is not None
    every, told = attractiveness_map(frame, outlines, "en").to_dict()["layer"]
    assert told["transform"] == [{"filter": "datum.properties.told"}]
    assert "color" not in every["encoding"] if "encoding" in every else True
    specification = attractiveness_map(frame, outlines, "en").to_dict()
    text = json.dumps(specification)
    clear = int((standings(frame) != "unclear").sum())
    assert text.count('"told": true') == clear
    assert text.count('"told"') == len(frame)
    # nobody can be told: the map is drawn all the same
    none = frame.assign(lower=-1.0, upper=1.0)
    assert svg(attractiveness_map(none, outlines, "nb"), "nb").startswith("<svg")
    # rings that run the other way round would fill the globe
    drawn = svg(attractiveness_map(frame, outlines, "nb"), "nb")
    assert drawn.count("<path") > len(frame)


def test_outlines_are_of_known_places_only(tmp_path) -> None:
    run = fake_run()
    folder = write_panel_of(run, tmp_path / "panel")
    found = read_outlines(folder, ["00101", "00102", "nowhere"])
    assert found is not None
    assert [one["properties"]["place"] for one in found["features"]] == ["00101", "00102"]
    assert read_outlines(write_panel_of(run, tmp_path / "bare", outlines=False), ["00101"]) is None


def test_a_path_shows_what_lasts() -> None:
    path = query(fake_run(), "attractiveness", places=["Ås"])
    layers = path_chart(path, 0.25, "nb").to_dict()["layer"]
    assert len(layers) == 4
    assert len(path_chart(path, None, "nb").to_dict()["layer"]) == 3


@pytest.mark.parametrize("kind", ["dynamic", "grouped", "least-squares", "joint", "pyramid"])
def test_kinds_sum_to_growth(kind) -> None:
    run = fake_run(kind, unobserved=(), excluded=())
    kinds = by_kind(decomposition_table(run, places=["Ås", "Oslo"]))
    growth = kinds["component"] == "observed_growth"
    total = kinds.loc[~growth].groupby("place")["mean"].sum()
    expected = kinds.loc[growth].set_index("place")["mean"]
    np.testing.assert_allclose(total, expected.loc[total.index], atol=1e-6)
    stacked = stacked_chart(kinds, "nb").to_dict()
    assert stacked["layer"][0]["encoding"]["y"]["sort"] == ["Ås", "Oslo"]
    one = kinds_chart(kinds.loc[kinds["name"] == "Ås"], "nb").to_dict()
    shown = pd.DataFrame(one["datasets"][one["layer"][0]["data"]["name"]])
    assert shown["term"].iloc[-1] == "vekst"
    assert shown["fill"].is_unique


def test_the_nation_is_the_sum_of_its_places_within_draws(tmp_path) -> None:
    run = told_run(ages=False)
    population = run["forecast"].dataset["population"]
    table = nation_table(run, prob=0.9)
    total = population.sum("place").sel(scenario="low", year=2020).values.reshape(-1)
    row = table.loc[(table["scenario"] == "low") & (table["year"] == 2020)].iloc[0]
    np.testing.assert_allclose(row["lower"], np.quantile(total, 0.05), rtol=1e-6)
    np.testing.assert_allclose(row["median"], np.median(total), rtol=1e-6)
    assert table["scenario"].drop_duplicates().tolist() == ["continued", "low", "high"]
    theirs = pd.DataFrame(
        {
            "projection": "bureau",
            "place": list(population["place"].values),
            "year": 2014,
            "population": 100.0,
        }
    )
    chart = nation_fan(run, benchmarks=theirs, language="nb").to_dict()
    rows = [row for data in chart["datasets"].values() for row in data if "projection" in row]
    assert [row["population"] for row in rows] == [100.0 * population.sizes["place"]]
    part = nation_fan(run, benchmarks=theirs.iloc[1:]).to_dict()
    assert not any("projection" in row for data in part["datasets"].values() for row in data)
