"""Figures by code become figures by place, and the report says how."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from attraktiv.errors import BorderError
from attraktiv.sources.borders import pairs_to_borders, to_borders

# Sør is Å and B from 2020; Ø was divided between Sør and N.
MAPPING = pd.DataFrame(
    [
        ("Å", 2018, 2019, "S", 1.0),
        ("B", 2018, 2019, "S", 1.0),
        ("Ø", 2018, 2019, "S", 0.35),
        ("Ø", 2018, 2019, "N", 0.65),
        ("N", 2018, 2019, "N", 1.0),
        ("R", 2018, 2019, "V", 1.0),
        ("S", 2020, 2020, "S", 1.0),
        ("N", 2020, 2020, "N", 1.0),
        ("V", 2020, 2020, "V", 1.0),
    ],
    columns=["code", "from_year", "to_year", "place", "weight"],
)


def figures(*rows: tuple, counts: tuple[str, ...] = ("population",)) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["code", "year", *counts])


WHOLE = figures(
    ("Å", 2019, 1000),
    ("B", 2019, 200),
    ("Ø", 2019, 101),
    ("N", 2019, 500),
    ("R", 2019, 70),
    ("S", 2020, 1240),
    ("N", 2020, 570),
    ("V", 2020, 71),
)


def test_whole_persons_are_summed_divided_and_kept():
    found, _ = to_borders(WHOLE, MAPPING, ["population"])
    assert found["population"].dtype == np.int64
    assert found.set_index(["place", "year"])["population"].to_dict() == {
        ("S", 2019): 1235,  # 0.35 of 101 persons are 35
        ("N", 2019): 566,
        ("V", 2019): 70,
        ("S", 2020): 1240,
        ("N", 2020): 570,
        ("V", 2020): 71,
    }


def test_the_report_says_what_was_renamed_merged_and_divided():
    _, report = to_borders(WHOLE, MAPPING, ["population"])
    assert report.drop(columns="split_share").to_numpy().tolist() == [
        ["N", 2019, 2019, "split", "N, Ø (65 %)", "", False],
        ["S", 2019, 2019, "split", "B, Å, Ø (35 %)", "", False],
        ["V", 2019, 2019, "renamed", "R", "", True],
    ]
    np.testing.assert_allclose(report["split_share"], [66 / 566, 35 / 1235, 0])


def test_years_that_are_alike_are_one_row_of_the_report():
    both = pd.concat([WHOLE, WHOLE[WHOLE["year"] == 2019].assign(year=2018)])
    _, report = to_borders(both, MAPPING, ["population"])
    assert report[["from_year", "to_year"]].to_numpy().tolist() == [[2018, 2019]] * 3


def test_a_code_without_a_row_leaves_its_place_missing_not_smaller():
    found, report = to_borders(WHOLE[WHOLE["code"] != "B"], MAPPING, ["population"])
    table = found.set_index(["place", "year"])["population"]
    assert np.isnan(table["S", 2019])
    assert table["N", 2019] == 566
    of_south = report.set_index("place").loc["S"]
    assert of_south["absent"] == "B"
    assert not of_south["reliable"]


def test_a_merged_place_without_one_of_its_codes_is_not_reliable():
    mapping = pd.DataFrame({"code": ["Å", "B"], "year": 2019, "place": "S", "weight": 1.0})
    _, report = to_borders(figures(("Å", 2019, 10)), mapping, ["population"])
    assert report[["kind", "absent", "reliable"]].to_numpy().tolist() == [["merged", "B", False]]


def test_a_share_that_is_one_but_for_its_rounding_divides_nothing():
    share = 1 - 1e-12
    mapping = pd.DataFrame({"code": ["A"], "year": 2019, "place": "E", "weight": share})
    found, report = to_borders(figures(("A", 2019, 10)), mapping, ["population"])
    assert found["population"].tolist() == [10]
    assert report[["kind", "codes"]].to_numpy().tolist() == [["renamed", "A"]]


def test_a_place_of_which_nothing_is_there_is_left_out():
    found, _ = to_borders(WHOLE[WHOLE["code"] == "R"], MAPPING, ["population"])
    assert found["place"].tolist() == ["V"]


def test_a_hidden_count_is_not_zero():
    hidden = WHOLE.astype({"population": float}).mask(WHOLE["code"] == "Ø")
    hidden[["code", "year"]] = WHOLE[["code", "year"]]
    table = to_borders(hidden, MAPPING, ["population"])[0].set_index(["place", "year"])
    assert table["population"].isna().to_dict() == {
        ("N", 2019): True,
        ("N", 2020): False,
        ("S", 2019): True,
        ("S", 2020): False,
        ("V", 2019): False,
        ("V", 2020): False,
    }


def test_a_column_with_fractions_is_divided_as_it_is():
    found, _ = to_borders(
        figures(("Ø", 2019, 10.5, 10), counts=("jobs", "population")),
        MAPPING[MAPPING["code"] == "Ø"],
        ["jobs", "population"],
    )
    assert found.set_index("place").to_dict() == {
        "year": {"N": 2019, "S": 2019},
        "jobs": {"N": 6.825, "S": 3.675},
        "population": {"N": 7, "S": 3},  # 6.5 and 3.5: N stands first
    }


def test_ages_are_divided_like_their_total():
    one = MAPPING[MAPPING["code"] == "Ø"]
    ages = pd.DataFrame({"code": "Ø", "year": 2019, "age": range(100), "population": 1})
    by_age, _ = to_borders(ages, one, ["population"], by=["age"])
    total, _ = to_borders(figures(("Ø", 2019, 100)), one, ["population"])
    assert by_age.groupby("place")["population"].sum().to_dict() == {"N": 65, "S": 35}
    assert total.set_index("place")["population"].to_dict() == {"N": 65, "S": 35}
    assert (by_age.groupby("age")["population"].sum() == 1).all()
    of_ten = by_age.groupby(["place", by_age["age"] // 10])["population"].sum()
    assert of_ten["N"].between(6, 7).all()


def test_negative_flows_are_divided_and_kept():
    found, _ = to_borders(
        figures(("Ø", 2019, -10)), MAPPING[MAPPING["code"] == "Ø"], ["population"]
    )
    assert found["population"].tolist() == [-7, -3]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (figures(("X", 2019, 1)), r"does not know code X in 2019"),
        (figures(("S", 2019, 1)), r"does not know code S in 2019"),
        (figures(("S", 2021, 1)), r"no year 2021, which the figures have"),
        (figures(("S", 2020, 1), ("S", 2020, 1)), r"code, year = S, 2020 is there more than once"),
        (figures((301, 2020, 1)), r"column code: 301 is not text"),
        (figures(("S", 2020, "..")), r"column population: its values are not numbers"),
        (
            figures(("S", 2020, 1)).assign(flow_quality="exact"),
            r"column flow_quality is neither a count nor a key",
        ),
        (figures(("S", 2020, 1)).drop(columns="code"), r"no column code; found year, population"),
    ],
)
def test_what_is_wrong_with_figures_is_named(frame, message):
    with pytest.raises(BorderError, match=message):
        to_borders(frame, MAPPING, ["population"])


def test_no_counts_is_an_error():
    with pytest.raises(BorderError, match=r"no counts are named"):
        to_borders(WHOLE, MAPPING, [])


def test_pairs_are_brought_to_places_at_both_ends():
    rows = [("Å", "B", 2019, 5), ("Å", "R", 2019, 3), ("R", "Å", 2019, 2), ("Ø", "R", 2019, 20)]
    pairs = pd.DataFrame(rows, columns=["home", "work", "year", "employed"])
    found = pairs_to_borders(pairs, MAPPING, ["employed"])
    assert found.to_numpy().tolist() == [
        ["N", "V", 2019, 13],
        ["S", "S", 2019, 5],  # from Å to B, which are one place now
        ["S", "V", 2019, 10],
        ["V", "S", 2019, 2],
    ]


def test_a_pair_of_one_column_is_an_error():
    with pytest.raises(BorderError, match=r"pair names \('home', 'home'\)"):
        pairs_to_borders(WHOLE, MAPPING, ["population"], pair=("home", "home"))
